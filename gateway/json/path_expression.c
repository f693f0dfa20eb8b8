/* path_expression.c -- whether a filter holds for a value (RFC 9535 2.3.5.2). */
#include "base/limits.h"
#include "json/compare.h"
#include "json/number.h"
#include "json/path_internal.h"

/* ---- comparing ---- */

/* Nothing equals nothing, and nothing else (2.3.5.2.2). */
static int
is_equal(struct path_walk *walk, const struct value *a, const struct value *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    return value_equal(a, b, walk->budget);
}

/* Only numbers and strings are less than one another, each kind for itself; strings by code points, which is the order
 * of their bytes. */
static int
is_less(struct path_walk *walk, const struct value *a, const struct value *b)
{
    struct decimal x, y;

    if (a == NULL || b == NULL || a->type != b->type || (a->type != VALUE_NUMBER && a->type != VALUE_STRING))
        return 0;
    if (!path_spend(walk, path_cost(a)) || !path_spend(walk, path_cost(b)))
        return -1;
    if (a->type == VALUE_STRING)
        return text_compare(value_text(a), value_text(b)) < 0;
    decimal_read(&x, value_text(a));
    decimal_read(&y, value_text(b));
    return decimal_compare(&x, &y) < 0;
}

static int
is_less_or_equal(struct path_walk *walk, const struct value *a, const struct value *b)
{
    int less = is_less(walk, a, b);

    return less == 0 ? is_equal(walk, a, b) : less;
}

static int
compare(struct path_walk *walk, enum path_comparison comparison, const struct value *a, const struct value *b)
{
    int equal;

    switch (comparison) {
    case PATH_EQUAL:
        return is_equal(walk, a, b);
    case PATH_NOT_EQUAL:
        equal = is_equal(walk, a, b);
        return equal < 0 ? -1 : !equal;
    case PATH_LESS:
        return is_less(walk, a, b);
    case PATH_GREATER:
        return is_less(walk, b, a);
    case PATH_LESS_OR_EQUAL:
        return is_less_or_equal(walk, a, b);
    case PATH_GREATER_OR_EQUAL:
        return is_less_or_equal(walk, b, a);
    }
    return 0;
}

static int
take_one(struct path_sink *sink, const struct value *v)
{
    sink->value = v;
    return 1;
}

int
path_evaluate(struct path_walk *walk, const struct path_expression *e, const struct value *current,
              struct path_operand *operand)
{
    struct path_sink one = { .take = take_one };

    operand->value = NULL;
    switch (e->kind) {
    case EXPRESSION_LITERAL:
        operand->value = e->literal;
        return 0;
    case EXPRESSION_CALL:
        return e->function->value(walk, e->first, current, operand);
    default:
        if (path_visit(walk, e->query, current, &one) < 0)
            return -1;
        operand->value = one.value;
        return 0;
    }
}

static int
comparison_holds(struct path_walk *walk, const struct path_expression *e, const struct value *current)
{
    struct path_operand left, right;

    if (path_evaluate(walk, e->first, current, &left) < 0 || path_evaluate(walk, e->first->next, current, &right) < 0)
        return -1;
    return compare(walk, e->comparison, left.value, right.value);
}

/* ---- true or false ---- */

/* The operands one after the other, up to the first that decides. */
static int
chain_holds(struct path_walk *walk, const struct path_expression *e, const struct value *current)
{
    int decides = e->kind == EXPRESSION_OR;

    for (const struct path_expression *operand = e->first; operand != NULL; operand = operand->next) {
        int holds = path_holds(walk, operand, current);

        if (holds < 0 || holds == decides)
            return holds;
    }
    return !decides;
}

int
path_holds(struct path_walk *walk, const struct path_expression *e, const struct value *current)
{
    struct path_sink one = { .take = take_one };
    int holds;

    if (!path_spend(walk, 1))
        return -1;
    switch (e->kind) {
    case EXPRESSION_OR:
    case EXPRESSION_AND:
        return chain_holds(walk, e, current);
    case EXPRESSION_NOT:
        holds = path_holds(walk, e->first, current);
        return holds < 0 ? -1 : !holds;
    case EXPRESSION_COMPARE:
        return comparison_holds(walk, e, current);
    case EXPRESSION_CALL:
        return e->function->test(walk, e->first, current);
    case EXPRESSION_QUERY: /* is there anything? */
        return path_visit(walk, e->query, current, &one);
    case EXPRESSION_LITERAL: /* never alone */
        break;
    }
    return 0;
}
