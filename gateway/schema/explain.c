/* explain.c -- why not: the walk of check.c once more, after a no, into every part that failed.
 *
 * Each instruction is asked first (walk_op); only those that say no are looked into. */
#include "schema/explain.h"

#include "base/limits.h"
#include "json/pointer.h"
#include "schema/keywords.h"

/* Explaining has a budget of its own: it only happens after a no, and asks for the same work once per level. */
#define EXPLAIN_BUDGET (LIMIT_CHECK_BUDGET / 2)

/* The same place may be reached by two ways ($ref from two branches of allOf). */
static bool
known(const struct blames *list, const struct blame *b)
{
    for (const struct blame *other = list->first; other != NULL; other = other->next) {
        if (other->value == b->value && other->place == b->place && other->keyword == b->keyword &&
            text_equal(other->name, b->name))
            return true;
    }
    return false;
}

void
explain_add(struct explainer *e, struct blames *list, struct blame blame)
{
    struct blame *b;

    if (list->count >= e->max || known(list, &blame) || (b = ARENA_NEW(e->arena, struct blame)) == NULL)
        return;
    *b = blame;
    b->next = NULL;
    *list->end = b;
    list->end = &b->next;
    list->count++;
}

void
explain_itself(struct explainer *e, struct blames *list, const struct schema *s, const struct op *op,
               const struct value *v, struct text name)
{
    explain_add(e, list,
                (struct blame){ .keyword = keywords[op->keyword].name,
                                .schema = s,
                                .op = op,
                                .value = v,
                                .place = op->place,
                                .name = name });
}

/* A child that its schema refuses; a schema false is named by the keyword that holds it. */
static void
explain_child(struct explainer *e, struct blames *list, const struct schema *child, const struct value *v,
              struct blame instead)
{
    if (child->types == 0)
        explain_add(e, list, instead);
    else if (!walk_value(&e->walk, child, v, NULL))
        explain_value(e, list, child, v, NULL);
}

/* The keyword that holds the schema of an item: an array of schemas was called "items" up to 2019-09. */
static const char *
item_keyword(const struct schema *s, const struct schema *child, bool prefix)
{
    if (prefix)
        return VALUE_MEMBER(s->source, "prefixItems") != NULL ? "prefixItems" : "items";
    return VALUE_MEMBER(s->source, "additionalItems") == child->source ? "additionalItems" : "items";
}

static void
explain_items(struct explainer *e, struct blames *list, const struct schema *s, const struct op *op,
              const struct value *v)
{
    const struct items_rule *rule = op->with.items;
    uint32_t index = 0, prefix = rule->prefix != NULL ? rule->prefix->count : 0;

    for (VALUE_EACH_ITEM(item, v)) {
        const struct schema *child = index < prefix ? rule->prefix->items[index] : rule->rest;

        if (child == NULL)
            return;
        explain_child(e, list, child, item,
                      (struct blame){ .keyword = item_keyword(s, child, index < prefix),
                                      .schema = s,
                                      .op = op,
                                      .value = item,
                                      .place = child->source });
        index++;
    }
}

static void
explain_contains(struct explainer *e, struct blames *list, const struct schema *s, const struct op *op,
                 const struct value *v)
{
    const struct contains_rule *rule = op->with.contains;
    struct blame blame = { .keyword = "contains", .schema = s, .op = op, .value = v, .place = op->place };

    for (VALUE_EACH_ITEM(item, v))
        blame.number += walk_value(&e->walk, rule->schema, item, NULL);
    if (blame.number > rule->most)
        blame.keyword = "maxContains";
    else if (VALUE_MEMBER(s->source, "minContains") != NULL)
        blame.keyword = "minContains";
    blame.place = value_member(s->source, text_of(blame.keyword));
    explain_add(e, list, blame);
}

