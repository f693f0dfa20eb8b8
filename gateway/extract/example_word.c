/* example_word.c -- JSON as people write it, mended: strings, and what should have been one. */
#include "extract/example_internal.h"
#include "extract/wording.h"
#include "json/write.h"

/* Typographic quotes; those that come in pairs may be closed by any of their row. */
static const char *const double_quotes[] = { "\"",           "\xe2\x80\x9c", "\xe2\x80\x9d", "\xe2\x80\x9e",
                                             "\xe2\x80\x9f", "\xc2\xab",     "\xc2\xbb",     NULL };
static const char *const single_quotes[] = { "'", "\xe2\x80\x98", "\xe2\x80\x99", "`", NULL };

static size_t
quote_of(struct text t, const char *const *quotes)
{
    for (; *quotes != NULL; quotes++)
        if (text_starts(t, text_of(*quotes)))
            return strlen(*quotes);
    return 0;
}

size_t
mender_quote(const struct mender *m)
{
    struct text rest = text_slice(m->in, m->at, 4);
    size_t length = quote_of(rest, double_quotes);

    if (length == 0)
        length = quote_of(rest, single_quotes);
    if (length == 0 && text_starts(rest, TEXT("\\\"")))
        length = 2;
    return length;
}

/* Does the quote here end its string? An apostrophe within words does not. */
static bool
ends_single(struct text rest, size_t length)
{
    size_t at = length;

    while (at < rest.length && is_blank(rest.data[at]))
        at++;
    return at >= rest.length || strchr(",:}]\n\r", rest.data[at]) != NULL;
}

/* One unit of a string: an escape, a character, or a byte that is none. */
static size_t
copy_unit(struct mender *m, struct text rest)
{
    size_t length;
    char c = rest.data[0];

    if (c == '\\' && rest.length > 1) {
        if (strchr("\"\\/bfnrt", rest.data[1]) != NULL && rest.data[1] != '\0') {
            buffer_add(&m->out, text_slice(rest, 0, 2));
            return 2;
        }
        if (rest.data[1] == 'u' && rest.length >= 6 && text_hex_digit(rest.data[2]) >= 0 &&
            text_hex_digit(rest.data[3]) >= 0 && text_hex_digit(rest.data[4]) >= 0 &&
            text_hex_digit(rest.data[5]) >= 0) {
            buffer_add(&m->out, text_slice(rest, 0, 6));
            return 6;
        }
        return 1; /* "\x": the x alone */
    }
    if ((unsigned char)c < 0x80) {
        if ((unsigned char)c >= ' ' && c != '"' && c != '\\')
            buffer_byte(&m->out, c);
        else
            json_escape_inside(&m->out, text_slice(rest, 0, 1));
        return 1;
    }
    length = text_utf8_sequence(rest);
    buffer_add(&m->out, length > 0 ? text_slice(rest, 0, length) : TEXT("\xef\xbf\xbd"));
    return length > 0 ? length : 1;
}

static const char *const *
row_of(struct text opening)
{
    return quote_of(opening, double_quotes) > 0 || opening.data[0] == '\\' ? double_quotes : single_quotes;
}

/* The content, up to the quote that ends it or the end of the line; *ended is the length of that quote. */
static struct text
copy_string(struct mender *m, const char *const *row, bool escaped, bool plain, size_t *ended)
{
    size_t start = m->at;

    *ended = 0;
    while (m->at < m->in.length && m->in.data[m->at] != '\n' && m->in.data[m->at] != '\r') {
        struct text rest = text_from(m->in, m->at);
        size_t length = plain ? (size_t)(rest.data[0] == '"') : quote_of(rest, row);

        if (escaped)
            length = text_starts(rest, TEXT("\\\"")) ? 2 : 0;
        if (length > 0 && (row == double_quotes || ends_single(text_slice(rest, 0, 64), length))) {
            *ended = length;
            break;
        }
        m->at += copy_unit(m, rest);
    }
    return text_slice(m->in, start, m->at - start);
}

