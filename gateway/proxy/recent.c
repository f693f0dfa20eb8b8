/* recent.c -- lanes of finished exchanges. A lane is a row that begins again at its front; what falls out is freed, or
 * left to the reader that still looks at it. */
#include "proxy/recent.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/limits.h"
#include "net/loop.h"
#include "proxy/metrics.h"
#include "proxy/transit.h"

struct recent_lane {
    struct recent *recent;
    pthread_mutex_t lock; /* of the row */
    struct recent_entry **row;
    uint32_t capacity, first, count;
    size_t bytes, most_bytes;
    counter seen, passed_over; /* written by the worker */
    counter kept;              /* written under the lock */
    counter too_heavy;         /* written by whoever keeps */

    /* the worker's own */
    int64_t second; /* when the budgets were filled */
    uint32_t plain_left, found_left;
};

struct recent {
    struct recent_lane *lanes;
    uint32_t lane_count;
    atomic_uint_fast64_t sequence;
    pthread_mutex_t reading; /* one reader at a time */
    struct redaction_scratch *scratch;
    int wake;
    atomic_bool waiting;
};

/* ---- begin and end ---- */

static int
lane_init(struct recent_lane *lane, struct recent *r, uint32_t exchanges, size_t bytes)
{
    lane->recent = r;
    lane->capacity = exchanges;
    lane->most_bytes = bytes;
    (void)pthread_mutex_init(&lane->lock, NULL);
    lane->row = calloc(exchanges, sizeof(struct recent_entry *));
    return lane->row != NULL ? 0 : -1;
}

struct recent *
recent_new(uint32_t lanes, uint32_t exchanges, size_t bytes)
{
    struct recent *r = calloc(1, sizeof(*r));
    int failed = 0;

    if (r == NULL)
        return NULL;
    (void)pthread_mutex_init(&r->reading, NULL);
    r->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    r->scratch = redaction_scratch_new();
    r->lanes = calloc(lanes, sizeof(struct recent_lane));
    for (uint32_t i = 0; r->lanes != NULL && i < lanes; i++, r->lane_count++)
        failed |= lane_init(&r->lanes[i], r, (exchanges + lanes - 1) / lanes, bytes / lanes);
    if (r->lanes != NULL && failed == 0 && r->wake >= 0 && r->scratch != NULL)
        return r;
    recent_free(r);
    return NULL;
}

static void
entry_free(struct recent_entry *e)
{
    struct ruleset *ruleset = e->ruleset;

    arena_free(e->exchange->arena); /* the entry with it */
    ruleset_drop(ruleset);
}

void
recent_free(struct recent *r)
{
    if (r == NULL)
        return;
    for (uint32_t i = 0; r->lanes != NULL && i < r->lane_count; i++) {
        struct recent_lane *lane = &r->lanes[i];

        for (uint32_t n = 0; n < lane->count; n++)
            entry_free(lane->row[(lane->first + n) % lane->capacity]);
        free(lane->row);
        (void)pthread_mutex_destroy(&lane->lock);
    }
    free(r->lanes);
    redaction_scratch_free(r->scratch);
    if (r->wake >= 0)
        (void)close(r->wake);
    (void)pthread_mutex_destroy(&r->reading);
    free(r);
}

struct recent_lane *
recent_lane(struct recent *r, uint32_t worker)
{
    return r != NULL ? &r->lanes[worker % r->lane_count] : NULL;
}

/* ---- keeping ---- */

static bool
is_remarkable(const struct exchange *x)
{
    return x->request_verdict.count + x->response_verdict.count > 0 || x->outcome != OUTCOME_DELIVERED ||
           x->refusal.status != 0 || x->fault_count > 0;
}

/* Each budget is filled again every second. */
static bool
has_budget(struct recent_lane *lane, const struct transit *t)
{
    int64_t now = t->started + t->exchange.times.finished;
    uint32_t *left = is_remarkable(&t->exchange) ? &lane->found_left : &lane->plain_left;

    if (now - lane->second >= LOOP_SECOND || lane->second == 0) {
        lane->second = now;
        lane->plain_left = LIMIT_RECENT_PLAIN_RATE;
        lane->found_left = LIMIT_RECENT_FOUND_RATE;
    }
    if (*left == 0)
        return false;
    --*left;
    return true;
}

