#include "admin/guard.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "base/hash.h"
#include "net/address.h"

/* ---- addresses ---- */

/* The address that this text is, in digits: 4, 6, or 0 when it is a name. Brackets around IPv6 are taken off. */
static int
read_literal(struct text host, struct in6_addr *address)
{
    char copy[INET6_ADDRSTRLEN];

    if (host.length >= 2 && host.data[0] == '[' && host.data[host.length - 1] == ']')
        host = text_slice(host, 1, host.length - 2);
    if (host.length == 0 || host.length >= sizeof(copy))
        return 0;
    (void)snprintf(copy, sizeof(copy), "%.*s", TEXT_PRINT(host));
    if (inet_pton(AF_INET, copy, address) == 1)
        return 4;
    return inet_pton(AF_INET6, copy, address) == 1 ? 6 : 0;
}

static bool
is_loopback(struct text host)
{
    struct in6_addr address;

    switch (read_literal(host, &address)) {
    case 4:
        return address.s6_addr[0] == 127;
    case 6:
        return IN6_IS_ADDR_LOOPBACK(&address) || (IN6_IS_ADDR_V4MAPPED(&address) && address.s6_addr[12] == 127);
    default:
        return text_equal_nocase(host, TEXT("localhost"));
    }
}

static bool
is_any(struct text host)
{
    static const unsigned char zero[16];
    struct in6_addr address;
    int family = read_literal(host, &address);

    return host.length == 0 || (family != 0 && memcmp(&address, zero, family == 4 ? 4 : 16) == 0);
}

static bool
reachable_by_others(const struct address *a)
{
    if (a->as.any.sa_family == AF_INET)
        return (ntohl(a->as.v4.sin_addr.s_addr) >> 24) != 127;
    return a->as.any.sa_family != AF_INET6 || !IN6_IS_ADDR_LOOPBACK(&a->as.v6.sin6_addr);
}

int
guard_address(const struct guard *guard, const char *written, struct error *err)
{
    struct address at[8];
    struct text host;
    uint16_t port;
    int count;

    if (!address_split(text_of(written), &host, &port))
        return error_set(err, ERROR_CONFIG, written, "this is no address for the admin listener; write host:port");
    if (guard->token.length > 0)
        return 0;
    count = address_resolve(host, port, at, 8, err);
    if (count < 0)
        return -1;
    for (int i = 0; i < count; i++)
        if (reachable_by_others(&at[i]))
            return error_set(err, ERROR_CONFIG, written,
                             "others can reach the admin listener there, so it needs a token: write admin: { listen: "
                             "'%s', token: '${ADMIN_TOKEN}' }, or listen on 127.0.0.1",
                             written);
    return 0;
}

/* ---- requests ---- */

/* Listening everywhere, any address of this machine is meant; but never a name, which a stranger may have pointed
 * here. */
static bool
host_is_ours(const struct guard *guard, struct text host)
{
    struct in6_addr address;

    host = authority_host(host);
    if (is_loopback(host) || (guard->host.length > 0 && text_equal_nocase(host, guard->host)))
        return true;
    if (guard->host.length > 0 && host.length == guard->host.length + 2 &&
        text_equal_nocase(text_slice(host, 1, host.length - 2), guard->host))
        return true; /* [v6] */
    for (uint32_t i = 0; i < guard->host_count; i++)
        if (text_equal_nocase(host, guard->hosts[i]))
            return true;
    return is_any(guard->host) && read_literal(host, &address) != 0;
}

static bool
origin_is_ours(struct text origin, struct text host)
{
    static const char *const schemes[] = { "http://", "https://" }; /* https: behind something that ends TLS */

    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
        if (text_starts(origin, text_of(schemes[i])))
            return text_equal_nocase(text_from(origin, strlen(schemes[i])), host);
    return false;
}

static bool
has_token(const struct guard *guard, const struct message *request)
{
    struct text given = message_value(request, HEADER_AUTHORIZATION);

    if (!text_equal_nocase(text_slice(given, 0, 7), TEXT("Bearer ")))
        return false;
    return hash_same_secret(text_trim(text_from(given, 7)), guard->token);
}

/* A browser says so by itself, and no page can make it say otherwise (W3C Fetch Metadata 2.3). */
static bool
comes_from_elsewhere(const struct message *request)
{
    const struct header *site = message_header_named(request, TEXT("Sec-Fetch-Site"));

    return site != NULL && !text_equal(site->value, TEXT("same-origin")) && !text_equal(site->value, TEXT("none"));
}

static bool
changes_something(const struct message *request)
{
    return !text_equal(request->method, TEXT("GET")) && !text_equal(request->method, TEXT("HEAD"));
}

/* A form can send three media types, and a page none at all, without asking first (WHATWG Fetch, CORS-safelisted). */
static bool
body_is_ours(const struct message *request)
{
    const struct header *type = message_header(request, HEADER_CONTENT_TYPE);
    struct text essence = { NULL, 0 };

    if (type == NULL)
        return request->body.length == 0;
    essence = text_trim(text_slice(type->value, 0, text_find(type->value, ';')));
    return text_equal_nocase(essence, TEXT("application/json"));
}

static uint32_t
count_named(const struct message *m, struct text name)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < m->header_count; i++)
        count += text_equal_nocase(m->headers[i].name, name);
    return count;
}

uint16_t
guard_check(const struct guard *guard, const struct message *request, bool open, const char **why)
{
    struct text host = message_value(request, HEADER_HOST);
    const struct header *origin = message_header_named(request, TEXT("Origin"));

    *why = "the request must have one Host field (RFC 9112 3.2)";
    if (host.length == 0 || count_named(request, TEXT("Host")) != 1)
        return 400;
    *why = "this Host is not the admin listener's: use its address or localhost";
    if (!host_is_ours(guard, host))
        return 403;
    *why = "web pages of other origins may not use the admin listener";
    if (origin != NULL && (count_named(request, TEXT("Origin")) != 1 || !origin_is_ours(origin->value, host)))
        return 403;
    if (comes_from_elsewhere(request))
        return 403;
    *why = "this needs the header Authorization: Bearer TOKEN, with the token of the settings (admin: token)";
    if (!open && guard->token.length > 0 && !has_token(guard, request))
        return 401;
    *why = "what changes something takes application/json, or no body at all";
    if (changes_something(request) && !body_is_ours(request))
        return 415;
    return 0;
}
