/* settings.c -- a settings file with what it includes, then the environment, then the command line. */
#include "rules/settings.h"

#include <stdlib.h>

#include "base/limits.h"
#include "rules/judge.h"
#include "rules/settings_internal.h"
#include "rules/units.h"

#define SECOND INT64_C(1000000000)

static struct settings *
settings_new(struct error *err)
{
    struct arena *arena = arena_new(0, LIMIT_SETTINGS_BYTES);
    struct settings *s = arena != NULL ? ARENA_NEW(arena, struct settings) : NULL;

    if (s == NULL) {
        arena_free(arena);
        error_memory(err);
        return NULL;
    }
    *s = (struct settings){
        .arena = arena,
        .seed = 1,
        .reload_watch = true,
        .resolve = 30 * SECOND,
        .level = LOG_INFO,
        .header_timeout = 10 * SECOND,
        .body_timeout = 30 * SECOND,
        .keep_alive_timeout = 75 * SECOND,
        .drain_timeout = 10 * SECOND,
        .drain_idle = LIMIT_DRAIN_IDLE,
        .max_connections = LIMIT_CONNECTIONS,
        .min_rate = LIMIT_CLIENT_RATE,
        .max_line = LIMIT_REQUEST_LINE,
        .max_trailer = LIMIT_TRAILER_BYTES,
        .max_header = LIMIT_HEADER_BYTES,
        .max_fields = LIMIT_HEADER_FIELDS,
        .recent_exchanges = LIMIT_RECENT_EXCHANGES,
        .recent_bytes = LIMIT_RECENT_BYTES,
        .record = { .segment = LIMIT_SEGMENT_BYTES, .sync = SECOND, .max_body = LIMIT_BODY_HELD },
    };
    return s;
}

void
settings_free(struct settings *s)
{
    if (s != NULL)
        arena_free(s->arena);
}

static void
read_admin(struct settings_reader *r, const struct value *v)
{
    if (v != NULL)
        r->settings->admin_where = document_where(r->document, v, r->settings->arena);
    if (value_is(v, VALUE_OBJECT)) {
        read_text(r, VALUE_MEMBER(v, "listen"), &r->settings->admin);
        read_text(r, VALUE_MEMBER(v, "token"), &r->settings->admin_token);
        read_texts(r, VALUE_MEMBER(v, "hosts"), &r->settings->admin_hosts, &r->settings->admin_host_count);
    } else {
        read_text(r, v, &r->settings->admin);
    }
}

/* Addresses and networks; "unix" stands for every client of a unix socket. */
static void
read_trusted(struct settings_reader *r, const struct value *v)
{
    struct settings *s = r->settings;

    if (v == NULL)
        return;
    s->trusted_proxies = ARENA_ARRAY(s->arena, struct ip_network, v->count);
    s->trusted_proxy_count = 0;
    s->trusted_unix = false;
    if (s->trusted_proxies == NULL) {
        error_memory(r->err);
        r->failed = true;
        return;
    }
    for (VALUE_EACH_ITEM(item, v)) {
        if (read_is(item, "unix"))
            s->trusted_unix = true;
        else if (!ip_network_read(value_text(item), &s->trusted_proxies[s->trusted_proxy_count++]))
            read_fail(r, item, "'%.*s' is no address or network; write 10.1.2.3, 10.0.0.0/8, 2001:db8::/32 or unix",
                      TEXT_PRINT(value_text(item)));
    }
}

static void
read_recent(struct settings_reader *r, const struct value *v)
{
    read_count(r, VALUE_MEMBER(v, "exchanges"), &r->settings->recent_exchanges);
    read_size_t(r, VALUE_MEMBER(v, "bytes"), &r->settings->recent_bytes);
}

/* A size from `least` to 16 MiB. */
static void
read_part(struct settings_reader *r, const struct value *clients, const char *key, uint32_t least, uint32_t *bytes)
{
    const struct value *v = value_member(clients, text_of(key));
    uint64_t size = *bytes;

    read_size(r, v, &size);
    if (size < least || size > 16 * LIMIT_MIB)
        read_fail(r, v, "%s is from %u bytes to 16MiB", key, (unsigned)least);
    else
        *bytes = (uint32_t)size;
}

