/* recorder.c -- from rings to segments.
 *
 * Sleeping and waking: the recorder says `asleep` before it looks at the rings a last time and then waits for its
 * eventfd; a worker that put something looks at `asleep` and only then writes to it. Under load nobody ever does. */
#include "proxy/recorder.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"
#include "proxy/live_findings.h"
#include "proxy/recent.h"
#include "proxy/ring.h"
#include "proxy/transit.h"
#include "proxy/worker.h"
#include "traffic/record.h"
#include "traffic/segment.h"

#define BATCH_BYTES LIMIT_MIB /* lines written with one call */
#define NAP_US      200       /* between looks at a full ring */
#define REST_MS     1 /* between looks at rings that had something: by then there is more, and nobody had to wake us */
#define SECOND_NS   INT64_C(1000000000)

struct recorder {
    const struct record_settings *settings;
    const struct redaction *redaction;
    struct redaction_scratch *scratch;
    struct segment_writer *writer;
    struct ring *finished[LIMIT_WORKERS];
    struct ring *emptied[LIMIT_WORKERS];
    uint32_t ring_count;
    struct buffer lines;
    uint32_t line_count;
    uint64_t next;  /* sequence number */
    int64_t synced; /* monotonic time of the last sync */
    bool unsynced;
    int wake; /* eventfd */
    atomic_bool asleep;
    atomic_bool stopping;
    counter written, bytes, failed, dropped, waits;
    atomic_bool failing;
    pthread_mutex_t trouble_lock; /* taken when writing begins to fail, and by who asks */
    char trouble[RECORDER_TROUBLE];
    void (*say)(void *arg, const char *line);
    void *say_arg;
    pthread_t thread;
    bool running;
};

/* ---- the recorder's side ---- */

static int64_t
now(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * SECOND_NS + t.tv_nsec;
}

static void
tell(struct recorder *r, bool failing, const struct error *err)
{
    char line[900];

    if (atomic_exchange(&r->failing, failing) == failing)
        return;
    if (failing) {
        (void)pthread_mutex_lock(&r->trouble_lock);
        (void)snprintf(r->trouble, sizeof r->trouble, "%s: %s", err->where, err->what);
        (void)pthread_mutex_unlock(&r->trouble_lock);
    }
    if (r->say == NULL)
        return;
    if (failing)
        (void)snprintf(line, sizeof line, "recording fails: %s: %s; the traffic %s", err->where, err->what,
                       r->settings->on_error_refuse ? "is refused" : "passes unrecorded");
    else
        (void)snprintf(line, sizeof line, "recording works again");
    r->say(r->say_arg, line);
}

static void
write_lines(struct recorder *r)
{
    struct error err = { .kind = ERROR_NONE };
    struct text lines = buffer_text(&r->lines);

    if (r->line_count == 0)
        return;
    if (segment_writer_append(r->writer, lines, &err) == 0) {
        count_add(&r->written, r->line_count);
        count_add(&r->bytes, lines.length);
        r->unsynced = true;
        tell(r, false, NULL);
    } else {
        count_add(&r->failed, r->line_count);
        tell(r, true, &err);
    }
    r->line_count = 0;
    buffer_clear(&r->lines);
}

static void
sync_if_due(struct recorder *r, bool at_once)
{
    struct error err = { .kind = ERROR_NONE };
    int64_t time = now();

    if (!r->unsynced || (!at_once && time - r->synced < r->settings->sync))
        return;
    if (segment_writer_sync(r->writer, &err) < 0)
        tell(r, true, &err);
    r->synced = time;
    r->unsynced = false;
}

static void
record_one(struct recorder *r, struct transit *t)
{
    struct exchange *x = &t->exchange;
    size_t before = buffer_length(&r->lines);

    x->sequence = r->next;
    t->redacted = t->redacted || redaction_apply(r->redaction, x, r->scratch) == 0;
    if (t->redacted)
        record_write(&r->lines, x, r->settings->max_body);
    if (buffer_failed(&r->lines) || buffer_length(&r->lines) == before) {
        r->lines.failed = false;
        buffer_truncate(&r->lines, before);
        count_add(&r->failed, 1);
        return;
    }
    r->next++;
    r->line_count++;
    if (buffer_length(&r->lines) >= BATCH_BYTES)
        write_lines(r);
}

