/* record_read.c -- an exchange from a line of a recording, or from an entry of anybody's HAR file. */
#include "base/base64.h"
#include "base/limits.h"
#include "http/media_type.h"
#include "http/query.h"
#include "json/number.h"
#include "base/time_text.h"
#include "traffic/har_parts.h"
#include "traffic/record.h"

struct entry_reader {
    struct exchange *x;
    const struct value *own; /* _plumbline, or NULL: not ours */
    struct error *err;
};

static struct text
text_member(const struct value *v, const char *key)
{
    const struct value *member = value_member(v, text_of(key));

    return value_is(member, VALUE_STRING) ? value_text(member) : text_make(NULL, 0);
}

static int64_t
integer_member(const struct value *v, const char *key, int64_t otherwise)
{
    const struct value *member = value_member(v, text_of(key));
    struct decimal number;
    int64_t result;

    if (!value_is(member, VALUE_NUMBER))
        return otherwise;
    decimal_read(&number, value_text(member));
    return decimal_to_i64(&number, &result) ? result : otherwise;
}

/* A HAR duration in milliseconds as nanoseconds; -1 when it is not there. */
static int64_t
milliseconds_member(const struct value *v, const char *key)
{
    const struct value *member = value_member(v, text_of(key));
    struct decimal number;
    double ms;

    if (!value_is(member, VALUE_NUMBER))
        return -1;
    decimal_read(&number, value_text(member));
    ms = decimal_to_double(&number);
    return ms >= 0 && ms < 1e12 ? (int64_t)(ms * 1e6 + 0.5) : -1;
}

/* ---- heads ---- */

static int
read_headers(struct entry_reader *r, const struct value *list, struct header **headers, uint32_t *count)
{
    uint32_t most = value_is(list, VALUE_ARRAY) ? list->count : 0;

    *count = 0;
    *headers = ARENA_ARRAY(r->x->arena, struct header, most + 2); /* see type_from_content, fields_from_lists */
    if (*headers == NULL)
        return error_memory(r->err);
    if (most == 0)
        return 0;
    for (VALUE_EACH_ITEM(item, list)) {
        struct header *h = &(*headers)[*count];

        h->name = text_member(item, "name");
        h->value = text_member(item, "value");
        /* browsers write HTTP/2 pseudo-fields into HAR files */
        if (h->name.length == 0 || h->name.data[0] == ':')
            continue;
        h->id = (uint8_t)header_id_of(h->name);
        (*count)++;
    }
    return 0;
}

/* Values whose bytes JSON could not carry. */
static void
restore_fields(struct entry_reader *r, const char *key, struct header *headers, uint32_t count)
{
    const struct value *list = value_member(r->own, text_of(key));
    uint32_t i = 0;

    if (!value_is(list, VALUE_ARRAY) || list->count != count)
        return;
    for (VALUE_EACH_ITEM(item, list)) {
        if (value_is(item, VALUE_STRING))
            (void)base64_read(value_text(item), r->x->arena, &headers[i].value); /* else the readable form stays */
        i++;
    }
}

/* Path, query and authority out of the target and the URL. */
static void
split_target(struct exchange *x, struct text url, bool own)
{
    struct message *m = &x->request;
    size_t scheme = text_search(url, TEXT("://"));
    struct text rest = scheme < url.length ? text_from(url, scheme + 3) : url;
    size_t slash = 0, question;

    while (slash < rest.length && rest.data[slash] != '/' && rest.data[slash] != '?' && rest.data[slash] != '#')
        slash++;
    x->scheme = scheme < url.length ? text_slice(url, 0, scheme) : TEXT("http");
    m->authority = text_slice(rest, 0, slash);
    while (text_find(m->authority, '@') < m->authority.length) /* user and password are for the user agent alone */
        m->authority = text_from(m->authority, text_find(m->authority, '@') + 1);
    if (m->target.length == 0 && !own) { /* a head of ours without one was not read so far */
        m->target = text_from(rest, slash);
        m->target = text_slice(m->target, 0, text_find(m->target, '#'));
        if (m->target.length == 0 || text_starts(m->target, TEXT("?")))
            m->target = arena_print(x->arena, "/%.*s", TEXT_PRINT(m->target));
    }
    m->path = m->target;
    if (!text_starts(m->path, TEXT("/")) && text_search(m->path, TEXT("://")) < m->path.length)
        m->path = text_from(m->path, text_search(m->path, TEXT("://")) + 3 + m->authority.length);
    question = text_find(m->path, '?');
    m->has_query = question < m->path.length;
    m->query = text_from(m->path, question + 1);
    m->path = text_slice(m->path, 0, question);
}

