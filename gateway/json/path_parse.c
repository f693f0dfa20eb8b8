/* path_parse.c -- reading a query (RFC 9535 2.1 to 2.3, 2.5): segments and their selectors.
 *
 * Blank space is allowed between segments and inside of brackets, not behind a dot and not around the query. */
#include <stdarg.h>
#include <stdio.h>

#include "base/limits.h"
#include "json/path_internal.h"

int
path_fail(const struct path_reader *r, size_t place, const char *format, ...)
{
    char what[256];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    return error_set(r->err, ERROR_CONFIG, NULL, "column %zu: %s",
                     text_code_points(text_slice(r->source, 0, place)) + 1, what);
}

int
path_no_memory(const struct path_reader *r)
{
    return error_memory(r->err);
}

bool
path_take(struct path_reader *r, const char *literal)
{
    if (!text_starts(text_from(r->source, r->at), text_of(literal)))
        return false;
    r->at += strlen(literal);
    return true;
}

void
path_skip_blank(struct path_reader *r)
{
    while (r->at < r->source.length && strchr(" \t\n\r", r->source.data[r->at]) != NULL &&
           r->source.data[r->at] != '\0')
        r->at++;
}

int
path_enter(struct path_reader *r)
{
    if (r->depth >= LIMIT_PATH_DEPTH)
        return path_fail(r, r->at, "filters, parentheses and wildcards are nested more than %d deep", LIMIT_PATH_DEPTH);
    r->depth++;
    return 0;
}

/* ---- selectors ---- */

static bool
begins_integer(char c)
{
    return c == '-' || (c >= '0' && c <= '9');
}

/* start, or what is behind the ':' of a slice; may be left out. */
static int
read_bound(struct path_reader *r, bool *given, int64_t *bound)
{
    path_skip_blank(r);
    *given = begins_integer(path_peek(r));
    return *given ? path_read_integer(r, bound) : 0;
}

/* An index, or a slice start:end:step (2.3.3, 2.3.4). */
static int
read_index_or_slice(struct path_reader *r, struct path_selector *s)
{
    size_t before;
    bool has_step;

    s->step = 1;
    if (read_bound(r, &s->has_start, &s->start) < 0)
        return -1;
    before = r->at;
    path_skip_blank(r);
    if (!path_take(r, ":")) {
        r->at = before;
        s->kind = SELECT_INDEX;
        return 0;
    }
    s->kind = SELECT_SLICE;
    if (read_bound(r, &s->has_end, &s->end) < 0)
        return -1;
    path_skip_blank(r);
    return path_take(r, ":") ? read_bound(r, &has_step, &s->step) : 0;
}

static int
read_filter(struct path_reader *r, struct path_selector *s)
{
    s->kind = SELECT_FILTER;
    if (path_enter(r) < 0)
        return -1;
    s->filter = path_read_filter(r);
    r->depth--;
    return s->filter != NULL ? 0 : -1;
}

static int
read_selector(struct path_reader *r, struct path_selector *s)
{
    char next = path_peek(r);

    if (next == '\'' || next == '"') {
        s->kind = SELECT_NAME;
        return path_read_string(r, &s->name);
    }
    if (path_take(r, "*")) {
        s->kind = SELECT_ALL;
        return 0;
    }
    if (path_take(r, "?"))
        return read_filter(r, s);
    if (next == ':' || begins_integer(next))
        return read_index_or_slice(r, s);
    return path_fail(r, r->at, "brackets want a name in quotes, an index, a slice, '*' or '?' with a filter");
}

static struct path_selector *
selector_new(struct path_reader *r, struct path_selector **place)
{
    *place = ARENA_NEW(r->arena, struct path_selector);
    if (*place == NULL)
        path_no_memory(r);
    return *place;
}

/* Behind the '['. */
static int
read_brackets(struct path_reader *r, struct path_segment *segment)
{
    struct path_selector **last = &segment->selectors, *s;

    do {
        path_skip_blank(r);
        if ((s = selector_new(r, last)) == NULL || read_selector(r, s) < 0)
            return -1;
        last = &s->next;
        path_skip_blank(r);
    } while (path_take(r, ","));
    return path_take(r, "]") ? 0 : path_fail(r, r->at, "a ',' or ']' is missing");
}

