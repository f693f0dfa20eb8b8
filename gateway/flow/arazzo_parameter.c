/* arazzo_parameter.c -- parameters as they are listed: what is reusable resolved, the nearer one laid over the other
 * (Arazzo 1.0.1 4.6.5: name and location make a parameter; 4.6.4.1: a step's replace the workflow's). */
#include "flow/arazzo_internal.h"

#include "flow/expression.h"

static enum flow_in
location_of(const struct value *in)
{
    static const struct {
        struct text name;
        enum flow_in in;
    } locations[] = {
        { { "path", 4 }, FLOW_IN_PATH },
        { { "query", 5 }, FLOW_IN_QUERY },
        { { "header", 6 }, FLOW_IN_HEADER },
        { { "cookie", 6 }, FLOW_IN_COOKIE },
        { { "querystring", 11 }, FLOW_IN_QUERYSTRING },
    };

    for (size_t i = 0; in != NULL && i < sizeof locations / sizeof locations[0]; i++)
        if (text_equal(value_text(in), locations[i].name))
            return locations[i].in;
    return FLOW_IN_NONE;
}

struct flow_value
flow_value_of(const struct flow_reader *r, const struct value *v)
{
    struct flow_value value = { .value = v, .document = r->document, .constant = true };
    struct expression_selector selector;

    for (const struct value *at = v; value.constant && at < value_next(v); at++) {
        if (value_is(at, VALUE_STRING))
            value.constant = !expression_is(value_text(at)) && !expression_is_within(value_text(at));
        else if (value_is(at, VALUE_OBJECT) && flow_is_11(r))
            value.constant = !expression_selector(at, &selector);
    }
    return value;
}

static bool
same_parameter(const struct flow_parameter *a, const struct flow_parameter *b)
{
    if (a->in != b->in)
        return false;
    return a->in == FLOW_IN_HEADER ? text_equal_nocase(a->name, b->name) : text_equal(a->name, b->name);
}

/* false with an error told. */
static bool
read_parameter(struct flow_reader *r, const struct value *v, struct flow_parameter *parameter)
{
    const struct value *override, *object = flow_resolve(r, v, "parameters", &override);

    if (object == NULL)
        return false;
    parameter->name = FLOW_TEXT(object, "name");
    parameter->in = location_of(VALUE_MEMBER(object, "in"));
    parameter->value = flow_value_of(r, override != NULL ? override : VALUE_MEMBER(object, "value"));
    parameter->place = flow_place(r, v);
    return true;
}

/* Where in the list it is replaced, or its end. */
static uint32_t
place_in(const struct flow_parameters *all, const struct flow_parameter *parameter)
{
    uint32_t i = 0;

    while (i < all->count && !same_parameter(&all->list[i], parameter))
        i++;
    return i;
}

struct flow_parameters
flow_read_parameters(struct flow_reader *r, const struct value *list, const struct flow_parameters *under)
{
    struct flow_parameters all = { .list = FLOW_ARRAY(r, struct flow_parameter, under->count + flow_count(list)) };
    struct flow_parameter one;

    if (all.list == NULL)
        return all;
    for (uint32_t i = 0; i < under->count; i++)
        all.list[all.count++] = under->list[i];
    if (list == NULL)
        return all;
    for (VALUE_EACH_ITEM(item, list)) {
        uint32_t place;

        if (!read_parameter(r, item, &one))
            continue;
        place = place_in(&all, &one);
        if (place < all.count && all.list[place].place.value > list && all.list[place].place.value < value_next(list))
            flow_error(r, item, "the list has two parameters '%.*s'", TEXT_PRINT(one.name));
        all.list[place] = one;
        all.count += place == all.count;
    }
    return all;
}
