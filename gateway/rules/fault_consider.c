/* fault_consider.c -- one rule and one exchange: does it fire, and if not, why not.
 *
 * What can be told without counting comes first, so that only exchanges that all else holds for are numbered. */
#include "rules/fault_internal.h"

#define DAY INT64_C(86400000000000)

/* ---- where it acts ---- */

/* Does the text match, with * for any bytes? */
static bool
glob(struct text pattern, struct text t)
{
    size_t p = 0, i = 0, star = SIZE_MAX, from = 0;

    while (i < t.length) {
        if (p < pattern.length && pattern.data[p] == '*') {
            star = p++;
            from = i;
        } else if (p < pattern.length && pattern.data[p] == t.data[i]) {
            p++;
            i++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            i = ++from;
        } else {
            return false;
        }
    }
    while (p < pattern.length && pattern.data[p] == '*')
        p++;
    return p == pattern.length;
}

/* Whole segments, as the paths of services; a slash at the pattern's end stands for nothing. */
static bool
path_begins(struct text pattern, struct text path)
{
    struct text_split wanted, has;
    struct text a, b;

    while (pattern.length > 0 && pattern.data[pattern.length - 1] == '/')
        pattern.length--;
    wanted = text_split_start(pattern);
    has = text_split_start(path);
    while (text_split_next(&wanted, '/', &a))
        if (!text_split_next(&has, '/', &b) || !glob(a, b))
            return false;
    return true;
}

static bool
has_path(const struct fault_when *when, struct text path)
{
    for (uint32_t i = 0; i < when->path_count; i++)
        if (path_begins(when->paths[i], path))
            return true;
    return when->path_count == 0;
}

static bool
has_method(const struct fault_when *when, struct text method)
{
    for (uint32_t i = 0; i < when->method_count; i++)
        if (text_equal(when->methods[i], method))
            return true;
    return when->method_count == 0;
}

static bool
value_fits(const struct fault_header *h, struct text value)
{
    struct pattern_scratch *scratch;
    bool fits;

    if (h->test != HEADER_MATCHES)
        return h->test == HEADER_IS_THERE || (h->test == HEADER_IS_EQUAL && text_equal(value, h->value));
    scratch = pattern_scratch_new();
    fits = scratch != NULL && pattern_matches(h->pattern, value, scratch, NULL) == 1;
    pattern_scratch_free(scratch);
    return fits;
}

/* Of repeated fields, any. */
static bool
header_holds(const struct fault_header *h, const struct message *m)
{
    bool there = false;

    for (uint32_t i = 0; i < m->header_count; i++) {
        if (!text_equal_nocase(m->headers[i].name, h->name))
            continue;
        there = true;
        if (value_fits(h, m->headers[i].value))
            return true;
    }
    return !there && h->test == HEADER_IS_ABSENT;
}

static const struct fault_header *
header_missing(const struct fault_when *when, const struct message *m)
{
    for (uint32_t i = 0; i < when->header_count; i++)
        if (!header_holds(&when->headers[i], m))
            return &when->headers[i];
    return NULL;
}

static bool
has_status(const struct fault_when *when, uint16_t status)
{
    for (uint32_t i = 0; i < when->status_count; i++)
        if (status >= when->statuses[i].from && status <= when->statuses[i].to)
            return true;
    return when->status_count == 0;
}

static bool
in_window(const struct fault_when *when, int64_t now)
{
    int64_t at = when->daily ? ((now % DAY) + DAY) % DAY : now;

    if (!when->windowed)
        return true;
    if (when->from <= when->to)
        return at >= when->from && at < when->to;
    return at >= when->from || at < when->to; /* over midnight */
}

/* ---- what it is about ---- */

static struct observation
observe(const struct fault_look *look)
{
    return (struct observation){
        .exchange = look->exchange,
        .operation = look->match != NULL ? look->match->operation : NULL,
        .match = look->match,
        .request = look->request,
        .response = look->response,
        .answered = look->exchange->has_response,
    };
}

static enum script_truth
evaluate(const struct fault_full *full, const struct fault_look *look, struct error *why)
{
    struct observation o = observe(look);
    struct script_variable variables[NAME_COUNT];
    struct values values;
    uint32_t count;

    if (full->when.where.source.length == 0)
        return SCRIPT_TRUE;
    if (look->script == NULL)
        return SCRIPT_UNKNOWN;
    invariant_values_build(&values, &full->when.names, &o, full->rule.side, look->arena);
    count = invariant_values_variables(&values, variables);
    return script_evaluate(look->script, full->when.where.number, variables, count, why);
}

