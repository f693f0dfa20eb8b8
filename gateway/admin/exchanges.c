/* exchanges.c -- /api/v1/exchanges: what passed last, as a list or one by one. */
#include "admin/exchange_json.h"
#include "admin/feed.h"
#include "admin/filter.h"
#include "admin/write.h"
#include "base/limits.h"
#include "http/query.h"
#include "net/address.h"
#include "proxy/recent.h"
#include "proxy/server.h"

/* NULL: answered, because nothing is kept. */
static struct recent *
recent_of(struct api_call *call)
{
    struct recent *recent = proxy_recent(call->api->proxy);

    if (recent == NULL)
        api_problem(call, 404, TEXT("no exchanges are kept: the settings say recent: { exchanges: 0 }"));
    return recent;
}

/* ---- the list ---- */

static void
write_list(struct json_writer *w, struct recent_view *view, const struct filter *f)
{
    const char *last = NULL;
    uint32_t shown = 0, i = 0;

    write_key(w, "exchanges");
    json_array(w);
    for (; i < view->count && shown < f->limit; i++) {
        const struct exchange *x =
            filter_matches(f, view->entries[i]->exchange) ? recent_show(view, view->entries[i]) : NULL;

        if (x == NULL)
            continue;
        exchange_json_line(w, x);
        last = x->id;
        shown++;
    }
    json_end_array(w);
    while (i < view->count && !filter_matches(f, view->entries[i]->exchange))
        i++;
    write_text_or_null(w, "next", i < view->count ? text_of(last) : (struct text){ NULL, 0 });
}

void
api_exchanges(struct api_call *call)
{
    struct recent *recent = recent_of(call);
    struct recent_view view;
    struct json_writer w;
    struct filter f;

    if (recent == NULL || !filter_read(&f, call, true))
        return;
    if (recent_open(recent, 0, RECENT_NEWEST_STARTED, &view) < 0) {
        api_problem(call, 503, TEXT("no memory"));
        return;
    }
    write_begin(&w, call);
    json_object(&w);
    write_number(&w, "seen", view.seen);
    write_number(&w, "kept", view.kept);
    write_number(&w, "held", view.count);
    write_bool(&w, "sampled", view.sampled);
    write_list(&w, &view, &f);
    json_end_object(&w);
    recent_close(&view);
}

/* ---- one of them ---- */

enum form {
    FORM_JSON,
    FORM_HAR,
    FORM_CURL,
    FORM_UNKNOWN,
};

/* `format` says; without it, HAR for who asks for HAR. */
static enum form
form_of(const struct api_call *call)
{
    const struct header *accept = message_header_named(&call->request->message, TEXT("Accept"));
    struct text rest = call->request->message.query;
    struct query_pair pair;
    enum form form = FORM_JSON;

    if (accept != NULL && text_search(accept->value, TEXT("application/har+json")) < accept->value.length)
        form = FORM_HAR;
    while (query_next(&rest, &pair)) {
        if (!text_equal(pair.name, TEXT("format")))
            return FORM_UNKNOWN;
        form = text_equal(pair.value, TEXT("json"))   ? FORM_JSON
               : text_equal(pair.value, TEXT("har"))  ? FORM_HAR
               : text_equal(pair.value, TEXT("curl")) ? FORM_CURL
                                                      : FORM_UNKNOWN;
    }
    return form;
}

/* What rendering puts into the exchange's arena goes again: the exchange stays as heavy as it is. */
static void
write_one(struct api_call *call, const struct exchange *x, const struct ruleset *ruleset, enum form form)
{
    struct arena_mark mark = arena_mark(x->arena);
    struct buffer *out = &call->answer->body;
    char url[ADDRESS_TEXT + 16] = "";
    struct json_writer w;

    switch (form) {
    case FORM_HAR:
        if (!exchange_json_har(out, x, ruleset_settings(ruleset)->record.max_body))
            api_problem(call, 503, TEXT("no memory"));
        else
            api_content_type(call, TEXT("application/har+json"));
        break;
    case FORM_CURL:
        api_content_type(call, TEXT("text/plain; charset=utf-8"));
        (void)proxy_url(call->api->proxy, 0, url, sizeof(url));
        exchange_json_curl(out, x, text_of(url));
        break;
    default:
        write_begin(&w, call);
        exchange_json_whole(&w, x, ruleset);
    }
    arena_rewind(x->arena, mark);
}

static struct recent_entry *
entry_named(const struct recent_view *view, struct text id)
{
    for (uint32_t i = 0; i < view->count; i++)
        if (text_equal(text_of(view->entries[i]->exchange->id), id))
            return view->entries[i];
    return NULL;
}

void
api_exchange(struct api_call *call)
{
    struct recent *recent = recent_of(call);
    enum form form = form_of(call);
    struct recent_view view;
    struct recent_entry *entry;
    const struct exchange *x;

    if (recent == NULL)
        return;
    if (form == FORM_UNKNOWN) {
        api_problem_at(call, 400, TEXT("query format"), TEXT("expected format=json, format=har or format=curl"));
        return;
    }
    if (recent_open(recent, 0, RECENT_NEWEST_STARTED, &view) < 0) {
        api_problem(call, 503, TEXT("no memory"));
        return;
    }
    entry = entry_named(&view, call->name);
    x = entry != NULL ? recent_show(&view, entry) : NULL;
    if (x != NULL)
        write_one(call, x, entry->ruleset, form);
    else
        api_problem(call, 404, TEXT("no exchange with this id is held: it was not sampled, or it is too long ago"));
    recent_close(&view);
}

/* ---- as they end ---- */

void
api_exchange_stream(struct api_call *call)
{
    const struct header *last = message_header_named(&call->request->message, TEXT("Last-Event-ID"));
    struct service_stream *stream;
    struct filter f;

    if (recent_of(call) == NULL || !filter_read(&f, call, false))
        return;
    if (!feed_has_room(call->api->feed)) {
        service_answer_header(call->answer, TEXT("Retry-After"), TEXT("10"));
        api_problem(call, 503, TEXT("as many as may listen do so already"));
        return;
    }
    if (text_equal(call->request->message.method, TEXT("HEAD"))) {
        api_content_type(call, TEXT("text/event-stream"));
        return;
    }
    stream = service_answer_stream(call->answer, LIMIT_ADMIN_QUEUE);
    if (stream == NULL) {
        api_problem(call, 503, TEXT("no memory"));
        return;
    }
    api_content_type(call, TEXT("text/event-stream"));
    (void)feed_join(call->api->feed, stream, &f, last != NULL ? last->value : (struct text){ NULL, 0 });
}