/* Letters, '_' and all beyond ASCII; digits, too, but not first. */
static bool
is_name_byte(char c, bool first)
{
    unsigned char byte = (unsigned char)c;

    return byte >= 0x80 || byte == '_' || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (!first && byte >= '0' && byte <= '9');
}

/* Behind the '.' or '..': '*' or a name without quotes (2.5.1.1). */
static int
read_shorthand(struct path_reader *r, struct path_segment *segment)
{
    struct path_selector *s = selector_new(r, &segment->selectors);
    size_t start = r->at;

    if (s == NULL)
        return -1;
    if (path_take(r, "*")) {
        s->kind = SELECT_ALL;
        return 0;
    }
    while (r->at < r->source.length && is_name_byte(r->source.data[r->at], r->at == start))
        r->at++;
    if (r->at == start)
        return path_fail(r, start,
                         "a name or '*' is missing behind the dot; names with other characters are written "
                         "['in quotes']");
    s->kind = SELECT_NAME;
    s->name = arena_text(r->arena, text_slice(r->source, start, r->at - start));
    return s->name.data != NULL ? 0 : path_no_memory(r);
}

/* ---- segments ---- */

static int
read_segment(struct path_reader *r, struct path_segment *segment)
{
    const struct path_selector *s;
    int result;

    segment->descendant = path_take(r, "..");
    if (path_take(r, "["))
        result = read_brackets(r, segment);
    else if (segment->descendant || path_take(r, "."))
        result = read_shorthand(r, segment);
    else
        result = path_fail(r, r->at, "a '.' or '[' is missing");
    if (result < 0)
        return -1;
    s = segment->selectors;
    segment->singular = !segment->descendant && s->next == NULL && (s->kind == SELECT_NAME || s->kind == SELECT_INDEX);
    return 0;
}

/* Running calls itself for each segment that may give several values, so these count as nesting, too. */
static int
read_segments(struct path_reader *r, struct path *path)
{
    struct path_segment **last = &path->segments;

    for (;;) {
        struct path_segment *segment;
        size_t before = r->at;

        path_skip_blank(r);
        if (path_peek(r) != '.' && path_peek(r) != '[') {
            r->at = before;
            return 0;
        }
        if ((segment = ARENA_NEW(r->arena, struct path_segment)) == NULL)
            return path_no_memory(r);
        if (read_segment(r, segment) < 0)
            return -1;
        if (!segment->singular) {
            path->singular = false;
            if (path_enter(r) < 0)
                return -1;
        }
        *last = segment;
        last = &segment->next;
    }
}

const struct path *
path_read_query(struct path_reader *r)
{
    struct path *path = ARENA_NEW(r->arena, struct path);
    unsigned depth = r->depth;

    if (path == NULL) {
        path_no_memory(r);
        return NULL;
    }
    path->relative = path_take(r, "@");
    if (!path->relative)
        (void)path_take(r, "$");
    path->singular = true;
    if (read_segments(r, path) < 0)
        return NULL;
    r->depth = depth;
    return path;
}

const struct path *
path_compile(struct text query, struct arena *arena, struct error *err)
{
    struct path_reader r = { .source = query, .arena = arena, .err = err };
    const struct path *path;

    if (!text_is_utf8(query)) {
        error_set(err, ERROR_CONFIG, NULL, "the query is not UTF-8");
        return NULL;
    }
    if (path_peek(&r) != '$') {
        path_fail(&r, 0, "a query begins with '$'");
        return NULL;
    }
    if ((path = path_read_query(&r)) == NULL)
        return NULL;
    if (r.at < query.length) {
        path_fail(&r, r.at, "the query should end here, or go on with '.' or '['");
        return NULL;
    }
    return path;
}

bool
path_is_singular(const struct path *path)
{
    return path->singular;
}
