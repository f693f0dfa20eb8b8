/* mutate.h -- a message changed on purpose, by what its contract says: broken in exactly one place, or hardly valid.
 *
 * Each mutation knows which violation and keyword it leads to; the checker finds exactly that (a test holds every row
 * against every shipped contract). Which place is taken, of those where the mutation is possible, is decided by
 * `random`: the same number, the same place. No I/O; one thread. */
#ifndef RULES_MUTATE_H
#define RULES_MUTATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "contract/contract.h"
#include "contract/violation.h"
#include "json/document.h"

struct schema_scratch;

/* M(NAME, name, valid, what it does) */
#define MUTATIONS(M)                                                                                                   \
    M(ANY, "any", false, "one of those that break the contract")                                                       \
    M(DROP_REQUIRED, "drop-required", false, "a required member is left out")                                          \
    M(NULL, "null", false, "a member that may not be null is")                                                         \
    M(WRONG_TYPE, "wrong-type", false, "a value of a type that is not allowed")                                        \
    M(OUTSIDE_ENUM, "outside-enum", false, "a value that the enum does not list")                                      \
    M(PAST_BOUND, "past-bound", false, "a number one past its bound")                                                  \
    M(TOO_LONG, "too-long", false, "a string or an array longer than allowed")                                         \
    M(TOO_SHORT, "too-short", false, "a string or an array shorter than allowed")                                      \
    M(BAD_FORMAT, "bad-format", false, "a string that is not of its format or pattern")                                \
    M(EXTRA_MEMBER, "extra-member", false, "a member that the schema does not allow")                                  \
    M(BAD_STATUS, "bad-status", false, "a status that the contract does not list")                                     \
    M(BAD_MEDIA_TYPE, "bad-media-type", false, "a media type that the contract does not list")                         \
    M(BAD_JSON, "bad-json", false, "the body is cut in the middle of a value")                                         \
    M(NASTY, "nasty", true, "one of those that keep to the contract")                                                  \
    M(ONLY_REQUIRED, "only-required", true, "all optional members are gone")                                           \
    M(EMPTY_ARRAYS, "empty-arrays", true, "arrays that may be empty are")                                              \
    M(LONGEST_STRINGS, "longest-strings", true, "strings as long as allowed")                                          \
    M(LARGEST_NUMBERS, "largest-numbers", true, "numbers as large as allowed")                                         \
    M(REORDERED, "reordered", true, "members in another order")                                                        \
    M(UNKNOWN_MEMBER, "unknown-member", true, "a new member where the schema is open")

enum mutation {
#define M(name, id, valid, what) MUTATION_##name,
    MUTATIONS(M)
#undef M
        MUTATIONS_COUNT
};

const char *mutation_name(enum mutation m);
const char *mutation_what(enum mutation m);
bool mutation_is_valid(enum mutation m);
enum mutation mutation_of(struct text name); /* MUTATIONS_COUNT: there is none */

struct mutate_input {
    const struct operation *operation;
    enum side side;
    uint16_t status;          /* of a response */
    struct text content_type; /* the message's, or empty */
    const struct value *body; /* JSON; NULL: it has none that can be changed */
    uint64_t random;
    struct schema_scratch *scratch;
    struct arena *arena; /* for the outcome's texts */
};

struct mutated {
    enum mutation mutation; /* what was done, of `any` and `nasty` */
    const char *why_not;    /* literal: nothing could be done ("the schema has no bounds"); NULL: it was done */
    bool body_changed;
    struct text body;         /* JSON */
    uint16_t status;          /* 0: as it was */
    struct text content_type; /* empty: as it was */
    enum violation_id breaks; /* VIOLATION_IDS: it is still valid */
    struct text keyword;      /* as the checker tells it, or empty */
    struct text place;        /* JSON Pointer in the body, or empty */
};

/* False: it cannot be done to this message, out->why_not says why. */
bool mutate(enum mutation mutation, const struct mutate_input *in, struct mutated *out);

#endif
