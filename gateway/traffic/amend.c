/* amend.c -- finding amendments without reading what is none: they are rare, segments are large. */
#include "traffic/amend.h"

#include <string.h>

#include "base/limits.h"
#include "json/document.h"
#include "traffic/record.h"

/* In a string the quotes would be escaped, so no body can look like it. */
#define MARK ",\"amends\":"

bool
amend_is_line(struct text line)
{
    return text_search(line, TEXT(MARK)) < line.length;
}

static struct amendment
read_line(struct text line, struct arena *arena)
{
    struct document document;
    struct exchange x = { .arena = arena };

    if (document_parse(&document, line, NULL, arena, NULL) < 0 || record_read(&x, document.root, NULL) < 0)
        return (struct amendment){ .sequence = 0 };
    return (struct amendment){ .sequence = x.amends, .outcome = x.outcome, .finished = x.times.finished };
}

static int
add(struct amendments *found, size_t *room, struct amendment amendment, struct arena *arena)
{
    if (found->count == *room) {
        size_t more = *room > 0 ? *room * 2 : 16;
        struct amendment *grown = ARENA_ARRAY(arena, struct amendment, more);

        if (grown == NULL)
            return -1;
        if (found->count > 0)
            memcpy(grown, found->list, found->count * sizeof(*grown));
        found->list = grown;
        *room = more;
    }
    found->list[found->count++] = amendment;
    return 0;
}

int
amend_scan(struct amendments *found, struct text lines, struct arena *arena)
{
    struct arena *scratch = NULL;
    size_t room = 0, at = 0, hit;
    int result = 0;

    *found = (struct amendments){ .count = 0 };
    while (result == 0 && (hit = at + text_search(text_from(lines, at), TEXT(MARK))) < lines.length) {
        const char *before = memrchr(lines.data, '\n', hit);
        size_t begin = before != NULL ? (size_t)(before - lines.data) + 1 : 0;
        size_t end = hit + text_find(text_from(lines, hit), '\n');
        struct amendment amendment;

        if (scratch == NULL && (scratch = arena_new(0, 16 * LIMIT_RECORD_LINE)) == NULL)
            return -1;
        arena_reset(scratch);
        amendment = read_line(text_slice(lines, begin, end - begin), scratch);
        if (amendment.sequence > 0)
            result = add(found, &room, amendment, arena);
        at = end;
    }
    arena_free(scratch);
    return result;
}

const struct amendment *
amend_find(const struct amendments *all, uint64_t sequence)
{
    for (size_t i = all->count; i > 0 && sequence > 0; i--)
        if (all->list[i - 1].sequence == sequence)
            return &all->list[i - 1];
    return NULL;
}
