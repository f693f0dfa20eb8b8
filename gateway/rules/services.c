/* services.c -- the services of a settings file. */
#include "rules/http_proxy.h"
#include "rules/settings_internal.h"
#include "rules/units.h"

static int
refuse_upstream(struct text text, const char *where, const char *why, struct error *err)
{
    return error_set(err, ERROR_CONFIG, where, "upstream '%.*s'%s", TEXT_PRINT(text), why);
}

/* The port behind the last colon, which is taken off; [::1]:80 has more colons inside its brackets. */
static bool
take_port(struct text *authority, uint16_t *port)
{
    size_t colon = authority->length;
    uint64_t number;

    while (colon > 0 && authority->data[colon - 1] != ':' && authority->data[colon - 1] != ']')
        colon--;
    if (colon == 0 || authority->data[colon - 1] != ':')
        return true;
    if (!text_to_u64(text_from(*authority, colon), &number) || number == 0 || number > 65535)
        return false;
    *port = (uint16_t)number;
    *authority = text_slice(*authority, 0, colon - 1);
    return true;
}

/* HOST:PORT/BASE */
static int
read_http(struct upstream_settings *u, struct text text, const char *where, struct arena *arena, struct error *err)
{
    struct text rest = text_from(text, u->tls ? 8 : 7), authority = text_slice(rest, 0, text_find(rest, '/'));

    u->base = text_from(rest, authority.length);
    while (u->base.length > 0 && u->base.data[u->base.length - 1] == '/')
        u->base.length--;
    if (text_find(u->base, '?') < u->base.length || text_find(u->base, '#') < u->base.length ||
        text_find(authority, '@') < authority.length)
        return refuse_upstream(text, where, ": a base path has no query, fragment or user", err);
    u->port = u->tls ? 443 : 80;
    if (!take_port(&authority, &u->port))
        return refuse_upstream(text, where, ": the port is a number from 1 to 65535", err);
    if (authority.length > 2 && authority.data[0] == '[' && authority.data[authority.length - 1] == ']')
        authority = text_slice(authority, 1, authority.length - 2);
    if (authority.length == 0)
        return refuse_upstream(text, where, ": the host is missing", err);
    u->kind = UPSTREAM_TCP;
    u->host = arena_text(arena, authority);
    u->base = arena_text(arena, u->base);
    return 0;
}

int
upstream_settings_read(struct upstream_settings *u, struct text text, const char *where, struct arena *arena,
                       struct error *err)
{
    *u = (struct upstream_settings){ .text = arena_text(arena, text) };
    if (text_equal(text, TEXT("sandbox"))) {
        u->kind = UPSTREAM_SANDBOX;
        return 0;
    }
    if (text_starts(text, TEXT("unix:")) && text.length > 5) {
        u->kind = UPSTREAM_UNIX;
        u->host = arena_text(arena, text_from(text, 5));
        return 0;
    }
    if (text_starts(text, TEXT("recording:")) && text.length > 10) {
        u->kind = UPSTREAM_RECORDING;
        u->host = arena_text(arena, text_from(text, 10));
        return 0;
    }
    u->tls = text_starts(text, TEXT("https://"));
    if (!u->tls && !text_starts(text, TEXT("http://")))
        return refuse_upstream(text, where, " is none of http(s)://HOST:PORT/BASE, unix:/PATH, sandbox, recording:PATH",
                               err);
    return read_http(u, text, where, arena, err);
}

static void
read_upstream(struct settings_reader *r, const struct value *v, struct upstream_settings *u)
{
    struct text text = { NULL, 0 };
    struct text where = document_where(r->document, v, r->settings->arena);

    if (value_is(v, VALUE_OBJECT)) {
        u->kind = UPSTREAM_SANDBOX;
        u->text = TEXT("sandbox");
        read_path(r, VALUE_MEMBER(v, "sandbox"), &u->sandbox);
        return;
    }
    read_text(r, v, &text);
    if (!r->failed && upstream_settings_read(u, text, where.data, r->settings->arena, r->err) < 0)
        r->failed = true;
    if (!r->failed && u->kind == UPSTREAM_RECORDING)
        u->host = units_path(u->host, r->file, r->settings->arena);
}

static void
read_match(struct settings_reader *r, const struct value *v, struct service_settings *s)
{
    if (v == NULL)
        return;
    read_texts(r, VALUE_MEMBER(v, "paths"), &s->paths, &s->path_count);
    read_texts(r, VALUE_MEMBER(v, "hosts"), &s->hosts, &s->host_count);
    read_flag(VALUE_MEMBER(v, "strip"), &s->strip);
    if (s->strip && s->path_count == 0)
        read_fail(r, v, "strip wants paths beside it: what should be taken off?");
}

