/* watch.c -- what exchanges say to lifecycles and invariants, and what these remember: each file's rules have a memory
 * of their own in every shard. */
#include "rules/watch_internal.h"

#include <stdlib.h>

#include "base/limits.h"
#include "rules/ruleset.h"
#include "traffic/finding.h"

/* ---- observations ---- */

bool
watch_reached(const struct exchange *x)
{
    return x->times.connected >= 0;
}

struct observation
watch_observe(const struct exchange *x, const struct operation *operation, const struct contract_match *match)
{
    const struct exchange_times *t = &x->times;
    int64_t end = t->response_end >= 0 ? t->response_end : t->finished;

    return (struct observation){
        .exchange = x,
        .operation = operation,
        .match = match,
        .answered = x->has_response && (x->refusal.status == 0 || t->first_byte >= 0) &&
                    !verdict_is_injected(&x->response_verdict),
        .begin = x->started + (t->request_head > 0 ? t->request_head : 0),
        .end = x->started + (end > t->request_head ? end
                             : t->request_head > 0 ? t->request_head
                                                   : 0),
    };
}

/* ---- rules over one exchange ---- */

struct watch_checker {
    const struct watch_rules *rules;
    struct invariant_worker worker;
};

struct watch_checker *
watch_checker_new(const struct watch_rules *rules, watch_trouble_fn *trouble, void *arg, struct error *err)
{
    struct watch_checker *c = calloc(1, sizeof *c);

    if (c == NULL) {
        error_memory(err);
        return NULL;
    }
    c->rules = rules;
    c->worker = (struct invariant_worker){ .trouble = trouble, .arg = arg };
    if (rules->invariant_count > 0 && (c->worker.script = script_new(NULL, err)) == NULL)
        goto fail;
    for (uint32_t i = 0; i < rules->invariant_count; i++) /* in the order in which they were read: see invariant.h */
        if (invariants_compile(rules->invariants[i], c->worker.script, err) < 0)
            goto fail;
    return c;

fail:
    watch_checker_free(c);
    return NULL;
}

void
watch_checker_free(struct watch_checker *c)
{
    if (c == NULL)
        return;
    script_free(c->worker.script);
    free(c);
}

void
watch_check(struct watch_checker *c, const struct observation *o, enum side side, uint32_t ignored,
            struct verdict *verdict)
{
    if (ignored & UINT32_C(1) << VIOLATION_INVARIANT_BROKEN)
        return;
    for (uint32_t i = 0; i < c->rules->invariant_count; i++)
        invariants_check(c->rules->invariants[i], &c->worker, o, side, o->exchange->arena, verdict);
}

/* ---- notes ---- */

struct watch_note {
    const struct watch_note *next;
    uint32_t file; /* of which file of its kind */
    const struct lifecycle_note *lifecycle;
    const struct invariant_note *invariant; /* one of the two is NULL */
};

/* NULL: no memory; then the exchange was not seen. */
static const struct watch_note *
add_note(const struct watch_note *next, struct watch_note note, struct arena *arena)
{
    struct watch_note *copy = ARENA_NEW(arena, struct watch_note);

    if (copy == NULL)
        return next;
    *copy = note;
    copy->next = next;
    return copy;
}

const struct watch_note *
watch_note(struct watch_checker *c, const struct observation *o, struct arena *arena)
{
    const struct watch_rules *rules = c->rules;
    const struct watch_note *notes = NULL;

    for (uint32_t i = 0; i < rules->lifecycle_count; i++) {
        const struct lifecycle_note *n = lifecycle_note(rules->lifecycles[i], o, arena);

        for (; n != NULL; n = lifecycle_note_next(n))
            notes = add_note(notes, (struct watch_note){ .file = i, .lifecycle = n }, arena);
    }
    for (uint32_t i = 0; i < rules->invariant_count; i++) {
        const struct invariant_note *n = invariant_note(rules->invariants[i], &c->worker, o, arena);

        for (; n != NULL; n = invariant_note_next(n))
            notes = add_note(notes, (struct watch_note){ .file = i, .invariant = n }, arena);
    }
    return notes;
}

const struct watch_note *
watch_note_next(const struct watch_note *note)
{
    return note->next;
}

uint32_t
watch_note_shard(const struct watch_note *note, uint32_t shards)
{
    return note->lifecycle != NULL ? lifecycle_note_shard(note->lifecycle, shards)
                                   : invariant_note_shard(note->invariant, shards);
}

/* ---- memory ---- */

struct watch {
    const struct watch_rules *rules;
    struct lifecycle_memory **lifecycles; /* by file */
    struct invariant_memory **invariants;
};

/* What each memory may take: lifecycles together, and invariants together, have the ceilings once. */
#define LIMITS(files, shards)                                                                                          \
    {                                                                                                                  \
        .entities = LIMIT_WATCH_ENTITIES / ((files) * (shards)), .bytes = LIMIT_WATCH_BYTES / ((files) * (shards))     \
    }

