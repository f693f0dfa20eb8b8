/* forward.c -- heads as they came, bodies framed again. */
#include "proxy/forward.h"

#include <string.h>

#include "base/limits.h"
#include "http/problem.h"
#include "proxy/client.h"
#include "proxy/inject.h"
#include "proxy/limiting.h"
#include "proxy/responder.h"
#include "proxy/tunnel.h"

#define ADDED_BYTES (2 * LIMIT_KIB) /* what we add to a head, set_headers aside */

static const struct text crlf = TEXT("\r\n");

static void
add_field(struct buffer *out, struct text name, struct text value)
{
    buffer_add(out, name);
    buffer_add(out, TEXT(": "));
    buffer_add(out, value);
    buffer_add(out, crlf);
}

bool
forward_client_is_modern(const struct transit *t)
{
    return t->exchange.request.minor >= 1;
}

/* ---- requests ---- */

/* As the upstream gets it. */
static const struct message *
request_of(const struct transit *t)
{
    return t->altered[SIDE_REQUEST] != NULL ? t->altered[SIDE_REQUEST] : &t->exchange.request;
}

static bool
is_set(const struct service_settings *s, struct text name)
{
    for (uint32_t i = 0; i < s->set_header_count; i++) {
        if (text_equal_nocase(s->set_headers[i].name, name))
            return true;
    }
    return false;
}

/* Our own fields mean something to us only; a client that sends one must not speak in our name. */
static bool
is_ours(const struct header *h)
{
    return h->name.length > 10 && text_equal_nocase(text_slice(h->name, 0, 10), TEXT("plumbline-"));
}

static bool
is_forwarded(const struct header *h)
{
    return h->id == HEADER_FORWARDED || h->id == HEADER_X_FORWARDED_FOR || h->id == HEADER_X_FORWARDED_HOST ||
           h->id == HEADER_X_FORWARDED_PROTO;
}

/* Which X-Forwarded-… policy holds for this client: only trusted proxies may be continued. */
static enum forwarded
forwarded_mode(const struct transit *t)
{
    const struct service_settings *s = t->route.service->settings;

    if (s->forwarded == FORWARDED_APPEND && !client_is_trusted(t->client))
        return FORWARDED_REPLACE;
    return s->forwarded;
}

static bool
drop_request_field(const struct transit *t, const struct header *h, enum forwarded forwarded)
{
    if (h->hop_by_hop || is_ours(h))
        return true;
    if (h->id == HEADER_EXPECT && t->drop_expect)
        return true;
    if (forwarded == FORWARDED_REPLACE && is_forwarded(h))
        return true;
    if (forwarded == FORWARDED_APPEND && h->id == HEADER_X_FORWARDED_FOR)
        return true;
    return is_set(t->route.service->settings, h->name);
}

static void
add_forwarded(struct buffer *out, const struct transit *t, enum forwarded mode)
{
    const struct message *m = &t->exchange.request;
    struct text peer = client_host(t->client);
    bool before = false;

    if (mode == FORWARDED_OFF || peer.length == 0)
        return;
    buffer_add(out, TEXT("X-Forwarded-For: "));
    for (uint32_t i = 0; mode == FORWARDED_APPEND && i < m->header_count; i++) {
        if (m->headers[i].id != HEADER_X_FORWARDED_FOR)
            continue;
        buffer_add(out, m->headers[i].value);
        buffer_add(out, TEXT(", "));
        before = true;
    }
    buffer_add(out, peer);
    buffer_add(out, crlf);
    if (before)
        return; /* the first proxy said the rest */
    add_field(out, TEXT("X-Forwarded-Proto"), t->exchange.scheme);
    if (m->authority.length > 0)
        add_field(out, TEXT("X-Forwarded-Host"), m->authority);
}

/* Verbatim unless the service stands elsewhere, or the client sent a whole URI (RFC 9112 3.2.2). */
static void
add_target(struct buffer *out, const struct transit *t)
{
    const struct message *m = &t->exchange.request;
    struct text base = responder_base(t);

    if (m->target.data[0] == '*' && base.length > 0 && base.data[0] != '/') { /* RFC 9112 3.2.4 */
        buffer_add(out, base);
        return;
    }
    if (m->target.data[0] == '*' || (base.length == 0 && t->route.stripped.length == 0 && m->target.data[0] == '/')) {
        buffer_add(out, m->target);
        return;
    }
    buffer_add(out, base);
    if (t->route.path.length > 0 || base.length == 0) {
        if (t->route.path.length == 0 || t->route.path.data[0] != '/')
            buffer_byte(out, '/');
        buffer_add(out, t->route.path);
    }
    if (m->has_query) {
        buffer_byte(out, '?');
        buffer_add(out, m->query);
    }
}

