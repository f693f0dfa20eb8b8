/* redaction_json.c -- secrets in a JSON text. The text is read onto a tape; what is found is written anew by place,
 * every other byte stays. */
#include "base/hash.h"
#include "base/limits.h"
#include "json/document.h"
#include "json/pointer.h"
#include "json/write.h"
#include "rules/card_number.h"
#include "rules/redaction_internal.h"

/* How a value was reached, from the innermost step outwards. */
struct step {
    const struct step *up;
    struct text name; /* data NULL: an array's item */
    uint32_t depth;
};

struct json_edit {
    struct redacting *d;
    struct text source;
    struct buffer out;
    size_t done; /* bytes of the source that are in out */
    bool changed;
};

/* ---- where a value ends ---- */

static size_t
string_end(struct text source, size_t at)
{
    for (at++; source.data[at] != '"'; at++)
        if (source.data[at] == '\\')
            at++;
    return at + 1;
}

static size_t
container_end(struct text source, size_t at)
{
    unsigned depth = 0;

    do {
        char c = source.data[at];

        if (c == '"') {
            at = string_end(source, at);
            continue;
        }
        if (c == '{' || c == '[')
            depth++;
        else if (c == '}' || c == ']')
            depth--;
        at++;
    } while (depth > 0);
    return at;
}

static size_t
value_end(struct text source, const struct value *v)
{
    switch (v->type) {
    case VALUE_STRING:
        return (v->flags & VALUE_ESCAPED) != 0 ? string_end(source, v->place) : (size_t)v->place + v->count + 2;
    case VALUE_NUMBER:
        return (size_t)v->place + v->count;
    case VALUE_FALSE:
        return (size_t)v->place + 5;
    case VALUE_NULL:
    case VALUE_TRUE:
        return (size_t)v->place + 4;
    default:
        return container_end(source, v->place);
    }
}

/* ---- edits ---- */

static void
note_step(struct buffer *pointer, const struct step *step)
{
    if (step == NULL)
        return;
    note_step(pointer, step->up);
    if (step->name.data != NULL)
        pointer_add(pointer, step->name);
    else
        buffer_add(pointer, TEXT("/*"));
}

/* Array indices are noted as "*": one line for a whole list. */
static void
note_place(struct json_edit *e, const struct step *step)
{
    struct buffer pointer;

    buffer_init(&pointer, LIMIT_POINTER_BYTES);
    note_step(&pointer, step);
    redact_note(e->d, "body", buffer_failed(&pointer) ? TEXT("") : buffer_text(&pointer));
    buffer_release(&pointer);
}

/* What the source says up to v, then nothing of v. */
static void
skip_to(struct json_edit *e, const struct value *v)
{
    buffer_add(&e->out, text_slice(e->source, e->done, v->place - e->done));
    e->done = value_end(e->source, v);
    e->changed = true;
}

/* A number stays a number: the same one for the same secret, small enough for every reader. */
static void
write_number(struct json_edit *e, enum redact_action action, struct text secret)
{
    unsigned char digest[HASH_DIGEST_BYTES];
    uint64_t number = 0;

    if (action == REDACT_HASH && hash_hmac_sha256(e->d->rules->hash_key, secret, digest) == 0)
        for (int i = 0; i < 6; i++)
            number = number << 8 | digest[i];
    buffer_print(&e->out, "%llu", (unsigned long long)number);
}

static void
write_instead(struct json_edit *e, enum redact_action action, const struct value *v)
{
    skip_to(e, v);
    switch (v->type) {
    case VALUE_STRING:
        json_escape(&e->out, redact_value(e->d, action, value_text(v)));
        break;
    case VALUE_NUMBER:
        write_number(e, action, value_text(v));
        break;
    case VALUE_ARRAY:
        buffer_add(&e->out, TEXT("[]"));
        break;
    case VALUE_OBJECT:
        buffer_add(&e->out, TEXT("{}"));
        break;
    default:
        buffer_add(&e->out, TEXT("false"));
        break;
    }
}

/* ---- the walk ---- */

/* "*" stands for any step; an index for any item, because what holds for one holds for its neighbours. */
static bool
token_fits(struct text token, const struct step *step)
{
    uint64_t index;

    if (text_equal(token, TEXT("*")))
        return true;
    return step->name.data != NULL ? text_equal(token, step->name) : text_to_u64(token, &index);
}

static enum redact_action
pointer_action(const struct redaction *r, const struct step *step)
{
    for (uint32_t i = 0; i < r->pointer_count; i++) {
        const struct pointer_rule *rule = &r->pointers[i];
        const struct step *s = step;
        uint32_t at = rule->count;

        if (step == NULL || rule->count != step->depth)
            continue;
        while (at > 0 && token_fits(rule->tokens[at - 1], s)) {
            at--;
            s = s->up;
        }
        if (at == 0)
            return rule->action;
    }
    return REDACT_NONE;
}

