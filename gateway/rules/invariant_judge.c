/* invariant_judge.c -- one message of a join against what the other parts said.
 *
 * Of every other part those messages count that may have been the last word when this one was under way: the newest
 * ones before it, and all that overlap it. It is enough that one combination of them holds. None does: then it is
 * broken, unless one of them may be old news (is_excused). */
#include "json/document.h"
#include "rules/invariant_memory.h"

/* What counts of one part. */
struct choice {
    struct candidate *list[LIMIT_WATCH_OVERLAP]; /* newest first */
    uint32_t count;
    uint32_t at; /* in the combination that is tried */
};

struct judging {
    struct invariant_memory *memory;
    const struct invariant_worker *worker;
    struct invariant *invariant;
    struct entity *entity;
    struct candidate *judged;
    int64_t settled;
    struct choice choices[LIMIT_INVARIANT_PARTS];
};

/* From best to worst. */
enum readiness {
    READY,
    LATER, /* with one that overlaps it something may still be under way */
    UNDECIDED,
    PART_ABSENT, /* nothing is known of it yet */
};

/* The latest beginning of a message of the part that was over before this one began. */
static int64_t
bar_of(const struct part_memory *p, const struct candidate *judged)
{
    int64_t bar = INT64_MIN;

    for (const struct candidate *c = p->newest; c != NULL; c = c->older)
        if (c->end < judged->begin && c->begin > bar)
            bar = c->begin;
    return bar;
}

static enum readiness
choose(struct judging *j, uint32_t part)
{
    const struct part_memory *p = &j->entity->parts[part];
    struct choice *choice = &j->choices[part];
    int64_t bar = bar_of(p, j->judged), within = j->invariant->within;
    enum readiness ready = READY;

    for (struct candidate *c = p->newest; c != NULL; c = c->older) {
        if (c->begin > j->judged->end || c->end < bar)
            continue;
        choice->list[choice->count++] = c;
        if (c->end >= j->settled && ready == READY)
            ready = LATER;
        /* Unknown, or too far away: it may be what would make the equation true. */
        if (!c->known || (c->end < j->judged->begin && j->judged->begin - c->end > within))
            ready = UNDECIDED;
    }
    if (choice->count == 0)
        return p->dropped == INT64_MIN ? PART_ABSENT : UNDECIDED;
    if (p->dropped != INT64_MIN && p->dropped >= bar) /* one that there was no room for would count, too */
        return UNDECIDED;
    return ready;
}

static enum readiness
choose_all(struct judging *j)
{
    enum readiness worst = READY;

    for (uint32_t i = 0; i < j->invariant->part_count; i++) {
        enum readiness one = READY;

        if (i == j->judged->part)
            j->choices[i] = (struct choice){ .list = { j->judged }, .count = 1 };
        else
            one = choose(j, i);
        if (one > worst)
            worst = one;
    }
    return worst;
}

/* ---- trying ---- */

static struct candidate *
chosen(const struct judging *j, uint32_t part)
{
    return j->choices[part].list[j->choices[part].at];
}

/* The combination as variables of a script; false without memory for it. */
static bool
read_messages(const struct judging *j, struct script_variable variables[LIMIT_INVARIANT_PARTS])
{
    arena_reset(j->memory->scratch);
    for (uint32_t i = 0; i < j->invariant->part_count; i++) {
        const struct candidate *c = chosen(j, i);
        struct document document;

        if (document_parse(&document, text_make(c->message, c->length), NULL, j->memory->scratch, NULL) < 0)
            return false;
        variables[i] = (struct script_variable){ j->invariant->parts[i].name, document.root };
    }
    return true;
}

/* The first name of the equation that leads nowhere in the combination. */
static const struct named *
find_missing(const struct judging *j, const struct script_variable *variables)
{
    const struct expression *hold = &j->invariant->hold;

    for (uint32_t i = 0; i < hold->named_count; i++) {
        const struct named *n = &hold->named[i];
        const struct value *v = variables[n->part].value;
        struct text_split split = text_split_start(invariant_name_text(n->name));
        struct text step;

        while (v != NULL && text_split_next(&split, '.', &step))
            v = value_member(v, step);
        if (invariant_value_lacks(v, n->pointer, NULL))
            return n;
    }
    return NULL;
}

