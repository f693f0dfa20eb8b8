/* pattern_table.h -- the inside of an automaton, shared by what builds it and what runs it. */
#ifndef SCHEMA_PATTERN_TABLE_H
#define SCHEMA_PATTERN_TABLE_H

#include <stdint.h>

/* Characters that no set of the pattern tells apart are of one kind. From `from` up to the next boundary they are of
 * this one. */
struct automaton_boundary {
    uint32_t from;
    uint32_t kind;
};

/* A state is the index of its row in the table (a multiple of `kinds`). State 0 cannot match any more, the next one (==
 * final) has matched whatever follows: there the run ends. */
struct automaton {
    uint8_t ascii[128]; /* the kind of each ASCII character */
    uint32_t kinds;
    uint32_t start;
    uint32_t final;
    uint32_t boundary_count;
    struct automaton_boundary *boundaries; /* sorted, the first is from 0 */
    uint32_t *table;                       /* states times kinds */
    uint8_t *accepts;                      /* per state: is the end here a match */
};

#endif
