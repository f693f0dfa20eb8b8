/* watching.c -- intervals, and the feeding of the shards.
 *
 * That nothing which is fed later begins before `settled` is held by the order of two steps on each side: a lane that
 * was empty publishes a time that has passed, then reads the clock for its exchange's beginning; whoever computes
 * `settled` reads the clock, then the lanes. Either sees the other. An exchange leaves its lane after it was fed. */
#include "proxy/watching.h"

#include <pthread.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/limits.h"
#include "proxy/generation.h"
#include "proxy/live_findings.h"
#include "proxy/server.h"
#include "proxy/transit.h"
#include "proxy/watching_tell.h"
#include "proxy/worker.h"
#include "rules/watch.h"

#define SHARDS   16
#define LINE     64        /* bytes of a cache line: what workers write stays apart */
#define NONE     INT64_MAX /* nothing is under way */
#define PATIENCE (60 * CLOCK_SECOND)

/* An exchange that rules look at, in its arena. */
struct watched {
    struct watched *older, *newer; /* in its worker's lane */
    int64_t begin;
    unsigned concern;
    const struct value *bodies[2]; /* by side */
};

struct watching_lane {
    alignas(LINE) _Atomic int64_t oldest; /* NONE, or not after the beginning of `first` */
    struct watching *watching;
    uint32_t index;
    struct watched *first, *last; /* in order of their beginning */
    struct watch_checker *checker;
};

struct shard {
    alignas(LINE) pthread_mutex_t lock;
    struct watch *memory;
    int64_t settled; /* the latest that it was told */
};

struct watching {
    struct shard shards[SHARDS];
    const struct watch_rules *rules;
    struct watching_lane *lanes[LIMIT_WORKERS];
    uint32_t lane_count;
    int64_t offset; /* of the wall clock from the monotonic one: intervals must not jump with it */
    int64_t made;
    _Atomic int64_t alone; /* since when no earlier generation has exchanges; NONE: it has, or may have */
    _Atomic int64_t sure;  /* findings that rest on exchanges since then are told; NONE: not yet */
    counter fed;           /* under no lock but atomically: several workers */
    struct watching_log log;
};

/* ---- begin and end ---- */

static int
open_shards(struct watching *w, struct error *err)
{
    for (uint32_t i = 0; i < SHARDS; i++) {
        (void)pthread_mutex_init(&w->shards[i].lock, NULL);
        w->shards[i].settled = INT64_MIN;
    }
    for (uint32_t i = 0; i < SHARDS; i++) {
        w->shards[i].memory = watch_new(w->rules, SHARDS);
        if (w->shards[i].memory == NULL)
            return error_memory(err);
    }
    return 0;
}

int
watching_new(struct watching **made, const struct ruleset *ruleset, const struct proxy_options *options, bool alone,
             struct error *err)
{
    struct watching *w;

    *made = NULL;
    if (ruleset_watch(ruleset) == NULL)
        return 0;
    w = aligned_alloc(LINE, sizeof *w);
    if (w == NULL)
        return error_memory(err);
    *w = (struct watching){ .rules = ruleset_watch(ruleset), .made = clock_monotonic() };
    w->offset = clock_wall() - w->made;
    atomic_init(&w->alone, alone ? 0 : NONE);
    atomic_init(&w->sure, alone ? 0 : NONE);
    watching_log_init(&w->log, ruleset, options);
    if (open_shards(w, err) < 0) {
        watching_free(w);
        return -1;
    }
    *made = w;
    return 0;
}

void
watching_free(struct watching *w)
{
    if (w == NULL)
        return;
    for (uint32_t i = 0; i < w->lane_count; i++) {
        watch_checker_free(w->lanes[i]->checker);
        free(w->lanes[i]);
    }
    for (uint32_t i = 0; i < SHARDS; i++) {
        watch_free(w->shards[i].memory);
        (void)pthread_mutex_destroy(&w->shards[i].lock);
    }
    watching_log_end(&w->log);
    free(w);
}

int
watching_lane_new(struct watching *w, struct watching_lane **made, struct error *err)
{
    struct watching_lane *lane;

    *made = NULL;
    if (w == NULL)
        return 0;
    lane = aligned_alloc(LINE, sizeof *lane);
    if (lane == NULL)
        return error_memory(err);
    *lane = (struct watching_lane){ .watching = w, .index = w->lane_count };
    atomic_init(&lane->oldest, NONE);
    lane->checker = watch_checker_new(w->rules, watching_trouble, &w->log, err);
    if (lane->checker == NULL) {
        free(lane);
        return -1;
    }
    w->lanes[w->lane_count++] = *made = lane;
    return 0;
}

