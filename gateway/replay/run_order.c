/* run_order.c -- who waits for whom.
 *
 * Waiting goes from an exchange to earlier ones of the recording alone, so it cannot go round in a circle. */
#include "base/hash.h"
#include "replay/run_internal.h"

#include <stdlib.h>

#define CROWD                                                                                                          \
    64 /* requests in the window with a value of one answer: then it is everybody's (a token), and orders none */

static struct order_entry **
bucket(struct replay *r, uint64_t key)
{
    return &r->buckets[key & (ORDER_BUCKETS - 1)];
}

static void
enter(struct replay *r, struct replay_slot *s, uint64_t key, bool source)
{
    struct order_entry **first = bucket(r, key), *e;

    if (s->entry_count == ORDER_KEYS)
        return;
    e = &s->entries[s->entry_count++];
    *e = (struct order_entry){ .slot = s, .key = key, .source = source, .next = *first };
    if (e->next != NULL)
        e->next->previous = e;
    *first = e;
}

int
order_block(struct replay_slot *s, struct replay_slot *other)
{
    if (s->block_count > 0 && s->blocks[s->block_count - 1] == other)
        return 0;
    if (s->block_count == s->block_room) {
        uint32_t room = s->block_room > 0 ? s->block_room * 2 : 8;
        struct replay_slot **blocks = realloc(s->blocks, room * sizeof(struct replay_slot *));

        if (blocks == NULL)
            return -1;
        s->blocks = blocks;
        s->block_room = room;
    }
    s->blocks[s->block_count++] = other;
    other->blockers++;
    return 0;
}

static int64_t
end_of(const struct exchange *x)
{
    return x->started + (x->times.finished > 0 ? x->times.finished : 0);
}

/* Did the recording have them one after the other, and does one of them change something? */
static bool
keeps_order(const struct replay_slot *before, const struct replay_slot *after)
{
    return (before->writes || after->writes) && end_of(&before->item.recorded) <= after->item.recorded.started;
}

static uint32_t
count_of(const struct order_entry *e, uint64_t key)
{
    uint32_t count = 0;

    for (; e != NULL; e = e->next)
        count += e->key == key;
    return count;
}

/* Wait for those that are about the same; `needed`: for the one whose answer it is in any case. */
static int
wait_for(struct replay *r, struct replay_slot *s, uint64_t key, bool needed)
{
    const struct order_entry *first = *bucket(r, key);
    bool crowd = needed && count_of(first, key) > CROWD;

    for (const struct order_entry *e = first; e != NULL; e = e->next)
        if (e->key == key && e->slot != s && ((needed && e->source) || (!crowd && keeps_order(e->slot, s))) &&
            order_block(e->slot, s) < 0)
            return -1;
    return 0;
}

/* ---- what requests are about ---- */

/* Kinds of keys: an exchange's answer; a path; a path that something is below; a service. */
enum { KEY_NUMBER = 1, KEY_PATH, KEY_ABOVE, KEY_SERVICE };

static uint64_t
key_of_path(struct text path, unsigned kind)
{
    return hash_mix(hash_stable(path, 0), kind);
}

/* Where the path above ends; 0: there is none. */
static size_t
above(struct text path, size_t length)
{
    while (length > 1 && path.data[--length] != '/')
        ;
    return length;
}

/* Nothing is below of what POST makes: a new thing does not change its siblings. */
static bool
reaches_below(const struct replay_slot *s)
{
    return !text_equal(s->item.recorded.request.method, TEXT("POST"));
}

/* A list is about all that is below it; who changes or removes a thing, changes what is below. */
static int
wait_along_path(struct replay *r, struct replay_slot *s, struct text path)
{
    if (wait_for(r, s, key_of_path(path, KEY_PATH), false) < 0)
        return -1;
    if (reaches_below(s) && wait_for(r, s, key_of_path(path, KEY_ABOVE), false) < 0)
        return -1;
    for (size_t end = above(path, path.length); end > 1; end = above(path, end)) {
        uint64_t key = key_of_path(text_slice(path, 0, end), KEY_PATH);

        for (const struct order_entry *e = *bucket(r, key); e != NULL; e = e->next)
            if (e->key == key && reaches_below(e->slot) && keeps_order(e->slot, s) && order_block(e->slot, s) < 0)
                return -1;
    }
    return 0;
}

int
order_enter(struct replay *r, struct replay_slot *s)
{
    const struct replay_item *item = &s->item;
    struct text path = item->recorded.request.path;
    uint64_t service = hash_mix(hash_stable(item->recorded.service, 0), KEY_SERVICE);
    bool paced = r->plan->speed > 0; /* a service that is slower than it was must not turn the recorded order round */

    if (wait_along_path(r, s, path) < 0 || (paced && wait_for(r, s, service, false) < 0))
        return -1;
    for (uint32_t i = 0; i < s->need_count; i++)
        if (wait_for(r, s, hash_mix(s->needs[i], KEY_NUMBER), true) < 0)
            return -1;
    enter(r, s, hash_mix(item->number, KEY_NUMBER), true);
    enter(r, s, key_of_path(path, KEY_PATH), false);
    if (paced)
        enter(r, s, service, false);
    for (uint32_t i = 0; i < s->need_count && i < ORDER_NEEDS; i++)
        enter(r, s, hash_mix(s->needs[i], KEY_NUMBER), false);
    for (size_t end = above(path, path.length); end > 1; end = above(path, end))
        enter(r, s, key_of_path(text_slice(path, 0, end), KEY_ABOVE), false);
    return 0;
}

void
order_leave(struct replay *r, struct replay_slot *s)
{
    for (uint32_t i = 0; i < s->entry_count; i++) {
        struct order_entry *e = &s->entries[i];

        if (e->next != NULL)
            e->next->previous = e->previous;
        if (e->previous != NULL)
            e->previous->next = e->next;
        else
            *bucket(r, e->key) = e->next;
    }
    s->entry_count = 0;
    for (uint32_t i = 0; i < s->block_count; i++) {
        struct replay_slot *other = s->blocks[i];

        if (--other->blockers == 0 && other->state == SLOT_PARKED) {
            r->parked--;
            (void)window_put(r, other); /* there was room for it before */
        }
    }
    s->block_count = 0;
}