static bool
open_lifecycles(struct watch *w, uint32_t shards)
{
    uint32_t count = w->rules->lifecycle_count;

    w->lifecycles = calloc(count + 1, sizeof w->lifecycles[0]);
    for (uint32_t i = 0; w->lifecycles != NULL && i < count; i++) {
        const struct lifecycle_limits limits = LIMITS(count, shards);

        if ((w->lifecycles[i] = lifecycle_memory_new(w->rules->lifecycles[i], &limits)) == NULL)
            return false;
    }
    return w->lifecycles != NULL;
}

static bool
open_invariants(struct watch *w, uint32_t shards)
{
    uint32_t count = w->rules->invariant_count;

    w->invariants = calloc(count + 1, sizeof w->invariants[0]);
    for (uint32_t i = 0; w->invariants != NULL && i < count; i++) {
        const struct invariant_limits limits = LIMITS(count, shards);

        if ((w->invariants[i] = invariant_memory_new(w->rules->invariants[i], &limits)) == NULL)
            return false;
    }
    return w->invariants != NULL;
}

struct watch *
watch_new(const struct watch_rules *rules, uint32_t shards)
{
    struct watch *w = calloc(1, sizeof *w);

    if (w == NULL)
        return NULL;
    w->rules = rules;
    if (open_lifecycles(w, shards) && open_invariants(w, shards))
        return w;
    watch_free(w);
    return NULL;
}

void
watch_free(struct watch *w)
{
    if (w == NULL)
        return;
    for (uint32_t i = 0; w->lifecycles != NULL && i < w->rules->lifecycle_count; i++)
        lifecycle_memory_free(w->lifecycles[i]);
    for (uint32_t i = 0; w->invariants != NULL && i < w->rules->invariant_count; i++)
        invariant_memory_free(w->invariants[i]);
    free(w->lifecycles);
    free(w->invariants);
    free(w);
}

void
watch_feed(struct watch *w, struct watch_checker *c, const struct watch_note *note, int64_t settled,
           watch_found_fn *found, void *arg)
{
    if (note->lifecycle != NULL)
        lifecycle_feed(w->lifecycles[note->file], note->lifecycle, settled, found, arg);
    else
        invariant_feed(w->invariants[note->file], &c->worker, note->invariant, settled, found, arg);
}

void
watch_tick(struct watch *w, struct watch_checker *c, int64_t now, int64_t settled, watch_found_fn *found, void *arg)
{
    for (uint32_t i = 0; i < w->rules->lifecycle_count; i++)
        lifecycle_tick(w->lifecycles[i], now, settled, found, arg);
    for (uint32_t i = 0; i < w->rules->invariant_count; i++)
        invariant_tick(w->invariants[i], &c->worker, settled, found, arg);
}

void
watch_counts(const struct watch *w, struct watch_counts *counts)
{
    struct lifecycle_counts l;
    struct invariant_counts n;

    for (uint32_t i = 0; i < w->rules->lifecycle_count; i++) {
        lifecycle_counts(w->lifecycles[i], &l);
        counts->entities += l.entities;
        counts->bytes += l.bytes;
        counts->forgotten += l.forgotten;
        counts->overflow += l.overflow;
    }
    for (uint32_t i = 0; i < w->rules->invariant_count; i++) {
        invariant_counts(w->invariants[i], &n);
        counts->entities += n.entities;
        counts->bytes += n.bytes;
        counts->forgotten += n.forgotten;
        counts->overflow += n.undecided;
    }
}

/* ---- findings ---- */

bool
watch_finding_ignored(const struct watch_rules *rules, const struct watch_finding *f)
{
    for (uint32_t i = 0; i < rules->service_count; i++) {
        const struct service *s = &rules->services[i];
        const struct operation *o =
            text_equal(s->settings->name, f->service) ? contract_operation_named(s->contract, f->operation) : NULL;

        if (o != NULL)
            return (s->policies[operation_index(o)].check.ignore & UINT32_C(1) << f->id) != 0;
    }
    return false;
}

void
watch_finding_report(const struct watch_finding *w, struct arena *arena, struct finding *f)
{
    *f = (struct finding){
        .rule = text_of(violation_name(w->id)),
        .level = violation_level(w->id),
        .service = w->service,
        .operation = w->operation,
        .side = w->side,
        .instance = w->instance,
        .keyword = w->rule,
        .message = text_of(violation_what(w->id)),
        .expected = w->expected,
        .found = w->found,
        .file = w->file,
        .line = w->line,
        .column = w->column,
        .count = 1,
        .first = w->at,
        .last = w->at,
        .together = true,
    };
    for (uint32_t i = 0; i < w->exchange_count && i < FINDING_TOGETHER; i++)
        f->examples[f->example_count++] = w->exchanges[i];
    finding_seal(f, arena);
}
