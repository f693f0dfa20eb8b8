/* violation.h -- what can be found wrong with an exchange, and what can stay unchecked: the tables.
 *
 * One list makes the enum, the ids that users see, the page docs/violations.md and the metric labels. Ids are a
 * promise; wording may improve. A violation is data: Plumbline did its work, the traffic broke the contract. Any
 * thread. */
#ifndef CONTRACT_VIOLATION_H
#define CONTRACT_VIOLATION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"

enum level {
    LEVEL_INFO,
    LEVEL_WARN,
    LEVEL_ERROR,
};

/* V(NAME, id, default level, what it says, where the rule comes from) */
#define VIOLATIONS(V)                                                                                                  \
    V(PATH_UNKNOWN, "path-unknown", LEVEL_ERROR, "no path of the contract matches", "OAS 3.1 4.8.8")                   \
    V(METHOD_UNKNOWN, "method-unknown", LEVEL_ERROR, "the path exists, but not with this method", "OAS 3.1 4.8.9")     \
    V(OPERATION_DEPRECATED, "operation-deprecated", LEVEL_INFO, "the operation is marked deprecated",                  \
      "OAS 3.1 4.8.10")                                                                                                \
    V(PARAMETER_MISSING, "parameter-missing", LEVEL_ERROR, "a required parameter was not sent", "OAS 3.1 4.8.12")      \
    V(PARAMETER_SCHEMA, "parameter-schema", LEVEL_ERROR, "a parameter does not satisfy its schema", "OAS 3.1 4.8.12")  \
    V(PARAMETER_UNKNOWN, "parameter-unknown", LEVEL_WARN, "a query parameter that the contract does not name",         \
      "OAS 3.1 4.8.12")                                                                                                \
    V(PARAMETER_SYNTAX, "parameter-syntax", LEVEL_ERROR, "a parameter cannot be read in its style",                    \
      "OAS 3.1 4.8.12.3")                                                                                              \
    V(SECURITY_MISSING, "security-missing", LEVEL_ERROR,                                                               \
      "the credentials that the operation asks for are missing or malformed", "OAS 3.1 4.8.30")                        \
    V(CONTENT_TYPE_UNKNOWN, "content-type-unknown", LEVEL_ERROR, "the contract does not list this media type",         \
      "OAS 3.1 4.8.13, 4.8.17")                                                                                        \
    V(CONTENT_TYPE_MISSING, "content-type-missing", LEVEL_ERROR, "there is a body but no Content-Type",                \
      "RFC 9110 8.3")                                                                                                  \
    V(BODY_MISSING, "body-missing", LEVEL_ERROR, "a required body was not sent", "OAS 3.1 4.8.13")                     \
    V(BODY_UNEXPECTED, "body-unexpected", LEVEL_WARN, "there is a body where the contract has none", "OAS 3.1 4.8.10") \
    V(BODY_SCHEMA, "body-schema", LEVEL_ERROR, "the body does not satisfy its schema", "OAS 3.1 4.8.14")               \
    V(BODY_EXTRA, "body-extra", LEVEL_ERROR, "the body has a member that its schema does not allow",                   \
      "JSON Schema Core 2020-12 10.3.2.3, 11.3")                                                                       \
    V(JSON_SYNTAX, "json-syntax", LEVEL_ERROR, "the body is no JSON", "RFC 8259")                                      \
    V(JSON_DUPLICATE_KEY, "json-duplicate-key", LEVEL_WARN, "an object repeats a key", "RFC 8259 4")                   \
    V(FORM_SYNTAX, "form-syntax", LEVEL_ERROR, "the form or multipart body cannot be read",                            \
      "RFC 7578; WHATWG URL 5.1")                                                                                      \
    V(STATUS_UNKNOWN, "status-unknown", LEVEL_ERROR, "the contract does not list this status", "OAS 3.1 4.8.16")       \
    V(HEADER_MISSING, "header-missing", LEVEL_ERROR, "a required response header was not sent", "OAS 3.1 4.8.21")      \
    V(HEADER_SCHEMA, "header-schema", LEVEL_ERROR, "a response header does not satisfy its schema", "OAS 3.1 4.8.21")  \
    V(ITEM_SCHEMA, "item-schema", LEVEL_ERROR, "an item of a stream does not satisfy its schema", "OAS 3.2 4.14.3")    \
    V(LIFECYCLE_MOVE, "lifecycle-move", LEVEL_ERROR, "an entity moved between states in a way that is not allowed",    \
      "rules/lifecycles.yaml")                                                                                         \
    V(LIFECYCLE_ORDER, "lifecycle-order", LEVEL_ERROR, "something happened to an entity too early, too late or twice", \
      "rules/lifecycles.yaml")                                                                                         \
    V(LIFECYCLE_TIMEOUT, "lifecycle-timeout", LEVEL_ERROR, "an entity stayed in a state for too long",                 \
      "rules/lifecycles.yaml")                                                                                         \
    V(INVARIANT_BROKEN, "invariant-broken", LEVEL_ERROR, "an equation that must hold does not", "rules/invariants.yaml")