/* Patterns in the text of a string, a number or a key. */
static void
walk_text(struct json_edit *e, const struct value *v, const struct step *step)
{
    struct text t = value_text(v);

    if (v->type == VALUE_NUMBER && (v->flags & VALUE_INTEGER) == 0)
        return; /* digits of a measurement */
    if (!(v->type == VALUE_STRING ? redact_inside(e->d, &t) : redact_patterns(e->d, &t)))
        return;
    skip_to(e, v);
    if (v->type == VALUE_STRING)
        json_escape(&e->out, t);
    else
        buffer_byte(&e->out, '0');
    note_place(e, step);
}

static void walk(struct json_edit *e, const struct value *v, const struct step *step, enum redact_action above);

static void
walk_object(struct json_edit *e, const struct value *v, const struct step *step, enum redact_action above)
{
    for (VALUE_EACH_MEMBER(key, v)) {
        struct step inner = { step, value_text(key), step != NULL ? step->depth + 1 : 1 };
        enum redact_action action = above;

        if (inner.name.data == NULL)
            inner.name.data = "";
        if (action == REDACT_NONE)
            action = name_set_find(&e->d->rules->fields, inner.name);
        walk_text(e, key, &inner);
        walk(e, value_next(key), &inner, action);
    }
}

/* `above` is the action of the member that v is in: masking and hashing go down to the leaves, so that the shape
 * stays. */
static void
walk(struct json_edit *e, const struct value *v, const struct step *step, enum redact_action above)
{
    enum redact_action action = above != REDACT_NONE ? above : pointer_action(e->d->rules, step);

    if (v->type == VALUE_NULL)
        return; /* no value, no secret */
    if (v->type == VALUE_OBJECT && action != REDACT_REMOVE) {
        walk_object(e, v, step, action);
    } else if (v->type == VALUE_ARRAY && action != REDACT_REMOVE) {
        struct step inner = { step, { NULL, 0 }, step != NULL ? step->depth + 1 : 1 };

        for (VALUE_EACH_ITEM(item, v))
            walk(e, item, &inner, action);
    } else if (action != REDACT_NONE) {
        write_instead(e, action, v);
        note_place(e, step);
    } else if (v->type == VALUE_STRING || v->type == VALUE_NUMBER) {
        walk_text(e, v, step);
    }
}

/* A string in which there could be pairs, users of URLs, or JSON. */
static bool
is_odd(const struct value *v)
{
    struct text t = value_text(v);

    return t.length > 4 && (memchr(t.data, '=', t.length) != NULL || memchr(t.data, '<', t.length) != NULL ||
                            (v->flags & VALUE_ESCAPED) != 0 || text_search(t, TEXT("://")) < t.length);
}

/* "://", found by its slashes: there are few of them. */
static bool
has_url(struct text t)
{
    for (size_t at = text_find(t, '/'); at + 1 < t.length; at += 1 + text_find(text_from(t, at + 1), '/'))
        if (at > 0 && t.data[at - 1] == ':' && t.data[at + 1] == '/')
            return true;
    return false;
}

/* One look at each string of the tape, key or not, tells almost always that there is nothing to do. */
static bool
may_hold_secrets(const struct redaction *r, const struct document *document)
{
    struct text source = document->source;
    size_t start, end;
    bool odd = r->fields.count + r->queries.count > 0 &&
               (memchr(source.data, '=', source.length) != NULL || memchr(source.data, '<', source.length) != NULL ||
                memchr(source.data, '\\', source.length) != NULL ||
                (memchr(source.data, '@', source.length) != NULL && has_url(source)));

    if (r->pointer_count > 0 || r->pattern_count > 0 ||
        (r->cards && card_number_search(document->source, 0, &start, &end)))
        return true;
    for (uint32_t i = 0; i < document->values; i++) {
        const struct value *v = &document->root[i];

        if (v->type != VALUE_STRING)
            continue;
        if (v->count <= r->fields.longest * 2 && name_set_may_have(&r->fields, value_text(v)) &&
            name_set_find(&r->fields, value_text(v)) != REDACT_NONE)
            return true;
        if ((v->flags & VALUE_ESCAPED) != 0 && r->cards && card_number_search(value_text(v), 0, &start, &end))
            return true;
        if (odd && is_odd(v))
            return true;
    }
    return false;
}

bool
redaction_is_clean(const struct redaction *r, const struct document *document)
{
    return !r->active || !may_hold_secrets(r, document);
}

bool
redact_json(struct redacting *d, struct text *t, bool *readable)
{
    struct document document;
    struct json_edit e = { .d = d, .source = *t };

    *readable = document_parse(&document, *t, NULL, d->arena, NULL) == 0;
    if (!*readable || !may_hold_secrets(d->rules, &document))
        return false;
    buffer_init(&e.out, t->length * 16 + LIMIT_KIB);
    walk(&e, document.root, NULL, REDACT_NONE);
    if (e.changed) {
        buffer_add(&e.out, text_from(e.source, e.done));
        *t = arena_text(d->arena, buffer_text(&e.out));
        d->failed = d->failed || buffer_failed(&e.out) || t->data == NULL;
    }
    buffer_release(&e.out);
    return e.changed;
}
