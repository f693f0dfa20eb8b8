/* criterion_condition.h -- a simple condition: `$statusCode == 200 && $response.body#/items[0].state != 'open'`. Only
 * for criterion*.c.
 *
 *     or          and { "||" and }
 *     and         equality { "&&" equality }
 *     equality    relation { ( "==" | "!=" ) relation }
 *     relation    operand { ( "<" | "<=" | ">" | ">=" ) operand }
 *     operand     "!" operand | "(" or ")" | literal | expression { "[" index "]" | "." member }
 *
 * Literals: true, false, null, numbers as JSON writes them, 'text' with '' for a quote in it. "text" is taken, too, as
 * other runners do (Arazzo 1.0.1, Criterion Object, Literals and Operators). */
#ifndef FLOW_CRITERION_CONDITION_H
#define FLOW_CRITERION_CONDITION_H

#include "flow/criterion.h"

enum condition_kind {
    CONDITION_LITERAL,
    CONDITION_EXPRESSION,
    CONDITION_NOT,
    CONDITION_AND,
    CONDITION_OR,
    CONDITION_EQUAL,
    CONDITION_UNEQUAL,
    CONDITION_LESS,
    CONDITION_LESS_EQUAL,
    CONDITION_MORE,
    CONDITION_MORE_EQUAL,
};

/* [0] or .member, one behind the other. */
struct access {
    struct text name;
    uint32_t index;
    bool is_index;
    const struct access *next;
};

/* One way to read an operand. "$inputs.order.id" may be an input with a dot in its name, or a member of the input
 * "order": the longest expression is asked first. */
struct reading {
    const struct expression *expression;
    const struct access *access;
    struct reading *next;
};

struct condition {
    enum condition_kind kind;
    struct text text; /* as it is written */
    struct value literal;
    const struct reading *readings;
    const struct condition *left, *right; /* NOT: left alone */
};

/* Lives in the arena. NULL with err: "column 12: …", of the text, counted from 1 in characters. */
const struct condition *condition_parse(struct text text, struct arena *arena, struct error *err);

/* The first reading of every operand, in the order in which they are written; NULL behind the last one. */
const struct expression *condition_expression(const struct condition *c, uint32_t *index);

struct judging {
    const struct flow_scope *scope;
    struct arena *arena;
    uint32_t budget;    /* of comparisons */
    const char *broken; /* why it could not be judged: a literal */
};

/* Does it hold? With judging->broken set it is neither. */
bool condition_holds(const struct condition *c, struct judging *judging);

/* Append why the condition is (or is not, `wanted`) what it should be: "$statusCode is 404, wanted 200". */
void condition_tell(const struct condition *c, struct judging *judging, bool wanted, struct buffer *out);

/* Append the values of its expressions: "$statusCode is 200". */
void condition_tell_values(const struct condition *c, struct judging *judging, struct buffer *out);

/* Append a value for a person: texts in single quotes, long ones cut. NULL: "not there". */
void criterion_tell_value(const struct value *value, struct buffer *out);

#endif
