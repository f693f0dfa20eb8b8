/* compare_internal.h -- what the files that compare two contracts share.
 *
 * A `conjunction` is a list of schemas that must all hold, $refs followed: the schema of a member that two parts of an
 * allOf describe is one of two places. Its `form` is what they say together, keyword by keyword, in a normal form:
 * types as bits, the tightest of several limits, enums as the values that pass, branches of anyOf that exclude each
 * other by their types put together. Forms are made when first asked for, once per conjunction.
 *
 * A `pair` is an old and a new conjunction that stand for the same thing, on one side (requests or responses), sent by
 * clients or by the service. Pairs wait in a queue and are compared once, wherever they are met, so that recursion
 * ends; a pair remembers from which others it was reached, so that the operations of a change can be counted. */
#ifndef DRIFT_COMPARE_INTERNAL_H
#define DRIFT_COMPARE_INTERNAL_H

#include "base/hash.h"
#include "base/limits.h"
#include "contract/index.h"
#include "drift/compare.h"
#include "json/number.h"
#include "json/pointer.h"
#include "schema/pattern.h"

enum { OLD, NEW };

#define FORM_NULL     1u
#define FORM_BOOLEAN  2u
#define FORM_INTEGER  4u
#define FORM_FRACTION 8u /* numbers that are no integers */
#define FORM_STRING   16u
#define FORM_ARRAY    32u
#define FORM_OBJECT   64u
#define FORM_NUMBER   (FORM_INTEGER | FORM_FRACTION)
#define FORM_ANY      127u

struct place_list {
    struct compare_place *items;
    uint32_t count, room;
};

struct form;

struct conjunction {
    const struct compare_place *places;
    uint32_t count;
    uint8_t which; /* OLD or NEW */
    struct form *form;
};

/* A list per keyword, of all places that have it. */
enum form_list {
    LIST_MULTIPLE,
    LIST_PATTERN,
    LIST_FORMAT,
    LIST_CONTENT, /* contentEncoding and contentMediaType */
    LIST_ENUM,    /* the schema that has enum or const */
    LIST_NOT,
    LIST_IF,       /* the schema that has it */
    LIST_CONTAINS, /* the schema that has it */
    LIST_NAMES,    /* propertyNames */
    LIST_DEPENDENT_REQUIRED,
    LIST_DEPENDENT_SCHEMAS,
    LIST_UNEVALUATED_PROPERTIES,
    LIST_UNEVALUATED_ITEMS,
    LIST_MEMBERS,  /* the schema that has properties, patternProperties or additionalProperties */
    LIST_ITEMS,    /* the schema that has prefixItems or items */
    LIST_REQUIRED, /* each name */
    LIST_DISCRIMINATOR,
    LIST_LOST, /* references that lead nowhere, or where the message decides */
    FORM_LISTS,
};

enum form_limit {
    LIMIT_MIN_LENGTH,
    LIMIT_MAX_LENGTH,
    LIMIT_MIN_ITEMS,
    LIMIT_MAX_ITEMS,
    LIMIT_MIN_PROPERTIES,
    LIMIT_MAX_PROPERTIES,
    FORM_LIMITS,
};

/* minimum or maximum */
struct form_bound {
    struct decimal limit;
    bool exclusive;
    struct compare_place place; /* value NULL: there is none */
};

struct form_count {
    uint64_t number;
    struct compare_place place; /* value NULL: there is none */
};

/* anyOf or oneOf */
struct form_group {
    bool one;
    const struct conjunction **branches;
    uint32_t count;
    struct compare_place place;
    struct compare_place discriminator; /* value NULL: none */
};

struct form_member {
    struct text name;
    const struct conjunction *schema;
};