/* ---- bodies ---- */

static bool
flag_member(const struct value *v, const char *key)
{
    return value_is(value_member(v, text_of(key)), VALUE_TRUE);
}

static int
read_base64(struct entry_reader *r, struct message *m, struct text text, const char *where)
{
    return base64_read(text, r->x->arena, &m->body)
               ? 0
               : error_set(r->err, ERROR_INPUT, where, "the body is said to be base64 but is none");
}

/* HAR's `text` with its `encoding`, or the bytes on the wire when they were kept. A HAR file of another tool has its
 * codings undone. */
static int
read_body(struct entry_reader *r, struct message *m, const struct value *content, const char *wire_key,
          const char *plain_key, const char *digest_key)
{
    struct text wire = text_member(r->own, wire_key);
    const struct value *text = VALUE_MEMBER(content, "text");

    m->body_digest = text_member(r->own, digest_key);
    m->body_plain =
        r->own != NULL ? flag_member(r->own, plain_key) : message_header(m, HEADER_CONTENT_ENCODING) != NULL;
    m->body_state = BODY_WHOLE;
    if (wire.length > 0)
        return read_base64(r, m, wire, "/_plumbline");
    if (!value_is(text, VALUE_STRING)) {
        /* a body of which only the size was kept */
        m->body_state = m->body_bytes > 0 ? BODY_TRUNCATED : BODY_NONE;
        return 0;
    }
    m->body = value_text(text);
    if (!text_equal(text_member(content, "encoding"), TEXT("base64")))
        return 0;
    return read_base64(r, m, value_text(text), m->is_request ? "/request/postData/text" : "/response/content/text");
}

static void
mark_truncated(struct entry_reader *r, struct message *m, const char *side)
{
    struct text why = text_member(VALUE_MEMBER(r->own, "truncated"), side);

    if (why.length == 0)
        return;
    m->body_state = BODY_TOO_LARGE; /* "record", and what a later version may say */
    m->body_cut = text_equal(why, text_of(record_truncations[BODY_WHOLE]));
    for (int i = BODY_TOO_LARGE; i <= BODY_STREAM; i++)
        if (text_equal(why, text_of(record_truncations[i])))
            m->body_state = (enum body_state)i;
}

/* How many bytes the body had; HAR says -1 where nobody knows. */
static uint64_t
body_size(const struct value *message, const struct value *content)
{
    int64_t sent = integer_member(message, "bodySize", -1), size = integer_member(content, "size", -1);

    return sent > 0 ? (uint64_t)sent : sent < 0 && size > 0 ? (uint64_t)size : 0;
}

/* ---- what only other tools leave out ---- */

/* "a=b&c=d" of a list of names and values. Empty when there is none. */
static struct text
join_pairs(struct entry_reader *r, const struct value *list, const char *between, bool encode)
{
    struct text joined = { NULL, 0 };
    struct buffer out;

    if (r->own != NULL || !value_is(list, VALUE_ARRAY) || list->count == 0)
        return joined;
    buffer_init(&out, LIMIT_RECORD_LINE);
    for (VALUE_EACH_ITEM(item, list)) {
        struct text name = text_member(item, "name"), value = text_member(item, "value");

        if (buffer_length(&out) > 0)
            buffer_add(&out, text_of(between));
        if (encode) {
            percent_encode(&out, name);
            buffer_byte(&out, '=');
            percent_encode(&out, value);
        } else {
            buffer_print(&out, "%.*s=%.*s", TEXT_PRINT(name), TEXT_PRINT(value));
        }
    }
    if (!buffer_failed(&out))
        joined = arena_text(r->x->arena, buffer_text(&out));
    buffer_release(&out);
    return joined;
}

static bool
is_quotable(struct text t)
{
    return text_find(t, '"') == t.length && text_find(t, '\r') == t.length && text_find(t, '\n') == t.length;
}

