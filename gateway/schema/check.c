/* check.c -- yes or no: the program of a schema, run over an instance.
 *
 * A value costs a unit of work, an instruction another; comparisons and patterns cost what they look at. When the
 * budget is spent, everything that is left counts as true with a doubt (see check.h), so the walk ends at once. */
#include "schema/check_parts.h"

#include <stdlib.h>

#include "base/limits.h"

#define UNLIKELY(x) __builtin_expect(!!(x), 0)

bool
walk_doubt(struct walk *w, unsigned bits)
{
    w->doubts++;
    w->unchecked |= bits;
    return true;
}

bool
walk_spent(struct walk *w)
{
    w->budget = 0;
    return walk_doubt(w, SCHEMA_UNCHECKED_BUDGET);
}

bool
walk_type(const struct schema *s, const struct value *v)
{
    struct decimal d;

    if ((s->types & type_bits((enum value_type)v->type)) != 0)
        return true;
    if (v->type != VALUE_NUMBER || (s->types & SCHEMA_TYPE_INTEGER) == 0)
        return false;
    if ((v->flags & VALUE_INTEGER) != 0)
        return true;
    if ((s->flags & SCHEMA_WHOLE_AS_WRITTEN) != 0)
        return false;
    decimal_read(&d, value_text(v));
    return decimal_is_integer(&d);
}

bool
walk_enter(struct walk *w, const struct schema *s)
{
    if (w->depth >= LIMIT_SCHEMA_DEPTH)
        return false;
    w->depth++;
    if (UNLIKELY((s->flags & SCHEMA_DYNAMIC) != 0) && (w->scopes == 0 || w->scope[w->scopes - 1] != s->resource))
        w->scope[w->scopes++] = s->resource;
    return true;
}

void
walk_leave(struct walk *w, uint32_t scopes)
{
    w->depth--;
    w->scopes = scopes;
}

/* ---- combining ---- */

/* A branch that may fail: what it evaluated counts only if it does not. */
static bool
try_branch(struct walk *w, const struct schema *s, const struct value *v, struct marks *marks)
{
    struct marks branch;
    bool room;

    if (marks == NULL)
        return walk_value(w, s, v, NULL);
    room = marks_begin(&branch, marks->count, w);
    if (!walk_value(w, s, v, room ? &branch : NULL))
        return false;
    if (!room)
        branch.all = walk_doubt(w, SCHEMA_UNCHECKED_BUDGET);
    marks_merge(marks, &branch);
    return true;
}

static bool
check_any(struct walk *w, const struct schema_list *list, const struct value *v, struct marks *marks)
{
    bool found = false;

    for (uint32_t i = 0; i < list->count; i++) {
        if (try_branch(w, list->items[i], v, marks)) {
            if (marks == NULL)
                return true;
            found = true;
        }
    }
    return found;
}

static bool
check_one(struct walk *w, const struct schema_list *list, const struct value *v, struct marks *marks)
{
    uint32_t certain = 0, possible = 0;

    for (uint32_t i = 0; i < list->count; i++) {
        uint32_t doubts = w->doubts;

        if (try_branch(w, list->items[i], v, marks)) {
            possible++;
            certain += w->doubts == doubts;
            if (certain > 1)
                return false;
        }
    }
    return possible > 0;
}

static bool
check_not(struct walk *w, const struct schema *s, const struct value *v)
{
    uint32_t doubts = w->doubts;

    return !walk_value(w, s, v, NULL) || w->doubts != doubts;
}

static bool
check_if(struct walk *w, const struct condition *condition, const struct value *v, struct marks *marks)
{
    uint32_t doubts = w->doubts;
    bool yes = try_branch(w, condition->test, v, marks);
    const struct schema *next = yes ? condition->yes : condition->no;

    if (yes && w->doubts != doubts) { /* either way may be meant */
        if (marks != NULL)
            marks->all = true;
        return true;
    }
    return next == NULL || walk_value(w, next, v, marks);
}

const struct schema *
walk_dynamic(const struct walk *w, const struct dynamic *dynamic)
{
    for (uint32_t i = 0; i < w->scopes; i++) {
        for (const struct dynamic_anchor *a = w->scope[i]->dynamic; a != NULL; a = a->next) {
            if (a->schema != NULL && text_equal(a->name, dynamic->name))
                return a->schema;
        }
    }
    return dynamic->first;
}

