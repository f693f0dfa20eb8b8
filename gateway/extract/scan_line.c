/* scan_line.c -- what one line is, by itself. */
#include "extract/scan_line.h"

#include "extract/wording.h"

static size_t
run_of(struct text t, size_t at, char c)
{
    size_t end = at;

    while (end < t.length && t.data[end] == c)
        end++;
    return end - at;
}

static struct text
strip_end(struct text t, char c)
{
    t = wording_trim(t);
    while (t.length > 0 && t.data[t.length - 1] == c)
        t.length--;
    return wording_trim(t);
}

uint32_t
line_heading(struct text line, struct text *title)
{
    size_t marks;

    line = wording_trim(line);
    marks = run_of(line, 0, '#');
    if (marks >= 1 && marks <= 6 && marks < line.length && is_blank(line.data[marks])) {
        *title = strip_end(text_from(line, marks), '#');
        return (uint32_t)marks;
    }
    marks = run_of(line, 0, '=');
    if (marks >= 1 && marks <= 6 && line.length > 2 * marks && line.data[line.length - 1] == '=') {
        *title = strip_end(text_from(line, marks), '=');
        return title->length > 0 ? (uint32_t)marks : 0;
    }
    if (line.length > 4 && line.data[0] == 'h' && line.data[1] >= '1' && line.data[1] <= '6' && line.data[2] == '.' &&
        line.data[3] == ' ') {
        *title = wording_trim(text_from(line, 4));
        return (uint32_t)(line.data[1] - '0');
    }
    return 0;
}

uint32_t
line_underline(struct text line, struct text title)
{
    line = wording_trim(line);
    title = wording_trim(title);
    if (line.length >= 4 && run_of(line, 0, '~') == line.length) /* three are a fence */
        return line.length + 3 >= title.length && line.length <= title.length + 3 ? 3 : 0;
    if (line.length >= 3 && run_of(line, 0, '=') == line.length)
        return 1;
    return line.length >= 3 && run_of(line, 0, '-') == line.length ? 2 : 0;
}

uint32_t
line_number(struct text line, struct text *title, uint32_t *first)
{
    uint32_t depth = 0, number = 0;
    size_t at = 0;

    *first = 0;
    while (at < line.length && is_digit(line.data[at]) && depth < 6) {
        number = 0;
        while (at < line.length && is_digit(line.data[at]) && number < 1000)
            number = number * 10 + (uint32_t)(line.data[at++] - '0');
        if (depth++ == 0)
            *first = number;
        if (at < line.length && line.data[at] == '.')
            at++;
    }
    if (depth == 0 || number >= 1000 || at >= line.length || !is_blank(line.data[at]))
        return 0;
    if (depth == 1 && line.data[at - 1] != '.')
        return 0;
    *title = wording_trim(text_from(line, at));
    return title->length > 0 && title->length <= 80 && !is_digit(title->data[0]) ? depth : 0;
}

size_t
line_marker(struct text line)
{
    size_t at = 0;

    if (line.length < 2)
        return 0;
    if (line.data[0] == '-' || line.data[0] == '*' || line.data[0] == '+') {
        at = run_of(line, 0, line.data[0]); /* ** of a wiki */
        return at <= 3 && at < line.length && is_blank(line.data[at]) ? at + 1 : 0;
    }
    if (text_starts(line, TEXT("\xe2\x80\xa2 "))) /* a bullet */
        return 4;
    while (at < line.length && at < 4 && is_digit(line.data[at]))
        at++;
    if (at == 0 && is_letter(line.data[0]) && (line.data[0] & 0x20) != 0)
        at = 1;
    if (at == 0 || at + 1 >= line.length || (line.data[at] != '.' && line.data[at] != ')') ||
        !is_blank(line.data[at + 1]))
        return 0;
    return at + 2;
}

static bool
opens_wiki_code(struct text line, struct fence *fence)
{
    static const struct {
        const char *open, *close;
    } words[] = { { "{code", "{code}" },
                  { "{noformat", "{noformat}" },
                  { "<pre", "</pre>" },
                  { "<source", "</source>" },
                  { "<syntaxhighlight", "</syntaxhighlight>" } };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        size_t end = strlen(words[i].open), close;

        if (!text_starts(line, text_of(words[i].open)))
            continue;
        close = text_find(line, line.data[0] == '{' ? '}' : '>');
        if (close + 1 != line.length) /* more on the line: prose, or code on one line */
            return false;
        *fence = (struct fence){ .word = words[i].close, .info = text_slice(line, end, close - end) };
        while (fence->info.length > 0 && !is_letter(fence->info.data[0]))
            fence->info = text_from(fence->info, 1);
        if (text_starts(fence->info, TEXT("lang=")))
            fence->info = text_from(fence->info, 5);
        while (fence->info.length > 0 && fence->info.data[0] == '"')
            fence->info = text_from(fence->info, 1);
        fence->info = text_slice(fence->info, 0, text_find(fence->info, '"'));
        return true;
    }
    return false;
}

bool
line_opens_code(struct text line, struct fence *fence)
{
    size_t length;

    line = wording_trim(line);
    if (line.length == 0)
        return false;
    if (line.data[0] != '`' && line.data[0] != '~')
        return opens_wiki_code(line, fence);
    length = run_of(line, 0, line.data[0]);
    if (length < 3)
        return false;
    *fence = (struct fence){ .sign = line.data[0], .length = length, .info = wording_trim(text_from(line, length)) };
    if (fence->sign == '`' && text_find(fence->info, '`') < fence->info.length) /* code within a line */
        return false;
    fence->info = text_slice(fence->info, 0, text_find(fence->info, ' '));
    if (fence->info.length > 1 && fence->info.data[0] == '{' && fence->info.data[1] == '.')
        fence->info = strip_end(text_from(fence->info, 2), '}');
    return true;
}

bool
line_closes_code(struct text line, const struct fence *fence)
{
    line = wording_trim(line);
    if (fence->word != NULL)
        return text_ends(line, text_of(fence->word));
    return line.length >= fence->length && run_of(line, 0, fence->sign) == line.length;
}

bool
line_language(struct text line)
{
    line = wording_trim(line);
    return wording_identifier(line) &&
           wording_are(line, "json|http|bash|shell|sh|curl|mermaid|javascript|yaml|xml|python|text|plaintext|console");
}

bool
line_separator(struct text line)
{
    bool dashes = false, bars = false;

    for (size_t i = 0; i < line.length; i++) {
        char c = line.data[i];

        dashes = dashes || c == '-';
        bars = bars || c == '|' || c == '+';
        if (c != '-' && c != '|' && c != ':' && c != '+' && c != '=' && (unsigned char)c > ' ')
            return false;
    }
    return dashes && bars;
}
