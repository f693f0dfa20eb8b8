/* runner.c -- all runs: begun as others end, driven by one loop, broken off when they are to stop. */
#include "flow/runner_internal.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/random.h"

/* For runner_stop: which loop is to be woken, and how many threads are about to. */
static _Atomic(struct loop *) running;
static atomic_int stoppers;
static atomic_bool stop_asked;

const char *
flow_failure_name(enum flow_failure f)
{
    static const char *const names[] = {
        [FLOW_FINE] = "fine",       [FLOW_NETWORK] = "network",     [FLOW_TIMED_OUT] = "timeout",
        [FLOW_INVALID] = "invalid", [FLOW_CRITERION] = "criterion", [FLOW_EXHAUSTED] = "exhausted",
        [FLOW_MISSING] = "missing", [FLOW_INPUT] = "input",         [FLOW_LIMIT] = "limit",
        [FLOW_RULE] = "rule",       [FLOW_STOPPED] = "stopped",
    };

    return names[f];
}

/* ---- begin and end ---- */

static uint32_t
concurrency_of(const struct runner *r)
{
    uint32_t asked = r->options->concurrency > 0 ? r->options->concurrency : 1;

    return asked < LIMIT_FLOW_RUNS ? asked : LIMIT_FLOW_RUNS;
}

static uint32_t
repeat_of(const struct runner *r)
{
    return r->options->repeat > 0 ? r->options->repeat : 1;
}

void
runner_begin_runs(struct runner *r)
{
    while (!r->stopping && r->active < concurrency_of(r) && r->begun < repeat_of(r)) {
        if (!runner_begin(r)) {
            r->no_memory = true;
            runner_end(r);
        }
    }
    if (r->active == 0)
        loop_stop(r->loop);
}

/* Every request is answered by then (FETCH_STOPPED), and those who wait are put off to the loop: each run ends by
 * itself. */
void
runner_end(struct runner *r)
{
    if (r->stopping)
        return;
    r->stopping = true;
    fetcher_stop(r->fetcher);
    r->fetcher = NULL;
    trial_wait_no_more(r);
    turn_next(r);
}

static void
on_woken(void *arg)
{
    struct runner *r = arg;

    if (atomic_load(&stop_asked))
        runner_end(r);
    trial_take_answered(r);
}

/* ---- from outside ---- */

void
runner_stop(void)
{
    struct loop *loop;

    atomic_store(&stop_asked, true);
    atomic_fetch_add(&stoppers, 1);
    loop = atomic_load(&running);
    if (loop != NULL)
        loop_wake(loop);
    atomic_fetch_sub(&stoppers, 1);
}

/* Nobody wakes the loop from now on. */
static void
hide_loop(void)
{
    atomic_store(&running, NULL);
    while (atomic_load(&stoppers) > 0)
        (void)sched_yield();
    atomic_store(&stop_asked, false);
}

static int
prepare(struct runner *r, struct error *err)
{
    const uint32_t runs = concurrency_of(r);
    const struct fetcher_options fetching = {
        .connections = runs < LIMIT_FETCHER_CONNECTIONS ? LIMIT_FETCHER_CONNECTIONS : runs,
    };

    r->most_asking = fetching.connections;
    r->arena = arena_new(0, LIMIT_FLOW_ARENA);
    r->schemas = schema_scratch_new();
    r->criteria = criterion_scratch_new();
    if (r->arena == NULL || r->schemas == NULL || r->criteria == NULL)
        return error_memory(err);
    if (plan_make(r, err) < 0 || rules_new(r, err) < 0 || (r->loop = loop_new(err)) == NULL ||
        (r->fetcher = fetcher_start(&fetching, err)) == NULL)
        return -1;
    loop_on_wake(r->loop, on_woken, r);
    return 0;
}

static void
release(struct runner *r)
{
    fetcher_stop(r->fetcher);
    rules_free(r);
    loop_free(r->loop);
    for (uint32_t i = 0; i < r->plan_count; i++)
        kept_free(&r->plan[i].kept);
    criterion_scratch_free(r->criteria);
    schema_scratch_free(r->schemas);
    buffer_release(&r->scratch);
    arena_free(r->arena);
    (void)pthread_mutex_destroy(&r->lock);
}

int
runner_run(const struct runner_options *options, struct error *err)
{
    struct runner r = { .options = options, .id_seed = random_system(), .offset = clock_wall() - clock_monotonic() };
    int result;

    (void)pthread_mutex_init(&r.lock, NULL);
    buffer_init(&r.scratch, LIMIT_FLOW_OUTPUTS);
    result = prepare(&r, err);
    if (result == 0) {
        atomic_store(&running, r.loop);
        if (atomic_load(&stop_asked))
            loop_wake(r.loop);
        runner_begin_runs(&r);
        loop_run(r.loop);
        hide_loop();
        rules_end(&r);
    }
    if (r.no_memory)
        result = error_memory(err);
    release(&r);
    return result;
}
