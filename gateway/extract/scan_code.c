/* scan_code.c -- code that no fence holds: where does it end? */
#include "base/limits.h"
#include "extract/scan_internal.h"
#include "extract/scan_line.h"
#include "extract/wording.h"

/* Does this line begin something else, whatever was before? */
static bool
is_other(const struct scanner *s, uint32_t i)
{
    struct text line = scan_line_at(s, i), title;
    struct fence fence;

    return (line.length > 0 && line.data[0] == '#' && line_heading(line, &title) > 0) || line_opens_code(line, &fence);
}

/* The brackets that a line opens, less those that it closes; strings end with their line. */
static int
balance(struct text line)
{
    int depth = 0;
    bool string = false;

    for (size_t i = 0; i < line.length; i++) {
        char c = line.data[i];

        if (string && c == '\\')
            i++;
        else if (c == '"')
            string = !string;
        else if (!string)
            depth += (c == '{' || c == '[') - (c == '}' || c == ']');
    }
    return depth;
}

/* Behind the JSON that begins at line i. Where brackets are missing, a line that is not indented ends it. */
static uint32_t
json_end(const struct scanner *s, uint32_t i)
{
    int64_t depth = 0;
    bool indented = false;
    uint32_t at = i;

    for (; at < s->count; at++) {
        struct text line = scan_line_at(s, at);

        if (at > i && (is_other(s, at) || (indented && line.length > 0 && is_name_byte(line.data[0]))))
            break;
        indented = indented || (at > i && line.length > 0 && is_blank(line.data[0]));
        depth += balance(line);
        if (depth <= 0)
            return at + 1;
    }
    while (at > i + 1 && scan_is_empty(s, at - 1))
        at--;
    return at;
}

/* Behind the command that begins at line i: a "\" at the end, or an open quote, goes on in the next line. */
static uint32_t
shell_end(const struct scanner *s, uint32_t i)
{
    char quote = 0;
    uint32_t at = i;

    for (; at < s->count; at++) {
        struct text line = scan_line_at(s, at);
        bool goes_on;

        if (at > i && is_other(s, at))
            return at;
        if (quote == 0 && scan_is_empty(s, at))
            return at;
        for (size_t k = 0; k < line.length; k++) {
            char c = line.data[k];

            if (c == '\\' && quote != '\'')
                k++;
            else if (quote == 0 && (c == '\'' || c == '"'))
                quote = c;
            else if (c == quote)
                quote = 0;
        }
        line = wording_trim(line);
        goes_on = text_ends(line, TEXT("\\")) || text_ends(line, TEXT("^"));
        if (quote == 0 && !goes_on)
            return at + 1;
    }
    return at;
}

/* Behind the message that begins at line i: header fields follow its first line, and nothing else is sure. */
static uint32_t
http_end(const struct scanner *s, uint32_t i)
{
    uint32_t at = i + 1;

    for (; at < s->count; at++) {
        struct text line = wording_trim(scan_line_at(s, at));
        size_t colon = text_find(line, ':');

        if (colon == 0 || colon + 1 >= line.length || line.data[colon + 1] != ' ' ||
            !wording_identifier(text_slice(line, 0, colon)))
            break;
    }
    return at;
}

static uint32_t
indented_end(const struct scanner *s, uint32_t i)
{
    uint32_t at = i + 1;

    while (at < s->count && is_blank(scan_line_at(s, at).data != NULL ? scan_line_at(s, at).data[0] : 'x'))
        at++;
    return at;
}

static bool
begins_json(struct text line)
{
    size_t next = 1;

    line = wording_trim(line);
    if (line.length == 0 || (line.data[0] != '{' && line.data[0] != '['))
        return false;
    while (next < line.length && is_blank(line.data[next]))
        next++;
    if (next >= line.length)
        return true;
    if (line.data[0] == '[')
        return line.data[next] == '{' || line.data[next] == '"';
    return line.data[next] == '"' || line.data[next] == '\'' ||
           text_starts(text_from(line, next), TEXT("\xe2\x80\x9c"));
}

static bool
is_button(const struct scanner *s, uint32_t i)
{
    struct text line = i < s->count ? wording_trim(scan_line_at(s, i)) : (struct text){ NULL, 0 };

    return text_equal(line, TEXT("Copy")) || text_equal(line, TEXT("Edit")) || text_equal(line, TEXT("Copy code"));
}

uint32_t
scan_lost_code(struct scanner *s, uint32_t i)
{
    struct text language = wording_trim(scan_line_at(s, i));
    uint32_t from = i + 1, end;
    struct block *b;

    if (!line_language(language) || from >= s->count)
        return i;
    while (from < i + 4 && is_button(s, from))
        from++;
    if (from >= s->count || (from == i + 1 && !begins_json(scan_line_at(s, from))))
        return i;
    if (begins_json(scan_line_at(s, from)))
        end = json_end(s, from);
    else if (wording_are(language, "bash|shell|sh|curl|console"))
        end = shell_end(s, from);
    else
        end = wording_are(language, "http") ? http_end(s, from) : indented_end(s, from);
    b = scan_add(s, BLOCK_CODE, from, scan_stretch(s, from, end));
    b->info = language;
    return end > from ? end : from + 1;
}

uint32_t
scan_bare_code(struct scanner *s, uint32_t i)
{
    struct text line = wording_trim(scan_line_at(s, i));
    struct block *b;
    uint32_t end;

    if (begins_json(line))
        end = json_end(s, i);
    else if (text_starts(line, TEXT("curl ")) || text_starts(line, TEXT("$ curl ")))
        end = shell_end(s, i);
    else
        return i;
    b = scan_add(s, BLOCK_CODE, i, scan_stretch(s, i, end));
    b->info = begins_json(line) ? TEXT("json") : TEXT("curl");
    return end > i ? end : i + 1;
}
