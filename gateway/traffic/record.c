/* record.c -- writing an exchange as a HAR entry. The order of members is that of the HAR 1.2 specification, `_plumbline` last. */
#include "traffic/record.h"

#include "base/base64.h"
#include "http/coding.h"
#include "http/media_type.h"
#include "http/problem.h"
#include "http/query.h"
#include "json/write.h"
#include "traffic/time_text.h"

/* How a body is told: as text, as base64, or not at all. */
struct told_body {
    struct text text; /* content codings undone where that is possible */
    bool binary;      /* not UTF-8: base64 */
    bool coded;       /* text differs from the bytes on the wire: those are kept beside it */
    bool truncated;   /* not all of it is there */
};

static void
json_time(struct json_writer *w, int64_t ns)
{
    char text[TIME_TEXT_BYTES];

    json_string(w, text_make(text, time_text_write(text, ns, 9)));
}

/* Milliseconds with three decimals, as HAR counts; -1 for what never happened. */
static void
json_milliseconds(struct json_writer *w, int64_t ns)
{
    if (ns < 0)
        json_integer(w, -1);
    else
        json_double(w, (double)ns / 1e6, 3);
}

static struct told_body
tell_body(const struct message *m, size_t max_body, struct arena *arena)
{
    struct told_body told = { .text = m->body };
    struct text plain;

    told.truncated = m->body_state == BODY_TOO_LARGE || m->body_state == BODY_TRUNCATED || m->body_state == BODY_STREAM;
    if (m->body_state == BODY_WHOLE && !m->body_plain && message_header(m, HEADER_CONTENT_ENCODING) != NULL &&
        coding_decode(m, max_body, arena, &plain) == CODING_OK && !text_equal(plain, m->body)) {
        told.text = plain;
        told.coded = true;
    }
    if (told.text.length > max_body) {
        told.text = text_slice(told.text, 0, max_body);
        told.truncated = true;
    }
    /* a cut may go through a character */
    told.binary = told.text.length > 0 && !text_is_utf8(told.text);
    return told;
}

static void
write_headers(struct json_writer *w, const struct header *headers, uint32_t count)
{
    json_array(w);
    for (uint32_t i = 0; i < count; i++) {
        json_object(w);
        JSON_KEY(w, "name");
        json_string(w, headers[i].name);
        JSON_KEY(w, "value");
        json_string(w, headers[i].value);
        json_end_object(w);
    }
    json_end_array(w);
}

/* Name and value decoded, as HAR shows them; the raw target is in _plumbline. */
static void
write_query(struct json_writer *w, const struct message *m, struct arena *arena)
{
    struct text rest = m->query;
    struct query_pair pair;

    json_array(w);
    while (query_next(&rest, &pair)) {
        struct text name = pair.name, value = pair.value;

        (void)percent_decode(pair.name, true, arena, &name); /* what cannot be decoded is shown as it came */
        (void)percent_decode(pair.value, true, arena, &value);
        json_object(w);
        JSON_KEY(w, "name");
        json_string(w, name);
        JSON_KEY(w, "value");
        json_string(w, value);
        json_end_object(w);
    }
    json_end_array(w);
}

static void
write_body_text(struct json_writer *w, const struct told_body *told)
{
    JSON_KEY(w, "text");
    if (!told->binary) {
        json_string(w, told->text);
        return;
    }
    json_raw(w, TEXT("\""));
    base64_write(w->out, told->text);
    buffer_byte(w->out, '"');
    JSON_KEY(w, "encoding");
    json_string(w, TEXT("base64"));
}

static void
write_base64(struct json_writer *w, struct text key, struct text bytes)
{
    json_key(w, key);
    json_raw(w, TEXT("\""));
    base64_write(w->out, bytes);
    buffer_byte(w->out, '"');
}

static struct text
http_version(const struct message *m)
{
    return m->minor == 0 ? TEXT("HTTP/1.0") : TEXT("HTTP/1.1");
}

