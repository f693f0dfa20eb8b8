/* record.c -- writing an exchange as a HAR entry. The order of members is that of the HAR 1.2 specification,
 * `_plumbline` last. */
#include "traffic/record.h"

#include "base/base64.h"
#include "http/coding.h"
#include "http/media_type.h"
#include "http/problem.h"
#include "http/query.h"
#include "json/write.h"
#include "base/time_text.h"

/* A key, ready to be written. */
#define KEY(name) TEXT("\"" name "\":")

/* How a body is told: as text, as base64, or not at all. */
struct told_body {
    struct text text;      /* content codings undone where that is possible */
    bool binary;           /* not UTF-8: base64 */
    bool coded;            /* text differs from the bytes on the wire: those are kept beside it */
    const char *truncated; /* why not all of it is there, or NULL */
};

/* By enum body_state; BODY_WHOLE, if more than max_body, is cut by ourselves. */
const char *const record_truncations[] = { NULL, "record", "size", "early", "stream" };

static void
json_time(struct json_writer *w, int64_t ns)
{
    json_string(w, time_text_rfc3339(ns, 9));
}

/* Milliseconds, as HAR counts; -1 for what never happened. */
static void
add_milliseconds(struct buffer *out, int64_t ns)
{
    uint64_t rest = (uint64_t)ns % 1000000;
    char fraction[7];

    if (ns < 0) {
        buffer_add(out, TEXT("-1"));
        return;
    }
    buffer_unsigned(out, (uint64_t)ns / 1000000);
    fraction[0] = '.';
    for (int i = 6; i > 0; i--, rest /= 10)
        fraction[i] = (char)('0' + rest % 10);
    buffer_add(out, text_make(fraction, sizeof fraction));
}

/* A cut may go through a character: what is left of it goes, too. */
static struct text
without_cut_character(struct text t)
{
    for (size_t less = 0; less < 4 && less < t.length; less++)
        if (text_is_utf8(text_slice(t, 0, t.length - less)))
            return text_slice(t, 0, t.length - less);
    return t;
}

static struct told_body
tell_body(const struct message *m, size_t max_body, struct arena *arena)
{
    struct told_body told = { .text = m->body };
    struct text plain;

    if (m->body_state != BODY_NONE && m->body_state != BODY_WHOLE)
        told.truncated = record_truncations[m->body_cut ? BODY_WHOLE : m->body_state];
    if (m->body_state == BODY_WHOLE && !m->body_plain && message_header(m, HEADER_CONTENT_ENCODING) != NULL &&
        coding_decode(m, max_body, arena, &plain) == CODING_OK && !text_equal(plain, m->body)) {
        told.text = plain;
        told.coded = true;
    }
    if (told.text.length > max_body) {
        told.text = without_cut_character(text_slice(told.text, 0, max_body));
        told.truncated = told.truncated != NULL ? told.truncated : record_truncations[BODY_WHOLE];
    }
    told.binary = told.text.length > 0 && !text_is_utf8(told.text);
    return told;
}

static void
write_headers(struct json_writer *w, const struct header *headers, uint32_t count)
{
    json_array(w);
    for (uint32_t i = 0; i < count; i++) { /* by hand: every exchange has a dozen of them */
        buffer_add(w->out, i > 0 ? TEXT(",{\"name\":") : TEXT("{\"name\":"));
        json_escape(w->out, headers[i].name);
        buffer_add(w->out, TEXT(",\"value\":"));
        json_escape(w->out, headers[i].value);
        buffer_byte(w->out, '}');
    }
    json_end_array(w);
}

