/* run_internal.h -- what the files of a run share: run.c (life, time), run_window.c (what is read ahead, and in which
 * order it goes), run_order.c (who waits for whom), run_send.c (a request and its answer), run_allow.c (may it be
 * sent?). */
#ifndef REPLAY_RUN_INTERNAL_H
#define REPLAY_RUN_INTERNAL_H

#include "base/buffer.h"
#include "net/loop.h"
#include "replay/run.h"

#define ORDER_KEYS  24 /* things that one request is about, at most, */
#define ORDER_NEEDS 12 /* and answers among them */

/* An item is about something: a path, or the answer of an earlier exchange. */
struct order_entry {
    struct replay_slot *slot;
    uint64_t key;
    bool source;                         /* it is the exchange whose answer the key stands for */
    int64_t latest;                      /* nothing from here to the bucket's end ended after this, as recorded */
    struct order_entry *next, *previous; /* of one bucket */
};

enum slot_state {
    SLOT_WINDOW, /* in the heap */
    SLOT_PARKED, /* its turn came, but it waits for others */
    SLOT_UNDER_WAY,
};

/* The memory of one item; used again for others. */
struct replay_slot {
    struct replay *run;
    struct replay_item item;
    enum slot_state state;
    bool writes; /* the method is not safe */
    bool waited; /* for others, when it was due */
    uint32_t blockers;
    struct replay_slot **blocks; /* those that wait for this one; malloc */
    uint32_t block_count, block_room;
    struct order_entry entries[ORDER_KEYS];
    uint32_t entry_count;
    uint64_t *needs; /* numbers whose answers it has values of; in the arena */
    uint32_t need_count;
    bool timed;
    int64_t due; /* of the loop's clock; where it is timed */
    /* sending */
    struct buffer head;
    struct call call;
    char *body; /* of the answer so far; in the arena */
    size_t body_length, body_room;
    bool asking;   /* whether it may be sent at all */
    size_t weight; /* of it in the window */
    struct replay_slot *next_free, *next_of_all;
    struct replay_slot *older, *newer; /* under way, in the order of their beginnings */
};

#define ORDER_BUCKETS 4096 /* power of two */

/* A service that was asked whether it is a sandbox. */
struct allowed {
    const struct replay_target *target;
    struct text name; /* of the service, or a path */
    bool sandbox;
};

struct replay {
    const struct replay_plan *plan;
    struct loop *loop;
    struct stream_kit *kit;
    struct pool **pools; /* by target */
    struct timer timer;  /* the next one is due */
    struct timer ticker;
    struct deferred pumping;
    struct replay_counts counts;
    struct error *err;
    bool failed;
    bool rehearsal;
    bool ended; /* the source has no more */
    _Atomic bool stopped;
    uint64_t answered, unconnected;

    struct replay_slot **heap; /* by the time at which they began when recorded */
    uint32_t heap_count, heap_room;
    uint32_t parked;
    size_t bytes; /* of arenas in the window */
    struct replay_slot *slots, *free_slots, *oldest, *newest;
    struct order_entry *buckets[ORDER_BUCKETS];

    bool begun;
    int64_t start;       /* of the loop's clock: when the first one was due */
    int64_t first, last; /* recorded beginnings: of the first one, and of the one before */
    int64_t cut;         /* ns that were cut out of pauses */
    int64_t next_turn;   /* --rate: not before */

    struct arena *memory; /* of `allowed` */
    struct allowed *allowed;
    uint32_t allowed_count, allowed_room;
};

/* run.c */
void run_fail(struct replay *r); /* err is set: give up what is under way, and end */
void run_under_way(struct replay *r, struct replay_slot *s);
void run_over(struct replay_slot *s); /* the item is at its end: tell, and take it out */

/* run_window.c */
int window_fill(struct replay *r); /* 0, or -1: failed */
struct replay_slot *window_first(const struct replay *r);
struct replay_slot *window_take(struct replay *r);       /* the first one, out of the heap */
int window_put(struct replay *r, struct replay_slot *s); /* 0, or -1: no memory */
void window_release(struct replay *r, struct replay_slot *s);
void window_free(struct replay *r);

/* run_order.c */
int order_enter(struct replay *r, struct replay_slot *s);          /* 0, or -1: no memory */
int order_block(struct replay_slot *s, struct replay_slot *other); /* other waits for s */
void order_leave(struct replay *r, struct replay_slot *s);         /* those that waited for it go on */

/* run_allow.c */
enum allowance {
    ALLOWED,
    ALLOWED_ASK,  /* by a request that this slot makes first */
    ALLOWED_WAIT, /* another one asks: it waits for that one's end */
    ALLOWED_NOT,  /* err is set */
};
enum allowance allow_ask(struct replay *r, struct replay_slot *s);
int allow_answer(struct replay *r, struct replay_slot *s, bool sandbox); /* 0, or -1: no memory */
bool allow_is_safe(struct text method);

/* run_send.c */
void send_begin(struct replay *r, struct replay_slot *s);

#endif
