/* run.c -- the life of a run, and its time: what is due is sent, what came to its end is told. */
#include "replay/run.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/limits.h"
#include "replay/run_internal.h"

#define AT_ONCE     256                /* that are begun before others on the loop have their turn */
#define TICK        (50 * LOOP_MILLI)  /* between two calls of the listener's tick */
#define RATE_SLACK  (10 * LOOP_MILLI)  /* what --rate may catch up with when the loop came late */
#define MEMORY_MOST (16 * LIMIT_MIB)   /* names of services that were asked */
#define IDLE_TIME   (60 * LOOP_SECOND) /* of a kept connection */

static void on_due(void *arg);
static void on_tick(void *arg);
static void on_pump(void *arg);

/* ---- life ---- */

static int
make_pools(struct replay *r, struct error *err)
{
    const struct replay_plan *plan = r->plan;

    r->pools = calloc(plan->target_count + 1, sizeof(struct pool *));
    if (r->pools == NULL)
        return error_memory(err);
    for (uint32_t i = 0; i < plan->target_count; i++) {
        r->pools[i] = pool_new(r->kit, r->loop, &plan->targets[i].upstream, plan->concurrency, IDLE_TIME);
        if (r->pools[i] == NULL)
            return error_memory(err);
    }
    return 0;
}

struct replay *
replay_new(const struct replay_plan *plan, struct error *err)
{
    struct replay *r = calloc(1, sizeof *r);

    if (r == NULL) {
        error_memory(err);
        return NULL;
    }
    r->plan = plan;
    r->timer = (struct timer){ .fire = on_due, .arg = r, .due = INT64_MAX };
    r->ticker = (struct timer){ .fire = on_tick, .arg = r, .due = INT64_MAX };
    r->pumping = (struct deferred){ .call = on_pump, .arg = r };
    r->memory = arena_new(0, MEMORY_MOST);
    r->loop = loop_new(err);
    r->kit = r->loop != NULL ? stream_kit_new(r->loop) : NULL;
    if (r->memory != NULL && r->kit != NULL && make_pools(r, err) == 0)
        return r;
    error_memory(err);
    replay_free(r);
    return NULL;
}

void
replay_free(struct replay *r)
{
    if (r == NULL)
        return;
    for (uint32_t i = 0; r->pools != NULL && i < r->plan->target_count; i++)
        pool_free(r->pools[i]);
    free(r->pools);
    window_free(r);
    if (r->loop != NULL) {
        timer_release(r->loop, &r->timer);
        timer_release(r->loop, &r->ticker);
        loop_undefer(r->loop, &r->pumping);
        loop_turn(r->loop, 0); /* connections that were closed are freed at the end of a turn */
    }
    stream_kit_free(r->kit);
    loop_free(r->loop);
    arena_free(r->memory);
    free(r);
}

void
replay_stop(struct replay *r)
{
    atomic_store(&r->stopped, true);
    loop_stop(r->loop);
}

void
run_fail(struct replay *r)
{
    r->failed = true;
    loop_stop(r->loop);
}

const struct replay_counts *
replay_counts(const struct replay *r)
{
    return &r->counts;
}

int64_t
replay_settled(const struct replay *r)
{
    return r->oldest != NULL && r->oldest->item.begin > 0 ? r->oldest->item.begin : loop_wall(r->loop);
}

/* ---- under way ---- */

void
run_under_way(struct replay *r, struct replay_slot *s)
{
    s->state = SLOT_UNDER_WAY;
    s->older = r->newest;
    s->newer = NULL;
    if (r->newest != NULL)
        r->newest->newer = s;
    else
        r->oldest = s;
    r->newest = s;
    r->counts.under_way++;
}

static void
no_more_under_way(struct replay *r, struct replay_slot *s)
{
    if (s->state != SLOT_UNDER_WAY)
        return;
    if (s->older != NULL)
        s->older->newer = s->newer;
    else
        r->oldest = s->newer;
    if (s->newer != NULL)
        s->newer->older = s->older;
    else
        r->newest = s->older;
    r->counts.under_way--;
}

