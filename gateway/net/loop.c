/* loop.c -- epoll, a binary heap of timers, a list of deferred calls, an eventfd.
 *
 * The one complication: a callback may end things whose events wait in the same batch, so loop_unwatch also strikes
 * them out of the batch that is being dispatched. */
#include "net/loop.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define BATCH 256

struct loop {
    int epoll;
    struct watch wakeup; /* the eventfd */
    atomic_bool stopping;
    void (*woken)(void *arg);
    void *woken_arg;
    int64_t now, wall;

    struct epoll_event batch[BATCH];
    int batch_count, batch_next;

    struct timer **heap; /* [1] is the first to come */
    uint32_t heap_count, heap_capacity;

    struct deferred *first, *last; /* calls put off */
};

static int64_t
clock_read(clockid_t clock)
{
    struct timespec t;

    (void)clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * LOOP_SECOND + t.tv_nsec;
}

static void
read_clocks(struct loop *loop)
{
    loop->now = clock_read(CLOCK_MONOTONIC);
    loop->wall = clock_read(CLOCK_REALTIME);
}

static void
on_wakeup(void *arg, uint32_t events)
{
    struct loop *loop = arg;
    uint64_t count;

    (void)events;
    if (read(loop->wakeup.fd, &count, sizeof count) > 0 && loop->woken != NULL)
        loop->woken(loop->woken_arg);
}

struct loop *
loop_new(struct error *err)
{
    struct loop *loop = calloc(1, sizeof *loop);

    if (loop == NULL) {
        error_memory(err);
        return NULL;
    }
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    loop->wakeup = (struct watch){ .fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), .ready = on_wakeup, .arg = loop };
    if (loop->epoll < 0 || loop->wakeup.fd < 0 || loop_watch(loop, &loop->wakeup, EPOLLIN) < 0) {
        error_system(err, errno, NULL, "cannot set up an event loop");
        loop_free(loop);
        return NULL;
    }
    read_clocks(loop);
    return loop;
}

void
loop_free(struct loop *loop)
{
    if (loop == NULL)
        return;
    if (loop->epoll >= 0)
        (void)close(loop->epoll);
    if (loop->wakeup.fd >= 0)
        (void)close(loop->wakeup.fd);
    free(loop->heap);
    free(loop);
}

int64_t
loop_now(const struct loop *loop)
{
    return loop->now;
}

int64_t
loop_wall(const struct loop *loop)
{
    return loop->wall;
}

/* ---- file descriptors ---- */

int
loop_watch(struct loop *loop, struct watch *watch, uint32_t events)
{
    struct epoll_event event = { .events = events, .data.ptr = watch };

    return epoll_ctl(loop->epoll, EPOLL_CTL_ADD, watch->fd, &event);
}

void
loop_unwatch(struct loop *loop, struct watch *watch)
{
    (void)epoll_ctl(loop->epoll, EPOLL_CTL_DEL, watch->fd, NULL);
    for (int i = loop->batch_next; i < loop->batch_count; i++) {
        if (loop->batch[i].data.ptr == watch)
            loop->batch[i].data.ptr = NULL;
    }
}

/* ---- timers ---- */

static void
heap_put(struct loop *loop, uint32_t place, struct timer *timer)
{
    loop->heap[place] = timer;
    timer->place = place;
}

static void
heap_up(struct loop *loop, uint32_t place)
{
    struct timer *timer = loop->heap[place];

    for (; place > 1 && loop->heap[place / 2]->queued > timer->queued; place /= 2)
        heap_put(loop, place, loop->heap[place / 2]);
    heap_put(loop, place, timer);
}

static void
heap_down(struct loop *loop, uint32_t place)
{
    struct timer *timer = loop->heap[place];

    for (;;) {
        uint32_t child = place * 2;

        if (child > loop->heap_count)
            break;
        if (child < loop->heap_count && loop->heap[child + 1]->queued < loop->heap[child]->queued)
            child++;
        if (loop->heap[child]->queued >= timer->queued)
            break;
        heap_put(loop, place, loop->heap[child]);
        place = child;
    }
    heap_put(loop, place, timer);
}

static bool
heap_add(struct loop *loop, struct timer *timer)
{
    if (loop->heap_count + 1 >= loop->heap_capacity) {
        uint32_t capacity = loop->heap_capacity > 0 ? loop->heap_capacity * 2 : 64;
        struct timer **heap = realloc(loop->heap, capacity * sizeof(struct timer *));

        if (heap == NULL)
            return false;
        loop->heap = heap;
        loop->heap_capacity = capacity;
    }
    loop->heap_count++;
    heap_put(loop, loop->heap_count, timer);
    heap_up(loop, loop->heap_count);
    return true;
}

