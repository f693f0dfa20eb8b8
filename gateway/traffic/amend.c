/* amend.c -- finding amendments without reading what is none: they are rare, segments are large. */
#include "traffic/amend.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "traffic/line_file.h"
#include "traffic/record.h"

/* In a string the quotes would be escaped, so no body can look like it. */
#define MARK ",\"amends\":"

bool
amend_is_line(const struct value *line)
{
    return VALUE_MEMBER(VALUE_MEMBER(line, "_plumbline"), "amends") != NULL;
}

/* ---- reading ---- */

static int
add(struct amend_part *found, struct amendment amendment, struct error *err)
{
    if (found->count == found->room) {
        size_t more = found->room > 0 ? found->room * 2 : 16;
        struct amendment *grown = realloc(found->list, more * sizeof *grown);

        if (grown == NULL)
            return error_memory(err);
        found->list = grown;
        found->room = more;
    }
    found->list[found->count++] = amendment;
    return 0;
}

static int
in_order(const void *one, const void *other)
{
    const struct amendment *a = one, *b = other;

    if (a->sequence != b->sequence)
        return a->sequence < b->sequence ? -1 : 1;
    return a->written < b->written ? -1 : a->written > b->written;
}

static int
put_in_order(struct amend_part *found, int result)
{
    if (result == 0 && found->count > 1)
        qsort(found->list, found->count, sizeof *found->list, in_order);
    return result;
}

int
amend_read_index(struct amend_part *found, const struct index *index, struct error *err)
{
    int result = 0;

    for (uint64_t i = 0; i < index->line_count && result == 0; i++) {
        const struct index_line *line = &index->lines[i];

        if (line->amends > 0)
            result = add(found,
                         (struct amendment){ .sequence = line->amends,
                                             .written = line->sequence,
                                             .outcome = (enum outcome)line->outcome,
                                             .finished = line->duration },
                         err);
    }
    return put_in_order(found, result);
}

/* One line, which may be none. *scratch is made when it is needed. */
static int
read_line(struct amend_part *found, struct text line, struct arena **scratch, struct error *err)
{
    struct document document;
    struct exchange x;

    if (text_search(line, TEXT(MARK)) == line.length)
        return 0;
    if (*scratch == NULL && (*scratch = arena_new(0, 16 * LIMIT_RECORD_LINE)) == NULL)
        return error_memory(err);
    arena_reset(*scratch);
    x = (struct exchange){ .arena = *scratch };
    if (document_parse(&document, line, NULL, *scratch, NULL) < 0 || record_read(&x, document.root, NULL) < 0 ||
        x.amends == 0)
        return 0; /* whoever reads the line says so */
    return add(found,
               (struct amendment){
                   .sequence = x.amends, .written = x.sequence, .outcome = x.outcome, .finished = x.times.finished },
               err);
}

int
amend_read_file(struct amend_part *found, const char *path, struct error *err)
{
    struct line_file *file = line_file_open(path, err);
    struct arena *scratch = NULL;
    struct text line;
    bool torn;
    int result = -1;

    while (file != NULL && (result = line_file_next(file, &line, &torn, err)) == 1)
        if (read_line(found, line, &scratch, err) < 0)
            break;
    line_file_close(file);
    arena_free(scratch);
    return put_in_order(found, result == 0 ? 0 : -1);
}

int
amend_read_lines(struct amend_part *found, struct text lines, struct error *err)
{
    struct arena *scratch = NULL;
    int result = 0;

    while (lines.length > 0 && result == 0) {
        size_t end = text_find(lines, '\n');

        result = read_line(found, text_slice(lines, 0, end), &scratch, err);
        lines = text_from(lines, end < lines.length ? end + 1 : end);
    }
    arena_free(scratch);
    return put_in_order(found, result);
}

/* ---- keeping ---- */

void
amend_move_on(struct amendments *all)
{
    free(all->parts[0].list);
    for (size_t i = 1; i < AMEND_SEGMENTS; i++)
        all->parts[i - 1] = all->parts[i];
    all->parts[AMEND_SEGMENTS - 1] = (struct amend_part){ .count = 0 };
}

void
amend_release(struct amendments *all)
{
    for (size_t i = 0; i < AMEND_SEGMENTS; i++)
        amend_move_on(all);
}

/* The last of this number. */
static const struct amendment *
find_in(const struct amend_part *part, uint64_t sequence)
{
    size_t low = 0, high = part->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (part->list[middle].sequence <= sequence)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && part->list[low - 1].sequence == sequence ? &part->list[low - 1] : NULL;
}

const struct amendment *
amend_find(const struct amendments *all, uint64_t sequence)
{
    for (size_t i = AMEND_SEGMENTS; i > 0 && sequence > 0; i--) {
        const struct amendment *found = find_in(&all->parts[i - 1], sequence);

        if (found != NULL)
            return found;
    }
    return NULL;
}
