/* invariant_internal.h -- between the files of invariants; nobody else includes it. */
#ifndef RULES_INVARIANT_INTERNAL_H
#define RULES_INVARIANT_INTERNAL_H

#include <stdatomic.h>

#include "base/hash.h"
#include "base/limits.h"
#include "rules/invariant.h"

/* N(NAME, first word, second word): what an expression can name of one exchange. */
#define INVARIANT_NAMES(N)                                                                                             \
    N(STATUS, "status", "")                                                                                            \
    N(BODY, "body", "")                                                                                                \
    N(REQUEST_BODY, "request", "body")                                                                                 \
    N(REQUEST_QUERY, "request", "query")                                                                               \
    N(REQUEST_PATH, "request", "path")                                                                                 \
    N(REQUEST_HEADER, "request", "header")                                                                             \
    N(RESPONSE_BODY, "response", "body")                                                                               \
    N(RESPONSE_STATUS, "response", "status")                                                                           \
    N(RESPONSE_HEADER, "response", "header")                                                                           \
    N(ITEM, "item", "")

enum invariant_name {
#define N(NAME, first, second) NAME_##NAME,
    INVARIANT_NAMES(N)
#undef N
        NAME_COUNT
};

#define NAME_BIT(name) (1u << (name))

/* Names of the request, which are there before the answer. */
#define NAMES_OF_REQUEST                                                                                               \
    (NAME_BIT(NAME_REQUEST_BODY) | NAME_BIT(NAME_REQUEST_QUERY) | NAME_BIT(NAME_REQUEST_PATH) |                        \
     NAME_BIT(NAME_REQUEST_HEADER))
#define NAMES_OF_EXCHANGE ((NAME_BIT(NAME_COUNT) - 1) & ~NAME_BIT(NAME_ITEM))

/* One place where an expression names something: `body.order.total` is NAME_BODY with "/order/total". */
struct named {
    uint32_t part; /* of a join */
    enum invariant_name name;
    struct text pointer; /* "": the whole */
    struct text member;  /* its first step, unescaped; "" with the whole */
};

struct expression {
    struct text source; /* empty: there is none */
    struct text where;  /* file:line:column */
    int number;         /* in every script */
    struct named *named;
    uint32_t named_count;
};

enum key_kind {
    KEY_REQUEST,
    KEY_RESPONSE,
    KEY_PATH,
    KEY_QUERY,
    KEY_HEADER,
    KEY_ITEM,
};

struct key_place {
    enum key_kind kind;
    struct text text; /* a pointer, or a name */
};

/* What is to be taken of one name: these members, or all of it. */
struct wanted {
    bool used, whole;
    struct text *members;
    uint32_t count;
};

/* The exchanges of some operations: of an invariant on one exchange the only part, without a name. */
struct invariant_part {
    struct text name;
    struct text service;
    struct key_place *keys;
    uint32_t key_count;
    bool each; /* the part is each item of the array at this place */
    struct key_place list;
    struct expression when;
    struct wanted wanted[NAME_COUNT];
};

enum invariant_side {
    ON_RESPONSE,
    ON_REQUEST,
    ON_EXCHANGE,
};

struct invariant {
    uint32_t index;
    struct text name, hint;
    struct text file, pointer; /* of `hold` */
    uint32_t line, column;
    enum invariant_side side;
    bool join;
    struct invariant_part *parts;
    uint32_t part_count;
    struct expression hold;
    bool require;
    int at;               /* a part, or -1 */
    int64_t within;       /* INT64_MAX: any time */
    struct text instance; /* on one exchange: the first place of the blamed side that `hold` names */
    atomic_bool troubled;
};

/* An operation that an invariant looks at. */
struct concern {
    const struct operation *operation;
    struct invariant *invariant;
    uint32_t part;
};

struct invariants {
    struct arena *arena;
    struct invariant *list;
    uint32_t count;
    struct concern *concerns; /* sorted by operation */
    uint32_t concern_count;
    struct hash_key key; /* of tags */
};

/* The invariants of an operation; *end is behind the last. */
const struct concern *
invariants_of(const struct invariants *rules, const struct operation *operation, const struct concern **end);

