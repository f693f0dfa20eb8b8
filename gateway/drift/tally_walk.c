/* tally_walk.c -- a body, member by member, beside what its schemas document. */
#include "base/limits.h"
#include "drift/tally_internal.h"
#include "json/compare.h"
#include "json/pointer.h"

static void
tell_undocumented(struct tally_walk *w, struct schema_part where)
{
    const struct exchange *x = w->x->exchange;
    struct finding f = {
        .rule = TEXT("member-undocumented"),
        .level = LEVEL_INFO,
        .service = x->service,
        .operation = x->operation,
        .side = w->side,
        .instance = buffer_text(&w->place),
        .message = TEXT("the contract does not name this member, and does not rule it out"),
        .count = 1,
        .first = x->started,
        .last = x->started,
    };

    if (w->x->found == NULL)
        return;
    if (where.document != NULL) {
        f.file = text_of(where.document->name);
        document_position(where.document, where.schema->place, &f.line, &f.column);
        f.pointer = pointer_to(where.document->root, where.schema, x->arena);
    }
    if (x->id[0] != '\0')
        f.examples[f.example_count++] = text_of(x->id);
    finding_seal(&f, x->arena);
    w->x->found(w->x->arg, &f);
}

static bool
holds(struct tally_walk *w, const struct tally_branch *branch, const struct value *value)
{
    struct schema_run run = { .scratch = w->x->scratch,
                              .arena = w->x->exchange->arena,
                              .budget = LIMIT_CHECK_BUDGET,
                              .side = w->side == SIDE_REQUEST ? SCHEMA_REQUEST : SCHEMA_RESPONSE };

    return schema_check(branch->schema, value, &run);
}

/* Does it, or a branch that holds, name the member, or leave it open? One that names nothing says nothing, and no
 * branch need hold for what was redacted. The object was walked: it is known which branches hold. */
static bool
knows(const struct tally_walk *w, const struct tally_node *node, struct text name, bool *names_any)
{
    bool some = false;

    *names_any = *names_any || node->member_count > 0;
    if (node->open || tally_node_member(node, name) != NULL)
        return true;
    for (uint32_t i = 0; i < node->branch_count; i++) {
        if (!node->branches[i].holds)
            continue;
        some = true;
        if (knows(w, node->branches[i].node, name, names_any))
            return true;
    }
    return node->branch_count > 0 && !some && w->x->exchange->redacted_count > 0;
}

static void walk_at(struct tally_walk *w, struct tally_node *node, const struct value *value, bool outermost);

static void
walk_members(struct tally_walk *w, struct tally_node *node, const struct value *object, bool outermost)
{
    for (VALUE_EACH_MEMBER(key, object)) {
        struct text name = value_text(key);
        struct tally_member *m = tally_node_member(node, name);
        size_t length = buffer_text(&w->place).length;
        bool names_any = false;

        pointer_add(&w->place, name);
        if (m != NULL) {
            m->seen++;
            walk_at(w, m->node, value_next(key), true);
        } else if (outermost && !w->tally->full && !knows(w, node, name, &names_any) && names_any) {
            tell_undocumented(w, node->part_count > 0 ? node->parts[node->part_count - 1] : (struct schema_part){ 0 });
        }
        buffer_truncate(&w->place, length);
    }
}

static void
walk_items(struct tally_walk *w, struct tally_node *node, const struct value *array)
{
    size_t length = buffer_text(&w->place).length;

    if (node->items == NULL)
        return;
    buffer_add(&w->place, TEXT("/*"));
    for (VALUE_EACH_ITEM(item, array))
        walk_at(w, node->items, item, true);
    buffer_truncate(&w->place, length);
}

/* `outermost`: not a branch of a schema at the same place, whose outer one asks it what it knows. */
static void
walk_at(struct tally_walk *w, struct tally_node *node, const struct value *value, bool outermost)
{
    if (w->failed || (value->flags & VALUE_REDACTED && value->type != VALUE_OBJECT && value->type != VALUE_ARRAY))
        return;
    if (tally_node_expand(w->tally, node, w->set) < 0) {
        w->failed = true;
        return;
    }
    for (uint32_t i = 0; i < node->choice_count; i++)
        node->choices[i].seen += value_equal(node->choices[i].value, value, NULL) == 1;
    for (uint32_t i = 0; i < node->branch_count; i++) {
        struct tally_branch *b = &node->branches[i];

        b->holds = holds(w, b, value);
        b->seen += b->holds;
        if (b->holds)
            walk_at(w, b->node, value, false);
    }
    if (value->type == VALUE_OBJECT)
        walk_members(w, node, value, outermost);
    else if (value->type == VALUE_ARRAY)
        walk_items(w, node, value);
}

void
tally_walk(struct tally_walk *w, struct tally_node *node, const struct value *value)
{
    buffer_init(&w->place, LIMIT_POINTER_BYTES);
    walk_at(w, node, value, true);
    buffer_release(&w->place);
}
