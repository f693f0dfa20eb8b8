/* path_function.c -- the functions of RFC 9535 2.4.4 to 2.4.8, one row each.
 *
 * More may be registered with IANA; none is. A function that is not here is refused when a query is read. */
#include <stdio.h>

#include "json/path_internal.h"

static void
give_number(struct path_operand *result, uint32_t number)
{
    int length = snprintf(result->digits, sizeof result->digits, "%u", number);

    result->made = (struct value){
        .type = VALUE_NUMBER, .flags = VALUE_INTEGER, .span = 1, .count = (uint32_t)length, .data = result->digits
    };
    result->value = &result->made;
}

/* The characters of a string, the items of an array, the members of an object; nothing of anything else. */
static int
length_of(struct path_walk *walk, const struct path_expression *arguments, const struct value *current,
          struct path_operand *result)
{
    struct path_operand operand;
    const struct value *v;

    if (path_evaluate(walk, arguments, current, &operand) < 0)
        return -1;
    result->value = NULL;
    if ((v = operand.value) == NULL)
        return 0;
    if (!path_spend(walk, path_cost(v)))
        return -1;
    if (v->type == VALUE_STRING)
        give_number(result, (uint32_t)text_code_points(value_text(v)));
    else if (v->type == VALUE_ARRAY || v->type == VALUE_OBJECT)
        give_number(result, v->count);
    return 0;
}

static int
count_one(struct path_sink *sink, const struct value *v)
{
    (void)v;
    if (sink->count == UINT32_MAX)
        return -1;
    sink->count++;
    return 0;
}

static int
count_of(struct path_walk *walk, const struct path_expression *arguments, const struct value *current,
         struct path_operand *result)
{
    struct path_sink counter = { .take = count_one };

    if (path_visit(walk, arguments->query, current, &counter) < 0)
        return -1;
    give_number(result, counter.count);
    return 0;
}

/* A second value is enough to know. */
static int
take_two(struct path_sink *sink, const struct value *v)
{
    sink->value = v;
    return ++sink->count == 2;
}

/* The one value that the query gives; nothing when there are none or several. */
static int
value_of(struct path_walk *walk, const struct path_expression *arguments, const struct value *current,
         struct path_operand *result)
{
    struct path_sink sink = { .take = take_two };

    if (path_visit(walk, arguments->query, current, &sink) < 0)
        return -1;
    result->value = sink.count == 1 ? sink.value : NULL;
    return 0;
}

/* What is no string, and what is no I-Regexp, matches nothing. */
static int
regex_test(struct path_walk *walk, const struct path_expression *arguments, const struct value *current, bool whole)
{
    struct path_operand text, pattern;
    int result;

    if (path_evaluate(walk, arguments, current, &text) < 0 ||
        path_evaluate(walk, arguments->next, current, &pattern) < 0)
        return -1;
    if (walk->regex == NULL || !value_is(text.value, VALUE_STRING) || !value_is(pattern.value, VALUE_STRING))
        return 0;
    if (!path_spend(walk, path_cost(text.value)) || !path_spend(walk, path_cost(pattern.value)))
        return -1;
    result =
        walk->regex->match(walk->regex->arg, value_text(pattern.value), value_text(text.value), whole, walk->budget);
    if (*walk->budget == 0)
        return -1;
    return result == 1;
}

static int
matches(struct path_walk *walk, const struct path_expression *arguments, const struct value *current)
{
    return regex_test(walk, arguments, current, true);
}

static int
contains(struct path_walk *walk, const struct path_expression *arguments, const struct value *current)
{
    return regex_test(walk, arguments, current, false);
}

static const struct path_function functions[] = {
    /* name     gives         of                                                 */
    { "length", PATH_VALUE, 1, { PATH_VALUE }, length_of, NULL },
    { "count", PATH_VALUE, 1, { PATH_NODES }, count_of, NULL },
    { "value", PATH_VALUE, 1, { PATH_NODES }, value_of, NULL },
    { "match", PATH_LOGICAL, 2, { PATH_VALUE, PATH_VALUE }, NULL, matches },
    { "search", PATH_LOGICAL, 2, { PATH_VALUE, PATH_VALUE }, NULL, contains },
};

const struct path_function *
path_function_find(struct text name)
{
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        if (text_equal(name, text_of(functions[i].name)))
            return &functions[i];
    }
    return NULL;
}