/* ---- what is under way ---- */

static int64_t
time_of(const struct watching *w)
{
    return clock_monotonic() + w->offset;
}

static void
enter(struct watching_lane *lane, struct watched *x)
{
    if (lane->last == NULL)
        atomic_store(&lane->oldest, time_of(lane->watching));
    x->begin = time_of(lane->watching);
    x->older = lane->last;
    if (lane->last != NULL)
        lane->last->newer = x;
    else
        lane->first = x;
    lane->last = x;
}

static void
leave(struct watching_lane *lane, struct watched *x)
{
    bool oldest = x->older == NULL;

    if (x->older != NULL)
        x->older->newer = x->newer;
    else
        lane->first = x->newer;
    if (x->newer != NULL)
        x->newer->older = x->older;
    else
        lane->last = x->older;
    if (oldest)
        atomic_store(&lane->oldest, lane->first != NULL ? lane->first->begin : NONE);
}

/* Of the worker's own lane, as if that one had left it. */
static int64_t
oldest_but(const struct watching_lane *lane, const struct watched *ending)
{
    const struct watched *first = lane->first;

    if (first != NULL && first == ending)
        first = first->newer;
    return first != NULL ? first->begin : NONE;
}

/* The beginning of the oldest one that is under way, but for `ending` of the caller's own lane (NO_LANE, NULL); or
 * now. */
#define NO_LANE UINT32_MAX
static int64_t
settled_but(const struct watching *w, uint32_t own, const struct watched *ending)
{
    int64_t settled = time_of(w); /* before the lanes */

    for (uint32_t i = 0; i < w->lane_count; i++) {
        const struct watching_lane *each = w->lanes[i];
        int64_t oldest = i == own ? oldest_but(each, ending) : atomic_load(&each->oldest);

        if (oldest < settled)
            settled = oldest;
    }
    return settled;
}

/* ---- an exchange on its way ---- */

void
watching_begin(struct transit *t)
{
    struct watching_lane *lane = t->share->watching;
    unsigned concern = 0;

    if (lane == NULL)
        return;
    if (t->route.match.operation != NULL)
        concern = watch_rules_concern(lane->watching->rules, t->route.service, t->route.match.operation);
    if (concern == 0 || (t->watched = ARENA_NEW(t->exchange.arena, struct watched)) == NULL)
        return; /* without memory it is about to be refused */
    *t->watched = (struct watched){ .concern = concern };
    if (concern & WATCH_MEMORIES)
        enter(lane, t->watched);
}

bool
watching_parsed(struct transit *t, enum side side, const struct document *document)
{
    if (t->watched == NULL)
        return false;
    t->watched->bodies[side] = document->root;
    return true;
}

static struct observation
observe(const struct transit *t)
{
    struct observation o = watch_observe(&t->exchange, t->route.match.operation, &t->route.match);

    o.request = t->watched->bodies[SIDE_REQUEST];
    o.response = t->watched->bodies[SIDE_RESPONSE];
    return o;
}

void
watching_check(struct transit *t, enum side side)
{
    struct exchange *x = &t->exchange;
    struct observation o;

    if (t->watched == NULL || !(t->watched->concern & WATCH_AT_ONCE))
        return;
    o = observe(t);
    watch_check(t->share->watching->checker, &o, side, t->policy->check.ignore,
                side == SIDE_REQUEST ? &x->request_verdict : &x->response_verdict);
}

/* ---- feeding ---- */

/* The latest is what holds: another worker may have computed a later one since, and had the lock before. */
static int64_t
settle(struct shard *shard, int64_t settled)
{
    if (settled > shard->settled)
        shard->settled = settled;
    return shard->settled;
}

static void
feed(struct watching_lane *lane, const struct watch_note *note, int64_t settled, struct watching_found *found)
{
    for (; note != NULL; note = watch_note_next(note)) {
        struct shard *shard = &lane->watching->shards[watch_note_shard(note, SHARDS)];

        (void)pthread_mutex_lock(&shard->lock);
        watch_feed(shard->memory, lane->checker, note, settle(shard, settled), watching_on_found, found);
        (void)pthread_mutex_unlock(&shard->lock);
    }
}