/* Say once what could not be computed. */
void invariant_trouble(const struct invariant_worker *worker, struct invariant *invariant,
                       const struct expression *expression, const char *why);

/* ---- invariant_read.c ---- */

/* `invariants` of a file that is being read. */
struct invariant_reader {
    struct invariants *rules;
    const struct document *document;
    const struct invariant_services *services;
    struct script *compiler;
    struct error *err;
    uint32_t concern_capacity;
};

/* The error with the value's place. Returns -1. */
int invariant_fail(const struct invariant_reader *r, const struct value *v, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The text of a value, in the rules' arena; NULL gives the empty text. */
struct text invariant_copy(const struct invariant_reader *r, const struct value *v);

/* ---- invariant_where.c ---- */

/* `on` of this part: "service operation", or an object. */
int invariant_read_on(struct invariant_reader *r, struct invariant *invariant, uint32_t part, const struct value *on);

/* `key` of this part, whose operations have been read. */
int
invariant_read_keys(struct invariant_reader *r, struct invariant *invariant, uint32_t part, const struct value *key);
void invariant_read_place(const struct invariant_reader *r, const struct value *v, struct key_place *place);

/* ---- invariant_names.c ---- */

/* Which names there are for an expression. */
struct name_space {
    uint32_t allowed;                   /* NAME_BIT… */
    const struct invariant_part *parts; /* a join: everything is below the names of these; else NULL */
    uint32_t part_count;
    enum invariant_side side;
};

/* Fill in what the expression names. 0, or -1 with err at expression->where. */
int invariant_names_find(struct expression *expression, const struct name_space *space, struct arena *arena,
                         struct error *err);

/* The text that scripts know it by: "request.body". */
struct text invariant_name_text(enum invariant_name name);

/* ---- invariant_values.c ---- */

/* What one exchange has under each name; NULL: nothing, or nobody knows. */
struct values {
    const struct value *of[NAME_COUNT];
};

/* For all names that the part wants; `body` is that of the side. In the arena; borrows from the observation. */
void invariant_values_build(struct values *values, const struct invariant_part *part, const struct observation *o,
                            enum side body, struct arena *arena);

/* As variables for a script; gives their number. */
uint32_t invariant_values_variables(const struct values *values, struct script_variable variables[NAME_COUNT]);

/* Is something missing that the expression names? *unknown: it cannot be told, since it was redacted, or not kept. */
bool invariant_values_missing(const struct values *values, const struct expression *expression,
                              const struct observation *o, enum side body, bool *unknown);

/* Is there nothing at the pointer? With `redacted` also: was something in it taken out before it was recorded? Then
 * that is set, and it counts as missing. */
bool invariant_value_lacks(const struct value *root, struct text pointer, bool *redacted);

/* The text of a key at this place of an exchange; empty: none. */
struct text invariant_key_find(const struct key_place *place, const struct observation *o, const struct value *item,
                               struct arena *arena);

/* ---- invariant_check.c ---- */

enum truth {
    TRUTH_HOLDS,
    TRUTH_BROKEN,
    TRUTH_OPEN,    /* nothing can be said */
    TRUTH_CEILING, /* it took too long to compute */
};

/* Is the part's `when` true; with none, is it an answer 2xx (or side: request)? */
bool
invariant_part_applies(const struct invariant_part *part, struct invariant *invariant,
                       const struct invariant_worker *worker, const struct values *values, const struct observation *o);

/* What a failed evaluation came to: a missing member is no trouble. */
enum truth invariant_truth_unknown(struct invariant *invariant, const struct expression *expression, bool missing,
                                   const struct invariant_worker *worker, const struct error *error);

/* "body.order.total is missing", in the arena; the first such name. */
struct text invariant_missing_text(struct text front, const struct named *named, struct arena *arena);

/* ---- invariant_note.c ---- */

struct invariant_note {
    const struct invariant_note *next;
    struct invariant *invariant;
    uint32_t part;
    const struct operation *operation;
    struct hash_tag tag;
    int64_t begin, end;
    bool known;   /* else nobody knows what it would have said */
    bool lost;    /* because it was too large */
    bool changes; /* the method is one that may change something */
    struct text id;
    struct text message; /* JSON: what the part's name stands for */
};

#endif
