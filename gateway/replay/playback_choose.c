/* playback_choose.c -- entries by their key, and which one is next. */
#include "base/hash.h"
#include "base/limits.h"
#include "replay/playback_find_internal.h"

struct text
playback_path_below(const struct playback_service *service, struct text path)
{
    const struct service_settings *s = service->settings;

    for (uint32_t i = 0; s->strip && i < s->path_count; i++) {
        struct text prefix = s->paths[i], rest;

        while (prefix.length > 0 && prefix.data[prefix.length - 1] == '/')
            prefix.length--;
        if (prefix.length == 0 || !text_starts(path, prefix))
            continue;
        rest = text_from(path, prefix.length);
        if (rest.length == 0)
            return TEXT("/");
        if (rest.data[0] == '/')
            return rest;
    }
    return path;
}

bool
playback_read_request(struct playback_search *s, uint32_t number, struct exchange *x, struct match_request *recorded)
{
    arena_reset(s->f->scratch);
    return catalog_read(s->f->catalog, number, x, s->f->scratch, NULL) == 0 &&
           match_read(recorded, s->service->rules, &x->request, playback_path_below(s->service, x->request.path), x,
                      s->f->scratch) == 0;
}

/* ---- learning keys ---- */

/* In the order of the recording, whichever is learned first. */
static void
link_key(struct catalog *c, struct playback_slot *slot, uint32_t number)
{
    struct catalog_entry *e = catalog_at(c, number);

    slot->count++;
    if (slot->first == CATALOG_NONE || number < slot->first) {
        e->next_key = slot->first;
        slot->first = number;
        slot->last = slot->last == CATALOG_NONE ? number : slot->last;
    } else if (number > slot->last) {
        catalog_at(c, slot->last)->next_key = number;
        slot->last = number;
    } else {
        struct catalog_entry *before = catalog_at(c, slot->first);

        while (before->next_key < number)
            before = catalog_at(c, before->next_key);
        e->next_key = before->next_key;
        before->next_key = number;
    }
}

static int
learn_key(struct playback_search *s, uint32_t number)
{
    struct catalog_entry *e = catalog_at(s->f->catalog, number);
    struct match_request recorded;
    struct playback_slot *slot;
    struct exchange x;

    if (e->matched)
        return 0;
    e->matched = true;
    if (!playback_read_request(s, number, &x, &recorded)) /* it has changed; who asks for its answer is told */
        return 0;
    e->loose = (uint8_t)recorded.loose;
    e->key = hash_mix(match_key(&recorded, s->service->rules, recorded.loose), s->service_hash);
    s->f->loose[recorded.loose] = true;
    slot = playback_table_add(&s->f->keys, e->key);
    if (slot == NULL)
        return -1;
    link_key(s->f->catalog, slot, number);
    return 0;
}

bool
playback_group_fits(const struct playback_search *s, const struct catalog_group *g)
{
    struct text operation = s->operation != NULL ? operation_id(s->operation) : text_make(NULL, 0);

    return text_equal(g->method, s->live.method) && text_equal(g->service, s->service->name) &&
           (g->operation.length == 0 || text_equal(g->operation, operation));
}

int
playback_match_target(struct playback_search *s, struct text target)
{
    uint64_t hash = hash_stable(target, 0);
    uint32_t i = catalog_target(s->f->catalog, hash);

    for (; i != CATALOG_NONE; i = catalog_at(s->f->catalog, i)->next_target) {
        const struct catalog_entry *e = catalog_at(s->f->catalog, i);
        const struct catalog_group *g = catalog_group(s->f->catalog, e->group);

        if (e->target == hash && text_equal(g->service, s->service->name) && text_equal(g->method, s->live.method) &&
            learn_key(s, i) < 0)
            return -1;
    }
    return 0;
}

int
playback_match_groups(struct playback_search *s)
{
    for (uint32_t n = 0; n < catalog_group_count(s->f->catalog); n++) {
        struct catalog_group *g = catalog_group(s->f->catalog, n);

        if (g->matched || !playback_group_fits(s, g))
            continue;
        for (uint32_t i = g->first; i != CATALOG_NONE; i = catalog_at(s->f->catalog, i)->next_group)
            if (learn_key(s, i) < 0)
                return -1;
        g->matched = true;
    }
    return 0;
}

#define WARM_STEP 64 /* entries: a millisecond */

static const struct playback_service *
service_of(const struct playback_finder *f, const struct playback_service *services, uint32_t count, struct text name)
{
    for (uint32_t i = 0; i < count; i++)
        if (services[i].finder == f && text_equal(services[i].name, name))
            return &services[i];
    return NULL;
}