static void
read_set_headers(struct settings_reader *r, const struct value *v, struct service_settings *s)
{
    if (v == NULL)
        return;
    s->set_headers = ARENA_ARRAY(r->settings->arena, struct header_setting, v->count);
    if (s->set_headers == NULL) {
        r->failed = true;
        error_memory(r->err);
        return;
    }
    for (VALUE_EACH_MEMBER(key, v)) {
        struct header_setting *h = &s->set_headers[s->set_header_count++];

        h->name = arena_text(r->settings->arena, value_text(key));
        read_text(r, value_next(key), &h->value);
        /* the environment may hold what the file may not */
        for (size_t i = 0; i < h->value.length; i++)
            if ((unsigned char)h->value.data[i] < 0x20 && h->value.data[i] != '\t')
                read_fail(r, value_next(key), "the value of header '%.*s' has a control character",
                          TEXT_PRINT(h->name));
    }
}

static void
read_operations(struct settings_reader *r, const struct value *v, struct service_settings *s)
{
    if (v == NULL)
        return;
    s->operations = ARENA_ARRAY(r->settings->arena, struct operation_settings, v->count);
    if (s->operations == NULL) {
        r->failed = true;
        error_memory(r->err);
        return;
    }
    for (VALUE_EACH_MEMBER(key, v)) {
        struct operation_settings *o = &s->operations[s->operation_count++];

        o->name = arena_text(r->settings->arena, value_text(key));
        o->where = document_where(r->document, key, r->settings->arena);
        o->policy = s->policy;
        policy_read(r, value_next(key), &o->policy);
        if (o->policy.rate != s->policy.rate)
            policy_own_rate(r, &o->policy, s->name, o->name);
    }
}

/* A proxy that is asked for a whole URI puts the URI's name into Host (RFC 9112 3.2.2), whatever we say. */
static void
read_proxy(struct settings_reader *r, const struct value *v, struct service_settings *s)
{
    struct text written = r->settings->proxy;
    struct text where = v != NULL ? document_where(r->document, v, r->settings->arena) : s->where;

    read_text(r, v, &written);
    if (!r->failed && http_proxy_read(&s->proxy, written, &s->upstream, where.data, r->settings->arena, r->err) < 0)
        r->failed = true;
    if (s->proxy.host.length > 0 && !s->upstream.tls)
        s->host_upstream = true;
}

static void
read_service(struct settings_reader *r, const struct value *key, const struct policy *defaults)
{
    const struct value *v = value_next(key);
    struct service_settings *s = &r->settings->services[r->settings->service_count++];
    const struct value *forwarded = VALUE_MEMBER(v, "forwarded"), *host = VALUE_MEMBER(v, "host");

    s->name = arena_text(r->settings->arena, value_text(key));
    s->where = document_where(r->document, key, r->settings->arena);
    s->policy = *defaults;
    read_path(r, VALUE_MEMBER(v, "contract"), &s->contract);
    read_match(r, VALUE_MEMBER(v, "match"), s);
    read_upstream(r, VALUE_MEMBER(v, "upstream"), &s->upstream);
    replay_read(r, VALUE_MEMBER(v, "replay"), s);
    upstream_tls_read(r, VALUE_MEMBER(v, "tls"), &s->tls);
    if (VALUE_MEMBER(v, "tls") != NULL && !s->upstream.tls)
        read_fail(r, VALUE_MEMBER(v, "tls"), "tls is for an upstream that begins with https://");
    s->host_upstream = host != NULL ? read_is(host, "upstream") : s->upstream.tls;
    read_proxy(r, VALUE_MEMBER(v, "proxy"), s);
    s->forwarded = read_is(forwarded, "off")      ? FORWARDED_OFF
                   : read_is(forwarded, "append") ? FORWARDED_APPEND
                                                  : FORWARDED_REPLACE;
    read_set_headers(r, VALUE_MEMBER(v, "set_headers"), s);
    read_flag(VALUE_MEMBER(VALUE_MEMBER(v, "inject"), "allow"), &s->inject);
    read_text(r, VALUE_MEMBER(VALUE_MEMBER(v, "inject"), "token"), &s->inject_token);
    read_count(r, VALUE_MEMBER(v, "max_in_flight"), &s->max_in_flight);
    policy_read(r, v, &s->policy);
    policy_own_rate(r, &s->policy, s->name, (struct text){ NULL, 0 });
    read_operations(r, VALUE_MEMBER(v, "operations"), s);
}

void
services_read(struct settings_reader *r, const struct value *v, const struct policy *defaults)
{
    struct settings *s = r->settings;

    if (v == NULL)
        return;
    s->services = arena_grow(s->arena, s->services, s->service_count * sizeof(s->services[0]),
                             (s->service_count + v->count) * sizeof(s->services[0]));
    if (s->services == NULL) {
        r->failed = true;
        error_memory(r->err);
        return;
    }
    memset(s->services + s->service_count, 0, v->count * sizeof(s->services[0]));
    for (VALUE_EACH_MEMBER(key, v)) {
        for (uint32_t i = 0; i < s->service_count; i++)
            if (text_equal(s->services[i].name, value_text(key)))
                read_fail(r, key, "there is a service '%.*s' already, at %.*s", TEXT_PRINT(value_text(key)),
                          TEXT_PRINT(s->services[i].where));
        read_service(r, key, defaults);
    }
}
