/* worker.c -- a thread and what it owns. */
#include "proxy/worker.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/random.h"
#include "proxy/access.h"
#include "proxy/client.h"
#include "proxy/generation.h"
#include "proxy/hold.h"
#include "proxy/live_findings.h"
#include "net/upstream.h"
#include "proxy/recent.h"
#include "proxy/recorder.h"
#include "proxy/ring.h"
#include "proxy/transit.h"
#include "proxy/watching.h"
#include "schema/schema.h"

#define ARENA_FIRST  (16 * LIMIT_KIB) /* what nearly every exchange fits into */
#define RETIRE_AGAIN (50 * LOOP_MILLI)

/* ---- arenas ---- */

struct arena *
worker_arena(struct worker *w)
{
    struct arena *back;

    if (w->arena_count > 0)
        return w->arenas[--w->arena_count];
    if (w->emptied != NULL && (back = ring_take(w->emptied)) != NULL)
        return back;
    if (quiet_wake(&w->quiet, w->id_count))
        (void)timer_start(w->loop, &w->quiet_tick, QUIET_TICK);
    return arena_new(ARENA_FIRST, LIMIT_EXCHANGE_ARENA);
}

void
worker_arena_back(struct worker *w, struct arena *a)
{
    if (w->arena_count == WORKER_ARENAS) {
        arena_free(a);
        return;
    }
    arena_reset(a);
    w->arenas[w->arena_count++] = a;
}

/* The burst is over: see quiet.h. */
static void
on_quiet_tick(void *arg)
{
    struct worker *w = arg;
    struct arena *back;

    if (quiet_tick(&w->quiet, w->id_count) == QUIET_GO_ON) {
        (void)timer_start(w->loop, &w->quiet_tick, QUIET_TICK);
        return;
    }
    while (w->emptied != NULL && (back = ring_take(w->emptied)) != NULL)
        arena_free(back);
    while (w->arena_count > QUIET_KEPT)
        arena_free(w->arenas[--w->arena_count]);
    arena_give_back();
}

/* ---- generations ---- */

static void
tell_news(struct worker *w)
{
    uint64_t one = 1;

    (void)!write(w->news, &one, sizeof one);
}

/* Close the earlier shares that nothing uses any more. */
static void
on_retire(void *arg)
{
    struct worker *w = arg;
    struct share **link = &w->older;
    bool wait = false;

    while (*link != NULL) {
        struct share *s = *link;

        if (share_is_used(s)) {
            wait = wait || s->users == 0;
            link = &s->older;
            continue;
        }
        *link = s->older;
        share_close(s);
        tell_news(w);
    }
    if (wait) /* for the recorder, which does not tell */
        (void)timer_start(w->loop, &w->retire_again, RETIRE_AGAIN);
}

struct share *
worker_share(struct worker *w)
{
    w->share->users++;
    return w->share;
}

void
worker_share_left(struct worker *w, struct share *share)
{
    if (--share->users == 0 && share != w->share)
        loop_defer(w->loop, &w->retire);
}

/* ---- rules over many exchanges ---- */

static void
tick_share(struct worker *w, struct share *s)
{
    const struct watching_teller teller = { .counters = s->counters, .findings = w->findings, .scratch = w->redaction };

    watching_tick(s->generation->watching, &teller);
}

/* As long as there are such rules. */
static void
on_watch_tick(void *arg)
{
    struct worker *w = arg;
    bool again = w->share->watching != NULL;

    tick_share(w, w->share);
    for (struct share *s = w->older; s != NULL; s = s->older) {
        again = again || s->watching != NULL;
        tick_share(w, s);
    }
    if (again)
        (void)timer_start(w->loop, &w->watch_tick, WATCHING_TICK);
}

static void
begin_ticks(struct worker *w)
{
    if (w->index == 0 && w->share->watching != NULL)
        (void)timer_start(w->loop, &w->watch_tick, WATCHING_TICK);
}

/* ---- clients ---- */

const struct settings *
worker_settings(const struct worker *w)
{
    return ruleset_settings(w->share->ruleset);
}

void
worker_client_added(struct worker *w)
{
    w->client_count++;
    count_add(&w->share->counters->connections, 1);
    count_add(&w->share->counters->accepted, 1);
}

static void
end_if_drained(struct worker *w)
{
    if (w->draining && w->client_count == 0 && w->held == 0)
        loop_stop(w->loop);
}

void
worker_client_removed(struct worker *w)
{
    count_add(&w->share->counters->connections, UINT64_MAX);
    w->client_count--;
    end_if_drained(w);
}

/* ---- taking over a generation ---- */

static bool
is_listed(const struct generation *g, const struct listener *l)
{
    for (uint32_t i = 0; i < g->listener_count; i++) {
        if (g->listeners[i] == l)
            return true;
    }
    return false;
}

