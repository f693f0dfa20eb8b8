/* expression_tape.h -- a tape that is written value by value, for what expressions make. Only for expression_*.c.
 *
 * Remembers its first failure (memory, or more than a tape may hold); tape_end says it. */
#ifndef FLOW_EXPRESSION_TAPE_H
#define FLOW_EXPRESSION_TAPE_H

#include "base/arena.h"
#include "json/document.h"

struct tape {
    struct arena *arena;
    struct value *values;
    uint32_t count, capacity;
    uint16_t depth;
    bool failed;
};

/* A scalar, as it is; or the beginning of an array or object, which gives its place for tape_close. */
uint32_t tape_open(struct tape *t, const struct value *like);
void tape_close(struct tape *t, uint32_t place);

/* A whole value with all inside it. */
void tape_copy(struct tape *t, const struct value *v);
void tape_string(struct tape *t, struct text text);

/* The finished tape, or NULL: it failed. */
const struct value *tape_end(const struct tape *t);

#endif