/* The parts of a multipart form. Empty when one is a file whose content was not kept. */
static struct text
join_parts(struct entry_reader *r, const struct value *params, struct text boundary)
{
    struct text all = { NULL, 0 };
    struct buffer out;
    bool whole = boundary.length > 0;

    buffer_init(&out, LIMIT_RECORD_LINE);
    for (VALUE_EACH_ITEM(item, params)) {
        struct text file = text_member(item, "fileName"), type = text_member(item, "contentType");
        struct text name = text_member(item, "name");

        whole = whole && is_quotable(name) && is_quotable(file) && is_quotable(type) &&
                (file.length == 0 || value_is(VALUE_MEMBER(item, "value"), VALUE_STRING));
        buffer_print(&out, "--%.*s\r\nContent-Disposition: form-data; name=\"", TEXT_PRINT(boundary));
        buffer_print(&out, "%.*s\"", TEXT_PRINT(name));
        if (file.length > 0)
            buffer_print(&out, "; filename=\"%.*s\"", TEXT_PRINT(file));
        if (type.length > 0)
            buffer_print(&out, "\r\nContent-Type: %.*s", TEXT_PRINT(type));
        buffer_print(&out, "\r\n\r\n%.*s\r\n", TEXT_PRINT(text_member(item, "value")));
    }
    buffer_print(&out, "--%.*s--\r\n", TEXT_PRINT(boundary));
    if (whole && !buffer_failed(&out))
        all = arena_text(r->x->arena, buffer_text(&out));
    buffer_release(&out);
    return all;
}

/* A form that was told by its fields alone. */
static void
body_from_params(struct entry_reader *r, struct message *m, const struct value *post)
{
    const struct value *params = VALUE_MEMBER(post, "params");
    struct media_type type;

    if (r->own != NULL || m->body_state == BODY_WHOLE || !value_is(params, VALUE_ARRAY) || params->count == 0 ||
        !media_type_parse(message_value(m, HEADER_CONTENT_TYPE), &type))
        return;
    if (media_type_kind(&type) == MEDIA_FORM)
        m->body = join_pairs(r, params, "&", true);
    else if (media_type_kind(&type) == MEDIA_MULTIPART)
        m->body = join_parts(r, params, media_type_parameter(&type, TEXT("boundary")));
    if (m->body.data != NULL)
        m->body_state = BODY_WHOLE;
}

/* Some tools write the query and the cookies as lists alone. */
static void
fields_from_lists(struct entry_reader *r, struct message *m, const struct value *request)
{
    struct text query = join_pairs(r, VALUE_MEMBER(request, "queryString"), "&", true);
    struct text cookies = join_pairs(r, VALUE_MEMBER(request, "cookies"), "; ", false);

    if (!m->has_query && query.length > 0) {
        m->target = arena_print(r->x->arena, "%.*s?%.*s", TEXT_PRINT(m->target), TEXT_PRINT(query));
        m->query = query;
        m->has_query = true;
    }
    if (cookies.length > 0 && message_header(m, HEADER_COOKIE) == NULL)
        m->headers[m->header_count++] =
            (struct header){ .name = TEXT("Cookie"), .value = cookies, .id = HEADER_COOKIE };
}

/* There was a body, but the tool did not keep it: by its size, which is -1 where nobody knows, or its Content-Length.
 * */
static bool
is_not_kept(const struct entry_reader *r, const struct message *m, const struct value *content)
{
    const struct value *params = VALUE_MEMBER(content, "params");
    int64_t size = integer_member(content, "size", 0);
    uint64_t length = 0;

    if (r->own != NULL || m->body_state != BODY_NONE)
        return false;
    if (m->is_request)
        return m->body_bytes > 0 || (value_is(params, VALUE_ARRAY) && params->count > 0) ||
               (text_to_u64(message_value(m, HEADER_CONTENT_LENGTH), &length) && length > 0);
    return size != 0;
}

/* The media type where the headers were not recorded. read_headers leaves room for it. */
static void
type_from_content(struct entry_reader *r, struct message *m, const struct value *content)
{
    struct text type = text_member(content, "mimeType");

    if (r->own == NULL && type.length > 0 && m->body_state != BODY_NONE &&
        message_header(m, HEADER_CONTENT_TYPE) == NULL)
        m->headers[m->header_count++] =
            (struct header){ .name = TEXT("Content-Type"), .value = type, .id = HEADER_CONTENT_TYPE };
}

static void
forget_body(struct message *m)
{
    m->body_state = BODY_NONE;
    m->body_plain = false;
    m->body_bytes = 0;
}

