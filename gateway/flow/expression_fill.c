/* expression_fill.c -- values with expressions in them, replaced by what those give.
 *
 * A string that is one expression becomes its value, of whatever type; expressions in braces become text (Arazzo 1.1.0,
 * Runtime Expressions: scalars as they are written, arrays and objects as JSON). Selector Objects, which 1.1 allows
 * where values stand, become what they select. Keys stay as they are. */
#include "base/buffer.h"
#include "base/limits.h"
#include "flow/arazzo.h"
#include "flow/expression.h"
#include "flow/expression_tape.h"
#include "json/path.h"
#include "json/pointer.h"
#include "json/write.h"
#include "schema/iregexp.h"

#define TEXT_MAX (16 * LIMIT_MIB) /* of one string with expressions within it */

struct filler {
    const struct flow_scope *scope;
    struct arena *arena;
    struct error *err;
    struct tape tape;
    bool selectors; /* a Selector Object is one */
};

/* ---- selectors ---- */

static const struct value *
select_path(const struct path *path, const struct value *v, struct arena *arena, const char **why)
{
    struct iregexp *regex = iregexp_new();
    struct path_run run = { .arena = arena, .budget = LIMIT_CHECK_BUDGET };
    const struct value *const *list = NULL;
    struct value array = { .type = VALUE_ARRAY };
    struct tape tape = { .arena = arena };
    uint32_t count = 0, place;
    int result;

    run.regex = regex != NULL ? iregexp_regex(regex) : NULL;
    result = path_select(path, v, &run, &list, &count);
    iregexp_free(regex);
    if (result < 0) {
        *why = "there is too much for the JSONPath to look at";
        return NULL;
    }
    if (path_is_singular(path)) {
        *why = "the JSONPath selects nothing";
        return count > 0 ? list[0] : NULL;
    }
    array.count = count;
    place = tape_open(&tape, &array);
    for (uint32_t i = 0; i < count; i++)
        tape_copy(&tape, list[i]);
    tape_close(&tape, place);
    *why = "there is too much of it";
    return tape_end(&tape);
}

const struct value *
expression_output(const struct flow_output *output, const struct flow_scope *scope, struct arena *arena,
                  const char **why)
{
    const struct value *v = expression_evaluate(output->expression, scope, arena, why);

    if (v != NULL && output->path != NULL)
        return select_path(output->path, v, arena, why);
    if (v == NULL || output->pointer.length == 0)
        return v;
    *why = "nothing is there where the JSON Pointer leads";
    return pointer_find(v, output->pointer);
}

bool
expression_selector(const struct value *v, struct expression_selector *selector)
{
    const struct value *context = VALUE_MEMBER(v, "context"), *what = VALUE_MEMBER(v, "selector"),
                       *type = VALUE_MEMBER(v, "type");

    if (!value_is(v, VALUE_OBJECT) || v->count != 3 || !value_is(context, VALUE_STRING) ||
        !expression_is(value_text(context)) || !value_is(what, VALUE_STRING))
        return false;
    if (value_is(type, VALUE_OBJECT))
        type = VALUE_MEMBER(type, "type");
    if (!value_is(type, VALUE_STRING))
        return false;
    *selector = (struct expression_selector){ value_text(context), value_text(what), value_text(type) };
    return true;
}

static int
gave_nothing(struct filler *f, struct text expression, const char *why)
{
    return error_set(f->err, ERROR_INPUT, NULL, "'%.*s' gives nothing: %s", TEXT_PRINT(expression), why);
}

static int
fill_selector(struct filler *f, const struct expression_selector *selector)
{
    struct flow_output output = { .expression = expression_parse(selector->context, f->arena, f->err) };
    const struct value *v;
    const char *why = "";

    if (output.expression == NULL)
        return -1;
    if (text_equal(selector->type, TEXT("jsonpath"))) {
        output.path = path_compile(selector->selector, f->arena, f->err);
        if (output.path == NULL)
            return -1;
    } else {
        output.pointer = selector->selector;
    }
    v = expression_output(&output, f->scope, f->arena, &why);
    if (v == NULL)
        return gave_nothing(f, selector->context, why);
    tape_copy(&f->tape, v);
    return 0;
}

