#include "replay/request.h"

#include <stdio.h>

#include "base/hash.h"
#include "base/limits.h"
#include "json/document.h"
#include "replay/request_parts.h"
#include "traffic/redacted.h"

struct maker {
    const struct replay_making *making;
    const struct exchange *x;
    struct arena *arena;
    struct replay_request *request;
    struct text path, query; /* of the recorded target, with the values of the new run */
    bool has_query;
};

/* ---- what is given anew ---- */

/* "query:token", "body:/card/number"; a field needs no word in front. */
static const struct replay_secret *
secret_named(const struct maker *m, struct text kind, struct text name)
{
    for (uint32_t i = 0; i < m->making->secret_count; i++) {
        const struct replay_secret *s = &m->making->secrets[i];
        struct text rest = s->name;

        if (text_starts(rest, kind))
            rest = text_from(rest, kind.length);
        else if (!text_equal(kind, TEXT("header:")) || text_starts(rest, TEXT("query:")) ||
                 text_starts(rest, TEXT("body:")))
            continue;
        if (text_equal(kind, TEXT("header:")) ? text_equal_nocase(rest, name) : text_equal(rest, name))
            return s;
    }
    return NULL;
}

static struct header *
field_named(const struct maker *m, struct text name)
{
    struct message *message = &m->request->message;

    for (uint32_t i = 0; i < message->header_count; i++)
        if (text_equal_nocase(message->headers[i].name, name))
            return &message->headers[i];
    return NULL;
}

static void
drop_field(struct message *message, struct header *h)
{
    uint32_t at = (uint32_t)(h - message->headers);

    memmove(h, h + 1, (message->header_count - at - 1) * sizeof *h);
    message->header_count--;
}

/* Fields that are given anew, whether they were redacted or only are too old. */
static void
give_fields(struct maker *m)
{
    for (uint32_t i = 0; i < m->making->secret_count; i++) {
        const struct replay_secret *s = &m->making->secrets[i];
        struct text name = text_starts(s->name, TEXT("header:")) ? text_from(s->name, 7) : s->name;
        struct message *message = &m->request->message;
        struct header *h;
        char place[300];
        int length;

        if (text_starts(s->name, TEXT("query:")) || text_starts(s->name, TEXT("body:")))
            continue;
        length = snprintf(place, sizeof place, "header %.*s", TEXT_PRINT(name));
        h = field_named(m, name);
        if (h == NULL && (length < 0 || (size_t)length >= sizeof place ||
                          !redacted_names_place(m->x, text_make(place, (size_t)length))))
            continue;
        m->request->given++;
        if (s->value.length == 0) {
            if (h != NULL)
                drop_field(message, h);
            continue;
        }
        if (h == NULL) {
            h = &message->headers[message->header_count++];
            *h = (struct header){ .name = name, .id = (uint8_t)header_id_of(name) };
        }
        h->value = s->value;
    }
}

/* ---- what is lacking ---- */

static bool
field_is_given(const struct maker *m, struct text name)
{
    const struct header *before = message_header_named(&m->x->request, name), *now = field_named(m, name);

    if (secret_named(m, TEXT("header:"), name) != NULL)
        return true;
    /* the binder had another value for it */
    return before != NULL && now != NULL && !text_equal(before->value, now->value);
}

static bool
place_is_given(const struct maker *m, struct text place)
{
    if (text_starts(place, TEXT("header ")))
        return field_is_given(m, text_from(place, 7));
    if (text_starts(place, TEXT("query ")))
        return secret_named(m, TEXT("query:"), text_from(place, 6)) != NULL;
    if (text_starts(place, TEXT("body /")))
        return secret_named(m, TEXT("body:"), text_from(place, 5)) != NULL;
    return false;
}

static void
find_lacking(struct maker *m)
{
    for (uint32_t i = 0; i < m->x->redacted_count && m->request->lacking.length == 0; i++) {
        struct text place;

        if (redacted_place(m->x->redacted[i], SIDE_REQUEST, &place) && !place_is_given(m, place))
            m->request->lacking = m->x->redacted[i];
    }
}

/* ---- query and body ---- */

