/* bind_body.c -- the values of a body, and the parts of texts that are made of parts. */
#include "base/limits.h"
#include "base/time_text.h"
#include "http/coding.h"
#include "http/media_type.h"
#include "http/query.h"
#include "json/pointer.h"
#include "replay/bind_shape.h"
#include "replay/bind_walk.h"
#include "traffic/redacted.h"

/* ---- JSON ---- */

/* What is between the quotes of the string at this place of the source. */
static struct text
raw_string(struct text source, const struct value *v)
{
    size_t start = (size_t)v->place + 1, end = start;

    if ((v->flags & VALUE_ESCAPED) == 0)
        return text_make(source.data + start, v->count);
    while (end < source.length && source.data[end] != '"')
        end += source.data[end] == '\\' ? 2 : 1;
    return text_slice(source, start, end - start);
}

/* Of a redacted value, only a hash is worth something: a text says so, a number is larger than zero. */
static bool
is_unreadable(const struct value *v)
{
    if ((v->flags & VALUE_REDACTED) == 0)
        return false;
    if (v->type == VALUE_NUMBER)
        return v->count < 5;
    return !text_starts(value_text(v), TEXT("hash:"));
}

struct json_walk {
    struct walk *w;
    struct text source, name, owner;
};

static void
give_scalar(struct json_walk *j, const struct value *v)
{
    struct leaf leaf = { .place = buffer_text(&j->w->place),
                         .at = buffer_text(&j->w->at),
                         .name = j->name,
                         .owner = j->owner,
                         .value = value_text(v),
                         .form = v->type == VALUE_NUMBER ? LEAF_JSON_NUMBER : LEAF_JSON_STRING,
                         .indexed = j->w->indexed,
                         .unreadable = is_unreadable(v) };

    if (v->count == 0 || buffer_failed(&j->w->at))
        return;
    leaf.raw = v->type == VALUE_NUMBER ? text_make(j->source.data + v->place, v->count) : raw_string(j->source, v);
    (void)walk_give(j->w, &leaf);
}

static void
walk_value(struct json_walk *j, const struct value *v)
{
    struct walk *w = j->w;
    size_t place = buffer_length(&w->place), at = buffer_length(&w->at);
    struct text name = j->name, owner = j->owner;

    if (w->stopped || w->cut)
        return;
    if (v->type == VALUE_STRING || v->type == VALUE_NUMBER) {
        give_scalar(j, v);
    } else if (v->type == VALUE_OBJECT) {
        for (VALUE_EACH_MEMBER(key, v)) {
            pointer_add(&w->place, value_text(key));
            pointer_add(&w->at, value_text(key));
            j->owner = name;
            j->name = value_text(key);
            walk_value(j, value_next(key));
            buffer_truncate(&w->place, place);
            buffer_truncate(&w->at, at);
        }
    } else if (v->type == VALUE_ARRAY) {
        bool indexed = w->indexed;
        uint64_t index = 0;

        w->indexed = true;
        for (VALUE_EACH_ITEM(item, v)) {
            buffer_add(&w->place, TEXT("/*"));
            buffer_byte(&w->at, '/');
            buffer_unsigned(&w->at, index++);
            j->name = name;
            j->owner = owner;
            walk_value(j, item);
            buffer_truncate(&w->place, place);
            buffer_truncate(&w->at, at);
        }
        w->indexed = indexed;
    }
    j->name = name;
    j->owner = owner;
}

static void
begin_place(struct walk *w)
{
    buffer_clear(&w->place);
    buffer_clear(&w->at);
    buffer_add(&w->place, w->answer ? TEXT("response:") : TEXT("body:"));
    buffer_add(&w->at, buffer_text(&w->place));
    w->indexed = false;
}

static void
walk_json(struct walk *w, struct text source)
{
    struct document *document = ARENA_NEW(w->arena, struct document);
    struct json_walk j = { .w = w, .source = source };
    struct document_error error;

    if (source.length == 0)
        return;
    if (document == NULL || document_parse(document, source, NULL, w->arena, &error) < 0) {
        w->cut = w->cut || document == NULL || error.too_large;
        return;
    }
    if (w->x != NULL && (w->x->redacted_count > 0 || w->message->body_cut))
        redacted_mark(w->x, w->answer ? SIDE_RESPONSE : SIDE_REQUEST, document->root);
    walk_value(&j, document->root);
}

/* A document per line; the line is the first index. */
static void
walk_json_lines(struct walk *w, struct text source)
{
    uint64_t index = 0;

    while (source.length > 0 && !w->stopped && !w->cut) {
        struct text line = text_slice(source, 0, text_find(source, '\n'));

        source = text_from(source, line.length + 1);
        if (line.length > 0 && line.data[0] == '\x1e') /* RFC 7464 */
            line = text_from(line, 1);
        if (line.length == 0)
            continue;
        begin_place(w);
        buffer_add(&w->place, TEXT("/*"));
        buffer_byte(&w->at, '/');
        buffer_unsigned(&w->at, index++);
        w->indexed = true;
        walk_json(w, line);
    }
}

