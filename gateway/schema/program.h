/* program.h -- the compiled form of a schema: what compile.c writes and check.c, explain.c and types.c read.
 *
 * A schema is a mask of allowed types and a flat array of instructions, sorted by the type of instance they speak
 * about: those for numbers, strings, arrays, objects, then those for any instance, then those that need to know
 * what the others evaluated. A check runs the group of the instance's type and the last two. Everything lives in
 * the set's arena and never changes once compiled. */
#ifndef SCHEMA_PROGRAM_H
#define SCHEMA_PROGRAM_H

#include "json/document.h"
#include "json/number.h"
#include "schema/format.h"
#include "schema/names.h"
#include "schema/pattern.h"
#include "schema/schema.h"

struct resource;

enum op_code {
    /* numbers */
    OP_MINIMUM,
    OP_MAXIMUM,
    OP_ABOVE, /* exclusiveMinimum */
    OP_BELOW, /* exclusiveMaximum */
    OP_MULTIPLE,
    /* strings */
    OP_MIN_LENGTH,
    OP_MAX_LENGTH,
    OP_PATTERN,
    /* arrays */
    OP_MIN_ITEMS,
    OP_MAX_ITEMS,
    OP_UNIQUE,
    OP_ITEMS,
    OP_CONTAINS,
    /* objects */
    OP_MIN_PROPERTIES,
    OP_MAX_PROPERTIES,
    OP_MEMBERS,
    OP_NAMES,
    OP_DEPENDENT_REQUIRED,
    OP_DEPENDENT_SCHEMA,
    /* any instance */
    OP_CONST,
    OP_ENUM,
    OP_FORMAT,
    OP_APPLY, /* $ref, one branch of allOf */
    OP_DYNAMIC,
    OP_ANY_OF,
    OP_ONE_OF,
    OP_NOT,
    OP_IF,
    OP_DISCRIMINATOR,
    OP_UNCHECKED,
    /* after all others */
    OP_UNEVALUATED_ITEMS,
    OP_UNEVALUATED_PROPERTIES,
};

enum op_group {
    GROUP_NUMBER,
    GROUP_STRING,
    GROUP_ARRAY,
    GROUP_OBJECT,
    GROUP_ANY,
    GROUP_LAST,
    GROUPS,
};

struct bound {
    struct decimal limit;
    int64_t integer; /* the limit, when `whole` */
    bool whole;
};

struct schema_list {
    uint32_t count;
    const struct schema *items[];
};

struct text_list {
    uint32_t count;
    struct text items[];
};

/* items, prefixItems, additionalItems */
struct items_rule {
    const struct schema_list *prefix;
    const struct schema *rest; /* NULL: anything */
};

struct contains_rule {
    const struct schema *schema;
    uint64_t least;
    uint64_t most;
    bool evaluates; /* what matches counts as evaluated: from 2020-12 on (Core 10.3.1.3) */
};

struct member {
    struct text name;
    const struct schema *schema; /* NULL: only named in required */
    uint64_t bit;                /* in members_rule.required; 0 when it is not required */
    uint8_t forbidden;           /* 1 << enum schema_side: sides where it is not expected */
};

struct pattern_rule {
    const struct pattern *pattern; /* NULL: could not be compiled, so any name may match */
    const struct schema *schema;
    const struct value *place;
};

/* properties, patternProperties, additionalProperties and required in one pass over an object. */
struct members_rule {
    struct names names;
    struct member *members;          /* behind the last is one whose name is too long for any key */
    uint64_t required[3];            /* by enum schema_side */
    const struct schema *additional; /* NULL: anything */
    const struct pattern_rule *patterns;
    uint32_t pattern_count;
    uint32_t count;
    const struct text *list;        /* the names, by index */
    const struct value *properties; /* places, for the explanation; NULL when not written */
    const struct value *additional_place;
    const struct value *required_place;
};

struct enum_rule {
    struct names strings;
    const struct value **others; /* what is no string */
    uint64_t *hashes;
    uint32_t count; /* of others */
};

struct dependency {
    struct text name;
    const struct text_list *required; /* one of both */
    const struct schema *schema;
};

struct condition {
    const struct schema *test;
    const struct schema *yes; /* NULL: nothing is asked */
    const struct schema *no;
    const struct value *yes_place;
    const struct value *no_place;
};