static int
give_query(struct maker *m)
{
    struct text given;

    for (uint32_t i = 0; i < m->making->secret_count; i++) {
        const struct replay_secret *s = &m->making->secrets[i];

        if (!text_starts(s->name, TEXT("query:")) || !m->has_query)
            continue;
        switch (request_put_query(m->query, text_from(s->name, 6), s->value, m->arena, &given)) {
        case -1:
            return -1;
        case 1:
            m->query = given;
            m->request->given++;
            break;
        default:
            break;
        }
    }
    return 0;
}

static int
give_body(struct maker *m)
{
    struct message *message = &m->request->message;
    struct text given;

    for (uint32_t i = 0; i < m->making->secret_count; i++) {
        const struct replay_secret *s = &m->making->secrets[i];

        if (!text_starts(s->name, TEXT("body:")) || message->body.length == 0)
            continue;
        switch (request_put_body(message->body, text_from(s->name, 5), s->value, m->arena, &given)) {
        case -1:
            return -1;
        case 1:
            message->body = given;
            m->request->given++;
            break;
        default:
            break;
        }
    }
    return 0;
}

/* ---- the rest of the head ---- */

static bool
stays_behind(const struct maker *m, const struct header *h)
{
    switch (h->id) {
    case HEADER_HOST:
    case HEADER_CONTENT_LENGTH:
    case HEADER_TRANSFER_ENCODING:
    case HEADER_EXPECT:
    case HEADER_TRAILER:
    case HEADER_TE:
    case HEADER_CONNECTION:
    case HEADER_KEEP_ALIVE:
    case HEADER_UPGRADE:
    case HEADER_PROXY_CONNECTION:
    case HEADER_PROXY_AUTHORIZATION:
        return true;
    case HEADER_CONTENT_ENCODING: /* the body is on record without it */
        return m->x->request.body_plain;
    default:
        return h->hop_by_hop || text_starts(h->name, TEXT(":")) || !header_is_token(h->name);
    }
}

/* A value that is no field value any more (a recording may say anything) would be another request. */
static bool
is_field_value(struct text value)
{
    for (size_t i = 0; i < value.length; i++)
        if (value.data[i] == '\r' || value.data[i] == '\n' || value.data[i] == '\0')
            return false;
    return true;
}

static void
take_fields(struct maker *m, const struct header *headers, uint32_t count)
{
    struct message *message = &m->request->message;

    for (uint32_t i = 0; i < count; i++)
        if (!stays_behind(m, &headers[i]) && is_field_value(headers[i].value))
            message->headers[message->header_count++] = headers[i];
}

static int
renew_keys(struct maker *m)
{
    struct message *message = &m->request->message;

    for (uint32_t i = 0; i < message->header_count && !m->making->keep_keys; i++) {
        struct header *h = &message->headers[i];

        if (!bindings_renews(m->making->rules, h->name))
            continue;
        h->value = request_renewed(h->value, m->making->seed, m->arena);
        if (h->value.data == NULL)
            return -1;
        m->request->renewed++;
    }
    return 0;
}

static struct text
joined(struct maker *m, struct text base)
{
    const struct text parts[] = { base, m->path.length == 0 || m->path.data[0] != '/' ? TEXT("/") : text_make(NULL, 0),
                                  m->path, m->has_query ? TEXT("?") : text_make(NULL, 0), m->query };
    char *out = arena_alloc(m->arena, base.length + m->path.length + m->query.length + 2);
    size_t n = 0;

    for (size_t i = 0; out != NULL && i < sizeof parts / sizeof parts[0]; i++) {
        if (parts[i].length > 0)
            memcpy(out + n, parts[i].data, parts[i].length);
        n += parts[i].length;
    }
    return text_make(out, n);
}

/* Targets in absolute form and "*" become what an origin server is asked for (RFC 9112 3.2.1, 3.2.4). */
static int
make_target(struct maker *m, struct text base)
{
    struct message *message = &m->request->message;

    if (text_equal(m->x->request.target, TEXT("*")))
        message->target = message->path = m->x->request.target;
    else
        message->target = joined(m, base);
    if (message->target.data == NULL)
        return -1;
    message->path = text_slice(message->target, 0, text_find(message->target, '?'));
    message->has_query = message->path.length < message->target.length;
    message->query = text_from(message->target, message->path.length + 1);
    return 0;
}

