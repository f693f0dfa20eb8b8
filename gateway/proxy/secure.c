/* secure.c -- settings to contexts. */
#include "proxy/secure.h"

#include <stdio.h>

#include "base/limits.h"

static void
on_warning(void *arg, const char *where, const char *what)
{
    const struct proxy_options *options = arg;
    char line[2 * LIMIT_KIB];

    if (options->say == NULL)
        return;
    (void)snprintf(line, sizeof line, "%s: %s", where, what);
    options->say(options->arg, line);
}

int
secure_listener(const struct listen_setting *l, const struct proxy_options *options, struct tls_context **tls,
                struct error *err)
{
    static const enum tls_client_auth clients[] = {
        [CLIENT_AUTH_OFF] = TLS_CLIENTS_UNASKED,
        [CLIENT_AUTH_REQUEST] = TLS_CLIENTS_ASKED,
        [CLIENT_AUTH_REQUIRE] = TLS_CLIENTS_REQUIRED,
    };
    struct tls_pair pairs[LIMIT_TLS_CERTIFICATES];
    struct tls_server_options o = { .pairs = pairs };

    *tls = NULL;
    if (l->tls == NULL)
        return 0;
    for (; o.count < l->tls->certificate_count && o.count < LIMIT_TLS_CERTIFICATES; o.count++) {
        const struct certificate_setting *c = &l->tls->certificates[o.count];

        pairs[o.count] = (struct tls_pair){ .cert = c->cert, .key = c->key, .where = c->where.data };
    }
    o.client_ca = l->tls->client_ca;
    o.clients = clients[l->tls->client_auth];
    o.only_1_3 = l->tls->only_1_3;
    o.where = l->tls->where.data;
    *tls = tls_server_new(&o, on_warning, (void *)(uintptr_t)options, err);
    return *tls != NULL ? 0 : -1;
}

int
secure_upstream(const struct service_settings *s, const struct proxy_options *options, struct tls_context **tls,
                struct error *err)
{
    struct text where = s->tls.where.length > 0 ? s->tls.where : s->where;
    struct tls_client_options o = {
        .ca = s->tls.ca,
        .name = s->tls.server_name.length > 0 ? s->tls.server_name : s->upstream.host,
        .cert = s->tls.own.cert,
        .key = s->tls.own.key,
        .unverified = s->tls.unverified,
        .where = where.data,
    };
    char line[LIMIT_KIB];

    *tls = NULL;
    if (s->upstream.kind != UPSTREAM_TCP || !s->upstream.tls)
        return 0;
    *tls = tls_client_new(&o, on_warning, (void *)(uintptr_t)options, err);
    if (*tls == NULL)
        return -1;
    if (o.unverified) {
        (void)snprintf(line, sizeof line, "whoever answers as '%.*s' is believed (verify: false); not for production",
                       TEXT_PRINT(s->upstream.text));
        on_warning((void *)(uintptr_t)options, o.where, line);
    }
    return 0;
}
