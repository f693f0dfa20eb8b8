/* redaction_body.c -- the bodies of messages, each kind in its own way.
 *
 *     JSON, JSON Lines, event streams   member names, pointers, patterns, in the text of every value
 *     forms, multipart                  field names, patterns
 *     other text                        patterns
 *     other bytes                       stay, unless they look like holding a card number
 *
 * What may hold secrets but was not held whole, or is not what it says it is, is replaced by its digest. */
#include "base/hash.h"
#include "base/limits.h"
#include "http/coding.h"
#include "http/media_type.h"
#include "rules/card_number.h"
#include "rules/redaction_internal.h"

/* What to do with a body. */
enum body_way {
    WAY_JSON,
    WAY_JSON_LINES,
    WAY_EVENTS,
    WAY_FORM,
    WAY_MULTIPART,
    WAY_TEXT,
    WAY_BYTES,
};

static bool
looks_like_json(struct text t)
{
    if (text_starts(t, TEXT("\xef\xbb\xbf"))) /* no JSON for our reader, but for others */
        t = text_from(t, 3);
    for (size_t i = 0; i < t.length; i++)
        if (text_find(TEXT(" \n\r\t"), t.data[i]) == 4)
            return t.data[i] == '{' || t.data[i] == '[';
    return false;
}

/* Pictures and the like: nothing in them can be named. */
static bool
is_picture(const struct media_type *type)
{
    static const char *const kinds[] = { "image", "audio", "video", "font" };

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (text_equal_nocase(type->type, text_of(kinds[i])))
            return true;
    return false;
}

/* No picture is UTF-8, but for those in XML; what is text could be a form or JSON after all. */
static bool
is_like_picture(const struct message *m)
{
    return message_header(m, HEADER_CONTENT_ENCODING) == NULL &&
           ((!looks_like_json(m->body) && text_find(m->body, '=') == m->body.length) || !text_is_utf8(m->body));
}

/* By the media type as told; what has none, or says "text", may still be JSON. */
static enum body_way
way_of(const struct media_type *type, struct text body)
{
    switch (type->type.length > 0 ? media_type_kind(type) : MEDIA_OTHER) {
    case MEDIA_JSON:
        return WAY_JSON;
    case MEDIA_JSON_LINES:
        return WAY_JSON_LINES;
    case MEDIA_EVENT_STREAM:
        return WAY_EVENTS;
    case MEDIA_FORM:
        return WAY_FORM;
    case MEDIA_MULTIPART:
        return WAY_MULTIPART;
    default:
        if (looks_like_json(body))
            return WAY_JSON;
        return text_is_utf8(body) ? WAY_TEXT : WAY_BYTES;
    }
}

/* ---- the digest ---- */

static void
put_digest(struct redacting *d, struct message *m)
{
    bool keyed = d->rules->hash_key.length > 0; /* a short secret could be guessed from a plain hash */
    unsigned char digest[HASH_DIGEST_BYTES];
    struct buffer out;

    if ((keyed ? hash_hmac_sha256(d->rules->hash_key, m->body, digest) : hash_sha256(m->body, digest)) < 0) {
        d->failed = true;
        return;
    }
    buffer_init(&out, 256);
    buffer_add(&out, keyed ? TEXT("hmac-sha-256=") : TEXT("sha-256="));
    hash_hex(&out, digest, sizeof(digest));
    m->body_digest = arena_text(d->arena, buffer_text(&out));
    d->failed = d->failed || buffer_failed(&out) || m->body_digest.data == NULL;
    buffer_release(&out);
    m->body = text_make(NULL, 0);
    redact_note(d, "body", TEXT(""));
}

/* ---- bodies in lines ---- */

static bool
redact_text_body(struct redacting *d, struct text *t)
{
    if (!redact_inside(d, t))
        return false;
    redact_note(d, "body", TEXT(""));
    return true;
}

