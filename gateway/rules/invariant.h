/* invariant.h -- equations that must hold within an exchange, or between messages of several services that belong
 * together by a key (docs/rules.md, Invariants).
 *
 * The rules are read once and never change. Those about one exchange are decided at once (invariants_check). For the
 * others (joins), an exchange is noted without any memory (invariant_note, by whoever has it), then fed to the memory
 * that its key belongs to, under the caller's lock; any number of memories may share the work, each for the keys of
 * one shard. Exchanges may be fed in any order of their ends; only that every one which begins before `settled` has
 * been fed is needed (watch.h).
 *
 * Expressions are run in the script of whoever asks; invariants_compile puts them into it. Times are nanoseconds since
 * 1970. No clock, no lock, no I/O. */
#ifndef RULES_INVARIANT_H
#define RULES_INVARIANT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "contract/contract.h"
#include "json/document.h"
#include "rules/script.h"
#include "rules/watch.h"

struct invariants;
struct invariant_memory;

/* ---- the rules ---- */

/* How operations are found. */
struct invariant_services {
    /* The contract of a service, which outlives the rules; NULL: there is no such service. */
    const struct contract *(*contract)(void *arg, struct text service);
    /* The names of the services, one by one; false behind the last. For did-you-mean; may be NULL. */
    bool (*name)(void *arg, uint32_t index, struct text *service);
    void *arg;
};

/* From `invariants` of a settings file, which its schema has judged. Copies what it needs of the document. Expressions
 * are compiled in `compiler`, which then need not be compiled again. Services, operations and names that do not exist
 * are errors with their place. New, or NULL with err. */
struct invariants *
invariants_read(const struct document *document, const struct value *value, const struct invariant_services *services,
                struct script *compiler, struct error *err);
void invariants_free(struct invariants *rules); /* accepts NULL; no memory may be left */

/* Compile all expressions in another script, a worker's own. It must have gone through the same script_expression calls
 * before as the compiler had (none, as a rule): their numbers are the same then. 0, or -1 with err. */
int invariants_compile(const struct invariants *rules, struct script *script, struct error *err);

/* Does any invariant look at this operation: at the side alone or the exchange (invariants_check), or as a part of a
 * join (invariant_note)? Cheap. NULL rules: no. */
bool invariants_concern(const struct invariants *rules, const struct operation *operation);
bool invariants_concern_side(const struct invariants *rules, const struct operation *operation, enum side side);
bool invariants_join(const struct invariants *rules, const struct operation *operation);

uint32_t invariants_count(const struct invariants *rules);

/* An expression that could not be computed, and why: `where` is file:line:column. Once per invariant, whichever thread
 * comes first; texts are borrowed until it returns. */
typedef void invariant_trouble_fn(void *arg, struct text where, struct text rule, const char *why);

/* What the one that asks owns. */
struct invariant_worker {
    struct script *script;
    invariant_trouble_fn *trouble; /* may be NULL */
    void *arg;
};

/* ---- one exchange ---- */

/* Add to the verdict what the message of this side breaks: SIDE_REQUEST when the request is there (what is to come may
 * be missing from the observation), SIDE_RESPONSE when both are. Texts in the arena, or borrowed from the rules. An
 * expression that reached a ceiling leaves the side `unchecked: budget`. */
void
invariants_check(const struct invariants *rules, const struct invariant_worker *worker,
                 const struct observation *observation, enum side side, struct arena *arena, struct verdict *verdict);

/* ---- what an exchange says to joins ---- */

/* One message of one part of one invariant. In the arena it was made in. */
struct invariant_note;

/* The notes of an exchange. NULL: it says nothing (or there is no memory). They need nothing but arena and rules. */
const struct invariant_note *invariant_note(const struct invariants *rules, const struct invariant_worker *worker,
                                            const struct observation *observation, struct arena *arena);
const struct invariant_note *invariant_note_next(const struct invariant_note *note);

/* Which of so many memories has its key. */
uint32_t invariant_note_shard(const struct invariant_note *note, uint32_t shards);

/* ---- what is known of the keys ---- */

struct invariant_limits {
    uint32_t entities; /* keys; 0: LIMIT_WATCH_ENTITIES */
    size_t bytes;      /* 0: LIMIT_WATCH_BYTES */
};

/* New, or NULL (no memory). The rules are borrowed. limits may be NULL. */
struct invariant_memory *invariant_memory_new(const struct invariants *rules, const struct invariant_limits *limits);
void invariant_memory_free(struct invariant_memory *memory); /* accepts NULL */

/* Take a note (its `next` aside), and tell what it settles. Copies. */
void invariant_feed(struct invariant_memory *memory, const struct invariant_worker *worker,
                    const struct invariant_note *note, int64_t settled, watch_found_fn *found, void *arg);

/* Time passes: tell what is settled by now. At the end of a recording `settled` is INT64_MAX. */
void invariant_tick(struct invariant_memory *memory, const struct invariant_worker *worker, int64_t settled,
                    watch_found_fn *found, void *arg);

struct invariant_counts {
    uint64_t entities;  /* known now */
    uint64_t bytes;     /* what they take up */
    uint64_t forgotten; /* messages, ever: by the bound on memory, or too large to be kept */
    uint64_t judged;    /* messages, ever, for which all parts were there */
    uint64_t undecided; /* of those, for which it could not be told */
};

void invariant_counts(const struct invariant_memory *memory, struct invariant_counts *counts);

#endif
