/* match.h -- is this request the recorded one? And where it is not, in what do they differ?
 *
 * Two requests are the same when method, path (below what the service takes off), query, the chosen header fields and
 * the body are: segments and pairs are compared decoded, pairs of different names in any order; JSON bodies as values
 * (numbers by what they amount to, members in any order), other bodies byte by byte, content codings undone. Places
 * under `ignore` are as if they were not there. What was redacted or cut when the request was recorded cannot be
 * compared, and is not: such a request is `loose` there.
 *
 * A request is read once; its key (equal for equal requests, within one process) finds candidates, its differences
 * judge them. No I/O; any thread. */
#ifndef REPLAY_MATCH_H
#define REPLAY_MATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "contract/contract.h"
#include "json/document.h"
#include "rules/settings.h"
#include "traffic/exchange.h"

struct match_rules;

/* The rules of a service. In the arena; NULL: no memory. */
const struct match_rules *match_rules_new(const struct replay_settings *settings, struct arena *arena);

enum match_loose {
    MATCH_LOOSE_PATH = 1,  /* segments may differ */
    MATCH_LOOSE_QUERY = 2, /* pairs that were redacted are left out */
    MATCH_LOOSE_BODY = 4,  /* the same with members; or nothing of it is there */
    MATCH_LOOSE_HEADERS = 8,
    MATCH_LOOSE_KINDS = 16,
};

struct match_pair {
    struct text name, value; /* decoded */
    uint32_t order;
};

struct match_request {
    struct text method;
    struct text path; /* raw, below what the service takes off */
    struct text *segments;
    uint32_t segment_count;
    struct match_pair *pairs; /* ordered by name, then as they came; without those that are ignored */
    uint32_t pair_count;
    struct text *headers;     /* of the rules, in their order; absent: empty */
    const struct value *json; /* the body, or NULL: */
    struct text body;
    bool body_unknown; /* it is not on record */
    unsigned loose;    /* enum match_loose */
    bool *headers_hidden;
};

/* Read a request. `path`: see above. `x`: the exchange that was recorded with it, for what was redacted; NULL: it is a
 * live one. Everything in the arena, borrowed from the message. 0, or -1: no memory. */
int match_read(struct match_request *request, const struct match_rules *rules, const struct message *message,
               struct text path, const struct exchange *x, struct arena *arena);

/* Are names of queries ignored? Then a target may be equal to one that looks quite different. */
bool match_ignores_queries(const struct match_rules *rules);

/* The key of what is left when these parts are not looked at. */
uint64_t match_key(const struct match_request *request, const struct match_rules *rules, unsigned loose);

enum match_place {
    MATCH_METHOD,
    MATCH_PATH,
    MATCH_QUERY,
    MATCH_HEADER,
    MATCH_BODY,
};

struct match_difference {
    enum match_place kind;
    struct text place;    /* "path:order_id", "path", "query:page", "header:Accept", "body:/items/0/id" */
    struct text recorded; /* as JSON or as it stands there; data NULL: it is not there */
    struct text live;
    bool id; /* both are there, and both may be ids that somebody made up */
};

#define MATCH_DIFFERENCES 20 /* that are told; more are counted */

struct match_differences {
    struct match_difference list[MATCH_DIFFERENCES];
    uint32_t count; /* all of them */
    bool only_ids;  /* there are some, all told, and each may be an id */
};

/* In what does the live request differ from the recorded one? `operation` (may be NULL) tells which segments are
 * parameters. Texts are in the arena. */
void
match_compare(const struct match_request *recorded, const struct match_request *live, const struct match_rules *rules,
              const struct operation *operation, struct arena *arena, struct match_differences *differences);

/* Could this value be an id that was made up: a word or number that is no date, no plain word, no amount? `name` is
 * what stands before it: of a parameter or member. */
bool match_is_id(struct text name, struct text value);

/* Is it rare enough to be known wherever it stands? Else only where a name says that it is an id. */
bool match_is_rare(struct text value);
bool match_names_id(struct text name);

#endif
