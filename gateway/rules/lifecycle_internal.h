/* lifecycle_internal.h -- between the files that make up lifecycles; nobody else includes it.
 *
 * States are bits. Two are everybody's: NONE (not there yet) and GONE (deleted); the lifecycle's own follow. What is
 * known of an entity is the set of states it may be in, so that "unknown" is simply all of them. */
#ifndef RULES_LIFECYCLE_INTERNAL_H
#define RULES_LIFECYCLE_INTERNAL_H

#include "base/limits.h"
#include "rules/lifecycle.h"

#define STATE_NONE         0
#define STATE_GONE         1
#define STATE_FIRST        2
#define STATE_MAX          64
#define STATE_MISSING      64 /* in place of a state: nothing was said, */
#define STATE_STRANGE      65 /* or a word that is none of the lifecycle's states */
#define BIT(state)         (UINT64_C(1) << (state))

#define LIFECYCLE_NAMES    8 /* that an entity has besides its key */
#define LIFECYCLE_FIELDS   8 /* that `fixed` names */
#define LIFECYCLE_STATUSES 16

/* Where something is in an exchange. */
enum source {
    FROM_NOWHERE,
    FROM_REQUEST,
    FROM_RESPONSE,
    FROM_PATH,
    FROM_QUERY,
    FROM_HEADER,
    FROM_ITEM, /* of the list that `each` names */
};

struct place_rule {
    enum source source;
    struct text name; /* the pointer, or the parameter's name */
};

struct status_range {
    uint16_t least, most;
};

struct status_rule {
    struct status_range ranges[LIFECYCLE_STATUSES];
    uint32_t count;
};

struct named_place {
    uint8_t index; /* of the lifecycle's other names, or of its fixed fields */
    struct place_rule place;
};

/* What one operation says about the entities of one lifecycle. */
struct lifecycle_event {
    const struct lifecycle *lifecycle;
    const struct operation *operation;
    struct text service; /* as the rules name it */
    uint64_t bit;        /* of the operation in the lifecycle */
    struct place_rule key, each, state, sets;
    uint8_t as;       /* the key is this other name, from 1; 0: its own */
    uint8_t sets_one; /* the state that `sets` is, or STATE_MISSING */
    bool creates, deletes, once;
    bool has_from;
    uint64_t from;  /* where it may succeed */
    uint64_t after; /* bits of operations */
    uint64_t until; /* of a poll: states; 0: any success */
    uint32_t tries;
    struct status_rule success, absent;
    struct named_place also[LIFECYCLE_NAMES], fields[LIFECYCLE_FIELDS];
    uint32_t also_count, field_count;
    uint64_t causes[STATE_MAX]; /* by state: where this operation may move it */
    uint32_t line, column;
    struct lifecycle_event *next; /* of the same operation, of whatever lifecycle */
};

struct state_rule {
    struct text name;
    uint64_t moves;  /* where to, by whoever */
    uint64_t silent; /* of those: by nobody in particular */
    uint64_t
        shown; /* in which the next exchange may show it: itself, and what silent moves reach through unseen states */
    uint64_t acts;         /* from which the next operation may move it: itself, and unseen states on the way */
    int64_t lasts;         /* ns; 0: any time */
    uint32_t line, column; /* of its moves */
};

struct fixed_rule {
    struct text name;
    uint64_t since;  /* as it is written */
    uint64_t states; /* in which one of those was surely reached */
    uint32_t line, column;
};

struct lifecycle {
    struct lifecycles *rules;
    struct text name;
    struct text repeats; /* header field */
    uint32_t index;
    uint32_t line, column;
    struct state_rule states[STATE_MAX];
    uint32_t state_count; /* NONE and GONE included */
    uint64_t start, live, unseen;
    bool returns;                           /* it can come back to a state that it has left */
    struct text names[LIFECYCLE_NAMES + 1]; /* from 1 */
    uint32_t name_count;
    struct fixed_rule fixed[LIFECYCLE_FIELDS];
    uint32_t fixed_count;
    uint64_t once;                          /* operations that succeed but once */
    const struct operation *operations[64]; /* by bit */
    uint32_t operation_count;
    struct lifecycle_event **events;
    uint32_t event_count;
    uint32_t first_timed; /* number of its first state among all of the rules: for lists of what may last too long */
};

struct lifecycles {
    struct arena *arena;
    struct text file;
    struct lifecycle **list;
    uint32_t count;
    uint32_t state_count;           /* of all */
    struct lifecycle_event **table; /* by operation: open addressing */
    uint32_t table_mask;
};

/* The state of that name, or STATE_MISSING. */
uint8_t lifecycle_state_named(const struct lifecycle *l, struct text name);

/* The first event of the operation, or NULL. */
const struct lifecycle_event *lifecycles_events(const struct lifecycles *rules, const struct operation *operation);

/* Is the status one of the rule's? */
bool lifecycle_status_is(const struct status_rule *rule, uint16_t status);

/* ---- reading (lifecycle_read*.c) ---- */

struct lifecycle_reader {
    struct lifecycles *rules;
    struct lifecycle *lifecycle;
    const struct document *document;
    const struct lifecycle_services *services;
    const struct value *service; /* where none is named, or NULL */
    struct error *err;
};

