/* arena.h -- memory that is all given back at once.
 *
 * An exchange has one arena; whatever it needs until it is finished lives there and goes when the exchange goes.
 * Contracts and rulesets live in arenas of their own. Memory comes in blocks that grow; resetting keeps the first
 * block, so that a worker's arenas stop calling malloc once they are warm.
 *
 * Not thread-safe: an arena belongs to one thread at a time. The ceiling is counted in bytes handed out; when it is
 * reached, or the system has no memory, arena_alloc returns NULL. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

#include "base/text.h"

struct arena;

/* A new arena that hands out at most `ceiling` bytes; its first block has `first` bytes (0: a default). NULL: no
 * memory. */
struct arena *arena_new(size_t first, size_t ceiling);

/* Accepts NULL. */
void arena_free(struct arena *a);

/* Everything handed out is gone; the first block is kept for the next use. */
void arena_reset(struct arena *a);

/* Memory for any type (aligned to 16), not cleared. NULL when the ceiling is reached. size 0 gives a valid pointer. */
void *arena_alloc(struct arena *a, size_t size);

/* The same, cleared. `count` times `size` is checked for overflow. */
void *arena_zalloc(struct arena *a, size_t count, size_t size);

/* Grow what was the newest allocation in place, or copy it. `old` may be NULL with old_size 0. */
void *arena_grow(struct arena *a, void *old, size_t old_size, size_t new_size);

/* Copies t, with a NUL behind it that is not counted. On failure data is NULL and length 0. */
struct text arena_text(struct arena *a, struct text t);

/* printf into the arena; the same failure. */
struct text arena_print(struct arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));
struct text arena_vprint(struct arena *a, const char *format, va_list arguments);

/* Go back: what was handed out since the mark is gone, all of it. What was handed out before must not have been grown
 * since. For work that repeats inside of one long life, such as the items of a stream. */
struct arena_mark {
    const void *older;
    size_t filled;
    size_t used;
};
struct arena_mark arena_mark(const struct arena *a);
void arena_rewind(struct arena *a, struct arena_mark mark);

/* How many bytes are handed out now. */
size_t arena_used(const struct arena *a);

/* Give back to the system what was freed and kept by malloc, of all threads. May take milliseconds. */
void arena_give_back(void);

/* For a program whose arenas come and go all the time: what is freed stays with the process, up to LIMIT_FREED_KEPT
 * per thread that frees, instead of being fetched from the system page by page for the next large body. Once, before
 * the threads. */
void arena_keep_freed(void);

/* One typed value, cleared. */
#define ARENA_NEW(a, type)          ((type *)arena_zalloc((a), 1, sizeof(type)))
#define ARENA_ARRAY(a, type, count) ((type *)arena_zalloc((a), (count), sizeof(type)))

#endif