void
recent_seen(struct recent_lane *lane, struct transit *t)
{
    if (lane == NULL)
        return;
    count_add(&lane->seen, 1);
    t->keep = t->policy->record && has_budget(lane, t);
    if (!t->keep)
        count_add(&lane->passed_over, 1);
}

/* Under the lane's lock. The caller frees what it gets, without the lock; NULL: nothing had to go. */
static struct recent_entry *
evict(struct recent_lane *lane, size_t weight)
{
    struct recent_entry *e;

    if (lane->count == 0 || (lane->count < lane->capacity && lane->bytes + weight <= lane->most_bytes))
        return NULL;
    e = lane->row[lane->first];
    lane->first = (lane->first + 1) % lane->capacity;
    lane->count--;
    lane->bytes -= e->weight;
    e->evicted = true;
    return e;
}

static void
put(struct recent_lane *lane, struct recent_entry *e)
{
    struct recent_entry *out;

    (void)pthread_mutex_lock(&lane->lock);
    while ((out = evict(lane, e->weight)) != NULL) {
        bool looked_at = out->pins > 0;

        (void)pthread_mutex_unlock(&lane->lock);
        if (!looked_at)
            entry_free(out);
        (void)pthread_mutex_lock(&lane->lock);
    }
    e->sequence = atomic_fetch_add(&lane->recent->sequence, 1) + 1;
    lane->row[(lane->first + lane->count) % lane->capacity] = e;
    lane->count++;
    lane->bytes += e->weight;
    count_add(&lane->kept, 1);
    (void)pthread_mutex_unlock(&lane->lock);
}

bool
recent_keep(struct recent_lane *lane, struct transit *t)
{
    struct arena *arena = t->exchange.arena;
    struct recent_entry *e;
    size_t weight = arena_used(arena);

    if (lane == NULL || !t->keep)
        return false;
    weight = weight > LIMIT_RECENT_LEAST ? weight : LIMIT_RECENT_LEAST;
    if (weight > lane->most_bytes / (is_remarkable(&t->exchange) ? 1 : 4)) {
        count_add(&lane->too_heavy, 1);
        return false;
    }
    e = ARENA_NEW(arena, struct recent_entry);
    if (e == NULL)
        return false;
    *e = (struct recent_entry){ .exchange = &t->exchange,
                                .ruleset = ruleset_hold(t->ruleset),
                                .lane = lane,
                                .weight = weight,
                                .redacted = t->redacted };
    put(lane, e);
    if (atomic_load(&lane->recent->waiting))
        recent_wake(lane->recent);
    return true;
}

/* ---- after a reload ---- */

/* Under the lane's lock: the next one with another ruleset, out of the row; NULL: there is none. */
static struct recent_entry *
take_other(struct recent_lane *lane, const struct ruleset *newest, const struct ruleset *previous)
{
    for (uint32_t n = 0; n < lane->count; n++) {
        struct recent_entry *e = lane->row[(lane->first + n) % lane->capacity];

        if (e->ruleset == newest || e->ruleset == previous)
            continue;
        for (; n + 1 < lane->count; n++)
            lane->row[(lane->first + n) % lane->capacity] = lane->row[(lane->first + n + 1) % lane->capacity];
        lane->count--;
        lane->bytes -= e->weight;
        e->evicted = true;
        return e;
    }
    return NULL;
}

void
recent_forget(struct recent *r, const struct ruleset *newest, const struct ruleset *previous)
{
    for (uint32_t i = 0; r != NULL && i < r->lane_count; i++) {
        struct recent_lane *lane = &r->lanes[i];
        struct recent_entry *out;

        do {
            bool looked_at;

            (void)pthread_mutex_lock(&lane->lock);
            out = take_other(lane, newest, previous);
            looked_at = out != NULL && out->pins > 0;
            (void)pthread_mutex_unlock(&lane->lock);
            if (out != NULL && !looked_at)
                entry_free(out);
        } while (out != NULL);
    }
}