bool
playback_finder_warm(struct playback_finder *f, const struct playback_service *services, uint32_t count)
{
    struct playback_search s = { .f = f };
    struct catalog_group *g;
    uint32_t i;

    if (f->warm_group == catalog_group_count(f->catalog))
        return false;
    g = catalog_group(f->catalog, f->warm_group);
    i = f->warm_entry != CATALOG_NONE ? f->warm_entry : g->first;
    s.service = service_of(f, services, count, g->service);
    if (s.service != NULL)
        s.service_hash = hash_text(s.service->name, hash_seed());
    for (uint32_t n = 0; s.service != NULL && !g->matched && n < WARM_STEP && i != CATALOG_NONE; n++) {
        if (learn_key(&s, i) < 0) { /* no memory: what is left is learned when it is needed */
            f->warm_group = catalog_group_count(f->catalog);
            return false;
        }
        i = catalog_at(f->catalog, i)->next_group;
    }
    if (s.service != NULL && !g->matched && i != CATALOG_NONE) {
        f->warm_entry = i;
        return true;
    }
    g->matched = g->matched || s.service != NULL;
    f->warm_group++;
    f->warm_entry = CATALOG_NONE;
    return true;
}

/* ---- choosing ---- */

/* Entries with a key whose request had parts that are not on record are only candidates. */
static bool
is_equal(struct playback_search *s, uint32_t number)
{
    struct match_differences differences;
    struct match_request recorded;
    struct exchange x;

    if (!playback_read_request(s, number, &x, &recorded))
        return false;
    match_compare(&recorded, &s->live, s->service->rules, s->operation, s->f->scratch, &differences);
    return differences.count == 0;
}

/* The first one from here on. */
static uint32_t
next_equal(struct playback_search *s, uint32_t number, unsigned loose, uint32_t *budget)
{
    while (loose != 0 && number != CATALOG_NONE) {
        if (*budget == 0)
            return CATALOG_NONE;
        --*budget;
        if (is_equal(s, number))
            return number;
        number = catalog_at(s->f->catalog, number)->next_key;
    }
    return number;
}

/* The first one from here on that is not before the floor, else the last one; *step counts those that are passed. */
static uint32_t
step_from(struct playback_search *s, uint32_t number, unsigned loose, uint32_t floor, uint32_t *step)
{
    uint32_t budget = LIMIT_PLAYBACK_COMPARED, last = CATALOG_NONE;

    while ((number = next_equal(s, number, loose, &budget)) != CATALOG_NONE) {
        ++*step;
        if (number >= floor)
            return number;
        last = number;
        number = catalog_at(s->f->catalog, number)->next_key;
    }
    return last;
}

/* What follows the entry that answered last. CATALOG_NONE: the end, and it does not go on. */
static uint32_t
next_step(struct playback_search *s, const struct playback_slot *chain, struct playback_slot *state, unsigned loose)
{
    uint32_t floor = playback_floor(s), next;

    if (state->first == CATALOG_NONE)
        return step_from(s, chain->first, loose, floor, &state->count);
    next = step_from(s, catalog_at(s->f->catalog, state->first)->next_key, loose, floor, &state->count);
    if (next != CATALOG_NONE)
        return next;
    switch (s->service->settings->replay.at_end) {
    case REPLAY_LAST:
        return state->first;
    case REPLAY_WRAP:
        state->count = 0;
        return step_from(s, chain->first, loose, floor, &state->count);
    case REPLAY_MISS:
        s->found->ended = true;
        break;
    }
    return CATALOG_NONE;
}

/* Where this request is in what was recorded for it. One that cannot be kept in mind begins each time. */
static struct playback_slot *
state_of(struct playback_search *s, uint64_t strict, struct playback_slot *spare)
{
    uint64_t key = hash_mix(strict, s->found->use.session);
    struct playback_slot *state = playback_table_find(&s->f->states, key);

    if (state == NULL && s->f->states.used < LIMIT_PLAYBACK_STATES)
        state = playback_table_add(&s->f->states, key);
    *spare = (struct playback_slot){ .first = CATALOG_NONE };
    return state != NULL ? state : spare;
}

int
playback_choose(struct playback_search *s, struct error *err)
{
    uint64_t strict = hash_mix(match_key(&s->live, s->service->rules, 0), s->service_hash);
    struct playback_slot spare, *state = NULL;

    for (unsigned loose = 0; loose < MATCH_LOOSE_KINDS; loose++) {
        uint64_t key = loose == 0 ? strict : hash_mix(match_key(&s->live, s->service->rules, loose), s->service_hash);
        const struct playback_slot *chain = s->f->loose[loose] ? playback_table_find(&s->f->keys, key) : NULL;
        uint32_t number;

        if (chain == NULL)
            continue;
        state = state != NULL ? state : state_of(s, strict, &spare);
        number = next_step(s, chain, state, loose);
        if (number == CATALOG_NONE)
            continue;
        state->first = number;
        s->found->number = number;
        s->found->step = state->count;
        s->found->steps = loose == 0 ? chain->count : 0;
        catalog_at(s->f->catalog, number)->uses++;
        playback_mark(s, number);
        return catalog_read(s->f->catalog, number, &s->found->x, s->arena, err) < 0 ? -1 : 1;
    }
    return 0;
}