struct dynamic {
    struct text name;
    const struct schema *first; /* where it leads when nothing in the dynamic scope takes it over */
};

struct discriminator {
    struct text property;
    struct names names; /* what a value may be: mapping keys and names of schemas */
    const struct text *list;
    const struct schema **targets; /* by index of the name */
    uint32_t count;
    const struct schema_list *branches; /* of anyOf or oneOf; NULL: neither is beside it */
    const struct value *schemas;        /* without branches: #/components/schemas, whose names are allowed too */
    const struct schema_set *set;       /* for its index */
    const struct value *mapping;        /* for the explanation; may be NULL */
    bool decides; /* OAS 3.0: the branch alone is checked. 3.1: anyOf or oneOf is checked as ever (OAS 3.1.1 4.8.25) */
    bool exactly_one; /* the branches are oneOf's */
};

struct op {
    uint8_t code;
    uint8_t group;
    uint16_t keyword;   /* row in the table of keywords */
    uint32_t unchecked; /* OP_UNCHECKED: the bits */
    const struct value *place;
    union {
        uint64_t number;
        const struct bound *bound;
        const struct pattern *pattern;
        const struct format *format;
        const struct value *value;
        const struct enum_rule *choices;
        const struct items_rule *items;
        const struct contains_rule *contains;
        const struct members_rule *members;
        const struct dependency *dependency;
        const struct schema *schema;
        const struct schema_list *list;
        const struct condition *condition;
        const struct dynamic *dynamic;
        const struct discriminator *discriminator;
    } with;
};

#define SCHEMA_WHOLE_AS_WRITTEN 1u  /* integer means written without fraction and exponent (draft 4, OAS 3.0) */
#define SCHEMA_DYNAMIC          2u  /* its resource has dynamic anchors, so entering it is remembered */
#define SCHEMA_TRACKS           4u  /* has unevaluated…: what is evaluated is remembered */
#define SCHEMA_ACTIVE           8u  /* loops.c is on its way through */
#define SCHEMA_LOOPS            16u /* may apply itself to the same value: asked before entering */
#define SCHEMA_ENDS             32u /* loops.c has been here: it comes to an end */

/* Most properties are a short text, a small number or one of some words. For them a comparison or two tell that all is
 * well; the program is asked when they do not. */
enum quick {
    QUICK_NONE,
    QUICK_TEXT,    /* a string of `least` to `most` bytes satisfies the schema */
    QUICK_NATURAL, /* so does a number from `least` to `most` that is written in at most nine digits */
    QUICK_DECIMAL, /* and one with at most `places` digits behind its point, nine bytes in all */
    QUICK_WORD,    /* all that is asked is enum */
    QUICK_SAME,    /* $ref alone: what is asked stands there */
    QUICK_MEMBERS, /* of objects nothing is asked but what one OP_MEMBERS does; of any value, nothing */
};

struct schema {
    uint8_t types; /* SCHEMA_TYPE_… bits that are allowed; 0 for the schema false */
    uint8_t flags;
    uint8_t quick;  /* enum quick */
    uint8_t places; /* QUICK_DECIMAL */
    uint32_t least, most;
    uint32_t ends[GROUPS]; /* one past the last instruction of each group */
    const struct op *code;
    const struct resource *resource;
    const struct value *source;
};

static inline uint32_t
schema_begin(const struct schema *s, enum op_group group)
{
    return group == GROUP_NUMBER ? 0 : s->ends[group - 1];
}

/* The bits of schema_types for a type of value; an integer is a number too. */
static inline unsigned
type_bits(enum value_type type)
{
    static const uint8_t bits[] = {
        [VALUE_NULL] = SCHEMA_TYPE_NULL,     [VALUE_FALSE] = SCHEMA_TYPE_BOOLEAN, [VALUE_TRUE] = SCHEMA_TYPE_BOOLEAN,
        [VALUE_NUMBER] = SCHEMA_TYPE_NUMBER, [VALUE_STRING] = SCHEMA_TYPE_STRING, [VALUE_ARRAY] = SCHEMA_TYPE_ARRAY,
        [VALUE_OBJECT] = SCHEMA_TYPE_OBJECT,
    };

    return bits[type];
}

#endif
