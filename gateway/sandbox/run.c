/* run.c -- the steps of a run: begin, go on after a pause, end. */
#include "sandbox/run.h"

#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/time_text.h"
#include "json/write.h"

static void run_go_on(struct engine_item *item);

/* ---- the end ---- */

/* What must be known although nothing else of the request is. */
static void
keep_alerts(struct run *r)
{
    struct sandbox_state *state = engine_state(r->engine);
    struct store *store = sandbox_state_store(state);
    struct text at = time_text_rfc3339(sandbox_state_now(state), 0);
    struct error err = { .kind = ERROR_NONE };
    int failed = 0;

    if (r->alerts == NULL || store_begin(store, &err) < 0)
        return;
    for (const struct run_alert *a = r->alerts; a != NULL && failed == 0; a = a->next)
        failed = store_note(store, r->service->name, TEXT("alerts"), at, a->json, NULL, &err);
    if (failed == 0)
        (void)store_commit(store, &err);
    else
        store_rollback(store);
}

static void
run_over(struct run *r)
{
    struct engine *e = r->engine;
    struct service_later *later = r->later;
    struct arena *own = later == NULL ? r->arena : NULL;

    keep_alerts(r);
    script_run_free(r->script);
    if (later != NULL)
        service_later_give(later); /* the arena goes with it */
    arena_free(own);
    engine_run_ended(e);
}

static void
tell_failure(const struct run *r, const struct error *err)
{
    log_line(LOG_WARN, "sandbox: %.*s %.*s: %s%s%s", TEXT_PRINT(r->service->name), TEXT_PRINT(r->function), err->where,
             err->where[0] != '\0' ? ": " : "", err->what);
}

/* Nothing of it stays, and whoever asked is told why. */
static void
run_failed(struct run *r, struct text raised, const struct error *err)
{
    if (raised.length == 0)
        tell_failure(r, err);
    if (r->later != NULL)
        run_answer_failed(r, raised, err);
    run_over(r);
}

/* The script is done: its answer is made before the transaction commits, which must not be when there is none. */
static void
run_done(struct run *r)
{
    struct store *store = sandbox_state_store(engine_state(r->engine));
    struct error err = { .kind = ERROR_NONE };

    if (r->later != NULL && !run_answer(r, &err)) {
        store_rollback(store);
        run_failed(r, text_make(NULL, 0), &err);
        return;
    }
    if (store_commit(store, &err) < 0) {
        run_failed(r, text_make(NULL, 0), &err);
        return;
    }
    run_send_webhooks(r);
    run_over(r);
}

/* ---- calls of other services ---- */

static void
on_call_done(void *arg, const struct fetch_result *result)
{
    struct run *r = arg;

    run_call_done(r, result);
    engine_push(r->engine, &r->item);
}

/* What it did so far is visible to the service that it calls. */
static void
run_paused(struct run *r)
{
    struct store *store = sandbox_state_store(engine_state(r->engine));
    struct fetch_result none = { .failure = FETCH_STOPPED, .why = "the sandbox stops" };
    struct error err = { .kind = ERROR_NONE };
    struct fetcher *fetcher = engine_fetcher(r->engine);

    if (store_commit(store, &err) < 0) {
        run_failed(r, text_make(NULL, 0), &err);
        return;
    }
    run_send_webhooks(r);
    r->item.work = run_go_on;
    if (fetcher == NULL || !fetcher_ask(fetcher, &r->call, on_call_done, r))
        on_call_done(r, &none);
}

/* ---- running ---- */

static void
run_resume(struct run *r)
{
    struct error err = { .kind = ERROR_NONE };
    struct buffer raised;
    enum script_state state;

    engine_set_current(r->engine, r);
    state = script_resume(r->script, &err);
    engine_set_current(r->engine, NULL);
    switch (state) {
    case SCRIPT_DONE:
        run_done(r);
        break;
    case SCRIPT_PAUSED:
        run_paused(r);
        break;
    case SCRIPT_FAILED:
        store_rollback(sandbox_state_store(engine_state(r->engine)));
        buffer_init(&raised, LIMIT_STORE_RECORD);
        (void)script_run_raised(r->script, &raised);
        run_failed(r, arena_text(r->arena, buffer_text(&raised)), &err);
        buffer_release(&raised);
        break;
    }
}

static int
push_call_result(struct run *r)
{
    struct document document;

    if (document_parse(&document, r->call_result, NULL, r->arena, NULL) < 0)
        return -1;
    if (r->call_failed && script_push_nil(r->script) < 0)
        return -1;
    return script_push_value(r->script, document.root);
}

/* The answer of the other service is there. */
static void
run_go_on(struct engine_item *item)
{
    struct run *r = (struct run *)(void *)item;
    struct error err = { .kind = ERROR_NONE };

    if (push_call_result(r) < 0)
        (void)error_memory(&err);
    else if (store_begin(sandbox_state_store(engine_state(r->engine)), &err) == 0) {
        run_resume(r);
        return;
    }
    run_failed(r, text_make(NULL, 0), &err);
}

/* ---- the beginning ---- */

/* A transaction, a number, and what chance there is in it. */
static int
run_open(struct run *r, struct error *err)
{
    struct sandbox_state *state = engine_state(r->engine);
    struct store *store = sandbox_state_store(state);

    r->script = script_run_new(r->service->script, r->function, err);
    if (r->script == NULL || store_begin(store, err) < 0)
        return -1;
    if (sandbox_state_step(state, &r->number, err) < 0) {
        store_rollback(store);
        return -1;
    }
    random_seed(&r->random, sandbox_state_seed(state) * UINT64_C(0x9E3779B97F4A7C15) + r->number);
    return 0;
}

static void
run_function(struct run *r, const struct value *argument)
{
    struct error err = { .kind = ERROR_NONE };

    if (argument == NULL) {
        (void)error_memory(&err);
    } else if (run_open(r, &err) == 0) {
        if (script_push_value(r->script, argument) == 0 && script_push_object(r->script, store_methods, r) == 0 &&
            script_push_object(r->script, services_methods, r) == 0) {
            run_resume(r);
            return;
        }
        store_rollback(sandbox_state_store(engine_state(r->engine)));
        (void)error_memory(&err);
    }
    run_failed(r, text_make(NULL, 0), &err);
}

void
run_begin(struct engine_item *item)
{
    struct run *r = (struct run *)(void *)item;

    contract_find(r->service->contract, r->request->method, r->path, true, r->arena, &r->match);
    if (run_request_refused(r)) {
        run_over(r);
        return;
    }
    if (!simulated_handles(r->service, r->match.operation)) {
        run_answer_contract(r);
        run_over(r);
        return;
    }
    r->function =
        r->service->handled[operation_index(r->match.operation)] ? operation_id(r->match.operation) : TEXT("handle");
    run_function(r, run_request_value(r));
}

void
run_job(struct engine *e, struct simulated *service, struct text name, struct text argument)
{
    struct arena *arena = arena_new(0, LIMIT_EXCHANGE_ARENA);
    struct run *r = arena != NULL ? ARENA_NEW(arena, struct run) : NULL;
    struct document document;

    if (r == NULL) {
        arena_free(arena);
        return;
    }
    r->engine = e;
    r->service = service;
    r->arena = arena;
    r->function = arena_print(arena, "later:%.*s", TEXT_PRINT(name));
    engine_run_started(e);
    if (document_parse(&document, arena_text(arena, argument), NULL, arena, NULL) < 0)
        document.root = NULL;
    run_function(r, document.root);
}
