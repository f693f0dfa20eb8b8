/* responder.c -- a service's upstream, the sandbox or a recording: each is an address. */
#include "proxy/responder.h"

#include <stdio.h>

#include "proxy/generation.h"
#include "proxy/names.h"
#include "proxy/transit.h"
#include "proxy/worker.h"

/* An IPv6 address stands in brackets (RFC 3986 3.2.2). */
static void
name_authority(struct responder *r, const struct upstream_settings *u)
{
    bool v6 = text_find(u->host, ':') < u->host.length;
    int length = snprintf(r->authority, sizeof r->authority, v6 ? "[%.*s]" : "%.*s", TEXT_PRINT(u->host));

    if (u->port != (u->tls ? 443 : 80) && length > 0 && (size_t)length < sizeof r->authority)
        (void)snprintf(r->authority + length, sizeof r->authority - (size_t)length, ":%u", (unsigned)u->port);
}

/* With the place of the setting. */
static int
resolve_tcp(struct responder *r, struct text host, uint16_t port, const char *where, struct error *err)
{
    struct error why = { .kind = ERROR_NONE };

    if (upstream_resolve(&r->upstream, host, port, false, &why) == 0)
        return 0;
    return error_set(err, why.kind, where, "%s: %s", why.where, why.what);
}

/* The proxy is where the connections go; the upstream is what it is asked for: by a tunnel where there is TLS, else by
 * whole URIs (RFC 9112 3.2.2). */
static int
resolve_proxy(struct responder *r, const struct service_settings *s, const char *where, struct error *err)
{
    const struct http_proxy *p = &s->proxy;
    bool known = p->authorization.length > 0, v6 = text_find(s->upstream.host, ':') < s->upstream.host.length;
    char target[ADDRESS_TEXT + 256];

    if (!s->upstream.tls) {
        (void)snprintf(r->base, sizeof r->base, "http://%s%.*s", r->authority, TEXT_PRINT(s->upstream.base));
    } else {
        (void)snprintf(target, sizeof target, v6 ? "[%.*s]:%u" : "%.*s:%u", TEXT_PRINT(s->upstream.host),
                       (unsigned)s->upstream.port);
        (void)snprintf(r->connect, sizeof r->connect, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n%s%.*s%s\r\n", target, target,
                       known ? "Proxy-Authorization: " : "", TEXT_PRINT(p->authorization), known ? "\r\n" : "");
    }
    if (resolve_tcp(r, p->host, p->port, where, err) < 0)
        return -1;
    r->upstream.proxy = (struct upstream_proxy){ .used = true, .connect = text_of(r->connect) };
    return 0;
}

bool
responder_name(const struct service *service, struct text *host, uint16_t *port)
{
    const struct service_settings *s = service->settings;
    bool proxied = s->proxy.host.length > 0;

    if (s->upstream.kind != UPSTREAM_TCP)
        return false;
    *host = proxied ? s->proxy.host : s->upstream.host;
    *port = proxied ? s->proxy.port : s->upstream.port;
    return names_is_name(*host);
}

/* One of our own servers, which finds the service by the first segment of the path. */
static int
resolve_own(struct responder *r, struct text service, const char *name, uint16_t port, const char *where,
            struct error *err)
{
    if (port == 0)
        return error_set(err, ERROR_ENVIRONMENT, where, "the %s does not run", name);
    r->name = name;
    (void)snprintf(r->base, sizeof r->base, "/%.*s", TEXT_PRINT(service));
    (void)snprintf(r->authority, sizeof r->authority, "127.0.0.1:%u", (unsigned)port);
    return upstream_resolve(&r->upstream, TEXT("127.0.0.1"), port, false, err);
}

int
responder_resolve(struct responder *r, const struct service *service, const struct responder_ports *ports,
                  struct error *err)
{
    const struct upstream_settings *u = &service->settings->upstream;
    char where[256];

    *r = (struct responder){ .name = "upstream" };
    (void)snprintf(where, sizeof where, "%.*s", TEXT_PRINT(service->settings->where));
    (void)snprintf(r->base, sizeof r->base, "%.*s", TEXT_PRINT(u->base));
    switch (u->kind) {
    case UPSTREAM_TCP:
        name_authority(r, u);
        if (service->settings->proxy.host.length > 0)
            return resolve_proxy(r, service->settings, where, err);
        return resolve_tcp(r, u->host, u->port, where, err);
    case UPSTREAM_UNIX:
        (void)snprintf(r->authority, sizeof r->authority, "localhost");
        return upstream_resolve(&r->upstream, u->host, 0, true, err);
    case UPSTREAM_SANDBOX:
        return resolve_own(r, service->settings->name, "sandbox", ports->sandbox, where, err);
    case UPSTREAM_RECORDING:
        break;
    }
    return resolve_own(r, service->settings->name, "recording", ports->recording, where, err);
}

/* RFC 9110 9.2.2 */
static bool
is_idempotent(struct text method)
{
    return text_equal(method, TEXT("GET")) || text_equal(method, TEXT("HEAD")) || text_equal(method, TEXT("PUT")) ||
           text_equal(method, TEXT("DELETE")) || text_equal(method, TEXT("OPTIONS")) ||
           text_equal(method, TEXT("TRACE"));
}

bool
responder_may_repeat(const struct transit *t)
{
    return is_idempotent(t->exchange.request.method);
}

bool
responder_start(struct transit *t, bool more, const struct call_events *events)
{
    struct exchange *x = &t->exchange;
    uint32_t index = t->route.service->index;
    struct call_request request = { .head = t->sent_head,
                                    .line = t->sent_line,
                                    .body = t->sent_body,
                                    .tail = t->sent_tail,
                                    .more = more,
                                    .last = t->call_last,
                                    .repeatable = responder_may_repeat(t),
                                    .upgrade = t->upgrade.length > 0,
                                    .method = x->request.method,
                                    .arena = x->arena,
                                    .response = &x->response,
                                    .connect_timeout = t->policy->connect_timeout,
                                    .first_byte_timeout = t->policy->first_byte_timeout,
                                    .idle_timeout = t->policy->idle_timeout };

    x->responder = text_of(t->share->generation->responders[index].name);
    return call_start(&t->call, t->share->pools[index], &request, events, t);
}

struct text
responder_authority(const struct transit *t)
{
    return text_of(t->share->generation->responders[t->route.service->index].authority);
}

struct text
responder_base(const struct transit *t)
{
    return text_of(t->share->generation->responders[t->route.service->index].base);
}

struct text
responder_proxy_authorization(const struct transit *t)
{
    const struct service_settings *s = t->route.service->settings;

    return s->upstream.tls ? (struct text){ NULL, 0 } : s->proxy.authorization;
}
