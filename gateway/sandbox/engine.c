/* engine.c -- the thread and its queue. */
#include "sandbox/engine.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "sandbox/run.h"

#define LOOK_AGAIN (1 * CLOCK_SECOND) /* for jobs that another generation's engine left */

struct engine {
    struct ruleset *ruleset;
    struct sandbox_state *state;
    struct simulated *services;
    uint32_t service_count;
    uint16_t port;

    /* its thread's */
    struct schema_scratch *scratch;
    struct run *current;
    int64_t due; /* of the earliest job that is known, by the sandbox's clock; INT64_MAX: none */

    pthread_t thread;
    bool runs;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t news;
    struct engine_item *first, **last;
    struct fetcher *fetcher; /* started when it is first needed */
    uint32_t under_way;      /* requests and jobs that are not over, webhooks that are out */
    bool stopping;
    char gateway[256];
};

/* ---- what the files of a run ask ---- */

struct sandbox_state *
engine_state(struct engine *e)
{
    return e->state;
}

struct ruleset *
engine_ruleset(struct engine *e)
{
    return e->ruleset;
}

struct schema_scratch *
engine_scratch(struct engine *e)
{
    return e->scratch;
}

uint16_t
engine_port(const struct engine *e)
{
    return e->port;
}

struct run *
engine_current(struct engine *e)
{
    return e->current;
}

void
engine_set_current(struct engine *e, struct run *r)
{
    e->current = r;
}

const struct simulated *
engine_service(struct engine *e, struct text name)
{
    for (uint32_t i = 0; i < e->service_count; i++)
        if (text_equal(e->services[i].name, name))
            return &e->services[i];
    return NULL;
}

static bool
is_stopping(struct engine *e)
{
    bool stopping;

    (void)pthread_mutex_lock(&e->lock);
    stopping = e->stopping;
    (void)pthread_mutex_unlock(&e->lock);
    return stopping;
}

struct fetcher *
engine_fetcher(struct engine *e)
{
    static const struct fetcher_options options = { .connections = LIMIT_SANDBOX_CALLS };
    struct error err = { .kind = ERROR_NONE };

    if (e->fetcher == NULL && !is_stopping(e) && (e->fetcher = fetcher_start(&options, &err)) == NULL)
        log_error(LOG_ERROR, "the sandbox cannot call other services", &err);
    return e->fetcher;
}

struct text
engine_gateway(struct engine *e, struct arena *arena)
{
    struct text url;

    (void)pthread_mutex_lock(&e->lock);
    url = arena_text(arena, text_of(e->gateway));
    (void)pthread_mutex_unlock(&e->lock);
    return url;
}

void
engine_set_gateway(struct engine *e, const char *url)
{
    (void)pthread_mutex_lock(&e->lock);
    (void)strncpy(e->gateway, url, sizeof e->gateway - 1);
    (void)pthread_mutex_unlock(&e->lock);
}

/* ---- the queue ---- */

void
engine_push(struct engine *e, struct engine_item *item)
{
    item->next = NULL;
    (void)pthread_mutex_lock(&e->lock);
    *e->last = item;
    e->last = &item->next;
    (void)pthread_cond_signal(&e->news);
    (void)pthread_mutex_unlock(&e->lock);
}

void
engine_run_started(struct engine *e)
{
    (void)pthread_mutex_lock(&e->lock);
    e->under_way++;
    (void)pthread_mutex_unlock(&e->lock);
}

void
engine_run_ended(struct engine *e)
{
    (void)pthread_mutex_lock(&e->lock);
    e->under_way--;
    (void)pthread_mutex_unlock(&e->lock);
}

void
engine_job_added(struct engine *e, int64_t due)
{
    if (due < e->due)
        e->due = due;
}

/* How long it may sleep. The fixed clock goes on with requests alone. */
static int64_t
patience(const struct engine *e)
{
    int64_t left =
        e->due == INT64_MAX || sandbox_state_is_fixed(e->state) ? LOOK_AGAIN : e->due - sandbox_state_now(e->state);

    return left < 0 ? 0 : left < LOOK_AGAIN ? left : LOOK_AGAIN;
}

/* Under the lock. */
static void
sleep_a_while(struct engine *e)
{
    int64_t wait = patience(e);
    struct timespec until;

    if (wait == 0)
        return;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += wait / CLOCK_SECOND;
    until.tv_nsec += wait % CLOCK_SECOND;
    if (until.tv_nsec >= CLOCK_SECOND) {
        until.tv_nsec -= CLOCK_SECOND;
        until.tv_sec++;
    }
    (void)pthread_cond_timedwait(&e->news, &e->lock, &until);
}