static void
restore_framing(struct message *m)
{
    const struct header *length = message_header(m, HEADER_CONTENT_LENGTH);

    m->has_length = length != NULL && text_to_u64(length->value, &m->length);
    m->framing = m->body_state == BODY_NONE ? FRAMING_NONE
                 : m->has_length            ? FRAMING_LENGTH
                 : m->is_request            ? FRAMING_CHUNKED
                                            : FRAMING_CLOSE;
    if (message_header(m, HEADER_TRANSFER_ENCODING) != NULL)
        m->framing = FRAMING_CHUNKED;
}

/* "HTTP/1.1", "http/1.1"; what else tools write ("h2", "HTTP/2.0", "unknown") is kept as it is. */
static void
read_version(struct message *m, const struct value *v)
{
    struct text version = text_member(v, "httpVersion");

    m->minor = text_equal_nocase(version, TEXT("HTTP/1.0")) ? 0 : 1;
    if (m->minor == 1 && !text_equal_nocase(version, TEXT("HTTP/1.1")))
        m->version = version;
}

static int
read_request(struct entry_reader *r, const struct value *v)
{
    struct message *m = &r->x->request;
    const struct value *post = VALUE_MEMBER(v, "postData");

    m->is_request = true;
    read_version(m, v);
    m->method = text_member(v, "method");
    m->target = text_member(r->own, "target");
    /* A head of ours without a method is one that was no HTTP/1.1, or never complete. */
    if (!value_is(VALUE_MEMBER(v, "method"), VALUE_STRING) || (m->method.length == 0 && r->own == NULL) ||
        !value_is(VALUE_MEMBER(v, "url"), VALUE_STRING))
        return error_set(r->err, ERROR_INPUT, "/request", "method or url is missing");
    split_target(r->x, har_wire_url(text_member(v, "url"), r->x->arena), r->own != NULL);
    if (read_headers(r, VALUE_MEMBER(v, "headers"), &m->headers, &m->header_count) < 0 ||
        read_headers(r, VALUE_MEMBER(r->own, "request_trailers"), &m->trailers, &m->trailer_count) < 0)
        return -1;
    restore_fields(r, "request_fields_base64", m->headers, m->header_count);
    restore_fields(r, "request_trailers_base64", m->trailers, m->trailer_count);
    m->body_bytes = body_size(v, NULL);
    if (post != NULL && read_body(r, m, post, "request_base64", "request_plain", "request_digest") < 0)
        return -1;
    /* an empty text is what some tools write for no body, or beside the parameters of a form */
    if (r->own == NULL && m->body_state == BODY_WHOLE && m->body.length == 0)
        forget_body(m);
    if (is_not_kept(r, m, post))
        m->body_state = BODY_TRUNCATED;
    fields_from_lists(r, m, v);
    type_from_content(r, m, post);
    body_from_params(r, m, post);
    mark_truncated(r, m, "request");
    restore_framing(m);
    return 0;
}

static int
read_response(struct entry_reader *r, const struct value *v)
{
    struct message *m = &r->x->response;
    const struct value *content = VALUE_MEMBER(v, "content");
    int64_t status = integer_member(v, "status", 0);
    uint64_t quoted;

    if (text_to_u64(text_member(v, "status"), &quoted)) /* some tools quote it */
        status = (int64_t)quoted;
    read_version(m, v);
    m->status = status >= 100 && status <= 999 ? (uint16_t)status : 0;
    m->reason = text_member(v, "statusText");
    r->x->has_response = m->status != 0;
    if (m->status == 101)
        r->x->outcome = OUTCOME_TUNNEL;
    if (read_headers(r, VALUE_MEMBER(v, "headers"), &m->headers, &m->header_count) < 0 ||
        read_headers(r, VALUE_MEMBER(r->own, "response_trailers"), &m->trailers, &m->trailer_count) < 0)
        return -1;
    restore_fields(r, "response_fields_base64", m->headers, m->header_count);
    restore_fields(r, "response_trailers_base64", m->trailers, m->trailer_count);
    m->body_bytes = body_size(v, content);
    if (read_body(r, m, content, "response_wire_base64", "response_plain", "response_digest") < 0)
        return -1;
    /* HAR always has a content object: an empty text where there was no body */
    if (r->own == NULL && m->body_state == BODY_WHOLE && m->body.length == 0 && integer_member(content, "size", 0) <= 0)
        forget_body(m);
    if (is_not_kept(r, m, content))
        m->body_state = BODY_TRUNCATED;
    type_from_content(r, m, content);
    mark_truncated(r, m, "response");
    restore_framing(m);
    return 0;
}

