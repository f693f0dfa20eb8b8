/* runner_kept.c -- a JSON value with an arena of its own: what it was made of may go. */
#include "flow/runner_internal.h"

#include "base/limits.h"

/* A tape takes some 24 bytes for each value, so that a first block of this size is mostly the only one. */
#define FIRST_BLOCK(length) (256 + 4 * (length))

void
kept_free(struct kept *k)
{
    arena_free(k->arena);
    *k = (struct kept){ .arena = NULL };
}

bool
kept_read(struct kept *k, struct text json)
{
    struct document document;
    struct arena *arena = arena_new(FIRST_BLOCK(json.length), LIMIT_FLOW_ARENA);
    struct text copy;

    kept_free(k);
    if (arena == NULL)
        return false;
    copy = arena_text(arena, json);
    if (copy.data == NULL || document_parse(&document, copy, NULL, arena, NULL) < 0) {
        arena_free(arena);
        return false;
    }
    *k = (struct kept){ .arena = arena, .value = document.root };
    return true;
}