static void
write_url(struct json_writer *w, const struct exchange *x)
{
    const struct message *m = &x->request;
    bool absolute = m->target.length > 0 && m->target.data[0] != '/' && m->target.data[0] != '*';
    struct text authority = m->authority.length > 0 ? m->authority : TEXT("localhost");
    struct text url = absolute ? m->target
                               : arena_print(x->arena, "%.*s://%.*s%.*s", TEXT_PRINT(x->scheme), TEXT_PRINT(authority),
                                             TEXT_PRINT(m->target));

    JSON_KEY(w, "url");
    json_string(w, url);
}

static void
write_request(struct json_writer *w, const struct exchange *x, const struct told_body *body)
{
    const struct message *m = &x->request;

    JSON_KEY(w, "request");
    json_object(w);
    JSON_KEY(w, "method");
    json_string(w, m->method);
    write_url(w, x);
    JSON_KEY(w, "httpVersion");
    json_string(w, http_version(m));
    JSON_KEY(w, "cookies");
    json_raw(w, TEXT("[]"));
    JSON_KEY(w, "headers");
    write_headers(w, m->headers, m->header_count);
    JSON_KEY(w, "queryString");
    write_query(w, m, x->arena);
    if (m->body_state != BODY_NONE) {
        JSON_KEY(w, "postData");
        json_object(w);
        JSON_KEY(w, "mimeType");
        json_string(w, message_value(m, HEADER_CONTENT_TYPE));
        write_body_text(w, body);
        json_end_object(w);
    }
    JSON_KEY(w, "headersSize");
    json_integer(w, -1);
    JSON_KEY(w, "bodySize");
    json_integer(w, (int64_t)m->body_bytes);
    json_end_object(w);
}

static void
write_response(struct json_writer *w, const struct exchange *x, const struct told_body *body)
{
    const struct message *m = &x->response;

    JSON_KEY(w, "response");
    json_object(w);
    JSON_KEY(w, "status");
    json_integer(w, x->has_response ? m->status : 0);
    JSON_KEY(w, "statusText");
    json_string(w, m->reason);
    JSON_KEY(w, "httpVersion");
    json_string(w, http_version(m));
    JSON_KEY(w, "cookies");
    json_raw(w, TEXT("[]"));
    JSON_KEY(w, "headers");
    write_headers(w, m->headers, m->header_count);
    JSON_KEY(w, "content");
    json_object(w);
    JSON_KEY(w, "size");
    json_integer(w, body->coded ? (int64_t)body->text.length : (int64_t)m->body_bytes);
    JSON_KEY(w, "mimeType");
    json_string(w, message_value(m, HEADER_CONTENT_TYPE));
    if (m->body_state != BODY_NONE)
        write_body_text(w, body);
    json_end_object(w);
    JSON_KEY(w, "redirectURL");
    json_string(w, message_value(m, HEADER_LOCATION));
    JSON_KEY(w, "headersSize");
    json_integer(w, -1);
    JSON_KEY(w, "bodySize");
    json_integer(w, (int64_t)m->body_bytes);
    json_end_object(w);
}

/* later - earlier, or -1 when one of them never was. */
static int64_t
between(int64_t earlier, int64_t later)
{
    return earlier < 0 || later < earlier ? -1 : later - earlier;
}

static void
write_timings(struct json_writer *w, const struct exchange_times *t)
{
    int64_t connect = between(t->request_head, t->connected);
    int64_t send = between(t->connected, t->sent);
    int64_t wait = between(t->sent, t->first_byte);
    int64_t receive = between(t->first_byte, t->response_end);

    JSON_KEY(w, "timings");
    json_object(w);
    JSON_KEY(w, "connect");
    json_milliseconds(w, connect);
    JSON_KEY(w, "send");
    json_milliseconds(w, send < 0 ? 0 : send);
    JSON_KEY(w, "wait");
    json_milliseconds(w, wait < 0 ? 0 : wait);
    JSON_KEY(w, "receive");
    json_milliseconds(w, receive < 0 ? 0 : receive);
    json_end_object(w);
}