/* ---- forms and multipart ---- */

static void
walk_form(struct walk *w, struct text source)
{
    struct query_pair pair;

    while (query_next(&source, &pair)) {
        struct leaf leaf = { .raw = pair.value, .form = LEAF_QUERY };

        (void)percent_decode(pair.value, true, w->arena, &leaf.value);
        (void)percent_decode(pair.name, true, w->arena, &leaf.name);
        begin_place(w);
        pointer_add(&w->place, leaf.name);
        leaf.place = leaf.at = buffer_text(&w->place);
        if (leaf.value.length > 0)
            (void)walk_give(w, &leaf);
    }
}

static void
walk_text(struct walk *w, struct text source, struct text name)
{
    struct leaf leaf = { .name = name, .value = source, .raw = source, .form = LEAF_TEXT };

    leaf.place = leaf.at = buffer_text(&w->place);
    if (source.length > 0 && text_is_utf8(source))
        (void)walk_give(w, &leaf);
}

/* The value of a field in the head of a part, without its name; empty when it is not there. */
static struct text
part_field(struct text head, struct text name)
{
    struct text_split split = text_split_start(head);
    struct text line;

    while (text_split_next(&split, '\n', &line))
        if (line.length > name.length && line.data[name.length] == ':' &&
            text_equal_nocase(text_slice(line, 0, name.length), name)) {
            line = text_from(line, name.length + 1);
            return text_trim(text_ends(line, TEXT("\r")) ? text_slice(line, 0, line.length - 1) : line);
        }
    return text_make(NULL, 0);
}

/* Parts with a name and without a file name: text, or JSON. */
static void
walk_part(struct walk *w, struct text part)
{
    size_t blank = text_search(part, TEXT("\r\n\r\n"));
    struct text head = text_slice(part, 0, blank), content = text_from(part, blank + 4), name;
    struct text disposition = part_field(head, TEXT("Content-Disposition"));
    struct media_type m, type;

    if (blank == part.length)
        return;
    m = (struct media_type){ .parameters = text_from(disposition, text_find(disposition, ';')) };
    name = media_type_parameter(&m, TEXT("name"));
    if (name.length == 0 || media_type_parameter(&m, TEXT("filename")).length > 0)
        return;
    begin_place(w);
    pointer_add(&w->place, name);
    pointer_add(&w->at, name);
    if (media_type_parse(part_field(head, TEXT("Content-Type")), &type) && media_type_kind(&type) == MEDIA_JSON)
        walk_json(w, content);
    else
        walk_text(w, content, name);
}

static void
walk_multipart(struct walk *w, struct text source, const struct media_type *type)
{
    struct text boundary = media_type_parameter(type, TEXT("boundary"));
    struct text line = arena_print(w->arena, "\r\n--%.*s", TEXT_PRINT(boundary));
    size_t start;

    if (boundary.length == 0 || line.data == NULL)
        return;
    start = text_search(source, text_from(line, 2));
    while (start < source.length && !w->stopped && !w->cut) {
        struct text rest = text_from(source, start + line.length - 2);
        size_t end = text_search(rest, line);

        if (text_starts(rest, TEXT("--")) || end == rest.length)
            return;
        walk_part(w, text_slice(rest, 0, end));
        start = (size_t)(rest.data - source.data) + end + 2;
    }
}

/* ---- any body ---- */

static struct text
plain_body(struct walk *w)
{
    const struct message *m = w->message;
    struct text body = m->body;

    if (m->body_plain || m->body.length == 0)
        return body;
    switch (coding_decode(m, LIMIT_REDACTED_BODY, w->arena, &body)) {
    case CODING_OK:
        return body;
    case CODING_UNKNOWN:
    case CODING_BROKEN:
    case CODING_TOO_LARGE:
        break;
    }
    w->cut = true;
    return text_make(NULL, 0);
}

static enum media_kind
kind_of(struct walk *w, struct media_type *type)
{
    struct text content = message_value(w->message, HEADER_CONTENT_TYPE);

    *type = (struct media_type){ .parameters = text_make(NULL, 0) };
    if (content.length > 0 && media_type_parse(content, type)) {
        enum media_kind kind = media_type_kind(type);

        return kind == MEDIA_OTHER && (text_ends(type->subtype, TEXT("xml"))) ? MEDIA_TEXT : kind;
    }
    return w->body.length > 0 && (w->body.data[0] == '{' || w->body.data[0] == '[') ? MEDIA_JSON : MEDIA_OTHER;
}

