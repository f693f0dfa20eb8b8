/* match_internal.h -- between match*.c; nobody else includes it. */
#ifndef REPLAY_MATCH_INTERNAL_H
#define REPLAY_MATCH_INTERNAL_H

#include "replay/match.h"

/* A pointer of `ignore`, in tokens; "*" stands for any one. */
struct match_pointer {
    struct text *tokens;
    uint32_t count;
};

struct match_rules {
    const struct text *headers;
    uint32_t header_count;
    struct text *queries; /* names that are ignored */
    uint32_t query_count;
    struct match_pointer *pointers;
    uint32_t pointer_count;
};

#define MATCH_POINTERS 64 /* one bit each of what a walk through a body keeps in mind; the schema allows no more */

/* Which of the pointers that fit so far lead on through this token at this depth; *ignored: one of them ends there. */
uint64_t match_step(const struct match_rules *rules, uint64_t fits, uint32_t depth, struct text token, bool *ignored);

#endif
