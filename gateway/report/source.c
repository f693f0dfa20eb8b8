#include "report/source.h"

#include <stdlib.h>

#include "base/file.h"
#include "base/limits.h"
#include "report/exchange_text.h"

#define VIEW_BEFORE 40 /* bytes shown on both sides of a column, where a line is long */
#define VIEW_BEHIND 60

struct source {
    struct text name, content;
    const size_t *starts; /* of its lines */
    uint32_t count;
    struct source *next;
};

struct sources {
    struct arena *arena;
    struct source *first;
};

struct sources *
sources_new(void)
{
    struct sources *s = calloc(1, sizeof *s);

    if (s == NULL || (s->arena = arena_new(0, LIMIT_FILE_BYTES)) == NULL) {
        free(s);
        return NULL;
    }
    return s;
}

void
sources_free(struct sources *s)
{
    if (s == NULL)
        return;
    arena_free(s->arena);
    free(s);
}

/* ---- lines ---- */

static void
find_lines(struct source *source, struct arena *arena)
{
    uint32_t count = 1;
    size_t *starts;

    for (size_t i = 0; i < source->content.length; i++)
        count += source->content.data[i] == '\n';
    starts = ARENA_ARRAY(arena, size_t, count);
    if (starts == NULL)
        return;
    for (size_t i = 0, n = 0; n < count; n++) {
        starts[n] = i;
        i += text_find(text_from(source->content, i), '\n') + 1;
    }
    source->starts = starts;
    source->count = count;
}

/* Also one that cannot be read is known then: nobody tries twice. */
static const struct source *
find_source(struct sources *s, struct text file)
{
    struct source *source = s->first;
    struct error unread = { .kind = ERROR_NONE };

    while (source != NULL && !text_equal(source->name, file))
        source = source->next;
    if (source != NULL || (source = ARENA_NEW(s->arena, struct source)) == NULL)
        return source;
    *source = (struct source){ .name = arena_text(s->arena, file), .next = s->first };
    s->first = source;
    if (source->name.length > 0 && !text_equal(file, TEXT("-")) && file_exists(source->name.data) &&
        file_read(&source->content, source->name.data, s->arena, &unread) == 0)
        find_lines(source, s->arena);
    return source;
}

struct text
sources_line(struct sources *s, struct text file, uint32_t line)
{
    const struct source *source = s != NULL && file.length > 0 && line > 0 ? find_source(s, file) : NULL;
    struct text rest;

    if (source == NULL || line > source->count)
        return text_make(NULL, 0);
    rest = text_from(source->content, source->starts[line - 1]);
    rest = text_slice(rest, 0, text_find(rest, '\n'));
    return text_ends(rest, TEXT("\r")) ? text_slice(rest, 0, rest.length - 1) : rest;
}

uint32_t
sources_utf16_column(struct sources *s, struct text file, uint32_t line, uint32_t column)
{
    struct text before = sources_line(s, file, line);
    uint32_t units = 1;

    if (column == 0 || before.length < column - 1)
        return column;
    before.length = column - 1;
    while (before.length > 0) {
        size_t length = text_utf8_sequence(before);

        units += length == 4 ? 2 : 1;
        before = text_from(before, length > 0 ? length : 1);
    }
    return units;
}

/* ---- what is shown ---- */

static bool
is_inside_character(struct text line, size_t at)
{
    return at < line.length && ((unsigned char)line.data[at] & 0xc0) == 0x80;
}

struct source_view
source_view_of(struct text line, uint32_t column)
{
    bool known = column > 0 && column <= line.length;
    size_t at = known ? column - 1 : line.length, start = 0, end = line.length;

    while (start < at && (line.data[start] == ' ' || line.data[start] == '\t'))
        start++;
    at = known ? at : start;
    if (line.length - start > VIEW_BEFORE + VIEW_BEHIND) {
        if (at - start > VIEW_BEFORE)
            start = at - VIEW_BEFORE;
        if (end - start > VIEW_BEFORE + VIEW_BEHIND)
            end = start + VIEW_BEFORE + VIEW_BEHIND;
    }
    while (is_inside_character(line, start))
        start++;
    while (is_inside_character(line, end))
        end--;
    return (struct source_view){ .shown = text_slice(line, start, end - start),
                                 .at = at - start,
                                 .cut_before = start > 0 && line.data[start - 1] != ' ' && line.data[start - 1] != '\t',
                                 .cut_behind = end < line.length };
}

/* A tab takes one column, so that the caret stands where it should. */
static void
add_visible(struct buffer *out, struct text t)
{
    for (size_t i = 0; i < t.length; i++) {
        size_t length = text_utf8_sequence(text_from(t, i));

        if (t.data[i] == '\t')
            buffer_byte(out, ' ');
        else
            exchange_text_visible(out, text_slice(t, i, length > 0 ? length : 1), false);
        i += length > 1 ? length - 1 : 0;
    }
}

void
source_quote(struct buffer *out, struct sources *s, struct text file, uint32_t line, uint32_t column, int indent,
             bool coloured)
{
    struct text whole = sources_line(s, file, line);
    struct source_view view = source_view_of(whole, column);
    size_t width;

    if (whole.length == 0)
        return;
    buffer_print(out, "%*s%5u | %s", indent, "", line, view.cut_before ? "…" : "");
    add_visible(out, view.shown);
    buffer_print(out, "%s\n%*s      | ", view.cut_behind ? "…" : "", indent, "");
    width = text_code_points(text_slice(view.shown, 0, view.at)) + (view.cut_before ? 1 : 0);
    buffer_print(out, "%*s%s^%s\n", (int)width, "", coloured ? "\033[1;32m" : "", coloured ? "\033[0m" : "");
}
