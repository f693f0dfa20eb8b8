/* buffer.h -- bytes that grow at the end and are consumed at the front, born with their largest size.
 *
 * A builder remembers its first failure (ceiling reached, no memory): append as often as needed and ask buffer_failed
 * once, at the end. A failed buffer keeps what it had before the failing append. One thread at a time. */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/text.h"

struct buffer {
    char *data; /* the first unread byte is data[start] */
    size_t start;
    size_t end; /* one past the last byte */
    size_t capacity;
    size_t ceiling; /* buffer_length never exceeds this */
    bool failed;
};

/* An empty buffer of at most `ceiling` bytes; allocates nothing yet. */
void buffer_init(struct buffer *b, size_t ceiling);

/* Gives the memory back; the buffer is empty and may be used again. */
void buffer_release(struct buffer *b);

/* Empty, memory kept, failure forgotten. */
void buffer_clear(struct buffer *b);

static inline size_t
buffer_length(const struct buffer *b)
{
    return b->end - b->start;
}

/* What is in it; valid until the next call that changes the buffer. */
static inline struct text
buffer_text(const struct buffer *b)
{
    return (struct text){ b->data != NULL ? b->data + b->start : NULL, b->end - b->start };
}

static inline bool
buffer_failed(const struct buffer *b)
{
    return b->failed;
}

void buffer_unsigned(struct buffer *b, uint64_t number); /* in decimal digits */
void buffer_print(struct buffer *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buffer_vprint(struct buffer *b, const char *format, va_list arguments);

/* Room for at least `size` more bytes at the end, or NULL (and failed) at the ceiling. Write there, then
 * buffer_wrote. */
char *buffer_room(struct buffer *b, size_t size);
void buffer_wrote(struct buffer *b, size_t size);

/* Is there room for so many already? */
static inline bool
buffer_fits(const struct buffer *b, size_t size)
{
    return size <= b->capacity - b->end && size <= b->ceiling - (b->end - b->start) && !b->failed;
}

static inline void
buffer_add(struct buffer *b, struct text t)
{
    char *room;

    if (t.length == 0)
        return;
    room = buffer_fits(b, t.length) ? b->data + b->end : buffer_room(b, t.length);
    if (room == NULL)
        return;
    memcpy(room, t.data, t.length);
    b->end += t.length;
}

static inline void
buffer_byte(struct buffer *b, char byte)
{
    char *room =
        b->end < b->capacity && b->end - b->start < b->ceiling && !b->failed ? b->data + b->end : buffer_room(b, 1);

    if (room == NULL)
        return;
    *room = byte;
    b->end++;
}

/* Forget `size` bytes at the front. */
void buffer_consume(struct buffer *b, size_t size);

/* Keep only the first `length` bytes. */
void buffer_truncate(struct buffer *b, size_t length);

#endif