/* Stop accepting where this generation does not listen. */
static void
finish_acceptors(struct worker *w, const struct generation *g)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < w->acceptor_count; i++) {
        if (is_listed(g, acceptor_listener(w->acceptors[i])))
            w->acceptors[kept++] = w->acceptors[i];
        else
            acceptor_finish(w->acceptors[i]);
    }
    w->acceptor_count = kept;
}

static bool
accepts_from(const struct worker *w, const struct listener *l)
{
    for (uint32_t i = 0; i < w->acceptor_count; i++) {
        if (acceptor_listener(w->acceptors[i]) == l)
            return true;
    }
    return false;
}

/* Accept on all sockets of this generation. Those that are open already stay as they are. */
static int
open_acceptors(struct worker *w, const struct generation *g, struct error *err)
{
    struct acceptor **acceptors = realloc(w->acceptors, (g->listener_count + 1) * sizeof *acceptors);

    if (acceptors == NULL)
        return error_memory(err);
    w->acceptors = acceptors;
    for (uint32_t i = 0; i < g->listener_count; i++) {
        struct acceptor *a;

        if (accepts_from(w, g->listeners[i]))
            continue;
        a = acceptor_new(g->listeners[i], w->index, w->loop, door_visitor, w, err);
        if (a == NULL)
            return -1;
        acceptor_watch_over(a, &door_guard);
        w->acceptors[w->acceptor_count++] = a;
    }
    return 0;
}

static void
take_over(struct worker *w, struct share *next)
{
    struct share *before = w->share;

    w->share = next;
    before->older = w->older;
    w->older = before;
    begin_ticks(w);
    if (!w->draining) {
        finish_acceptors(w, next->generation);
        (void)open_acceptors(w, next->generation, NULL); /* without memory the other workers do it */
        door_woken(w);                                   /* there may be more places now */
    }
    atomic_fetch_add(&next->generation->taken, 1);
    tell_news(w);
    on_retire(w);
}

/* ---- other addresses ---- */

/* A message to a worker; it frees it. */
struct readdress {
    struct readdress *next;
    uint64_t generation;
    uint32_t service;
    int count;
    struct address addresses[UPSTREAM_ADDRESSES];
};

void
worker_readdress(struct worker *w, uint64_t generation, uint32_t service, const struct upstream *fresh)
{
    struct readdress *r = calloc(1, sizeof *r);

    if (r == NULL)
        return; /* it goes on with those that it has */
    r->generation = generation;
    r->service = service;
    r->count = fresh->count;
    memcpy(r->addresses, fresh->addresses, sizeof r->addresses);
    r->next = atomic_load(&w->readdress);
    while (!atomic_compare_exchange_weak(&w->readdress, &r->next, r))
        continue;
    loop_wake(w->loop);
}

/* The newest one of a service is the only one that counts. */
static void
readdress(struct worker *w)
{
    struct readdress *all = atomic_exchange(&w->readdress, NULL), *oldest = NULL, *next;

    for (; all != NULL; all = next) {
        next = all->next;
        all->next = oldest;
        oldest = all;
    }
    for (; oldest != NULL; oldest = next) {
        next = oldest->next;
        if (oldest->generation == w->share->generation->number)
            pool_readdress(w->share->pools[oldest->service], oldest->addresses, oldest->count);
        free(oldest);
    }
}

struct share *
worker_hand_over(struct worker *w, struct share *share)
{
    struct share *before = atomic_exchange(&w->next, share);

    loop_wake(w->loop);
    return before;
}

/* ---- stopping ---- */

static void
on_drain_limit(void *arg)
{
    struct worker *w = arg;

    while (w->clients != NULL)
        client_abort(w->clients);
}

static void
begin_drain(struct worker *w)
{
    struct client *next;

    w->draining = true;
    for (uint32_t i = 0; i < w->acceptor_count; i++)
        acceptor_finish(w->acceptors[i]);
    w->acceptor_count = 0;
    for (struct client *c = w->clients; c != NULL; c = next) {
        next = client_next(c);
        client_drain(c);
    }
    (void)timer_start(w->loop, &w->drain_limit, ruleset_settings(w->share->ruleset)->drain_timeout);
    end_if_drained(w);
}

/* ---- what the recorder gives back ---- */

void
worker_release(struct worker *w, struct transit *t)
{
    struct transit *first = atomic_load_explicit(&w->released, memory_order_relaxed);

    do
        t->next = first;
    while (!atomic_compare_exchange_weak_explicit(&w->released, &first, t, memory_order_release, memory_order_relaxed));
    if (first == NULL)
        loop_wake(w->loop);
}

static void
take_released(struct worker *w)
{
    struct transit *t = atomic_exchange_explicit(&w->released, NULL, memory_order_acquire), *oldest = NULL, *next;

    for (; t != NULL; t = next) {
        next = t->next;
        t->next = oldest;
        oldest = t;
    }
    for (t = oldest; t != NULL; t = next) {
        next = t->next;
        w->held--;
        count_add(&t->share->counters->waiting, UINT64_MAX);
        hold_end(t);
    }
    end_if_drained(w);
}