/* Everything but how often. */
static enum fault_reason
acts_here(const struct fault_full *full, const struct fault_look *look, struct fault_considered *c)
{
    const struct fault_when *when = &full->when;
    const struct exchange *x = look->exchange;
    enum script_truth truth;

    if (!full->rule.enabled)
        return FAULT_IS_OFF;
    if (when->service_count > 0 && !fault_is_about(full, look->service, NULL) && when->operation_count == 0)
        return FAULT_SERVICE;
    if (when->operation_count > 0 &&
        !fault_is_about(full, look->service, look->match != NULL ? look->match->operation : NULL))
        return FAULT_OPERATION;
    if (!has_method(when, x->request.method))
        return FAULT_METHOD;
    if (!has_path(when, x->request.path))
        return FAULT_PATH;
    if ((c->header = header_missing(when, &x->request)) != NULL)
        return FAULT_HEADER;
    if (!has_status(when, x->response.status))
        return FAULT_STATUS_OTHER;
    if (!in_window(when, look->now))
        return FAULT_WINDOW;
    truth = evaluate(full, look, &c->why);
    return truth == SCRIPT_TRUE ? FAULT_FIRES : truth == SCRIPT_FALSE ? FAULT_WHERE : FAULT_WHERE_UNKNOWN;
}

/* ---- how often ---- */

static uint64_t
count(const struct fault_look *look, uint64_t key)
{
    return look->count != NULL ? look->count(look->count_arg, key) : 0;
}

static bool
find_key(const struct fault_full *full, const struct fault_look *look, struct fault_considered *c)
{
    struct observation o = observe(look);

    if (full->when.per_text.length == 0)
        return true;
    c->key = invariant_key_find(&full->when.per, &o, NULL, look->arena);
    return c->key.length > 0;
}

static enum fault_reason
burst(const struct fault_full *full, const struct fault_look *look, uint64_t key)
{
    const struct fault_when *when = &full->when;
    uint64_t period, ordinal;

    if (when->burst_every == 0)
        return FAULT_FIRES;
    if (when->burst_for > 0)
        return look->now % when->burst_every < when->burst_for ? FAULT_FIRES : FAULT_BURST;
    period = (uint64_t)(look->now / when->burst_every);
    ordinal = count(look, hash_mix(key, period + 1));
    return ordinal == 0 ? FAULT_NOT_COUNTED : ordinal <= when->burst_first ? FAULT_FIRES : FAULT_BURST;
}

static enum fault_reason
by_ordinal(const struct fault_when *when, uint64_t ordinal)
{
    if (ordinal == 0)
        return FAULT_NOT_COUNTED;
    if (ordinal <= when->skip)
        return FAULT_SKIPPED;
    ordinal -= when->skip;
    if (when->first > 0 && ordinal > when->first)
        return FAULT_PAST_FIRST;
    return when->every > 0 && ordinal % when->every != 0 ? FAULT_NOT_THIS_ONE : FAULT_FIRES;
}

/* From 0 to 100, 100 excluded. */
static double
roll(uint64_t random)
{
    return (double)(random >> 11) * 0x1p-53 * 100;
}

static enum fault_reason
how_often(const struct faults *f, const struct fault_full *full, const struct fault_look *look,
          struct fault_considered *c)
{
    uint64_t entity, chance;
    enum fault_reason reason;

    if (!find_key(full, look, c))
        return FAULT_NO_KEY;
    entity = hash_stable(c->key, 0);
    if ((reason = burst(full, look, hash_mix(full->identity, entity))) != FAULT_FIRES)
        return reason;
    if (full->counted) {
        c->ordinal = count(look, hash_mix(full->identity, entity));
        if ((reason = by_ordinal(&full->when, c->ordinal)) != FAULT_FIRES)
            return reason;
    }
    chance = hash_mix(hash_mix(f->seed, full->chance), hash_mix(entity, c->ordinal));
    c->roll = roll(chance);
    c->random = hash_mix(chance, 1);
    return full->when.shared && c->roll >= full->when.percent ? FAULT_CHANCE : FAULT_FIRES;
}

bool
fault_consider(const struct faults *f, const struct fault_full *full, const struct fault_look *look, bool asked,
               struct fault_considered *c)
{
    *c = (struct fault_considered){ .reason = FAULT_FIRES };
    if (!asked)
        c->reason = acts_here(full, look, c);
    if (c->reason == FAULT_FIRES)
        c->reason = how_often(f, full, look, c);
    return c->reason == FAULT_FIRES;
}