/* The arena, to the worker that it came from. */
static void
give_back(struct transit *t, struct ring *emptied)
{
    struct arena *arena = t->exchange.arena;

    ruleset_drop(t->ruleset); /* names in the exchange are borrowed from it */
    arena_reset(arena);
    if (!ring_put(emptied, arena))
        arena_free(arena);
}

/* Everything that waits in the rings. False: there was nothing. */
static bool
drain_rings(struct recorder *r)
{
    bool some = false;

    for (uint32_t i = 0; i < r->ring_count; i++) {
        struct exchange *x;

        for (uint32_t n = 0; n < LIMIT_RECORD_RING && (x = ring_take(r->finished[i])) != NULL; n++) {
            struct transit *t = (struct transit *)x;
            size_t weight = t->weight;

            some = true;
            record_one(r, t);
            live_findings_add(t->findings, t, r->scratch);
            if (!recent_keep(t->recent, t))
                give_back(t, r->emptied[i]);
            ring_lighten(r->finished[i], weight);
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

    if (r->unsynced) {
        int64_t left = r->settings->sync - (now() - r->synced);

        ms = left > 0 ? (int)(left / 1000000) + 1 : 0;
    }
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
        if (!some && stopping)
            return NULL;
        if (some)
            rest_a_little(r);
        else
            sleep_until_needed(r);
    }
}

/* ---- begin and end ---- */

void
recorder_free(struct recorder *r)
{
    if (r == NULL)
        return;
    (void)pthread_mutex_destroy(&r->trouble_lock);
    segment_writer_close(r->writer);
    redaction_scratch_free(r->scratch);
    buffer_release(&r->lines);
    if (r->wake >= 0)
        (void)close(r->wake);
    free(r);
}

struct recorder *
recorder_new(const struct ruleset *ruleset, uint64_t *repaired, void (*say)(void *arg, const char *line), void *arg,
             struct error *err)
{
    struct recorder *r = calloc(1, sizeof *r);
    struct segment_repair repair = { .bytes = 0 };
    char folder[4096];

    if (r == NULL) {
        error_memory(err);
        return NULL;
    }
    (void)pthread_mutex_init(&r->trouble_lock, NULL);
    r->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    r->settings = &ruleset_settings(ruleset)->record;
    r->redaction = ruleset_redaction(ruleset);
    r->scratch = redaction_scratch_new();
    r->say = say;
    r->say_arg = arg;
    r->synced = now();
    buffer_init(&r->lines, LIMIT_RECORD_LINE + BATCH_BYTES);
    (void)snprintf(folder, sizeof folder, "%.*s", TEXT_PRINT(r->settings->to));
    if (r->wake < 0 || r->scratch == NULL) {
        error_memory(err);
        goto fail;
    }
    r->writer = segment_writer_open(folder, r->settings->segment, &repair, err);
    if (r->writer == NULL)
        goto fail;
    *repaired = repair.bytes;
    r->next = repair.next;
    return r;
fail:
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
    totals = (struct recorder_totals){ .written = count_of(&r->written),
                                       .bytes = count_of(&r->bytes),
                                       .failed = count_of(&r->failed),
                                       .dropped = atomic_load(&r->dropped),
                                       .waits = atomic_load(&r->waits),
                                       .failing = atomic_load(&r->failing) };
    (void)pthread_mutex_lock(&r->trouble_lock);
    (void)snprintf(totals.trouble, sizeof totals.trouble, "%s", r->trouble);
    (void)pthread_mutex_unlock(&r->trouble_lock);
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

    return recorder_wants(t) && r->settings->on_error_refuse && atomic_load_explicit(&r->failing, memory_order_relaxed);
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
        if (r->settings->full == RECORD_DROP) {
            atomic_fetch_add(&r->dropped, 1);
            count_add(&w->counters->unrecorded, 1);
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