void
walk_body(struct walk *w)
{
    struct media_type type;

    if (w->message->body_state != BODY_WHOLE) {
        w->cut = w->message->body_state == BODY_TOO_LARGE;
        return;
    }
    w->body = plain_body(w);
    if (w->body.length == 0)
        return;
    begin_place(w);
    switch (kind_of(w, &type)) {
    case MEDIA_JSON:
        walk_json(w, w->body);
        break;
    case MEDIA_JSON_LINES:
        walk_json_lines(w, w->body);
        break;
    case MEDIA_FORM:
        walk_form(w, w->body);
        break;
    case MEDIA_MULTIPART:
        walk_multipart(w, w->body, &type);
        break;
    case MEDIA_TEXT:
        walk_text(w, w->body, text_make(NULL, 0));
        break;
    case MEDIA_EVENT_STREAM:
    case MEDIA_OTHER:
        break;
    }
}

/* ---- parts ---- */

#define PARTS_MOST 32 /* of one text */

static struct text
part_place(struct buffer *out, struct text whole, const char *mark, struct text name, uint64_t number)
{
    buffer_clear(out);
    buffer_add(out, whole);
    buffer_add(out, text_of(mark));
    if (number > 0)
        buffer_unsigned(out, number);
    else
        buffer_add(out, name);
    return buffer_text(out);
}

/* A part with this name, or this number. */
static void
give_part(struct walk *w, const struct leaf *whole, struct text value, struct text name, uint64_t number,
          struct text reach)
{
    struct leaf leaf = { .name = whole->name,
                         .owner = whole->owner,
                         .value = value,
                         .reach = reach,
                         .form = LEAF_TEXT,
                         .indexed = whole->indexed,
                         .part = true };
    const char *mark = number > 0 ? "#" : "#?";

    leaf.place = leaf.at = part_place(&w->part_place, whole->place, mark, name, number);
    if (whole->indexed)
        leaf.at = part_place(&w->part_at, whole->at, mark, name, number);
    if (value.length > 0 && !buffer_failed(&w->part_place) && !buffer_failed(&w->part_at))
        (void)walk_give(w, &leaf);
}

/* Segments by number, query values by name. */
static void
give_url_parts(struct walk *w, const struct leaf *whole, struct text url)
{
    const struct text none = { NULL, 0 };
    struct text path, query, value;
    struct query_pair pair;
    size_t at = 0;
    bool has_query;

    walk_split_target(text_slice(url, 0, text_find(url, '#')), &path, &query, &has_query);
    for (unsigned number = 1; number <= PARTS_MOST && at < path.length && !w->stopped; number++) {
        size_t end = at + 1 + text_find(text_from(path, at + 1), '/');

        (void)percent_decode(text_slice(path, at + 1, end - at - 1), false, w->arena, &value);
        give_part(w, whole, value, none, number, text_slice(path, 0, end));
        at = end;
    }
    while (query_next(&query, &pair) && !w->stopped) {
        (void)percent_decode(pair.value, true, w->arena, &value);
        give_part(w, whole, value, pair.name, 0, none);
    }
}

static bool
is_separator(char c)
{
    return !((c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || (c & 0x80) != 0 || c == '-' ||
             c == '_' || c == '.' || c == '~' || c == '%');
}

/* "id=abc;v=2" has four; one with spaces is a sentence, unless it is a field. */
static void
give_words(struct walk *w, const struct leaf *whole, bool spaces)
{
    struct text t = whole->value;
    size_t separators = 0;

    for (size_t i = 0; i < t.length; i++) {
        if (t.data[i] == ' ' && !spaces)
            return;
        separators += is_separator(t.data[i]);
    }
    for (size_t i = 0, number = 1; separators > 0 && i < t.length && number <= PARTS_MOST && !w->stopped; number++) {
        size_t start;

        while (i < t.length && is_separator(t.data[i]))
            i++;
        start = i;
        while (i < t.length && !is_separator(t.data[i]))
            i++;
        if (i > start)
            give_part(w, whole, text_slice(t, start, i - start), text_make(NULL, 0), number, text_make(NULL, 0));
    }
}

/* The texts that are made of parts: links, fields, short ones with separators. */
void
walk_parts(struct walk *w, const struct leaf *whole)
{
    struct text t = whole->value;
    struct shape shape;
    int64_t time;

    if (whole->part || whole->form == LEAF_JSON_NUMBER || t.length < 3 || t.length > LIMIT_REPLAY_VALUE)
        return;
    if (whole->form == LEAF_FIELD && t.data[0] == '<') /* Link, RFC 8288 */
        t = text_slice(t, 1, text_find(t, '>') - 1);
    if (t.data == NULL)
        return;
    if ((t.data[0] == '/' || text_search(text_slice(t, 0, 16), TEXT("://")) < 16) && text_find(t, ' ') == t.length) {
        give_url_parts(w, whole, t);
        return;
    }
    shape = shape_of(t);
    if (time_text_read(t, &time))
        return;
    if (shape.kind != SHAPE_MIXED || t.length > 256 || shape_is_token(t))
        return;
    give_words(w, whole, whole->form == LEAF_FIELD || whole->form == LEAF_COOKIE);
}
