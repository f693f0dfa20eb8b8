/* example.c -- JSON as people write it in documents, mended: brackets, commas and colons. */
#include "extract/example.h"

#include <stdarg.h>

#include "extract/example_internal.h"
#include "extract/wording.h"

void
mender_note(struct mender *m, const char *format, ...)
{
    struct example *e = m->example;
    va_list arguments;

    if (e->note_count++ >= EXAMPLE_NOTES)
        return;
    va_start(arguments, format);
    e->notes[e->note_count - 1] =
        (struct example_note){ .line = m->line, .what = arena_vprint(m->arena, format, arguments) };
    va_end(arguments);
}

static struct frame *
top(struct mender *m)
{
    return &m->frames[m->depth - 1];
}

/* Take back what was written from `length` on, except for the ends of lines. */
static void
take_back(struct mender *m, size_t length)
{
    struct text gone = text_from(buffer_text(&m->out), length);
    size_t lines = 0;

    for (size_t i = 0; gone.data != NULL && i < gone.length; i++)
        lines += gone.data[i] == '\n';
    buffer_truncate(&m->out, length);
    while (lines-- > 0)
        buffer_byte(&m->out, '\n');
}

/* The comma before a member or an item. */
static void
separate(struct mender *m)
{
    struct frame *f = top(m);

    f->key = buffer_length(&m->out);
    if (f->count > 0) {
        if (!f->comma)
            mender_note(m, "a comma was missing");
        buffer_byte(&m->out, ',');
    }
    f->count++;
    f->comma = false;
}

static void
open_bracket(struct mender *m, char bracket)
{
    size_t begin = buffer_length(&m->out);

    if (m->depth == LIMIT_EXTRACT_NESTING) {
        m->too_deep = m->done = true;
        return;
    }
    if (m->depth > 0) {
        if (top(m)->expected == EXPECT_ITEM)
            separate(m);
        top(m)->expected = EXPECT_COMMA;
    }
    m->frames[m->depth++] =
        (struct frame){ .open = bracket, .expected = bracket == '{' ? EXPECT_KEY : EXPECT_ITEM, .begin = begin };
    buffer_byte(&m->out, bracket);
    m->at++;
}

static void
close_top(struct mender *m)
{
    struct frame f = *top(m);

    if (f.expected == EXPECT_COLON)
        take_back(m, f.key);
    else if (f.expected == EXPECT_VALUE)
        buffer_add(&m->out, TEXT("null"));
    buffer_byte(&m->out, f.open == '{' ? '}' : ']');
    m->depth--;
    m->done = m->depth == 0;
    /* [ {…}, { ... } ]: the second one only says that there may be more */
    if (f.open == '{' && f.count == 0 && f.ellipsis && m->depth > 0 && top(m)->open == '[' && top(m)->count > 1) {
        take_back(m, f.begin);
        top(m)->count--;
    }
}

static void
close_bracket(struct mender *m, char bracket)
{
    char open = bracket == '}' ? '{' : '[';
    uint32_t depth = m->depth;

    while (depth > 0 && m->frames[depth - 1].open != open)
        depth--;
    m->at++;
    if (depth == 0) {
        mender_note(m, "a '%c' was too many", bracket);
        return;
    }
    while (m->depth > depth) {
        mender_note(m, "a '%c' was missing", top(m)->open == '{' ? '}' : ']');
        close_top(m);
    }
    if (top(m)->comma && top(m)->count > 0 && !top(m)->ellipsis)
        mender_note(m, "a comma was too many");
    if (top(m)->expected == EXPECT_COLON || top(m)->expected == EXPECT_VALUE)
        mender_note(m, "a value was missing");
    close_top(m);
}

/* What has no meaning of its own; true when something was taken. */
static bool
skip_space(struct mender *m)
{
    char c = mender_peek(m, 0);

    if (c == '\n') {
        buffer_byte(&m->out, '\n');
        m->line++;
        m->at++;
    } else if ((unsigned char)c <= ' ') {
        m->at++;
    } else if (text_starts(text_from(m->in, m->at), TEXT("\xc2\xa0"))) { /* a space that does not break */
        m->at += 2;
    } else if (text_starts(text_from(m->in, m->at), TEXT("\xef\xbb\xbf"))) { /* a byte order mark */
        m->at += 3;
    } else {
        return false;
    }
    return true;
}