void
run_over(struct replay_slot *s)
{
    struct replay *r = s->run;
    struct replay_item *item = &s->item;
    struct binder *binder = r->plan->making.binder;

    item->over = loop_now(r->loop);
    no_more_under_way(r, s);
    if (binder != NULL)
        binder_answer(binder, item->number, &item->recorded,
                      r->rehearsal                   ? &item->recorded.response
                      : item->end == REPLAY_ANSWERED ? &item->answer
                                                     : NULL);
    r->plan->listener.ended(r->plan->listener.arg, item);
    order_leave(r, s);
    window_release(r, s);
    loop_defer(r->loop, &r->pumping);
}

/* ---- time ---- */

/* When it is to be sent, as the recording has it. Pauses are measured from one beginning to the next. */
static void
set_due(struct replay *r, struct replay_slot *s)
{
    const struct replay_plan *plan = r->plan;
    int64_t at = s->item.recorded.started, gap;

    if (s->timed || plan->speed <= 0)
        return;
    if (!r->begun) {
        r->begun = true;
        r->start = loop_now(r->loop);
        r->first = r->last = at;
    }
    gap = at - r->last;
    if (plan->longest_gap > 0 && gap > plan->longest_gap)
        r->cut += gap - plan->longest_gap;
    r->last = at > r->last ? at : r->last;
    s->due = r->start + (int64_t)((double)(at - r->first - r->cut) / plan->speed);
    s->timed = true;
}

/* Nanoseconds until the first of the window may be sent; 0: now. */
static int64_t
wait_for(struct replay *r, struct replay_slot *s)
{
    int64_t now = loop_now(r->loop), wait = 0;

    set_due(r, s);
    if (s->timed && s->due > now)
        wait = s->due - now;
    if (r->plan->rate > 0 && r->next_turn - now > wait)
        wait = r->next_turn - now;
    return wait;
}

static void
count_rate(struct replay *r)
{
    int64_t earliest = loop_now(r->loop) - RATE_SLACK;

    if (r->plan->rate <= 0)
        return;
    if (r->next_turn < earliest)
        r->next_turn = earliest;
    r->next_turn += (int64_t)((double)LOOP_SECOND / r->plan->rate);
}

/* Begin what is due. False: nothing more can be begun now. */
static bool
begin_one(struct replay *r)
{
    struct replay_slot *s = window_first(r);
    int64_t wait;

    if (s == NULL || r->counts.under_way >= r->plan->concurrency)
        return false;
    wait = wait_for(r, s);
    if (wait > 0) {
        if (!timer_start(r->loop, &r->timer, wait)) {
            error_memory(r->err);
            run_fail(r);
        }
        return false;
    }
    (void)window_take(r);
    if (s->blockers > 0) {
        s->state = SLOT_PARKED;
        s->waited = true;
        r->parked++;
        return true;
    }
    count_rate(r);
    send_begin(r, s);
    return true;
}

static void
on_pump(void *arg)
{
    struct replay *r = arg;

    for (int i = 0; !r->failed && !atomic_load(&r->stopped); i++) {
        if (i == AT_ONCE) {
            loop_defer(r->loop, &r->pumping);
            return;
        }
        if (window_fill(r) < 0) {
            run_fail(r);
            return;
        }
        if (!begin_one(r))
            break;
    }
    if (r->ended && r->heap_count == 0 && r->parked == 0 && r->counts.under_way == 0)
        loop_stop(r->loop);
}

static void
on_due(void *arg)
{
    on_pump(arg);
}

static void
on_tick(void *arg)
{
    struct replay *r = arg;

    if (r->plan->listener.tick != NULL)
        r->plan->listener.tick(r->plan->listener.arg);
    (void)timer_start(r->loop, &r->ticker, TICK);
}

/* ---- all of it ---- */

static void
give_up(struct replay *r)
{
    for (struct replay_slot *s = r->oldest; s != NULL; s = s->newer)
        if (call_is_running(&s->call))
            call_cancel(&s->call);
}

int
replay_run(struct replay *r, struct error *err)
{
    r->err = err;
    if (atomic_load(&r->stopped))
        return 0;
    loop_turn(r->loop, 0); /* what time it is */
    loop_defer(r->loop, &r->pumping);
    on_tick(r);
    loop_run(r->loop);
    give_up(r);
    for (uint32_t i = 0; i < r->plan->target_count; i++)
        r->counts.connections += pool_opened(r->pools[i]);
    return r->failed ? -1 : 0;
}

int
replay_rehearse(struct replay *r, struct error *err)
{
    r->rehearsal = true;
    return replay_run(r, err);
}