struct text
mender_string(struct mender *m)
{
    struct text opening = text_slice(m->in, m->at, mender_quote(m)), content, type;
    bool plain = text_equal(opening, TEXT("\"")), value = m->frames[m->depth - 1].expected != EXPECT_KEY;
    size_t begin = buffer_length(&m->out), ended;

    m->at += opening.length;
    buffer_byte(&m->out, '"');
    content = copy_string(m, row_of(opening), opening.data[0] == '\\', plain, &ended);
    m->at += ended;
    if (ended == 0) {
        size_t length = buffer_length(&m->out);

        mender_note(m, "a quote was missing");
        if (length > begin + 1 && text_ends(buffer_text(&m->out), TEXT(","))) /* that comma was meant behind it */
            buffer_truncate(&m->out, length - 1);
    } else if (!plain) {
        mender_note(m, "quotes were not those of JSON");
    }
    buffer_byte(&m->out, '"');
    type = value ? mender_quoted_type(content) : (struct text){ NULL, 0 };
    if (type.length > 0) {
        buffer_truncate(&m->out, begin);
        buffer_add(&m->out, type);
        mender_note(m, "\"%.*s\" was read as a type", TEXT_PRINT(content));
    }
    return content;
}

struct text
mender_quoted_type(struct text content)
{
    if (content.length > 2 && strchr("[<", content.data[0]) != NULL) { /* "[number]" */
        content = text_slice(content, 1, content.length - 2);
        if (wording_identifier(content) && example_of_type(content).length > 0)
            return example_of_type(content);
    }
    if (content.length == 0 || !wording_identifier(content))
        return (struct text){ NULL, 0 };
    return wording_are(content, "int|integer|number|float|double|decimal|bool|boolean") ? example_of_type(content)
                                                                                        : (struct text){ NULL, 0 };
}

struct text
example_of_type(struct text word)
{
    static const struct {
        const char *words, *json;
    } samples[] = {
        { "int|integer|long|short|int32|int64|bigint|unsigned", "0" },
        { "number|float|double|decimal|numeric|real", "0.0" },
        { "bool|boolean", "true" },
        { "string|str|text|varchar|char|chars", "\"string\"" },
        { "date", "\"2024-01-31\"" },
        { "datetime|timestamp|date_time", "\"2024-01-31T12:00:00Z\"" },
        { "uuid|guid", "\"00000000-0000-4000-8000-000000000000\"" },
        { "email", "\"user@example.com\"" },
        { "url|uri", "\"https://example.com/\"" },
        { "object|map|dict|hash|json", "{}" },
        { "array|list", "[]" },
        { "any|null|nil|none|undefined|nan|void", "null" },
    };

    if (text_equal_nocase(word, TEXT("date-time")))
        word = TEXT("datetime");
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++)
        if (wording_are(word, samples[i].words))
            return text_of(samples[i].json);
    return (struct text){ NULL, 0 };
}

/* ---- values without quotes ---- */

static bool
is_number(struct text t)
{
    size_t at = t.length > 0 && t.data[0] == '-' ? 1 : 0, digits = at;

    while (at < t.length && is_digit(t.data[at]))
        at++;
    if (at == digits || (t.data[digits] == '0' && at > digits + 1))
        return false;
    if (at < t.length && t.data[at] == '.') {
        digits = ++at;
        while (at < t.length && is_digit(t.data[at]))
            at++;
        if (at == digits)
            return false;
    }
    if (at < t.length && (t.data[at] == 'e' || t.data[at] == 'E')) {
        at++;
        if (at < t.length && (t.data[at] == '+' || t.data[at] == '-'))
            at++;
        digits = at;
        while (at < t.length && is_digit(t.data[at]))
            at++;
        if (at == digits)
            return false;
    }
    return at == t.length;
}

size_t
mender_placeholder(const struct mender *m)
{
    struct text rest = text_slice(m->in, m->at, 64);
    size_t at = 0, name, closing = 0;
    char close;

    if (rest.length == 0 || (rest.data[0] != '{' && rest.data[0] != '<'))
        return 0;
    close = rest.data[0] == '{' ? '}' : '>';
    while (at < rest.length && rest.data[at] == rest.data[0])
        at++;
    name = at;
    while (at < rest.length && (is_name_byte(rest.data[at]) || strchr("-. |", rest.data[at]) != NULL))
        at++;
    if (wording_count(text_slice(rest, name, at - name), 1) == 0)
        return 0;
    while (closing < name && at < rest.length && rest.data[at] == close) {
        closing++;
        at++;
    }
    return closing == name ? at : 0;
}

