/* invariant_check.c -- equations about one exchange, and what it means when one cannot be computed. */
#include "rules/invariant_internal.h"

const struct concern *
invariants_of(const struct invariants *rules, const struct operation *operation, const struct concern **end)
{
    uint32_t low = 0, high = rules != NULL ? rules->concern_count : 0, count = high;

    *end = NULL;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if ((uintptr_t)rules->concerns[middle].operation < (uintptr_t)operation)
            low = middle + 1;
        else
            high = middle;
    }
    for (high = low; high < count && rules->concerns[high].operation == operation; high++)
        ;
    if (low == high)
        return NULL;
    *end = rules->concerns + high;
    return rules->concerns + low;
}

bool
invariants_concern(const struct invariants *rules, const struct operation *operation)
{
    const struct concern *end;

    return invariants_of(rules, operation, &end) != NULL;
}

static bool
is_for_side(const struct invariant *invariant, enum side side)
{
    return !invariant->join && (invariant->side == ON_REQUEST) == (side == SIDE_REQUEST);
}

bool
invariants_concern_side(const struct invariants *rules, const struct operation *operation, enum side side)
{
    const struct concern *end;

    for (const struct concern *c = invariants_of(rules, operation, &end); c < end; c++)
        if (is_for_side(c->invariant, side))
            return true;
    return false;
}

bool
invariants_join(const struct invariants *rules, const struct operation *operation)
{
    const struct concern *end;

    for (const struct concern *c = invariants_of(rules, operation, &end); c < end; c++)
        if (c->invariant->join)
            return true;
    return false;
}

/* ---- what cannot be computed ---- */

void
invariant_trouble(const struct invariant_worker *worker, struct invariant *invariant,
                  const struct expression *expression, const char *why)
{
    if (worker->trouble != NULL && !atomic_exchange_explicit(&invariant->troubled, true, memory_order_relaxed))
        worker->trouble(worker->arg, expression->where, invariant->name, why);
}

/* Did it reach a ceiling of scripts? */
static bool
is_ceiling(struct text why)
{
    return text_starts(why, TEXT("it took more than")) || text_starts(why, TEXT("it needs more than")) ||
           text_starts(why, TEXT("no memory"));
}

enum truth
invariant_truth_unknown(struct invariant *invariant, const struct expression *expression, bool missing,
                        const struct invariant_worker *worker, const struct error *error)
{
    struct text why = text_of(error->what);
    bool ceiling = is_ceiling(why);

    if (!ceiling && (missing || text_search(why, TEXT("nil")) < why.length ||
                     text_search(why, TEXT("missing")) < why.length || text_search(why, TEXT("redacted")) < why.length))
        return TRUTH_OPEN;
    invariant_trouble(worker, invariant, expression, why.data);
    return ceiling ? TRUTH_CEILING : TRUTH_OPEN;
}

struct text
invariant_missing_text(struct text front, const struct named *named, struct arena *arena)
{
    struct text name = invariant_name_text(named->name), dotted = arena_text(arena, named->pointer);
    char *p = (char *)(uintptr_t)dotted.data;

    for (size_t i = 0; i < dotted.length; i++)
        if (p[i] == '/')
            p[i] = '.';
    return arena_print(arena, "%.*s%s%.*s%.*s is missing", TEXT_PRINT(front), front.length > 0 ? "." : "",
                       TEXT_PRINT(name), TEXT_PRINT(dotted));
}

bool
invariant_part_applies(const struct invariant_part *part, struct invariant *invariant,
                       const struct invariant_worker *worker, const struct values *values, const struct observation *o)
{
    struct script_variable variables[NAME_COUNT];
    struct error why = { .kind = ERROR_NONE };
    enum side body = invariant->side == ON_REQUEST ? SIDE_REQUEST : SIDE_RESPONSE;
    bool unknown;

    if (part->when.source.length == 0)
        return invariant->side == ON_REQUEST || o->exchange->response.status / 100 == 2;
    switch (script_evaluate(worker->script, part->when.number, variables, invariant_values_variables(values, variables),
                            &why)) {
    case SCRIPT_TRUE:
        return true;
    case SCRIPT_FALSE:
        return false;
    case SCRIPT_UNKNOWN:
        break;
    }
    (void)invariant_truth_unknown(invariant, &part->when,
                                  invariant_values_missing(values, &part->when, o, body, &unknown), worker, &why);
    return false;
}

