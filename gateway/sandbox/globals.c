/* globals.c -- the table of what scripts can call; clock, chance and settings. */
#include "sandbox/globals.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/time_text.h"
#include "sandbox/globals_internal.h"

/* The run that calls; there is none while the file is loaded. */
struct run *
globals_caller(const struct simulated *s)
{
    return s->engine != NULL ? engine_current(s->engine) : NULL;
}

int
globals_too_early(struct script_call *call)
{
    return script_raise(call, "this can be called while a request is answered, not while the file is loaded");
}

/* Argument `index` as a tape in the arena; NULL: nil, or no JSON (then *why is set). */
const struct value *
globals_arg(struct script_call *call, uint32_t index, struct arena *arena, const char **why)
{
    const struct value *value = NULL;
    struct document document;
    struct buffer json;

    *why = NULL;
    if (script_arg_is_nil(call, index))
        return NULL;
    buffer_init(&json, LIMIT_SANDBOX_BODY);
    if (script_arg_json(call, index, &json, why)) {
        if (document_parse(&document, arena_text(arena, buffer_text(&json)), NULL, arena, NULL) == 0)
            value = document.root;
        else
            *why = "no memory";
    }
    buffer_release(&json);
    return value;
}

/* JSON text as a result. */
int
globals_return_json(struct script_call *call, struct text json, struct arena *arena)
{
    struct document document;

    if (document_parse(&document, arena_text(arena, json), NULL, arena, NULL) < 0)
        return script_raise(call, "no memory");
    return script_return_value(call, document.root);
}

/* ---- clock ---- */

static int
on_now(struct script_call *call, void *arg)
{
    const struct simulated *s = arg;

    if (globals_caller(s) == NULL)
        return globals_too_early(call);
    return script_return_text(call, time_text_rfc3339(sandbox_state_now(engine_state(s->engine)), 0));
}

static int
on_today(struct script_call *call, void *arg)
{
    const struct simulated *s = arg;

    if (globals_caller(s) == NULL)
        return globals_too_early(call);
    return script_return_text(call,
                              text_slice(time_text_rfc3339(sandbox_state_now(engine_state(s->engine)), 0), 0, 10));
}

static int
on_clock(struct script_call *call, void *arg)
{
    const struct simulated *s = arg;

    if (globals_caller(s) == NULL)
        return globals_too_early(call);
    return script_return_integer(call, sandbox_state_now(engine_state(s->engine)) / CLOCK_SECOND);
}

static int
on_timestamp(struct script_call *call, void *arg)
{
    int64_t seconds;

    (void)arg;
    if (!script_arg_integer(call, 0, &seconds) || seconds < -62135596800 || seconds > 253402300799)
        return script_raise(call, "timestamp(seconds) wants whole seconds since 1970, in the years 1 to 9999");
    if (seconds > INT64_MAX / CLOCK_SECOND || seconds < INT64_MIN / CLOCK_SECOND)
        return script_raise(call, "timestamp(seconds) goes to the year 2262");
    return script_return_text(call, time_text_rfc3339(seconds * CLOCK_SECOND, 0));
}

/* ---- chance ---- */

static int
on_random(struct script_call *call, void *arg)
{
    struct run *r = globals_caller(arg);
    int64_t least, most;

    if (r == NULL)
        return globals_too_early(call);
    if (!script_arg_integer(call, 0, &least) || !script_arg_integer(call, 1, &most) || least > most)
        return script_raise(call, "random(m, n) wants two whole numbers, m <= n");
    return script_return_integer(
        call, (int64_t)((uint64_t)least + random_below(&r->random, (uint64_t)most - (uint64_t)least + 1)));
}

/* Version 4 (RFC 9562 5.4). */
static int
on_uuid(struct script_call *call, void *arg)
{
    struct run *r = globals_caller(arg);
    uint64_t a, b;

    if (r == NULL)
        return globals_too_early(call);
    a = (random_next(&r->random) & ~UINT64_C(0xf000)) | 0x4000;
    b = (random_next(&r->random) & ~(UINT64_C(3) << 62)) | UINT64_C(1) << 63;
    return script_return_text(call, arena_print(r->arena, "%08x-%04x-%04x-%04x-%012llx", (unsigned)(a >> 32),
                                                (unsigned)(a >> 16 & 0xffff), (unsigned)(a & 0xffff),
                                                (unsigned)(b >> 48), (unsigned long long)(b & 0xffffffffffff)));
}

static int
on_etag(struct script_call *call, void *arg)
{
    struct run *r = globals_caller(arg);
    int64_t version;

    if (r == NULL)
        return globals_too_early(call);
    if (!script_arg_integer(call, 0, &version))
        return script_raise(call, "etag(version) wants the version that store:get or store:put gave");
    return script_return_text(call, arena_print(r->arena, "\"%lld\"", (long long)version));
}

/* ---- settings ---- */

/* settings.KEY: read once per run. */
static int
on_setting(struct script_call *call, void *arg)
{
    struct run *r = globals_caller(arg);
    struct error err = { .kind = ERROR_NONE };
    struct document document;
    const struct value *value;
    struct buffer json;
    struct text key;

    if (r == NULL)
        return globals_too_early(call);
    if (!script_arg_text(call, 0, &key))
        return script_return_nil(call);
    if (r->settings.length == 0) {
        buffer_init(&json, LIMIT_STORE_RECORD);
        if (sandbox_state_settings(engine_state(r->engine), r->service->name, &json, &err) == 0)
            r->settings = arena_text(r->arena, buffer_text(&json));
        buffer_release(&json);
        if (r->settings.length == 0)
            return script_raise(call, "the settings cannot be read: %s", err.what);
    }
    if (document_parse(&document, r->settings, NULL, r->arena, NULL) < 0)
        return script_raise(call, "no memory");
    value = value_member(document.root, key);
    return value != NULL ? script_return_value(call, value) : script_return_nil(call);
}

/* ---- the table ---- */

static const struct {
    const char *table, *name;
    script_function *function;
} globals[] = {
    { NULL, "now", on_now },
    { NULL, "today", on_today },
    { NULL, "clock", on_clock },
    { NULL, "timestamp", on_timestamp },
    { NULL, "random", on_random },
    { NULL, "uuid", on_uuid },
    { NULL, "etag", on_etag },
    { NULL, "problem", global_problem },
    { NULL, "refuse", global_refuse },
    { "settings", "*", on_setting },
    { "lifecycle", "allows", global_allows },
    { "lifecycle", "move", global_move },
    { "contract", "operations", global_operations },
    { "contract", "example", global_example },
    { "contract", "fits", global_fits },
};

int
globals_define(struct simulated *s, struct error *err)
{
    for (size_t i = 0; i < sizeof globals / sizeof globals[0]; i++)
        if (script_define(s->script, globals[i].table, globals[i].name, globals[i].function, s, err) < 0)
            return -1;
    return 0;
}
