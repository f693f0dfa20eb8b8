/* iregexp_translate.c -- I-Regexp read by its grammar (RFC 9485 4) and written as ECMAScript (5.3).
 *
 * One difference to the letter of the grammar: NormalChar has '^' and '$', but the mappings to ECMAScript, PCRE and the
 * rest leave them as they are, so that they are anchors there. That is how JSONPath's compliance suite reads them, and
 * how we do. */
#include "schema/iregexp.h"

#include "schema/code_point.h"

struct reader {
    struct text source;
    size_t at;
    struct buffer *out;
};

static char
peek(const struct reader *r)
{
    return r->at < r->source.length ? r->source.data[r->at] : '\0';
}

static bool
at_end(const struct reader *r)
{
    return r->at >= r->source.length;
}

static bool
take(struct reader *r, char c)
{
    if (at_end(r) || r->source.data[r->at] != c)
        return false;
    r->at++;
    return true;
}

static bool
is_one_of(char c, const char *characters)
{
    return c != '\0' && strchr(characters, c) != NULL;
}

/* ---- characters ---- */

/* One character as it is; not half a surrogate pair. */
static bool
copy_character(struct reader *r)
{
    uint32_t c;
    size_t length = at_end(r) ? 0 : code_point_read(r->source, r->at, &c);

    if (length == 0 || code_point_is_surrogate(c))
        return false;
    buffer_add(r->out, text_slice(r->source, r->at, length));
    r->at += length;
    return true;
}

/* Behind the backslash: SingleCharEsc. */
static bool
copy_escape(struct reader *r)
{
    char c = peek(r);

    if (!is_one_of(c, "()*+-.?[\\]^nrt{|}"))
        return false;
    buffer_byte(r->out, '\\');
    buffer_byte(r->out, c);
    r->at++;
    return true;
}

/* \p{Lu}, \P{L} and so on, at the backslash. Nothing but general categories, by their short names. */
static bool
copy_category(struct reader *r)
{
    static const char *const categories[] = { "Llmotu", "Mcen", "Ndlo", "Pcdefios", "Zlps", "Sckmo", "Ccfno" };
    size_t start = r->at, length;
    struct text name;

    r->at += 2;
    if (!take(r, '{'))
        return false;
    length = text_find(text_from(r->source, r->at), '}');
    name = text_slice(r->source, r->at, length);
    r->at += length;
    if (name.length < 1 || name.length > 2 || !take(r, '}'))
        return false;
    for (size_t i = 0; i < sizeof categories / sizeof categories[0]; i++) {
        if (categories[i][0] != name.data[0])
            continue;
        if (name.length == 2 && !is_one_of(name.data[1], categories[i] + 1))
            return false;
        buffer_add(r->out, text_slice(r->source, start, r->at - start));
        return true;
    }
    return false;
}

static bool
at_category(const struct reader *r)
{
    struct text rest = text_from(r->source, r->at);

    return text_starts(rest, TEXT("\\p")) || text_starts(rest, TEXT("\\P"));
}

/* ---- classes ---- */

/* CCchar */
static bool
copy_class_character(struct reader *r)
{
    if (take(r, '\\'))
        return copy_escape(r);
    return !is_one_of(peek(r), "[]-") && copy_character(r);
}

/* A character, two with a '-' between them, or a category. */
static bool
copy_class_member(struct reader *r)
{
    if (at_category(r))
        return copy_category(r);
    if (!copy_class_character(r))
        return false;
    if (peek(r) != '-' || text_starts(text_from(r->source, r->at), TEXT("-]")))
        return true;
    r->at++;
    buffer_byte(r->out, '-');
    return copy_class_character(r);
}

/* Behind the '['. A '-' that stands for itself is the first or the last of the class. */
static bool
copy_class(struct reader *r)
{
    bool empty = true;

    buffer_byte(r->out, '[');
    if (take(r, '^'))
        buffer_byte(r->out, '^');
    if (take(r, '-')) {
        buffer_add(r->out, TEXT("\\-"));
        empty = false;
    }
    while (!at_end(r) && peek(r) != ']' && peek(r) != '-') {
        if (!copy_class_member(r))
            return false;
        empty = false;
    }
    if (!empty && take(r, '-'))
        buffer_add(r->out, TEXT("\\-"));
    buffer_byte(r->out, ']');
    return !empty && take(r, ']');
}

/* ---- pieces ---- */

static bool
copy_digits(struct reader *r)
{
    size_t start = r->at;

    while (peek(r) >= '0' && peek(r) <= '9')
        buffer_byte(r->out, r->source.data[r->at++]);
    return r->at > start;
}

/* At one of * + ? {. */
static bool
copy_quantifier(struct reader *r)
{
    char c = r->source.data[r->at++];

    buffer_byte(r->out, c);
    if (c != '{')
        return true;
    if (!copy_digits(r))
        return false;
    if (take(r, ',')) {
        buffer_byte(r->out, ',');
        (void)copy_digits(r);
    }
    buffer_byte(r->out, '}');
    return take(r, '}');
}

/* One character or class, which a quantifier may follow. */
static bool
copy_atom(struct reader *r)
{
    if (take(r, '.')) {
        buffer_add(r->out, TEXT("[^\\n\\r]"));
        return true;
    }
    if (take(r, '['))
        return copy_class(r);
    if (at_category(r))
        return copy_category(r);
    if (take(r, '\\'))
        return copy_escape(r);
    return !is_one_of(peek(r), "]}") && copy_character(r);
}

/* Alternatives, groups and what they are made of. Groups are only counted: the grammar has nothing else to remember. */
static bool
copy_expression(struct reader *r)
{
    bool repeatable = false;
    unsigned open = 0;

    while (!at_end(r)) {
        char c = peek(r);

        if (is_one_of(c, "*+?{")) {
            if (!repeatable || !copy_quantifier(r))
                return false;
            repeatable = false;
        } else if (c == '(' || c == ')') {
            if (c == ')' && open == 0)
                return false;
            open = c == '(' ? open + 1 : open - 1;
            buffer_add(r->out, c == '(' ? TEXT("(?:") : TEXT(")"));
            repeatable = c == ')';
            r->at++;
        } else if (c == '|' || c == '^' || c == '$') {
            buffer_byte(r->out, c);
            repeatable = false;
            r->at++;
        } else if (copy_atom(r)) {
            repeatable = true;
        } else {
            return false;
        }
    }
    return open == 0;
}

bool
iregexp_translate(struct text pattern, bool whole, struct buffer *out)
{
    struct reader r = { .source = pattern, .out = out };

    if (whole)
        buffer_add(out, TEXT("^(?:"));
    if (!copy_expression(&r))
        return false;
    if (whole)
        buffer_add(out, TEXT(")$"));
    return true;
}
