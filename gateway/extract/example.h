/* example.h -- JSON as people write it in documents, mended. Private to extract/.
 *
 * What is mended, each with a note: brackets, commas, quotes and colons that are missing or too many; single and
 * typographic quotes; names and values without quotes (pending, 2023-10-12T07:05:27Z); comments; "..." for what goes on
 * alike; words for types (int, <string>, {name}, "integer"), which become a value of that type; True, None, NaN.
 *
 * The result has its values in the lines where the source has them, so that each can be told with its line. One pass,
 * linear time, nesting up to LIMIT_EXTRACT_NESTING. */
#ifndef EXTRACT_EXAMPLE_H
#define EXTRACT_EXAMPLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"

#define EXAMPLE_NOTES 16 /* kept of one example; the others are counted */

struct example_note {
    uint32_t line; /* of the text, from 0 */
    struct text what;
};

struct example {
    struct text json; /* in the arena */
    size_t end;       /* what of the source it took, or looked at in vain */
    uint32_t note_count;
    struct example_note notes[EXAMPLE_NOTES];
};

/* Read the object or array that the source begins with, after white space and comments. 1, 0: there is none, or it is
 * nested too deep (then *why says so), -1: no memory. */
int example_read(struct example *e, struct text source, struct arena *arena, const char **why);

/* A value for a word that names a type ("int", "Boolean", "date-time"), as JSON; an empty text for any other word. */
struct text example_of_type(struct text word);

#endif
