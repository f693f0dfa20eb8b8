/* recorder.c -- from rings to segments.
 *
 * Sleeping and waking: the recorder says `asleep` before it looks at the rings a last time and then waits for its
 * eventfd; a worker that put something looks at `asleep` and only then writes to it. Under load nobody ever does. */
#include "proxy/recorder.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/limits.h"
#include "proxy/batch.h"
#include "proxy/generation.h"
#include "proxy/live_findings.h"
#include "proxy/recent.h"
#include "proxy/ring.h"
#include "proxy/transit.h"
#include "proxy/worker.h"

#define NAP_US   200  /* between looks at a full ring */
#define PROBE_MS 1000 /* between looks whether a failing disk works again */
#define REST_MS  1    /* between looks at rings that had something: by then there is more, and nobody had to wake us */

struct recorder {
    struct record_settings settings; /* a copy: they stay as they are, whatever is reloaded */
    char folder[4096];               /* settings.to */
    struct batch *batch;
    struct ring *finished[LIMIT_WORKERS];
    struct ring *emptied[LIMIT_WORKERS];
    uint32_t ring_count;
    struct transit *held, *held_last; /* their answers wait, the oldest first */
    int wake;                         /* eventfd */
    atomic_bool asleep;
    atomic_bool stopping;
    counter dropped, waits;
    pthread_t thread;
    bool running;
};

/* ---- the recorder's side ---- */

static void
hold(struct recorder *r, struct transit *t)
{
    t->next = NULL;
    if (r->held == NULL)
        r->held = t;
    else
        r->held_last->next = t;
    r->held_last = t;
}

/* The lines of this number and higher are not in the recording. */
static void
mark_lost(struct recorder *r, uint64_t from)
{
    for (struct transit *t = r->held; t != NULL; t = t->next) {
        if (t->exchange.sequence >= from)
            t->exchange.sequence = 0;
    }
}

static void
write_lines(struct recorder *r)
{
    uint64_t from;

    if (!batch_write(r->batch, &from))
        mark_lost(r, from);
}

/* The group commit: one sync for all whose answers wait, and for those that came while the disk was at the one
 * before. */
static void
release_held(struct recorder *r)
{
    struct transit *t = r->held, *next;

    r->held = r->held_last = NULL;
    for (; t != NULL; t = next) {
        next = t->next;
        ring_lighten(t->worker->finished, t->weight);
        worker_release(t->worker, t);
    }
}

static void
sync_if_due(struct recorder *r, bool at_once)
{
    uint64_t from;

    if (batch_is_unsynced(r->batch) && (at_once || batch_sync_due(r->batch) == 0) && !batch_sync(r->batch, &from))
        mark_lost(r, from);
    release_held(r);
}

/* Whoever looks at the admin listener may want to see it; else its arena goes to the worker that it came from. */
static void
recycle(struct recorder *r, uint32_t ring, struct transit *t)
{
    struct arena *arena = t->exchange.arena;
    struct share *share = t->share;
    size_t weight = t->weight;

    live_findings_add(t->findings, t, batch_scratch(r->batch));
    if (!recent_keep(t->recent, t)) {
        arena_reset(arena);
        if (!ring_put(r->emptied[ring], arena))
            arena_free(arena);
    }
    ring_lighten(r->finished[ring], weight);
    share_return(share); /* names in the exchange were borrowed from its ruleset */
}

static void
take_one(struct recorder *r, uint32_t ring, struct transit *t)
{
    if (t->hold == HOLD_OVER)
        batch_amend(r->batch, &t->exchange);
    else
        batch_add(r->batch, &t->exchange, ruleset_redaction(t->ruleset), &t->redacted, atomic_load(&r->dropped));
    if (t->hold == HOLD_OUT)
        hold(r, t);
    else
        recycle(r, ring, t);
    if (batch_is_large(r->batch))
        write_lines(r);
}

/* Everything that waits in the rings. False: there was nothing. */
static bool
drain_rings(struct recorder *r)
{
    bool some = false;

    for (uint32_t i = 0; i < r->ring_count; i++) {
        struct transit *t;

        for (uint32_t n = 0; n < LIMIT_RECORD_RING && (t = ring_take(r->finished[i])) != NULL; n++) {
            take_one(r, i, t);
            some = true;
        }
    }
    write_lines(r);
    return some;
}

static bool
all_empty(const struct recorder *r)
{
    for (uint32_t i = 0; i < r->ring_count; i++) {
        if (!ring_is_empty(r->finished[i]))
            return false;
    }
    return true;
}

/* Under load: a batch is cheaper than as many lines one by one. Only a full ring or the end wakes us before. */
static void
rest_a_little(struct recorder *r)
{
    struct pollfd wait = { .fd = r->wake, .events = POLLIN };
    uint64_t count;

    if (!atomic_load(&r->stopping) && poll(&wait, 1, REST_MS) > 0)
        (void)!read(r->wake, &count, sizeof count);
}