/* Trailers go through here, so whoever takes them is told of behind us, too (RFC 9110 10.1.4); transfer codings do
 * not. */
static void
add_te_field(struct buffer *out, const struct message *m, const struct header *h)
{
    struct text rest = h->value, one;

    while (m->minor > 0 && header_list_next(&rest, &one)) {
        if (!text_equal_nocase(one, TEXT("trailers")))
            continue;
        add_field(out, h->name, one);
        add_field(out, TEXT("Connection"), h->name);
        return;
    }
}

/* The two fields that ask for another protocol, in their places. `asked` is the list, and is emptied. */
static void
add_upgrade_field(struct buffer *out, const struct header *h, struct text *asked)
{
    struct text option = h->id == HEADER_CONNECTION ? tunnel_option(h->value) : (struct text){ NULL, 0 };

    if (option.length > 0)
        add_field(out, h->name, option);
    if (h->id != HEADER_UPGRADE || asked->length == 0)
        return;
    add_field(out, h->name, *asked);
    asked->length = 0;
}

static void
add_request_fields(struct buffer *out, const struct transit *t)
{
    const struct message *m = request_of(t);
    const struct service_settings *s = t->route.service->settings;
    enum forwarded forwarded = forwarded_mode(t);
    struct text upgrade = t->upgrade;
    bool host = false;

    for (uint32_t i = 0; i < m->header_count; i++) {
        const struct header *h = &m->headers[i];

        if (t->upgrade.length > 0)
            add_upgrade_field(out, h, &upgrade);
        if (h->id == HEADER_TE)
            add_te_field(out, m, h);

        if (drop_request_field(t, h, forwarded))
            continue;
        if (h->id == HEADER_HOST) {
            host = true;
            add_field(out, h->name, s->host_upstream ? responder_authority(t) : m->authority);
            continue;
        }
        add_field(out, h->name, h->value);
    }
    if (!host && !is_set(s, TEXT("Host")))
        add_field(out, TEXT("Host"),
                  s->host_upstream || m->authority.length == 0 ? responder_authority(t) : m->authority);
    add_forwarded(out, t, forwarded);
    if (responder_proxy_authorization(t).length > 0)
        add_field(out, TEXT("Proxy-Authorization"), responder_proxy_authorization(t));
    for (uint32_t i = 0; i < s->set_header_count; i++)
        add_field(out, s->set_headers[i].name, s->set_headers[i].value);
    if (m->framing == FRAMING_CHUNKED)
        buffer_add(out, TEXT("Transfer-Encoding: chunked\r\n"));
}

/* An upper bound of the head's bytes, so that it is written into the arena in one go. */
static size_t
request_head_bytes(const struct transit *t)
{
    const struct message *m = request_of(t);
    const struct service_settings *s = t->route.service->settings;
    size_t bytes = ADDED_BYTES + responder_proxy_authorization(t).length + m->method.length + m->target.length +
                   2 * m->authority.length + t->upgrade.length;

    for (uint32_t i = 0; i < m->header_count; i++)
        bytes += m->headers[i].name.length + m->headers[i].value.length + (m->headers[i].id == HEADER_TE ? 24 : 4);
    for (uint32_t i = 0; i < s->set_header_count; i++)
        bytes += s->set_headers[i].name.length + s->set_headers[i].value.length + 4;
    return bytes;
}

struct text
forward_request_head(const struct transit *t)
{
    size_t most = request_head_bytes(t);
    char *room = arena_alloc(t->exchange.arena, most);
    struct buffer out = { .data = room, .capacity = most, .ceiling = most };

    if (room == NULL)
        return (struct text){ NULL, 0 };
    buffer_add(&out, t->exchange.request.method);
    buffer_byte(&out, ' ');
    add_target(&out, t);
    buffer_add(&out, TEXT(" HTTP/1.1\r\n"));
    add_request_fields(&out, t);
    buffer_add(&out, crlf);
    return buffer_failed(&out) ? (struct text){ NULL, 0 } : buffer_text(&out);
}

/* ---- responses ---- */