/* Findings are told once no lock is held. */
static void
tell(struct watching *w, struct watching_found *found, const struct watching_teller *teller)
{
    if (found->first != NULL)
        watching_tell(&w->log, found, atomic_load(&w->sure), teller);
}

static void
observed(struct transit *t, struct watching_lane *lane)
{
    const struct watching_teller teller = { .counters = t->share->counters,
                                            .findings = t->findings,
                                            .scratch = t->worker->redaction };
    struct watching_found found = { .arena = t->exchange.arena };
    struct watching *w = lane->watching;
    struct observation o = observe(t);
    const struct watch_note *note;

    o.begin = t->watched->begin; /* by a clock that is fresh: the loop's is as old as its turn */
    o.end = time_of(w);
    note = watch_note(lane->checker, &o, t->exchange.arena);
    atomic_fetch_add_explicit(&w->fed, 1, memory_order_relaxed);
    if (note != NULL)
        feed(lane, note, settled_but(w, lane->index, t->watched), &found);
    tell(w, &found, &teller);
}

void
watching_over(struct transit *t)
{
    struct watching_lane *lane = t->share->watching;

    if (t->watched == NULL || !((t->request_complete && t->response_complete) || t->finishing))
        return;
    if (t->watched->concern & WATCH_MEMORIES) {
        if (watch_reached(&t->exchange))
            observed(t, lane);
        leave(lane, t->watched);
    }
    t->watched = NULL;
}

/* ---- time passes ---- */

/* On the thread of the first lane, or when it has ended. */
static void
tick(struct watching *w, int64_t now, int64_t settled, const struct watching_teller *teller)
{
    struct watching_found found = { .arena = arena_new(0, LIMIT_EXCHANGE_ARENA) };

    for (uint32_t i = 0; i < SHARDS && found.arena != NULL; i++) {
        struct shard *shard = &w->shards[i];

        (void)pthread_mutex_lock(&shard->lock);
        watch_tick(shard->memory, w->lanes[0]->checker, now, settle(shard, settled), watching_on_found, &found);
        (void)pthread_mutex_unlock(&shard->lock);
    }
    tell(w, &found, teller);
    arena_free(found.arena);
}

/* When what is under way began after the last exchange of an earlier generation had ended, everything that can have an
 * effect is known. */
static void
become_sure(struct watching *w, int64_t now, int64_t settled)
{
    int64_t alone = atomic_load(&w->alone);

    if (atomic_load(&w->sure) != NONE)
        return;
    if (alone == NONE && now - w->offset - w->made > PATIENCE) { /* what is left there has had its effect: a stream */
        atomic_store(&w->alone, now);
        return;
    }
    if (alone != NONE && settled >= alone)
        atomic_store(&w->sure, now);
}

void
watching_tick(struct watching *w, const struct watching_teller *teller)
{
    int64_t now, settled;

    if (w == NULL)
        return;
    now = time_of(w);
    settled = settled_but(w, NO_LANE, NULL);
    become_sure(w, now, settled);
    tick(w, now, settled, teller);
}

void
watching_alone(struct watching *w)
{
    if (w != NULL && atomic_load(&w->alone) == NONE)
        atomic_store(&w->alone, time_of(w));
}

void
watching_finish(struct watching *w, const struct watching_teller *teller)
{
    if (w != NULL && w->lane_count > 0)
        tick(w, time_of(w), INT64_MAX, teller);
}

void
watching_totals(struct watching *w, bool gone, struct metrics_totals *sum)
{
    struct watch_counts counts = { .entities = 0 };

    if (w == NULL)
        return;
    for (uint32_t i = 0; i < SHARDS; i++) {
        (void)pthread_mutex_lock(&w->shards[i].lock);
        watch_counts(w->shards[i].memory, &counts);
        (void)pthread_mutex_unlock(&w->shards[i].lock);
    }
    sum->watched += count_of(&w->fed);
    sum->watch_entities += gone ? 0 : counts.entities;
    sum->watch_bytes += gone ? 0 : counts.bytes;
    sum->watch_forgotten += counts.forgotten;
    sum->watch_overflow += counts.overflow;
    sum->watch_untold += count_of(&w->log.untold);
}
