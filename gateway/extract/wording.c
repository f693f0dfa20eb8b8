/* wording.c -- the words of a line of prose or markup. */
#include "extract/wording.h"

static bool
is_markup(char c)
{
    return c == '*' || c == '_' || c == '`' || c == '#' || c == '>' || c == '~' || c == '|';
}

struct text
wording_trim(struct text t)
{
    size_t start = 0, end = t.length;

    while (start < end && (unsigned char)t.data[start] <= ' ')
        start++;
    while (end > start && (unsigned char)t.data[end - 1] <= ' ')
        end--;
    return text_slice(t, start, end - start);
}

struct text
wording_bare(struct text t)
{
    size_t start = 0, end = t.length;

    while (start < end && ((unsigned char)t.data[start] <= ' ' || is_markup(t.data[start])))
        start++;
    while (end > start && ((unsigned char)t.data[end - 1] <= ' ' || is_markup(t.data[end - 1])))
        end--;
    return text_slice(t, start, end - start);
}

bool
wording_next(struct text *rest, struct text *word)
{
    size_t start = 0, end;

    while (start < rest->length && !is_name_byte(rest->data[start]))
        start++;
    end = start;
    while (end < rest->length && is_name_byte(rest->data[end]))
        end++;
    *word = text_slice(*rest, start, end - start);
    *rest = text_from(*rest, end);
    return word->length > 0;
}

unsigned
wording_count(struct text t, unsigned most)
{
    struct text word;
    unsigned count = 0;

    while (count < most && wording_next(&t, &word))
        count++;
    return count;
}

static bool
is_one_of(struct text word, const char *list, bool plural)
{
    struct text_split split = text_split_start(text_of(list));
    struct text one;

    while (text_split_next(&split, '|', &one)) {
        if (text_equal_nocase(word, one))
            return true;
        if (plural && word.data != NULL && word.length == one.length + 1 && (word.data[one.length] | 0x20) == 's' &&
            text_equal_nocase(text_slice(word, 0, one.length), one))
            return true;
    }
    return false;
}

bool
wording_have(struct text t, const char *list)
{
    struct text word;

    while (wording_next(&t, &word))
        if (is_one_of(word, list, true))
            return true;
    return false;
}

bool
wording_are(struct text t, const char *list)
{
    return is_one_of(wording_bare(t), list, true);
}

bool
wording_identifier(struct text t)
{
    bool letter = false;

    for (size_t i = 0; i < t.length; i++) {
        char c = t.data[i];

        letter = letter || is_letter(c) || c == '_';
        if (!is_name_byte(c) && c != '.' && c != '-' && c != '[' && c != ']' && c != '$' && c != '@')
            return false;
    }
    return letter;
}

/* Behind "](…)" when t has that at `at`, else 0. Links are short: no long look for a bracket that is not there. */
static size_t
link_end(struct text t, size_t at)
{
    size_t end = at + 2;

    if (at + 1 >= t.length || t.data[at] != ']' || t.data[at + 1] != '(')
        return 0;
    while (end < t.length && end < at + 512 && t.data[end] != ')')
        end++;
    return end < t.length && t.data[end] == ')' ? end + 1 : 0;
}

static size_t
plain_step(struct text t, size_t at, bool *keep)
{
    char c = t.data[at];
    bool inside = at > 0 && at + 1 < t.length && is_name_byte(t.data[at - 1]) && is_name_byte(t.data[at + 1]);
    size_t end = c == ']' ? link_end(t, at) : 0;

    *keep = !(c == '*' || c == '`' || (c == '_' && !inside));
    if (end > 0) {
        *keep = false;
        return end;
    }
    if (c == '[' && at + 1 < t.length && is_letter(t.data[at + 1]))
        *keep = false;
    return at + 1;
}

struct text
wording_plain(struct text t, size_t most, struct arena *arena)
{
    char *out = arena_alloc(arena, (t.length < most ? t.length : most) + 1);
    size_t length = 0, at = 0;

    if (out == NULL)
        return (struct text){ NULL, 0 };
    t = wording_trim(t);
    while (at < t.length && length < most) {
        bool keep;
        char c = t.data[at];

        at = plain_step(t, at, &keep);
        if (!keep)
            continue;
        if ((unsigned char)c <= ' ')
            c = ' ';
        if (c != ' ' || (length > 0 && out[length - 1] != ' '))
            out[length++] = c;
    }
    if (at < t.length) /* cut at a word, never inside of a character */
        while (length > 0 && out[length - 1] != ' ')
            length--;
    while (length > 0 && out[length - 1] == ' ')
        length--;
    out[length] = '\0';
    return text_make(out, length);
}

struct text
wording_code_span(struct text t, size_t from, size_t *end)
{
    size_t start;
    char quote;

    for (size_t at = from; at < t.length; at++) {
        quote = t.data[at];
        if (quote != '`')
            continue;
        start = at + 1;
        while (start < t.length && t.data[start] == quote)
            start++;
        at = start;
        while (at < t.length && t.data[at] != quote)
            at++;
        *end = at;
        while (*end < t.length && t.data[*end] == quote)
            (*end)++;
        return text_slice(t, start, at - start);
    }
    *end = t.length;
    return (struct text){ NULL, 0 };
}