static int
frame(struct maker *m)
{
    struct message *message = &m->request->message;
    struct header *h;

    message->body_bytes = message->length = message->body.length;
    message->body_state = message->body.length > 0 ? BODY_WHOLE : BODY_NONE;
    message->body_plain = false;
    message->framing = FRAMING_NONE;
    if (message->body.length == 0 && m->x->request.framing == FRAMING_NONE && !m->x->request.has_length)
        return 0;
    message->framing = FRAMING_LENGTH;
    message->has_length = true;
    h = &message->headers[message->header_count++];
    *h = (struct header){ .name = TEXT("Content-Length"), .id = HEADER_CONTENT_LENGTH };
    h->value = arena_print(m->arena, "%zu", message->body.length);
    return h->value.data != NULL ? 0 : -1;
}

/* ---- all of it ---- */

static int
bind(struct maker *m, uint64_t number, const struct contract_match *match, struct bound_request *bound)
{
    const struct message *recorded = &m->x->request;

    *bound = (struct bound_request){ .target = recorded->target,
                                     .headers = recorded->headers,
                                     .header_count = recorded->header_count,
                                     .body = recorded->body };
    if (m->making->binder != NULL && binder_request(m->making->binder, number, m->x, match, m->arena, bound) < 0)
        return -1;
    if (m->making->shift == NULL)
        return 0;
    return time_shift_request(m->making->shift, m->x, match, m->arena, bound, &m->request->moved);
}

static void
split_target(struct maker *m, struct text target)
{
    size_t scheme = text_search(target, TEXT("://"));

    if (!text_starts(target, TEXT("/")) && scheme < target.length) {
        target = text_from(target, scheme + 3);
        scheme = 0;
        while (scheme < target.length && target.data[scheme] != '/' && target.data[scheme] != '?')
            scheme++;
        target = text_from(target, scheme);
    }
    m->path = text_slice(target, 0, text_find(target, '?'));
    m->has_query = m->path.length < target.length;
    m->query = text_from(target, m->path.length + 1);
}

int
replay_request_make(const struct replay_making *making, uint64_t number, const struct exchange *x,
                    const struct contract_match *match, struct text host, struct text base, struct arena *arena,
                    struct replay_request *request)
{
    struct maker m = { .making = making, .x = x, .arena = arena, .request = request };
    struct message *message = &request->message;
    struct bound_request bound;

    memset(request, 0, sizeof *request);
    if (bind(&m, number, match, &bound) < 0)
        return -1;
    request->bounds = bound.bounds;
    request->bound_count = bound.bound_count;
    request->unresolved = bound.unresolved;
    *message = (struct message){ .is_request = true, .minor = 1, .keep_alive = true, .authority = host };
    message->method = x->request.method;
    message->body = bound.body;
    message->headers = ARENA_ARRAY(arena, struct header, bound.header_count + making->secret_count + 2);
    if (message->headers == NULL)
        return -1;
    message->headers[message->header_count++] = (struct header){ TEXT("Host"), host, HEADER_HOST, false };
    take_fields(&m, bound.headers, bound.header_count);
    split_target(&m, bound.target);
    find_lacking(&m);
    give_fields(&m);
    if (give_query(&m) < 0 || give_body(&m) < 0 || renew_keys(&m) < 0)
        return -1;
    return make_target(&m, base) < 0 || frame(&m) < 0 ? -1 : 0;
}

void
replay_request_head(const struct replay_request *request, struct buffer *out)
{
    const struct message *m = &request->message;

    buffer_add(out, m->method);
    buffer_byte(out, ' ');
    buffer_add(out, m->target);
    buffer_add(out, TEXT(" HTTP/1.1\r\n"));
    for (uint32_t i = 0; i < m->header_count; i++) {
        buffer_add(out, m->headers[i].name);
        buffer_add(out, TEXT(": "));
        buffer_add(out, m->headers[i].value);
        buffer_add(out, TEXT("\r\n"));
    }
    buffer_add(out, TEXT("\r\n"));
}