/* The next thing to do. NULL: nothing now, but a job may be due. *over: there will be nothing more. */
static struct engine_item *
take(struct engine *e, bool *over)
{
    struct engine_item *item;

    (void)pthread_mutex_lock(&e->lock);
    if (e->first == NULL && !e->stopping)
        sleep_a_while(e);
    while (e->first == NULL && e->stopping && e->under_way > 0)
        (void)pthread_cond_wait(&e->news, &e->lock);
    item = e->first;
    if (item != NULL) {
        e->first = item->next;
        if (e->first == NULL)
            e->last = &e->first;
    }
    *over = item == NULL && e->stopping;
    (void)pthread_mutex_unlock(&e->lock);
    return item;
}

/* ---- jobs ---- */

/* One job that is due. False: there is none. */
static bool
run_due_job(struct engine *e)
{
    struct store *store = sandbox_state_store(e->state);
    struct error err = { .kind = ERROR_NONE };
    struct arena *arena = arena_new(0, LIMIT_EXCHANGE_ARENA);
    const struct simulated *service;
    struct store_job job;
    int found = -1;

    e->due = INT64_MAX;
    if (arena == NULL || store_begin(store, &err) < 0)
        goto out;
    found = store_job_next(store, sandbox_state_now(e->state), &job, arena, &err);
    if (found < 0 || store_job_earliest(store, &e->due, &err) < 0) {
        store_rollback(store);
        found = -1;
    } else if (store_commit(store, &err) < 0) {
        found = -1;
    }
    service = found == 1 ? engine_service(e, job.service) : NULL;
    if (service != NULL && service->script != NULL)
        run_job(e, (struct simulated *)(uintptr_t)service, job.name, job.argument);

out:
    if (found < 0)
        log_error(LOG_WARN, "the sandbox cannot look for its jobs", &err);
    arena_free(arena);
    return found == 1;
}

/* Whoever waits for another service is told that there will be no answer. */
static void
call_off(struct engine *e)
{
    fetcher_stop(e->fetcher);
    e->fetcher = NULL;
}

static void *
engine_thread(void *arg)
{
    struct engine *e = arg;
    int64_t looked = 0;
    bool over = false;

    while (!over) {
        struct engine_item *item = take(e, &over);

        if (item != NULL)
            item->work(item);
        if (is_stopping(e)) {
            call_off(e);
            continue;
        }
        if (item == NULL && clock_monotonic() - looked >= LOOK_AGAIN) {
            looked = clock_monotonic();
            e->due = 0;
        }
        while (e->due <= sandbox_state_now(e->state) && run_due_job(e))
            continue;
    }
    return NULL;
}

/* ---- life ---- */

static int
engine_run(struct engine *e, struct error *err)
{
    pthread_condattr_t monotonic;

    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&e->news, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    (void)pthread_mutex_init(&e->lock, NULL);
    e->scratch = schema_scratch_new();
    if (e->scratch == NULL)
        return error_memory(err);
    if (pthread_create(&e->thread, NULL, engine_thread, e) != 0)
        return error_set(err, ERROR_ENVIRONMENT, NULL, "the thread of the sandbox's scripts cannot be started");
    e->runs = true;
    return 0;
}

struct engine *
engine_new(const struct engine_options *options, struct error *err)
{
    struct engine *e = calloc(1, sizeof(*e));

    if (e == NULL) {
        error_memory(err);
        return NULL;
    }
    e->ruleset = ruleset_hold(options->ruleset);
    e->state = sandbox_state_hold(options->state);
    e->services = options->services;
    e->service_count = options->service_count;
    e->port = options->port;
    e->last = &e->first;
    for (uint32_t i = 0; i < e->service_count; i++)
        e->services[i].engine = e;
    if (engine_run(e, err) == 0)
        return e;
    engine_stop(e);
    return NULL;
}

bool
engine_ask(struct engine *e, const struct simulated *service, const struct service_request *request, struct text path,
           struct service_answer *answer)
{
    struct run *r = is_stopping(e) ? NULL : ARENA_NEW(request->arena, struct run);

    if (r == NULL || (r->later = service_answer_later(answer)) == NULL)
        return false;
    r->item.work = run_begin;
    r->engine = e;
    r->service = (struct simulated *)(uintptr_t)service;
    r->arena = request->arena;
    r->request = &request->message;
    r->answer = answer;
    r->path = path;
    engine_run_started(e);
    engine_push(e, &r->item);
    return true;
}

void
engine_stop(struct engine *e)
{
    if (e == NULL)
        return;
    if (e->runs) {
        (void)pthread_mutex_lock(&e->lock);
        e->stopping = true;
        (void)pthread_cond_signal(&e->news);
        (void)pthread_mutex_unlock(&e->lock);
        (void)pthread_join(e->thread, NULL);
    }
    call_off(e);
    schema_scratch_free(e->scratch);
    (void)pthread_mutex_destroy(&e->lock);
    (void)pthread_cond_destroy(&e->news);
    sandbox_state_drop(e->state);
    ruleset_drop(e->ruleset);
    free(e);
}