static bool
skip_comment(struct mender *m)
{
    char c = mender_peek(m, 0), next = mender_peek(m, 1);

    if (c == '#' || (c == '/' && next == '/') || (c == '-' && next == '-' && !is_digit(mender_peek(m, 2)))) {
        while (m->at < m->in.length && m->in.data[m->at] != '\n')
            m->at++;
    } else if (c == '/' && next == '*') {
        for (m->at += 2; m->at < m->in.length; m->at++) {
            if (m->in.data[m->at] == '\n') {
                buffer_byte(&m->out, '\n');
                m->line++;
            } else if (m->in.data[m->at] == '*' && mender_peek(m, 1) == '/') {
                m->at += 2;
                break;
            }
        }
    } else {
        return false;
    }
    mender_note(m, "a comment was left out");
    return true;
}

static bool
skip_ellipsis(struct mender *m)
{
    struct text rest = text_from(m->in, m->at);
    size_t length = 0;

    if (text_starts(rest, TEXT("\xe2\x80\xa6")))
        length = 3;
    else if (m->depth > 0 && top(m)->open == '[' && text_starts(rest, TEXT("\"...\"")))
        length = 5;
    else if (text_starts(rest, TEXT("..")))
        while (length < rest.length && rest.data[length] == '.')
            length++;
    if (length == 0)
        return false;
    m->at += length;
    if (m->depth > 0)
        top(m)->ellipsis = true;
    mender_note(m, "'...' was left out: there may be more");
    return true;
}

/* A name without quotes. Without a colon behind it, it is none. */
static void
bare_key(struct mender *m)
{
    size_t start = m->at, end, colon;
    struct text word;

    while (m->at < m->in.length && (is_name_byte(m->in.data[m->at]) || mender_peek(m, 0) == '-' ||
                                    mender_peek(m, 0) == '.' || mender_peek(m, 0) == '$' || mender_peek(m, 0) == '@'))
        m->at++;
    end = m->at;
    for (colon = end; colon < m->in.length && is_blank(m->in.data[colon]); colon++)
        ;
    word = text_slice(m->in, start, end - start);
    if (word.length > 0 && colon < m->in.length &&
        (m->in.data[colon] == ':' || m->in.data[colon] == '=' || m->in.data[colon] == '?')) {
        separate(m);
        buffer_byte(&m->out, '"');
        buffer_add(&m->out, word);
        buffer_byte(&m->out, '"');
        mender_note(m, "the name %.*s had no quotes", TEXT_PRINT(text_slice(word, 0, LIMIT_EXTRACT_SHOWN)));
        top(m)->expected = EXPECT_COLON;
        return;
    }
    while (m->at < m->in.length && m->in.data[m->at] != '\n' && m->in.data[m->at] != ',' && m->in.data[m->at] != '}' &&
           m->in.data[m->at] != '"')
        m->at++;
    if (m->at == start) /* a sign that has no place here */
        m->at++;
    mender_note(m, "'%.*s' was left out",
                TEXT_PRINT(wording_trim(text_slice(m->in, start, m->at - start > 40 ? 40 : m->at - start))));
}

static void
take_key(struct mender *m)
{
    if (mender_quote(m) == 0) {
        bare_key(m);
        return;
    }
    separate(m);
    (void)mender_string(m);
    top(m)->expected = EXPECT_COLON;
}