/* A line of JSON: as it is, or behind "data:" of an event. */
static bool
redact_line(struct redacting *d, struct text *line, bool event, bool *readable)
{
    size_t skip = event ? 5 : 0;
    struct text json = *line, front;

    *readable = true;
    if (event && !text_starts(*line, TEXT("data:")))
        return redact_text_body(d, line);
    json = text_from(*line, skip);
    while (json.length > 0 && (json.data[0] == ' ' || json.data[0] == '\x1e')) /* RFC 7464 begins each with RS */
        json = text_from(json, 1);
    if (text_trim(json).length == 0)
        return false;
    if (event && !looks_like_json(json))
        return redact_text_body(d, line);
    front = text_slice(*line, 0, line->length - json.length);
    if (!redact_json(d, &json, readable))
        return false;
    *line = arena_print(d->arena, "%.*s%.*s", TEXT_PRINT(front), TEXT_PRINT(json));
    d->failed = d->failed || line->data == NULL;
    return true;
}

static bool
redact_lines(struct redacting *d, struct text *t, bool events, bool *readable)
{
    struct text_split split = text_split_start(*t);
    struct buffer out;
    struct text line;
    bool changed = false, first = true;

    *readable = true;
    buffer_init(&out, t->length * 16 + LIMIT_KIB);
    while (*readable && text_split_next(&split, '\n', &line)) {
        changed = redact_line(d, &line, events, readable) || changed;
        if (!first)
            buffer_byte(&out, '\n');
        first = false;
        buffer_add(&out, line);
    }
    if (changed && *readable) {
        *t = arena_text(d->arena, buffer_text(&out));
        d->failed = d->failed || buffer_failed(&out) || t->data == NULL;
    }
    buffer_release(&out);
    return changed;
}

/* ---- forms ---- */

static bool
redact_form(struct redacting *d, struct text *t)
{
    bool changed = redact_pairs(d, &d->rules->fields, "body", t);

    if (!redact_patterns(d, t))
        return changed;
    redact_note(d, "body", TEXT(""));
    return true;
}

/* Text, but in an encoding that is not looked into: UTF-16 by its mark, or by what it is said to be. */
static bool
is_odd_text(const struct redacting *d, const struct media_type *type, struct text t)
{
    if (text_starts(t, TEXT("\xff\xfe")) || text_starts(t, TEXT("\xfe\xff")))
        return true;
    return d->rules->pattern_count > 0 && text_equal_nocase(type->type, TEXT("text"));
}

/* True when it was changed; *readable is false when it is not what it should be. */
static bool
redact_plain(struct redacting *d, const struct media_type *type, struct text *t, bool *readable)
{
    size_t start, end;

    *readable = true;
    switch (way_of(type, *t)) {
    case WAY_JSON:
        return redact_json(d, t, readable);
    case WAY_JSON_LINES:
        return redact_lines(d, t, false, readable);
    case WAY_EVENTS:
        return redact_lines(d, t, true, readable);
    case WAY_FORM:
        return redact_form(d, t);
    case WAY_MULTIPART:
        return redact_multipart(d, type, t, readable);
    case WAY_TEXT:
        return redact_text_body(d, t);
    default:
        *readable = !is_odd_text(d, type, *t) && (!d->rules->cards || !card_number_search(*t, 0, &start, &end));
        return false;
    }
}

void
redact_body(struct redacting *d, struct message *m)
{
    struct media_type type = { .type = { NULL, 0 } };
    struct text plain = m->body;
    bool readable;

    if (m->body_state == BODY_NONE || m->body.length == 0)
        return;
    if (m->body_state == BODY_WHOLE && d->x->searched_by == d->rules && m->body.data == d->x->clean[d->side])
        return; /* it was read while it was checked */
    if (!media_type_parse(message_value(m, HEADER_CONTENT_TYPE), &type))
        type.type = text_make(NULL, 0);
    if (is_picture(&type) && is_like_picture(m))
        return;
    if (m->body_state != BODY_WHOLE ||
        (!m->body_plain && coding_decode(m, LIMIT_REDACTED_BODY, d->arena, &plain) != CODING_OK)) {
        put_digest(d, m);
        return;
    }
    if (redact_plain(d, &type, &plain, &readable) && readable) {
        m->body = plain;
        m->body_plain = true;
    }
    if (!readable)
        put_digest(d, m);
}