static void
write_fields(struct json_writer *w, const struct message *m)
{
    struct text version = m->version.length > 0 ? m->version : m->minor == 0 ? TEXT("HTTP/1.0") : TEXT("HTTP/1.1");

    buffer_add(w->out, TEXT(",\"httpVersion\":"));
    json_escape(w->out, version);
    buffer_add(w->out, TEXT(",\"cookies\":[],\"headers\":"));
    w->after_key = true;
    write_headers(w, m->headers, m->header_count);
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
write_base64(struct json_writer *w, struct text key, struct text bytes)
{
    json_key(w, key);
    json_raw(w, TEXT("\""));
    base64_write(w->out, bytes);
    buffer_byte(w->out, '"');
}

/* HAR knows an encoding for responses alone (1.2, content); a request that is no text is in _plumbline. */
static void
write_body_text(struct json_writer *w, const struct told_body *told, bool request)
{
    if (told->binary && !request) {
        write_base64(w, TEXT("text"), told->text);
        JSON_KEY(w, "encoding");
        json_string(w, TEXT("base64"));
        return;
    }
    JSON_KEY(w, "text");
    json_string(w, told->binary ? TEXT("") : told->text);
}

static void
write_url(struct json_writer *w, const struct exchange *x)
{
    const struct message *m = &x->request;
    bool absolute = text_search(m->target, TEXT("://")) < text_find(m->target, '/');
    bool origin = m->target.length > 0 && m->target.data[0] == '/';
    struct text authority = m->authority.length > 0 ? m->authority : TEXT("localhost");
    struct text scheme = x->scheme.length > 0 ? x->scheme : TEXT("http");

    JSON_KEY(w, "url");
    if (absolute) {
        json_string(w, m->target);
        return;
    }
    json_raw(w, TEXT("\""));
    json_escape_inside(w->out, scheme);
    buffer_add(w->out, TEXT("://"));
    json_escape_inside(w->out, authority);
    json_escape_inside(w->out, origin ? m->target : TEXT("/"));
    buffer_byte(w->out, '"');
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
    write_fields(w, m);
    JSON_KEY(w, "queryString");
    write_query(w, m, x->arena);
    if (m->body_state != BODY_NONE) {
        JSON_KEY(w, "postData");
        json_object(w);
        JSON_KEY(w, "mimeType");
        json_string(w, message_value(m, HEADER_CONTENT_TYPE));
        write_body_text(w, body, true);
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
    write_fields(w, m);
    JSON_KEY(w, "content");
    json_object(w);
    JSON_KEY(w, "size");
    json_integer(w, body->coded ? (int64_t)body->text.length : (int64_t)m->body_bytes);
    JSON_KEY(w, "mimeType");
    json_string(w, message_value(m, HEADER_CONTENT_TYPE));
    if (m->body_state != BODY_NONE)
        write_body_text(w, body, false);
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

    buffer_add(w->out, TEXT(",\"cache\":{},\"timings\":{\"connect\":"));
    add_milliseconds(w->out, connect);
    buffer_add(w->out, TEXT(",\"send\":"));
    add_milliseconds(w->out, send < 0 ? 0 : send);
    buffer_add(w->out, TEXT(",\"wait\":"));
    add_milliseconds(w->out, wait < 0 ? 0 : wait);
    buffer_add(w->out, TEXT(",\"receive\":"));
    add_milliseconds(w->out, receive < 0 ? 0 : receive);
    buffer_byte(w->out, '}');
}

/* ---- _plumbline ---- */

static void
write_text_if(struct json_writer *w, struct text key, struct text value)
{
    if (value.length == 0)
        return;
    json_key_literal(w, key);
    json_string(w, value);
}

static void
write_violation(struct json_writer *w, const struct violation *v)
{
    json_object(w);
    JSON_KEY(w, "id");
    json_string(w, text_of(violation_name(v->id)));
    write_text_if(w, KEY("instance"), v->instance);
    write_text_if(w, KEY("keyword"), v->keyword);
    write_text_if(w, KEY("file"), v->file);
    if (v->line > 0) {
        JSON_KEY(w, "line");
        json_integer(w, v->line);
        JSON_KEY(w, "column");
        json_integer(w, v->column);
    }
    write_text_if(w, KEY("pointer"), v->pointer);
    write_text_if(w, KEY("expected"), v->expected);
    write_text_if(w, KEY("found"), v->found);
    write_text_if(w, KEY("hint"), v->hint);
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
            write_text_if(w, KEY("instance"), v->unchecked[i].instance);
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
    json_key_literal(w, key);
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

/* Field values whose bytes JSON cannot carry are kept beside the readable ones, in the same order. */
static void
write_lost_fields(struct json_writer *w, struct text key, const struct header *headers, uint32_t count)
{
    if (fields_are_utf8(headers, count))
        return;
    json_key(w, key);
    json_array(w);
    for (uint32_t i = 0; i < count; i++) {
        if (text_is_utf8(headers[i].value)) {
            json_null(w);
            continue;
        }
        json_raw(w, TEXT("\""));
        base64_write(w->out, headers[i].value);
        buffer_byte(w->out, '"');
    }
    json_end_array(w);
}

/* How one side's extras are called. */
struct side_keys {
    struct text bytes, plain, digest, trailers, fields, trailer_fields;
};

static const struct side_keys request_keys = {
    { "request_base64", 14 },   { "request_plain", 13 },         { "\"request_digest\":", 17 },
    { "request_trailers", 16 }, { "request_fields_base64", 21 }, { "request_trailers_base64", 23 },
};
static const struct side_keys response_keys = {
    { "response_wire_base64", 20 }, { "response_plain", 14 },         { "\"response_digest\":", 18 },
    { "response_trailers", 17 },    { "response_fields_base64", 22 }, { "response_trailers_base64", 24 },
};

/* What a message needs beyond HAR: the bytes on the wire where the text is not them, a digest where it must not be
 * told, trailers. */
static void
write_extras(struct json_writer *w, const struct message *m, const struct told_body *body, const struct side_keys *keys)
{
    if (body->coded || (body->binary && m->is_request))
        write_base64(w, keys->bytes, body->coded ? m->body : body->text);
    if (m->body_plain) {
        json_key(w, keys->plain);
        json_bool(w, true);
    }
    write_text_if(w, keys->digest, m->body_digest);
    if (m->trailer_count > 0) {
        json_key(w, keys->trailers);
        write_headers(w, m->trailers, m->trailer_count);
    }
    write_lost_fields(w, keys->fields, m->headers, m->header_count);
    write_lost_fields(w, keys->trailer_fields, m->trailers, m->trailer_count);
}

static void
write_refusal(struct json_writer *w, const struct refusal *r)
{
    if (r->status == 0 && r->reason.length == 0) /* a reason without a status: the exchange was broken off */
        return;
    JSON_KEY(w, "refusal");
    json_object(w);
    JSON_KEY(w, "status");
    json_integer(w, r->status);
    JSON_KEY(w, "side");
    json_string(w, text_of(side_name(r->side)));
    JSON_KEY(w, "reason");
    json_string(w, r->reason);
    write_text_if(w, KEY("detail"), r->detail);
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
    if (x->amends > 0) {
        JSON_KEY(w, "amends");
        json_integer(w, (int64_t)x->amends);
    }
    if (x->lost > 0) {
        JSON_KEY(w, "lost");
        json_integer(w, (int64_t)x->lost);
    }
    JSON_KEY(w, "start");
    json_time(w, x->started);
    JSON_KEY(w, "end");
    json_time(w, x->started + (x->times.finished > 0 ? x->times.finished : 0));
    write_text_if(w, KEY("service"), x->service);
    write_text_if(w, KEY("operation"), x->operation);
    write_text_if(w, KEY("responder"), x->responder);
    JSON_KEY(w, "outcome");
    json_string(w, text_of(record_outcomes[x->outcome]));
    write_text_if(w, KEY("client"), x->client);
    write_text_if(w, KEY("upstream"), x->upstream);
    write_text_if(w, KEY("target"), x->request.target);
    write_text_if(w, KEY("traceparent"), message_value(&x->request, HEADER_TRACEPARENT));
}

const char *const record_tunnel_ends[] = {
#define TUNNEL_END_NAME(NAME, name) name,
    TUNNEL_ENDS(TUNNEL_END_NAME)
#undef TUNNEL_END_NAME
};

static void
write_tunnel(struct json_writer *w, const struct exchange *x)
{
    if (x->outcome != OUTCOME_TUNNEL)
        return;
    JSON_KEY(w, "tunnel");
    json_object(w);
    JSON_KEY(w, "protocol");
    json_string(w, x->tunnel.protocol);
    JSON_KEY(w, "from_client");
    json_integer(w, (int64_t)x->tunnel.from_client);
    JSON_KEY(w, "from_upstream");
    json_integer(w, (int64_t)x->tunnel.from_upstream);
    JSON_KEY(w, "duration");
    json_integer(w, x->tunnel.duration);
    JSON_KEY(w, "end");
    json_string(w, text_of(record_tunnel_ends[x->tunnel.end]));
    json_end_object(w);
}

static void
write_truncated(struct json_writer *w, const char *request, const char *response)
{
    if (request == NULL && response == NULL)
        return;
    JSON_KEY(w, "truncated");
    json_object(w);
    write_text_if(w, KEY("request"), text_of(request));
    write_text_if(w, KEY("response"), text_of(response));
    json_end_object(w);
}

const struct record_time record_times[RECORD_TIMES] = {
    { "request_head", "\"request_head\":", offsetof(struct exchange_times, request_head) },
    { "request_end", "\"request_end\":", offsetof(struct exchange_times, request_end) },
    { "connected", "\"connected\":", offsetof(struct exchange_times, connected) },
    { "sent", "\"sent\":", offsetof(struct exchange_times, sent) },
    { "first_byte", "\"first_byte\":", offsetof(struct exchange_times, first_byte) },
    { "response_end", "\"response_end\":", offsetof(struct exchange_times, response_end) },
    { "finished", "\"finished\":", offsetof(struct exchange_times, finished) },
};

/* HAR tells how long the phases took; this, when they were. */
static void
write_times(struct json_writer *w, const struct exchange_times *t)
{
    JSON_KEY(w, "times");
    json_object(w);
    for (size_t i = 0; i < RECORD_TIMES; i++) {
        int64_t ns = *(const int64_t *)(const void *)((const char *)t + record_times[i].offset);

        if (ns < 0)
            continue;
        json_key_literal(w, text_of(record_times[i].key));
        json_integer(w, ns);
    }
    json_end_object(w);
}

static void
write_own(struct json_writer *w, const struct exchange *x, const struct told_body *request,
          const struct told_body *response)
{
    JSON_KEY(w, "_plumbline");
    json_object(w);
    write_identity(w, x);
    write_times(w, &x->times);
    write_verdict(w, TEXT("request"), &x->request_verdict);
    write_verdict(w, TEXT("response"), &x->response_verdict);
    write_refusal(w, &x->refusal);
    write_tunnel(w, x);
    write_texts(w, KEY("faults"), x->faults, x->fault_count);
    write_texts(w, KEY("redacted"), x->redacted, x->redacted_count);
    write_truncated(w, request->truncated, response->truncated);
    write_extras(w, &x->request, request, &request_keys);
    if (x->has_response)
        write_extras(w, &x->response, response, &response_keys);
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
    buffer_add(out, TEXT(",\"time\":"));
    add_milliseconds(out, x->times.finished > 0 ? x->times.finished : 0);
    write_request(&w, x, &request);
    write_response(&w, x, &response);
    write_timings(&w, &x->times);
    write_own(&w, x, &request, &response);
    json_end_object(&w);
    buffer_byte(out, '\n');
}

void
record_write_amendment(struct buffer *out, const struct exchange *x, uint64_t sequence, uint64_t lost)
{
    struct exchange amendment = *x;
    struct message *request = &amendment.request, *response = &amendment.response;

    amendment.amends = x->sequence;
    amendment.sequence = sequence;
    amendment.lost = lost;
    request->header_count = request->trailer_count = response->header_count = response->trailer_count = 0;
    request->body_state = response->body_state = BODY_NONE;
    request->body = response->body = request->body_digest = response->body_digest = (struct text){ NULL, 0 };
    request->body_plain = response->body_plain = false;
    amendment.request_verdict = amendment.response_verdict = (struct verdict){ .checked = false };
    amendment.redacted_count = amendment.fault_count = 0;
    record_write(out, &amendment, 0);
}
