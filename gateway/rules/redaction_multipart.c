/* redaction_multipart.c -- multipart bodies, part by part (RFC 2046 5.1, RFC 7578). Read as loosely as any server
 * might: what one of them takes for a name is one here. */
#include "base/limits.h"
#include "http/media_type.h"
#include "rules/redaction_internal.h"

static char
lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* Where the word is, ASCII case ignored; the length when it is not there. */
static size_t
search_nocase(struct text t, struct text word)
{
    for (size_t i = 0; i + word.length <= t.length; i++)
        if (lower(t.data[i]) == word.data[0] && text_equal_nocase(text_slice(t, i, word.length), word))
            return i;
    return t.length;
}

/* The value behind name=, name*= or name = of the head; false when there is no further one. */
static bool
next_name(struct text *rest, struct text *name)
{
    size_t at;

    while ((at = search_nocase(*rest, TEXT("name"))) < rest->length) {
        char before = at > 0 ? rest->data[at - 1] : ';';
        bool extended, quoted;

        *rest = text_from(*rest, at + 4);
        extended = text_starts(*rest, TEXT("*"));
        *rest = text_trim(text_from(*rest, extended ? 1 : 0));
        if (text_find(TEXT("; \t\r\n"), before) == 5 || !text_starts(*rest, TEXT("=")))
            continue;
        *rest = text_trim(text_from(*rest, 1));
        quoted = text_starts(*rest, TEXT("\""));
        *rest = text_from(*rest, quoted ? 1 : 0);
        for (at = 0;
             at < rest->length && (quoted ? rest->data[at] != '"' : text_find(TEXT("; \t\r\n"), rest->data[at]) == 5);)
            at++;
        *name = text_slice(*rest, 0, at);
        if (extended) /* charset'language'value (RFC 8187 3.2) */
            while (text_find(*name, '\'') < name->length)
                *name = text_from(*name, text_find(*name, '\'') + 1);
        *rest = text_from(*rest, at);
        return true;
    }
    return false;
}

static enum redact_action
action_of(struct redacting *d, struct text head, struct text *name)
{
    struct text rest = head;

    while (next_name(&rest, name)) {
        enum redact_action action = name_set_find(&d->rules->fields, *name);

        if (action != REDACT_NONE)
            return action;
    }
    return REDACT_NONE;
}

/* Is the content written in a way that hides it (RFC 2045 6)? */
static bool
is_encoded(struct text head)
{
    static const struct text plain[] = { { "7bit", 4 }, { "8bit", 4 }, { "binary", 6 } };
    size_t at = search_nocase(head, TEXT("content-transfer-encoding:"));
    struct text value = text_trim(text_from(head, at + 26));

    if (at == head.length)
        return false;
    for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
        if (text_equal_nocase(text_slice(value, 0, plain[i].length), plain[i]))
            return false;
    return true;
}

/* The content of one part. */
static bool
redact_content(struct redacting *d, struct text head, struct text *content, bool *readable)
{
    struct text name = { NULL, 0 };
    enum redact_action action = action_of(d, head, &name);
    size_t start, end;

    if (action != REDACT_NONE) {
        struct text place = arena_print(d->arena, "/%.*s", TEXT_PRINT(name));

        d->failed = d->failed || place.data == NULL;
        *content = redact_value(d, action, *content);
        redact_note(d, "body", place);
        return true;
    }
    if (is_encoded(head)) {
        *readable = false;
        return false;
    }
    if (search_nocase(head, TEXT("json")) < head.length) {
        bool changed = redact_json(d, content, readable);

        if (changed || *readable)
            return changed;
        return false;
    }
    if (!text_is_utf8(*content)) {
        *readable = *readable && !(d->rules->cards && card_number_search(*content, 0, &start, &end));
        return false;
    }
    if (!redact_inside(d, content))
        return false;
    redact_note(d, "body", TEXT(""));
    return true;
}

/* Head and content; without an empty line between them, all of it is head. */
static size_t
head_length(struct text part, size_t *blank)
{
    size_t strict = text_search(part, TEXT("\r\n\r\n")), loose = text_search(part, TEXT("\n\n"));

    *blank = strict < loose ? 4 : loose < part.length ? 2 : 0;
    return strict < loose ? strict : loose;
}

static bool
redact_part(struct redacting *d, struct text part, struct buffer *out, bool *readable)
{
    size_t blank, length = head_length(part, &blank);
    struct text head = text_slice(part, 0, length), content = text_from(part, length + blank);
    size_t tail = text_ends(content, TEXT("\r\n")) ? 2 : text_ends(content, TEXT("\n")) ? 1 : 0;
    struct text end = text_from(content, content.length - tail);
    bool changed;

    content = text_slice(content, 0, content.length - tail);
    changed = redact_content(d, head, &content, readable);
    if (redact_patterns(d, &head)) { /* the names of files */
        redact_note(d, "body", TEXT(""));
        changed = true;
    }
    buffer_add(out, head);
    buffer_add(out, text_slice(part, length, blank));
    buffer_add(out, content);
    buffer_add(out, end);
    return changed;
}

bool
redact_multipart(struct redacting *d, const struct media_type *type, struct text *t, bool *readable)
{
    struct text boundary = media_type_parameter(type, TEXT("boundary")), rest = *t;
    struct buffer out;
    bool changed = false;

    *readable = boundary.length > 0;
    if (!*readable)
        return false;
    boundary = arena_print(d->arena, "--%.*s", TEXT_PRINT(boundary));
    *readable = boundary.data != NULL && text_search(rest, boundary) < rest.length;
    buffer_init(&out, t->length * 16 + LIMIT_KIB);
    while (*readable && rest.length > 0) {
        size_t end = text_search(text_from(rest, boundary.length), boundary) + boundary.length;

        if (end > rest.length)
            end = rest.length;
        changed = redact_part(d, text_slice(rest, 0, end), &out, readable) || changed;
        rest = text_from(rest, end);
    }
    if (changed && *readable) {
        *t = arena_text(d->arena, buffer_text(&out));
        d->failed = d->failed || buffer_failed(&out) || t->data == NULL;
    }
    buffer_release(&out);
    return changed;
}
