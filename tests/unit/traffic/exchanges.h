/* exchanges.h -- exchanges for the tests of traffic/: one that has everything, and a comparison that forgets
 * nothing. */
#ifndef UNIT_TRAFFIC_EXCHANGES_H
#define UNIT_TRAFFIC_EXCHANGES_H

#include "unit.h"

#include "base/limits.h"
#include "traffic/record.h"

__attribute__((unused)) static void
add_header(struct message *m, struct arena *arena, struct text name, struct text value)
{
    if (m->headers == NULL)
        m->headers = ARENA_ARRAY(arena, struct header, 32);
    assert_true(m->header_count < 32);
    m->headers[m->header_count++] = (struct header){ .name = name, .value = value, .id = (uint8_t)header_id_of(name) };
}

__attribute__((unused)) static void
set_body(struct message *m, struct text body)
{
    m->body = body;
    m->body_state = BODY_WHOLE;
    m->body_bytes = body.length;
}

/* "GET /orders?limit=1" and its answer 200 without a body. */
__attribute__((unused)) static struct exchange
plain_exchange(struct arena *arena)
{
    struct exchange x = { .arena = arena, .started = 1795237923123456789, .sequence = 7, .has_response = true };

    memcpy(x.id, "0ABCDEFGHJKMNPQRST12", EXCHANGE_ID_BYTES);
    x.times = (struct exchange_times){ 1000, 2001, 2002, 30003, 4000004, 4100005, 4200006 };
    x.scheme = TEXT("http");
    x.request = (struct message){ .is_request = true,
                                  .minor = 1,
                                  .method = TEXT("GET"),
                                  .target = TEXT("/orders?limit=1"),
                                  .path = TEXT("/orders"),
                                  .query = TEXT("limit=1"),
                                  .has_query = true,
                                  .authority = TEXT("shop.example:8080") };
    x.response = (struct message){ .minor = 1, .status = 200, .reason = TEXT("OK") };
    add_header(&x.request, arena, TEXT("Host"), TEXT("shop.example:8080"));
    add_header(&x.response, arena, TEXT("Date"), TEXT("Sat, 21 Nov 2026 05:12:03 GMT"));
    return x;
}

static void
same_text(const char *what, struct text a, struct text b)
{
    check_that(text_equal(a, b), "%s: '%.*s' came back as '%.*s'", what, TEXT_PRINT(a), TEXT_PRINT(b));
}

static void
same_headers(const char *what, const struct header *a, uint32_t a_count, const struct header *b, uint32_t b_count)
{
    check_that(a_count == b_count, "%s: %u came back as %u", what, a_count, b_count);
    for (uint32_t i = 0; i < a_count; i++) {
        same_text(what, a[i].name, b[i].name);
        same_text(what, a[i].value, b[i].value);
        assert_int_equal(a[i].id, b[i].id);
    }
}

static void
same_message(const struct message *a, const struct message *b)
{
    assert_int_equal(a->is_request, b->is_request);
    assert_int_equal(a->minor, b->minor);
    assert_int_equal(a->status, b->status);
    same_text("reason", a->reason, b->reason);
    same_text("method", a->method, b->method);
    same_text("target", a->target, b->target);
    same_text("path", a->path, b->path);
    same_text("query", a->query, b->query);
    assert_int_equal(a->has_query, b->has_query);
    same_text("authority", a->authority, b->authority);
    same_headers("headers", a->headers, a->header_count, b->headers, b->header_count);
    same_headers("trailers", a->trailers, a->trailer_count, b->trailers, b->trailer_count);
    assert_int_equal(a->body_state, b->body_state);
    same_text("body", a->body, b->body);
    assert_int_equal(a->body_plain, b->body_plain);
    same_text("digest", a->body_digest, b->body_digest);
    assert_int_equal(a->body_bytes, b->body_bytes);
}

static void
same_verdict(const struct verdict *a, const struct verdict *b)
{
    assert_int_equal(a->checked, b->checked);
    assert_int_equal(a->count, b->count);
    assert_int_equal(a->dropped, b->dropped);
    assert_int_equal(a->unchecked_count, b->unchecked_count);
    for (uint32_t i = 0; i < a->count; i++) {
        const struct violation *v = &a->list[i], *w = &b->list[i];

        assert_int_equal(v->id, w->id);
        assert_int_equal(v->side, w->side);
        same_text("instance", v->instance, w->instance);
        same_text("keyword", v->keyword, w->keyword);
        same_text("file", v->file, w->file);
        assert_int_equal(v->line, w->line);
        assert_int_equal(v->column, w->column);
        same_text("pointer", v->pointer, w->pointer);
        same_text("expected", v->expected, w->expected);
        same_text("found", v->found, w->found);
        same_text("hint", v->hint, w->hint);
    }
    for (uint32_t i = 0; i < a->unchecked_count; i++) {
        assert_int_equal(a->unchecked[i].reason, b->unchecked[i].reason);
        assert_int_equal(a->unchecked[i].side, b->unchecked[i].side);
        same_text("unchecked", a->unchecked[i].instance, b->unchecked[i].instance);
    }
}

static void
same_texts(const char *what, const struct text *a, uint32_t a_count, const struct text *b, uint32_t b_count)
{
    assert_int_equal(a_count, b_count);
    for (uint32_t i = 0; i < a_count; i++)
        same_text(what, a[i], b[i]);
}

__attribute__((unused)) static void
same_exchange(const struct exchange *a, const struct exchange *b)
{
    assert_string_equal(a->id, b->id);
    assert_int_equal(a->sequence, b->sequence);
    assert_int_equal(a->started, b->started);
    assert_memory_equal(&a->times, &b->times, sizeof a->times);
    same_text("service", a->service, b->service);
    same_text("operation", a->operation, b->operation);
    same_text("responder", a->responder, b->responder);
    same_text("client", a->client, b->client);
    same_text("upstream", a->upstream, b->upstream);
    same_text("scheme", a->scheme, b->scheme);
    same_message(&a->request, &b->request);
    assert_int_equal(a->has_response, b->has_response);
    same_message(&a->response, &b->response);
    same_verdict(&a->request_verdict, &b->request_verdict);
    same_verdict(&a->response_verdict, &b->response_verdict);
    assert_int_equal(a->outcome, b->outcome);
    assert_int_equal(a->refusal.status, b->refusal.status);
    assert_int_equal(a->refusal.side, b->refusal.side);
    same_text("reason", a->refusal.reason, b->refusal.reason);
    same_text("detail", a->refusal.detail, b->refusal.detail);
    same_text("protocol", a->tunnel.protocol, b->tunnel.protocol);
    assert_int_equal(a->tunnel.from_client, b->tunnel.from_client);
    assert_int_equal(a->tunnel.from_upstream, b->tunnel.from_upstream);
    assert_int_equal(a->tunnel.duration, b->tunnel.duration);
    assert_int_equal(a->tunnel.end, b->tunnel.end);
    same_texts("fault", a->faults, a->fault_count, b->faults, b->fault_count);
    same_texts("redacted", a->redacted, a->redacted_count, b->redacted, b->redacted_count);
}

#endif
