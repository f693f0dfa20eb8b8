/* criterion.c -- a Criterion Object: read, and judged by its kind. Conditions are criterion_parse.c and
 * criterion_evaluate.c. */
#include "flow/criterion.h"

#include <stdlib.h>

#include "base/limits.h"
#include "flow/criterion_condition.h"
#include "json/path.h"
#include "json/write.h"
#include "schema/iregexp.h"
#include "schema/pattern.h"

#define TOLD_BYTES (4 * LIMIT_KIB)

struct criterion {
    enum criterion_kind kind;
    struct flow_place place;
    struct text text;
    const struct expression *context;
    struct text context_text;
    const struct condition *condition; /* simple */
    const struct path *path;           /* jsonpath */
};

/* Patterns belong to nobody's arena: a runner keeps those that it used last. */
struct criterion_scratch {
    struct {
        struct text source; /* borrowed from the flow */
        struct pattern *pattern;
    } kept[LIMIT_CRITERIA_KEPT];
    uint32_t next;
    struct pattern_scratch *patterns;
    struct iregexp *iregexp;
};

/* ---- compiled ---- */

struct compiling {
    const struct document *document;
    struct arena *arena;
    struct error *err;
};

static int refuse(const struct compiling *in, const struct value *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static int
refuse(const struct compiling *in, const struct value *at, const char *format, ...)
{
    struct text where = document_where(in->document, at, in->arena);
    va_list arguments;

    va_start(arguments, format);
    (void)error_vset(in->err, ERROR_CONFIG, where.data, format, arguments);
    va_end(arguments);
    return -1;
}

/* The versions of a Criterion Expression Type Object (Arazzo 1.0.1); 1.1 has RFC 9535. Both are read as the RFC. */
static int
check_version(const struct compiling *in, const struct value *version)
{
    if (version == NULL || (value_is(version, VALUE_STRING) &&
                            (text_equal(value_text(version), TEXT("draft-goessner-dispatch-jsonpath-00")) ||
                             text_equal(value_text(version), TEXT("rfc9535")))))
        return 0;
    return refuse(in, version,
                  "this version of JSONPath is not known: draft-goessner-dispatch-jsonpath-00, or rfc9535");
}

static int
read_kind(const struct compiling *in, const struct value *object, struct criterion *c)
{
    const struct value *type = VALUE_MEMBER(object, "type"), *version = NULL;

    if (value_is(type, VALUE_OBJECT)) {
        version = VALUE_MEMBER(type, "version");
        type = VALUE_MEMBER(type, "type");
    }
    if (type == NULL || (value_is(type, VALUE_STRING) && text_equal(value_text(type), TEXT("simple"))))
        c->kind = CRITERION_SIMPLE;
    else if (value_is(type, VALUE_STRING) && text_equal(value_text(type), TEXT("regex")))
        c->kind = CRITERION_REGEX;
    else if (value_is(type, VALUE_STRING) && text_equal(value_text(type), TEXT("jsonpath")))
        c->kind = CRITERION_JSONPATH;
    else if (value_is(type, VALUE_STRING) && text_equal(value_text(type), TEXT("xpath")))
        return refuse(in, type, "criteria of type xpath are not supported; say it with simple, regex or jsonpath");
    else
        return refuse(in, type, "the type of a criterion is simple, regex or jsonpath");
    return c->kind == CRITERION_JSONPATH ? check_version(in, version) : 0;
}

static int
read_context(const struct compiling *in, const struct value *object, struct criterion *c)
{
    const struct value *context = VALUE_MEMBER(object, "context");
    struct error why = { .kind = ERROR_NONE };

    if (context == NULL)
        return c->kind == CRITERION_SIMPLE
                   ? 0
                   : refuse(in, object, "a criterion of type %s needs a context: an expression like $response.body",
                            c->kind == CRITERION_REGEX ? "regex" : "jsonpath");
    if (!value_is(context, VALUE_STRING))
        return refuse(in, context, "the context of a criterion is an expression: $response.body");
    c->context_text = value_text(context);
    c->context = expression_parse(c->context_text, in->arena, &why);
    return c->context != NULL ? 0 : refuse(in, context, "the context: %s", why.what);
}

/* What the condition is made of is looked at now, so that no run fails because of it. */
static int
read_condition(const struct compiling *in, const struct value *at, struct criterion *c)
{
    struct error why = { .kind = ERROR_NONE };
    struct pattern *pattern;

    switch (c->kind) {
    case CRITERION_SIMPLE:
        c->condition = condition_parse(c->text, in->arena, &why);
        break;
    case CRITERION_REGEX:
        pattern = pattern_new(c->text, &why);
        pattern_free(pattern);
        break;
    default:
        c->path = path_compile(c->text, in->arena, &why);
    }
    if (why.kind == ERROR_NONE)
        return 0;
    return why.kind == ERROR_CONFIG || why.kind == ERROR_INPUT ? refuse(in, at, "the condition: %s", why.what)
                                                               : error_memory(in->err);
}

const struct criterion *
criterion_compile(const struct document *document, const struct value *object, struct arena *arena, struct error *err)
{
    const struct compiling in = { document, arena, err };
    const struct value *condition = VALUE_MEMBER(object, "condition");
    struct criterion *c = ARENA_NEW(arena, struct criterion);

    if (c == NULL) {
        (void)error_memory(err);
        return NULL;
    }
    c->place = (struct flow_place){ document, condition != NULL ? condition : object };
    if (!value_is(condition, VALUE_STRING)) {
        (void)refuse(&in, object, "a criterion needs a condition: a text");
        return NULL;
    }
    c->text = value_text(condition);
    if (read_kind(&in, object, c) < 0 || read_context(&in, object, c) < 0 || read_condition(&in, condition, c) < 0)
        return NULL;
    return c;
}

struct text
criterion_text(const struct criterion *c)
{
    return c->text;
}

enum criterion_kind
criterion_kind(const struct criterion *c)
{
    return c->kind;
}

struct flow_place
criterion_place(const struct criterion *c)
{
    return c->place;
}

const struct expression *
criterion_expression(const struct criterion *c, uint32_t index)
{
    if (c->context != NULL && index-- == 0)
        return c->context;
    return condition_expression(c->condition, &index);
}

/* ---- scratch ---- */

struct criterion_scratch *
criterion_scratch_new(void)
{
    struct criterion_scratch *s = calloc(1, sizeof(*s));

    if (s == NULL)
        return NULL;
    s->patterns = pattern_scratch_new();
    s->iregexp = iregexp_new();
    if (s->patterns == NULL || s->iregexp == NULL) {
        criterion_scratch_free(s);
        return NULL;
    }
    return s;
}

void
criterion_scratch_free(struct criterion_scratch *s)
{
    if (s == NULL)
        return;
    for (uint32_t i = 0; i < LIMIT_CRITERIA_KEPT; i++)
        pattern_free(s->kept[i].pattern);
    pattern_scratch_free(s->patterns);
    iregexp_free(s->iregexp);
    free(s);
}

static const struct pattern *
pattern_of(struct criterion_scratch *s, struct text source)
{
    uint32_t place = s->next;

    for (uint32_t i = 0; i < LIMIT_CRITERIA_KEPT; i++)
        if (s->kept[i].pattern != NULL && s->kept[i].source.data == source.data &&
            s->kept[i].source.length == source.length)
            return s->kept[i].pattern;
    pattern_free(s->kept[place].pattern);
    s->kept[place].source = source;
    s->kept[place].pattern = pattern_new(source, NULL);
    s->next = (place + 1) % LIMIT_CRITERIA_KEPT;
    return s->kept[place].pattern;
}

/* ---- judged ---- */

struct asking {
    const struct criterion *c;
    struct judging judging;
    struct criterion_scratch *scratch;
    struct buffer told;
};

static enum criterion_verdict
broken(struct asking *a, const char *why)
{
    buffer_add(&a->told, text_of(why));
    return CRITERION_BROKEN;
}

static enum criterion_verdict
judge_simple(struct asking *a)
{
    bool holds = condition_holds(a->c->condition, &a->judging);

    if (a->judging.broken != NULL) {
        const char *why = a->judging.broken;

        a->judging.broken = NULL;
        condition_tell_values(a->c->condition, &a->judging, &a->told);
        buffer_add(&a->told, TEXT(": "));
        return broken(a, why);
    }
    if (holds)
        condition_tell_values(a->c->condition, &a->judging, &a->told);
    else
        condition_tell(a->c->condition, &a->judging, true, &a->told);
    return holds ? CRITERION_HOLDS : CRITERION_FAILS;
}

/* A text is looked at as it is, anything else as its JSON. */
static struct text
context_text(const struct value *context, struct arena *arena)
{
    struct json_writer w;
    struct buffer json;
    struct text t;

    if (context->type == VALUE_STRING)
        return value_text(context);
    buffer_init(&json, LIMIT_SANDBOX_BODY);
    json_begin(&w, &json, 0);
    json_value(&w, context);
    t = buffer_failed(&json) ? text_make(NULL, 0) : arena_text(arena, buffer_text(&json));
    buffer_release(&json);
    return t;
}

static void
tell_context(struct asking *a, const struct value *context, const char *wanted)
{
    buffer_add(&a->told, a->c->context_text);
    buffer_add(&a->told, TEXT(" is "));
    criterion_tell_value(context, &a->told);
    buffer_print(&a->told, "%s%.*s", wanted, TEXT_PRINT(a->c->text));
}

static enum criterion_verdict
judge_regex(struct asking *a, const struct value *context)
{
    const struct pattern *pattern = pattern_of(a->scratch, a->c->text);
    struct text text = context_text(context, a->judging.arena);
    int found;

    if (pattern == NULL || text.data == NULL)
        return broken(a, "there is no memory to match the regular expression");
    found = pattern_matches(pattern, text, a->scratch->patterns, NULL);
    if (found < 0)
        return broken(a, "the regular expression takes too long on this text, or the text is no UTF-8");
    tell_context(a, context, found ? ", which matches " : ", wanted a match of ");
    return found ? CRITERION_HOLDS : CRITERION_FAILS;
}

/* [ context ]: a copy, one level deeper. */
static const struct value *
wrapped(const struct value *context, struct arena *arena)
{
    struct value *array = ARENA_ARRAY(arena, struct value, (size_t)context->span + 1);

    if (array == NULL)
        return NULL;
    memcpy(array + 1, context, context->span * sizeof(*context));
    array[0] = (struct value){ .type = VALUE_ARRAY, .depth = 0, .span = context->span + 1, .count = 1 };
    for (uint32_t i = 1; i <= context->span; i++)
        array[i].depth++;
    return array;
}

static int
selects(struct asking *a, const struct value *root)
{
    struct path_run run = { .regex = iregexp_regex(a->scratch->iregexp),
                            .arena = a->judging.arena,
                            .budget = LIMIT_CHECK_BUDGET };
    const struct value *const *list;
    uint32_t count = 0;

    if (root == NULL || path_select(a->c->path, root, &run, &list, &count) < 0)
        return -1;
    return count > 0;
}

/* Criteria like $[?count(@.pets) > 0] are in the specification's own examples, and mean the body itself by '@': that
 * holds when the body stands in an array. RFC 9535 comes first; a criterion that holds under one of the two holds. */
static enum criterion_verdict
judge_jsonpath(struct asking *a, const struct value *context)
{
    int found = selects(a, context);

    if (found == 0 && context->type >= VALUE_ARRAY)
        found = selects(a, wrapped(context, a->judging.arena));
    if (found < 0)
        return broken(a, "the JSONPath query takes too long on this value, or there is no memory");
    tell_context(a, context, found ? ", and there is something at " : ", and there is nothing at ");
    return found ? CRITERION_HOLDS : CRITERION_FAILS;
}

static enum criterion_verdict
judge(struct asking *a)
{
    const struct value *context;
    const char *why = "";

    if (a->c->kind == CRITERION_SIMPLE)
        return judge_simple(a);
    context = expression_evaluate(a->c->context, a->judging.scope, a->judging.arena, &why);
    if (context == NULL) { /* not (yet) there: nothing in it can be found */
        buffer_print(&a->told, "%.*s is not there: %s", TEXT_PRINT(a->c->context_text), why);
        return CRITERION_FAILS;
    }
    return a->c->kind == CRITERION_REGEX ? judge_regex(a, context) : judge_jsonpath(a, context);
}

enum criterion_verdict
criterion_judge(const struct criterion *c, const struct flow_scope *scope, struct criterion_scratch *scratch,
                struct arena *arena, struct text *told)
{
    struct asking a = { .c = c,
                        .judging = { .scope = scope, .arena = arena, .budget = LIMIT_CHECK_BUDGET },
                        .scratch = scratch };
    enum criterion_verdict verdict;

    buffer_init(&a.told, TOLD_BYTES);
    verdict = judge(&a);
    *told = arena_text(arena, buffer_text(&a.told));
    buffer_release(&a.told);
    return verdict;
}
