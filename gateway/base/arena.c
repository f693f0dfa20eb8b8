/* arena.c -- blocks of memory, filled from the front, given back together.
 *
 * Under AddressSanitizer everything that was not handed out is poisoned, so that running over the end of an allocation
 * is found though it stays inside of the block. */
#include "base/arena.h"

#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_POISON 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_POISON 1
#endif
#endif

#ifdef ARENA_POISON
#include <sanitizer/asan_interface.h>
#define POISON(at, size)   ASAN_POISON_MEMORY_REGION((at), (size))
#define UNPOISON(at, size) ASAN_UNPOISON_MEMORY_REGION((at), (size))
#else
#define POISON(at, size)   ((void)(at), (void)(size))
#define UNPOISON(at, size) ((void)(at), (void)(size))
#endif

#define ALIGNMENT     16
#define FIRST_DEFAULT 4096
#define BLOCK_LARGEST (1024 * 1024) /* blocks stop doubling here; a larger allocation gets a block of its own size */

struct block {
    struct block *older;
    size_t capacity;
    size_t filled;
    size_t reserved; /* keeps bytes[] aligned */
    _Alignas(ALIGNMENT) char bytes[];
};

struct arena {
    struct block *newest;
    struct block *first;
    size_t used;
    size_t ceiling;
    size_t next_capacity;
};

