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

/* Most of a line is the same for every exchange: keys are put as they stand in it, with what is around them. The writer
 * is for the rare parts, inside of an object that has something already. */
#define PUT(out, literal) buffer_add((out), TEXT(literal))

/* A key, ready to be written by the writer; one with its comma, to be put. */
#define KEY(name)  TEXT("\"" name "\":")
#define NEXT(name) TEXT(",\"" name "\":")

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
put_time(struct buffer *out, int64_t ns)
{
    buffer_byte(out, '"');
    buffer_add(out, time_text_rfc3339(ns, 9));
    buffer_byte(out, '"');
}

static void
put_text(struct buffer *out, struct text key, struct text value)
{
    buffer_add(out, key);
    json_escape(out, value);
}

static void
put_text_if(struct buffer *out, struct text key, struct text value)
{
    if (value.length > 0)
        put_text(out, key, value);
}

static void
put_number(struct buffer *out, struct text key, uint64_t value)
{
    buffer_add(out, key);
    buffer_unsigned(out, value);
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
put_headers(struct buffer *out, const struct header *headers, uint32_t count)
{
    buffer_byte(out, '[');
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0)
            buffer_byte(out, ',');
        put_text(out, TEXT("{\"name\":"), headers[i].name);
        put_text(out, NEXT("value"), headers[i].value);
        buffer_byte(out, '}');
    }
    buffer_byte(out, ']');
}

static void
put_fields(struct buffer *out, const struct message *m)
{
    struct text version = m->version.length > 0 ? m->version : m->minor == 0 ? TEXT("HTTP/1.0") : TEXT("HTTP/1.1");

    put_text(out, NEXT("httpVersion"), version);
    PUT(out, ",\"cookies\":[],\"headers\":");
    put_headers(out, m->headers, m->header_count);
}

