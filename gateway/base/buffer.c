/* buffer.c -- bytes that grow at the end and are consumed at the front. */
#include "base/buffer.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 256

void
buffer_init(struct buffer *b, size_t ceiling)
{
    *b = (struct buffer){ .ceiling = ceiling };
}

void
buffer_release(struct buffer *b)
{
    free(b->data);
    buffer_init(b, b->ceiling);
}

void
buffer_clear(struct buffer *b)
{
    b->start = b->end = 0;
    b->failed = false;
}

/* Make the memory larger: twice as large, but no more than the ceiling can use. */
static bool
grow(struct buffer *b, size_t needed)
{
    size_t capacity = b->capacity > 0 ? b->capacity : FIRST_CAPACITY;
    char *data;

    while (capacity < needed)
        capacity = capacity > SIZE_MAX / 2 ? needed : capacity * 2;
    if (capacity > b->ceiling)
        capacity = b->ceiling > 0 ? b->ceiling : 1;
    data = realloc(b->data, capacity);
    if (data == NULL)
        return false;
    b->data = data;
    b->capacity = capacity;
    return true;
}

char *
buffer_room(struct buffer *b, size_t size)
{
    size_t length = buffer_length(b);

    if (b->failed)
        return NULL;
    if (size > b->ceiling || length > b->ceiling - size) {
        b->failed = true;
        return NULL;
    }
    if (b->data != NULL && b->capacity - b->end >= size)
        return b->data + b->end;
    if (b->start > 0) { /* what was consumed at the front is room too */
        memmove(b->data, b->data + b->start, length);
        b->start = 0;
        b->end = length;
    }
    if ((b->data == NULL || b->capacity - length < size) && !grow(b, length + size)) {
        b->failed = true;
        return NULL;
    }
    return b->data + b->end;
}

void
buffer_wrote(struct buffer *b, size_t size)
{
    b->end += size;
}

void
buffer_unsigned(struct buffer *b, uint64_t number)
{
    static const char pairs[] = "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
                                "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
                                "8081828384858687888990919293949596979899";
    char digits[20];
    size_t at = sizeof digits;

    for (; number >= 100; number /= 100)
        memcpy(digits + (at -= 2), pairs + number % 100 * 2, 2);
    if (number >= 10)
        memcpy(digits + (at -= 2), pairs + number * 2, 2);
    else
        digits[--at] = (char)('0' + number);
    buffer_add(b, text_make(digits + at, sizeof digits - at));
}

void
buffer_vprint(struct buffer *b, const char *format, va_list arguments)
{
    va_list again;
    char small[256];
    char *large = NULL; /* apart from b: vsnprintf writes a NUL behind, for which b may have no room */
    int length;

    va_copy(again, arguments);
    length = vsnprintf(small, sizeof small, format, arguments);
    if (length >= 0 && (size_t)length < sizeof small)
        buffer_add(b, text_make(small, (size_t)length));
    else if (length < 0 || (size_t)length > b->ceiling || (large = malloc((size_t)length + 1)) == NULL)
        b->failed = true;
    if (large != NULL) {
        (void)vsnprintf(large, (size_t)length + 1, format, again);
        buffer_add(b, text_make(large, (size_t)length));
        free(large);
    }
    va_end(again);
}

void
buffer_print(struct buffer *b, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    buffer_vprint(b, format, arguments);
    va_end(arguments);
}

void
buffer_consume(struct buffer *b, size_t size)
{
    b->start += size < buffer_length(b) ? size : buffer_length(b);
    if (b->start == b->end)
        b->start = b->end = 0;
}

void
buffer_truncate(struct buffer *b, size_t length)
{
    if (length < buffer_length(b))
        b->end = b->start + length;
}
