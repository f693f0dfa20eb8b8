/* bind_edit.h -- other bytes for stretches of a request, all others as they are. For bind*.c. */
#ifndef REPLAY_BIND_EDIT_H
#define REPLAY_BIND_EDIT_H

#include "replay/bind.h"
#include "replay/bind_walk.h"

struct edit {
    struct text raw; /* a stretch of the target, of a field's value, or of the body */
    struct text now;
};

/* Begins as { .arena = … }. Edits of one text are added in its order, as a walk gives them. */
struct edits {
    struct arena *arena;
    struct edit *list;
    uint32_t count, room;
    bool out_of_memory;
};

void edits_add(struct edits *e, struct text raw, struct text now);

/* Append a value as it is written in this form. */
void edits_encode(struct buffer *out, enum leaf_form form, struct text value);

/* Carry them out. `body`: what the edits of the body are about, which is its decoded form where it was coded; then a
 * changed body is sent without the coding. 0, or -1 (no memory). */
int edits_apply(struct edits *e, struct bound_request *request, struct text body);

#endif
