/* invariant_names.c -- what an expression names of the messages it is about.
 *
 * Lua is compiled elsewhere (script.c); here its source is only looked through for names with what stands behind them:
 * `body.order.total`, `request.header["x-tenant"]`. So a mistyped name is told when it is loaded, it is known what is
 * missing when an equation cannot be computed, and joins keep only the members that matter. An index that is computed
 * ends what is known. A local variable that has the name of one of ours is taken for ours. */
#include <stdio.h>

#include "json/pointer.h"
#include "rules/invariant_internal.h"

#define STEPS 32 /* of one name; those behind are not looked at */

/* ---- tokens of Lua (5.4 manual, 3.1) ---- */

enum token {
    TOKEN_END,
    TOKEN_NAME,
    TOKEN_STRING, /* without escapes */
    TOKEN_DOT,
    TOKEN_OPEN,  /* [ */
    TOKEN_CLOSE, /* ] */
    TOKEN_COLON,
    TOKEN_OTHER,
};

struct lexer {
    const char *at, *end;
    struct text text; /* of a name or string */
};

static bool
is_name_start(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool
follows(const struct lexer *l, const char *what)
{
    size_t length = strlen(what);

    return (size_t)(l->end - l->at) >= length && memcmp(l->at, what, length) == 0;
}

/* A long bracket, [[ … ]] or [==[ … ]==], is skipped. False: none begins here. */
static bool
skip_long(struct lexer *l)
{
    const char *p = l->at + 1;
    size_t level = 0;

    while (p < l->end && *p == '=') {
        p++;
        level++;
    }
    if (l->at >= l->end || *l->at != '[' || p >= l->end || *p != '[')
        return false;
    for (p++; p < l->end; p++) {
        size_t n = 0;

        if (*p != ']')
            continue;
        while (p + 1 + n < l->end && p[1 + n] == '=')
            n++;
        if (n == level && p + 1 + n < l->end && p[1 + n] == ']') {
            l->at = p + n + 2;
            return true;
        }
    }
    l->at = l->end;
    return true;
}

static void
skip_blanks(struct lexer *l)
{
    while (l->at < l->end) {
        if (strchr(" \t\r\n\f\v", *l->at) != NULL && *l->at != '\0') {
            l->at++;
        } else if (follows(l, "--")) {
            l->at += 2;
            if (!skip_long(l))
                while (l->at < l->end && *l->at != '\n')
                    l->at++;
        } else {
            return;
        }
    }
}

static enum token
next_string(struct lexer *l)
{
    char quote = *l->at++;
    const char *start = l->at;
    bool escaped = false;

    while (l->at < l->end && *l->at != quote) {
        if (*l->at == '\\' && l->at + 1 < l->end) {
            escaped = true;
            l->at++;
        }
        l->at++;
    }
    l->text = text_make(start, (size_t)(l->at - start));
    if (l->at < l->end)
        l->at++;
    return escaped ? TOKEN_OTHER : TOKEN_STRING;
}

static enum token
next_token(struct lexer *l)
{
    const char *start;

    skip_blanks(l);
    start = l->at;
    if (start == l->end)
        return TOKEN_END;
    if (*start == '"' || *start == '\'')
        return next_string(l);
    if (skip_long(l))
        return TOKEN_OTHER;
    l->at++;
    if (is_name_start(*start) || is_digit(*start)) {
        bool number = is_digit(*start);

        while (l->at < l->end && (is_name_start(*l->at) || is_digit(*l->at) || (number && *l->at == '.')))
            l->at++;
        l->text = text_make(start, (size_t)(l->at - start));
        return number ? TOKEN_OTHER : TOKEN_NAME;
    }
    if (*start == '.' && l->at < l->end && *l->at == '.') { /* .. and ... */
        while (l->at < l->end && *l->at == '.')
            l->at++;
        return TOKEN_OTHER;
    }
    return *start == '.'   ? TOKEN_DOT
           : *start == '[' ? TOKEN_OPEN
           : *start == ']' ? TOKEN_CLOSE
           : *start == ':' ? TOKEN_COLON
                           : TOKEN_OTHER;
}

/* `.name` or `["name"]`; nothing is taken when neither follows. */
static bool
next_step(struct lexer *l, struct text *step)
{
    struct lexer ahead = *l;
    enum token token = next_token(&ahead);

    if (token == TOKEN_DOT && next_token(&ahead) == TOKEN_NAME) {
        *step = ahead.text;
    } else if (token == TOKEN_OPEN && next_token(&ahead) == TOKEN_STRING) {
        *step = ahead.text;
        if (next_token(&ahead) != TOKEN_CLOSE)
            return false;
    } else {
        return false;
    }
    *l = ahead;
    return true;
}

/* ---- names ---- */

static const struct {
    struct text first, second;
} names[NAME_COUNT] = {
#define N(NAME, first, second) { { first, sizeof(first) - 1 }, { second, sizeof(second) - 1 } },
    INVARIANT_NAMES(N)
#undef N
};

static const char *const whole_names[NAME_COUNT] = {
#define N(NAME, first, second) (sizeof(second) > 1 ? first "." second : first),
    INVARIANT_NAMES(N)
#undef N
};

struct text
invariant_name_text(enum invariant_name name)
{
    return text_of(whole_names[name]);
}

/* The name that these steps begin with; *used of them are its own. NAME_COUNT: none. */
static enum invariant_name
name_of(const struct text *steps, uint32_t count, uint32_t *used)
{
    for (unsigned i = 0; i < NAME_COUNT; i++) {
        if (count == 0 || !text_equal(steps[0], names[i].first))
            continue;
        *used = names[i].second.length == 0 ? 1 : 2;
        if (*used == 1 || (count > 1 && text_equal(steps[1], names[i].second)))
            return (enum invariant_name)i;
    }
    return NAME_COUNT;
}

/* Is the word the beginning of one of our names? */
static bool
is_ours(struct text word)
{
    for (unsigned i = 0; i < NAME_COUNT; i++)
        if (i != NAME_ITEM && text_equal(word, names[i].first))
            return true;
    return false;
}

/* "there are status, body, …" and the nearest of them. */
static int
refuse(const struct expression *e, struct text written, struct text front, uint32_t allowed, struct error *err)
{
    const char *candidates[NAME_COUNT], *nearest;
    struct text word = written;
    char list[200];
    size_t length = 0;
    uint32_t count = 0;

    list[0] = '\0';
    for (unsigned i = 0; i < NAME_COUNT; i++)
        if (allowed & NAME_BIT(i)) {
            candidates[count++] = whole_names[i];
            length +=
                (size_t)snprintf(list + length, sizeof list - length, "%s%s", count > 1 ? ", " : "", whole_names[i]);
        }
    nearest = text_nearest(word, candidates, count);
    if (nearest != NULL)
        return error_set(err, ERROR_CONFIG, e->where.data, "there is no '%.*s%.*s' here; did you mean '%.*s%s'?",
                         TEXT_PRINT(front), TEXT_PRINT(written), TEXT_PRINT(front), nearest);
    return error_set(err, ERROR_CONFIG, e->where.data, "there is no '%.*s%.*s' here; there are %s", TEXT_PRINT(front),
                     TEXT_PRINT(written), list);
}

/* A name that there is, but not here. */
static int
refuse_known(const struct expression *e, enum invariant_name name, const struct name_space *space, struct error *err)
{
    if (name == NAME_BODY)
        return error_set(err, ERROR_CONFIG, e->where.data,
                         "with side: exchange there are two bodies; write request.body or response.body");
    if (name == NAME_ITEM)
        return error_set(err, ERROR_CONFIG, e->where.data, "'item' is for parts with 'each'");
    (void)space;
    return error_set(err, ERROR_CONFIG, e->where.data,
                     "with side: request there is no '%s' yet; write side: exchange to look at both",
                     whole_names[name]);
}

struct finder {
    struct expression *expression;
    const struct name_space *space;
    struct arena *arena;
    struct error *err;
    uint32_t capacity;
};

static int
add_named(struct finder *f, uint32_t part, enum invariant_name name, const struct text *steps, uint32_t count)
{
    struct expression *e = f->expression;
    struct buffer pointer;
    struct named *n;

    if (e->named_count == f->capacity) {
        uint32_t capacity = f->capacity == 0 ? 4 : f->capacity * 2;

        e->named = arena_grow(f->arena, e->named, f->capacity * sizeof *n, capacity * sizeof *n);
        if (e->named == NULL)
            return error_memory(f->err);
        f->capacity = capacity;
    }
    buffer_init(&pointer, LIMIT_POINTER_BYTES);
    for (uint32_t i = 0; i < count; i++)
        pointer_add(&pointer, steps[i]);
    n = &e->named[e->named_count++];
    *n = (struct named){ .part = part,
                         .name = name,
                         .pointer = arena_text(f->arena, buffer_text(&pointer)),
                         .member = count > 0 ? steps[0] : text_make(NULL, 0) };
    buffer_release(&pointer);
    return n->pointer.data == NULL ? error_memory(f->err) : 0;
}

/* `steps` are below the part (or an exchange). */
static int
found_name(struct finder *f, uint32_t part, struct text front, const struct text *steps, uint32_t count)
{
    const struct name_space *space = f->space;
    uint32_t used = 0, allowed = space->allowed;
    enum invariant_name name = name_of(steps, count, &used);
    struct text written = steps[0];

    if (space->parts != NULL && space->parts[part].each)
        allowed |= NAME_BIT(NAME_ITEM);
    if (name != NAME_COUNT && (allowed & NAME_BIT(name)) != 0)
        return add_named(f, part, name, steps + used, count - used);
    if (name != NAME_COUNT)
        return refuse_known(f->expression, name, space, f->err);
    if (count > 1 && is_ours(steps[0])) /* `request.bodi`; a text of two steps for the message */
        written = arena_print(f->arena, "%.*s.%.*s", TEXT_PRINT(steps[0]), TEXT_PRINT(steps[1]));
    return refuse(f->expression, written, front, allowed, f->err);
}

static int
found_steps(struct finder *f, const struct text *steps, uint32_t count)
{
    const struct name_space *space = f->space;

    if (space->parts == NULL)
        return is_ours(steps[0]) ? found_name(f, 0, text_make(NULL, 0), steps, count) : 0;
    for (uint32_t i = 0; i < space->part_count; i++) {
        struct text front;

        if (!text_equal(steps[0], space->parts[i].name))
            continue;
        if (count == 1)
            return error_set(f->err, ERROR_CONFIG, f->expression->where.data,
                             "'%.*s' is a part; name something of it, such as %.*s.body", TEXT_PRINT(steps[0]),
                             TEXT_PRINT(steps[0]));
        front = arena_print(f->arena, "%.*s.", TEXT_PRINT(steps[0]));
        return found_name(f, i, front, steps + 1, count - 1);
    }
    if (is_ours(steps[0]))
        return error_set(f->err, ERROR_CONFIG, f->expression->where.data, "'%.*s' of which part? write %.*s.%.*s",
                         TEXT_PRINT(steps[0]), TEXT_PRINT(space->parts[0].name), TEXT_PRINT(steps[0]));
    return 0;
}

int
invariant_names_find(struct expression *expression, const struct name_space *space, struct arena *arena,
                     struct error *err)
{
    struct finder f = { .expression = expression, .space = space, .arena = arena, .err = err };
    struct lexer l = { .at = expression->source.data, .end = expression->source.data + expression->source.length };
    enum token token, before = TOKEN_OTHER;

    while ((token = next_token(&l)) != TOKEN_END) {
        struct text steps[STEPS];
        uint32_t count = 1;

        if (token == TOKEN_NAME && before != TOKEN_DOT && before != TOKEN_COLON) {
            steps[0] = l.text;
            while (count < STEPS && next_step(&l, &steps[count]))
                count++;
            if (found_steps(&f, steps, count) < 0)
                return -1;
        }
        before = token;
    }
    return 0;
}