/* The error with the value's place. Always -1. */
int lifecycle_fail(const struct lifecycle_reader *r, const struct value *v, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* "; did you mean 'x'?" for the nearest of the candidates, or nothing. In the rules' arena. */
struct text
lifecycle_nearest(const struct lifecycle_reader *r, struct text word, const char *const *candidates, uint32_t count);
/* A state, or a list of them, as bits. 0 or -1. */
int lifecycle_read_states(const struct lifecycle_reader *r, const struct value *v, uint64_t *states);
/* An operation of the lifecycle's `on` by its written name. NULL with an error. */
const struct operation *lifecycle_read_operation(const struct lifecycle_reader *r, const struct value *at,
                                                 struct text written, struct text *service);
/* One or several operations, which must be in `on`, as bits. 0 or -1. */
int lifecycle_read_operations(const struct lifecycle_reader *r, const struct value *v, uint64_t *bits);
/* One item of `on`. 0 or -1. */
int lifecycle_read_event(const struct lifecycle_reader *r, const struct value *v, struct lifecycle_event *event);
/* What follows from moves, causes and unseen states; once all is read. */
void lifecycle_derive(struct lifecycle *l);

/* ---- notes (lifecycle_note.c) ---- */

enum note_kind {
    NOTE_SUCCESS,
    NOTE_ABSENT, /* there is no such entity */
    NOTE_OPEN,   /* 5xx or no answer: it may have happened, or still happen */
    NOTE_VAIN,   /* a try of a poll that led to nothing, and says nothing else */
};

struct note_name {
    uint8_t index;
    struct text key;
    uint64_t hash;
};

struct note_field {
    uint8_t index;
    uint64_t hash;
    struct text text;
    struct text instance;
};

struct lifecycle_note {
    const struct lifecycle_note *next;
    const struct lifecycle_event *event;
    const char *id; /* of the exchange */
    int64_t begin, end;
    uint64_t hash; /* of lifecycle, name and key */
    struct text key;
    enum note_kind kind;
    bool vain; /* of a poll */
    uint16_t status;
    uint8_t shows, sets; /* a state, STATE_MISSING or STATE_STRANGE */
    struct text word;    /* the strange one */
    uint64_t repeat;     /* hash of the key of a request that may be repeated; 0: none */
    const struct note_name *names;
    const struct note_field *fields;
    uint32_t name_count, field_count;
};

/* Does a success of it do more than show something? */
bool lifecycle_changes(const struct lifecycle_event *event);

uint64_t lifecycle_key_hash(const struct lifecycle *l, uint32_t name, struct text key);

/* ---- orders (lifecycle_order.c): pure, no memory of its own ---- */

#define ORDER_SLOTS 64

/* An exchange that was not placed in an order yet. */
struct order_item {
    const struct lifecycle_event *event;
    int64_t begin, end;
    uint64_t repeat;
    uint8_t kind; /* NOTE_SUCCESS or NOTE_ABSENT */
    uint8_t shows, sets;
};

/* What the entity may have come to. */
struct order_branch {
    uint64_t applied; /* the items that have happened, by slot */
    uint64_t states;
    uint8_t last; /* the item that brought it there, or ORDER_SLOTS: it was so before */
};

struct order_problem {
    const struct lifecycle *lifecycle;
    const struct order_item *items[ORDER_SLOTS];
    uint64_t used;       /* slots */
    uint64_t closed;     /* of those: nothing that comes can overlap them, so that they must have happened now */
    uint64_t done;       /* operations that succeeded before */
    uint64_t perhaps;    /* operations that may have */
    uint64_t adrift;     /* states into which it may still move, because of exchanges with an open end */
    bool from_birth;     /* nothing happened before `done` */
    uint64_t repeats[4]; /* of requests that have happened */
};

enum order_result {
    ORDER_FOUND, /* branches has all that may be, each with every closed item applied */
    ORDER_WRONG, /* there is no order; branches has the furthest that one came, and *fault what fits nowhere */
    ORDER_TOO_MANY,
};

/* Branches of all steps of one search: what so many overlapping exchanges need at most. */
#define ORDER_BRANCHES (1u << LIMIT_WATCH_OVERLAP)

struct order_scratch;

struct order_scratch *order_scratch_new(void);
void order_scratch_free(struct order_scratch *scratch);

/* From *count branches, each with other items applied, to the result's; *count is how many. Borrowed from the scratch
 * until the next search. */
enum order_result order_search(const struct order_problem *problem, const struct order_branch *from, uint32_t *count,
                               struct order_scratch *scratch, const struct order_branch **result, uint8_t *fault);

/* The states after the item happens in one of these, where those in `applied` have happened before; 0: it cannot. */
uint64_t order_step(const struct order_problem *problem, uint64_t applied, uint64_t states, uint32_t slot);

/* What has happened when these have. */
struct order_past {
    uint64_t done;   /* operations that have succeeded */
    bool from_birth; /* and that is all since the entity began */
    bool begun;      /* it began among these, so that `once` may be of a life before */
};

struct order_past order_past(const struct order_problem *problem, uint64_t applied);

/* The states that hold when the item is believed all the same. */
uint64_t order_force(const struct order_problem *problem, uint64_t states, uint32_t slot);

#endif