/* Sizes are rounded up so that every allocation begins aligned. */
static inline size_t
rounded(size_t size)
{
    return (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
}

static struct block *
block_new(size_t capacity)
{
    struct block *block;

    if (capacity > SIZE_MAX - sizeof *block)
        return NULL;
    block = malloc(sizeof *block + capacity);
    if (block == NULL)
        return NULL;
    *block = (struct block){ .capacity = capacity };
    POISON(block->bytes, capacity);
    return block;
}

static void
block_free(struct block *block)
{
    UNPOISON(block->bytes, block->capacity);
    free(block);
}

struct arena *
arena_new(size_t first, size_t ceiling)
{
    struct arena *a = calloc(1, sizeof *a);

    if (a == NULL)
        return NULL;
    if (first > SIZE_MAX / 4)
        first = SIZE_MAX / 4;
    a->ceiling = ceiling;
    a->next_capacity = rounded(first > 0 ? first : FIRST_DEFAULT);
    a->first = a->newest = block_new(a->next_capacity);
    if (a->first == NULL) {
        free(a);
        return NULL;
    }
    return a;
}

void
arena_free(struct arena *a)
{
    if (a == NULL)
        return;
    while (a->newest != NULL) {
        struct block *older = a->newest->older;

        block_free(a->newest);
        a->newest = older;
    }
    free(a);
}

void
arena_reset(struct arena *a)
{
    while (a->newest != a->first) {
        struct block *older = a->newest->older;

        block_free(a->newest);
        a->newest = older;
    }
    POISON(a->first->bytes, a->first->filled);
    a->first->filled = 0;
    a->used = 0;
    a->next_capacity = a->first->capacity;
}

struct arena_mark
arena_mark(const struct arena *a)
{
    return (struct arena_mark){ a->newest->older, a->newest->filled, a->used };
}

/* The block of the mark is known by what lies below it: it may itself have been moved while it was empty
 * (grow_block). */
void
arena_rewind(struct arena *a, struct arena_mark mark)
{
    while (a->newest->older != mark.older) {
        struct block *older = a->newest->older;

        block_free(a->newest);
        a->newest = older;
    }
    POISON(a->newest->bytes + mark.filled, a->newest->capacity - mark.filled);
    a->newest->filled = mark.filled;
    a->used = mark.used;
}

/* A newest block with room for size. What is left in the one before is given up. */
static struct block *
add_block(struct arena *a, size_t size)
{
    struct block *block;

    if (a->next_capacity < BLOCK_LARGEST)
        a->next_capacity *= 2;
    block = block_new(size > a->next_capacity ? size : a->next_capacity);
    if (block == NULL)
        return NULL;
    block->older = a->newest;
    a->newest = block;
    return block;
}

void *
arena_alloc(struct arena *a, size_t size)
{
    struct block *block = a->newest;
    size_t room = rounded(size);
    void *at;

    if (room < size || room > a->ceiling || a->used > a->ceiling - room)
        return NULL;
    if (block->capacity - block->filled < room) {
        block = add_block(a, room);
        if (block == NULL)
            return NULL;
    }
    at = block->bytes + block->filled;
    block->filled += room;
    a->used += room;
    UNPOISON(at, size);
    return at;
}

void *
arena_zalloc(struct arena *a, size_t count, size_t size)
{
    size_t total;
    void *at;

    if (__builtin_mul_overflow(count, size, &total))
        return NULL;
    at = arena_alloc(a, total);
    if (at != NULL)
        memset(at, 0, total);
    return at;
}

/* The newest allocation fills a block alone: let the system enlarge the block, which it can do without copying
 * pages. */
static void *
grow_block(struct arena *a, size_t room, size_t size)
{
    struct block *old = a->newest, *block;

    UNPOISON(old->bytes, old->capacity);
    if (room > SIZE_MAX - sizeof *block || (block = realloc(old, sizeof *block + room)) == NULL)
        return NULL;
    a->used += room - block->filled;
    block->capacity = block->filled = room;
    a->newest = block;
    POISON(block->bytes, room);
    UNPOISON(block->bytes, size);
    return block->bytes;
}

void *
arena_grow(struct arena *a, void *old, size_t old_size, size_t new_size)
{
    struct block *block = a->newest;
    size_t had = rounded(old_size), room = rounded(new_size);
    void *at;

    if (old == NULL)
        return arena_alloc(a, new_size);
    if (new_size <= old_size)
        return old;
    if (room < new_size)
        return NULL;
    if (had <= block->filled && (char *)old == block->bytes + block->filled - had) {
        if (room - had > a->ceiling || a->used > a->ceiling - (room - had))
            return NULL;
        if (block->capacity - block->filled >= room - had) {
            block->filled += room - had;
            a->used += room - had;
            UNPOISON(old, new_size);
            return old;
        }
        if (block->filled == had && block != a->first)
            return grow_block(a, room, new_size);
    }
    at = arena_alloc(a, new_size);
    if (at != NULL && old_size > 0)
        memcpy(at, old, old_size);
    return at;
}

struct text
arena_text(struct arena *a, struct text t)
{
    char *copy = t.length < SIZE_MAX ? arena_alloc(a, t.length + 1) : NULL;

    if (copy == NULL)
        return (struct text){ NULL, 0 };
    if (t.length > 0)
        memcpy(copy, t.data, t.length);
    copy[t.length] = '\0';
    return (struct text){ copy, t.length };
}

struct text
arena_vprint(struct arena *a, const char *format, va_list arguments)
{
    va_list again;
    char *copy = NULL;
    int length;

    va_copy(again, arguments);
    length = vsnprintf(NULL, 0, format, arguments);
    if (length >= 0 && (copy = arena_alloc(a, (size_t)length + 1)) != NULL)
        (void)vsnprintf(copy, (size_t)length + 1, format, again);
    va_end(again);
    return (struct text){ copy, copy != NULL ? (size_t)length : 0 };
}

struct text
arena_print(struct arena *a, const char *format, ...)
{
    va_list arguments;
    struct text t;

    va_start(arguments, format);
    t = arena_vprint(a, format, arguments);
    va_end(arguments);
    return t;
}

size_t
arena_used(const struct arena *a)
{
    return a->used;
}

void
arena_keep_freed(void)
{
#ifdef __GLIBC__
    /* both: setting one ends the adaption of the other */
    (void)mallopt(M_TRIM_THRESHOLD, (int)LIMIT_FREED_KEPT);
    (void)mallopt(M_MMAP_THRESHOLD, (int)LIMIT_FREED_KEPT / 4);
#endif
}

void
arena_give_back(void)
{
    (void)malloc_trim(0);
}