struct form {
    struct place_list seen;        /* schemas that were put into it */
    struct compare_place here;     /* the first of the places */
    struct compare_place typed;    /* what says the type; or here */
    struct compare_place fallback; /* default */
    struct compare_place unique_place;
    struct form_bound bounds[2]; /* minimum, maximum */
    struct form_count limits[FORM_LIMITS];
    struct place_list lists[FORM_LISTS];
    struct form_group *groups;
    struct place_list choices; /* without null */
    /* made by form_members, when an object is looked into */
    struct form_member *members;
    struct index by_name;             /* of struct form_member */
    const struct conjunction *others; /* members without a name of their own */
    uint32_t member_count;
    uint32_t group_count, group_room;
    unsigned types;
    unsigned own_types; /* without what groups leave of them */
    bool building;
    bool read_only, write_only, deprecated, unique;
    bool finite; /* only `choices` are allowed (and null, as types say) */
    bool members_known;
    bool closed; /* there may be no others */
};

struct compare_side {
    const struct contract *contract;
    const struct schema_set *schemas;
    bool lone; /* siblings of $ref are ignored (OpenAPI 3.0) */
    struct index conjunctions;
    struct index parts; /* of conjunctions, by their types */
};

struct pair_link {
    struct pair *pair;
    struct pair_link *next;
};

/* An operation that reaches a pair directly. */
struct pair_use {
    uint32_t operation; /* its index */
    struct pair_use *next;
};

struct pair {
    const struct conjunction *schemas[2];
    enum side side, as;
    struct text operation; /* from which it was first reached */
    struct text instance;
    struct compare_place around[2];
    struct pair_link *from; /* pairs that lead here */
    struct pair_use *uses;
    struct pair *next; /* in the queue */
    struct pair *todo; /* while operations are counted */
    uint32_t seen;     /* the mark of that count */
};

struct kept_pattern {
    struct pattern *pattern; /* NULL: it cannot be compiled */
    struct kept_pattern *next;
};

struct change_entry {
    struct compare_change change;
    struct pair *pair; /* NULL: of an operation, not of a schema */
};

/* What is known of two conjunctions, whatever is told of them. */
struct relation {
    bool known;
    bool asked; /* it is being found out: taken as equal meanwhile */
    uint8_t effect;
};

struct compare {
    struct arena *arena;
    struct compare_side sides[2];
    struct compare_options options;
    struct change_entry *changes;
    uint32_t change_count, change_room;
    struct index pairs;
    struct pair *first, *last;
    struct index relations;
    struct relation **equal; /* found equal while others were asked, which may turn out not to be */
    uint32_t equal_count, equal_room;
    unsigned quiet; /* nothing is noted, but what the effects are is wanted */
    unsigned depth;
    unsigned effect;        /* of what was noted since it was last set to 0 */
    struct index callbacks; /* of callbacks: those that were compared */
    struct index big;       /* members of large objects */
    struct index patterns;  /* compiled, by their text */
    struct kept_pattern *kept;
    enum side side;        /* of what is being compared */
    enum side as;          /* what it counts as: who sends it */
    bool turned;           /* the service sends requests, clients answer */
    struct text operation; /* of what is being compared */
    struct text instance;
    struct compare_place around[2]; /* where there is nothing nearer to tell */
    uint32_t operation_index;
    struct pair *pair;
    uint32_t operations;
    struct schema_scratch *scratch;
    struct pattern_scratch *pattern_scratch;
    struct arena *work;                   /* for checks of values */
    const struct conjunction *nothing[2]; /* no schema: everything is allowed */
    struct form *empty;
    bool failed; /* no memory: what was found is not complete */
};

/* ---- compare.c ---- */

/* Memory, cleared; NULL and failed. */
void *compare_take(struct compare *c, size_t count, size_t size);
#define COMPARE_TAKE(c, type, count) ((type *)compare_take((c), (count), sizeof(type)))

/* Room for one more at the end of a list, or NULL and failed. */
void *compare_grow(struct compare *c, void *list, uint32_t count, uint32_t *room, size_t size);
void place_list_add(struct compare *c, struct place_list *list, struct compare_place place);

