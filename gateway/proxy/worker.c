/* worker.c -- a thread and what it owns. */
#include "proxy/worker.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/random.h"
#include "proxy/access.h"
#include "proxy/client.h"
#include "proxy/hold.h"
#include "proxy/recorder.h"
#include "proxy/responder.h"
#include "proxy/ring.h"
#include "proxy/transit.h"
#include "schema/schema.h"

#define ARENA_FIRST (16 * LIMIT_KIB) /* what nearly every exchange fits into */
#define POOL_IDLE   (50 * LOOP_SECOND)

/* ---- arenas ---- */

struct arena *
worker_arena(struct worker *w)
{
    struct arena *back;

    if (w->arena_count > 0)
        return w->arenas[--w->arena_count];
    if (w->emptied != NULL && (back = ring_take(w->emptied)) != NULL)
        return back;
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

/* ---- clients ---- */

static void
pause_accepting(struct worker *w, bool pause)
{
    for (uint32_t i = 0; i < w->acceptor_count; i++) {
        if (pause)
            acceptor_pause(w->acceptors[i]);
        else
            acceptor_resume(w->acceptors[i]);
    }
}

void
worker_client_added(struct worker *w)
{
    w->client_count++;
    count_add(&w->counters->connections, 1);
    count_add(&w->counters->accepted, 1);
    if (w->client_count == ruleset_settings(w->ruleset)->max_connections)
        pause_accepting(w, true);
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
    count_add(&w->counters->connections, UINT64_MAX);
    if (w->client_count-- == ruleset_settings(w->ruleset)->max_connections)
        pause_accepting(w, false);
    end_if_drained(w);
}

static void
on_accepted(void *arg, int fd, const struct address *peer, struct listener *on)
{
    struct tls_context *tls = listener_tls(on);

    client_accept(arg, fd, peer, tls);
    tls_context_drop(tls);
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
        acceptor_free(w->acceptors[i]);
    w->acceptor_count = 0;
    for (struct client *c = w->clients; c != NULL; c = next) {
        next = client_next(c);
        client_drain(c);
    }
    (void)timer_start(w->loop, &w->drain_limit, ruleset_settings(w->ruleset)->drain_timeout);
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
        hold_end(t);
    }
    end_if_drained(w);
}

/* ---- the thread ---- */

static void
on_woken(void *arg)
{
    struct worker *w = arg;

    take_released(w);
    if (atomic_load(&w->stop) && !w->draining)
        begin_drain(w);
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
worker_join(struct worker *w)
{
    if (w->running)
        (void)pthread_join(w->thread, NULL);
    w->running = false;
}

/* ---- begin and end ---- */

static int
open_pools(struct worker *w, struct error *err)
{
    uint32_t count = ruleset_service_count(w->ruleset);

    w->pools = calloc(count + 1, sizeof(struct pool *));
    if (w->pools == NULL)
        return error_memory(err);
    for (uint32_t i = 0; i < count; i++) {
        w->pools[i] = pool_new(w->kit, w->loop, &w->responders[i].upstream, LIMIT_UPSTREAM_IDLE, POOL_IDLE);
        if (w->pools[i] == NULL)
            return error_memory(err);
    }
    return 0;
}

static int
open_acceptors(struct worker *w, struct listener *const *listeners, uint32_t count, struct error *err)
{
    w->acceptors = calloc(count + 1, sizeof(struct acceptor *));
    if (w->acceptors == NULL)
        return error_memory(err);
    for (; w->acceptor_count < count; w->acceptor_count++) {
        struct acceptor *a = acceptor_new(listeners[w->acceptor_count], w->index, w->loop, on_accepted, w, err);

        if (a == NULL)
            return -1;
        w->acceptors[w->acceptor_count] = a;
    }
    return 0;
}

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
worker_new(uint32_t index, struct ruleset *ruleset, const struct responder *responders,
           struct listener *const *listeners, uint32_t listener_count, struct recorder *recorder,
           struct rate_table *rates, struct error *err)
{
    struct worker *w = calloc(1, sizeof *w);

    if (w == NULL) {
        error_memory(err);
        return NULL;
    }
    w->index = index;
    w->ruleset = ruleset_hold(ruleset);
    w->responders = responders;
    w->rates = rates;
    w->drain_limit = (struct timer){ .fire = on_drain_limit, .arg = w };
    w->id_seed = random_system();
    access_init(w);
    if ((w->loop = loop_new(err)) == NULL)
        goto fail;
    loop_on_wake(w->loop, on_woken, w);
    if ((w->kit = stream_kit_new(w->loop)) == NULL || (w->scratch = schema_scratch_new()) == NULL ||
        (w->redaction = redaction_scratch_new()) == NULL || (w->counters = counters_new(ruleset)) == NULL) {
        error_memory(err);
        goto fail;
    }
    if (open_pools(w, err) < 0 || open_rings(w, recorder, err) < 0 ||
        open_acceptors(w, listeners, listener_count, err) < 0)
        goto fail;
    return w;
fail:
    worker_free(w);
    return NULL;
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
    for (uint32_t i = 0; w->pools != NULL && i < ruleset_service_count(w->ruleset); i++)
        pool_free(w->pools[i]);
    free(w->pools);
    for (uint32_t i = 0; i < w->arena_count; i++)
        arena_free(w->arenas[i]);
    while (w->emptied != NULL && (a = ring_take(w->emptied)) != NULL)
        arena_free(a);
    ring_free(w->finished);
    ring_free(w->emptied);
    schema_scratch_free(w->scratch);
    redaction_scratch_free(w->redaction);
    counters_free(w->counters);
    buffer_release(&w->access);
    stream_kit_free(w->kit);
    loop_free(w->loop);
    ruleset_drop(w->ruleset);
    free(w);
}
