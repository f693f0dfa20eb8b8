/* playback_answer.c -- a recorded answer, given again. */
#include <stdio.h>

#include "base/clock.h"
#include "base/limits.h"
#include "http/coding.h"
#include "http/media_type.h"
#include "http/problem.h"
#include "replay/playback_internal.h"
#include "traffic/redacted.h"

#define MOST_LATENCY (3600 * CLOCK_SECOND)

/* Is the field named by one of the Connection fields? */
static bool
is_named_by_connection(const struct message *m, struct text name)
{
    for (uint32_t i = 0; i < m->header_count; i++) {
        struct text rest = m->headers[i].value, member;

        if (!text_equal_nocase(m->headers[i].name, TEXT("Connection")))
            continue;
        while (header_list_next(&rest, &member))
            if (text_equal_nocase(member, name))
                return true;
    }
    return false;
}

bool
playback_leaves_out(const struct message *m, const struct header *h)
{
    static const char *const names[] = {
        "Connection",         "Keep-Alive", "Proxy-Connection", "TE",     "Trailer",
        "Transfer-Encoding",  "Upgrade",    "Content-Length",   "Expect", "Plumbline-Replay",
        "Proxy-Authorization"
    };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (text_equal_nocase(h->name, text_of(names[i])))
            return true;
    return is_named_by_connection(m, h->name);
}

void
playback_refuse(struct playback_item *item, uint16_t status, const char *mark, struct text detail)
{
    const struct problem problem = { .status = status, .detail = detail };

    item->answer->status = status;
    service_answer_header(item->answer, TEXT("Content-Type"), TEXT("application/problem+json"));
    service_answer_header(item->answer, TEXT("Plumbline-Replay"), text_of(mark));
    problem_write(&item->answer->body, &problem);
}

/* Why the recorded answer cannot be given, or NULL. */
static const char *
why_unusable(const struct message *m)
{
    if (m->body_cut || m->body_state == BODY_TOO_LARGE)
        return "its body is larger than what was recorded of it (record.max_body)";
    if (m->body_state == BODY_TRUNCATED)
        return "its body broke off when it was recorded";
    if (m->body_state == BODY_STREAM)
        return "it was a stream, of which no body is kept";
    if (m->body_digest.length > 0)
        return "its body was redacted as a whole";
    return NULL;
}

static bool
is_redacted(const struct exchange *x)
{
    struct text place;

    for (uint32_t i = 0; i < x->redacted_count; i++)
        if (redacted_place(x->redacted[i], SIDE_RESPONSE, &place))
            return true;
    return false;
}

static bool
is_json(const struct message *m)
{
    struct media_type media;

    return media_type_parse(message_value(m, HEADER_CONTENT_TYPE), &media) && media_type_kind(&media) == MEDIA_JSON;
}

/* The body with the ids of this run; *plain: its coding is undone. */
static struct text
body_of(struct playback_item *item, const struct playback_found *found, bool *plain)
{
    struct playback_bindings *bindings = playback_finder_bindings(item->service->finder);
    const struct message *m = &found->x.response;
    struct arena *arena = item->request->arena;
    struct text decoded = m->body, live;
    bool json = is_json(m);

    *plain = m->body_plain;
    if (m->body.length == 0 || (!m->body_plain && coding_decode(m, LIMIT_PLAYBACK_BODY, arena, &decoded) != CODING_OK))
        return m->body;
    live = playback_bindings_to_live(bindings, decoded, json, &found->use, arena);
    playback_bindings_issue(bindings, live, json, arena);
    if (text_equal(live, decoded))
        return m->body;
    *plain = true;
    return live;
}

static struct text
mark_of(struct playback_item *item, const struct playback_found *found)
{
    struct arena *arena = item->request->arena;
    struct text name = catalog_name(playback_finder_catalog(item->service->finder), found->number, &found->x, arena);
    struct text of = found->steps > 0 ? arena_print(arena, " of %u", (unsigned)found->steps) : TEXT("");
    struct text bound = found->use.count > 0 ? arena_print(arena, "; bound %u", (unsigned)found->use.count) : TEXT("");

    return arena_print(arena, "%.*s; step %u%.*s%.*s%s", TEXT_PRINT(name), (unsigned)found->step, TEXT_PRINT(of),
                       TEXT_PRINT(bound), is_redacted(&found->x) ? "; redacted" : "");
}

/* From the request until the first byte came. */
static int64_t
latency_of(const struct playback_service *s, const struct exchange *x)
{
    int64_t begin = x->times.sent > 0 ? x->times.sent : 0, took = x->times.first_byte - begin;

    if (x->times.first_byte < 0)
        took = x->times.finished;
    if (took <= 0 || s->settings->replay.latency == 0)
        return 0;
    if (took > MOST_LATENCY)
        took = MOST_LATENCY;
    took = took / 1000 * s->settings->replay.latency;
    return took < MOST_LATENCY ? took : MOST_LATENCY;
}

static void
add_headers(struct playback_item *item, const struct playback_found *found, bool plain)
{
    struct playback_bindings *bindings = playback_finder_bindings(item->service->finder);
    const struct message *m = &found->x.response;

    for (uint32_t i = 0; i < m->header_count; i++) {
        const struct header *h = &m->headers[i];

        if (playback_leaves_out(m, h) || (plain && text_equal_nocase(h->name, TEXT("Content-Encoding"))))
            continue;
        service_answer_header(item->answer, h->name,
                              playback_bindings_to_live(bindings, h->value, false, &found->use, item->request->arena));
    }
}

int64_t
playback_answer(struct playback_item *item, struct playback_found *found)
{
    struct arena *arena = item->request->arena;
    const struct message *m = &found->x.response;
    const char *why = why_unusable(m);
    bool plain = false;

    if (why != NULL) {
        struct text name =
            catalog_name(playback_finder_catalog(item->service->finder), found->number, &found->x, arena);

        playback_refuse(item, 502, arena_print(arena, "%.*s; unusable", TEXT_PRINT(name)).data,
                        arena_print(arena, "the recorded answer %.*s cannot be given: %s", TEXT_PRINT(name), why));
        return 0;
    }
    item->answer->status = m->status;
    item->answer->head_length = m->has_length ? m->length : 0;
    service_answer_header(item->answer, TEXT("Plumbline-Replay"), mark_of(item, found));
    buffer_add(&item->answer->body, body_of(item, found, &plain));
    add_headers(item, found, plain);
    return latency_of(item->service, &found->x);
}