/* ---- the thread ---- */

static void
on_woken(void *arg)
{
    struct worker *w = arg;
    struct share *next = atomic_exchange(&w->next, NULL);

    take_released(w);
    door_woken(w);
    if (next != NULL)
        take_over(w, next);
    readdress(w);
    if (atomic_load(&w->stop) && !w->draining)
        begin_drain(w);
    if (atomic_load(&w->hurry) && w->draining)
        on_drain_limit(w);
}

static void *
run(void *arg)
{
    struct worker *w = arg;

    loop_run(w->loop);
    loop_turn(w->loop, 0); /* what was put off in the last turn */
    access_flush(w);
    return NULL;
}

int
worker_start(struct worker *w, struct error *err)
{
    sigset_t all, before;
    int code;

    /* Signals are the main thread's business. */
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    code = pthread_create(&w->thread, NULL, run, w);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (code != 0)
        return error_system(err, code, NULL, "cannot start a worker's thread");
    w->running = true;
    return 0;
}

void
worker_stop(struct worker *w)
{
    atomic_store(&w->stop, true);
    loop_wake(w->loop);
}

void
worker_hurry(struct worker *w)
{
    atomic_store(&w->hurry, true);
    loop_wake(w->loop);
}

void
worker_join(struct worker *w)
{
    if (w->running)
        (void)pthread_join(w->thread, NULL);
    w->running = false;
}

/* ---- begin and end ---- */

static int
open_rings(struct worker *w, struct recorder *recorder, struct error *err)
{
    if (recorder == NULL)
        return 0;
    w->finished = ring_new(LIMIT_RECORD_RING);
    w->emptied = ring_new(LIMIT_RECORD_RING);
    if (w->finished == NULL || w->emptied == NULL || recorder_attach(recorder, w->finished, w->emptied) < 0)
        return error_memory(err);
    w->recorder = recorder;
    return 0;
}

struct worker *
worker_new(uint32_t index, struct generation *g, const struct worker_shared *shared, struct error *err)
{
    struct worker *w = calloc(1, sizeof *w);

    if (w == NULL) {
        error_memory(err);
        return NULL;
    }
    w->index = index;
    w->news = shared->news;
    w->rates = shared->rates;
    w->fault_counts = shared->fault_counts;
    w->recent = recent_lane(shared->recent, index);
    w->findings = live_lane(shared->findings, index);
    w->drain_limit = (struct timer){ .fire = on_drain_limit, .arg = w };
    w->watch_tick = (struct timer){ .fire = on_watch_tick, .arg = w };
    w->quiet_tick = (struct timer){ .fire = on_quiet_tick, .arg = w };
    w->retire_again = (struct timer){ .fire = on_retire, .arg = w };
    w->retire = (struct deferred){ .call = on_retire, .arg = w };
    w->id_seed = random_system();
    access_init(w);
    if ((w->loop = loop_new(err)) == NULL)
        goto fail;
    loop_on_wake(w->loop, on_woken, w);
    if ((w->kit = stream_kit_new(w->loop)) == NULL || (w->scratch = schema_scratch_new()) == NULL ||
        (w->redaction = redaction_scratch_new()) == NULL) {
        error_memory(err);
        goto fail;
    }
    door_open(w, shared->admission);
    if (generation_share(g, w->kit, w->loop, err) < 0)
        goto fail;
    w->share = g->shares[g->share_count - 1];
    begin_ticks(w);
    if (open_rings(w, shared->recorder, err) < 0 || open_acceptors(w, g, err) < 0)
        goto fail;
    return w;
fail:
    worker_free(w);
    return NULL;
}

/* Its thread has ended: whatever uses a share is over. */
static void
close_shares(struct worker *w)
{
    struct share *next, *untaken = atomic_exchange(&w->next, NULL);
    struct readdress *r = atomic_exchange(&w->readdress, NULL), *after;

    for (; r != NULL; r = after) {
        after = r->next;
        free(r);
    }
    for (struct share *s = w->older; s != NULL; s = next) {
        next = s->older;
        share_close(s);
    }
    if (untaken != NULL)
        share_close(untaken);
    if (w->share != NULL)
        share_close(w->share);
}

void
worker_free(struct worker *w)
{
    struct arena *a;

    if (w == NULL)
        return;
    for (uint32_t i = 0; i < w->acceptor_count; i++)
        acceptor_free(w->acceptors[i]);
    free(w->acceptors);
    door_shut(w);
    close_shares(w);
    for (uint32_t i = 0; i < w->arena_count; i++)
        arena_free(w->arenas[i]);
    while (w->emptied != NULL && (a = ring_take(w->emptied)) != NULL)
        arena_free(a);
    ring_free(w->finished);
    ring_free(w->emptied);
    schema_scratch_free(w->scratch);
    redaction_scratch_free(w->redaction);
    buffer_release(&w->access);
    stream_kit_free(w->kit);
    loop_free(w->loop);
    free(w);
}