enum violation_id {
#define V(name, id, level, what, source) VIOLATION_##name,
    VIOLATIONS(V)
#undef V
        VIOLATION_IDS
};

/* U(NAME, id, what it means) */
#define UNCHECKED_REASONS(U)                                                                                           \
    U(NO_SCHEMA, "no-schema", "the contract says nothing about this part, or what it says is broken")                  \
    U(SIZE, "size", "the body is larger than max_body")                                                                \
    U(MEDIA_TYPE, "media-type", "this kind of content is not looked into")                                             \
    U(CODING, "coding", "the content coding is unknown or broken")                                                     \
    U(BUDGET, "budget", "the work budget of the message was used up")                                                  \
    U(PATTERN, "pattern", "a pattern could not be run to its end")                                                     \
    U(FORMAT, "format", "nobody defined this format")                                                                  \
    U(REDACTED, "redacted", "the place was redacted before it was recorded")                                           \
    U(TRUNCATED, "truncated", "the message ended early")                                                               \
    U(STREAM, "stream", "the content passed without being held")                                                       \
    U(FORGOTTEN, "forgotten", "the entity was forgotten by the bound on memory")                                       \
    U(INJECTED, "injected", "it answers a request that was changed on purpose (a fault)")

enum unchecked_id {
#define U(name, id, what) UNCHECKED_##name,
    UNCHECKED_REASONS(U)
#undef U
        UNCHECKED_IDS
};

enum side {
    SIDE_REQUEST,
    SIDE_RESPONSE,
};

const char *violation_name(enum violation_id id);
enum level violation_level(enum violation_id id);
const char *violation_what(enum violation_id id);
const char *violation_source(enum violation_id id);
/* VIOLATION_IDS when there is none of that name. */
enum violation_id violation_of(struct text name);

const char *unchecked_name(enum unchecked_id id);
const char *unchecked_what(enum unchecked_id id);
enum unchecked_id unchecked_of(struct text name);

const char *side_name(enum side side);
const char *level_name(enum level level);

/* One place where a message breaks its contract. Texts live in the exchange's arena or in the contract. */
struct violation {
    enum violation_id id;
    enum side side;
    struct text
        instance; /* a JSON Pointer in the body ("/items/0/price"), "query limit", "header X-Id", "path id", or empty */
    struct text keyword;   /* of the schema, or empty */
    struct text file;      /* of the contract, as it was named when loading */
    uint32_t line, column; /* from 1; 0 where there is none */
    struct text pointer;   /* JSON Pointer in that file */
    struct text expected;
    struct text found;
    struct text hint; /* may be empty */
};

/* A part that was not checked, and why. */
struct unchecked {
    enum unchecked_id reason;
    enum side side;
    struct text instance; /* as in a violation; empty: the body as a whole */
};

#define VERDICT_UNCHECKED_MAX 8

/* What came of checking one message. Starts zeroed. At most LIMIT_VIOLATIONS are kept, the rest is counted. */
struct verdict {
    bool checked;           /* someone looked: "no violations" means something */
    struct violation *list; /* in the arena */
    uint32_t count;
    uint32_t capacity;
    uint32_t dropped;                                  /* beyond LIMIT_VIOLATIONS */
    struct unchecked unchecked[VERDICT_UNCHECKED_MAX]; /* one per reason and place, the first few */
    uint32_t unchecked_count;
};

/* A new, zeroed violation in the verdict to be filled in, or NULL (dropped is counted). */
struct violation *verdict_add(struct verdict *v, struct arena *arena, enum violation_id id, enum side side);
void verdict_unchecked(struct verdict *v, enum unchecked_id reason, enum side side, struct text instance);

/* Did a fault change the request that this is the answer to? Then nothing is said of the answer. */
bool verdict_is_injected(const struct verdict *v);

/* One line for people: "response body-schema /items/0/price: expected number >= 0, found \"12.50\" (string)". In the
 * arena. */
struct text violation_line(const struct violation *v, struct arena *arena);

#endif
