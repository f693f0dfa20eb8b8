#include "cli/welcome.h"

#include <stdio.h>

#include "base/file.h"
#include "base/limits.h"

#define PATHS_SHOWN 3

static const char *const mode_names[] = { "off", "observe", "enforce" };

/* The beginning of a template, which is what people recognise: "/api/orders/{id}/status" is "/api/orders". */
static struct text
beginning(struct text path)
{
    size_t end = 0;

    for (int segment = 0; segment < 2 && end < path.length; segment++) {
        size_t next = end + 1 + text_find(text_from(path, end + 1), '/');

        if (segment > 0 && text_find(text_slice(path, end, next - end), '{') < next - end)
            break;
        end = next;
    }
    return text_slice(path, 0, end);
}

static bool
is_listed(const struct text *list, uint32_t count, struct text path)
{
    for (uint32_t i = 0; i < count; i++)
        if (text_equal(list[i], path))
            return true;
    return false;
}

/* Base paths, or the beginnings of what the contract has, each once; at most `most`. Returns how many there are. */
static uint32_t
own_paths(const struct service *service, struct text *list, uint32_t most, struct arena *arena)
{
    const struct contract *c = service->contract;
    uint32_t count = 0;

    for (uint32_t b = 0; b < contract_base_count(c); b++) {
        struct text base = contract_base(c, b);

        if (base.length > 0) {
            if (!is_listed(list, count, base) && count < most)
                list[count++] = base;
            continue;
        }
        for (uint32_t i = 0; i < contract_operation_count(c); i++) {
            struct text path = arena_text(arena, beginning(operation_path(contract_operation(c, i))));

            if (!is_listed(list, count, path) && count < most)
                list[count++] = path;
        }
    }
    return count;
}

static struct text
paths_of(const struct service *service, struct arena *arena)
{
    struct text own[64];
    const struct text *list = service->settings->paths;
    uint32_t count = service->settings->path_count;
    struct text all = TEXT("");

    if (count == 0) {
        list = own;
        count = own_paths(service, own, 64, arena);
    }
    for (uint32_t i = 0; i < count && i < PATHS_SHOWN; i++)
        all = arena_print(arena, "%.*s%s%.*s", TEXT_PRINT(all), i > 0 ? " " : "", TEXT_PRINT(list[i]));
    if (count > PATHS_SHOWN)
        all = arena_print(arena, "%.*s and %u more", TEXT_PRINT(all), count - PATHS_SHOWN);
    return all;
}

static void
print_service(const struct service *service, int name_width, struct arena *arena)
{
    const struct service_settings *s = service->settings;
    struct text upstream = s->upstream.text;

    if (s->upstream.sandbox.length > 0)
        upstream = arena_print(arena, "sandbox: %s", file_name(s->upstream.sandbox.data));
    fprintf(stderr, "  %-*.*s  %2u operation%s  request %-7s  response %-7s  %-8.*s  %.*s\n", name_width,
            TEXT_PRINT(s->name), contract_operation_count(service->contract),
            contract_operation_count(service->contract) == 1 ? " " : "s", mode_names[s->policy.request],
            mode_names[s->policy.response], TEXT_PRINT(upstream), TEXT_PRINT(paths_of(service, arena)));
}

void
welcome_print(const struct ruleset *ruleset)
{
    const struct settings *settings = ruleset_settings(ruleset);
    struct arena *arena = arena_new(0, 16 * LIMIT_MIB);
    int width = 0;

    if (arena == NULL)
        return;
    for (uint32_t i = 0; i < ruleset_service_count(ruleset); i++) {
        int length = (int)ruleset_service(ruleset, i)->settings->name.length;

        width = length > width ? length : width;
    }
    for (uint32_t i = 0; i < ruleset_service_count(ruleset); i++)
        print_service(ruleset_service(ruleset, i), width, arena);
    if (settings->record.to.length > 0)
        fprintf(stderr, "  recording to %.*s\n", TEXT_PRINT(settings->record.to));
    if (settings->greeting.length > 0)
        fprintf(stderr, "\n%.*s\n", TEXT_PRINT(settings->greeting));
    arena_free(arena);
}
