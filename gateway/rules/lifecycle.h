/* lifecycle.h -- the states that entities go through, held against what exchanges show (docs/rules.md, Lifecycles).
 *
 * The rules are read once and never change. A `lifecycle_memory` is what is known of the entities: any number of them
 * may share the work, each for the keys of one shard. What an exchange says is noted without any memory
 * (lifecycle_note, by whoever has the exchange), then fed to the memory of its shard, under the caller's lock.
 * Exchanges may be fed in any order of their ends; only that every one which begins before `settled` has been fed is
 * needed (watch.h).
 *
 * For every entity all orders of the overlapping exchanges are tried, and something is wrong only if none is allowed.
 * Then the first exchange that fits into none is the one at fault; what it showed is believed from then on, so that one
 * mistake is one finding. Times are nanoseconds since 1970. No clock, no lock, no I/O. */
#ifndef RULES_LIFECYCLE_H
#define RULES_LIFECYCLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "contract/contract.h"
#include "json/document.h"
#include "rules/watch.h"

struct lifecycles;
struct lifecycle_memory;

/* ---- the rules ---- */

/* How operations are found. */
struct lifecycle_services {
    /* The contract of a service, which outlives the rules; NULL: there is no such service. */
    const struct contract *(*contract)(void *arg, struct text service);
    /* The names of the services, one by one; false behind the last. For did-you-mean; may be NULL. */
    bool (*name)(void *arg, uint32_t index, struct text *service);
    void *arg;
};

/* From `lifecycles` of a settings file, which its schema has judged. Copies what it needs of the document. Services,
 * operations, fields and states that do not exist are errors with their place. New, or NULL with err. */
struct lifecycles *lifecycles_read(const struct document *document, const struct value *value,
                                   const struct lifecycle_services *services, struct error *err);
void lifecycles_free(struct lifecycles *rules); /* accepts NULL; no memory may be left */

/* Does any lifecycle look at this operation? Cheap: for whoever decides what is watched at all. NULL rules: no. */
bool lifecycles_concern(const struct lifecycles *rules, const struct operation *operation);

uint32_t lifecycles_count(const struct lifecycles *rules);

/* For the sandbox and for `lifecycle.allows`: is there a lifecycle of this name; may it go from one state to another by
 * one move? An empty `from` is before the beginning. Unknown names and states: no. */
bool lifecycles_have(const struct lifecycles *rules, struct text name);
bool lifecycle_allows(const struct lifecycles *rules, struct text name, struct text from, struct text to);

/* The states one by one, and those that may follow `from` (empty: in which an entity begins). False behind the last. */
bool lifecycle_state(const struct lifecycles *rules, struct text name, uint32_t index, struct text *state);
bool
lifecycle_next(const struct lifecycles *rules, struct text name, struct text from, uint32_t index, struct text *state);

/* ---- what an exchange says ---- */

/* About one entity. In the arena it was made in; borrows from the observation. */
struct lifecycle_note;

/* The notes of an exchange: about one entity each. NULL: it says nothing (or there is no memory). Everything that the
 * observation points to must stay until they are fed. */
const struct lifecycle_note *
lifecycle_note(const struct lifecycles *rules, const struct observation *observation, struct arena *arena);
const struct lifecycle_note *lifecycle_note_next(const struct lifecycle_note *note);

/* Which of so many memories has the entity. */
uint32_t lifecycle_note_shard(const struct lifecycle_note *note, uint32_t shards);

/* ---- what is known of the entities ---- */

struct lifecycle_limits {
    uint32_t entities; /* 0: LIMIT_WATCH_ENTITIES */
    size_t bytes;      /* 0: LIMIT_WATCH_BYTES */
};

/* New, or NULL (no memory). The rules are borrowed. limits may be NULL. */
struct lifecycle_memory *lifecycle_memory_new(const struct lifecycles *rules, const struct lifecycle_limits *limits);
void lifecycle_memory_free(struct lifecycle_memory *memory); /* accepts NULL */

/* Take a note (its `next` aside), and tell what it settles. Copies. */
void lifecycle_feed(struct lifecycle_memory *memory, const struct lifecycle_note *note, int64_t settled,
                    watch_found_fn *found, void *arg);

/* Time passes: tell what is settled by now, and what lasted too long. At the end of a recording `now` is the end of the
 * last exchange and `settled` INT64_MAX. */
void lifecycle_tick(struct lifecycle_memory *memory, int64_t now, int64_t settled, watch_found_fn *found, void *arg);

struct lifecycle_counts {
    uint64_t entities;  /* known now */
    uint64_t bytes;     /* what they take up */
    uint64_t forgotten; /* ever, by the bound on memory */
    uint64_t overflow;  /* times that too many exchanges of an entity overlapped: its state became unknown */
};

void lifecycle_counts(const struct lifecycle_memory *memory, struct lifecycle_counts *counts);

#endif
