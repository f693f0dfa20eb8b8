/* finding.h -- what a report lists: the same violation, wherever and however often it was found, counted once.
 *
 * The fingerprint is a hash of service, operation, side, rule, place with array indices as `*`, and keyword, in that
 * order; it is equal wherever the same thing is found: live, in a recording, in a replay, in a flow. A list belongs to
 * one thread. */
#ifndef TRAFFIC_FINDING_H
#define TRAFFIC_FINDING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"
#include "traffic/exchange.h"

#define FINDING_FINGERPRINT_BYTES 16
#define FINDING_EXAMPLES          3
#define FINDING_TOGETHER          6 /* exchanges that one finding is about, at most */

struct finding {
    char fingerprint[FINDING_FINGERPRINT_BYTES + 1]; /* lower-case hex */
    struct text rule;                                /* violation id */
    enum level level;
    struct text service;
    struct text operation;
    enum side side;
    struct text instance; /* a pointer with * for array indices, or "query limit" */
    struct text keyword;
    struct text message;
    struct text expected;
    struct text found; /* of the first */
    struct text file;  /* contract */
    uint32_t line, column;
    struct text pointer;
    uint64_t count;
    int64_t first, last;                    /* ns since 1970 */
    struct text examples[FINDING_TOGETHER]; /* exchange ids: of the first FINDING_EXAMPLES, or, */
    bool together;                          /* those that the first one is about together, the one at fault first */
    uint32_t example_count;
    struct text seen_at; /* "logs/staging/000007.jsonl:4182" of the first, or empty */
};

struct finding_list;

struct finding_list *finding_list_new(void);
void finding_list_free(struct finding_list *list);

/* Add every violation of the exchange; seen_at may be empty. Copies. 0 or -1 (no memory). */
int finding_list_add(struct finding_list *list, const struct exchange *x, struct text seen_at);

/* Add one that is not from an exchange (contract lint). Copies; the fingerprint is filled in. */
int finding_list_add_one(struct finding_list *list, const struct finding *finding);

/* A violation of an exchange as a finding that was seen once, its fingerprint filled in. Borrows from both and from the
 * exchange's arena. */
void finding_of(struct finding *f, const struct exchange *x, const struct violation *v);

/* For one that is put together elsewhere: array indices of its place become `*` (in the arena), and its fingerprint is
 * filled in. */
void finding_seal(struct finding *f, struct arena *arena);

/* Each finding is given to `judge` before it is added: it may change the level; false: it is left out. Before the first
 * one. */
typedef bool finding_judge_fn(void *arg, struct finding *finding);
void finding_list_judge(struct finding_list *list, finding_judge_fn *judge, void *arg);

/* From now on, tell each finding that is not in the list yet, when it is added. Borrowed until the callback returns. */
typedef void finding_new_fn(void *arg, const struct finding *finding);
void finding_list_tell(struct finding_list *list, finding_new_fn *tell, void *arg);

/* Count one that is in the list already, by its fingerprint. False: it is not. */
bool finding_list_again(struct finding_list *list, const struct finding *f);

/* In order of level (errors first), then service, operation, side, instance. */
uint32_t finding_list_count(const struct finding_list *list);
const struct finding *finding_list_at(struct finding_list *list, uint32_t index);

/* The fingerprint of its parts. `out` has FINDING_FINGERPRINT_BYTES + 1 bytes. */
void finding_fingerprint(const struct finding *f, char *out);

#endif