static void
read_clients(struct settings_reader *r, const struct value *v)
{
    struct settings *s = r->settings;
    if (v == NULL)
        return;
    read_duration(r, VALUE_MEMBER(v, "header_timeout"), &s->header_timeout);
    read_duration(r, VALUE_MEMBER(v, "body_timeout"), &s->body_timeout);
    read_duration(r, VALUE_MEMBER(v, "keep_alive_timeout"), &s->keep_alive_timeout);
    read_duration(r, VALUE_MEMBER(v, "drain_timeout"), &s->drain_timeout);
    read_duration(r, VALUE_MEMBER(v, "drain_delay"), &s->drain_delay);
    read_duration(r, VALUE_MEMBER(v, "drain_idle"), &s->drain_idle);
    read_count(r, VALUE_MEMBER(v, "max_connections"), &s->max_connections);
    read_count(r, VALUE_MEMBER(v, "max_connections_per_client"), &s->max_connections_per_client);
    if (VALUE_MEMBER(v, "overload") != NULL)
        s->overload_refuse = read_is(VALUE_MEMBER(v, "overload"), "refuse");
    read_size(r, VALUE_MEMBER(v, "min_rate"), &s->min_rate);
    if (s->min_rate > 1024 * LIMIT_MIB)
        read_fail(r, VALUE_MEMBER(v, "min_rate"), "min_rate is at most 1GiB");
    read_part(r, v, "max_line", 256, &s->max_line);
    read_part(r, v, "max_header", LIMIT_KIB, &s->max_header);
    read_part(r, v, "max_trailer", 0, &s->max_trailer);
    read_count(r, VALUE_MEMBER(v, "max_fields"), &s->max_fields);
}

static void
read_record(struct settings_reader *r, const struct value *v)
{
    struct record_settings *record = &r->settings->record;

    if (v != NULL)
        r->settings->record_where = document_where(r->document, v, r->settings->arena);
    if (!value_is(v, VALUE_OBJECT)) {
        read_path(r, v, &record->to);
        return;
    }
    read_path(r, VALUE_MEMBER(v, "to"), &record->to);
    read_size_t(r, VALUE_MEMBER(v, "segment"), &record->segment);
    if (read_is(VALUE_MEMBER(v, "sync"), "always"))
        record->sync = 0;
    else
        read_duration(r, VALUE_MEMBER(v, "sync"), &record->sync);
    read_size(r, VALUE_MEMBER(v, "keep"), &record->keep);
    read_duration(r, VALUE_MEMBER(v, "keep_for"), &record->keep_for);
    record->compress = read_is(VALUE_MEMBER(v, "compress"), "zstd");
    read_size_t(r, VALUE_MEMBER(v, "max_body"), &record->max_body);
    record->on_error_refuse = read_is(VALUE_MEMBER(v, "on_error"), "refuse");
    record->full = read_is(VALUE_MEMBER(v, "full"), "drop") ? RECORD_DROP : RECORD_BLOCK;
}

static void
read_reload(const struct value *v, bool *watch)
{
    if (v != NULL && VALUE_MEMBER(v, "watch") != NULL)
        *watch = value_is(VALUE_MEMBER(v, "watch"), VALUE_TRUE);
}

static void
read_access(const struct value *v, enum access_log *access)
{
    if (v != NULL)
        *access = read_is(v, "json") ? ACCESS_JSON : read_is(v, "off") ? ACCESS_OFF : ACCESS_TEXT;
}

static void
read_level(const struct value *v, enum log_level *level)
{
    if (v != NULL)
        *level = read_is(v, "error")   ? LOG_ERROR
                 : read_is(v, "warn")  ? LOG_WARN
                 : read_is(v, "debug") ? LOG_DEBUG
                                       : LOG_INFO;
}

void
read_seed(struct settings_reader *r, const struct value *v)
{
    if (v != NULL && !text_to_u64(value_text(v), &r->settings->seed))
        read_fail(r, v, "the seed is a whole number below 2^64");
}

void
read_rules(struct settings_reader *r, const struct value *v, struct rule_source **list)
{
    struct rule_source *source = v != NULL ? ARENA_NEW(r->settings->arena, struct rule_source) : NULL;

    if (v == NULL)
        return;
    if (source == NULL) {
        error_memory(r->err);
        r->failed = true;
        return;
    }
    *source = (struct rule_source){ .document = r->document, .value = v };
    while (*list != NULL)
        list = &(*list)->next;
    *list = source;
}

