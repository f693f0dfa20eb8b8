/* compare_internal.h -- what the files of a comparison share: compare.c (all of it), compare_headers.c, compare_body.c
 * (JSON by its structure). */
#ifndef REPLAY_COMPARE_INTERNAL_H
#define REPLAY_COMPARE_INTERNAL_H

#include "base/buffer.h"
#include "json/document.h"
#include "replay/compare.h"

struct compare_state {
    const struct comparison *c;
    const struct exchange *x;
    const struct message *answer;
    struct arena *arena;
    compare_found_fn *found;
    void *arg;
    struct buffer pointer; /* where we are, '*' for indices */
    struct text name;      /* of the member at which we are */
    uint32_t budget;
    uint32_t count;
    bool quiet; /* only whether they differ */
    bool different;
    bool partly;
    bool no_memory;
};

void compare_tell(struct compare_state *s, enum difference_kind kind, const char *keyword, struct text place,
                  struct text expected, struct text found);

/* A text of the new answer, with recorded values in place of those of the new run. */
struct text compare_back(struct compare_state *s, struct text text);

void compare_headers(struct compare_state *s);
void compare_body(struct compare_state *s);
void compare_values(struct compare_state *s, const struct value *a, const struct value *b);

/* In quotes, cut. */
struct text compare_shown(struct compare_state *s, struct text t);

#endif
