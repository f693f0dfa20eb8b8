/* invariant_memory.h -- what joins remember: for every key of an invariant the newest messages of each part. Between
 * the files of invariants; nobody else includes it.
 *
 * A message is an interval. It is obsolete for another one when a newer one of its part had begun after it ended, and
 * ended before that other one began. */
#ifndef RULES_INVARIANT_MEMORY_H
#define RULES_INVARIANT_MEMORY_H

#include "rules/invariant_internal.h"

struct entity;

/* One message of one part. */
struct candidate {
    struct entity *entity;
    struct candidate *older;                          /* of its part, by begin */
    struct candidate *pending_before, *pending_after; /* not judged yet, by end */
    const struct operation *operation;
    int64_t begin, end;
    uint32_t part;
    bool pending;
    bool known;  /* else nobody knows what it said */
    bool tried;  /* it has been compared already */
    bool agreed; /* it has been part of a combination that holds, or it cannot be told */
    bool changes;
    char id[EXCHANGE_ID_BYTES + 1];
    uint32_t length;
    char message[]; /* JSON */
};

struct part_memory {
    struct candidate *newest;
    uint32_t count;
    int64_t dropped; /* the last end of those that there was no room for; INT64_MIN: none */
    int64_t changed; /* the last end of those, but the first, that may have changed something; INT64_MIN: none */
};

/* What is known of one key. */
struct entity {
    struct entity *next;           /* in its bucket */
    struct entity *before, *after; /* by use: the latest first */
    struct invariant *invariant;
    struct hash_tag tag;
    uint64_t told; /* a hash of the wrong values that were told last; 0: none, or they hold again */
    uint32_t pending;
    uint32_t bytes;
    struct part_memory parts[];
};

struct invariant_memory {
    const struct invariants *rules;
    struct invariant_limits limits;
    struct entity **buckets;
    uint32_t bucket_count;
    struct entity *latest, *longest_unused;
    struct candidate *pending_first, *pending_last;
    struct arena *scratch; /* of one judgement */
    struct invariant_counts counts;
};

/* The message, remembered; NULL: no memory (it is forgotten then, with its key). */
struct candidate *invariant_memory_add(struct invariant_memory *m, const struct invariant_note *note);

/* It has been judged. */
void invariant_memory_judged(struct invariant_memory *m, struct candidate *c);

/* Drop what no message can be compared with any more that began at `settled` or later, or that is pending. */
void invariant_memory_prune(struct invariant_memory *m, struct entity *e, int64_t settled);

/* ---- invariant_judge.c ---- */

/* Compare the message, which is settled, with what the other parts said, and tell what is broken. False: it has to wait
 * for one that overlaps it. */
bool invariant_judge(struct invariant_memory *m, const struct invariant_worker *worker, struct candidate *c,
                     int64_t settled, watch_found_fn *found, void *arg);

#endif
