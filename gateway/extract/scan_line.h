/* scan_line.h -- what one line is, by itself. Private to extract/scan*. No state, no allocation. */
#ifndef EXTRACT_SCAN_LINE_H
#define EXTRACT_SCAN_LINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

/* The level of a heading (#, == wiki ==, h2.) with its title, or 0. */
uint32_t line_heading(struct text line, struct text *title);

/* 1, 2 or 3 when the line underlines the title (===, ---, ~~~~ of about its length), else 0. */
uint32_t line_underline(struct text line, struct text title);

/* "4.2 Title" or "2.1. Title": the depth of the number with the title and its first number; 0 when it is none. */
uint32_t line_number(struct text line, struct text *title, uint32_t *first);

/* The length of a list marker ("- ", "* ", "+ ", "1. ", "a) "), or 0. The line has no blanks in front. */
size_t line_marker(struct text line);

/* Does the line open code? Then how its end looks: a fence of `length` signs `sign`, or a word. */
struct fence {
    char sign;
    size_t length;
    const char *word; /* "{code}", "</pre>"; then sign is 0 */
    struct text info;
};
bool line_opens_code(struct text line, struct fence *fence);
bool line_closes_code(struct text line, const struct fence *fence);

/* Is it a language alone ("json", "http", …) and nothing else? */
bool line_language(struct text line);

/* Is it a separator of a table: cells of dashes and colons? */
bool line_separator(struct text line);

#endif