static void
take_colon(struct mender *m)
{
    char c = mender_peek(m, 0);

    if (c == '?') { /* optional, as TypeScript says it */
        m->at++;
        mender_note(m, "a '?' was left out");
        return;
    }
    if (c == ',') {
        mender_note(m, "a name without a value was left out");
        take_back(m, top(m)->key);
        top(m)->count--;
        top(m)->comma = true;
        top(m)->expected = EXPECT_KEY;
        m->at++;
        return;
    }
    if (c == ':' || c == '=') {
        m->at += c == '=' && mender_peek(m, 1) == '>' ? 2 : 1;
        if (c == '=')
            mender_note(m, "'=' stood for ':'");
    } else {
        mender_note(m, "a ':' was missing");
    }
    buffer_byte(&m->out, ':');
    top(m)->expected = EXPECT_VALUE;
}

static void
take_value(struct mender *m)
{
    struct frame *f = top(m);
    char c = mender_peek(m, 0);

    if (c == ',') {
        mender_note(m, f->expected == EXPECT_ITEM ? "a comma was too many" : "a value was missing");
        if (f->expected == EXPECT_VALUE) {
            buffer_add(&m->out, TEXT("null"));
            f->expected = EXPECT_COMMA;
        } else {
            m->at++;
        }
        return;
    }
    if ((c == '{' || c == '[') && mender_placeholder(m) == 0) {
        open_bracket(m, c);
        return;
    }
    if (f->expected == EXPECT_ITEM)
        separate(m);
    if (mender_quote(m) > 0)
        (void)mender_string(m);
    else
        mender_word(m);
    f->expected = EXPECT_COMMA;
}

static void
take_comma(struct mender *m)
{
    struct frame *f = top(m);
    char c = mender_peek(m, 0);

    if (c == '|') { /* "a" | "b" */
        while (m->at < m->in.length && !strchr("\n,}]", m->in.data[m->at]))
            m->at++;
        mender_note(m, "of several values the first was taken");
        return;
    }
    if (c == ',' || c == ';') {
        f->comma = true;
        m->at++;
        if (c == ';')
            mender_note(m, "';' stood for ','");
    }
    f->expected = f->open == '{' ? EXPECT_KEY : EXPECT_ITEM;
}

static void
step(struct mender *m)
{
    struct frame *f = top(m);
    char c = mender_peek(m, 0);

    if (c == '}' || c == ']') {
        close_bracket(m, c);
        return;
    }
    switch (f->expected) {
    case EXPECT_KEY:
        if (c == ',' || c == '{' || c == '[') {
            mender_note(m, "a '%c' was too many", c);
            m->at++;
        } else {
            take_key(m);
        }
        return;
    case EXPECT_COLON:
        take_colon(m);
        return;
    case EXPECT_VALUE:
    case EXPECT_ITEM:
        take_value(m);
        return;
    case EXPECT_COMMA:
        take_comma(m);
        return;
    }
}

static void
mend(struct mender *m)
{
    while (m->at < m->in.length && !m->done) {
        if (skip_space(m) || skip_comment(m) || skip_ellipsis(m))
            continue;
        m->last_line = m->line;
        if (m->depth > 0)
            step(m);
        else if (mender_peek(m, 0) == '{' || mender_peek(m, 0) == '[')
            open_bracket(m, mender_peek(m, 0));
        else
            return;
    }
    m->line = m->done ? m->line : m->last_line;
    while (m->depth > 0 && !m->too_deep) {
        mender_note(m, "a '%c' was missing at the end", top(m)->open == '{' ? '}' : ']');
        close_top(m);
    }
}

int
example_read(struct example *e, struct text source, struct arena *arena, const char **why)
{
    struct mender *m = ARENA_NEW(arena, struct mender);
    int result = 0;

    *e = (struct example){ 0 };
    *why = "there is no JSON";
    if (m == NULL)
        return -1;
    *m = (struct mender){ .example = e, .in = source, .arena = arena };
    buffer_init(&m->out, 8 * LIMIT_EXTRACT_EXAMPLE);
    mend(m);
    e->end = m->at;
    if (m->too_deep)
        *why = "it is nested too deep for an example";
    if (m->done && !m->too_deep)
        result = buffer_failed(&m->out) ? -1 : 1;
    if (result > 0) {
        e->json = arena_text(arena, buffer_text(&m->out));
        result = e->json.data != NULL ? 1 : -1;
    }
    buffer_release(&m->out);
    return result;
}
