/* tally_plan.c -- what the schemas of one place document: references followed, allOf laid together, branches apart. */
#include <stdlib.h>

#include "base/limits.h"
#include "drift/tally_internal.h"

struct tally_node *
tally_node_new(struct tally *t)
{
    if (t->nodes >= LIMIT_TALLY_NODES) {
        t->full = true;
        return NULL;
    }
    t->nodes++;
    return ARENA_NEW(t->arena, struct tally_node);
}

/* Room for one more in a list of the arena, doubling. NULL: no memory. */
static void *
room_for(struct arena *arena, void *list, uint32_t count, uint32_t *room, size_t size)
{
    uint32_t more = *room > 0 ? *room * 2 : 4;
    void *moved;

    if (count < *room)
        return list;
    moved = arena_zalloc(arena, more, size);
    if (moved == NULL)
        return NULL;
    if (count > 0)
        memcpy(moved, list, count * size);
    *room = more;
    return moved;
}

#define ROOM(t, node, list, count, room)                                                                               \
    ((node)->list = room_for((t)->arena, (node)->list, (node)->count, &(node)->room, sizeof(node)->list[0]))

int
tally_node_add(struct tally *t, struct tally_node *node, struct schema_part part)
{
    for (uint32_t i = 0; i < node->part_count; i++)
        if (node->parts[i].schema == part.schema)
            return 0;
    if (!value_is(part.schema, VALUE_OBJECT))
        return 0;
    if (ROOM(t, node, parts, part_count, part_room) == NULL)
        return -1;
    node->parts[node->part_count++] = part;
    return 0;
}

/* ---- members and items ---- */

struct tally_member *
tally_node_member(const struct tally_node *node, struct text name)
{
    for (uint32_t i = 0; i < node->member_count; i++)
        if (text_equal(node->members[i].name, name))
            return &node->members[i];
    return NULL;
}

static int
add_member(struct tally *t, struct tally_node *node, struct text name, struct schema_part part)
{
    struct tally_member *m = tally_node_member(node, name);

    if (m == NULL) {
        if (ROOM(t, node, members, member_count, member_room) == NULL)
            return -1;
        m = &node->members[node->member_count];
        *m = (struct tally_member){ .name = name, .where = part, .node = tally_node_new(t) };
        if (m->node == NULL)
            return t->full ? 0 : -1;
        node->member_count++;
    }
    return tally_node_add(t, m->node, part);
}

static int
add_members(struct tally *t, struct tally_node *node, struct schema_part part)
{
    const struct value *properties = VALUE_MEMBER(part.schema, "properties");
    const struct value *more = VALUE_MEMBER(part.schema, "additionalProperties");

    if (value_is(properties, VALUE_OBJECT))
        for (VALUE_EACH_MEMBER(key, properties))
            if (add_member(t, node, value_text(key), (struct schema_part){ part.document, value_next(key) }) < 0)
                return -1;
    /* `false` leaves no doubt either: body-extra tells them. A discriminator leads to schemas that name more. */
    node->open = node->open || more != NULL || VALUE_MEMBER(part.schema, "discriminator") != NULL ||
                 VALUE_MEMBER(part.schema, "patternProperties") != NULL ||
                 VALUE_MEMBER(part.schema, "unevaluatedProperties") != NULL;
    return 0;
}

static int
add_items(struct tally *t, struct tally_node *node, struct schema_part part, const struct value *items)
{
    if (!value_is(items, VALUE_OBJECT))
        return 0;
    if (node->items == NULL && (node->items = tally_node_new(t)) == NULL)
        return t->full ? 0 : -1;
    return tally_node_add(t, node->items, (struct schema_part){ part.document, items });
}

static int
add_list_items(struct tally *t, struct tally_node *node, struct schema_part part)
{
    const struct value *prefix = VALUE_MEMBER(part.schema, "prefixItems");

    if (add_items(t, node, part, VALUE_MEMBER(part.schema, "items")) < 0)
        return -1;
    if (value_is(prefix, VALUE_ARRAY))
        for (VALUE_EACH_ITEM(item, prefix))
            if (add_items(t, node, part, item) < 0)
                return -1;
    return 0;
}

/* ---- choices ---- */

static int
add_choices(struct tally *t, struct tally_node *node, struct schema_part part)
{
    const struct value *list = VALUE_MEMBER(part.schema, "enum");

    if (!value_is(list, VALUE_ARRAY) || node->choice_count > 0)
        return 0;
    for (VALUE_EACH_ITEM(one, list)) {
        if (ROOM(t, node, choices, choice_count, choice_room) == NULL)
            return -1;
        node->choices[node->choice_count++] = (struct tally_choice){ .value = one, .where = part };
    }
    return 0;
}

static struct text
last_segment(struct text reference)
{
    size_t start = reference.length;

    while (start > 0 && reference.data[start - 1] != '/')
        start--;
    return text_from(reference, start);
}