/* ---- _plumbline ---- */

static int
read_violations(struct entry_reader *r, const struct value *list, enum side side, struct verdict *verdict)
{
    if (!value_is(list, VALUE_ARRAY))
        return 0;
    for (VALUE_EACH_ITEM(item, list)) {
        enum violation_id id = violation_of(text_member(item, "id"));
        struct violation *v = id < VIOLATION_IDS ? verdict_add(verdict, r->x->arena, id, side) : NULL;

        if (v == NULL)
            continue; /* an id of a later version */
        v->instance = text_member(item, "instance");
        v->keyword = text_member(item, "keyword");
        v->file = text_member(item, "file");
        v->line = (uint32_t)integer_member(item, "line", 0);
        v->column = (uint32_t)integer_member(item, "column", 0);
        v->pointer = text_member(item, "pointer");
        v->expected = text_member(item, "expected");
        v->found = text_member(item, "found");
        v->hint = text_member(item, "hint");
    }
    return 0;
}

static int
read_verdict(struct entry_reader *r, const char *key, enum side side, struct verdict *verdict)
{
    const struct value *v = value_member(r->own, text_of(key));
    const struct value *unchecked = VALUE_MEMBER(v, "unchecked");

    verdict->checked = flag_member(v, "checked");
    verdict->dropped = (uint32_t)integer_member(v, "dropped", 0);
    if (value_is(unchecked, VALUE_ARRAY)) {
        for (VALUE_EACH_ITEM(item, unchecked)) {
            enum unchecked_id reason = unchecked_of(text_member(item, "reason"));

            if (reason < UNCHECKED_IDS)
                verdict_unchecked(verdict, reason, side, text_member(item, "instance"));
        }
    }
    return read_violations(r, VALUE_MEMBER(v, "violations"), side, verdict);
}

static int
read_texts(struct entry_reader *r, const char *key, struct text **list, uint32_t *count)
{
    const struct value *v = value_member(r->own, text_of(key));

    *count = 0;
    if (!value_is(v, VALUE_ARRAY))
        return 0;
    *list = ARENA_ARRAY(r->x->arena, struct text, v->count);
    if (*list == NULL)
        return error_memory(r->err);
    for (VALUE_EACH_ITEM(item, v))
        if (value_is(item, VALUE_STRING))
            (*list)[(*count)++] = value_text(item);
    return 0;
}

/* Our own lines say when each thing happened. */
static void
read_own_times(struct exchange_times *t, const struct value *times)
{
    for (size_t i = 0; i < RECORD_TIMES; i++)
        *(int64_t *)(void *)((char *)t + record_times[i].offset) = integer_member(times, record_times[i].name, -1);
}

static void
read_tunnel(struct exchange_tunnel *t, const struct value *own)
{
    const struct value *tunnel = VALUE_MEMBER(own, "tunnel");
    struct text end = text_member(tunnel, "end");

    t->protocol = text_member(tunnel, "protocol");
    t->from_client = (uint64_t)integer_member(tunnel, "from_client", 0);
    t->from_upstream = (uint64_t)integer_member(tunnel, "from_upstream", 0);
    t->duration = integer_member(tunnel, "duration", 0);
    for (int i = 0; i < TUNNEL_ENDS_COUNT; i++)
        if (text_equal(end, text_of(record_tunnel_ends[i])))
            t->end = (enum tunnel_end)i;
}