bool
timer_start(struct loop *loop, struct timer *timer, int64_t delay)
{
    timer->due = delay < INT64_MAX - loop->now ? loop->now + delay : INT64_MAX;
    if (timer->place == 0) {
        timer->queued = timer->due;
        return heap_add(loop, timer);
    }
    if (timer->due < timer->queued) {
        timer->queued = timer->due;
        heap_up(loop, timer->place);
    }
    return true;
}

void
timer_stop(struct timer *timer)
{
    timer->due = INT64_MAX;
}

void
timer_release(struct loop *loop, struct timer *timer)
{
    uint32_t place = timer->place;
    struct timer *last;

    timer->due = INT64_MAX;
    if (place == 0)
        return;
    timer->place = 0;
    last = loop->heap[loop->heap_count--];
    if (last == timer)
        return;
    heap_put(loop, place, last);
    heap_up(loop, place);
    heap_down(loop, last->place);
}

/* Fire what is due; what was moved meanwhile goes to its new place, what was stopped leaves. */
static void
run_timers(struct loop *loop)
{
    while (loop->heap_count > 0 && loop->heap[1]->queued <= loop->now) {
        struct timer *timer = loop->heap[1];
        bool due = timer->due <= loop->now;

        if (due || timer->due == INT64_MAX) {
            timer_release(loop, timer);
        } else {
            timer->queued = timer->due;
            heap_down(loop, 1);
        }
        if (due)
            timer->fire(timer->arg);
    }
}

/* ---- calls put off ---- */

void
loop_defer(struct loop *loop, struct deferred *deferred)
{
    if (deferred->waiting)
        return;
    deferred->waiting = true;
    deferred->next = NULL;
    deferred->previous = loop->last;
    if (loop->last != NULL)
        loop->last->next = deferred;
    else
        loop->first = deferred;
    loop->last = deferred;
}

void
loop_undefer(struct loop *loop, struct deferred *deferred)
{
    if (!deferred->waiting)
        return;
    deferred->waiting = false;
    if (deferred->previous != NULL)
        deferred->previous->next = deferred->next;
    else
        loop->first = deferred->next;
    if (deferred->next != NULL)
        deferred->next->previous = deferred->previous;
    else
        loop->last = deferred->previous;
}

/* Only those that wait now: a call that is put off again comes in the next turn, after the sockets. */
static void
run_deferred(struct loop *loop)
{
    struct deferred mark = { .call = NULL };

    if (loop->first == NULL)
        return;
    loop_defer(loop, &mark);
    while (loop->first != &mark) {
        struct deferred *deferred = loop->first;

        loop_undefer(loop, deferred);
        deferred->call(deferred->arg);
    }
    loop_undefer(loop, &mark);
}

/* ---- turning ---- */

static int
wait_for(const struct loop *loop, int wait_ms)
{
    int64_t left;

    if (loop->first != NULL)
        return 0;
    if (loop->heap_count == 0 || loop->heap[1]->queued == INT64_MAX)
        return wait_ms;
    left = (loop->heap[1]->queued - loop->now + LOOP_MILLI - 1) / LOOP_MILLI;
    if (left < 0)
        left = 0;
    if (wait_ms >= 0 && wait_ms < left)
        return wait_ms;
    return left < INT32_MAX ? (int)left : INT32_MAX;
}

void
loop_turn(struct loop *loop, int wait_ms)
{
    int count = epoll_wait(loop->epoll, loop->batch, BATCH, wait_for(loop, wait_ms));

    read_clocks(loop);
    loop->batch_count = count > 0 ? count : 0;
    for (loop->batch_next = 0; loop->batch_next < loop->batch_count;) {
        const struct epoll_event *event = &loop->batch[loop->batch_next++];
        struct watch *watch = event->data.ptr;

        if (watch != NULL)
            watch->ready(watch->arg, event->events);
    }
    loop->batch_count = 0;
    run_timers(loop);
    run_deferred(loop);
}

void
loop_run(struct loop *loop)
{
    while (!atomic_load_explicit(&loop->stopping, memory_order_acquire))
        loop_turn(loop, -1);
    atomic_store(&loop->stopping, false);
}

void
loop_stop(struct loop *loop)
{
    atomic_store_explicit(&loop->stopping, true, memory_order_release);
    loop_wake(loop);
}

void
loop_on_wake(struct loop *loop, void (*woken)(void *arg), void *arg)
{
    loop->woken = woken;
    loop->woken_arg = arg;
}

void
loop_wake(struct loop *loop)
{
    uint64_t one = 1;

    (void)!write(loop->wakeup.fd, &one, sizeof one);
}
