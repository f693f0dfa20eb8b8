/* check.c -- yes or no: the program of a schema, run over an instance.
 *
 * A value costs a unit of work, an instruction another; comparisons and patterns cost what they look at. When the budget is spent, everything that is
 * left counts as true with a doubt (see check.h), so the walk ends at once. */
#include "schema/check.h"

#include <stdlib.h>

#include "base/limits.h"
#include "json/compare.h"

#define UNLIKELY(x) __builtin_expect(!!(x), 0)

static bool
doubt(struct walk *w, unsigned bits)
{
    w->doubts++;
    w->unchecked |= bits;
    return true;
}

static bool
spent(struct walk *w)
{
    w->budget = 0;
    return doubt(w, SCHEMA_UNCHECKED_BUDGET);
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

/* ---- numbers and strings ---- */

static bool
small_integer(const struct value *v, int64_t *number)
{
    const char *digit = v->data, *end = v->data + v->count;
    bool negative = *digit == '-';
    int64_t sum = 0;

    if ((v->flags & VALUE_INTEGER) == 0 || v->count > 18)
        return false;
    for (digit += negative; digit < end; digit++)
        sum = sum * 10 + (*digit - '0');
    *number = negative ? -sum : sum;
    return true;
}

static int
compare_bound(const struct value *v, const struct bound *bound)
{
    struct decimal d;
    int64_t number;

    if (bound->whole && small_integer(v, &number))
        return (number > bound->integer) - (number < bound->integer);
    decimal_read(&d, value_text(v));
    return decimal_compare(&d, &bound->limit);
}

static bool
is_multiple(struct walk *w, const struct value *v, const struct bound *bound)
{
    struct decimal d;
    int64_t number;
    int multiple;

    if (bound->whole && small_integer(v, &number))
        return number % bound->integer == 0;
    decimal_read(&d, value_text(v));
    multiple = decimal_multiple_of(&d, &bound->limit);
    return multiple < 0 ? doubt(w, SCHEMA_UNCHECKED_BUDGET) : multiple > 0;
}

/* A code point has one to four bytes, so most lengths need not be counted. */
static bool
at_least(const struct value *v, uint64_t limit)
{
    return v->count >= limit && (v->count / 4 >= limit || text_code_points(value_text(v)) >= limit);
}

static bool
at_most(const struct value *v, uint64_t limit)
{
    return v->count <= limit || (v->count / 4 <= limit && text_code_points(value_text(v)) <= limit);
}

static bool
matches(struct walk *w, const struct pattern *pattern, struct text subject)
{
    int found = pattern_matches(pattern, subject, w->patterns, &w->budget);

    if (found >= 0)
        return found > 0;
    return w->budget == 0 ? spent(w) : doubt(w, SCHEMA_UNCHECKED_PATTERN);
}

/* ---- comparing ---- */

static bool
same(struct walk *w, const struct value *a, const struct value *b)
{
    int equal;

    if (a->type != b->type)
        return false;
    if (a->type == VALUE_STRING)
        return text_equal(value_text(a), value_text(b));
    equal = value_equal(a, b, &w->budget);
    return equal < 0 ? spent(w) : equal > 0;
}

static bool
is_choice(struct walk *w, const struct enum_rule *rule, const struct value *v)
{
    uint64_t hash;

    if (v->type == VALUE_STRING)
        return names_find(&rule->strings, v->data, v->count) != NAMES_NONE;
    if (rule->count == 0)
        return false;
    if (v->span > w->budget)
        return spent(w);
    w->budget -= v->span;
    hash = value_hash(v);
    for (uint32_t i = 0; i < rule->count; i++) {
        if (rule->hashes[i] == hash && same(w, rule->others[i], v))
            return true;
    }
    return false;
}

static bool
all_different(struct walk *w, const struct value *v)
{
    uint32_t first, second;
    int unique = value_items_unique(v, w->run->arena, &w->budget, &first, &second);

    return unique < 0 ? spent(w) : unique > 0;
}

/* ---- arrays ---- */

static bool
check_items(struct walk *w, const struct items_rule *rule, const struct value *v, struct marks *marks)
{
    uint32_t index = 0, prefix = rule->prefix != NULL ? rule->prefix->count : 0;

    for (VALUE_EACH_ITEM(item, v)) {
        const struct schema *s = index < prefix ? rule->prefix->items[index] : rule->rest;

        if (s == NULL)
            break;
        if (!walk_value(w, s, item, NULL))
            return false;
        if (marks != NULL)
            marks_set(marks, index);
        index++;
    }
    return true;
}

static bool
check_contains(struct walk *w, const struct contains_rule *rule, const struct value *v, struct marks *marks)
{
    uint64_t certain = 0, possible = 0;
    uint32_t index = 0;

    for (VALUE_EACH_ITEM(item, v)) {
        uint32_t doubts = w->doubts;

        if (walk_value(w, rule->schema, item, NULL)) {
            possible++;
            certain += w->doubts == doubts;
            if (marks != NULL && rule->evaluates)
                marks_set(marks, index);
            else if (certain >= rule->least && rule->most == UINT64_MAX)
                return true;
        }
        index++;
    }
    return possible >= rule->least && certain <= rule->most;
}

static bool
check_unevaluated_items(struct walk *w, const struct schema *s, const struct value *v, struct marks *marks)
{
    uint32_t index = 0;

    if (v->type != VALUE_ARRAY || marks == NULL)
        return true;
    for (VALUE_EACH_ITEM(item, v)) {
        if (!marks_has(marks, index) && !walk_value(w, s, item, NULL))
            return false;
        index++;
    }
    marks->all = true;
    return true;
}

/* ---- objects ---- */

bool
walk_name_matches(struct walk *w, const struct pattern_rule *rule, struct text name)
{
    return rule->pattern != NULL ? matches(w, rule->pattern, name) : doubt(w, SCHEMA_UNCHECKED_PATTERN);
}

/* A member that no property is declared for, or that patterns may concern too. */
static bool
check_other(struct walk *w, const struct members_rule *rule, const struct value *key, bool known, struct marks *marks,
            uint32_t index)
{
    for (uint32_t i = 0; i < rule->pattern_count; i++) {
        uint32_t doubts = w->doubts;

        if (!walk_name_matches(w, &rule->patterns[i], value_text(key)))
            continue;
        known = true;
        if (marks != NULL)
            marks_set(marks, index);
        if (w->doubts == doubts && !walk_value(w, rule->patterns[i].schema, key + 1, NULL))
            return false;
    }
    if (known || rule->additional == NULL)
        return true;
    if (marks != NULL)
        marks_set(marks, index);
    return walk_value(w, rule->additional, key + 1, NULL);
}

static bool
check_members(struct walk *w, const struct members_rule *rule, const struct value *v, struct marks *marks)
{
    bool others = rule->additional != NULL || rule->pattern_count > 0;
    uint64_t seen = 0;
    uint32_t index = 0;

    for (VALUE_EACH_MEMBER(key, v)) {
        uint32_t at = names_find(&rule->names, key->data, key->count);
        bool known = false;

        if (at != NAMES_NONE) {
            const struct member *m = &rule->members[at];

            seen |= m->bit;
            known = m->schema != NULL;
            if (known) {
                if (UNLIKELY(m->forbidden != 0) && (m->forbidden & 1u << w->run->side) != 0)
                    return false;
                if (!walk_value(w, m->schema, key + 1, NULL))
                    return false;
                if (marks != NULL)
                    marks_set(marks, index);
            }
        }
        if (others && !check_other(w, rule, key, known, marks, index))
            return false;
        index++;
    }
    return (rule->required[w->run->side] & ~seen) == 0;
}

static bool
check_names(struct walk *w, const struct schema *s, const struct value *v)
{
    for (VALUE_EACH_MEMBER(key, v)) {
        if (!walk_value(w, s, key, NULL))
            return false;
    }
    return true;
}

static bool
check_dependency(struct walk *w, const struct dependency *dependency, const struct value *v, struct marks *marks)
{
    if (value_member(v, dependency->name) == NULL)
        return true;
    if (dependency->schema != NULL)
        return walk_value(w, dependency->schema, v, marks);
    for (uint32_t i = 0; i < dependency->required->count; i++) {
        if (w->budget <= v->count)
            return spent(w);
        w->budget -= v->count;
        if (value_member(v, dependency->required->items[i]) == NULL)
            return false;
    }
    return true;
}

static bool
check_unevaluated_properties(struct walk *w, const struct schema *s, const struct value *v, struct marks *marks)
{
    uint32_t index = 0;

    if (v->type != VALUE_OBJECT || marks == NULL)
        return true;
    for (VALUE_EACH_MEMBER(key, v)) {
        if (!marks_has(marks, index) && !walk_value(w, s, key + 1, NULL))
            return false;
        index++;
    }
    marks->all = true;
    return true;
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
        branch.all = doubt(w, SCHEMA_UNCHECKED_BUDGET);
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
    if (verdict == DISCRIMINATOR_FOUND)
        return walk_value(w, target, v, marks);
    return d->exactly_one ? check_one(w, d->branches, v, marks) : check_any(w, d->branches, v, marks);
}

/* ---- the walk ---- */

bool
walk_op(struct walk *w, const struct schema *s, const struct op *op, const struct value *v, struct marks *marks)
{
    (void)s;
    switch ((enum op_code)op->code) {
    case OP_MINIMUM:
        return compare_bound(v, op->with.bound) >= 0;
    case OP_MAXIMUM:
        return compare_bound(v, op->with.bound) <= 0;
    case OP_ABOVE:
        return compare_bound(v, op->with.bound) > 0;
    case OP_BELOW:
        return compare_bound(v, op->with.bound) < 0;
    case OP_MULTIPLE:
        return is_multiple(w, v, op->with.bound);
    case OP_MIN_LENGTH:
        return at_least(v, op->with.number);
    case OP_MAX_LENGTH:
        return at_most(v, op->with.number);
    case OP_PATTERN:
        return matches(w, op->with.pattern, value_text(v));
    case OP_MIN_ITEMS:
    case OP_MIN_PROPERTIES:
        return v->count >= op->with.number;
    case OP_MAX_ITEMS:
    case OP_MAX_PROPERTIES:
        return v->count <= op->with.number;
    case OP_UNIQUE:
        return all_different(w, v);
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
        return same(w, op->with.value, v);
    case OP_ENUM:
        return is_choice(w, op->with.choices, v);
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
        return doubt(w, op->unchecked);
    case OP_UNEVALUATED_ITEMS:
        return check_unevaluated_items(w, op->with.schema, v, marks);
    case OP_UNEVALUATED_PROPERTIES:
        return check_unevaluated_properties(w, op->with.schema, v, marks);
    }
    return true;
}

static bool
run(struct walk *w, const struct schema *s, uint32_t from, uint32_t to, const struct value *v, struct marks *marks)
{
    for (uint32_t i = from; i < to; i++) {
        if (!walk_op(w, s, &s->code[i], v, marks))
            return false;
    }
    return true;
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

/* The groups of instructions for the type of the value. */
static bool
run_groups(struct walk *w, const struct schema *s, const struct value *v, struct marks *marks)
{
    static const uint8_t group_of[] = {
        [VALUE_NULL] = GROUP_ANY,      [VALUE_FALSE] = GROUP_ANY,     [VALUE_TRUE] = GROUP_ANY,
        [VALUE_NUMBER] = GROUP_NUMBER, [VALUE_STRING] = GROUP_STRING, [VALUE_ARRAY] = GROUP_ARRAY,
        [VALUE_OBJECT] = GROUP_OBJECT,
    };
    enum op_group group = group_of[v->type];

    if (group != GROUP_ANY && !run(w, s, schema_begin(s, group), s->ends[group], v, marks))
        return false;
    return run(w, s, s->ends[GROUP_OBJECT], s->ends[GROUP_LAST], v, marks);
}

/* unevaluated… sees what its own schema evaluated, not what a sibling of it did (Core 2020-12 11). */
static bool
run_tracking(struct walk *w, const struct schema *s, const struct value *v, struct marks *marks)
{
    struct marks own;

    if (v->type < VALUE_ARRAY || v->count == 0)
        return run_groups(w, s, v, marks);
    if (!marks_begin(&own, v->count, w))
        return spent(w);
    if (!run_groups(w, s, v, &own))
        return false;
    if (marks != NULL)
        marks_merge(marks, &own);
    return true;
}

bool
walk_value(struct walk *w, const struct schema *s, const struct value *v, struct marks *marks)
{
    uint32_t scopes = w->scopes, work = 1 + s->ends[GROUP_LAST];
    bool valid;

    if (UNLIKELY(w->budget <= work))
        return spent(w);
    w->budget -= work;
    if (!walk_type(s, v))
        return false;
    if (work == 1)
        return true;
    if (UNLIKELY(!walk_enter(w, s)))
        return doubt(w, SCHEMA_UNCHECKED_BUDGET);
    if (UNLIKELY((s->flags & SCHEMA_TRACKS) != 0))
        valid = run_tracking(w, s, v, marks);
    else
        valid = run_groups(w, s, v, marks);
    walk_leave(w, scopes);
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