static enum truth
try_one(const struct judging *j)
{
    struct script_variable variables[LIMIT_INVARIANT_PARTS];
    struct error why = { .kind = ERROR_NONE };
    struct invariant *invariant = j->invariant;
    const struct named *missing;
    enum script_truth truth;

    if (!read_messages(j, variables))
        return TRUTH_OPEN;
    truth = script_evaluate(j->worker->script, invariant->hold.number, variables, invariant->part_count, &why);
    if (truth == SCRIPT_TRUE)
        return TRUTH_HOLDS;
    missing = find_missing(j, variables);
    if (missing != NULL && invariant->require)
        return TRUTH_BROKEN;
    if (truth == SCRIPT_UNKNOWN)
        return invariant_truth_unknown(invariant, &invariant->hold, missing != NULL, j->worker, &why);
    return missing != NULL ? TRUTH_OPEN : TRUTH_BROKEN;
}

/* The next combination; false after the last. */
static bool
next_combination(struct judging *j)
{
    for (uint32_t i = 0; i < j->invariant->part_count; i++) {
        if (++j->choices[i].at < j->choices[i].count)
            return true;
        j->choices[i].at = 0;
    }
    return false;
}

/* Does any combination hold? Then its messages have agreed. */
static enum truth
try_all(struct judging *j)
{
    uint32_t tries = 0;

    do {
        enum truth truth = try_one(j);

        if (truth == TRUTH_HOLDS)
            for (uint32_t i = 0; i < j->invariant->part_count; i++)
                chosen(j, i)->agreed = true;
        if (truth != TRUTH_BROKEN)
            return truth;
        if (++tries == LIMIT_INVARIANT_TRIES)
            return TRUTH_OPEN;
    } while (next_combination(j));
    return TRUTH_BROKEN;
}

/* May the part's word have changed since both began? Its first message is a beginning, not a change. */
static bool
may_have_changed(const struct judging *j, uint32_t part, const struct candidate *c)
{
    int64_t since = c->begin < j->judged->begin ? c->begin : j->judged->begin;

    return j->entity->parts[part].changed > since;
}

static enum truth judge(struct judging *j, enum readiness *ready);

/* Has this other message agreed with something? What overlaps the judged one may not have had its turn. */
static bool
has_agreed(const struct judging *j, struct candidate *c)
{
    struct judging other = {
        .memory = j->memory,
        .worker = j->worker,
        .invariant = j->invariant,
        .entity = j->entity,
        .judged = c,
        .settled = j->settled,
    };
    enum readiness ready;

    if (c->pending && !c->tried)
        (void)judge(&other, &ready);
    return c->agreed;
}

/* Is this other message old news? It had agreed, and the judged one's part has changed since: the next one will tell.
 * Or a third part has changed since, and nobody knows whether it had agreed with that. With `at` it is the judged one
 * that has to know the others. */
static bool
is_old_news(const struct judging *j, struct candidate *c)
{
    if (j->invariant->at < 0 && may_have_changed(j, j->judged->part, c) && has_agreed(j, c))
        return true;
    for (uint32_t i = 0; i < j->invariant->part_count; i++)
        if (i != j->judged->part && i != c->part && may_have_changed(j, i, c))
            return true;
    return false;
}

static bool
is_excused(const struct judging *j)
{
    for (uint32_t i = 0; i < j->invariant->part_count; i++)
        for (uint32_t k = 0; k < j->choices[i].count; k++)
            if (j->choices[i].list[k] != j->judged && is_old_news(j, j->choices[i].list[k]))
                return true;
    return false;
}

/* Is any of the others there at all? */
static bool
has_company(const struct judging *j)
{
    for (uint32_t i = 0; i < j->invariant->part_count; i++)
        if (i != j->judged->part && j->choices[i].count > 0)
            return true;
    return false;
}

/* Compare. Where nothing can be said, the message agrees for all that is known; with nobody there it says nothing. */
static enum truth
judge(struct judging *j, enum readiness *ready)
{
    struct candidate *judged = j->judged;
    enum truth truth = TRUTH_OPEN;

    judged->tried = true;
    *ready = choose_all(j);
    if (*ready == PART_ABSENT && !has_company(j))
        return truth;
    if (*ready < UNDECIDED)
        truth = try_all(j);
    if (truth == TRUTH_BROKEN && (judged->agreed || is_excused(j)))
        truth = TRUTH_OPEN;
    if (truth == TRUTH_HOLDS)
        j->entity->told = 0;
    judged->agreed = judged->agreed || truth != TRUTH_BROKEN;
    return truth;
}

