/* endpoint.c -- methods and paths in one line of a document. */
#include "extract/endpoint.h"

#include "extract/wording.h"

const struct text method_names[METHOD_COUNT] = {
    [METHOD_GET] = { "GET", 3 },         [METHOD_PUT] = { "PUT", 3 },     [METHOD_POST] = { "POST", 4 },
    [METHOD_DELETE] = { "DELETE", 6 },   [METHOD_HEAD] = { "HEAD", 4 },   [METHOD_PATCH] = { "PATCH", 5 },
    [METHOD_OPTIONS] = { "OPTIONS", 7 }, [METHOD_TRACE] = { "TRACE", 5 },
};

enum extract_method
method_of(struct text word)
{
    for (enum extract_method m = METHOD_GET; m < METHOD_COUNT; m++)
        if (text_equal_nocase(word, method_names[m]))
            return m;
    if (text_equal(word, TEXT("DEL")))
        return METHOD_DELETE;
    return METHOD_COUNT;
}

enum extract_method
endpoint_method(struct text t)
{
    enum extract_method found = METHOD_COUNT;
    struct text word;

    while (wording_next(&t, &word)) {
        enum extract_method m = method_of(word);

        if (m != METHOD_COUNT && text_equal(word, method_names[m])) {
            if (found != METHOD_COUNT && found != m)
                return METHOD_COUNT;
            found = m;
        }
    }
    return found;
}

/* ---- paths ---- */

static bool
is_boundary(char c)
{
    return is_blank(c) || strchr("`\"'(*|:>[,=", c) != NULL;
}

/* Behind the path that begins at `at`: brackets hold anything but line ends, elsewhere blanks and quotes end it. */
static size_t
path_end(struct text line, size_t at)
{
    size_t start = at;

    while (at < line.length) {
        char c = line.data[at], close = c == '{' ? '}' : c == '<' ? '>' : 0;
        size_t end = at + 1;

        if (close != 0) {
            while (end < line.length && end < at + 80 && line.data[end] != close)
                end++;
            if (end < line.length && line.data[end] == close) {
                at = end + 1;
                continue;
            }
            if (c == '<')
                break;
        }
        if ((unsigned char)c <= ' ' || (unsigned char)c >= 0x80 || strchr("`\"'|*)>,;\\", c) != NULL)
            break;
        at++;
    }
    while (at > start + 1 && strchr(".:!?", line.data[at - 1]) != NULL)
        at--;
    if (at > start + 1 && line.data[at - 1] == ']' && text_find(text_slice(line, start, at - start), '[') == at - start)
        at--;
    return at;
}

/* Where a path, or what stands for its host, begins; line.length when it does not. */
static bool
begins_path(struct text line, size_t at)
{
    struct text rest = text_from(line, at);
    char next = rest.length > 1 ? rest.data[1] : ' ';

    if (at > 0 && !is_boundary(line.data[at - 1]))
        return false;
    if (line.data[at] == '/')
        return is_letter(next) || strchr("{<:$[_", next) != NULL || (is_blank(next) && at > 0) ||
               (is_digit(next) && rest.length > 2) || next == '`' || next == '?';
    if (text_starts(rest, TEXT("http://")) || text_starts(rest, TEXT("https://")))
        return true;
    if (line.data[at] == '{' || line.data[at] == '$' || line.data[at] == '<') { /* {{base}}/orders, $HOST/orders */
        size_t end = 1;

        while (end < rest.length && end < 64 &&
               (is_name_byte(rest.data[end]) || strchr("{}>-.", rest.data[end]) != NULL))
            end++;
        return end > 1 && end + 1 < rest.length && rest.data[end] == '/' && is_letter(rest.data[end + 1]);
    }
    return false;
}

/* ---- methods beside them ---- */

static bool
is_between(char c)
{
    return is_blank(c) || strchr("`*_:|()[]-\"'/,<>", c) != NULL || (unsigned char)c >= 0x80;
}

static void
take_method(struct endpoint *e, struct text line, size_t start, size_t end)
{
    struct text word = text_slice(line, start, end - start);
    enum extract_method m = method_of(word);

    e->methods |= 1u << m;
    e->loud = e->loud || line.data[start + 1] <= 'Z' || (start > 0 && line.data[start - 1] == '`');
}

/* The methods in front of `at`; gives where the first one begins, or `at`. */
static size_t
methods_before(struct endpoint *e, struct text line, size_t at)
{
    size_t first = at;

    for (;;) {
        size_t end = at, start;
        struct text word;

        while (end > 0 && at - end < 12 && is_between(line.data[end - 1]))
            end--;
        start = end;
        while (start > 0 && end - start < 8 && is_name_byte(line.data[start - 1]))
            start--;
        word = text_slice(line, start, end - start);
        if (first < at + 1 && e->methods != 0 && (text_equal(word, TEXT("or")) || text_equal(word, TEXT("and")))) {
            at = start;
            continue;
        }
        if (method_of(word) == METHOD_COUNT)
            return first;
        take_method(e, line, start, end);
        first = at = start;
    }
}

/* "/orders (POST)", "[/orders] [GET]": behind it, when there is one. */
static size_t
method_behind(struct endpoint *e, struct text line, size_t at)
{
    size_t start = at, end;

    while (start < line.length && start - at < 8 && is_between(line.data[start]))
        start++;
    end = start;
    while (end < line.length && is_name_byte(line.data[end]))
        end++;
    if (method_of(text_slice(line, start, end - start)) == METHOD_COUNT || line.data[start + 1] > 'Z')
        return at;
    take_method(e, line, start, end);
    return end;
}

/* "", "**Endpoint:**", "HTTP Request", "3.2 URL -": no prose. */
static bool
is_label(struct text before)
{
    struct text bare = wording_bare(before);
    size_t digits = 0;

    while (bare.length > 0 && strchr("([`*_ \t\"'", bare.data[bare.length - 1]) != NULL)
        bare.length--;
    while (digits < bare.length && (is_digit(bare.data[digits]) || bare.data[digits] == '.'))
        digits++;
    if (digits == bare.length) /* nothing, or a number */
        return true;
    if (strchr(":-", bare.data[bare.length - 1]) != NULL)
        return wording_count(bare, 7) <= 6;
    return wording_have(bare, "endpoint|url|uri|path|route|request") && wording_count(bare, 4) <= 3;
}

bool
endpoint_find(struct text line, size_t at, struct endpoint *e, size_t *end)
{
    size_t start;

    while (at < line.length && !begins_path(line, at))
        at++;
    if (at >= line.length)
        return false;
    *e = (struct endpoint){ .methods = 0 };
    *end = path_end(line, at);
    e->path = text_slice(line, at, *end - at);
    start = methods_before(e, line, at);
    if (e->methods == 0)
        *end = method_behind(e, line, *end);
    e->before = text_slice(line, 0, start);
    e->after = text_from(line, *end);
    e->alone = is_label(e->before);
    return true;
}
