#include "cli/replay_learn.h"

#include <stdlib.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/limits.h"
#include "replay/compare.h"

/* ---- bindings ---- */

int
replay_learn_bindings(struct bindings *b, const struct replay_input_options *options, struct error *err)
{
    const struct binder_options binding = { .rules = b, .learn = true };
    struct replay_item item = { .arena = arena_new(0, LIMIT_EXCHANGE_ARENA) };
    struct replay_input *in = replay_input_new(options, err);
    struct binder *binder = binder_new(&binding);
    uint64_t number = 0, *needs;
    uint32_t need_count;
    int result = in != NULL && binder != NULL && item.arena != NULL ? 1 : error_memory(err);

    while (result == 1) {
        struct arena *arena = item.arena;

        arena_reset(arena);
        item = (struct replay_item){ .arena = arena, .recorded = { .arena = arena } };
        result = replay_input_next(in, &item, err);
        if (result == 1 && binder_read(binder, ++number, &item.recorded, &item.match, arena, &needs, &need_count) < 0)
            result = error_memory(err);
    }
    binder_free(binder);
    replay_input_free(in);
    arena_free(item.arena);
    return result;
}

/* ---- noise ---- */

#define BUCKETS 1024 /* power of two */

/* An answer that waits for its counterpart. */
struct waiting {
    struct replay_item item; /* in an arena of its own */
    struct text operation;
    size_t bytes;
    unsigned from; /* 0: the recordings, 1: the other one */
    struct waiting *next;
};

struct pairing {
    struct noise *noise;
    struct waiting *first[BUCKETS], *last[BUCKETS];
    size_t bytes;
    uint64_t pairs;
    struct text operation; /* that is being compared */
    bool no_memory;
};

static void
drop(struct waiting *w)
{
    if (w != NULL)
        arena_free(w->item.arena); /* it is in it */
}

static void
on_difference(void *arg, const struct difference *d)
{
    struct pairing *p = arg;

    if (d->kind != DIFFERENCE_STATUS &&
        noise_learn(p->noise, p->operation, d->place, !text_equal(text_of(d->keyword), TEXT("value"))) < 0)
        p->no_memory = true;
}

static void
compare_pair(struct pairing *p, const struct waiting *a, const struct waiting *b)
{
    const struct comparison comparison = { .noise = p->noise, .operation = a->operation };

    p->operation = a->operation;
    p->pairs++;
    if (compare_answers(&comparison, &a->item.recorded, &b->item.recorded.response, b->item.arena, on_difference, p) ==
        COMPARE_NO_MEMORY)
        p->no_memory = true;
}

/* The oldest of the other recording with this operation and status, out of the list; NULL: there is none. */
static struct waiting *
counterpart(struct pairing *p, const struct waiting *w, uint64_t bucket)
{
    struct waiting **link = &p->first[bucket], *before = NULL;

    for (; *link != NULL; before = *link, link = &(*link)->next) {
        struct waiting *found = *link;

        if (found->from == w->from || !text_equal(found->operation, w->operation) ||
            found->item.recorded.response.status != w->item.recorded.response.status)
            continue;
        *link = found->next;
        if (p->last[bucket] == found)
            p->last[bucket] = before;
        p->bytes -= found->bytes;
        return found;
    }
    return NULL;
}

static void
pair(struct pairing *p, struct waiting *w)
{
    uint64_t bucket = hash_stable(w->operation, 0) & (BUCKETS - 1);
    struct waiting *other = counterpart(p, w, bucket);

    if (other != NULL) {
        compare_pair(p, w->from == 0 ? w : other, w->from == 0 ? other : w);
        drop(other);
        drop(w);
    } else if (p->bytes + w->bytes > LIMIT_REPLAY_BYTES) {
        drop(w);
    } else {
        p->bytes += w->bytes;
        if (p->last[bucket] != NULL)
            p->last[bucket]->next = w;
        else
            p->first[bucket] = w;
        p->last[bucket] = w;
    }
}

/* One more of this recording. 1, 0: there is none, -1. */
static int
take(struct pairing *p, struct replay_input *in, unsigned from, struct error *err)
{
    struct arena *arena = arena_new(4096, LIMIT_EXCHANGE_ARENA);
    struct waiting *w = arena != NULL ? ARENA_NEW(arena, struct waiting) : NULL;
    int result;

    if (w == NULL) {
        arena_free(arena);
        return error_memory(err);
    }
    w->item.arena = w->item.recorded.arena = arena;
    w->from = from;
    result = replay_input_next(in, &w->item, err);
    if (result != 1) {
        arena_free(arena);
        return result;
    }
    w->operation = replay_operation_place(&w->item);
    w->bytes = arena_used(arena);
    if (w->item.no_comparison)
        drop(w);
    else
        pair(p, w);
    return p->no_memory ? error_memory(err) : 1;
}

static int
pair_all(struct pairing *p, struct replay_input *here, struct replay_input *there, struct error *err)
{
    int a = 1, b = 1;

    while (a == 1 || b == 1) {
        a = a == 1 ? take(p, here, 0, err) : a;
        b = b == 1 ? take(p, there, 1, err) : b;
        if (a < 0 || b < 0)
            return -1;
    }
    return 0;
}

int
replay_learn_noise(struct noise *n, const struct replay_input_options *options, const char *again, uint64_t *pairs,
                   struct error *err)
{
    struct replay_input_options others = *options;
    struct replay_input *here, *there;
    struct pairing *p = calloc(1, sizeof *p);
    int result = -1;

    others.recordings = &again;
    others.count = 1;
    here = replay_input_new(options, err);
    there = replay_input_new(&others, err);
    if (p == NULL)
        error_memory(err);
    else
        p->noise = n;
    if (p != NULL && here != NULL && there != NULL)
        result = pair_all(p, here, there, err);
    for (size_t i = 0; p != NULL && i < BUCKETS; i++)
        while (p->first[i] != NULL) {
            struct waiting *next = p->first[i]->next;

            drop(p->first[i]);
            p->first[i] = next;
        }
    *pairs = p != NULL ? p->pairs : 0;
    free(p);
    replay_input_free(here);
    replay_input_free(there);
    return result;
}

/* ---- the file ---- */

int
replay_learn_write(const char *path, const struct bindings *b, const struct noise *n, struct error *err)
{
    struct buffer out;
    int result;

    buffer_init(&out, LIMIT_FILE_BYTES);
    bindings_write(b, &out);
    noise_write(n, &out);
    result = buffer_failed(&out) ? error_set(err, ERROR_ENVIRONMENT, path, "what was learned is too large")
                                 : file_write(path, buffer_text(&out), 0644, err);
    buffer_release(&out);
    return result;
}