enum discriminator_verdict
walk_discriminator(const struct discriminator *d, const struct value *v, const struct schema **target)
{
    const struct value *name = v->type == VALUE_OBJECT ? value_member(v, d->property) : NULL;
    uint32_t at;

    *target = NULL;
    if (!value_is(name, VALUE_STRING))
        return DISCRIMINATOR_NONE;
    at = names_find(&d->names, name->data, name->count);
    if (at != NAMES_NONE) {
        *target = d->targets[at];
        return DISCRIMINATOR_FOUND;
    }
    if (value_is(d->schemas, VALUE_OBJECT) && set_member_find(d->set, d->schemas, value_text(name)) != NULL)
        return DISCRIMINATOR_FOUND;
    return DISCRIMINATOR_UNKNOWN;
}

static bool
check_discriminator(struct walk *w, const struct discriminator *d, const struct value *v, struct marks *marks)
{
    const struct schema *target;
    enum discriminator_verdict verdict = walk_discriminator(d, v, &target);

    if (verdict == DISCRIMINATOR_UNKNOWN || !d->decides)
        return verdict != DISCRIMINATOR_UNKNOWN;
    if (target != NULL)
        return walk_value(w, target, v, marks);
    return d->exactly_one ? check_one(w, d->branches, v, marks) : check_any(w, d->branches, v, marks);
}

/* ---- the walk ---- */

/* Inline, whatever the compiler thinks of its size: a call per instruction is a tenth of a check. */
static inline __attribute__((always_inline)) bool
run_op(struct walk *w, const struct op *op, const struct value *v, struct marks *marks)
{
    switch ((enum op_code)op->code) {
    case OP_MINIMUM:
        return check_bound(v, op->with.bound) >= 0;
    case OP_MAXIMUM:
        return check_bound(v, op->with.bound) <= 0;
    case OP_ABOVE:
        return check_bound(v, op->with.bound) > 0;
    case OP_BELOW:
        return check_bound(v, op->with.bound) < 0;
    case OP_MULTIPLE:
        return check_multiple(w, v, op->with.bound);
    case OP_MIN_LENGTH:
        return check_at_least(v, op->with.number);
    case OP_MAX_LENGTH:
        return check_at_most(v, op->with.number);
    case OP_PATTERN:
        return check_pattern(w, op->with.pattern, value_text(v));
    case OP_MIN_ITEMS:
    case OP_MIN_PROPERTIES:
        return v->count >= op->with.number;
    case OP_MAX_ITEMS:
    case OP_MAX_PROPERTIES:
        return v->count <= op->with.number;
    case OP_UNIQUE:
        return check_unique(w, v);
    case OP_ITEMS:
        return check_items(w, op->with.items, v, marks);
    case OP_CONTAINS:
        return check_contains(w, op->with.contains, v, marks);
    case OP_MEMBERS:
        return check_members(w, op->with.members, v, marks);
    case OP_NAMES:
        return check_names(w, op->with.schema, v);
    case OP_DEPENDENT_REQUIRED:
    case OP_DEPENDENT_SCHEMA:
        return check_dependency(w, op->with.dependency, v, marks);
    case OP_CONST:
        return check_const(w, op->with.value, v);
    case OP_ENUM:
        return check_enum(w, op->with.choices, v);
    case OP_FORMAT:
        return format_check(op->with.format, v);
    case OP_APPLY:
        return walk_value(w, op->with.schema, v, marks);
    case OP_DYNAMIC:
        return walk_value(w, walk_dynamic(w, op->with.dynamic), v, marks);
    case OP_ANY_OF:
        return check_any(w, op->with.list, v, marks);
    case OP_ONE_OF:
        return check_one(w, op->with.list, v, marks);
    case OP_NOT:
        return check_not(w, op->with.schema, v);
    case OP_IF:
        return check_if(w, op->with.condition, v, marks);
    case OP_DISCRIMINATOR:
        return check_discriminator(w, op->with.discriminator, v, marks);
    case OP_UNCHECKED:
        return walk_doubt(w, op->unchecked);
    case OP_UNEVALUATED_ITEMS:
        return check_unevaluated_items(w, op->with.schema, v, marks);
    case OP_UNEVALUATED_PROPERTIES:
        return check_unevaluated_properties(w, op->with.schema, v, marks);
    }
    return true;
}

bool
walk_op(struct walk *w, const struct schema *s, const struct op *op, const struct value *v, struct marks *marks)
{
    (void)s;
    return run_op(w, op, v, marks);
}

