/* lifecycle_memory.h -- entities as they are remembered; for lifecycle_memory.c (where they are kept), lifecycle_feed.c
 * (what happens to them) and lifecycle_found.c (what is said of it). */
#ifndef RULES_LIFECYCLE_MEMORY_H
#define RULES_LIFECYCLE_MEMORY_H

#include "rules/lifecycle_internal.h"
#include "traffic/exchange.h"

#define ID_BYTES    (EXCHANGE_ID_BYTES + 1)
#define SHOWN_BYTES 48 /* of a value that is told in a finding; the rest is cut off */
#define REPEATS     4

/* Where something is in a list; not in one when list is NULL. */
struct link {
    struct link *before, *after;
    struct link_list *list;
};

/* From the oldest to the newest. */
struct link_list {
    struct link *first, *last;
};

void entity_link_add(struct link_list *list, struct link *link);
void entity_link_remove(struct link *link); /* also when it is in none */

struct slot_field {
    uint8_t index;
    uint64_t hash;
    char text[SHOWN_BYTES];
    struct text instance;
};

/* An exchange that waits for its place in the order. */
struct slot {
    struct order_item item;
    struct slot *next;
    struct slot_field *fields;
    uint32_t field_count;
    uint16_t status;
    uint8_t index; /* in the order_problem */
    char id[ID_BYTES];
    char word[SHOWN_BYTES]; /* a strange state */
};

struct fixed_value {
    bool known;
    uint64_t hash;
    int64_t begin; /* of the exchange that showed it first */
    char text[SHOWN_BYTES];
    char id[ID_BYTES];
};

struct entity {
    struct entity *chain; /* of the table */
    struct link used;     /* least recently used first; other names are in none */
    struct link waiting;  /* those with slots */
    struct link timed;    /* those in a state that lasts only so long */
    uint64_t hash;
    const struct lifecycle *lifecycle;
    struct entity *main;    /* of another name: the entity; NULL otherwise */
    struct entity *names;   /* its other names */
    struct entity *sibling; /* the next name of the same entity */

    struct slot *slots;
    uint64_t slots_used;
    struct order_branch only; /* where branches points as long as there is but one */
    struct order_branch *branches;
    uint32_t branch_count;

    uint64_t done, perhaps, adrift; /* as in an order_problem */
    uint64_t repeats[REPEATS];
    uint32_t repeat_next;
    bool from_birth;

    uint32_t lasting; /* timed: the state, */
    int64_t deadline; /* and when it has lasted too long */
    int64_t first;    /* the earliest beginning of all exchanges about it */
    int64_t by_begin; /* of the exchange that brought it where it is */
    const struct lifecycle_event *by;
    char by_id[ID_BYTES];

    const struct lifecycle_event *polled;
    uint32_t tries;
    char first_try[ID_BYTES];
    int64_t first_try_begin;
    struct fixed_value *fixed; /* by index; NULL: none is known */
    uint32_t name;             /* which of its names the key is; 0: its own */
    uint32_t key_length;
    char key[];
};

struct lifecycle_memory {
    const struct lifecycles *rules;
    struct lifecycle_limits limits;
    struct lifecycle_counts counts;
    struct entity **table;
    uint32_t table_size;
    struct link_list used, waiting;
    struct link_list *timed; /* by lifecycle and state: lifecycle.first_timed */
    struct order_scratch *scratch;
    struct arena *texts; /* of the finding that is told */
    watch_found_fn *found;
    void *arg;
};

/* The entity that a key stands for, or NULL. */
struct entity *
entity_find(const struct lifecycle_memory *m, uint64_t hash, const struct lifecycle *l, uint32_t name, struct text key);
/* New, of which nothing is known. Others are forgotten to make room, never `keep` (may be NULL). NULL: no memory. */
struct entity *entity_add(struct lifecycle_memory *m, uint64_t hash, const struct lifecycle *l, uint32_t name,
                          struct text key, struct entity *keep);
/* One of its other names. What was known by it alone is forgotten; exchanges that wait there wait here now. */
void entity_name(struct lifecycle_memory *m, struct entity *e, const struct note_name *name);
void entity_used(struct lifecycle_memory *m, struct entity *e); /* just now */

/* A slot for the note; false: too many, or no memory. */
bool entity_keep(struct lifecycle_memory *m, struct entity *e, const struct lifecycle_note *note);
void entity_drop_slots(struct lifecycle_memory *m, struct entity *e, uint64_t slots);
/* Copies. False: no memory, and then nothing is known of it any more. */
bool
entity_set_branches(struct lifecycle_memory *m, struct entity *e, const struct order_branch *branches, uint32_t count);
void entity_unknown(struct lifecycle_memory *m, struct entity *e); /* from now on it may be in any state */
/* What is remembered of its fixed fields; NULL: no memory. */
struct fixed_value *entity_fixed(struct lifecycle_memory *m, struct entity *e);

/* ---- findings ---- */

void lifecycle_found_misplaced(struct lifecycle_memory *m, const struct entity *e, const struct order_problem *problem,
                               const struct order_branch *branch, const struct slot *fault);
void lifecycle_found_changed(struct lifecycle_memory *m, const struct entity *e, const struct slot *slot,
                             const struct slot_field *field, const struct fixed_value *fixed);
void lifecycle_found_lasting(struct lifecycle_memory *m, const struct entity *e, uint32_t state);
void lifecycle_found_vain(struct lifecycle_memory *m, const struct entity *e, const struct lifecycle_note *note);

struct slot *entity_slot(const struct entity *e, uint32_t index);

#endif
