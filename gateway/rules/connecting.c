/* connecting.c -- where clients connect, and TLS on both sides. */
#include "rules/settings_internal.h"

/* A file, or the PEM itself (out of the environment). */
static void
read_pem(struct settings_reader *r, const struct value *v, struct text *result)
{
    if (v != NULL && text_starts(value_text(v), TEXT("-----BEGIN")))
        read_text(r, v, result);
    else
        read_path(r, v, result);
}

static void
read_certificate(struct settings_reader *r, const struct value *v, struct certificate_setting *c)
{
    read_pem(r, VALUE_MEMBER(v, "cert"), &c->cert);
    read_pem(r, VALUE_MEMBER(v, "key"), &c->key);
    c->where = document_where(r->document, v, r->settings->arena);
}

/* `cert` and `key` beside the others are the first of `certificates`. */
static void
read_certificates(struct settings_reader *r, const struct value *v, struct listen_tls *tls)
{
    const struct value *more = VALUE_MEMBER(v, "certificates");
    uint32_t most = (more != NULL ? more->count : 0) + 1;

    tls->certificates = ARENA_ARRAY(r->settings->arena, struct certificate_setting, most);
    if (tls->certificates == NULL) {
        error_memory(r->err);
        r->failed = true;
        return;
    }
    if (VALUE_MEMBER(v, "cert") != NULL)
        read_certificate(r, v, &tls->certificates[tls->certificate_count++]);
    if (more != NULL) {
        for (VALUE_EACH_ITEM(item, more))
            read_certificate(r, item, &tls->certificates[tls->certificate_count++]);
    }
}

static const struct listen_tls *
read_listen_tls(struct settings_reader *r, const struct value *v)
{
    struct listen_tls *tls = ARENA_NEW(r->settings->arena, struct listen_tls);
    const struct value *auth = VALUE_MEMBER(v, "client_auth");

    if (tls == NULL) {
        error_memory(r->err);
        r->failed = true;
        return NULL;
    }
    tls->where = document_where(r->document, v, r->settings->arena);
    read_certificates(r, v, tls);
    read_pem(r, VALUE_MEMBER(v, "client_ca"), &tls->client_ca);
    tls->only_1_3 = read_is(VALUE_MEMBER(v, "min_version"), "1.3");
    tls->client_auth = read_is(auth, "request") ? CLIENT_AUTH_REQUEST : CLIENT_AUTH_OFF;
    if (read_is(auth, "require") || (auth == NULL && tls->client_ca.length > 0))
        tls->client_auth = CLIENT_AUTH_REQUIRE;
    if (tls->client_auth != CLIENT_AUTH_OFF && tls->client_ca.length == 0)
        read_fail(r, auth, "client_auth wants client_ca beside it: who signs the certificates of clients?");
    return tls;
}

static void
read_listener(struct settings_reader *r, const struct value *v, struct listen_setting *l)
{
    const struct value *tls = VALUE_MEMBER(v, "tls");

    l->where = document_where(r->document, v, r->settings->arena);
    if (!value_is(v, VALUE_OBJECT)) {
        read_text(r, v, &l->address);
        return;
    }
    read_text(r, VALUE_MEMBER(v, "address"), &l->address);
    if (tls != NULL)
        l->tls = read_listen_tls(r, tls);
}

int
listen_set(struct settings *s, struct text address)
{
    s->listen = ARENA_NEW(s->arena, struct listen_setting);
    if (s->listen == NULL)
        return -1;
    s->listen[0].address = address;
    s->listen_count = 1;
    return 0;
}

void
listen_read(struct settings_reader *r, const struct value *v)
{
    struct settings *s = r->settings;
    bool list = value_is(v, VALUE_ARRAY);

    if (v == NULL)
        return;
    s->listen = ARENA_ARRAY(s->arena, struct listen_setting, list ? v->count : 1);
    if (s->listen == NULL) {
        error_memory(r->err);
        r->failed = true;
        return;
    }
    s->listen_count = 0;
    if (!list) {
        read_listener(r, v, &s->listen[s->listen_count++]);
        return;
    }
    for (VALUE_EACH_ITEM(item, v))
        read_listener(r, item, &s->listen[s->listen_count++]);
}

void
upstream_tls_read(struct settings_reader *r, const struct value *v, struct upstream_tls *tls)
{
    bool verify = true;

    if (v == NULL)
        return;
    tls->where = document_where(r->document, v, r->settings->arena);
    read_pem(r, VALUE_MEMBER(v, "ca"), &tls->ca);
    read_text(r, VALUE_MEMBER(v, "server_name"), &tls->server_name);
    read_certificate(r, v, &tls->own);
    read_flag(VALUE_MEMBER(v, "verify"), &verify);
    tls->unverified = !verify;
}
