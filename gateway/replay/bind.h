/* bind.h -- values that a new run must send in place of recorded ones: learned, written down, carried out.
 *
 * A value that first appears in an answer (at a pointer of its body, in a header, a part of its Location, a cookie) and
 * comes back in a later request (path, query, header, cookie, body; whole, inside a string, percent-encoded) makes the
 * later exchange depend on the earlier one, and is bound: what the new run answered at the same place is sent instead.
 * Not by luck: a value binds by its type, length and rarity; short integers, common words and values that many places
 * have are `ambiguous` and wait for a person to say `use: yes` or `no` in the bindings file.
 *
 * `bindings` are rules by place ("POST /api/orders response:/order_id" to "GET /api/orders/{order_id} path:order_id"),
 * learned, or read from a file. A `binder` is one run: it reads recorded exchanges in their order, says what each
 * needs, keeps what the new run answered, and makes the requests. What it remembers is bounded by `window` exchanges.
 * One thread; no I/O but the named file, no clock. */
#ifndef REPLAY_BIND_H
#define REPLAY_BIND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "contract/contract.h"
#include "traffic/exchange.h"

/* ---- rules by place ---- */

struct bindings;

enum binding_use {
    BINDING_YES,
    BINDING_NO,
    BINDING_AMBIGUOUS,
};

struct binding {
    struct text from; /* "POST /api/orders response:/order_id", "… header:Location#3", "… cookie:sid" */
    struct text *to;  /* "GET /api/orders/{order_id} path:order_id" */
    uint32_t to_count;
    uint64_t seen;
    enum binding_use use;
    struct text why; /* of ambiguous ones: "short number" */
};

/* New and empty, or NULL (no memory). */
struct bindings *bindings_new(void);
void bindings_free(struct bindings *b); /* accepts NULL */

/* Read the file (docs/schema/bindings.schema.json; its noise is compare.h's). New, or NULL with err. */
struct bindings *bindings_load(const char *path, struct error *err);

/* The same from memory; `name` stands for the path. */
struct bindings *bindings_load_text(struct text source, const char *name, struct error *err);

/* The `bindings:` part as YAML, most seen first. */
void bindings_write(const struct bindings *b, struct buffer *out);

/* Is this a field whose value is a key of one request, by the file's `renew`? Idempotency-Key, X-Idempotency-Key and
 * X-Request-Id where it has none, or there is no file (NULL). */
bool bindings_renews(const struct bindings *b, struct text field);

uint32_t bindings_count(const struct bindings *b);
const struct binding *bindings_at(const struct bindings *b, uint32_t index);

/* ---- a run ---- */

struct binder;

struct binder_options {
    struct bindings *rules; /* borrowed; what is learned is added; NULL: its own */
    bool learn;             /* new places are learned; else only the rules' places bind */
    bool take_ambiguous;    /* ambiguous ones are used as well (--bind-ambiguous) */
    uint32_t window;        /* exchanges whose answers are remembered; 0: LIMIT_REPLAY_WINDOW */
};

/* New, or NULL (no memory). */
struct binder *binder_new(const struct binder_options *options);
void binder_free(struct binder *b); /* accepts NULL */

/* The next recorded exchange, by its number (1, 2, …): learn from it, and say which earlier ones its request depends on
 * (numbers, in the arena; those that left the window are not named). `match` may be NULL or lack an operation: then
 * places are named by method and path. 0, or -1 (no memory). */
int binder_read(struct binder *b, uint64_t number, const struct exchange *x, const struct contract_match *match,
                struct arena *arena, uint64_t **needs, uint32_t *need_count);

/* Values of one request that were bound, or could not be. */
struct bound {
    struct text to; /* "GET /api/orders/{order_id} path:order_id" */
    struct text recorded;
    struct text now; /* what is sent instead; empty where it is unresolved */
    uint64_t from;   /* number of the exchange whose answer had it */
    const char *why; /* unresolved or not used: "the new answer has nothing at /order_id", "ambiguous: short number";
                        NULL: bound */
    bool unresolved; /* the request must not be sent blindly */
};

struct bound_request {
    struct text target; /* raw, origin form */
    struct header *headers;
    uint32_t header_count;
    struct text body;
    struct bound *bounds;
    uint32_t bound_count;
    uint32_t unresolved;
};

/* The request of an exchange that was read, with the values of the new run. In the arena. 0, or -1 (no memory). */
int binder_request(struct binder *b, uint64_t number, const struct exchange *x, const struct contract_match *match,
                   struct arena *arena, struct bound_request *request);

/* What the new run answered to it; NULL: nothing (its values are unresolved from now on). */
void binder_answer(struct binder *b, uint64_t number, const struct exchange *recorded, const struct message *answer);

/* How an operation is called in rules: "GET /api/orders/{order_id}" by the contract's template, with what the path has
 * in front of it; without an operation by the path, "*" in place of what looks like an id. In the arena. */
struct text binder_operation(const struct exchange *x, const struct contract_match *match, struct arena *arena);

/* What did not fit. */
struct binder_counts {
    uint64_t
        messages_cut;     /* of which not all values were looked at: LIMIT_REPLAY_LEAVES, or a body that is not whole */
    uint64_t evicted;     /* exchanges that left early: LIMIT_REPLAY_MEMORY */
    uint64_t not_learned; /* places and rules beyond LIMIT_REPLAY_PLACES and LIMIT_REPLAY_PAIRS */
    uint64_t values;      /* in the window now */
    uint64_t bytes;       /* that they take up */
};
struct binder_counts binder_counts(const struct binder *b);

/* Replace, in a text of the new run, live values by recorded ones: for comparing, and for a server that answers from a
 * recording. Borrowed from `text` where nothing changed. */
struct text binder_to_recorded(struct binder *b, struct text text, struct arena *arena);

#endif