static struct text
name_of_branch(struct tally *t, const struct value *branch, const char *keyword, unsigned number)
{
    const struct value *reference = VALUE_MEMBER(branch, "$ref"), *title = VALUE_MEMBER(branch, "title");
    const struct value *type = VALUE_MEMBER(branch, "type");

    if (value_is(reference, VALUE_STRING))
        return last_segment(value_text(reference));
    if (value_is(title, VALUE_STRING))
        return value_text(title);
    if (value_is(type, VALUE_STRING) && branch->count == 1)
        return value_text(type);
    return arena_print(t->arena, "%s %u", keyword, number);
}

/* Is it being walked for the same value already? Then it says nothing new, and would do so for ever. */
static bool
leads_back(const struct tally_node *node, const struct value *branch)
{
    for (; node != NULL; node = node->outer)
        if (node->part_count > 0 && node->parts[0].schema == branch)
            return true;
    return false;
}

static int
add_branches(struct tally *t, struct tally_node *node, struct schema_part part, const char *keyword,
             const struct schema_set *set)
{
    const struct value *list = value_member(part.schema, text_of(keyword));
    unsigned number = 0;

    if (!value_is(list, VALUE_ARRAY))
        return 0;
    for (VALUE_EACH_ITEM(one, list)) {
        const struct schema_part where = { part.document, one };
        struct tally_branch *b;

        number++;
        if (leads_back(node, one))
            continue;
        if (node->branch_count == TALLY_BRANCHES)
            return 0;
        if (ROOM(t, node, branches, branch_count, branch_room) == NULL)
            return -1;
        b = &node->branches[node->branch_count];
        *b = (struct tally_branch){ .name = name_of_branch(t, one, keyword, number),
                                    .where = where,
                                    .schema = schema_part_compiled(set, where),
                                    .node = tally_node_new(t) };
        if (b->node == NULL)
            return t->full ? 0 : -1;
        b->node->outer = node;
        if (b->schema != NULL)
            node->branch_count++;
        if (tally_node_add(t, b->node, where) < 0)
            return -1;
    }
    return 0;
}

/* ---- all of it ---- */

/* Schemas that hold for the same value: where one points to, and what it is put together of. What a condition adds may
 * be there, so it is documented. */
static int
add_others(struct tally *t, struct tally_node *node, struct schema_part part, const struct schema_set *set)
{
    static const char *const also[] = { "if", "then", "else" };
    const struct value *reference = VALUE_MEMBER(part.schema, "$ref"), *all = VALUE_MEMBER(part.schema, "allOf");
    const struct value *dependent = VALUE_MEMBER(part.schema, "dependentSchemas");

    if (value_is(reference, VALUE_STRING) && tally_node_add(t, node, schema_part_follow(set, part, reference)) < 0)
        return -1;
    if (value_is(all, VALUE_ARRAY))
        for (VALUE_EACH_ITEM(one, all))
            if (tally_node_add(t, node, (struct schema_part){ part.document, one }) < 0)
                return -1;
    for (size_t i = 0; i < sizeof also / sizeof also[0]; i++)
        if (tally_node_add(t, node,
                           (struct schema_part){ part.document, value_member(part.schema, text_of(also[i])) }) < 0)
            return -1;
    if (value_is(dependent, VALUE_OBJECT))
        for (VALUE_EACH_MEMBER(key, dependent))
            if (tally_node_add(t, node, (struct schema_part){ part.document, value_next(key) }) < 0)
                return -1;
    return 0;
}

/* Whoever requires a member names it. */
static int
add_required(struct tally *t, struct tally_node *node, struct schema_part part)
{
    const struct value *required = VALUE_MEMBER(part.schema, "required");

    if (!value_is(required, VALUE_ARRAY))
        return 0;
    for (VALUE_EACH_ITEM(name, required)) {
        struct tally_member *m;

        if (!value_is(name, VALUE_STRING))
            continue;
        if (add_member(t, node, value_text(name), (struct schema_part){ part.document, name }) < 0)
            return -1;
        m = tally_node_member(node, value_text(name));
        if (m != NULL)
            m->required = true;
    }
    return 0;
}

int
tally_node_expand(struct tally *t, struct tally_node *node, const struct schema_set *set)
{
    if (node->expanded)
        return 0;
    node->expanded = true;
    for (uint32_t i = 0; i < node->part_count; i++) { /* the list grows meanwhile */
        const struct schema_part part = node->parts[i];

        if (add_others(t, node, part, set) < 0 || add_members(t, node, part) < 0 || add_list_items(t, node, part) < 0 ||
            add_choices(t, node, part) < 0 || add_branches(t, node, part, "oneOf", set) < 0 ||
            add_branches(t, node, part, "anyOf", set) < 0)
            return -1;
    }
    for (uint32_t i = 0; i < node->part_count; i++)
        if (add_required(t, node, node->parts[i]) < 0)
            return -1;
    return 0;
}