/* ---- _plumbline ---- */

static void
write_text_if(struct json_writer *w, struct text key, struct text value)
{
    if (value.length == 0)
        return;
    json_key(w, key);
    json_string(w, value);
}

static void
write_violation(struct json_writer *w, const struct violation *v)
{
    json_object(w);
    JSON_KEY(w, "id");
    json_string(w, text_of(violation_name(v->id)));
    write_text_if(w, TEXT("instance"), v->instance);
    write_text_if(w, TEXT("keyword"), v->keyword);
    write_text_if(w, TEXT("file"), v->file);
    if (v->line > 0) {
        JSON_KEY(w, "line");
        json_integer(w, v->line);
        JSON_KEY(w, "column");
        json_integer(w, v->column);
    }
    write_text_if(w, TEXT("pointer"), v->pointer);
    write_text_if(w, TEXT("expected"), v->expected);
    write_text_if(w, TEXT("found"), v->found);
    write_text_if(w, TEXT("hint"), v->hint);
    json_end_object(w);
}

static void
write_verdict(struct json_writer *w, struct text key, const struct verdict *v)
{
    if (!v->checked && v->count == 0 && v->unchecked_count == 0)
        return;
    json_key(w, key);
    json_object(w);
    JSON_KEY(w, "checked");
    json_bool(w, v->checked);
    if (v->count > 0) {
        JSON_KEY(w, "violations");
        json_array(w);
        for (uint32_t i = 0; i < v->count; i++)
            write_violation(w, &v->list[i]);
        json_end_array(w);
    }
    if (v->dropped > 0) {
        JSON_KEY(w, "dropped");
        json_integer(w, v->dropped);
    }
    if (v->unchecked_count > 0) {
        JSON_KEY(w, "unchecked");
        json_array(w);
        for (uint32_t i = 0; i < v->unchecked_count; i++) {
            json_object(w);
            JSON_KEY(w, "reason");
            json_string(w, text_of(unchecked_name(v->unchecked[i].reason)));
            write_text_if(w, TEXT("instance"), v->unchecked[i].instance);
            json_end_object(w);
        }
        json_end_array(w);
    }
    json_end_object(w);
}

static void
write_texts(struct json_writer *w, struct text key, const struct text *list, uint32_t count)
{
    if (count == 0)
        return;
    json_key(w, key);
    json_array(w);
    for (uint32_t i = 0; i < count; i++)
        json_string(w, list[i]);
    json_end_array(w);
}

static bool
fields_are_utf8(const struct header *headers, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (!text_is_utf8(headers[i].value))
            return false;
    return true;
}

/* Field lines whose bytes JSON cannot carry are kept whole beside the readable ones. */
static void
write_lost_fields(struct json_writer *w, struct text key, const struct message *m)
{
    if (fields_are_utf8(m->headers, m->header_count))
        return;
    json_key(w, key);
    json_array(w);
    for (uint32_t i = 0; i < m->header_count; i++) {
        json_raw(w, TEXT("\""));
        base64_write(w->out, m->headers[i].value);
        buffer_byte(w->out, '"');
    }
    json_end_array(w);
}

/* What a body needs beyond HAR: the bytes on the wire where the text is not them, a digest where it must not be told, trailers. */
static void
write_body_extras(struct json_writer *w, const struct message *m, const struct told_body *body, bool request)
{
    if (body->coded)
        write_base64(w, request ? TEXT("request_base64") : TEXT("response_wire_base64"), m->body);
    if (m->body_plain) {
        json_key(w, request ? TEXT("request_plain") : TEXT("response_plain"));
        json_bool(w, true);
    }
    write_text_if(w, request ? TEXT("request_digest") : TEXT("response_digest"), m->body_digest);
    if (m->trailer_count > 0) {
        json_key(w, request ? TEXT("request_trailers") : TEXT("response_trailers"));
        write_headers(w, m->trailers, m->trailer_count);
    }
    write_lost_fields(w, request ? TEXT("request_fields_base64") : TEXT("response_fields_base64"), m);
}