/* ---- telling ---- */

/* What the sides of the equation were; of the newest messages. */
static struct text
describe(const struct judging *j, struct script_variable variables[LIMIT_INVARIANT_PARTS])
{
    struct arena *arena = j->memory->scratch;
    const struct named *missing;
    struct text text;

    if (!read_messages(j, variables))
        return TEXT("false");
    missing = find_missing(j, variables);
    if (missing != NULL)
        return invariant_missing_text(j->invariant->parts[missing->part].name, missing, arena);
    text = script_operands(j->worker->script, j->invariant->hold.number, variables, j->invariant->part_count, arena);
    return text.length > 0 ? text : TEXT("false");
}

/* Where the judged message has the first of its names, and on which side. */
static struct text
find_instance(const struct judging *j, enum side *side)
{
    const struct invariant_part *part = &j->invariant->parts[j->judged->part];
    const struct expression *hold = &j->invariant->hold;

    *side = SIDE_RESPONSE;
    for (uint32_t i = 0; i < hold->named_count; i++) {
        const struct named *n = &hold->named[i];

        if (n->part != j->judged->part)
            continue;
        *side = NAME_BIT(n->name) & NAMES_OF_REQUEST ? SIDE_REQUEST : SIDE_RESPONSE;
        if (n->name == NAME_BODY || n->name == NAME_REQUEST_BODY || n->name == NAME_RESPONSE_BODY)
            return n->pointer;
        if (n->name != NAME_ITEM)
            break;
        *side = part->list.kind == KEY_REQUEST ? SIDE_REQUEST : SIDE_RESPONSE;
        return arena_print(j->memory->scratch, "%.*s/*%.*s", TEXT_PRINT(part->list.text), TEXT_PRINT(n->pointer));
    }
    return text_make(NULL, 0);
}

static void
tell(struct judging *j, watch_found_fn *found, void *arg)
{
    const struct invariant *invariant = j->invariant;
    const struct candidate *judged = j->judged;
    struct script_variable variables[LIMIT_INVARIANT_PARTS];
    struct text values = describe(j, variables);
    uint64_t hash = hash_text(values, hash_seed()) | 1;
    struct watch_finding finding = { .id = VIOLATION_INVARIANT_BROKEN,
                                     .rule = invariant->name,
                                     .service = invariant->parts[judged->part].service,
                                     .operation = operation_id(judged->operation),
                                     .expected = invariant->hold.source,
                                     .found = values,
                                     .hint = invariant->hint,
                                     .file = invariant->file,
                                     .line = invariant->line,
                                     .column = invariant->column,
                                     .at = judged->end,
                                     .since = judged->begin };

    if (j->entity->told == hash)
        return;
    j->entity->told = hash;
    finding.instance = find_instance(j, &finding.side);
    finding.exchanges[finding.exchange_count++] = text_of(judged->id);
    for (uint32_t i = 0; i < invariant->part_count; i++) {
        const struct candidate *c = chosen(j, i);

        if (c->begin < finding.since)
            finding.since = c->begin;
        if (c != judged)
            finding.exchanges[finding.exchange_count++] = text_of(c->id);
    }
    found(arg, &finding);
}

bool
invariant_judge(struct invariant_memory *m, const struct invariant_worker *worker, struct candidate *c, int64_t settled,
                watch_found_fn *found, void *arg)
{
    struct judging j = {
        .memory = m,
        .worker = worker,
        .invariant = c->entity->invariant,
        .entity = c->entity,
        .judged = c,
        .settled = settled,
    };
    enum readiness ready;
    enum truth truth;

    if (!c->known || (j.invariant->at >= 0 && (uint32_t)j.invariant->at != c->part))
        return true;
    truth = judge(&j, &ready);
    if (ready == PART_ABSENT)
        return true;
    if (truth == TRUTH_BROKEN && ready == LATER)
        return false;
    m->counts.judged++;
    m->counts.undecided += truth == TRUTH_OPEN || truth == TRUTH_CEILING;
    if (truth == TRUTH_BROKEN)
        tell(&j, found, arg);
    return true;
}