static void
explain_member(struct explainer *e, struct blames *list, const struct schema *s, const struct op *op,
               const struct value *key, uint64_t *seen)
{
    const struct members_rule *rule = op->with.members;
    uint32_t at = names_find(&rule->names, key->data, key->count);
    const struct member *m = at != NAMES_NONE ? &rule->members[at] : NULL;
    bool declared = m != NULL && m->schema != NULL;
    struct blame blame = { .schema = s, .op = op, .value = key + 1, .name = value_text(key) };

    if (m != NULL)
        *seen |= m->bit;
    if (declared) {
        blame.keyword = "properties";
        blame.place = value_member(rule->properties, value_text(key));
        if ((m->forbidden & 1u << e->walk.run->side) != 0) {
            blame.keyword = e->walk.run->side == SCHEMA_REQUEST ? "readOnly" : "writeOnly";
            blame.side = e->walk.run->side;
            explain_add(e, list, blame);
            return;
        }
        explain_child(e, list, m->schema, key + 1, blame);
    }
    for (uint32_t i = 0; i < rule->pattern_count; i++) {
        const struct pattern_rule *p = &rule->patterns[i];

        if (!walk_name_matches(&e->walk, p, value_text(key)))
            continue;
        declared = true;
        blame.keyword = "patternProperties";
        blame.place = p->place;
        explain_child(e, list, p->schema, key + 1, blame);
    }
    if (declared || rule->additional == NULL)
        return;
    blame.keyword = "additionalProperties";
    blame.place = rule->additional_place;
    explain_child(e, list, rule->additional, key + 1, blame);
}

static void
explain_members(struct explainer *e, struct blames *list, const struct schema *s, const struct op *op,
                const struct value *v)
{
    const struct members_rule *rule = op->with.members;
    uint64_t seen = 0, missing;

    for (VALUE_EACH_MEMBER(key, v))
        explain_member(e, list, s, op, key, &seen);
    missing = rule->required[e->walk.run->side] & ~seen;
    for (uint32_t i = 0; i < rule->count && missing != 0; i++) {
        if ((rule->members[i].bit & missing) != 0)
            explain_add(e, list,
                        (struct blame){ .keyword = "required",
                                        .schema = s,
                                        .op = op,
                                        .value = v,
                                        .place = rule->required_place,
                                        .name = rule->list[i] });
    }
}

static void
explain_names(struct explainer *e, struct blames *list, const struct schema *s, const struct op *op,
              const struct value *v)
{
    for (VALUE_EACH_MEMBER(key, v)) {
        if (!walk_value(&e->walk, op->with.schema, key, NULL))
            explain_itself(e, list, s, op, key + 1, value_text(key));
    }
}

static void
explain_dependency(struct explainer *e, struct blames *list, const struct schema *s, const struct op *op,
                   const struct value *v, struct marks *marks)
{
    const struct dependency *dependency = op->with.dependency;

    if (dependency->schema != NULL) {
        explain_value(e, list, dependency->schema, v, marks);
        return;
    }
    for (uint32_t i = 0; i < dependency->required->count; i++) {
        if (value_member(v, dependency->required->items[i]) == NULL)
            explain_itself(e, list, s, op, v, dependency->required->items[i]);
    }
}

static void
explain_unevaluated(struct explainer *e, struct blames *list, const struct schema *s, const struct op *op,
                    const struct value *v, struct marks *marks)
{
    bool object = v->type == VALUE_OBJECT;
    const struct value *at = v + 1;

    for (uint32_t index = 0; index < v->count; index++) {
        const struct value *child = object ? at + 1 : at;

        if (!marks_has(marks, index))
            explain_child(e, list, op->with.schema, child,
                          (struct blame){ .keyword = keywords[op->keyword].name,
                                          .schema = s,
                                          .op = op,
                                          .value = child,
                                          .place = op->place,
                                          .name = object ? value_text(at) : (struct text){ 0 } });
        at = value_next(child);
    }
}

/* ---- the walk ---- */

static void
explain_op(struct explainer *e, struct blames *list, const struct schema *s, const struct op *op, const struct value *v,
           struct marks *marks)
{
    switch ((enum op_code)op->code) {
    case OP_ITEMS:
        explain_items(e, list, s, op, v);
        return;
    case OP_CONTAINS:
        explain_contains(e, list, s, op, v);
        return;
    case OP_MEMBERS:
        explain_members(e, list, s, op, v);
        return;
    case OP_NAMES:
        explain_names(e, list, s, op, v);
        return;
    case OP_DEPENDENT_REQUIRED:
    case OP_DEPENDENT_SCHEMA:
        explain_dependency(e, list, s, op, v, marks);
        return;
    case OP_APPLY:
        explain_value(e, list, op->with.schema, v, marks);
        return;
    case OP_DYNAMIC:
        explain_value(e, list, walk_dynamic(&e->walk, op->with.dynamic), v, marks);
        return;
    case OP_ANY_OF:
    case OP_ONE_OF:
        explain_alternatives(e, list, s, op, op->with.list, v);
        return;
    case OP_IF: {
        bool yes = walk_value(&e->walk, op->with.condition->test, v, NULL);

        explain_value(e, list, yes ? op->with.condition->yes : op->with.condition->no, v, marks);
        return;
    }
    case OP_DISCRIMINATOR:
        explain_discriminator(e, list, s, op, v, marks);
        return;
    case OP_UNEVALUATED_ITEMS:
    case OP_UNEVALUATED_PROPERTIES:
        explain_unevaluated(e, list, s, op, v, marks);
        return;
    default:
        explain_itself(e, list, s, op, v, (struct text){ 0 });
    }
}

