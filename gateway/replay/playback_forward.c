/* playback_forward.c -- what is not in the recording is asked of the real upstream. */
#include "base/limits.h"
#include "replay/playback_internal.h"

static void
on_forwarded(void *arg, const struct fetch_result *result)
{
    struct playback_item *item = arg;
    const struct message *m = &result->response;
    struct text why = text_of(result->why);

    if (result->failure != FETCH_OK) {
        playback_refuse(item, result->failure == FETCH_TIMEOUT ? 504 : 502, "forwarded",
                        arena_print(item->request->arena, "not in the recording, and the upstream did not answer: %.*s",
                                    TEXT_PRINT(why)));
        service_later_give(item->later);
        return;
    }
    item->answer->status = m->status;
    service_answer_header(item->answer, TEXT("Plumbline-Replay"), TEXT("forwarded"));
    buffer_add(&item->answer->body, m->body);
    for (uint32_t i = 0; i < m->header_count; i++)
        if (!playback_leaves_out(m, &m->headers[i]))
            service_answer_header(item->answer, arena_text(item->request->arena, m->headers[i].name),
                                  arena_text(item->request->arena, m->headers[i].value));
    service_later_give(item->later);
}

static uint32_t
fields_of(const struct playback_item *item, struct header *list)
{
    const struct message *m = &item->request->message;
    bool host = item->service->settings->host_upstream || item->service->settings->replay.to.tls;
    uint32_t count = 0;

    for (uint32_t i = 0; i < m->header_count; i++)
        if (!playback_leaves_out(m, &m->headers[i]) && (!host || !text_equal_nocase(m->headers[i].name, TEXT("Host"))))
            list[count++] = m->headers[i];
    return count;
}

bool
playback_forward(struct playback_item *item)
{
    const struct upstream_settings *to = &item->service->settings->replay.to;
    const struct message *m = &item->request->message;
    struct arena *arena = item->request->arena;
    struct header *list = ARENA_ARRAY(arena, struct header, m->header_count);
    bool v6 = text_find(to->host, ':') < to->host.length;
    struct fetch_request request = { .method = m->method,
                                     .headers = list,
                                     .body = m->body,
                                     .has_body = m->body.length > 0,
                                     .max_body = LIMIT_PLAYBACK_BODY };

    if (list == NULL)
        return false;
    request.header_count = fields_of(item, list);
    request.target = arena_print(arena, "%.*s%.*s%s%.*s", TEXT_PRINT(to->base), TEXT_PRINT(item->path),
                                 m->has_query ? "?" : "", TEXT_PRINT(m->query));
    if (to->kind == UPSTREAM_UNIX)
        request.url = arena_print(arena, "unix:%.*s", TEXT_PRINT(to->host));
    else
        request.url = arena_print(arena, v6 ? "%s://[%.*s]:%u" : "%s://%.*s:%u", to->tls ? "https" : "http",
                                  TEXT_PRINT(to->host), (unsigned)to->port);
    return request.url.data != NULL && request.target.data != NULL &&
           fetcher_ask(item->playback->fetcher, &request, on_forwarded, item);
}