/* The groups of instructions for the type of the value: its own, then those for any. */
static bool
run_groups(struct walk *w, const struct schema *s, const struct value *v, struct marks *marks)
{
    static const uint8_t group_of[] = {
        [VALUE_NULL] = GROUP_ANY,      [VALUE_FALSE] = GROUP_ANY,     [VALUE_TRUE] = GROUP_ANY,
        [VALUE_NUMBER] = GROUP_NUMBER, [VALUE_STRING] = GROUP_STRING, [VALUE_ARRAY] = GROUP_ARRAY,
        [VALUE_OBJECT] = GROUP_OBJECT,
    };
    enum op_group group = group_of[v->type];
    const struct op *any = s->code + s->ends[GROUP_OBJECT], *last = s->code + s->ends[GROUP_LAST];
    const struct op *op = any, *end = last;

    if (group != GROUP_ANY) {
        op = s->code + schema_begin(s, group);
        end = s->code + s->ends[group];
    }
    for (;;) {
        for (; op < end; op++) {
            if (!run_op(w, op, v, marks))
                return false;
        }
        if (end == last)
            return true;
        op = any;
        end = last;
    }
}

/* unevaluated… sees what its own schema evaluated, not what a sibling of it did (Core 2020-12 11). */
static bool
run_tracking(struct walk *w, const struct schema *s, const struct value *v, struct marks *marks)
{
    struct marks own;

    if ((s->flags & SCHEMA_TRACKS) == 0 || v->type < VALUE_ARRAY || v->count == 0)
        return run_groups(w, s, v, marks);
    if (!marks_begin(&own, v->count, w))
        return walk_spent(w);
    if (!run_groups(w, s, v, &own))
        return false;
    if (marks != NULL)
        marks_merge(marks, &own);
    return true;
}

static bool
run_looping(struct walk *w, const struct schema *s, const struct value *v, struct marks *marks)
{
    const struct active here = { s, v, w->active };
    bool valid;

    if (walk_is_active(w, s, v))
        return walk_doubt(w, SCHEMA_UNCHECKED_SCHEMA);
    w->active = &here;
    valid = run_tracking(w, s, v, marks);
    w->active = here.before;
    return valid;
}

/* The dynamic scope, loops and what is evaluated: most schemas have none of them. */
static bool
run_special(struct walk *w, const struct schema *s, const struct value *v, struct marks *marks)
{
    uint32_t scopes = w->scopes;
    bool valid;

    if (!walk_enter(w, s))
        return walk_doubt(w, SCHEMA_UNCHECKED_BUDGET);
    valid = (s->flags & SCHEMA_LOOPS) != 0 ? run_looping(w, s, v, marks) : run_tracking(w, s, v, marks);
    walk_leave(w, scopes);
    return valid;
}

bool
walk_program(struct walk *w, const struct schema *s, const struct value *v, struct marks *marks)
{
    bool valid;

    if ((s->types & type_bits((enum value_type)v->type)) == 0 && !walk_type(s, v))
        return false;
    if (s->ends[GROUP_LAST] == 0)
        return true;
    if (UNLIKELY((s->flags & (SCHEMA_DYNAMIC | SCHEMA_LOOPS | SCHEMA_TRACKS)) != 0))
        return run_special(w, s, v, marks);
    if (UNLIKELY(w->depth >= LIMIT_SCHEMA_DEPTH))
        return walk_doubt(w, SCHEMA_UNCHECKED_BUDGET);
    w->depth++;
    valid = s->quick == QUICK_MEMBERS ? check_members(w, s->code->with.members, v, marks) : run_groups(w, s, v, marks);
    w->depth--;
    return valid;
}

void
walk_begin(struct walk *w, struct schema_run *check)
{
    *w = (struct walk){
        .run = check,
        .patterns = check->scratch->patterns,
        .scope = check->scratch->scope,
        .budget = check->budget,
    };
}

void
walk_end(struct walk *w)
{
    w->run->budget = w->budget;
    w->run->unchecked |= w->unchecked;
}

bool
schema_check(const struct schema *schema, const struct value *instance, struct schema_run *check)
{
    struct walk w;
    bool valid;

    walk_begin(&w, check);
    valid = walk_value(&w, schema, instance, NULL);
    walk_end(&w);
    return valid;
}

struct schema_scratch *
schema_scratch_new(void)
{
    struct schema_scratch *scratch = calloc(1, sizeof(*scratch));

    if (scratch == NULL)
        return NULL;
    scratch->patterns = pattern_scratch_new();
    scratch->scope = calloc(LIMIT_SCHEMA_DEPTH, sizeof(const struct resource *));
    if (scratch->patterns != NULL && scratch->scope != NULL)
        return scratch;
    schema_scratch_free(scratch);
    return NULL;
}

void
schema_scratch_free(struct schema_scratch *scratch)
{
    if (scratch == NULL)
        return;
    pattern_scratch_free(scratch->patterns);
    free(scratch->scope);
    free(scratch);
}