/* The keys of one file, laid over what is there. Services come last: they begin with the file's `defaults`. */
static void
read_file(struct settings_reader *r, struct policy *defaults)
{
    const struct value *root = r->document->root;
    struct settings *s = r->settings;

    listen_read(r, VALUE_MEMBER(root, "listen"));
    read_admin(r, VALUE_MEMBER(root, "admin"));
    if (value_is(VALUE_MEMBER(root, "workers"), VALUE_NUMBER))
        read_count(r, VALUE_MEMBER(root, "workers"), &s->workers);
    read_text(r, VALUE_MEMBER(root, "greeting"), &s->greeting);
    read_seed(r, VALUE_MEMBER(root, "seed"));
    read_reload(VALUE_MEMBER(root, "reload"), &s->reload_watch);
    read_duration(r, VALUE_MEMBER(root, "resolve"), &s->resolve);
    read_trusted(r, VALUE_MEMBER(root, "trusted_proxies"));
    read_clients(r, VALUE_MEMBER(root, "clients"));
    read_record(r, VALUE_MEMBER(root, "record"));
    read_recent(r, VALUE_MEMBER(root, "recent"));
    sandbox_read(r, VALUE_MEMBER(root, "sandbox"));
    read_access(VALUE_MEMBER(VALUE_MEMBER(root, "log"), "access"), &s->access);
    read_level(VALUE_MEMBER(VALUE_MEMBER(root, "log"), "level"), &s->level);
    if (VALUE_MEMBER(root, "redaction") != NULL) {
        s->redaction = VALUE_MEMBER(root, "redaction");
        s->redaction_document = r->document;
    }
    read_rules(r, VALUE_MEMBER(root, "lifecycles"), &s->lifecycles);
    read_rules(r, VALUE_MEMBER(root, "invariants"), &s->invariants);
    read_rules(r, VALUE_MEMBER(root, "severity"), &s->severity);
    read_rules(r, VALUE_MEMBER(root, "faults"), &s->faults);
    read_rules(r, VALUE_MEMBER(root, "fault_presets"), &s->fault_presets);
    policy_read(r, VALUE_MEMBER(root, "defaults"), defaults);
    read_text(r, VALUE_MEMBER(VALUE_MEMBER(root, "defaults"), "proxy"), &s->proxy);
    services_read(r, VALUE_MEMBER(root, "services"), defaults);
}

/* Read one file and those it includes; `depth` keeps a file from including itself for ever. */
static int
load_file(struct settings *s, struct text path, struct policy *defaults, unsigned depth, struct error *err)
{
    struct document *document = ARENA_NEW(s->arena, struct document);
    struct settings_reader r = { .settings = s, .document = document, .file = path, .err = err };
    const struct value *include;

    if (document == NULL)
        return error_memory(err);
    if (depth > 8)
        return error_set(err, ERROR_CONFIG, path.data, "files include each other in a circle");
    if (document_read(document, path.data, s->arena, err) < 0 ||
        units_expand(document, document->root, s->arena, err) < 0 ||
        judge_document(document, "gateway.schema.json", err) < 0)
        return -1;
    read_file(&r, defaults);
    include = VALUE_MEMBER(document->root, "include");
    if (include != NULL && !r.failed) {
        for (VALUE_EACH_ITEM(item, include)) {
            struct text file = { NULL, 0 };

            read_path(&r, item, &file);
            if (r.failed)
                return -1;
            if (load_file(s, file, defaults, depth + 1, err) < 0)
                return err != NULL && strcmp(err->where, file.data) == 0
                           ? error_at(err, document_where(document, item, s->arena).data)
                           : -1;
        }
    }
    return r.failed ? -1 : 0;
}

/* A flag beats the environment, the environment the file. NULL when neither says anything. */
static const char *
override(const char *flag, const char *variable)
{
    const char *value = flag != NULL ? flag : getenv(variable);

    return value != NULL && value[0] != '\0' ? value : NULL;
}

static int
override_workers(struct settings *s, const char *flag, struct error *err)
{
    const char *said = override(flag, "PLUMBLINE_WORKERS");
    uint64_t workers = 0;

    if (said == NULL)
        return 0;
    if (strcmp(said, "auto") != 0 && (!text_to_u64(text_of(said), &workers) || workers < 1 || workers > LIMIT_WORKERS))
        return error_set(err, ERROR_USAGE, flag != NULL ? "--workers" : "PLUMBLINE_WORKERS",
                         "the number of workers is from 1 to %d, or auto, not '%.32s'", LIMIT_WORKERS, said);
    s->workers = (uint32_t)workers;
    return 0;
}

