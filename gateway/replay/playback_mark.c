/* playback_mark.c -- how far a run is with each thing that it changes.
 *
 * A recording has more than what its client did: services read a thing between two steps of the client, and a run that
 * answers the client alone must not give it an answer from before a change that it has made already. So an answered
 * write marks the ids of its request with its place in the recording, and a read of one of them passes over what was
 * recorded before. */
#include "base/hash.h"
#include "base/limits.h"
#include "replay/playback_find_internal.h"

#define MOST_VALUES 10000 /* of a body, that are looked at */

static void
add(struct playback_search *s, uint64_t hash)
{
    if (s->id_count < PLAYBACK_IDS)
        s->ids[s->id_count++] = hash;
}

/* A rare value is the same thing wherever it stands; others only under their name. */
static void
add_value(struct playback_search *s, struct text name, struct text value)
{
    uint64_t hash = hash_text(value, hash_seed());

    if (match_is_rare(value))
        add(s, hash);
    else if (name.length > 0)
        add(s, hash_mix(hash, hash_text(name, hash_seed())));
}

void
playback_find_ids(struct playback_search *s, const struct contract_match *match)
{
    const struct match_request *r = &s->live;

    for (uint32_t i = 0; i < match->parameter_count; i++)
        add_value(s, match->parameters[i].name, match->parameters[i].value);
    for (uint32_t i = 0; match->operation == NULL && i < r->segment_count; i++)
        add_value(s, text_make(NULL, 0), r->segments[i]);
    for (uint32_t i = 0; i < r->pair_count; i++)
        add_value(s, text_make(NULL, 0), r->pairs[i].value);
    for (uint32_t i = 0; r->json != NULL && i < r->json->span && i < MOST_VALUES; i++)
        if (r->json[i].type == VALUE_STRING)
            add_value(s, text_make(NULL, 0), value_text(&r->json[i]));
}

uint32_t
playback_floor(const struct playback_search *s)
{
    uint32_t floor = 0;

    for (uint32_t i = 0; !playback_is_write(s->live.method) && i < s->id_count; i++) {
        const struct playback_slot *mark = playback_table_find(&s->f->marks, s->ids[i]);

        if (mark != NULL && mark->first > floor)
            floor = mark->first;
    }
    return floor;
}

void
playback_mark(struct playback_search *s, uint32_t number)
{
    for (uint32_t i = 0; playback_is_write(s->live.method) && i < s->id_count; i++) {
        struct playback_slot *mark = playback_table_find(&s->f->marks, s->ids[i]);

        if (mark == NULL && s->f->marks.used < LIMIT_PLAYBACK_STATES)
            mark = playback_table_add(&s->f->marks, s->ids[i]);
        if (mark != NULL)
            mark->first = number;
    }
}

bool
playback_is_write(struct text method)
{
    return !text_equal(method, TEXT("GET")) && !text_equal(method, TEXT("HEAD")) &&
           !text_equal(method, TEXT("OPTIONS"));
}
