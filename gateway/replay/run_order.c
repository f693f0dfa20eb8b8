/* run_order.c -- who waits for whom.
 *
 * Waiting goes from an exchange to earlier ones of the recording alone, so it cannot go round in a circle. Requests
 * about one path are in lists of their own by what they do, so that reads do not look at reads; and who waits for a
 * write waits through it for all that it waits for, so that the lists are seldom walked far. */
#include "base/hash.h"
#include "replay/run_internal.h"

#include <stdlib.h>

#define CROWD                                                                                                          \
    64 /* requests in the window with a value of one answer: then it is everybody's (a token), and orders none */

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
    *e = (struct order_entry){
        .slot = s, .key = key, .source = source, .latest = end_of(&s->item.recorded), .next = *first
    };
    if (e->next != NULL) {
        e->next->previous = e;
        e->latest = e->next->latest > e->latest ? e->next->latest : e->latest;
    }
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

/* ---- lists ---- */

/* Wait for those of a list that the recording had before. Who ended by *covered is waited for already, through another
 * one; NULL: that cannot be, as those of this list do not wait for each other. */
static int
wait_for(struct replay *r, struct replay_slot *s, uint64_t key, int64_t *covered)
{
    for (const struct order_entry *e = *bucket(r, key); e != NULL; e = e->next) {
        const struct exchange *x = &e->slot->item.recorded;

        if (covered != NULL && e->latest <= *covered)
            break;
        if (e->key != key || !keeps_order(e->slot, s) || (covered != NULL && end_of(x) <= *covered))
            continue;
        if (order_block(e->slot, s) < 0)
            return -1;
        if (covered != NULL && e->slot->writes && x->started > *covered)
            *covered = x->started;
    }
    return 0;
}

static bool
is_crowd(const struct order_entry *e, uint64_t key)
{
    uint32_t count = 0;

    for (; e != NULL && count <= CROWD; e = e->next)
        count += e->key == key;
    return count > CROWD;
}

/* Wait for the one whose answer is needed, and for others that are about it. */
static int
wait_for_answer(struct replay *r, struct replay_slot *s, uint64_t key)
{
    const struct order_entry *first = *bucket(r, key);
    bool crowd = is_crowd(first, key);

    for (const struct order_entry *e = first; e != NULL; e = e->next)
        if (e->key == key && e->slot != s && (e->source || (!crowd && keeps_order(e->slot, s))) &&
            order_block(e->slot, s) < 0)
            return -1;
    return 0;
}

/* ---- what requests are about ---- */

/* Kinds of keys: an exchange's answer; a path that is read, changed, or that something is added to; that something
 * below is read or changed of; a service that is. */
enum {
    KEY_ANSWER = 1,
    KEY_READ,
    KEY_CHANGED,
    KEY_ADDED,
    KEY_READ_BELOW,
    KEY_CHANGED_BELOW,
    KEY_SERVICE_READ,
    KEY_SERVICE_CHANGED,
};

static uint64_t
key_of(struct text what, unsigned kind)
{
    return hash_mix(hash_stable(what, 0), kind);
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

static unsigned
kind_of(const struct replay_slot *s)
{
    if (!s->writes)
        return KEY_READ;
    return reaches_below(s) ? KEY_CHANGED : KEY_ADDED;
}

/* Those about this very path wait for each other, unless both read. `below`: it is the path above, and additions to it
 * do not concern what was there. */
static int
wait_at(struct replay *r, struct replay_slot *s, struct text path, bool below)
{
    int64_t covered = INT64_MIN;

    if (wait_for(r, s, key_of(path, KEY_CHANGED), &covered) < 0)
        return -1;
    if (!below && wait_for(r, s, key_of(path, KEY_ADDED), &covered) < 0)
        return -1;
    return s->writes ? wait_for(r, s, key_of(path, KEY_READ), &covered) : 0;
}

/* A list is about all that is below it; who changes or removes a thing, changes what is below. */
static int
wait_along_path(struct replay *r, struct replay_slot *s, struct text path)
{
    if (wait_at(r, s, path, false) < 0)
        return -1;
    if (reaches_below(s) && (wait_for(r, s, key_of(path, KEY_CHANGED_BELOW), NULL) < 0 ||
                             (s->writes && wait_for(r, s, key_of(path, KEY_READ_BELOW), NULL) < 0)))
        return -1;
    for (size_t end = above(path, path.length); end > 1; end = above(path, end))
        if (wait_at(r, s, text_slice(path, 0, end), true) < 0)
            return -1;
    return 0;
}

/* A service that is slower than it was must not turn the recorded order round. */
static int
wait_in_service(struct replay *r, struct replay_slot *s)
{
    struct text service = s->item.recorded.service;
    int64_t covered = INT64_MIN;

    if (wait_for(r, s, key_of(service, KEY_SERVICE_CHANGED), &covered) < 0)
        return -1;
    return s->writes ? wait_for(r, s, key_of(service, KEY_SERVICE_READ), &covered) : 0;
}

int
order_enter(struct replay *r, struct replay_slot *s)
{
    const struct replay_item *item = &s->item;
    struct text path = item->recorded.request.path;
    bool paced = r->plan->speed > 0;

    if (wait_along_path(r, s, path) < 0 || (paced && wait_in_service(r, s) < 0))
        return -1;
    for (uint32_t i = 0; i < s->need_count; i++)
        if (wait_for_answer(r, s, hash_mix(s->needs[i], KEY_ANSWER)) < 0)
            return -1;
    enter(r, s, hash_mix(item->number, KEY_ANSWER), true);
    enter(r, s, key_of(path, kind_of(s)), false);
    if (paced)
        enter(r, s, key_of(item->recorded.service, s->writes ? KEY_SERVICE_CHANGED : KEY_SERVICE_READ), false);
    for (uint32_t i = 0; i < s->need_count && i < ORDER_NEEDS; i++)
        enter(r, s, hash_mix(s->needs[i], KEY_ANSWER), false);
    for (size_t end = above(path, path.length); end > 1; end = above(path, end))
        enter(r, s, key_of(text_slice(path, 0, end), s->writes ? KEY_CHANGED_BELOW : KEY_READ_BELOW), false);
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
