/* bind_shape.h -- what a value looks like, and so how little chance it has to be found somewhere else by luck. For
 * bind*.c. No allocation; any thread. */
#ifndef REPLAY_BIND_SHAPE_H
#define REPLAY_BIND_SHAPE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

enum shape_kind {
    SHAPE_NONE, /* nothing that could be told from others: empty, true, too long */
    SHAPE_SHORT_NUMBER,
    SHAPE_NUMBER, /* of at least five digits */
    SHAPE_WORD,   /* letters: a status, a name, a sentence */
    SHAPE_DATE,
    SHAPE_MIXED, /* letters and digits, or letters that no word has */
};

/* `bits`: roughly, one of 2^bits different values could stand there as well. Guesses that were set by looking at
 * traffic: 3.3 for a digit, 1 for a leading zero and for a zero at the end, 1.5 for a letter of a word and 4 for one of
 * a random text; words have 11 at most, however many they are, as have dates. */
struct shape {
    enum shape_kind kind;
    float bits;
};
struct shape shape_of(struct text value);

/* A number, word or date that many things are: it says nothing without the place where it is. */
bool shape_is_weak(struct shape s);

/* "short number", "a word", … */
const char *shape_why(struct shape s);

/* A JSON Web Token or one like it: three parts of base64url. What is inside of it is signed, and left alone. */
bool shape_is_token(struct text value);

/* The next run of letters and digits (bytes that are not ASCII count as letters) at or behind *at, which moves behind
 * it. */
bool shape_next_atom(struct text value, size_t *at, struct text *atom);

/* Are these names of one thing: "order_id" and "orderId", "cartId" and "id" of a cart? Lower case letters and digits,
 * see shape_name. */
bool shape_names_alike(struct text a, struct text b);

/* Fold a name for that: "Order_Id" is "orderid", "id" below "orders" is "orderid". Writes at most `size` bytes; gives
 * how many. */
size_t shape_name(struct text name, struct text owner, char *out, size_t size);

#endif
