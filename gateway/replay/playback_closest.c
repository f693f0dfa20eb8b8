/* playback_closest.c -- no request is equal: which one is nearest, and are they the same but for made-up ids? */
#include "base/limits.h"
#include "replay/playback_find_internal.h"

/* An id that an answer of this run had is the client's to use, not to make up. */
static bool
may_bind(const struct playback_search *s, const struct match_differences *d)
{
    enum replay_bind bind = s->service->settings->replay.bind;

    if (!d->only_ids || bind == REPLAY_BIND_OFF || (bind == REPLAY_BIND_WRITES && !playback_is_write(s->live.method)))
        return false;
    for (uint32_t i = 0; i < d->count; i++)
        if (playback_bindings_was_issued(s->f->bindings, d->list[i].recorded))
            return false;
    return true;
}

/* The texts of differences move from the scratch to where they stay. */
static void
keep(struct playback_search *s, struct match_differences *to, const struct match_differences *from)
{
    *to = *from;
    for (uint32_t i = 0; i < from->count && i < MATCH_DIFFERENCES; i++) {
        struct match_difference *d = &to->list[i];

        d->place = arena_text(s->arena, d->place);
        d->recorded = d->recorded.data != NULL ? arena_text(s->arena, d->recorded) : d->recorded;
        d->live = d->live.data != NULL ? arena_text(s->arena, d->live) : d->live;
    }
}

static void
compare_one(struct playback_search *s, uint32_t number)
{
    struct playback_found *found = s->found;
    struct match_differences d;
    struct match_request recorded;
    struct exchange x;
    struct catalog *c = s->f->catalog;

    if (!playback_read_request(s, number, &x, &recorded))
        return;
    match_compare(&recorded, &s->live, s->service->rules, s->operation, s->f->scratch, &d);
    if (d.count == 0)
        return; /* all of its answers were given */
    if (found->closest == CATALOG_NONE || d.count < found->differences.count) {
        found->closest = number;
        keep(s, &found->differences, &d);
    }
    if (may_bind(s, &d) && (s->bound == CATALOG_NONE || catalog_at(c, number)->uses < catalog_at(c, s->bound)->uses)) {
        s->bound = number;
        keep(s, &s->bound_differences, &d);
    }
}

int
playback_find_closest(struct playback_search *s, struct error *err)
{
    struct catalog *c = s->f->catalog;
    struct playback_found *found = s->found;

    s->bound = CATALOG_NONE;
    for (uint32_t n = 0; n < catalog_group_count(c) && !found->more; n++) {
        if (!playback_group_fits(s, catalog_group(c, n)))
            continue;
        for (uint32_t i = catalog_group(c, n)->first; i != CATALOG_NONE && !found->more;
             i = catalog_at(c, i)->next_group) {
            found->more = found->compared == LIMIT_PLAYBACK_COMPARED;
            if (found->more)
                break;
            found->compared++;
            compare_one(s, i);
        }
    }
    return found->closest != CATALOG_NONE ? catalog_read(c, found->closest, &found->x, s->arena, err) : 0;
}
