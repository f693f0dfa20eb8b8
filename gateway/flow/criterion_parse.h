/* criterion_parse.h -- what reads operators and what reads operands of a condition share. Only for criterion_parse.c
 * and criterion_operand.c. */
#ifndef FLOW_CRITERION_PARSE_H
#define FLOW_CRITERION_PARSE_H

#include "flow/criterion_condition.h"

struct parser {
    struct text text;
    size_t at;
    uint32_t terms, depth;
    struct arena *arena;
    struct error *err;
};

/* What is wrong at this byte. Always NULL. */
const struct condition *
parser_wrong(struct parser *p, size_t at, const char *format, ...) __attribute__((format(printf, 3, 4)));

void parser_skip_space(struct parser *p);
bool parser_is_ahead(const struct parser *p, size_t at, const char *word);

/* The letters and digits from here on. */
struct text parser_word_at(const struct parser *p, size_t at);

/* A new node, for what was read since `from`. NULL with err. */
struct condition *parser_node(struct parser *p, enum condition_kind kind, size_t from);

/* A literal or an expression; not the end of the text. */
const struct condition *parser_operand(struct parser *p);

#endif
