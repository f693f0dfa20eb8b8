/* criterion_evaluate.c -- a condition is asked, and its answer is told.
 *
 * What is not there compares like null: polling for a member that comes later is no mistake. Texts compare without
 * ASCII case (Arazzo 1.0.1: "String comparisons MUST be case insensitive"); a text that is written like a number
 * compares with numbers, because header fields and query parameters have no other type. */
#include "base/limits.h"
#include "flow/criterion_condition.h"
#include "json/compare.h"
#include "json/number.h"
#include "json/write.h"

static const struct value value_true = { .type = VALUE_TRUE, .span = 1 };
static const struct value value_false = { .type = VALUE_FALSE, .span = 1 };

static const struct value *evaluate(const struct condition *c, struct judging *j);

/* ---- operands ---- */

static const struct value *
go_down(const struct value *v, const struct access *a)
{
    for (; v != NULL && a != NULL; a = a->next)
        v = a->is_index ? (v->type == VALUE_ARRAY ? value_item(v, a->index) : NULL) : value_member(v, a->name);
    return v;
}

/* NULL: there is nothing, in any reading. */
static const struct value *
read_operand(const struct condition *c, struct judging *j)
{
    const struct value *v = NULL;
    const char *why;

    for (const struct reading *r = c->readings; r != NULL && v == NULL; r = r->next)
        v = go_down(expression_evaluate(r->expression, j->scope, j->arena, &why), r->access);
    return v;
}

static bool
is_true(const struct value *v)
{
    struct decimal d;

    if (v == NULL)
        return false;
    switch ((enum value_type)v->type) {
    case VALUE_NULL:
    case VALUE_FALSE:
        return false;
    case VALUE_NUMBER:
        decimal_read(&d, value_text(v));
        return d.digits > 0;
    case VALUE_STRING:
        return v->count > 0;
    default:
        return true;
    }
}

/* ---- comparisons ---- */

/* A number, or a text that is written like one. */
static bool
read_number(const struct value *v, struct decimal *d)
{
    struct text t = value_text(v);

    if (v->type != VALUE_NUMBER && v->type != VALUE_STRING)
        return false;
    if (v->type == VALUE_STRING && (t.length == 0 || (t.data[0] != '-' && (t.data[0] < '0' || t.data[0] > '9')) ||
                                    t.data[t.length - 1] < '0' || t.data[t.length - 1] > '9' || !document_is_json(t)))
        return false;
    decimal_read(d, t);
    return true;
}

static int
lower(char c)
{
    return c >= 'A' && c <= 'Z' ? c + 32 : (unsigned char)c;
}

static int
compare_texts(struct text a, struct text b)
{
    for (size_t i = 0; i < a.length && i < b.length; i++)
        if (lower(a.data[i]) != lower(b.data[i]))
            return lower(a.data[i]) - lower(b.data[i]);
    return (a.length > b.length) - (a.length < b.length);
}

/* Both are texts, or numbers: *order is set. */
static bool
in_order(const struct value *a, const struct value *b, int *order)
{
    struct decimal x, y;

    if (a->type == VALUE_STRING && b->type == VALUE_STRING) {
        *order = compare_texts(value_text(a), value_text(b));
        return true;
    }
    if (!read_number(a, &x) || !read_number(b, &y))
        return false;
    *order = decimal_compare(&x, &y);
    return true;
}

static bool
is_nothing(const struct value *v)
{
    return v == NULL || v->type == VALUE_NULL;
}

static bool
equal(const struct value *a, const struct value *b, struct judging *j)
{
    int order, same;

    if (is_nothing(a) || is_nothing(b))
        return is_nothing(a) && is_nothing(b);
    if (in_order(a, b, &order))
        return order == 0;
    same = value_equal(a, b, &j->budget);
    if (same < 0)
        j->broken = "the values are too large to be compared";
    return same == 1;
}

static bool
compare(const struct condition *c, const struct value *a, const struct value *b, struct judging *j)
{
    int order = 0;

    if (c->kind == CONDITION_EQUAL || c->kind == CONDITION_UNEQUAL)
        return equal(a, b, j) == (c->kind == CONDITION_EQUAL);
    if (is_nothing(a) || is_nothing(b))
        return false;
    if (!in_order(a, b, &order)) {
        j->broken = "only numbers, or texts, can be less or more than each other";
        return false;
    }
    switch (c->kind) {
    case CONDITION_LESS:
        return order < 0;
    case CONDITION_LESS_EQUAL:
        return order <= 0;
    case CONDITION_MORE:
        return order > 0;
    default:
        return order >= 0;
    }
}

bool
condition_holds(const struct condition *c, struct judging *j)
{
    return is_true(evaluate(c, j)) && j->broken == NULL;
}