/* Up to what cannot be part of the words: a comma, a bracket, the end of the line, a comment. */
static size_t
words_end(struct text rest)
{
    size_t at = 0;

    while (at < rest.length && strchr(",}]\n\r", rest.data[at]) == NULL) {
        char c = rest.data[at];

        if (at > 0 && is_blank(rest.data[at - 1]) &&
            (c == '#' || (c == '/' && at + 1 < rest.length && rest.data[at + 1] == '/')))
            break;
        if ((c == '/' && at + 1 < rest.length && rest.data[at + 1] == '*') ||
            (c == ';' && (at + 1 >= rest.length || (unsigned char)rest.data[at + 1] <= ' ')))
            break;
        if (c == '{' || c == '(') { /* an id in a path, the argument of a function */
            size_t close = at;
            char bracket = c == '{' ? '}' : ')';

            while (close < rest.length && close < at + 128 && rest.data[close] != bracket && rest.data[close] != '\n')
                close++;
            if (close < rest.length && rest.data[close] == bracket)
                at = close;
        }
        at++;
    }
    return at;
}

static bool
add_literal(struct mender *m, struct text t)
{
    static const struct {
        const char *words;
        const char *json;
    } literals[] = { { "true|yes", "true" }, { "false|no", "false" }, { "null|none|nil|undefined|nan", "null" } };

    if (is_number(t)) {
        buffer_add(&m->out, t);
        return true;
    }
    for (size_t i = 0; i < 3; i++)
        if (wording_identifier(t) && wording_are(t, literals[i].words)) {
            buffer_add(&m->out, text_of(literals[i].json));
            if (!text_equal(t, text_of(literals[i].json)))
                mender_note(m, "%.*s was read as %s", TEXT_PRINT(t), literals[i].json);
            return true;
        }
    if (t.length > 1 && (t.data[0] == '+' || t.data[0] == '.') && is_digit(t.data[1])) {
        struct text rest = text_from(t, t.data[0] == '+' ? 1 : 0);
        struct text number = arena_print(m->arena, "%s%.*s", rest.data[0] == '.' ? "0" : "", TEXT_PRINT(rest));

        if (is_number(number)) {
            buffer_add(&m->out, number);
            mender_note(m, "%.*s was read as %.*s", TEXT_PRINT(text_slice(t, 0, 40)),
                        TEXT_PRINT(text_slice(number, 0, 40)));
            return true;
        }
    }
    return false;
}

/* A word for a type, also with more behind it: "int (optional)"; or a text that lacks its quotes. */
static void
add_words(struct mender *m, struct text t, struct text placeholder)
{
    struct text rest = t, first, sample = { NULL, 0 };

    if (wording_next(&rest, &first) && first.data == t.data)
        sample = example_of_type(first);
    if (sample.length > 0 && wording_count(rest, 4) <= 3) {
        buffer_add(&m->out, sample);
        mender_note(m, "%.*s was read as a type", TEXT_PRINT(text_slice(t, 0, 40)));
        return;
    }
    buffer_byte(&m->out, '"');
    for (size_t at = 0; at < t.length;)
        at += copy_unit(m, text_from(t, at));
    buffer_byte(&m->out, '"');
    if (placeholder.length > 0)
        mender_note(m, "%.*s stands for a value: read as a string", TEXT_PRINT(placeholder));
    else
        mender_note(m, "%.*s had no quotes: read as a string", TEXT_PRINT(text_slice(t, 0, 40)));
}

void
mender_word(struct mender *m)
{
    struct text rest = text_from(m->in, m->at), t;
    size_t end = mender_placeholder(m);

    if (end > 0) {
        t = text_slice(rest, 0, end);
        m->at += end;
        while (t.length > 2 && (t.data[0] == '{' || t.data[0] == '<'))
            t = text_slice(t, 1, t.length - 2);
        add_words(m, wording_trim(t), text_slice(rest, 0, end));
        return;
    }
    end = words_end(rest);
    t = wording_trim(text_slice(rest, 0, end));
    if (t.length == 0) { /* cannot be: white space and what ends a word was taken before */
        m->at++;
        buffer_add(&m->out, TEXT("null"));
        return;
    }
    m->at += end;
    if (!add_literal(m, t))
        add_words(m, t, (struct text){ NULL, 0 });
}
