/* http_proxy.c -- the way to an upstream through an HTTP proxy. */
#include "rules/http_proxy.h"

#include <stdlib.h>

#include "base/base64.h"
#include "base/ip.h"
#include "base/limits.h"

/* ---- no_proxy ---- */

static bool
is_name_below(struct text host, struct text entry)
{
    struct text end;

    if (entry.length > 0 && entry.data[0] == '.')
        entry = text_from(entry, 1);
    if (entry.length == 0 || host.length < entry.length)
        return false;
    end = text_from(host, host.length - entry.length);
    return text_equal_nocase(end, entry) &&
           (host.length == entry.length || host.data[host.length - entry.length - 1] == '.');
}

/* "example.org:8080" to its parts; an IPv6 address has its colons in brackets, or no port. */
static bool
takes_port(struct text *entry, uint16_t port)
{
    size_t colon = text_find(*entry, ':');
    uint64_t number;

    if (entry->length > 0 && entry->data[0] == '[')
        colon = text_find(*entry, ']') + 1;
    if (colon >= entry->length || entry->data[colon] != ':' || !text_to_u64(text_from(*entry, colon + 1), &number))
        return true;
    *entry = text_slice(*entry, 0, colon);
    return number == port;
}

bool
http_proxy_exempts(struct text list, struct text host, uint16_t port)
{
    struct text_split split = text_split_start(list);
    struct text entry;
    struct ip ip;

    while (text_split_next(&split, ',', &entry)) {
        struct ip_network network;

        entry = text_trim(entry);
        if (!takes_port(&entry, port))
            continue;
        if (entry.length > 2 && entry.data[0] == '[' && entry.data[entry.length - 1] == ']')
            entry = text_slice(entry, 1, entry.length - 2);
        if (text_equal(entry, TEXT("*")) || is_name_below(host, entry))
            return true;
        if (ip_read(host, &ip) && ip_network_read(entry, &network) && ip_network_has(&network, &ip))
            return true;
    }
    return false;
}

/* ---- the environment ---- */

static const char *
either(const char *lower, const char *upper)
{
    const char *value = getenv(lower);

    if (value == NULL || value[0] == '\0')
        value = getenv(upper);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

/* NULL: go straight. */
static const char *
from_environment(const struct upstream_settings *to)
{
    const char *exempt = either("no_proxy", "NO_PROXY");
    const char *proxy = to->tls ? either("https_proxy", "HTTPS_PROXY") : either("http_proxy", "HTTP_PROXY");

    if (exempt != NULL && http_proxy_exempts(text_of(exempt), to->host, to->port))
        return NULL;
    return proxy != NULL ? proxy : either("all_proxy", "ALL_PROXY");
}

/* ---- the URL ---- */

/* %XX undone: a user or password may need it (RFC 3986 3.2.1). */
static struct text
percent_decode(struct text t, struct arena *arena)
{
    char *out = arena_alloc(arena, t.length + 1);
    size_t length = 0;

    for (size_t i = 0; out != NULL && i < t.length; i++) {
        int high = i + 2 < t.length && t.data[i] == '%' ? text_hex_digit(t.data[i + 1]) : -1;
        int low = high >= 0 ? text_hex_digit(t.data[i + 2]) : -1;

        out[length++] = low >= 0 ? (char)(unsigned char)(high * 16 + low) : t.data[i];
        i += low >= 0 ? 2 : 0;
    }
    return text_make(out, out != NULL ? length : 0);
}

/* RFC 7617 */
static int
read_credentials(struct http_proxy *p, struct text user, struct arena *arena, struct error *err)
{
    struct buffer out;

    user = percent_decode(user, arena);
    if (text_find(user, ':') == user.length)
        user = arena_print(arena, "%.*s:", TEXT_PRINT(user));
    buffer_init(&out, 8 * LIMIT_KIB);
    buffer_add(&out, TEXT("Basic "));
    base64_write(&out, user);
    if (!buffer_failed(&out))
        p->authorization = arena_text(arena, buffer_text(&out));
    buffer_release(&out);
    return p->authorization.length > 0 ? 0 : error_memory(err);
}

static int
read_url(struct http_proxy *p, struct text url, const char *where, struct arena *arena, struct error *err)
{
    struct text rest = url, user = { NULL, 0 };
    struct upstream_settings u;
    size_t at;

    if (text_starts(url, TEXT("http://")))
        rest = text_from(url, 7);
    else if (text_search(url, TEXT("://")) < url.length)
        return error_set(err, ERROR_CONFIG, where, "a proxy is spoken to by HTTP: its URL begins with http://");
    while (rest.length > 0 && rest.data[rest.length - 1] == '/')
        rest.length--;
    for (at = rest.length; at > 0 && rest.data[at - 1] != '@'; at--)
        ;
    if (at > 0)
        user = text_slice(rest, 0, at - 1);
    rest = text_from(rest, at);
    if (upstream_settings_read(&u, arena_print(arena, "http://%.*s", TEXT_PRINT(rest)), where, arena, NULL) < 0 ||
        u.base.length > 0)
        return error_set(err, ERROR_CONFIG, where,
                         "the proxy is none of env, off, http://HOST:PORT, "
                         "http://USER:PASSWORD@HOST:PORT");
    p->host = u.host;
    p->port = u.port;
    p->shown = u.text;
    return user.length > 0 ? read_credentials(p, user, arena, err) : 0;
}

int
http_proxy_read(struct http_proxy *p, struct text written, const struct upstream_settings *to, const char *where,
                struct arena *arena, struct error *err)
{
    const char *value;

    *p = (struct http_proxy){ .port = 0 };
    if (to->kind != UPSTREAM_TCP || written.length == 0 || text_equal(written, TEXT("off")))
        return 0;
    if (!text_equal(written, TEXT("env")))
        return read_url(p, written, where, arena, err);
    value = from_environment(to);
    return value != NULL ? read_url(p, text_of(value), where, arena, err) : 0;
}
