/* playback_miss.c -- nothing was recorded for a request: what came nearest, and what differs. */
#include "json/write.h"
#include "replay/playback_internal.h"

static void
write_text_or_null(struct json_writer *w, struct text t)
{
    if (t.data != NULL)
        json_string(w, t);
    else
        json_null(w);
}

static void
write_closest(struct json_writer *w, struct text name, const struct playback_found *found)
{
    const struct match_differences *d = &found->differences;

    JSON_KEY(w, "closest");
    json_object(w);
    JSON_KEY(w, "exchange");
    json_string(w, name);
    JSON_KEY(w, "method");
    json_string(w, found->x.request.method);
    JSON_KEY(w, "target");
    json_string(w, found->x.request.target);
    json_end_object(w);
    JSON_KEY(w, "differences");
    json_array(w);
    for (uint32_t i = 0; i < d->count && i < MATCH_DIFFERENCES; i++) {
        json_object(w);
        JSON_KEY(w, "place");
        json_string(w, d->list[i].place);
        JSON_KEY(w, "recorded");
        write_text_or_null(w, d->list[i].recorded);
        JSON_KEY(w, "live");
        write_text_or_null(w, d->list[i].live);
        json_end_object(w);
    }
    json_end_array(w);
}

/* Names of what the recording has instead. */
static struct text
what_is_there(const struct playback_item *item)
{
    struct catalog *c = playback_finder_catalog(item->service->finder);
    struct arena *arena = item->request->arena;
    struct text list = TEXT("");
    uint32_t told = 0;

    for (uint32_t i = 0; i < catalog_group_count(c) && told < 8; i++) {
        const struct catalog_group *g = catalog_group(c, i);
        struct text name = g->operation.length > 0 ? g->operation : g->method;

        if (text_equal(g->service, item->service->name))
            list = arena_print(arena, "%.*s%s%.*s", TEXT_PRINT(list), told++ > 0 ? ", " : "", TEXT_PRINT(name));
    }
    return told > 0 ? arena_print(arena, "; of this service it has %.*s", TEXT_PRINT(list))
                    : TEXT("; it has none of this service at all");
}

static struct text
detail_of(const struct playback_item *item, const struct playback_found *found, struct text name)
{
    struct arena *arena = item->request->arena;
    uint32_t count = found->differences.count;

    if (found->ended)
        return TEXT("every answer that was recorded for this request was given already (at_end: miss)");
    if (found->closest == CATALOG_NONE)
        return arena_print(arena, "the recording has no request of this operation%.*s",
                           TEXT_PRINT(what_is_there(item)));
    return arena_print(arena,
                       "no recorded request is equal; the closest%s is %.*s, which differs in %u place%s: %.*s%s",
                       found->more ? " of the first ones" : "", TEXT_PRINT(name), (unsigned)count,
                       count == 1 ? "" : "s", TEXT_PRINT(found->differences.list[0].place), count > 1 ? " …" : "");
}

void
playback_miss(struct playback_item *item, const struct playback_found *found)
{
    struct service_answer *answer = item->answer;
    struct text name = { NULL, 0 };
    struct json_writer w;

    if (found->closest != CATALOG_NONE)
        name = catalog_name(playback_finder_catalog(item->service->finder), found->closest, &found->x,
                            item->request->arena);
    answer->status = 404;
    service_answer_header(answer, TEXT("Content-Type"), TEXT("application/problem+json"));
    service_answer_header(answer, TEXT("Plumbline-Replay"), TEXT("miss"));
    json_begin(&w, &answer->body, 0);
    json_object(&w);
    JSON_KEY(&w, "type");
    json_string(&w, TEXT("about:blank"));
    JSON_KEY(&w, "title");
    json_string(&w, TEXT("Not Found"));
    JSON_KEY(&w, "status");
    json_integer(&w, 404);
    JSON_KEY(&w, "detail");
    json_string(&w, detail_of(item, found, name));
    if (found->closest != CATALOG_NONE)
        write_closest(&w, name, found);
    json_end_object(&w);
}