static int
apply_overrides(struct settings *s, const struct settings_overrides *o, struct error *err)
{
    const char *listen = override(o != NULL ? o->listen : NULL, "PLUMBLINE_LISTEN");
    const char *admin = override(o != NULL ? o->admin : NULL, "PLUMBLINE_ADMIN");
    const char *record = override(o != NULL ? o->record : NULL, "PLUMBLINE_RECORD");

    if (listen != NULL && listen_set(s, arena_text(s->arena, text_of(listen))) < 0)
        return error_memory(err);
    if (listen == NULL && s->listen_count == 0 && listen_set(s, TEXT("127.0.0.1:8080")) < 0)
        return error_memory(err);
    if (admin != NULL)
        s->admin_where = text_make(NULL, 0);
    if (record != NULL)
        s->record_where = text_make(NULL, 0);
    if (admin != NULL)
        s->admin = strcmp(admin, "off") == 0 ? text_make(NULL, 0) : arena_text(s->arena, text_of(admin));
    if (record != NULL)
        s->record.to = strcmp(record, "off") == 0 ? text_make(NULL, 0) : arena_text(s->arena, text_of(record));
    if (sandbox_override(s, o, err) < 0 || faults_override(s, o, err) < 0)
        return -1;
    if (o != NULL && o->replay != NULL)
        settings_replay(s, o->replay);
    return override_workers(s, o != NULL ? o->workers : NULL, err);
}

struct settings *
settings_load(const char *path, const struct settings_overrides *overrides, struct error *err)
{
    struct settings *s = settings_new(err);
    struct policy defaults = policy_default;

    if (s == NULL)
        return NULL;
    s->file = arena_text(s->arena, text_of(path));
    if (load_file(s, s->file, &defaults, 0, err) < 0 || apply_overrides(s, overrides, err) < 0)
        goto fail;
    if (s->service_count == 0) {
        error_set(err, ERROR_CONFIG, path, "there are no services; add one below 'services:'");
        goto fail;
    }
    return s;

fail:
    settings_free(s);
    return NULL;
}

/* A service per contract, and nothing else. New, or NULL with err. */
static struct settings *
settings_of_contracts(const char *const *contracts, size_t count, struct error *err)
{
    struct settings *s = settings_new(err);

    if (s == NULL)
        return NULL;
    s->services = ARENA_ARRAY(s->arena, struct service_settings, count);
    if (s->services == NULL) {
        settings_free(s);
        error_memory(err);
        return NULL;
    }
    s->catch_all = true;
    for (size_t i = 0; i < count; i++) {
        struct service_settings *service = &s->services[s->service_count++];

        service->contract = arena_text(s->arena, text_of(contracts[i]));
        service->where = service->contract;
        service->policy = policy_default;
    }
    return s;
}

struct settings *
settings_sandbox(const char *const *contracts, size_t count, const struct settings_overrides *overrides,
                 struct error *err)
{
    struct settings *s = settings_of_contracts(contracts, count, err);

    if (s == NULL)
        return NULL;
    for (uint32_t i = 0; i < s->service_count; i++) {
        s->services[i].policy.request = MODE_ENFORCE;
        s->services[i].policy.refuse_contract = true;
    }
    settings_simulate(s);
    s->sandbox.resources = true;
    if (apply_overrides(s, overrides, err) == 0)
        return s;
    settings_free(s);
    return NULL;
}

struct settings *
settings_proxy(const char *const *contracts, size_t count, const char *to, bool enforce,
               const struct settings_overrides *overrides, struct error *err)
{
    struct settings *s = settings_of_contracts(contracts, count, err);

    if (s == NULL)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        struct service_settings *service = &s->services[i];

        service->policy.request = enforce ? MODE_ENFORCE : MODE_OBSERVE;
        service->policy.response = service->policy.request;
        if (to != NULL && upstream_settings_read(&service->upstream, text_of(to), "--to", s->arena, err) < 0)
            goto fail;
        if (overrides != NULL && (overrides->ca != NULL || overrides->insecure) && !service->upstream.tls) {
            error_set(err, ERROR_USAGE, overrides->ca != NULL ? "--ca" : "--insecure",
                      "this is for an upstream that begins with https://, and --to is '%s'", to != NULL ? to : "");
            goto fail;
        }
        service->host_upstream = service->upstream.tls;
        if (overrides != NULL)
            service->tls = (struct upstream_tls){ .ca = arena_text(s->arena, text_of(overrides->ca)),
                                                  .unverified = overrides->insecure,
                                                  .where = overrides->insecure ? TEXT("--insecure") : TEXT("--ca") };
    }
    if (apply_overrides(s, overrides, err) < 0)
        goto fail;
    return s;

fail:
    settings_free(s);
    return NULL;
}