uint32_t
recent_rulesets(struct recent *r, const struct ruleset **list, uint32_t count, uint32_t most)
{
    for (uint32_t i = 0; r != NULL && i < r->lane_count; i++) {
        struct recent_lane *lane = &r->lanes[i];

        (void)pthread_mutex_lock(&lane->lock);
        for (uint32_t n = 0; n < lane->count && count < most; n++) {
            const struct ruleset *ruleset = lane->row[(lane->first + n) % lane->capacity]->ruleset;
            uint32_t at = 0;

            while (at < count && list[at] != ruleset)
                at++;
            if (at == count)
                list[count++] = ruleset;
        }
        (void)pthread_mutex_unlock(&lane->lock);
    }
    return count;
}

/* ---- reading ---- */

static int
newest_started_first(const void *a, const void *b)
{
    return strcmp((*(struct recent_entry *const *)b)->exchange->id, (*(struct recent_entry *const *)a)->exchange->id);
}

static int
as_kept(const void *a, const void *b)
{
    uint64_t x = (*(struct recent_entry *const *)a)->sequence, y = (*(struct recent_entry *const *)b)->sequence;

    return x < y ? -1 : x > y;
}

static void
lock_lanes(struct recent *r, bool lock)
{
    for (uint32_t i = 0; i < r->lane_count; i++)
        (void)(lock ? pthread_mutex_lock(&r->lanes[i].lock) : pthread_mutex_unlock(&r->lanes[i].lock));
}

/* All lanes are locked at once: then no sequence number can come later that is lower than one that was seen. */
static void
collect(struct recent *r, uint64_t after, struct recent_view *view)
{
    view->newest = atomic_load(&r->sequence);
    for (uint32_t i = 0; i < r->lane_count; i++) {
        struct recent_lane *lane = &r->lanes[i];

        view->seen += count_of(&lane->seen);
        view->kept += count_of(&lane->kept);
        view->sampled = view->sampled || count_of(&lane->passed_over) + count_of(&lane->too_heavy) > 0;
        for (uint32_t n = 0; n < lane->count; n++) {
            struct recent_entry *e = lane->row[(lane->first + n) % lane->capacity];

            if (e->sequence <= after)
                continue;
            e->pins++;
            view->entries[view->count++] = e;
        }
    }
}

int
recent_open(struct recent *r, uint64_t after, enum recent_order order, struct recent_view *view)
{
    uint32_t most = 0;

    for (uint32_t i = 0; i < r->lane_count; i++)
        most += r->lanes[i].capacity;
    *view = (struct recent_view){ .recent = r, .entries = malloc((most + 1) * sizeof(struct recent_entry *)) };
    if (view->entries == NULL)
        return -1;
    (void)pthread_mutex_lock(&r->reading);
    lock_lanes(r, true);
    collect(r, after, view);
    lock_lanes(r, false);
    qsort(view->entries, view->count, sizeof(view->entries[0]),
          order == RECENT_AS_KEPT ? as_kept : newest_started_first);
    return 0;
}

void
recent_close(struct recent_view *view)
{
    for (uint32_t i = 0; i < view->count; i++) {
        struct recent_entry *e = view->entries[i];
        struct recent_lane *lane = e->lane;
        bool last;

        (void)pthread_mutex_lock(&lane->lock);
        last = --e->pins == 0 && e->evicted;
        (void)pthread_mutex_unlock(&lane->lock);
        if (last)
            entry_free(e);
    }
    free(view->entries);
    (void)pthread_mutex_unlock(&view->recent->reading);
}

struct exchange *
recent_show(struct recent_view *view, struct recent_entry *entry)
{
    struct exchange *x = entry->exchange;

    if (!entry->redacted && !entry->unusable) {
        entry->unusable = redaction_apply(ruleset_redaction(entry->ruleset), x, view->recent->scratch) < 0;
        entry->redacted = !entry->unusable;
    }
    return entry->unusable ? NULL : x;
}

/* ---- waiting ---- */

uint64_t
recent_newest(struct recent *r)
{
    return atomic_load(&r->sequence);
}

void
recent_wait(struct recent *r, uint64_t sequence, int ms)
{
    struct pollfd wait = { .fd = r->wake, .events = POLLIN };
    uint64_t count;

    atomic_store(&r->waiting, true);
    if (atomic_load(&r->sequence) <= sequence)
        (void)poll(&wait, 1, ms);
    atomic_store(&r->waiting, false);
    (void)!read(r->wake, &count, sizeof(count));
}

void
recent_wake(struct recent *r)
{
    uint64_t one = 1;

    (void)!write(r->wake, &one, sizeof(one));
}
