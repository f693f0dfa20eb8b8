/* run_target.c -- where requests go, from a URL. */
#include "replay/run.h"

#include "base/ip.h"

static int
refuse(struct error *err, struct text url, const char *what)
{
    return error_set(err, ERROR_USAGE, "--to", "'%.*s' %s", TEXT_PRINT(url), what);
}

static int
read_parts(struct replay_target *t, struct text rest, struct arena *arena, struct text *host, uint16_t *port)
{
    struct text authority = text_slice(rest, 0, text_find(rest, '/'));
    uint16_t standard = *port;

    t->host = authority;
    t->base = text_from(rest, authority.length);
    while (t->base.length > 0 && t->base.data[t->base.length - 1] == '/')
        t->base.length--;
    if (address_split(authority, host, port))
        return host->length > 0 ? 0 : -1;
    /* without a port */
    authority = arena_print(arena, "%.*s:%u", TEXT_PRINT(authority), standard);
    return authority.data != NULL && address_split(authority, host, port) && host->length > 0 ? 0 : -1;
}

static int
make_ready(struct replay_target *t, struct text host, uint16_t port, bool secure, const struct replay_trust *trust,
           struct error *err)
{
    struct tls_client_options options = { .name = host, .where = "--to" };

    if (trust == NULL)
        return 0;
    if (upstream_resolve(&t->upstream, host, port, false, err) < 0)
        return -1;
    if (!secure)
        return 0;
    options.ca = trust->ca;
    options.unverified = trust->unverified;
    t->upstream.tls = tls_client_new(&options, NULL, NULL, err);
    return t->upstream.tls != NULL ? 0 : -1;
}

int
replay_target_read(struct replay_target *t, struct text url, const struct replay_trust *trust, struct arena *arena,
                   struct error *err)
{
    bool secure = text_starts(url, TEXT("https://"));
    uint16_t port = secure ? 443 : 80;
    struct text rest = text_from(url, secure ? 8 : 7), host, authority;

    t->url = url;
    if (text_starts(url, TEXT("unix:"))) {
        t->host = TEXT("localhost");
        return trust != NULL ? upstream_resolve(&t->upstream, text_from(url, 5), 0, true, err) : 0;
    }
    if (!secure && !text_starts(url, TEXT("http://")))
        return refuse(err, url, "is no URL; wanted is http://HOST:PORT, https://HOST or unix:/PATH");
    authority = text_slice(rest, 0, text_find(rest, '/'));
    if (text_find(rest, '?') < rest.length || text_find(rest, '#') < rest.length ||
        text_find(authority, '@') < authority.length)
        return refuse(err, url, "has more than a host, a port and a base path; credentials are given by --token");
    if (read_parts(t, rest, arena, &host, &port) < 0)
        return refuse(err, url, "has no valid host and port");
    return make_ready(t, host, port, secure, trust, err);
}

void
replay_target_drop(struct replay_target *t)
{
    tls_context_drop(t->upstream.tls);
    t->upstream.tls = NULL;
}

bool
replay_target_is_local(const struct replay_target *t)
{
    struct text host = authority_host(t->host);
    struct ip_network four, six;
    struct ip ip;

    if (text_starts(t->url, TEXT("unix:")) || text_equal_nocase(host, TEXT("localhost")))
        return true;
    if (host.length > 2 && host.data[0] == '[')
        host = text_slice(host, 1, host.length - 2);
    return ip_read(host, &ip) && ip_network_read(TEXT("127.0.0.0/8"), &four) && ip_network_read(TEXT("::1"), &six) &&
           (ip_network_has(&four, &ip) || ip_network_has(&six, &ip));
}
