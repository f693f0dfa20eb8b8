/* redaction_inside.c -- secrets in texts that say nothing of what is in them: URLs, pairs, JSON and XML inside of
 * strings, header values, query values and plain text.
 *
 * A text is read in the ways in which somebody may have written a secret into it, one inside the other up to
 * INSIDE_MOST; what is deeper is replaced whole if it could hold one. */
#include "rules/redaction_internal.h"

#define INSIDE_MOST 6

static bool
looks_like_json(struct text t)
{
    for (size_t i = 0; i < t.length; i++)
        if (text_find(TEXT(" \t\r\n"), t.data[i]) == 4)
            return t.data[i] == '{' || t.data[i] == '[';
    return false;
}

/* %XX where it is one; other bytes stay, so that one bad byte does not hide the rest. In the arena. */
static struct text
decode_loosely(struct redacting *d, struct text t, bool plus)
{
    char *out = arena_alloc(d->arena, t.length + 1);
    size_t length = 0;

    if (out == NULL) {
        d->failed = true;
        return t;
    }
    for (size_t i = 0; i < t.length; i++) {
        int high = t.data[i] == '%' && i + 2 < t.length ? text_hex_digit(t.data[i + 1]) : -1;
        int low = high >= 0 ? text_hex_digit(t.data[i + 2]) : -1;

        if (low >= 0) {
            out[length++] = (char)(high << 4 | low);
            i += 2;
        } else {
            out[length++] = plus && t.data[i] == '+' ? ' ' : t.data[i];
        }
    }
    return text_make(out, length);
}

static bool
has_any(struct text t, const char *bytes)
{
    for (; *bytes != '\0'; bytes++)
        if (text_find(t, *bytes) < t.length)
            return true;
    return false;
}

/* ---- out = the text up to a place, then something instead ---- */

struct splice {
    struct redacting *d;
    struct text source;
    struct buffer out;
    size_t done;
    bool changed;
};

static struct splice
splice_start(struct redacting *d, struct text source)
{
    struct splice s = { .d = d, .source = source };

    buffer_init(&s.out, source.length * 16 + 4096);
    return s;
}

static void
splice_put(struct splice *s, size_t from, size_t to, struct text instead)
{
    buffer_add(&s->out, text_slice(s->source, s->done, from - s->done));
    buffer_add(&s->out, instead);
    s->done = to;
    s->changed = true;
}

static bool
splice_end(struct splice *s, struct text *t)
{
    if (s->changed) {
        buffer_add(&s->out, text_from(s->source, s->done));
        *t = arena_text(s->d->arena, buffer_text(&s->out));
        s->d->failed = s->d->failed || buffer_failed(&s->out) || t->data == NULL;
    }
    buffer_release(&s->out);
    return s->changed;
}

/* ---- values that are encoded once more ---- */

bool
redact_encoded(struct redacting *d, bool plus, struct text *t)
{
    struct text plain;
    struct buffer out;

    if (!has_any(*t, plus ? "%+" : "%"))
        return redact_inside(d, t);
    plain = decode_loosely(d, *t, plus);
    if (!redact_inside(d, &plain))
        return false;
    buffer_init(&out, plain.length * 3 + 1);
    if (text_equal(plain, TEXT("***"))) /* readable, where all of it went */
        buffer_add(&out, plain);
    else
        percent_encode(&out, plain);
    *t = arena_text(d->arena, buffer_text(&out));
    d->failed = d->failed || buffer_failed(&out) || t->data == NULL;
    buffer_release(&out);
    return true;
}

/* ---- name=value ---- */

/* What ends a name, looked at from behind, and what ends a value. */
static bool
ends_name(char c)
{
    return (unsigned char)c <= ' ' || strchr("?&;#/,\"'<>{}()|=", c) != NULL;
}

static bool
ends_value(char c)
{
    return (unsigned char)c <= ' ' || strchr("&;#\"'<>", c) != NULL;
}

static enum redact_action
loose_action(struct redacting *d, struct text name)
{
    enum redact_action action;

    if (text_find(name, '%') < name.length)
        name = decode_loosely(d, name, true);
    action = name_set_find(&d->rules->queries, name);
    return action != REDACT_NONE ? action : name_set_find(&d->rules->fields, name);
}

/* Where the value that begins here ends; one in quotes begins behind its quote. */
static size_t
value_end(struct text t, size_t *from)
{
    size_t to = *from;

    if (to < t.length && (t.data[to] == '"' || t.data[to] == '\'')) {
        char quote = t.data[to];

        for (to = ++*from; to < t.length && t.data[to] != quote;)
            to++;
        return to;
    }
    while (to < t.length && !ends_value(t.data[to]))
        to++;
    return to;
}

/* a=b wherever it stands: in a URL, in a form, in a log line, in a tag. */
static bool
redact_assignments(struct redacting *d, struct text *t)
{
    struct splice s = splice_start(d, *t);
    struct text source = *t;
    size_t at = 0;

    while ((at += text_find(text_from(source, at), '=')) < source.length) {
        size_t name = at, from = at + 1, to;
        struct text value;
        enum redact_action action;

        while (name > s.done && !ends_name(source.data[name - 1]))
            name--;
        to = value_end(source, &from);
        value = text_slice(source, from, to - from);
        action = name < at ? loose_action(d, text_slice(source, name, at - name)) : REDACT_NONE;
        at++;
        if (value.length == 0)
            continue;
        if (action != REDACT_NONE) {
            splice_put(&s, from, to, redact_value(d, action, value));
            at = to;
        } else if (text_find(value, '%') < value.length && redact_encoded(d, true, &value)) {
            splice_put(&s, from, to, value);
            at = to;
        }
    }
    return splice_end(&s, t);
}

