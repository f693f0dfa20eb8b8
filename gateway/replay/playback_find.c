/* playback_find.c -- by key, by comparing, by binding. */
#include "replay/playback_find.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/limits.h"
#include "replay/playback_find_internal.h"

/* ---- life ---- */

struct playback_finder *
playback_finder_new(struct catalog *take)
{
    struct playback_finder *f = calloc(1, sizeof *f);

    if (f == NULL) {
        catalog_free(take);
        return NULL;
    }
    f->catalog = take;
    f->warm_entry = CATALOG_NONE;
    f->scratch = arena_new(0, 16 * LIMIT_RECORD_LINE);
    f->bindings = playback_bindings_new();
    if (f->scratch != NULL && f->bindings != NULL && playback_table_init(&f->keys) && playback_table_init(&f->states) &&
        playback_table_init(&f->marks))
        return f;
    playback_finder_free(f);
    return NULL;
}

void
playback_finder_free(struct playback_finder *f)
{
    if (f == NULL)
        return;
    catalog_free(f->catalog);
    arena_free(f->scratch);
    playback_bindings_free(f->bindings);
    free(f->keys.slots);
    free(f->states.slots);
    free(f->marks.slots);
    free(f);
}

struct catalog *
playback_finder_catalog(struct playback_finder *f)
{
    return f->catalog;
}

struct playback_bindings *
playback_finder_bindings(struct playback_finder *f)
{
    return f->bindings;
}

void
playback_finder_reset(struct playback_finder *f)
{
    playback_table_clear(&f->states);
    playback_table_clear(&f->marks);
    playback_bindings_forget(f->bindings);
    catalog_forget_uses(f->catalog);
}

/* ---- one request ---- */

#define PERMUTED 4 /* pairs of a query whose orders are all looked for: 24 */

/* Entries with this very target, as it may have been before something was taken off its path. */
static int
match_target(struct playback_search *s, const struct message *m, struct text query)
{
    const struct service_settings *settings = s->service->settings;
    const char *mark = m->has_query ? "?" : "";
    uint32_t prefixes = settings->strip ? settings->path_count : 0;

    if (playback_match_target(s, arena_print(s->arena, "%.*s%s%.*s", TEXT_PRINT(s->path), mark, TEXT_PRINT(query))) < 0)
        return -1;
    for (uint32_t i = 0; i < prefixes; i++) {
        struct text prefix = settings->paths[i];

        while (prefix.length > 0 && prefix.data[prefix.length - 1] == '/')
            prefix.length--;
        if (playback_match_target(s, arena_print(s->arena, "%.*s%.*s%s%.*s", TEXT_PRINT(prefix), TEXT_PRINT(s->path),
                                                 mark, TEXT_PRINT(query))) < 0)
            return -1;
    }
    return 0;
}

/* The pairs of a query; PERMUTED + 1: there are more. */
static uint32_t
split_query(struct text query, struct text pairs[PERMUTED])
{
    struct text_split split = text_split_start(query);
    uint32_t count = 0;
    struct text pair;

    while (text_split_next(&split, '&', &pair)) {
        if (count == PERMUTED)
            return PERMUTED + 1;
        pairs[count++] = pair;
    }
    return count;
}

/* In every order: those from `first` on are still to be placed. */
static int
match_orders(struct playback_search *s, const struct message *m, struct text *pairs, uint32_t count, uint32_t first)
{
    struct text query = TEXT("");

    for (uint32_t i = first; i < count && first + 1 < count; i++) {
        struct text pair = pairs[i];
        int result;

        pairs[i] = pairs[first];
        pairs[first] = pair;
        result = match_orders(s, m, pairs, count, first + 1);
        pairs[first] = pairs[i];
        pairs[i] = pair;
        if (result < 0)
            return -1;
    }
    if (first + 1 < count)
        return 0;
    for (uint32_t i = 0; i < count; i++)
        query = arena_print(s->arena, "%.*s%s%.*s", TEXT_PRINT(query), i > 0 ? "&" : "", TEXT_PRINT(pairs[i]));
    return match_target(s, m, query);
}

/* The keys of all entries that may be equal, if they can be found by their targets; else of all of the operation. */
static int
match_keys(struct playback_search *s, const struct message *m)
{
    struct text pairs[PERMUTED];
    uint32_t count = split_query(m->query, pairs);

    if (match_target(s, m, m->query) < 0)
        return -1;
    if (!m->has_query)
        return 0;
    if (count > PERMUTED || match_ignores_queries(s->service->rules))
        return playback_match_groups(s);
    return count > 1 ? match_orders(s, m, pairs, count, 0) : 0;
}

/* As it is recorded; and the operation that it is of. */
static int
read_live(struct playback_search *s, const struct message *request, struct text path, struct message *m)
{
    struct contract_match match;

    *m = *request;
    s->path = path;
    playback_bindings_to_recorded(s->f->bindings, m, &s->path, true, &s->found->use, s->arena);
    if (match_read(&s->live, s->service->rules, m, s->path, NULL, s->arena) < 0)
        return -1;
    contract_find(s->service->contract, m->method, s->path, true, s->arena, &match);
    s->operation = match.operation;
    s->id_count = 0;
    playback_find_ids(s, &match);
    s->service_hash = hash_text(s->service->name, hash_seed());
    return 0;
}

static int
try_once(struct playback_search *s, const struct message *request, struct text path, struct error *err)
{
    struct message m;
    int chosen;

    if (read_live(s, request, path, &m) < 0 || match_keys(s, &m) < 0)
        return error_memory(err);
    chosen = playback_choose(s, err);
    if (chosen != 0 || s->found->ended)
        return chosen;
    if (playback_match_groups(s) < 0)
        return error_memory(err);
    return playback_choose(s, err);
}

int
playback_find(struct playback_finder *f, const struct playback_service *service, const struct message *request,
              struct text path, struct playback_found *found, struct arena *arena, struct error *err)
{
    struct playback_search s = { .f = f, .service = service, .found = found, .arena = arena };
    int result;

    *found = (struct playback_found){ .number = CATALOG_NONE, .closest = CATALOG_NONE };
    result = try_once(&s, request, path, err);
    if (result != 0)
        return result < 0 ? -1 : 0;
    if (playback_find_closest(&s, err) < 0)
        return -1;
    if (s.bound == CATALOG_NONE || !playback_bindings_learn(f->bindings, &s.bound_differences, &found->use))
        return 0;
    *found = (struct playback_found){ .number = CATALOG_NONE, .closest = CATALOG_NONE };
    result = try_once(&s, request, path, err);
    return result < 0 ? -1 : 0;
}
