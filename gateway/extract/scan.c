/* scan.c -- a document as a list of blocks: which lines belong together. */
#include "extract/scan.h"

#include "base/limits.h"
#include "extract/scan_internal.h"
#include "extract/scan_line.h"
#include "extract/wording.h"

struct text
scan_line_at(const struct scanner *s, uint32_t i)
{
    struct text line = text_slice(s->source, s->starts[i], s->starts[i + 1] - s->starts[i]);

    while (line.length > 0 && (line.data[line.length - 1] == '\n' || line.data[line.length - 1] == '\r'))
        line.length--;
    return line;
}

bool
scan_is_empty(const struct scanner *s, uint32_t i)
{
    return i >= s->count || wording_trim(scan_line_at(s, i)).length == 0;
}

struct text
scan_stretch(const struct scanner *s, uint32_t from, uint32_t to)
{
    return from < to ? text_slice(s->source, s->starts[from], s->starts[to] - s->starts[from])
                     : (struct text){ NULL, 0 };
}

struct block *
scan_add(struct scanner *s, enum block_kind kind, uint32_t line, struct text text)
{
    struct block *b;

    if (s->blocks->count == s->room) {
        uint32_t room = s->room == 0 ? 256 : s->room * 2;
        struct block *list = arena_grow(s->arena, s->blocks->list, s->room * sizeof *list, room * sizeof *list);

        if (list == NULL) {
            s->failed = true;
            return &s->spare;
        }
        s->blocks->list = list;
        s->room = room;
    }
    b = &s->blocks->list[s->blocks->count++];
    *b = (struct block){ .kind = kind, .line = line + 1, .text = text, .apart = s->apart };
    return b;
}

static int
find_lines(struct scanner *s)
{
    uint32_t count = 0;
    size_t start = 0;

    for (size_t i = 0; i < s->source.length; i++)
        count += s->source.data[i] == '\n';
    s->starts = ARENA_ARRAY(s->arena, uint32_t, (size_t)count + 2);
    if (s->starts == NULL)
        return -1;
    while (start < s->source.length) {
        s->starts[s->count++] = (uint32_t)start;
        start += text_find(text_from(s->source, start), '\n') + 1;
    }
    s->starts[s->count] = (uint32_t)s->source.length;
    return 0;
}

/* "---" at the top, as static site generators have it: its title is a heading. Behind it, or 0. */
static uint32_t
front_matter(struct scanner *s)
{
    if (s->count == 0 || !text_equal(wording_trim(scan_line_at(s, 0)), TEXT("---")))
        return 0;
    for (uint32_t i = 1; i < s->count && i < 200; i++) {
        struct text line = wording_trim(scan_line_at(s, i));

        if (!text_equal(line, TEXT("---")))
            continue;
        for (uint32_t k = 1; k < i; k++) {
            struct text key = scan_line_at(s, k);

            if (text_starts(key, TEXT("title:")))
                scan_add(s, BLOCK_HEADING, k, wording_trim(text_from(key, 6)))->level = 1;
        }
        return i + 1;
    }
    return 0;
}

static uint32_t
take_fence(struct scanner *s, uint32_t i, const struct fence *fence)
{
    uint32_t end = i + 1;
    struct block *b;

    while (end < s->count && !line_closes_code(scan_line_at(s, end), fence))
        end++;
    b = scan_add(s, BLOCK_CODE, i + 1, scan_stretch(s, i + 1, end));
    b->info = fence->info;
    b->open = end == s->count;
    return end < s->count ? end + 1 : end;
}

static uint32_t
take_comment(const struct scanner *s, uint32_t i)
{
    while (i < s->count && text_search(scan_line_at(s, i), TEXT("-->")) == scan_line_at(s, i).length)
        i++;
    return i + 1;
}

/* A numbered line is a heading when it has two numbers, goes on counting where such ones are, or stands alone; in lists
 * of Markdown it is neither. */
static bool
is_numbered_heading(struct scanner *s, uint32_t i, struct text line, struct text *title, uint32_t *depth)
{
    uint32_t first;

    *depth = line.length == 0 || is_blank(line.data[0]) ? 0 : line_number(line, title, &first);
    if (*depth == 0 || title->data[0] == '*' || text_find(*title, '`') < title->length)
        return false;
    if (*depth > 1 || (s->number > 0 && first == s->number + 1) ||
        (s->apart && scan_is_empty(s, i + 1) && title->length <= 60 && !text_ends(*title, TEXT(".")) &&
         !text_ends(*title, TEXT(":")))) {
        s->number = *depth > 1 || s->number > 0 ? first : 0;
        return true;
    }
    return false;
}

static uint32_t
take_line(struct scanner *s, uint32_t i, struct text line)
{
    struct text title = { NULL, 0 }, bare;
    uint32_t level = line_heading(line, &title), depth;
    size_t indent = 0, marker;

    if (level == 0 && is_numbered_heading(s, i, line, &title, &depth))
        level = depth + 2; /* below the headings of Markdown that a document may begin with */
    if (level == 0 && i + 1 < s->count && line_marker(line) == 0 && wording_trim(line).length <= 120 &&
        (level = line_underline(scan_line_at(s, i + 1), line)) > 0) {
        scan_add(s, BLOCK_HEADING, i, wording_trim(line))->level = level;
        return i + 2;
    }
    if (level > 0) {
        scan_add(s, BLOCK_HEADING, i, title)->level = level;
        return i + 1;
    }
    while (indent < line.length && (is_blank(line.data[indent]) || line.data[indent] == '>'))
        indent++;
    bare = wording_trim(text_from(line, indent));
    marker = line_marker(bare);
    if (bare.length > 0)
        scan_add(s, marker > 0 ? BLOCK_ITEM : BLOCK_TEXT, i, wording_trim(text_from(bare, marker)))->level =
            (uint32_t)indent;
    return i + 1;
}

static uint32_t
take_block(struct scanner *s, uint32_t i)
{
    struct text line = scan_line_at(s, i);
    struct fence fence;
    uint32_t next;

    if (text_starts(wording_trim(line), TEXT("<!--")))
        return take_comment(s, i);
    if (line_opens_code(line, &fence))
        return take_fence(s, i, &fence);
    if ((next = scan_lost_code(s, i)) > i || (next = scan_bare_code(s, i)) > i || (next = scan_table(s, i)) > i)
        return next;
    return take_line(s, i, line);
}

int
scan_blocks(struct blocks *blocks, struct text source, struct arena *arena)
{
    struct scanner s = { .source = source, .arena = arena, .blocks = blocks, .apart = true };
    uint32_t i;

    *blocks = (struct blocks){ 0 };
    if (find_lines(&s) < 0)
        return -1;
    for (i = front_matter(&s); i < s.count && !s.failed; s.apart = false) {
        if (blocks->count >= LIMIT_EXTRACT_BLOCKS) {
            blocks->too_many = true;
            break;
        }
        while (i < s.count && scan_is_empty(&s, i)) {
            s.apart = true;
            i++;
        }
        if (i < s.count)
            i = take_block(&s, i);
    }
    return s.failed ? -1 : 0;
}