static bool
concerns(const struct op *op, const struct value *v)
{
    static const int types[GROUPS] = {
        [GROUP_NUMBER] = VALUE_NUMBER,
        [GROUP_STRING] = VALUE_STRING,
        [GROUP_ARRAY] = VALUE_ARRAY,
        [GROUP_OBJECT] = VALUE_OBJECT,
        [GROUP_ANY] = -1,
        [GROUP_LAST] = -1,
    };

    return types[op->group] < 0 || types[op->group] == v->type;
}

static void
explain_ops(struct explainer *e, struct blames *list, const struct schema *s, const struct value *v,
            struct marks *marks)
{
    bool failed = false;

    for (uint32_t i = 0; i < s->ends[GROUP_LAST] && list->count < e->max; i++) {
        const struct op *op = &s->code[i];

        /* After another failure nobody knows what was evaluated. */
        if (!concerns(op, v) || (failed && op->group == GROUP_LAST) || walk_op(&e->walk, s, op, v, marks))
            continue;
        failed = true;
        explain_op(e, list, s, op, v, marks);
    }
}

void
explain_value(struct explainer *e, struct blames *list, const struct schema *s, const struct value *v,
              struct marks *marks)
{
    const struct active here = { s, v, e->walk.active };
    uint32_t scopes = e->walk.scopes;
    struct marks own;

    if (!walk_type(s, v)) {
        const struct value *type = s->types != 0 ? VALUE_MEMBER(s->source, "type") : s->source;

        explain_add(
            e, list,
            (struct blame){ .keyword = s->types != 0 ? "type" : "false", .schema = s, .value = v, .place = type });
        return;
    }
    if (walk_is_active(&e->walk, s, v) || !walk_enter(&e->walk, s))
        return;
    if ((s->flags & SCHEMA_LOOPS) != 0)
        e->walk.active = &here;
    if ((s->flags & SCHEMA_TRACKS) != 0 && v->type >= VALUE_ARRAY && marks_begin(&own, v->count, &e->walk))
        explain_ops(e, list, s, v, &own);
    else
        explain_ops(e, list, s, v, marks);
    walk_leave(&e->walk, scopes);
    e->walk.active = here.before;
}

static void
tell(struct explainer *e, const struct blame *b, const struct value *root, schema_problem_fn *report, void *arg)
{
    const struct document *document = b->schema->resource->document;
    struct schema_problem problem = {
        .keyword = b->keyword,
        .value = b->value,
        .document = document,
        .place = b->place,
        .instance = pointer_to(root, b->value, e->arena),
        .pointer = pointer_to(document->root, b->place, e->arena),
    };

    describe(b, e->arena, &problem);
    report(arg, &problem);
}

unsigned
schema_explain(const struct schema *schema, const struct value *instance, struct schema_run *run, unsigned max,
               schema_problem_fn *report, void *arg)
{
    struct explainer e = { .arena = run->arena, .max = max };
    struct blames list;
    unsigned told = 0;

    walk_begin(&e.walk, run);
    e.walk.budget = EXPLAIN_BUDGET;
    blames_begin(&list);
    if (!walk_value(&e.walk, schema, instance, NULL)) {
        explain_value(&e, &list, schema, instance, NULL);
        if (list.first == NULL && max > 0) /* the work of explaining went over its budget */
            explain_add(
                &e, &list,
                (struct blame){ .keyword = "schema", .schema = schema, .value = instance, .place = schema->source });
    }
    for (const struct blame *b = list.first; b != NULL && told < max; b = b->next, told++)
        tell(&e, b, instance, report, arg);
    return told;
}