/* ---- one exchange ---- */

struct check {
    const struct invariant_worker *worker;
    const struct observation *o;
    enum side side;
    struct arena *arena;
    struct verdict *verdict;
};

static void
add_violation(const struct check *c, const struct invariant *invariant, struct text found)
{
    struct violation *v = verdict_add(c->verdict, c->arena, VIOLATION_INVARIANT_BROKEN, c->side);

    if (v == NULL)
        return;
    v->keyword = invariant->name;
    v->instance = invariant->instance;
    v->file = invariant->file;
    v->line = invariant->line;
    v->column = invariant->column;
    v->pointer = invariant->pointer;
    v->expected = invariant->hold.source;
    v->found = found.length > 0 ? found : TEXT("false");
    v->hint = invariant->hint;
}

/* The first name of `hold` that leads nowhere. */
static const struct named *
first_missing(const struct invariant *invariant, const struct values *values)
{
    const struct expression *hold = &invariant->hold;

    for (uint32_t i = 0; i < hold->named_count; i++)
        if (invariant_value_lacks(values->of[hold->named[i].name], hold->named[i].pointer, NULL))
            return &hold->named[i];
    return NULL;
}

/* The recording no longer tells: what the live check found stands. */
static void
carry_over(const struct check *c, const struct invariant *invariant)
{
    const struct exchange *x = c->o->exchange;
    const struct verdict *live = c->side == SIDE_REQUEST ? &x->request_verdict : &x->response_verdict;

    for (uint32_t i = 0; x->verdicts_carried && i < live->count; i++) {
        const struct violation *found = &live->list[i];
        struct violation *v;

        if (found->id == VIOLATION_INVARIANT_BROKEN && text_equal(found->keyword, invariant->name) &&
            (v = verdict_add(c->verdict, c->arena, found->id, c->side)) != NULL)
            *v = *found;
    }
}

static void
check_one(const struct check *c, struct invariant *invariant, const struct invariant_part *part)
{
    enum side body = invariant->side == ON_REQUEST ? SIDE_REQUEST : SIDE_RESPONSE;
    struct script_variable variables[NAME_COUNT];
    struct error why = { .kind = ERROR_NONE };
    struct values values;
    enum script_truth truth;
    uint32_t count;
    bool missing, unknown;

    invariant_values_build(&values, part, c->o, body, c->arena);
    if (!invariant_part_applies(part, invariant, c->worker, &values, c->o))
        return;
    count = invariant_values_variables(&values, variables);
    truth = script_evaluate(c->worker->script, invariant->hold.number, variables, count, &why);
    if (truth == SCRIPT_TRUE)
        return;
    missing = invariant_values_missing(&values, &invariant->hold, c->o, body, &unknown);
    if (unknown) {
        carry_over(c, invariant);
        return;
    }
    if (missing && invariant->require) {
        const struct named *named = first_missing(invariant, &values);

        add_violation(c, invariant, invariant_missing_text(text_make(NULL, 0), named, c->arena));
    } else if (truth == SCRIPT_UNKNOWN) {
        if (invariant_truth_unknown(invariant, &invariant->hold, missing, c->worker, &why) == TRUTH_CEILING)
            verdict_unchecked(c->verdict, UNCHECKED_BUDGET, c->side, text_make(NULL, 0));
    } else if (!missing) {
        add_violation(c, invariant,
                      script_operands(c->worker->script, invariant->hold.number, variables, count, c->arena));
    }
}

void
invariants_check(const struct invariants *rules, const struct invariant_worker *worker,
                 const struct observation *observation, enum side side, struct arena *arena, struct verdict *verdict)
{
    struct check c = { .worker = worker, .o = observation, .side = side, .arena = arena, .verdict = verdict };
    const struct concern *end;

    if (side == SIDE_RESPONSE && !observation->answered)
        return;
    for (const struct concern *at = invariants_of(rules, observation->operation, &end); at < end; at++)
        if (is_for_side(at->invariant, side))
            check_one(&c, at->invariant, &at->invariant->parts[at->part]);
}
