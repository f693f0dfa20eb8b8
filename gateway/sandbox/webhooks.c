/* webhooks.c -- what goes out after the transaction, and what became of it. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "json/write.h"
#include "sandbox/merge.h"
#include "sandbox/run.h"

/* One that is out: the run may be over before it comes back. */
struct webhook {
    struct engine_item item;
    struct engine *engine;
    struct arena *arena;
    uint64_t note;
    struct text noted;
    uint16_t status; /* 0: it failed */
    enum fetch_failure failure;
};

static void
write_outcome(const struct webhook *w, struct buffer *json)
{
    struct document note, outcome;
    struct text more = w->status != 0 ? arena_print(w->arena, "{\"status\":%u}", (unsigned)w->status)
                                      : arena_print(w->arena, "{\"failure\":\"%s\"}", fetch_failure_name(w->failure));

    if (document_parse(&note, w->noted, NULL, w->arena, NULL) == 0 &&
        document_parse(&outcome, more, NULL, w->arena, NULL) == 0)
        merge_patch(json, note.root, outcome.root);
}

/* Engine's thread. A reset meanwhile has taken the note away: that is no failure. */
static void
webhook_back(struct engine_item *item)
{
    struct webhook *w = (struct webhook *)(void *)item;
    struct store *store = sandbox_state_store(engine_state(w->engine));
    struct error err = { .kind = ERROR_NONE };
    struct buffer json;

    buffer_init(&json, LIMIT_STORE_RECORD);
    write_outcome(w, &json);
    if (buffer_length(&json) > 0 && store_begin(store, &err) == 0) {
        if (store_renote(store, w->note, buffer_text(&json), &err) < 0)
            store_rollback(store);
        else
            (void)store_commit(store, &err);
    }
    if (err.kind != ERROR_NONE)
        log_error(LOG_WARN, "the sandbox cannot note what became of a webhook", &err);
    buffer_release(&json);
    engine_run_ended(w->engine);
    arena_free(w->arena);
}

/* Fetcher's thread. */
static void
on_webhook_done(void *arg, const struct fetch_result *result)
{
    struct webhook *w = arg;

    w->failure = result->failure;
    w->status = result->failure == FETCH_OK ? result->response.status : 0;
    w->item.work = webhook_back;
    engine_push(w->engine, &w->item);
}

static void
send_webhook(struct run *r, const struct run_webhook *hook)
{
    const struct fetch_request request = { .method = TEXT("POST"),
                                           .url = hook->url,
                                           .headers = hook->headers,
                                           .header_count = hook->header_count,
                                           .body = hook->body,
                                           .has_body = hook->body.length > 0,
                                           .timeout = RUN_WEBHOOK_TIMEOUT * CLOCK_MILLI };
    const struct fetch_result none = { .failure = FETCH_STOPPED };
    struct arena *arena = arena_new(0, LIMIT_EXCHANGE_ARENA);
    struct webhook *w = arena != NULL ? ARENA_NEW(arena, struct webhook) : NULL;
    struct fetcher *fetcher = engine_fetcher(r->engine);

    if (w == NULL) {
        arena_free(arena);
        return;
    }
    *w = (struct webhook){ .engine = r->engine, .arena = arena, .note = hook->note };
    w->noted = arena_text(arena, hook->noted);
    engine_run_started(r->engine);
    if (fetcher == NULL || !fetcher_ask(fetcher, &request, on_webhook_done, w))
        on_webhook_done(w, &none);
}

void
run_send_webhooks(struct run *r)
{
    for (const struct run_webhook *hook = r->webhooks; hook != NULL; hook = hook->next)
        send_webhook(r, hook);
    r->webhooks = NULL;
}
