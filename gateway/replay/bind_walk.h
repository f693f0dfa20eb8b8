/* bind_walk.h -- the values of a message one by one, with the place of each. For bind*.c.
 *
 * Of a request: path segments, query values, fields, cookies, the leaves of a body. Of an answer: fields, cookies set,
 * the leaves of a body; and the parts of texts that are made of parts (a Location, a link). Bodies that are read: JSON,
 * JSON lines, forms, multipart with texts in it, short texts. The same message gives the same values in the same order
 * each time. */
#ifndef REPLAY_BIND_WALK_H
#define REPLAY_BIND_WALK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "contract/contract.h"
#include "traffic/exchange.h"

enum leaf_form {
    LEAF_SEGMENT,     /* of the path: percent-encoded */
    LEAF_QUERY,       /* of a query or form: percent-encoded, '+' is a space */
    LEAF_FIELD,       /* header value */
    LEAF_COOKIE,      /* part of one */
    LEAF_JSON_STRING, /* raw is what is between the quotes */
    LEAF_JSON_NUMBER,
    LEAF_TEXT,
};

struct leaf {
    struct text place; /* "path:order_id", "response:/items/<any>/id" with '*', "header:Location#3"; until fn returns */
    struct text at;    /* the same with the indices as they are; equal where there are none */
    struct text name;  /* what the value is called: "id"; and whose: "items" */
    struct text owner;
    struct text value; /* decoded; borrowed from the message, or in the arena */
    struct text raw;   /* the bytes of the message that stand for it; of parts the empty text */
    struct text reach; /* of a path's segment, or one of a link: the path as far as here; else the empty text */
    enum leaf_form form;
    bool indexed;    /* in a list */
    bool part;       /* of a text */
    bool unreadable; /* was redacted in a way that keeps nothing */
};

/* False ends the walk. */
typedef bool leaf_fn(void *arg, const struct leaf *leaf);

struct walk {
    struct arena *arena;           /* for what is decoded */
    const struct exchange *x;      /* whose redacted places count; NULL: nothing was redacted */
    const struct message *message; /* the request or the answer */
    const struct contract_match *match;
    struct text body; /* after the walk: what the body's leaves point into (decoded, where it was coded) */
    leaf_fn *fn;
    void *arg;
    bool no_body;  /* nobody asks for places in it */
    bool no_parts; /* nor for parts of texts */

    /* inside */
    struct buffer place, at, part_place, part_at;
    uint32_t leaves;
    bool answer, stopped, cut, indexed;
};

/* False when not all was looked at: more than LIMIT_REPLAY_LEAVES values, or a body that cannot be read. */
bool walk_request(struct walk *w);
bool walk_answer(struct walk *w);

/* "GET /api/orders/{order_id}": by the contract's template, with what comes before it in the path; without an operation
 * by the path, in which "*" stands for what looks like an id. In the arena. */
struct text walk_operation(const struct exchange *x, const struct contract_match *match, struct arena *arena);

/* The path and the query of a target, origin or absolute form. */
void walk_split_target(struct text target, struct text *path, struct text *query, bool *has_query);

/* ---- for bind_walk*.c ---- */

void walk_body(struct walk *w);
bool walk_give(struct walk *w, struct leaf *leaf);
void walk_parts(struct walk *w, const struct leaf *whole);

#endif