/* Name and value decoded, as HAR shows them; the raw target is in _plumbline. */
static void
put_query(struct buffer *out, const struct message *m, struct arena *arena)
{
    struct text rest = m->query;
    struct query_pair pair;
    bool first = true;

    buffer_byte(out, '[');
    while (query_next(&rest, &pair)) {
        struct text name = pair.name, value = pair.value;

        (void)percent_decode(pair.name, true, arena, &name); /* what cannot be decoded is shown as it came */
        (void)percent_decode(pair.value, true, arena, &value);
        if (!first)
            buffer_byte(out, ',');
        first = false;
        put_text(out, TEXT("{\"name\":"), name);
        put_text(out, NEXT("value"), value);
        buffer_byte(out, '}');
    }
    buffer_byte(out, ']');
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
put_body_text(struct buffer *out, const struct told_body *told, bool request)
{
    if (told->binary && !request) {
        PUT(out, ",\"text\":\"");
        base64_write(out, told->text);
        PUT(out, "\",\"encoding\":\"base64\"");
        return;
    }
    put_text(out, NEXT("text"), told->binary ? TEXT("") : told->text);
}

static void
put_url(struct buffer *out, const struct exchange *x)
{
    const struct message *m = &x->request;
    bool origin = m->target.length > 0 && m->target.data[0] == '/';
    bool absolute = !origin && text_search(m->target, TEXT("://")) < text_find(m->target, '/');

    if (absolute) {
        put_text(out, NEXT("url"), m->target);
        return;
    }
    PUT(out, ",\"url\":\"");
    json_escape_inside(out, x->scheme.length > 0 ? x->scheme : TEXT("http"));
    PUT(out, "://");
    json_escape_inside(out, m->authority.length > 0 ? m->authority : TEXT("localhost"));
    json_escape_inside(out, origin ? m->target : TEXT("/"));
    buffer_byte(out, '"');
}

static void
put_request(struct buffer *out, const struct exchange *x, const struct told_body *body)
{
    const struct message *m = &x->request;

    put_text(out, TEXT(",\"request\":{\"method\":"), m->method);
    put_url(out, x);
    put_fields(out, m);
    PUT(out, ",\"queryString\":");
    put_query(out, m, x->arena);
    if (m->body_state != BODY_NONE) {
        put_text(out, TEXT(",\"postData\":{\"mimeType\":"), message_value(m, HEADER_CONTENT_TYPE));
        put_body_text(out, body, true);
        buffer_byte(out, '}');
    }
    put_number(out, TEXT(",\"headersSize\":-1,\"bodySize\":"), m->body_bytes);
    buffer_byte(out, '}');
}

static void
put_response(struct buffer *out, const struct exchange *x, const struct told_body *body)
{
    const struct message *m = &x->response;

    put_number(out, TEXT(",\"response\":{\"status\":"), x->has_response ? (uint64_t)m->status : 0);
    put_text(out, NEXT("statusText"), m->reason);
    put_fields(out, m);
    put_number(out, TEXT(",\"content\":{\"size\":"), body->coded ? body->text.length : m->body_bytes);
    put_text(out, NEXT("mimeType"), message_value(m, HEADER_CONTENT_TYPE));
    if (m->body_state != BODY_NONE)
        put_body_text(out, body, false);
    put_text(out, TEXT("},\"redirectURL\":"), message_value(m, HEADER_LOCATION));
    put_number(out, TEXT(",\"headersSize\":-1,\"bodySize\":"), m->body_bytes);
    buffer_byte(out, '}');
}

/* later - earlier, or -1 when one of them never was. */
static int64_t
between(int64_t earlier, int64_t later)
{
    return earlier < 0 || later < earlier ? -1 : later - earlier;
}

static void
put_timings(struct buffer *out, const struct exchange_times *t)
{
    int64_t connect = between(t->request_head, t->connected);
    int64_t send = between(t->connected, t->sent);
    int64_t wait = between(t->sent, t->first_byte);
    int64_t receive = between(t->first_byte, t->response_end);

    buffer_add(out, TEXT(",\"cache\":{},\"timings\":{\"connect\":"));
    add_milliseconds(out, connect);
    buffer_add(out, TEXT(",\"send\":"));
    add_milliseconds(out, send < 0 ? 0 : send);
    buffer_add(out, TEXT(",\"wait\":"));
    add_milliseconds(out, wait < 0 ? 0 : wait);
    buffer_add(out, TEXT(",\"receive\":"));
    add_milliseconds(out, receive < 0 ? 0 : receive);
    buffer_byte(out, '}');
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
write_violations(struct json_writer *w, const struct verdict *v)
{
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
}

static void
write_verdict(struct json_writer *w, struct text key, const struct verdict *v)
{
    if (!v->checked && v->count == 0 && v->unchecked_count == 0)
        return;
    buffer_add(w->out, key);
    buffer_add(w->out, v->checked ? TEXT("{\"checked\":true") : TEXT("{\"checked\":false"));
    write_violations(w, v);
    buffer_byte(w->out, '}');
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
        w->after_key = false;
        put_headers(w->out, m->trailers, m->trailer_count);
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
put_identity(struct buffer *out, const struct exchange *x)
{
    put_number(out, TEXT(",\"_plumbline\":{\"version\":"), RECORD_VERSION);
    put_text(out, NEXT("id"), text_of(x->id));
    put_number(out, NEXT("sequence"), x->sequence);
    if (x->amends > 0)
        put_number(out, NEXT("amends"), x->amends);
    if (x->lost > 0)
        put_number(out, NEXT("lost"), x->lost);
    PUT(out, ",\"start\":");
    put_time(out, x->started);
    PUT(out, ",\"end\":");
    put_time(out, x->started + (x->times.finished > 0 ? x->times.finished : 0));
    put_text_if(out, NEXT("service"), x->service);
    put_text_if(out, NEXT("operation"), x->operation);
    put_text_if(out, NEXT("responder"), x->responder);
    put_text(out, NEXT("outcome"), text_of(record_outcomes[x->outcome]));
    put_text_if(out, NEXT("client"), x->client);
    put_text_if(out, NEXT("upstream"), x->upstream);
    put_text_if(out, NEXT("target"), x->request.target);
    put_text_if(out, NEXT("traceparent"), message_value(&x->request, HEADER_TRACEPARENT));
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
put_times(struct buffer *out, const struct exchange_times *t)
{
    bool first = true;

    PUT(out, ",\"times\":{");
    for (size_t i = 0; i < RECORD_TIMES; i++) {
        int64_t ns = *(const int64_t *)(const void *)((const char *)t + record_times[i].offset);

        if (ns < 0)
            continue;
        if (!first)
            buffer_byte(out, ',');
        first = false;
        put_number(out, text_of(record_times[i].key), (uint64_t)ns);
    }
    buffer_byte(out, '}');
}

static void
write_own(struct json_writer *w, const struct exchange *x, const struct told_body *request,
          const struct told_body *response)
{
    put_identity(w->out, x);
    put_times(w->out, &x->times);
    write_verdict(w, NEXT("request"), &x->request_verdict);
    write_verdict(w, NEXT("response"), &x->response_verdict);
    write_refusal(w, &x->refusal);
    write_tunnel(w, x);
    write_texts(w, KEY("faults"), x->faults, x->fault_count);
    write_texts(w, KEY("fault_notes"), x->fault_notes, x->fault_notes != NULL ? x->fault_count : 0);
    write_texts(w, KEY("redacted"), x->redacted, x->redacted_count);
    write_truncated(w, request->truncated, response->truncated);
    write_extras(w, &x->request, request, &request_keys);
    if (x->has_response)
        write_extras(w, &x->response, response, &response_keys);
    buffer_byte(w->out, '}');
}

void
record_write(struct buffer *out, const struct exchange *x, size_t max_body)
{
    struct told_body request = tell_body(&x->request, max_body, x->arena);
    struct told_body response = tell_body(&x->response, max_body, x->arena);
    struct json_writer w;

    json_begin(&w, out, 0);
    w.comma = true;
    PUT(out, "{\"startedDateTime\":");
    put_time(out, x->started);
    PUT(out, ",\"time\":");
    add_milliseconds(out, x->times.finished > 0 ? x->times.finished : 0);
    put_request(out, x, &request);
    put_response(out, x, &response);
    put_timings(out, &x->times);
    write_own(&w, x, &request, &response);
    PUT(out, "}\n");
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