struct text compare_print(struct compare *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Which message is compared from here on, in an operation that is `turned` or not. */
void compare_begin_side(struct compare *c, enum side side);

/* A value as it is shown: JSON, shortened. */
struct text compare_show(struct compare *c, const struct value *v);

/* Something changed. values may be empty. In quiet mode only the effect is kept. */
void compare_note(struct compare *c, enum change_id id, struct compare_place old, struct compare_place now,
                  struct text old_value, struct text new_value);

/* The same at an instance of its own. */
void compare_note_at(struct compare *c, enum change_id id, struct text instance, struct compare_place old,
                     struct compare_place now, struct text old_value, struct text new_value);

static inline struct compare_place
place_of(const struct document *document, const struct value *value)
{
    return (struct compare_place){ document, value };
}

/* The member of an object; nowhere when it is not there. */
static inline struct compare_place
place_member(struct compare_place object, struct text key)
{
    return (struct compare_place){ object.document, value_member(object.value, key) };
}

#define PLACE_MEMBER(object, key) place_member((object), TEXT(key))

/* The first, if it is there, else the other. */
static inline struct compare_place
place_or(struct compare_place first, struct compare_place other)
{
    return first.value != NULL ? first : other;
}

/* ---- compare_conjunction.c ---- */

/* Follow a Reference Object of any kind. Nowhere when it leads nowhere. */
struct compare_place compare_follow(struct compare *c, int which, struct compare_place at);

/* The schemas that must all hold, as one; none of them: nothing[which]. */
const struct conjunction *
conjunction_of(struct compare *c, int which, const struct compare_place *places, uint32_t count);
const struct conjunction *conjunction_one(struct compare *c, int which, struct compare_place place);

/* The same schema for values of these types alone. */
const struct conjunction *conjunction_part(struct compare *c, const struct conjunction *schema, unsigned types);

/* ---- compare_form.c, compare_groups.c ---- */

struct form *form_of(struct compare *c, const struct conjunction *schema);

/* Put what `place` says into the form. */
void form_collect(struct compare *c, struct form *f, int which, struct compare_place place);

/* Groups that are something simpler become that. */
void form_simplify_groups(struct compare *c, struct form *f, const struct conjunction *schema);

/* Everything that `from` says of values, apart from their types, is also said by `into`. */
void form_merge(struct compare *c, struct form *into, const struct form *from);

/* compare_form_numbers.c: the tighter one of two is kept; exclusive bounds are flags in 3.0. */
void form_tighten(struct form_bound *into, const struct form_bound *from, bool upper);
void form_read_bounds(struct form *f, struct compare_place at, bool flags);
void form_read_limits(struct form *f, struct compare_place at);
void form_simplify_numbers(struct form *f);
void form_limit(struct form *f, enum form_limit limit, uint64_t number, struct compare_place place);

/* The candidates are all that is allowed: those of them that pass. null decides a type, and is no choice. */
void
form_choose(struct compare *c, struct form *f, const struct conjunction *schema, const struct place_list *candidates);

/* Does the value pass all schemas of the conjunction, as far as can be told? */
bool conjunction_allows(struct compare *c, const struct conjunction *schema, struct compare_place value);
unsigned form_type_of(const struct value *v);

/* Do no values pass both, for certain? */
bool forms_exclude(struct compare *c, const struct conjunction *a, const struct conjunction *b, unsigned depth);

/* ---- compare_members.c, compare_form_members.c ---- */

/* "/items/price" of "/items" and "price" */
struct text instance_member(struct compare *c, struct text instance, struct text name);

bool compare_matches(struct compare *c, struct text pattern, struct text name);

/* What the form says of members whose names match this pattern. */
const struct conjunction *form_pattern_schema(struct compare *c, struct form *f, int which, struct text pattern);

/* Fill in what an object says of its members. */
void form_members(struct compare *c, struct form *f, int which);
const struct conjunction *form_member_schema(struct compare *c, struct form *f, int which, struct text name);
const struct form_member *form_member_find(const struct form *f, struct text name);
bool form_requires(struct compare *c, struct form *f, struct text name);
void compare_members(struct compare *c, struct form *old, struct form *now);

/* ---- compare_schema.c ---- */

/* The two stand for the same thing at this instance: compare them (later, or now while quiet). */
void
compare_pair(struct compare *c, const struct conjunction *old, const struct conjunction *now, struct text instance);
void compare_queue(struct compare *c);

/* What changed between them, as CHANGE_NARROWS and CHANGE_WIDENS, without noting it. 0: they are equal. */
unsigned compare_relation(struct compare *c, const struct conjunction *old, const struct conjunction *now);

/* ---- compare_values.c, compare_arrays.c, compare_alternatives.c ---- */

void compare_numbers(struct compare *c, const struct form *old, const struct form *now);
void compare_strings(struct compare *c, const struct form *old, const struct form *now);
void compare_limit(struct compare *c, enum form_limit limit, const struct form *old, const struct form *now);
void compare_set(struct compare *c, const struct form *old, const struct form *now, enum form_list list,
                 const enum change_id ids[3]);
void compare_arrays(struct compare *c, struct form *old, struct form *now);

/* True: one of them is alternatives and nothing else, and so all is said. */
bool compare_groups_alone(struct compare *c, const struct conjunction *old, const struct conjunction *now);
void compare_groups(struct compare *c, struct form *old, struct form *now);
void compare_discriminators(struct compare *c, struct compare_place old, struct compare_place now,
                            struct compare_place around[2]);
bool form_is_bare(const struct form *f); /* it says nothing but its types and groups */
void compare_nots(struct compare *c, struct form *old, struct form *now);
void compare_conditions(struct compare *c, struct form *old, struct form *now);

/* ---- compare_operation.c … ---- */

void compare_paths(struct compare *c);
void compare_servers(struct compare *c);

/* An operation of both; `places`: the Operation Objects; `items`: their Path Item Objects. */
struct operation_pair {
    struct compare_place items[2], places[2];
    struct compare_place around[2]; /* what is there in any case */
    struct text paths[2];           /* empty: it is called in another way */
    struct text label;              /* instead of a path: "webhook paid", "callback paid of buy" */
    enum change_id removed, added;  /* what it means that only one of both has it */
    bool turned;                    /* the service calls it */
    unsigned depth;                 /* callbacks around it */
};

/* Operations of both Path Items, method by method. */
void compare_item(struct compare *c, struct operation_pair *o);

/* The number of a variable in the template of a path, from 1; 0: it has none. */
uint32_t path_variable(struct text path, struct text name);

/* ---- compare_callbacks.c, compare_expression.c ---- */

void compare_webhooks(struct compare *c);
void compare_callbacks(struct compare *c, const struct operation_pair *o);
/* Addresses with equal forms are the same: "{$request.header.x-url}" of "$request.header.X-Url". `path`: of the
 * operation that has the callback. */
struct text expression_form(struct compare *c, struct text written, struct text path);
/* Could clients give this address in requests of the old operation? */
bool expression_known(struct compare *c, struct text written, struct compare_place old);

void compare_parameters(struct compare *c, const struct operation_pair *o);
void compare_bodies(struct compare *c, const struct operation_pair *o);
void compare_responses(struct compare *c, const struct operation_pair *o);
void compare_security(struct compare *c, const struct operation_pair *o);

/* Contents (media types) of both. */
void compare_contents(struct compare *c, struct compare_place old, struct compare_place now, struct text instance);

/* How a parameter or header writes its value, and its schema. `in` is "query" …, or "header" for headers. */
void compare_serialised(struct compare *c, struct text in, struct compare_place old, struct compare_place now,
                        struct text instance);

#endif
