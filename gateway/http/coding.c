/* coding.c -- content codings in the reverse of the order in which they were applied. */
#include "http/coding.h"

#include "base/compress.h"
#include "base/limits.h"

struct coding_name {
    struct text name;
    enum compress_kind kind;
};

/* RFC 9110 8.4.1 (x-gzip is to be read as gzip), RFC 7932, RFC 8878. `compress` is of another time. */
static const struct coding_name codings[] = {
    { { "gzip", 4 }, COMPRESS_GZIP }, { { "x-gzip", 6 }, COMPRESS_GZIP }, { { "deflate", 7 }, COMPRESS_DEFLATE },
    { { "br", 2 }, COMPRESS_BROTLI }, { { "zstd", 4 }, COMPRESS_ZSTD },
};

static bool
coding_named(struct text name, enum compress_kind *kind)
{
    for (size_t i = 0; i < sizeof codings / sizeof codings[0]; i++) {
        if (text_equal_nocase(name, codings[i].name)) {
            *kind = codings[i].kind;
            return true;
        }
    }
    return false;
}

/* All codings of all Content-Encoding fields, in order. False: one is unknown, or there are too many. */
static bool
read_layers(const struct message *m, enum compress_kind layers[LIMIT_CODINGS], size_t *count)
{
    *count = 0;
    for (uint32_t i = 0; i < m->header_count; i++) {
        struct text rest = m->headers[i].value, name;

        if (m->headers[i].id != HEADER_CONTENT_ENCODING)
            continue;
        while (header_list_next(&rest, &name)) {
            if (text_equal_nocase(name, TEXT("identity")))
                continue;
            if (*count == LIMIT_CODINGS || !coding_named(name, &layers[*count]))
                return false;
            (*count)++;
        }
    }
    return true;
}

static enum coding_result
result_of(enum compress_result result)
{
    switch (result) {
    case COMPRESS_OK:
        return CODING_OK;
    case COMPRESS_BROKEN:
        return CODING_BROKEN;
    case COMPRESS_TOO_LARGE:
    case COMPRESS_NO_MEMORY:
        break;
    }
    return CODING_TOO_LARGE;
}

enum coding_result
coding_decode(const struct message *m, size_t ceiling, struct arena *arena, struct text *decoded)
{
    enum compress_kind layers[LIMIT_CODINGS];
    struct text text = m->body, copy;
    struct buffer out[LIMIT_CODINGS];
    enum coding_result result = CODING_OK;
    size_t count = 0, undone = 0;

    /* a body of no bytes is none, whatever its codings */
    if (!m->body_plain && text.length > 0 && !read_layers(m, layers, &count))
        return CODING_UNKNOWN;
    if (count == 0) {
        *decoded = text;
        return CODING_OK;
    }
    while (undone < count && result == CODING_OK) {
        buffer_init(&out[undone], ceiling);
        result = result_of(compress_undo(layers[count - 1 - undone], text, &out[undone]));
        text = buffer_text(&out[undone++]);
    }
    if (result == CODING_OK) {
        copy = arena_text(arena, text);
        if (copy.data != NULL)
            *decoded = copy;
        else
            result = CODING_TOO_LARGE;
    }
    while (undone > 0)
        buffer_release(&out[--undone]);
    return result;
}
