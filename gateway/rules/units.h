/* units.h -- the small notations of our files: durations, sizes, environment references. Any thread. */
#ifndef RULES_UNITS_H
#define RULES_UNITS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "json/document.h"

/* "200ms", "2s", "1m", "0" to nanoseconds. False when it is none, or too large. */
bool units_duration(struct text t, int64_t *nanoseconds);

/* "64MiB", "10GB", "1000" to bytes; KiB is 1024, KB is 1000. */
bool units_size(struct text t, uint64_t *bytes);

/* Replace every ${NAME} by the environment's value, "$${" by "${". An unset name is an error that says so; values are
 * never told. In the arena. */
int units_environment(struct text t, const char *where, struct arena *arena, struct text *result, struct error *err);

/* The same in every string of a value, before anything judges it; what was put in is marked VALUE_OUTSIDE. The document
 * is fresh and the caller's alone, so it is changed in place. 0, or -1 with err. */
int units_expand(const struct document *document, const struct value *value, struct arena *arena, struct error *err);

/* A path as the program can open it: absolute ones stay, others are below the folder of `file`. In the arena. */
struct text units_path(struct text path, struct text file, struct arena *arena);

#endif
