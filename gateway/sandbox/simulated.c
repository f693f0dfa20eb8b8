#include "sandbox/simulated.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/embedded.h"
#include "base/limits.h"
#include "base/log.h"
#include "sandbox/globals.h"
#include "sandbox/member_order.h"

#define RESOURCES "sandbox/resources.lua"
#define HANDLE    TEXT("handle")
#define LATER     TEXT("later:")

/* A function that no operation has is never called: most likely its name is wrong. */
static void
tell_strangers(const struct simulated *s, const char *path)
{
    const char *name;

    for (uint32_t i = 0; (name = script_name(s->script, i)) != NULL; i++) {
        struct text t = text_of(name);

        if (!text_equal(t, HANDLE) && !text_starts(t, LATER) && contract_operation_named(s->contract, t) == NULL)
            log_line(LOG_WARN, "%s: there is a function '%s', but %.*s has no such operation", path, name,
                     TEXT_PRINT(contract_file(s->contract)));
    }
}

static int
look_at_functions(struct simulated *s)
{
    uint32_t count = contract_operation_count(s->contract);

    s->handled = calloc(count + 1, sizeof(s->handled[0]));
    if (s->handled == NULL)
        return -1;
    for (uint32_t i = 0; i < count; i++) {
        s->handled[i] = script_has(s->script, operation_id(contract_operation(s->contract, i)));
        s->handlers += s->handled[i] ? 1 : 0;
    }
    s->handles_rest = script_has(s->script, HANDLE);
    return 0;
}

/* SERVICE.lua of the folder, where there is one: in the arena; empty: there is none. */
static struct text
script_path(const struct sandbox_settings *settings, struct text name, struct arena *arena)
{
    struct text path = { NULL, 0 };

    if (settings->rules.length > 0)
        path = arena_print(arena, "%.*s/%.*s.lua", TEXT_PRINT(settings->rules), TEXT_PRINT(name));
    return path.data != NULL && access(path.data, F_OK) == 0 ? path : text_make(NULL, 0);
}

static int
load_script(struct simulated *s, struct text path, struct error *err)
{
    const struct embedded *own = embedded_find(RESOURCES);
    struct script_options options = { .order = member_order_compare };

    options.arg = s->order = member_order_new(s->contract);
    if (s->order == NULL)
        return error_memory(err);
    s->script = script_new(&options, err);
    if (s->script == NULL || globals_define(s, err) < 0)
        return -1;
    if (path.length > 0) {
        if (script_load(s->script, path.data, err) < 0)
            return -1;
        tell_strangers(s, path.data);
    } else if (own == NULL) {
        return error_set(err, ERROR_ENVIRONMENT, RESOURCES, "this program was built without a file that it needs");
    } else if (script_load_text(s->script, text_make(own->data, own->size), RESOURCES, err) < 0) {
        return -1;
    }
    return look_at_functions(s) < 0 ? error_memory(err) : 0;
}

int
simulated_load(struct simulated *s, const struct ruleset *ruleset, const struct service *service, struct error *err)
{
    const struct sandbox_settings *settings = &ruleset_settings(ruleset)->sandbox;
    struct text other = service->settings->upstream.sandbox, path;
    struct arena *arena;
    int result = 0;

    s->name = service->settings->name;
    s->service = service;
    s->contract = service->contract;
    if (other.length > 0) {
        s->contract = s->own = contract_load(other.data, NULL, err);
        if (s->own == NULL)
            return -1;
    }
    arena = arena_new(0, LIMIT_MIB);
    if (arena == NULL)
        return error_memory(err);
    path = script_path(settings, s->name, arena);
    if (path.length > 0 || settings->resources)
        result = load_script(s, path, err);
    arena_free(arena);
    return result;
}

void
simulated_release(struct simulated *s)
{
    script_free(s->script);
    member_order_free(s->order);
    free(s->handled);
    contract_free(s->own);
}

bool
simulated_handles(const struct simulated *s, const struct operation *operation)
{
    return s->script != NULL && operation != NULL && (s->handles_rest || s->handled[operation_index(operation)]);
}
