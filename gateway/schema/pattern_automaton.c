/* pattern_automaton.c -- matching with a table. pattern_build.c makes it: this file is what runs per message. */
#include "schema/pattern_automaton.h"

#include <stdlib.h>

#include "schema/code_point.h"
#include "schema/pattern_table.h"

void
automaton_free(struct automaton *a)
{
    if (a == NULL)
        return;
    free(a->boundaries);
    free(a->table);
    free(a->accepts);
    free(a);
}

/* The kind of a character that is not ASCII: which of the sorted boundaries it lies behind. */
static uint32_t
kind_of(const struct automaton *a, uint32_t c)
{
    uint32_t low = 0, high = a->boundary_count;

    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;

        if (a->boundaries[middle].from <= c)
            low = middle;
        else
            high = middle;
    }
    return a->boundaries[low].kind;
}

int
automaton_matches(const struct automaton *a, struct text subject)
{
    const unsigned char *s = (const unsigned char *)subject.data;
    uint32_t state = a->start;
    size_t at = 0;

    while (at < subject.length && state > a->final) {
        uint32_t c = s[at];

        if (c < 0x80) {
            state = a->table[state + a->ascii[c]];
            at++;
        } else {
            size_t length = code_point_read(subject, at, &c);

            if (length == 0)
                return -1;
            state = a->table[state + kind_of(a, c)];
            at += length;
        }
    }
    return a->accepts[state / a->kinds];
}