/* Recursion ends: conditions have at most LIMIT_CONDITION_TERMS terms. */
static const struct value *
evaluate(const struct condition *c, struct judging *j)
{
    const struct value *left;
    bool holds;

    if (j->broken != NULL)
        return NULL;
    if (c->kind == CONDITION_LITERAL)
        return &c->literal;
    if (c->kind == CONDITION_EXPRESSION)
        return read_operand(c, j);
    left = evaluate(c->left, j);
    if (c->kind == CONDITION_NOT)
        holds = !is_true(left);
    else if (c->kind == CONDITION_AND)
        holds = is_true(left) && is_true(evaluate(c->right, j));
    else if (c->kind == CONDITION_OR)
        holds = is_true(left) || is_true(evaluate(c->right, j));
    else
        holds = compare(c, left, evaluate(c->right, j), j);
    return holds ? &value_true : &value_false;
}

/* ---- told ---- */

void
criterion_tell_value(const struct value *v, struct buffer *out)
{
    struct json_writer w;
    struct buffer all;
    struct text shown;
    bool is_text = value_is(v, VALUE_STRING);

    if (v == NULL) {
        buffer_add(out, TEXT("not there"));
        return;
    }
    buffer_init(&all, 4 * LIMIT_KIB); /* what is more fails, and is cut */
    if (!is_text) {
        json_begin(&w, &all, 0);
        json_value(&w, v);
    }
    shown = is_text ? value_text(v) : buffer_text(&all);
    if (is_text)
        buffer_byte(out, '\'');
    if (shown.data != NULL && shown.length > LIMIT_CRITERION_TOLD) {
        size_t end = LIMIT_CRITERION_TOLD;

        while (end > 0 && ((unsigned char)shown.data[end] & 0xc0) == 0x80) /* not within a character */
            end--;
        buffer_add(out, text_slice(shown, 0, end));
        buffer_add(out, TEXT("…"));
    } else {
        buffer_add(out, shown);
    }
    if (is_text)
        buffer_byte(out, '\'');
    buffer_release(&all);
}

static bool
is_comparison(const struct condition *c)
{
    return c->kind >= CONDITION_EQUAL;
}

/* "$statusCode is 404" */
static void
tell_operand(const struct condition *c, struct judging *j, struct buffer *out)
{
    buffer_add(out, c->text);
    buffer_add(out, TEXT(" is "));
    criterion_tell_value(evaluate(c, j), out);
}

/* The sign that says what is wanted; mirrored where the right side is told first. */
static const char *
sign_of(enum condition_kind kind, bool wanted, bool mirrored)
{
    /* sign, its opposite, mirrored, opposite of the mirrored */
    static const char *const signs[][4] = {
        { "", "something else than ", "", "something else than " }, /* == */
        { "something else than ", "", "something else than ", "" }, /* != */
        { "< ", ">= ", "> ", "<= " },
        { "<= ", "> ", ">= ", "< " },
        { "> ", "<= ", "< ", ">= " },
        { ">= ", "< ", "<= ", "> " },
    };

    return signs[kind - CONDITION_EQUAL][(wanted ? 0 : 1) + (mirrored ? 2 : 0)];
}

/* "$response.body#/total is 10, wanted 12 ($inputs.total)" */
static void
tell_comparison(const struct condition *c, struct judging *j, bool wanted, struct buffer *out)
{
    bool mirrored = c->left->kind == CONDITION_LITERAL && c->right->kind != CONDITION_LITERAL;
    const struct condition *first = mirrored ? c->right : c->left, *second = mirrored ? c->left : c->right;

    tell_operand(first, j, out);
    buffer_add(out, TEXT(", wanted "));
    buffer_add(out, text_of(sign_of(c->kind, wanted, mirrored)));
    criterion_tell_value(evaluate(second, j), out);
    if (second->kind != CONDITION_LITERAL)
        buffer_print(out, " (%.*s)", TEXT_PRINT(second->text));
}

/* Of two that must both be so, the first that is not; of two of which one must be so, both. */
static void
tell_pair(const struct condition *c, struct judging *j, bool wanted, struct buffer *out)
{
    if ((c->kind == CONDITION_AND) == wanted) {
        condition_tell(condition_holds(c->left, j) == wanted ? c->right : c->left, j, wanted, out);
        return;
    }
    condition_tell(c->left, j, wanted, out);
    buffer_add(out, TEXT("; and "));
    condition_tell(c->right, j, wanted, out);
}

void
condition_tell(const struct condition *c, struct judging *j, bool wanted, struct buffer *out)
{
    j->broken = NULL;
    if (c->kind == CONDITION_NOT) {
        condition_tell(c->left, j, !wanted, out);
    } else if (c->kind == CONDITION_AND || c->kind == CONDITION_OR) {
        tell_pair(c, j, wanted, out);
    } else if (is_comparison(c)) {
        tell_comparison(c, j, wanted, out);
    } else {
        tell_operand(c, j, out);
        buffer_add(out, wanted ? TEXT(", wanted true") : TEXT(", wanted false"));
    }
}

void
condition_tell_values(const struct condition *c, struct judging *j, struct buffer *out)
{
    if (c == NULL)
        return;
    if (c->kind == CONDITION_EXPRESSION) {
        if (buffer_length(out) > 0)
            buffer_add(out, TEXT(", "));
        tell_operand(c, j, out);
        return;
    }
    condition_tell_values(c->left, j, out);
    condition_tell_values(c->right, j, out);
}
