/* path.h -- JSONPath (RFC 9535): queries over a tape, compiled once, run often.
 *
 * The whole of it: all selectors, filters with comparisons and existence, the functions length, count, match, search
 * and value; well-typedness is judged when compiling (2.4.3). match and search take I-Regexp (RFC 9485). Numbers
 * compare as decimals exactly as written (number.h). A compiled query never changes: any thread; each run has its own
 * arena and budget. No recursion deeper than LIMIT_PATH_DEPTH, whatever the query or the value.
 *
 * Values come in the order in which they are written. Where an object repeats a key, a name selects its last member;
 * wildcards, filters and descendants see every one. */
#ifndef JSON_PATH_H
#define JSON_PATH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "json/document.h"

struct path;

/* What match and search need of regular expressions; json/ knows no engine (schema/iregexp.h has one). The texts are
 * I-Regexp. Gives 1, 0, or -1: it is no I-Regexp, or ran into its limits (then neither matches). whole: the text as a
 * whole must match. *budget is reduced by the work, to 0 when it is too much. */
struct path_regex {
    int (*match)(void *arg, struct text pattern, struct text text, bool whole, uint32_t *budget);
    void *arg;
};

/* Compile; everything lives in the arena. NULL with err: "column 12: a filter wants a comparison or a query". Columns
 * count characters, from 1. */
const struct path *path_compile(struct text query, struct arena *arena, struct error *err);

/* Is it a singular query (2.3.5.1)? It gives one value at most. */
bool path_is_singular(const struct path *path);

struct path_run {
    const struct path_regex *regex; /* NULL: match and search never match */
    struct arena *arena;            /* for the results; nothing else is taken from it */
    uint32_t budget;                /* values that may be looked at; what is left afterwards */
};

/* The values that the query selects, in its order. 0 with *list and *count, or -1: the budget (then 0 is left of it) or
 * the memory was used up. */
int path_select(const struct path *path, const struct value *root, struct path_run *run,
                const struct value *const **list, uint32_t *count);

#endif