/* Until a worker wakes us, or a sync is due. */
static void
sleep_until_needed(struct recorder *r)
{
    struct pollfd wait = { .fd = r->wake, .events = POLLIN };
    uint64_t count;
    int ms = -1;

    if (batch_is_unsynced(r->batch))
        ms = (int)(batch_sync_due(r->batch) / 1000000) + 1;
    if (batch_is_failing(r->batch) && (ms < 0 || ms > PROBE_MS))
        ms = PROBE_MS;
    atomic_store(&r->asleep, true);
    if (all_empty(r) && !atomic_load(&r->stopping))
        (void)poll(&wait, 1, ms);
    atomic_store(&r->asleep, false);
    (void)!read(r->wake, &count, sizeof count);
}

static void *
run(void *arg)
{
    struct recorder *r = arg;

    for (;;) {
        bool stopping = atomic_load(&r->stopping);
        bool some = drain_rings(r);

        sync_if_due(r, stopping);
        batch_probe(r->batch);
        if (!some && stopping) {
            batch_tell_lost(r->batch, atomic_load(&r->dropped));
            return NULL;
        }
        if (!some)
            sleep_until_needed(r);
        else if (r->settings.sync != 0)
            rest_a_little(r); /* nobody waits */
    }
}

/* ---- begin and end ---- */

void
recorder_free(struct recorder *r)
{
    if (r == NULL)
        return;
    batch_free(r->batch);
    if (r->wake >= 0)
        (void)close(r->wake);
    free(r);
}

struct recorder *
recorder_new(const struct ruleset *ruleset, uint64_t *repaired, void (*say)(void *arg, const char *line), void *arg,
             struct error *err)
{
    struct recorder *r = calloc(1, sizeof *r);

    if (r == NULL) {
        error_memory(err);
        return NULL;
    }
    r->settings = ruleset_settings(ruleset)->record;
    (void)snprintf(r->folder, sizeof r->folder, "%.*s", TEXT_PRINT(r->settings.to));
    r->settings.to = text_of(r->folder);
    r->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    r->batch = batch_new(&r->settings, repaired, say, arg, err);
    if (r->batch != NULL && r->wake >= 0)
        return r;
    if (r->batch != NULL)
        error_memory(err);
    recorder_free(r);
    return NULL;
}

int
recorder_run(struct recorder *r, struct error *err)
{
    int code = pthread_create(&r->thread, NULL, run, r);

    if (code != 0)
        return error_system(err, code, NULL, "cannot start the recorder's thread");
    r->running = true;
    return 0;
}

int
recorder_attach(struct recorder *r, struct ring *finished, struct ring *emptied)
{
    if (r->ring_count == LIMIT_WORKERS)
        return -1;
    r->finished[r->ring_count] = finished;
    r->emptied[r->ring_count++] = emptied;
    return 0;
}

static void
wake_up(struct recorder *r)
{
    uint64_t one = 1;

    (void)!write(r->wake, &one, sizeof one);
}

void
recorder_finish(struct recorder *r)
{
    if (r == NULL || !r->running)
        return;
    atomic_store(&r->stopping, true);
    wake_up(r);
    (void)pthread_join(r->thread, NULL);
    r->running = false;
}

struct recorder_totals
recorder_totals(struct recorder *r)
{
    struct recorder_totals totals = { .written = 0 };

    if (r == NULL)
        return totals;
    batch_totals(r->batch, &totals);
    totals.dropped = atomic_load(&r->dropped);
    totals.waits = atomic_load(&r->waits);
    return totals;
}

/* ---- the workers' side ---- */

bool
recorder_wants(const struct transit *t)
{
    return t->worker->recorder != NULL && t->policy->record;
}

bool
recorder_refuses(const struct transit *t)
{
    const struct recorder *r = t->worker->recorder;

    return recorder_wants(t) && r->settings.on_error_refuse && batch_is_failing(r->batch);
}

bool
recorder_holds(const struct transit *t)
{
    return recorder_wants(t) && t->worker->recorder->settings.sync == 0;
}

bool
recorder_insists(const struct transit *t)
{
    return recorder_wants(t) && t->worker->recorder->settings.on_error_refuse;
}

/* Bounded by count and by memory: few exchanges with large bodies are as much as many small ones. */
static bool
put_finished(struct worker *w, struct transit *t)
{
    size_t weight = arena_used(t->exchange.arena);

    t->weight = weight; /* what is put is no longer ours */
    if (ring_is_heavier(w->finished, LIMIT_RECORD_WAITING) || !ring_put(w->finished, &t->exchange))
        return false;
    ring_weigh(w->finished, weight);
    return true;
}

bool
recorder_give(struct transit *t)
{
    struct worker *w = t->worker;
    struct recorder *r = w->recorder;

    while (!put_finished(w, t)) {
        if (r->settings.full == RECORD_DROP) {
            atomic_fetch_add(&r->dropped, 1);
            count_add(&t->share->counters->unrecorded, 1);
            return false;
        }
        atomic_fetch_add(&r->waits, 1);
        wake_up(r);
        (void)usleep(NAP_US); /* the worker waits, its clients with it: that is what `block` means */
    }
    atomic_thread_fence(memory_order_seq_cst);
    if (atomic_load_explicit(&r->asleep, memory_order_relaxed))
        wake_up(r);
    return true;
}
