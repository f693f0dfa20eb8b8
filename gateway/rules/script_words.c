/* script_words.c -- a reader of Lua's words (Lua 5.4 Reference Manual 3.1), for sources that compile. */
#include "rules/script_words.h"

#include <string.h>

/* ---- words ---- */

static bool
is_letter(char c)
{
    return ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_';
}

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Of "[==[ … ]==]", where t begins with it; 0: it does not. */
static size_t
long_bracket(struct text t)
{
    size_t level = 0, at;

    while (1 + level < t.length && t.data[1 + level] == '=')
        level++;
    if (t.length < level + 2 || t.data[0] != '[' || t.data[1 + level] != '[')
        return 0;
    for (at = level + 2; at + level + 1 < t.length; at++) {
        size_t equals = 0;

        if (t.data[at] != ']')
            continue;
        while (equals < level && t.data[at + 1 + equals] == '=')
            equals++;
        if (equals == level && t.data[at + 1 + level] == ']')
            return at + level + 2;
    }
    return t.length;
}

static size_t
quoted(struct text t)
{
    size_t at = 1;

    while (at < t.length && t.data[at] != t.data[0])
        at += t.data[at] == '\\' ? 2 : 1;
    return at + 1 < t.length ? at + 1 : t.length;
}

static size_t
number(struct text t)
{
    size_t at = 1;

    while (at < t.length) {
        char c = t.data[at], last = (char)(t.data[at - 1] | 0x20);
        bool hexadecimal = t.length > 1 && (t.data[1] | 0x20) == 'x';

        if (!is_letter(c) && !is_digit(c) && c != '.' && !((c == '+' || c == '-') && last == (hexadecimal ? 'p' : 'e')))
            break;
        at++;
    }
    return at;
}

static size_t
sign(struct text t)
{
    static const char *const signs[] = { "...", "..", "==", "~=", "<=", ">=", "//", "::", "<<", ">>" };

    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        if (text_starts(t, text_of(signs[i])))
            return strlen(signs[i]);
    }
    return 1;
}

/* Spaces and comments at the beginning. */
static size_t
skipped(struct text t)
{
    size_t at = 0;

    for (;;) {
        struct text rest;
        size_t bracket;

        while (at < t.length && strchr(" \t\r\n\f\v", t.data[at]) != NULL && t.data[at] != '\0')
            at++;
        rest = text_from(t, at);
        if (!text_starts(rest, TEXT("--")))
            return at;
        rest = text_from(rest, 2);
        bracket = rest.length > 0 ? long_bracket(rest) : 0;
        at += 2 + (bracket > 0 ? bracket : text_find(rest, '\n'));
    }
}

struct word
word_next(struct text *rest)
{
    struct text t = text_from(*rest, skipped(*rest));
    struct word word = { WORD_SIGN, { 0 } };
    size_t length = 0;

    if (t.length == 0) {
        *rest = t;
        return (struct word){ WORD_END, { 0 } };
    }
    if (is_letter(t.data[0])) {
        word.kind = WORD_NAME;
        while (length < t.length && (is_letter(t.data[length]) || is_digit(t.data[length])))
            length++;
    } else if (is_digit(t.data[0]) || (t.data[0] == '.' && t.length > 1 && is_digit(t.data[1]))) {
        word.kind = WORD_LITERAL;
        length = number(t);
    } else if (t.data[0] == '"' || t.data[0] == '\'') {
        word.kind = WORD_LITERAL;
        length = quoted(t);
    } else if (t.data[0] == '[' && (length = long_bracket(t)) > 0) {
        word.kind = WORD_LITERAL;
    } else {
        length = sign(t);
    }
    word.text = text_slice(t, 0, length);
    *rest = text_from(t, length);
    return word;
}

bool
word_is(struct word word, const char *text)
{
    return word.kind != WORD_LITERAL && text_equal(word.text, text_of(text));
}

bool
word_is_keyword(struct text name)
{
    static const char *const keywords[] = {
        "and", "break", "do",  "else", "elseif", "end",    "false",  "for",  "function", "goto",  "if",
        "in",  "local", "nil", "not",  "or",     "repeat", "return", "then", "true",     "until", "while",
    };

    for (size_t i = 0; i < sizeof keywords / sizeof keywords[0]; i++) {
        if (text_equal(name, text_of(keywords[i])))
            return true;
    }
    return false;
}

bool
word_is_identifier(struct text name)
{
    struct text rest = name;
    struct word word = word_next(&rest);

    return word.kind == WORD_NAME && word.text.length == name.length && !word_is_keyword(name);
}

bool
words_have(struct text source, struct text name)
{
    for (;;) {
        struct word word = word_next(&source);

        if (word.kind == WORD_END)
            return false;
        if (word.kind == WORD_NAME && text_equal(word.text, name))
            return true;
    }
}

/* ---- names ---- */

