/* document.c -- looking at a tape: members, items, and where a value stands in its file. */
#include "json/document.h"

#include "base/limits.h"
#include "json/tape.h"

const struct value *
value_member(const struct value *v, struct text key)
{
    const struct value *found = NULL;

    if (!value_is(v, VALUE_OBJECT))
        return NULL;
    for (VALUE_EACH_MEMBER(k, v)) {
        if (k->count == key.length && (key.length == 0 || memcmp(k->data, key.data, key.length) == 0))
            found = k + 1;
    }
    return found;
}

const struct value *
value_item(const struct value *v, uint32_t index)
{
    if (!value_is(v, VALUE_ARRAY) || index >= v->count)
        return NULL;
    if (v->span == v->count + 1) /* nothing but scalars */
        return v + 1 + index;
    for (VALUE_EACH_ITEM(item, v)) {
        if (index-- == 0)
            return item;
    }
    return NULL;
}

const char *
value_type_name(const struct value *v)
{
    static const char *const names[] = {
        [VALUE_NULL] = "null",     [VALUE_FALSE] = "boolean", [VALUE_TRUE] = "boolean",  [VALUE_NUMBER] = "number",
        [VALUE_STRING] = "string", [VALUE_ARRAY] = "array",   [VALUE_OBJECT] = "object",
    };

    return v != NULL ? names[v->type] : "nothing";
}

int
tape_lines(struct document *document, struct arena *arena)
{
    struct text source = document->source;
    uint32_t count = 1, *lines;

    for (size_t at = 0; (at += text_find(text_from(source, at), '\n')) < source.length; at++)
        count++;
    lines = ARENA_ARRAY(arena, uint32_t, count);
    if (lines == NULL)
        return -1;
    count = 1;
    for (size_t at = 0; (at += text_find(text_from(source, at), '\n')) < source.length; at++)
        lines[count++] = (uint32_t)(at + 1);
    document->lines = lines;
    document->line_count = count;
    return 0;
}

/* The last line that begins at or before the place. */
static uint32_t
line_of(const uint32_t *lines, uint32_t count, uint32_t place)
{
    uint32_t low = 0, high = count;

    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;

        if (lines[middle] <= place)
            low = middle;
        else
            high = middle;
    }
    return low;
}

void
document_position(const struct document *document, uint32_t place, uint32_t *line, uint32_t *column)
{
    struct text before = text_slice(document->source, 0, place);
    uint32_t begin = 0;

    if (document->lines != NULL) {
        uint32_t found = line_of(document->lines, document->line_count, place);

        *line = found + 1;
        *column = place - document->lines[found] + 1;
        return;
    }
    *line = 1;
    for (size_t at = 0; (at += text_find(text_from(before, at), '\n')) < before.length; at++) {
        ++*line;
        begin = (uint32_t)(at + 1);
    }
    *column = place - begin + 1;
}

struct text
document_where(const struct document *document, const struct value *value, struct arena *arena)
{
    uint32_t line, column;

    document_position(document, value->place, &line, &column);
    if (document->name == NULL)
        return arena_print(arena, "%u:%u", line, column);
    return arena_print(arena, "%s:%u:%u", document->name, line, column);
}
