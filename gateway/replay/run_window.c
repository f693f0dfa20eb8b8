/* run_window.c -- exchanges that were read ahead, the one that began first at the top of a heap. */
#include "base/limits.h"
#include "replay/run_internal.h"

#include <stdlib.h>

#define SLOT_BYTES (16 * LIMIT_KIB) /* first block of an item's arena */

/* ---- slots ---- */

static struct replay_slot *
slot_new(struct replay *r)
{
    struct replay_slot *s = r->free_slots;
    struct arena *arena;

    if (s != NULL) {
        r->free_slots = s->next_free;
        return s;
    }
    s = calloc(1, sizeof *s);
    arena = arena_new(SLOT_BYTES, LIMIT_EXCHANGE_ARENA);
    if (s == NULL || arena == NULL) {
        free(s);
        arena_free(arena);
        return NULL;
    }
    s->run = r;
    s->item.arena = arena;
    s->next_of_all = r->slots;
    r->slots = s;
    buffer_init(&s->head, LIMIT_MIB);
    return s;
}

static void
slot_clear(struct replay_slot *s)
{
    struct arena *arena = s->item.arena;

    arena_reset(arena);
    memset(&s->item, 0, sizeof s->item);
    s->item.arena = arena;
    s->item.recorded.arena = arena;
    s->item.slot = s;
    s->state = SLOT_WINDOW;
    s->waited = s->asking = s->timed = false;
    s->blockers = 0;
    s->need_count = 0;
    s->body = NULL;
    s->body_length = s->body_room = 0;
    buffer_clear(&s->head);
}

void
window_release(struct replay *r, struct replay_slot *s)
{
    r->bytes -= s->weight;
    s->next_free = r->free_slots;
    r->free_slots = s;
}

static void
slot_free(struct replay_slot *s)
{
    buffer_release(&s->head);
    arena_free(s->item.arena);
    free(s->blocks);
    free(s);
}

/* ---- the heap ---- */

/* Of equal times, the order of the recording. */
static bool
before(const struct replay_slot *a, const struct replay_slot *b)
{
    if (a->item.recorded.started != b->item.recorded.started)
        return a->item.recorded.started < b->item.recorded.started;
    return a->item.number < b->item.number;
}

struct replay_slot *
window_first(const struct replay *r)
{
    return r->heap_count > 0 ? r->heap[0] : NULL;
}

int
window_put(struct replay *r, struct replay_slot *s)
{
    uint32_t at = r->heap_count;

    if (r->heap_count == r->heap_room) {
        uint32_t room = r->heap_room > 0 ? r->heap_room * 2 : 256;
        struct replay_slot **heap = realloc(r->heap, room * sizeof(struct replay_slot *));

        if (heap == NULL)
            return -1;
        r->heap = heap;
        r->heap_room = room;
    }
    r->heap_count++;
    for (; at > 0 && before(s, r->heap[(at - 1) / 2]); at = (at - 1) / 2)
        r->heap[at] = r->heap[(at - 1) / 2];
    r->heap[at] = s;
    s->state = SLOT_WINDOW;
    return 0;
}

struct replay_slot *
window_take(struct replay *r)
{
    struct replay_slot *first = r->heap[0], *last = r->heap[--r->heap_count];
    uint32_t at = 0;

    for (;;) {
        uint32_t child = 2 * at + 1;

        if (child >= r->heap_count)
            break;
        if (child + 1 < r->heap_count && before(r->heap[child + 1], r->heap[child]))
            child++;
        if (!before(r->heap[child], last))
            break;
        r->heap[at] = r->heap[child];
        at = child;
    }
    if (r->heap_count > 0)
        r->heap[at] = last;
    return first;
}

/* ---- reading ahead ---- */

static int
learn(struct replay *r, struct replay_slot *s)
{
    struct replay_item *item = &s->item;

    if (r->plan->making.binder == NULL)
        return 0;
    return binder_read(r->plan->making.binder, item->number, &item->recorded, &item->match, item->arena, &s->needs,
                       &s->need_count);
}

static int
take_one(struct replay *r, struct replay_slot *s)
{
    int result;

    slot_clear(s);
    result = r->plan->source(r->plan->source_arg, &s->item, r->err);
    if (result != 1) {
        s->next_free = r->free_slots;
        r->free_slots = s;
        r->ended = true;
        return result;
    }
    s->item.number = ++r->counts.read;
    if (r->counts.read == 1 && r->plan->making.shift != NULL)
        time_shift_begin(r->plan->making.shift, s->item.recorded.started, loop_wall(r->loop));
    s->writes = !allow_is_safe(s->item.recorded.request.method);
    if (learn(r, s) < 0 || order_enter(r, s) < 0 || window_put(r, s) < 0)
        return error_memory(r->err);
    s->weight = arena_used(s->item.arena);
    r->bytes += s->weight;
    return 0;
}

int
window_fill(struct replay *r)
{
    while (!r->ended && r->heap_count + r->parked < LIMIT_REPLAY_AHEAD && r->bytes < LIMIT_REPLAY_BYTES) {
        struct replay_slot *s = slot_new(r);

        if (s == NULL)
            return error_memory(r->err);
        if (take_one(r, s) < 0)
            return -1;
    }
    return 0;
}

void
window_free(struct replay *r)
{
    while (r->slots != NULL) {
        struct replay_slot *next = r->slots->next_of_all;

        slot_free(r->slots);
        r->slots = next;
    }
    free(r->heap);
}