/* "local a, b <const>", "function f(a, b)" and "for a, b in" declare names up to a sign of their own. */
static bool
ends_names(struct word word)
{
    return word.kind == WORD_END || word_is(word, "=") || word_is(word, ")") || word_is(word, "in") ||
           word_is(word, ";") || (word.kind == WORD_NAME && word_is_keyword(word.text) && !word_is(word, "function"));
}

static bool
is_declared(struct text source, struct text name)
{
    struct word word = word_next(&source);

    while (word.kind != WORD_END) {
        bool declares = word_is(word, "local") || word_is(word, "for") || word_is(word, "function");

        word = word_next(&source);
        while (declares && !ends_names(word)) {
            if (word.kind == WORD_NAME && text_equal(word.text, name))
                return true;
            word = word_next(&source);
        }
    }
    return false;
}

/* `{ name = …`: no use of the name. Inside of brackets of a call, `name =` cannot stand. */
static bool
is_field(struct word before, struct text behind)
{
    return (word_is(before, "{") || word_is(before, ",") || word_is(before, ";")) && word_is(word_next(&behind), "=");
}

bool
words_next_free(struct text source, struct text *rest, struct word *before, struct text *name, struct text *behind)
{
    for (;;) {
        struct word last = *before, word = word_next(rest);

        *before = word;
        if (word.kind == WORD_END)
            return false;
        if (word.kind != WORD_NAME || word_is_keyword(word.text) || word_is(last, ".") || word_is(last, ":") ||
            word_is(last, "::") || word_is(last, "goto") || is_field(last, *rest) || is_declared(source, word.text))
            continue;
        *name = word.text;
        *behind = *rest;
        return true;
    }
}

/* ---- conditions ---- */

static struct text
between(const char *from, const char *to)
{
    while (from < to && (unsigned char)*from <= ' ')
        from++;
    while (to > from && (unsigned char)to[-1] <= ' ')
        to--;
    return text_make(from, (size_t)(to - from));
}

static int
depth_change(struct word word)
{
    static const char *const opening[] = { "(", "[", "{", "function", "do", "if", "repeat" };
    static const char *const closing[] = { ")", "]", "}", "end", "until" };

    for (size_t i = 0; i < sizeof opening / sizeof opening[0]; i++) {
        if (word_is(word, opening[i]))
            return 1;
    }
    for (size_t i = 0; i < sizeof closing / sizeof closing[0]; i++) {
        if (word_is(word, closing[i]))
            return -1;
    }
    return 0;
}

static bool
is_comparison(struct word word)
{
    static const char *const signs[] = { "==", "~=", "<", "<=", ">", ">=" };

    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        if (word_is(word, signs[i]))
            return true;
    }
    return false;
}

/* near(left, right, …), and nothing behind it. */
static void
near_sides(struct script_part *part)
{
    struct text rest = part->whole;
    const char *from, *commas[2] = { 0 };
    struct word word = word_next(&rest);
    int depth = 1, comma = 0;

    if (!word_is(word, "near") || !word_is(word_next(&rest), "("))
        return;
    from = rest.data;
    while (depth > 0 && (word = word_next(&rest)).kind != WORD_END) {
        depth += depth_change(word);
        if (depth == 1 && word_is(word, ",") && comma < 2)
            commas[comma++] = word.text.data;
    }
    if (comma < 2 || word_next(&rest).kind != WORD_END)
        return;
    part->left = between(from, commas[0]);
    part->right = between(commas[0] + 1, commas[1]);
}

static void
comparison_sides(struct script_part *part)
{
    struct text rest = part->whole, found = { 0 };
    struct word word;
    int depth = 0, comparisons = 0;

    while ((word = word_next(&rest)).kind != WORD_END) {
        depth += depth_change(word);
        if (depth == 0 && word_is(word, "not"))
            return;
        if (depth == 0 && is_comparison(word)) {
            found = word.text;
            comparisons++;
        }
    }
    if (comparisons != 1)
        return;
    part->left = between(part->whole.data, found.data);
    part->right = between(found.data + found.length, part->whole.data + part->whole.length);
}

uint32_t
words_split(struct text source, struct script_part parts[SCRIPT_PARTS])
{
    struct text rest = source;
    const char *from = source.data;
    uint32_t count = 0;
    int depth = 0;
    struct word word;

    do {
        word = word_next(&rest);
        depth += depth_change(word);
        if (depth == 0 && word_is(word, "or"))
            return 0;
        if (word.kind != WORD_END && (depth != 0 || !word_is(word, "and")))
            continue;
        if (count == SCRIPT_PARTS)
            return 0;
        parts[count] = (struct script_part){ .whole = between(from, word.kind == WORD_END ? source.data + source.length
                                                                                          : word.text.data) };
        near_sides(&parts[count]);
        if (parts[count].left.length == 0)
            comparison_sides(&parts[count]);
        count++;
        from = rest.data; /* not used any more where there is no rest */
    } while (word.kind != WORD_END);
    return count;
}