/* ---- strings ---- */

/* NULL with f->err. */
static const struct value *
evaluate(struct filler *f, struct text text)
{
    const struct expression *e = expression_parse(text, f->arena, f->err);
    const char *why = "";
    const struct value *v = e != NULL ? expression_evaluate(e, f->scope, f->arena, &why) : NULL;

    if (e != NULL && v == NULL)
        (void)gave_nothing(f, text, why);
    return v;
}

static void
add_text(struct buffer *out, const struct value *v)
{
    struct json_writer w;

    if (value_is(v, VALUE_STRING)) {
        buffer_add(out, value_text(v));
        return;
    }
    json_begin(&w, out, 0);
    json_value(&w, v);
}

static int
fill_within(struct filler *f, struct text text)
{
    struct text before, expression;
    struct buffer out;
    int result = 0;

    buffer_init(&out, TEXT_MAX);
    while (result == 0 && expression_next(&text, &before, &expression)) {
        const struct value *v = evaluate(f, expression);

        buffer_add(&out, before);
        if (v != NULL)
            add_text(&out, v);
        else
            result = -1;
    }
    if (result == 0) {
        buffer_add(&out, before);
        before = arena_text(f->arena, buffer_text(&out));
        if (buffer_failed(&out) || (before.data == NULL && buffer_length(&out) > 0))
            result = error_set(f->err, ERROR_INPUT, NULL, "a text with expressions in it becomes longer than 16 MiB");
        else
            tape_string(&f->tape, before);
    }
    buffer_release(&out);
    return result;
}

static int
fill_string(struct filler *f, const struct value *v)
{
    struct text text = value_text(v);
    const struct value *given;

    if (expression_is(text)) {
        given = evaluate(f, text);
        if (given == NULL)
            return -1;
        tape_copy(&f->tape, given);
        return 0;
    }
    if (text_find(text, '{') < text.length && expression_is_within(text))
        return fill_within(f, text);
    (void)tape_open(&f->tape, v);
    return 0;
}

/* ---- all of it ---- */

/* Depth is bounded: no tape is deeper than LIMIT_JSON_DEPTH. */
static int
fill(struct filler *f, const struct value *v)
{
    struct expression_selector selector;
    uint32_t place;

    if (value_is(v, VALUE_STRING))
        return fill_string(f, v);
    if (f->selectors && expression_selector(v, &selector))
        return fill_selector(f, &selector);
    place = tape_open(&f->tape, v);
    if (value_is(v, VALUE_ARRAY)) {
        for (VALUE_EACH_ITEM(item, v))
            if (fill(f, item) < 0)
                return -1;
        tape_close(&f->tape, place);
    } else if (value_is(v, VALUE_OBJECT)) {
        for (VALUE_EACH_MEMBER(key, v)) {
            (void)tape_open(&f->tape, key);
            if (fill(f, value_next(key)) < 0)
                return -1;
        }
        tape_close(&f->tape, place);
    }
    return 0;
}

const struct value *
expression_fill(const struct value *value, const struct flow_scope *scope, struct arena *arena, struct error *err)
{
    struct filler f = { .scope = scope, .arena = arena, .err = err, .tape = { .arena = arena } };
    const struct value *result;

    f.selectors = scope->flow != NULL && text_starts(scope->flow->arazzo, TEXT("1.1"));
    if (fill(&f, value) < 0)
        return NULL;
    result = tape_end(&f.tape);
    if (result == NULL)
        error_set(err, ERROR_INPUT, NULL, "what the expressions give is too large or too deep");
    return result;
}