/* ---- scheme://user:password@host ---- */

static bool
redact_users(struct redacting *d, struct text *t)
{
    struct splice s = splice_start(d, *t);
    struct text source = *t;
    size_t at = 0;

    while ((at += text_search(text_from(source, at), TEXT("://"))) < source.length) {
        size_t from = at += 3, user = from;

        for (;
             at < source.length && (unsigned char)source.data[at] > ' ' && strchr("/?#\"'<>", source.data[at]) == NULL;
             at++)
            if (source.data[at] == '@')
                user = at;
        if (user > from)
            splice_put(&s, from, user, TEXT("***"));
    }
    return splice_end(&s, t);
}

/* ---- <name>value</name> ---- */

static bool
is_name_byte(char c)
{
    return (unsigned char)c > ' ' && strchr("/><=\"'", c) == NULL;
}

static bool
redact_elements(struct redacting *d, struct text *t)
{
    struct splice s = splice_start(d, *t);
    struct text source = *t;
    size_t at = 0;

    while ((at += text_find(text_from(source, at), '<')) < source.length) {
        size_t name = ++at, from, to;
        struct text tag, local;
        enum redact_action action;

        while (at < source.length && is_name_byte(source.data[at]))
            at++;
        tag = text_slice(source, name, at - name);
        local = text_from(tag, text_find(tag, ':') < tag.length ? text_find(tag, ':') + 1 : 0);
        action = tag.length > 0 ? name_set_find(&d->rules->fields, local) : REDACT_NONE;
        from = at + text_find(text_from(source, at), '>') + 1;
        if (action == REDACT_NONE || from > source.length || source.data[from - 2] == '/')
            continue;
        to = from;
        do { /* its own end, or all that is left */
            to += text_search(text_from(source, to), TEXT("</"));
            to += to < source.length ? 2 : 0;
        } while (to < source.length && !text_starts(text_from(source, to), tag));
        to -= to < source.length ? 2 : 0;
        splice_put(&s, from, to, redact_value(d, action, text_slice(source, from, to - from)));
        at = to;
    }
    return splice_end(&s, t);
}

/* ---- words with %XX: patterns in what they say ---- */

static bool
redact_words(struct redacting *d, struct text *t)
{
    struct splice s = splice_start(d, *t);
    struct text source = *t;
    size_t at = 0;

    while ((at += text_find(text_from(source, at), '%')) < source.length) {
        size_t from = at, to = at;
        struct text plain;

        while (from > s.done && !ends_value(source.data[from - 1]) && source.data[from - 1] != '/')
            from--;
        while (to < source.length && !ends_value(source.data[to]) && source.data[to] != '/')
            to++;
        plain = decode_loosely(d, text_slice(source, from, to - from), true);
        if (redact_patterns(d, &plain))
            splice_put(&s, from, to, TEXT("***"));
        at = to;
    }
    return splice_end(&s, t);
}

/* ---- all of it ---- */

/* Where a place is told is decided by who asked: what is inside has no place of its own. */
static bool
redact_inner_json(struct redacting *d, struct text *t, bool *readable)
{
    struct exchange *x = d->x;
    bool changed;

    d->x = NULL;
    changed = redact_json(d, t, readable);
    d->x = x;
    return changed;
}

/* What is in a text, found in one look. */
enum {
    MARK_PAIR = 1,
    MARK_USER = 2,
    MARK_TAG = 4,
    MARK_ENCODED = 8,
    MARK_JSON = 16,
};

static unsigned
marks_in(struct text t)
{
    static const uint8_t marks[256] = { ['='] = MARK_PAIR,    ['@'] = MARK_USER, ['<'] = MARK_TAG,
                                        ['%'] = MARK_ENCODED, ['{'] = MARK_JSON, ['['] = MARK_JSON };
    unsigned found = 0;

    for (size_t i = 0; i < t.length; i++)
        found |= marks[(unsigned char)t.data[i]];
    return found;
}

/* In each way in which names could be written. */
static bool
redact_named(struct redacting *d, unsigned marks, struct text *t)
{
    bool changed = false, readable = false;

    if ((marks & MARK_JSON) != 0 && looks_like_json(*t))
        changed = redact_inner_json(d, t, &readable);
    if (readable)
        return changed;
    if ((marks & MARK_PAIR) != 0)
        changed = redact_assignments(d, t) || changed;
    if ((marks & MARK_USER) != 0)
        changed = redact_users(d, t) || changed;
    if ((marks & MARK_TAG) != 0)
        changed = redact_elements(d, t) || changed;
    return changed;
}

bool
redact_inside(struct redacting *d, struct text *t)
{
    unsigned marks = marks_in(*t);
    bool changed = false;

    if (marks != 0 && d->rules->fields.count + d->rules->queries.count + d->rules->pointer_count > 0) {
        if (d->depth == INSIDE_MOST) {
            *t = TEXT("***");
            return true;
        }
        d->depth++;
        changed = redact_named(d, marks, t);
        d->depth--;
    }
    if ((marks & MARK_ENCODED) != 0)
        changed = redact_words(d, t) || changed;
    return redact_patterns(d, t) || changed;
}

bool
redact_path(struct redacting *d, struct text *path)
{
    struct splice s = splice_start(d, *path);
    struct text source = *path;
    bool changed;

    for (size_t at = 0, end; at < source.length; at = end + 1) {
        struct text segment = text_from(source, at);

        segment = text_slice(segment, 0, text_find(segment, '/'));
        end = at + segment.length;
        if (has_any(segment, "%;") && redact_encoded(d, false, &segment))
            splice_put(&s, at, end, segment);
    }
    changed = splice_end(&s, path);
    return redact_patterns(d, path) || changed;
}
