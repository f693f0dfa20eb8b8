/* loop.h -- one thread's events: sockets (epoll), timers, calls put off to the end of the turn, and wake-ups from
 * other threads.
 *
 * Everything here belongs to the loop's own thread, but for loop_wake and loop_stop, which any thread may call.
 * Watches, timers and deferred calls are members of the things that need them: starting one allocates nothing, and
 * each must be taken out before its memory goes. Once it is taken out its callback will not come, not even in the
 * running turn.
 *
 * The clock is read once per turn: all that happens in one turn happens at the same time. Times are nanoseconds. */
#ifndef NET_LOOP_H
#define NET_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct loop;

#define LOOP_SECOND INT64_C(1000000000)
#define LOOP_MILLI  INT64_C(1000000)

/* New, or NULL with err. Accepts NULL for freeing. */
struct loop *loop_new(struct error *err);
void loop_free(struct loop *loop);

/* Wait and dispatch until loop_stop. */
void loop_run(struct loop *loop);

/* One turn: wait at most `wait_ms` (-1: until something happens), then dispatch what is due. For tests. */
void loop_turn(struct loop *loop, int wait_ms);

/* Any thread: loop_run returns after its present turn. */
void loop_stop(struct loop *loop);

/* The time of this turn: monotonic, and since 1970 (UTC). */
int64_t loop_now(const struct loop *loop);
int64_t loop_wall(const struct loop *loop);

/* ---- file descriptors ---- */

/* Edge-triggered and registered once for everything, so that no exchange costs an epoll_ctl: act on an event until
 * the call would block (or came short), and keep in mind what was ready. */
struct watch {
    int fd;
    void (*ready)(void *arg, uint32_t events); /* EPOLLIN, EPOLLOUT, EPOLLRDHUP, EPOLLHUP, EPOLLERR */
    void *arg;
};

/* 0 or -1 with errno. `events` is what to ask epoll for; EPOLLET is the caller's choice. */
int loop_watch(struct loop *loop, struct watch *watch, uint32_t events);
void loop_unwatch(struct loop *loop, struct watch *watch);

/* ---- timers ---- */

/* Starts zeroed but for `fire` and `arg`. Moving a timer to a later time and stopping it costs nothing (the heap
 * is put right when the old time comes), because deadlines are moved far more often than they are met. */
struct timer {
    void (*fire)(void *arg);
    void *arg;
    int64_t due;    /* when it is to fire; INT64_MAX: stopped */
    int64_t queued; /* the time it has in the heap, never later than due */
    uint32_t place; /* in the heap, from 1; 0: not in it */
};

/* Fire once, `delay` from now; started again it is moved. False: no memory. */
bool timer_start(struct loop *loop, struct timer *timer, int64_t delay);

/* It will not fire. It may stay in the heap: call timer_release before its memory goes. */
void timer_stop(struct timer *timer);
void timer_release(struct loop *loop, struct timer *timer);

/* ---- calls put off ---- */

/* Called once, after the events of this turn; put off again in its call, it comes in the next turn. Starts zeroed
 * but for `call` and `arg`. */
struct deferred {
    void (*call)(void *arg);
    void *arg;
    struct deferred *next, *previous;
    bool waiting;
};

void loop_defer(struct loop *loop, struct deferred *deferred);
void loop_undefer(struct loop *loop, struct deferred *deferred);

/* ---- other threads ---- */

/* Any thread, also a signal handler: the loop calls `woken` soon; several wakes may come as one call. */
void loop_on_wake(struct loop *loop, void (*woken)(void *arg), void *arg);
void loop_wake(struct loop *loop);

#endif
