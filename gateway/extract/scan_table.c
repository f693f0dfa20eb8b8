/* scan_table.c -- tables: pipes as in Markdown and in wikis, or tabs as they come out of a page. */
#include "base/limits.h"
#include "extract/scan_internal.h"
#include "extract/scan_line.h"
#include "extract/wording.h"

static bool
separates(struct text line, size_t i, char separator)
{
    return line.data[i] == separator && !(separator == '|' && i > 0 && line.data[i - 1] == '\\');
}

uint32_t
scan_cells(struct text line, char separator, struct text *cells)
{
    uint32_t count = 0;
    size_t start = 0;

    line = wording_trim(line);
    while (separator == '|' && line.length > 0 && line.data[0] == '|')
        line = text_from(line, 1);
    for (size_t i = 0; i < line.length && count < LIMIT_EXTRACT_CELLS; i++) {
        if (!separates(line, i, separator))
            continue;
        cells[count++] = wording_trim(text_slice(line, start, i - start));
        while (separator == '|' && i + 1 < line.length && line.data[i + 1] == '|' && line.data[i] == '|')
            i++; /* "||" between the headers of a wiki */
        start = i + 1;
    }
    if ((start < line.length || separator == '\t') && count < LIMIT_EXTRACT_CELLS)
        cells[count++] = wording_trim(text_from(line, start));
    return count;
}

static size_t
occurrences(struct text line, char c)
{
    size_t count = 0;

    line = wording_trim(line);
    for (size_t i = 0; i < line.length; i++)
        count += line.data[i] == c;
    return count;
}

/* The separator of the table that begins at line i, or 0. */
static char
separator_of(const struct scanner *s, uint32_t i)
{
    struct text line = wording_trim(scan_line_at(s, i)), next;
    size_t tabs = occurrences(line, '\t');

    if (i + 1 >= s->count)
        return 0;
    next = wording_trim(scan_line_at(s, i + 1));
    if (line.data[0] == '|' && next.length > 0 && next.data[0] == '|')
        return '|';
    if (text_find(line, '|') < line.length && line_separator(next))
        return '|';
    return tabs > 0 && occurrences(next, '\t') == tabs && line_marker(line) == 0 ? '\t' : 0;
}

static struct table_row *
row_of(struct scanner *s, uint32_t i, char separator)
{
    struct table_row *row = ARENA_NEW(s->arena, struct table_row);
    struct text cells[LIMIT_EXTRACT_CELLS];
    struct text *kept;

    if (row == NULL)
        return NULL;
    row->line = i + 1;
    row->count = scan_cells(scan_line_at(s, i), separator, cells);
    kept = ARENA_ARRAY(s->arena, struct text, row->count);
    if (kept == NULL)
        return NULL;
    memcpy(kept, cells, row->count * sizeof *kept);
    row->cells = kept;
    return row;
}

uint32_t
scan_table(struct scanner *s, uint32_t i)
{
    char separator = separator_of(s, i);
    struct table_row *first = NULL, **last = &first;
    uint32_t at = i;

    if (separator == 0)
        return i;
    for (; at < s->count && !scan_is_empty(s, at); at++) {
        struct text line = wording_trim(scan_line_at(s, at));

        if (text_find(line, separator) == line.length)
            break;
        if (separator == '|' && line_separator(line))
            continue;
        *last = row_of(s, at, separator);
        if (*last == NULL) {
            s->failed = true;
            return s->count;
        }
        last = &(*last)->next;
    }
    scan_add(s, BLOCK_TABLE, i, scan_stretch(s, i, at))->rows = first;
    return at;
}