static void
add_status_line(struct buffer *out, uint16_t status, struct text reason)
{
    char digits[3] = { (char)('0' + status / 100), (char)('0' + status / 10 % 10), (char)('0' + status % 10) };

    buffer_add(out, TEXT("HTTP/1.1 "));
    buffer_add(out, text_make(digits, 3));
    buffer_byte(out, ' ');
    buffer_add(out, reason);
    buffer_add(out, crlf);
}

/* How the client will know where the body ends. */
static void
add_response_framing(struct buffer *out, struct transit *t, const struct message *m)
{
    enum framing framing = m->framing;
    bool upgrade = m->status == 426 && message_header(m, HEADER_UPGRADE) != NULL;

    t->response_chunked = false;
    if (framing == FRAMING_CHUNKED || framing == FRAMING_CLOSE) {
        if (forward_client_is_modern(t)) {
            t->response_chunked = true;
            buffer_add(out, TEXT("Transfer-Encoding: chunked\r\n"));
        } else {
            t->close = true;
        }
    }
    if (m->status == 101)
        return; /* its Connection went on in its place */
    if (upgrade)
        buffer_add(out, t->close ? TEXT("Connection: upgrade, close\r\n") : TEXT("Connection: upgrade\r\n"));
    else if (t->close)
        buffer_add(out, TEXT("Connection: close\r\n"));
    else if (!forward_client_is_modern(t))
        buffer_add(out, TEXT("Connection: keep-alive\r\n"));
}

/* Upgrade ends here but where it is the answer itself: in 101, and in 426, which says what to ask for (RFC 9110
 * 15.5.22). */
static void
add_switching_field(struct buffer *out, const struct message *m, const struct header *h)
{
    struct text option = m->status == 101 && h->id == HEADER_CONNECTION ? tunnel_option(h->value) : TEXT("");

    if (option.length > 0)
        add_field(out, h->name, option);
    if (h->id == HEADER_UPGRADE && (m->status == 101 || m->status == 426))
        add_field(out, h->name, h->value);
}

void
forward_response_head(struct buffer *out, struct transit *t, const struct message *m)
{
    add_status_line(out, m->status, m->reason);
    for (uint32_t i = 0; i < m->header_count; i++) {
        const struct header *h = &m->headers[i];

        if (h->hop_by_hop) {
            add_switching_field(out, m, h);
            continue;
        }
        if (is_ours(h) && (text_equal_nocase(h->name, TEXT("Plumbline-Exchange")) ||
                           text_equal_nocase(h->name, TEXT("Plumbline-Violations"))))
            continue; /* another gateway's behind us; the client asks us */
        add_field(out, h->name, h->value);
    }
    add_field(out, TEXT("Plumbline-Exchange"), text_make(t->exchange.id, EXCHANGE_ID_BYTES));
    if (t->policy->request == MODE_OBSERVE || t->policy->response == MODE_OBSERVE) {
        uint32_t count = t->exchange.request_verdict.count + t->exchange.request_verdict.dropped +
                         t->exchange.response_verdict.count + t->exchange.response_verdict.dropped;

        if (transit_checks(t, SIDE_REQUEST) || transit_checks(t, SIDE_RESPONSE))
            buffer_print(out, "Plumbline-Violations: %u\r\n", count);
    }
    if (t->injection != NULL)
        inject_add_fields(out, t);
    limiting_add_fields(out, t, m);
    add_response_framing(out, t, m);
    buffer_add(out, crlf);
}

void
forward_interim(struct buffer *out, const struct message *m)
{
    add_status_line(out, m->status, m->reason);
    for (uint32_t i = 0; i < m->header_count; i++) {
        if (!m->headers[i].hop_by_hop)
            add_field(out, m->headers[i].name, m->headers[i].value);
    }
    buffer_add(out, crlf);
}

/* ---- bodies ---- */

struct text
forward_chunk_head(char room[CHUNK_HEAD_BYTES], size_t length)
{
    static const char digits[] = "0123456789abcdef";
    size_t at = CHUNK_HEAD_BYTES;

    room[--at] = '\n';
    room[--at] = '\r';
    do
        room[--at] = digits[length & 15];
    while ((length >>= 4) > 0);
    return text_make(room + at, CHUNK_HEAD_BYTES - at);
}

void
forward_chunk_end(struct buffer *out, const struct message *m)
{
    buffer_add(out, TEXT("0\r\n"));
    for (uint32_t i = 0; i < m->trailer_count; i++) {
        if (!m->trailers[i].hop_by_hop)
            add_field(out, m->trailers[i].name, m->trailers[i].value);
    }
    buffer_add(out, crlf);
}
