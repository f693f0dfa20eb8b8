/* sample_array.c -- arrays: as many items as the bounds ask for, by position, with what must be contained, all
 * different if they must. */
#include "sandbox/sample_make.h"

#define UNIQUE_TRIES 40

/* The schemas of one part for the item at this index; true: it says something. Draft 4 and OpenAPI 3.0 write positions
 * as an array in `items`, the rest as additionalItems. */
static bool
add_goal(const struct schema_part *part, uint64_t index, struct sample_plan *goal)
{
    const struct value *prefix = VALUE_MEMBER(part->schema, "prefixItems");
    const struct value *items = VALUE_MEMBER(part->schema, "items");

    if (value_is(items, VALUE_ARRAY)) {
        prefix = items;
        items = VALUE_MEMBER(part->schema, "additionalItems");
    }
    if (value_is(prefix, VALUE_ARRAY) && index < prefix->count)
        items = value_item(prefix, (uint32_t)index);
    if (items != NULL)
        sample_add(goal, part->document, items);
    return items != NULL;
}

static void
item_goal(const struct sample_plan *plan, uint64_t index, struct sample_plan *goal)
{
    const struct value *rest;
    bool evaluated = false;

    *goal = (struct sample_plan){ .parts.count = 0 };
    for (uint32_t i = 0; i < plan->parts.count; i++)
        evaluated = add_goal(&plan->parts.list[i], index, goal) || evaluated;
    if (!evaluated)
        for (SCHEMA_EACH_PART(part, &plan->parts, "unevaluatedItems", rest))
            sample_add(goal, part->document, rest);
}

static uint64_t
positions(const struct sample_plan *plan)
{
    uint64_t most = 0;
    const struct value *value;

    for (SCHEMA_EACH_PART(part, &plan->parts, "prefixItems", value))
        most = value->type == VALUE_ARRAY && value->count > most ? value->count : most;
    for (SCHEMA_EACH_PART(each, &plan->parts, "items", value))
        most = value->type == VALUE_ARRAY && value->count > most ? value->count : most;
    return most;
}

/* How many items must satisfy `contains`. */
static uint64_t
must_contain(const struct sample_plan *plan)
{
    const struct value *value;

    if (schema_parts_next(&plan->parts, NULL, TEXT("contains"), &value) == NULL)
        return 0;
    return schema_parts_largest(&plan->parts, TEXT("minContains"), 1);
}

/* How many items to make when the bounds leave a choice. */
static uint64_t
choose_count(struct sample_maker *m, const struct sample_plan *plan, uint64_t least, uint64_t most)
{
    struct sample_plan goal, expanded = { .parts.count = 0 };
    uint64_t count = positions(plan);

    if (count == 0)
        count = m->depth > SAMPLE_OPTIONAL || m->work < SAMPLE_WORK - SAMPLE_WIDE ? 0 : 1 + random_below(&m->random, 2);
    if (sample_perhaps(m, 30))
        count = random_below(&m->random, 4);
    if (count > 0) {
        item_goal(plan, 0, &goal);
        sample_expand(m, &goal, &expanded);
        if (sample_recurs(m, &expanded)) /* a tree must have leaves */
            count = 0;
    }
    count = count < least ? least : count;
    return count > most ? most : count;
}

struct made_items {
    struct text *list; /* offsets would move less, but items are compared once only */
    uint64_t count;
};

static bool
is_there(const struct made_items *items, struct text json)
{
    for (uint64_t i = 0; i < items->count; i++)
        if (text_equal(items->list[i], json))
            return true;
    return false;
}

/* One item; one that is not there yet when they must differ. */
static bool
make_item(struct sample_maker *m, const struct sample_plan *goal, struct made_items *unique, struct buffer *out)
{
    size_t start = buffer_length(out);
    const bool calm = m->calm;
    bool made = false;

    for (int i = 0; i < (unique != NULL ? UNIQUE_TRIES : 1) && !made && m->work > 0; i++) {
        m->calm = calm && i == 0;
        made = sample_make(m, goal, out);
        if (made && unique != NULL && is_there(unique, text_from(buffer_text(out), start))) {
            buffer_truncate(out, start);
            made = false;
        }
    }
    m->calm = calm;
    if (made && unique != NULL)
        unique->list[unique->count++] = arena_text(m->plans, text_from(buffer_text(out), start));
    return made;
}

bool
sample_array(struct sample_maker *m, const struct sample_plan *plan, struct buffer *out)
{
    uint64_t contained = must_contain(plan), least = schema_parts_largest(&plan->parts, TEXT("minItems"), 0);
    uint64_t most = schema_parts_smallest(&plan->parts, TEXT("maxItems"), UINT64_MAX), count;
    struct made_items seen = { NULL, 0 }, *unique = NULL;
    const struct value *value;

    least = least > contained ? least : contained;
    if (least > most || least > m->work)
        return false;
    count = choose_count(m, plan, least, most);
    for (SCHEMA_EACH_PART(part, &plan->parts, "uniqueItems", value))
        unique = value->type == VALUE_TRUE ? &seen : unique;
    if (unique != NULL && (seen.list = ARENA_ARRAY(m->plans, struct text, count)) == NULL)
        return false;
    buffer_byte(out, '[');
    for (uint64_t i = 0; i < count; i++) {
        size_t before = buffer_length(out);
        struct sample_plan goal;

        item_goal(plan, i, &goal);
        if (i < contained)
            for (SCHEMA_EACH_PART(part, &plan->parts, "contains", value))
                sample_add(&goal, part->document, value);
        if (i > 0)
            buffer_byte(out, ',');
        if (!make_item(m, &goal, unique, out)) {
            buffer_truncate(out, before);
            if (i < least)
                return false;
            break; /* fewer are enough */
        }
    }
    buffer_byte(out, ']');
    return true;
}
