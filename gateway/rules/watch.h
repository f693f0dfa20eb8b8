/* watch.h -- rules over many exchanges: lifecycles and invariants, as one push object.
 *
 * The rules are part of the ruleset and never change. What they remember of entities and messages is a `watch`:
 * bounded, in parts that know nothing of each other; the caller locks a part while it feeds it (proxy/), or has one
 * alone (check, replay, flows).
 *
 * Every exchange is an interval from its beginning (routed) to its end: something is wrong only if no order of the
 * overlapping ones is allowed. So a verdict waits until nothing that is under way can overlap any more: `settled` is
 * the beginning of the oldest watched exchange that has not ended (or now, where there is none), in the same clock as
 * the intervals. Offline it is what can be said of the lines to come, and INT64_MAX at the end.
 *
 * What was forgotten by the bound on memory is counted, and never becomes a finding. No I/O, no clock, no lock. */
#ifndef RULES_WATCH_H
#define RULES_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "contract/contract.h"
#include "contract/violation.h"
#include "json/document.h"
#include "traffic/exchange.h"

struct arena;
struct finding;
struct service;

/* A finished exchange as rules see it; only those that reached the service are (watch_reached). */
struct observation {
    const struct exchange *exchange;
    const struct operation *operation;
    const struct contract_match *match; /* path parameters, raw */
    const struct value *request;        /* the JSON body; NULL: there is none, or it was not kept */
    const struct value *response;
    bool answered;      /* exchange->response is the service's own; false: there is none, or Plumbline wrote it, and
                           whether the request had an effect nobody knows */
    int64_t begin, end; /* nanoseconds since 1970 */
};

/* Something that several exchanges together got wrong. Texts are borrowed until the callback returns. */
#define WATCH_EXCHANGES 6

struct watch_finding {
    enum violation_id id; /* VIOLATION_LIFECYCLE_…, VIOLATION_INVARIANT_BROKEN */
    struct text rule;     /* the lifecycle's or invariant's name: the finding's `keyword`, so part of its fingerprint */
    struct text service, operation; /* of the exchange that is at fault */
    enum side side;
    struct text instance; /* where in it: a pointer, or empty */
    struct text expected;
    struct text found;
    struct text hint; /* may be empty */
    struct text file; /* of the rule */
    uint32_t line, column;
    struct text exchanges[WATCH_EXCHANGES]; /* ids, the one at fault first */
    uint32_t exchange_count;
    int64_t at;    /* end of the one at fault */
    int64_t since; /* beginning of the earliest exchange that it rests on: after a reload, what rests on exchanges that
                      others overlapped which nobody watched is not told */
};

typedef void watch_found_fn(void *arg, const struct watch_finding *finding);

/* ---- the rules ---- */

struct lifecycles;
struct settings;
struct watch_rules;

/* What the settings say below `lifecycles` and `invariants`; *rules is NULL where they say nothing. 0, or -1 with err.
 * The services are borrowed. */
int watch_rules_read(struct watch_rules **rules, const struct settings *settings, const struct service *services,
                     uint32_t service_count, struct error *err);
void watch_rules_free(struct watch_rules *rules); /* accepts NULL; nothing made of them may be left */

/* What rules want of an operation's exchanges, as bits; 0: nothing. One look. Accepts NULL. */
#define WATCH_AT_ONCE  1u /* watch_check, once for each side */
#define WATCH_MEMORIES 2u /* watch_note, when it has ended */
unsigned
watch_rules_concern(const struct watch_rules *rules, const struct service *service, const struct operation *operation);

/* The file with the lifecycle of this name, or NULL. */
const struct lifecycles *watch_rules_lifecycle(const struct watch_rules *rules, struct text name);

/* Did it come to the service (or may it have)? What Plumbline refused before is not observed. */
bool watch_reached(const struct exchange *x);

/* Everything but the bodies. */
struct observation
watch_observe(const struct exchange *x, const struct operation *operation, const struct contract_match *match);

/* ---- rules over one exchange ---- */

/* Of one thread at a time: expressions are run in it. */
struct watch_checker;

/* An expression that could not be computed, and why: told once by all checkers together. Texts are borrowed until it
 * returns. */
typedef void watch_trouble_fn(void *arg, struct text where, struct text rule, const char *why);

/* New, or NULL with err. The rules are borrowed. `trouble` may be NULL. */
struct watch_checker *
watch_checker_new(const struct watch_rules *rules, watch_trouble_fn *trouble, void *arg, struct error *err);
void watch_checker_free(struct watch_checker *c); /* accepts NULL */

/* Add to the side's verdict what rules find, and what they could not tell; `ignored` are violations, as bits
 * (check_policy.ignore). The response is checked last. */
void watch_check(struct watch_checker *c, const struct observation *o, enum side side, uint32_t ignored,
                 struct verdict *verdict);

/* ---- rules over several ---- */

/* What an exchange says about one entity or key: in the arena that it was made in, borrowing from the observation. */
struct watch_note;

/* The first one; NULL: it says nothing. */
const struct watch_note *watch_note(struct watch_checker *c, const struct observation *o, struct arena *arena);
const struct watch_note *watch_note_next(const struct watch_note *note);

/* Which of so many memories it is for. */
uint32_t watch_note_shard(const struct watch_note *note, uint32_t shards);

/* What is remembered: one of `shards` memories, which share the ceilings. */
struct watch;

/* New, or NULL (no memory). The rules are borrowed. */
struct watch *watch_new(const struct watch_rules *rules, uint32_t shards);
void watch_free(struct watch *w); /* accepts NULL */

/* Take one note (not those behind it), and tell what it settles. Every exchange that is fed later begins at `settled`
 * or after it. Copies. */
void watch_feed(struct watch *w, struct watch_checker *c, const struct watch_note *note, int64_t settled,
                watch_found_fn *found, void *arg);

/* Time passes: tell what is settled by now, and what lasted too long. At the end of a recording `now` is the end of
 * its last exchange and `settled` INT64_MAX. */
void
watch_tick(struct watch *w, struct watch_checker *c, int64_t now, int64_t settled, watch_found_fn *found, void *arg);

struct watch_counts {
    uint64_t entities;  /* entities and keys that are remembered now */
    uint64_t bytes;     /* what they take up */
    uint64_t forgotten; /* ever, by the bound on memory */
    uint64_t overflow;  /* times that too many exchanges of one overlapped to tell their order, or that an expression
                           could not be computed */
};

/* Added to what is there. */
void watch_counts(const struct watch *w, struct watch_counts *counts);

/* Does the operator ignore it there (`ignore` of the operation)? */
bool watch_finding_ignored(const struct watch_rules *rules, const struct watch_finding *f);

/* As a finding of a report, its fingerprint filled in. Borrows from w and the arena. */
void watch_finding_report(const struct watch_finding *w, struct arena *arena, struct finding *f);

#endif