static void
write_refusal(struct json_writer *w, const struct refusal *r)
{
    if (r->status == 0)
        return;
    JSON_KEY(w, "refusal");
    json_object(w);
    JSON_KEY(w, "status");
    json_integer(w, r->status);
    JSON_KEY(w, "side");
    json_string(w, text_of(side_name(r->side)));
    JSON_KEY(w, "reason");
    json_string(w, r->reason);
    write_text_if(w, TEXT("detail"), r->detail);
    json_end_object(w);
}

const char *const record_outcomes[] = { "delivered", "refused", "client-gone", "tunnel" };

static void
write_identity(struct json_writer *w, const struct exchange *x)
{
    JSON_KEY(w, "version");
    json_integer(w, RECORD_VERSION);
    JSON_KEY(w, "id");
    json_string(w, text_of(x->id));
    JSON_KEY(w, "sequence");
    json_integer(w, (int64_t)x->sequence);
    JSON_KEY(w, "start");
    json_time(w, x->started);
    JSON_KEY(w, "end");
    json_time(w, x->started + (x->times.finished > 0 ? x->times.finished : 0));
    write_text_if(w, TEXT("service"), x->service);
    write_text_if(w, TEXT("operation"), x->operation);
    write_text_if(w, TEXT("responder"), x->responder);
    JSON_KEY(w, "outcome");
    json_string(w, text_of(record_outcomes[x->outcome]));
    write_text_if(w, TEXT("client"), x->client);
    write_text_if(w, TEXT("upstream"), x->upstream);
    write_text_if(w, TEXT("target"), x->request.target);
    write_text_if(w, TEXT("traceparent"), message_value(&x->request, HEADER_TRACEPARENT));
}

static void
write_truncated(struct json_writer *w, bool request, bool response)
{
    if (!request && !response)
        return;
    JSON_KEY(w, "truncated");
    json_array(w);
    if (request)
        json_string(w, TEXT("request"));
    if (response)
        json_string(w, TEXT("response"));
    json_end_array(w);
}

static void
write_own(struct json_writer *w, const struct exchange *x, const struct told_body *request,
          const struct told_body *response)
{
    JSON_KEY(w, "_plumbline");
    json_object(w);
    write_identity(w, x);
    write_verdict(w, TEXT("request"), &x->request_verdict);
    write_verdict(w, TEXT("response"), &x->response_verdict);
    write_refusal(w, &x->refusal);
    write_texts(w, TEXT("faults"), x->faults, x->fault_count);
    write_texts(w, TEXT("redacted"), x->redacted, x->redacted_count);
    write_truncated(w, request->truncated, response->truncated);
    write_body_extras(w, &x->request, request, true);
    if (x->has_response)
        write_body_extras(w, &x->response, response, false);
    json_end_object(w);
}

void
record_write(struct buffer *out, const struct exchange *x, size_t max_body)
{
    struct told_body request = tell_body(&x->request, max_body, x->arena);
    struct told_body response = tell_body(&x->response, max_body, x->arena);
    struct json_writer w;

    json_begin(&w, out, 0);
    json_object(&w);
    JSON_KEY(&w, "startedDateTime");
    json_time(&w, x->started);
    JSON_KEY(&w, "time");
    json_milliseconds(&w, x->times.finished > 0 ? x->times.finished : 0);
    write_request(&w, x, &request);
    write_response(&w, x, &response);
    JSON_KEY(&w, "cache");
    json_raw(&w, TEXT("{}"));
    write_timings(&w, &x->times);
    write_own(&w, x, &request, &response);
    json_end_object(&w);
    buffer_byte(out, '\n');
}
