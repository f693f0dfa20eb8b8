/* settings_sandbox.c -- `sandbox` of a settings file, and what the command line says instead. */
#include "base/limits.h"
#include "base/time_text.h"
#include "rules/settings_internal.h"

/* Midnight before a Wednesday nobody remembers: times of the fixed clock are easily told from real ones. */
#define FIXED_START "2025-01-01T00:00:00Z"

/* "real", "fixed", or the time at which the fixed one begins. */
static bool
clock_read(struct sandbox_settings *s, struct text word)
{
    s->clock_fixed = !text_equal(word, TEXT("real"));
    if (!s->clock_fixed)
        return true;
    return time_text_read(text_equal(word, TEXT("fixed")) ? TEXT(FIXED_START) : word, &s->clock_start);
}

void
sandbox_read(struct settings_reader *r, const struct value *v)
{
    struct sandbox_settings *s = &r->settings->sandbox;
    const struct value *clock = VALUE_MEMBER(v, "clock");

    if (v == NULL)
        return;
    read_path(r, VALUE_MEMBER(v, "rules"), &s->rules);
    if (VALUE_MEMBER(v, "rules") != NULL)
        s->rules_where = document_where(r->document, VALUE_MEMBER(v, "rules"), r->settings->arena);
    read_path(r, VALUE_MEMBER(v, "seed"), &s->seed);
    read_path(r, VALUE_MEMBER(v, "state"), &s->state);
    read_flag(VALUE_MEMBER(v, "resources"), &s->resources);
    read_texts(r, VALUE_MEMBER(v, "webhook_hosts"), &s->hosts, &s->host_count);
    if (clock != NULL && !clock_read(s, value_text(clock)))
        read_fail(r, clock, "'%.*s' is no clock; write real, fixed, or a time such as " FIXED_START,
                  TEXT_PRINT(value_text(clock)));
    if (VALUE_MEMBER(v, "settings") != NULL)
        s->services = VALUE_MEMBER(v, "settings");
}

int
sandbox_override(struct settings *s, const struct settings_overrides *o, struct error *err)
{
    if (o == NULL)
        return 0;
    if (o->state != NULL)
        s->sandbox.state = arena_text(s->arena, text_of(o->state));
    s->sandbox.reset = o->reset;
    if (o->clock != NULL && !clock_read(&s->sandbox, text_of(o->clock)))
        return error_set(err, ERROR_USAGE, "--clock",
                         "the clock is real, fixed, or a time such as " FIXED_START ", not '%.40s'", o->clock);
    if (o->seed != NULL && !text_to_u64(text_of(o->seed), &s->seed))
        return error_set(err, ERROR_USAGE, "--seed", "the seed is a whole number below 2^64, not '%.40s'", o->seed);
    return 0;
}

void
settings_simulate(struct settings *s)
{
    for (uint32_t i = 0; i < s->service_count; i++) {
        struct service_settings *service = &s->services[i];

        if (service->upstream.kind != UPSTREAM_SANDBOX)
            service->upstream = (struct upstream_settings){ .kind = UPSTREAM_SANDBOX, .text = TEXT("sandbox") };
        service->tls = (struct upstream_tls){ .unverified = false };
        service->proxy = (struct http_proxy){ .port = 0 };
        service->host_upstream = false;
    }
}