static int
read_own(struct entry_reader *r)
{
    struct exchange *x = r->x;
    struct text id = text_member(r->own, "id"), outcome = text_member(r->own, "outcome");
    const struct value *refusal = VALUE_MEMBER(r->own, "refusal");
    uint32_t notes = 0;

    if (integer_member(r->own, "version", 0) != RECORD_VERSION)
        return error_set(r->err, ERROR_INPUT, "/_plumbline/version",
                         "written by another version of Plumbline; this one reads version %d", RECORD_VERSION);
    memcpy(x->id, id.data != NULL ? id.data : "", id.length < EXCHANGE_ID_BYTES ? id.length : EXCHANGE_ID_BYTES);
    x->sequence = (uint64_t)integer_member(r->own, "sequence", 0);
    (void)time_text_read(text_member(r->own, "start"), &x->started); /* else startedDateTime stays */
    x->amends = (uint64_t)integer_member(r->own, "amends", 0);
    x->lost = (uint64_t)integer_member(r->own, "lost", 0);
    x->service = text_member(r->own, "service");
    x->operation = text_member(r->own, "operation");
    x->responder = text_member(r->own, "responder");
    x->client = text_member(r->own, "client");
    x->upstream = text_member(r->own, "upstream");
    for (int i = 0; i <= OUTCOME_TUNNEL; i++)
        if (text_equal(outcome, text_of(record_outcomes[i])))
            x->outcome = (enum outcome)i;
    read_tunnel(&x->tunnel, r->own);
    x->refusal.status = (uint16_t)integer_member(refusal, "status", 0);
    x->refusal.side = text_equal(text_member(refusal, "side"), TEXT("response")) ? SIDE_RESPONSE : SIDE_REQUEST;
    x->refusal.reason = text_member(refusal, "reason");
    x->refusal.detail = text_member(refusal, "detail");
    x->verdicts_carried = true;
    if (value_is(VALUE_MEMBER(r->own, "times"), VALUE_OBJECT))
        read_own_times(&x->times, VALUE_MEMBER(r->own, "times"));
    if (read_texts(r, "faults", &x->faults, &x->fault_count) < 0 ||
        read_texts(r, "fault_notes", &x->fault_notes, &notes) < 0 ||
        read_texts(r, "redacted", &x->redacted, &x->redacted_count) < 0 ||
        read_verdict(r, "request", SIDE_REQUEST, &x->request_verdict) < 0)
        return -1;
    if (notes != x->fault_count)
        x->fault_notes = NULL;
    return read_verdict(r, "response", SIDE_RESPONSE, &x->response_verdict);
}

/* HAR says how long each phase took. */
static void
read_times(struct exchange *x, const struct value *entry)
{
    const struct value *timings = VALUE_MEMBER(entry, "timings");
    struct exchange_times *t = &x->times;
    int64_t connect = milliseconds_member(timings, "connect"), send = milliseconds_member(timings, "send");
    int64_t wait = milliseconds_member(timings, "wait"), receive = milliseconds_member(timings, "receive");

    *t = (struct exchange_times){ .request_head = 0 };
    t->connected = connect > 0 ? connect : 0;
    t->sent = t->connected + (send > 0 ? send : 0);
    t->request_end = t->sent;
    t->first_byte = wait >= 0 ? t->sent + wait : -1;
    t->response_end = wait >= 0 && receive >= 0 ? t->first_byte + receive : -1;
    t->finished = milliseconds_member(entry, "time");
}

int
record_read(struct exchange *x, const struct value *entry, struct error *err)
{
    struct entry_reader r = { .x = x, .own = VALUE_MEMBER(entry, "_plumbline"), .err = err };
    struct arena *arena = x->arena;

    *x = (struct exchange){ .arena = arena, .outcome = OUTCOME_DELIVERED };
    if (!value_is(r.own, VALUE_OBJECT))
        r.own = NULL;
    if (!value_is(entry, VALUE_OBJECT) || !value_is(VALUE_MEMBER(entry, "request"), VALUE_OBJECT))
        return error_set(err, ERROR_INPUT, "", "this is no HAR entry: it has no request");
    (void)har_time_read(VALUE_MEMBER(entry, "startedDateTime"), &x->started); /* 1970 where it is none */
    read_times(x, entry);
    if (read_request(&r, VALUE_MEMBER(entry, "request")) < 0 || read_response(&r, VALUE_MEMBER(entry, "response")) < 0)
        return -1;
    return r.own != NULL ? read_own(&r) : 0;
}

bool
record_is_foreign(const struct value *entry)
{
    static const char *const schemes[] = { "data:",       "blob:",
                                           "about:",      "file:",
                                           "chrome:",     "chrome-extension:",
                                           "edge:",       "moz-extension:",
                                           "javascript:", "safari-web-extension:" };
    const struct value *url = VALUE_MEMBER(VALUE_MEMBER(entry, "request"), "url");

    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++)
        if (value_is(url, VALUE_STRING) &&
            text_equal_nocase(text_slice(value_text(url), 0, strlen(schemes[i])), text_of(schemes[i])))
            return true;
    return false;
}
