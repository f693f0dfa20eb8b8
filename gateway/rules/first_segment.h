/* first_segment.h -- which services a path may belong to, by its first segment.
 *
 * With many contracts loaded most services have nothing to do with a request. Asking each of them costs more than all
 * the rest of routing, so that only those are asked that have the path's first segment in a base path or in a path
 * template, or that can have any. Never leaves out one that would answer. Built with the routes, never changed; any
 * thread may look up. */
#ifndef RULES_FIRST_SEGMENT_H
#define RULES_FIRST_SEGMENT_H

#include "base/arena.h"
#include "base/text.h"
#include "rules/ruleset.h"

struct first_segments;

/* Places in the array that the index was built from, in ascending order. */
struct service_places {
    const uint32_t *places;
    uint32_t count;
};

/* New in the arena, of `count` services. NULL: no memory. */
struct first_segments *first_segments_new(const struct service *const *services, uint32_t count, struct arena *arena);

/* Borrowed. */
const struct service_places *first_segments_find(const struct first_segments *index, struct text path);

#endif
