/* body.c -- which media type, is the content there, and for each kind of content how it becomes a value. */
#include "contract/body.h"

#include "base/limits.h"
#include "contract/form.h"
#include "http/coding.h"
#include "json/pointer.h"

#define REPEATED_KEY_MAX 1000 /* members of an object in which the repeated key is named */

const struct parameter_ids body_ids = { VIOLATION_BODY_MISSING, VIOLATION_BODY_SCHEMA, VIOLATION_FORM_SYNTAX };

bool
body_surely_none(const struct message *m)
{
    return m->body.length == 0 && (m->framing == FRAMING_NONE || (m->framing == FRAMING_LENGTH && m->length == 0));
}

bool
body_surely_some(const struct message *m)
{
    return m->body.length > 0 || (m->framing == FRAMING_LENGTH && m->length > 0);
}

const struct media *
body_media(const struct media_list *list, const struct message *m)
{
    struct text value = message_value(m, HEADER_CONTENT_TYPE);
    const struct media *best = NULL;
    struct media_type type;
    int best_fit = 0;

    for (uint32_t i = 0; i < list->count; i++) /* as written in the contract: nothing fits better */
        if (text_equal(list->items[i].name, value))
            return &list->items[i];
    if (value.length == 0 || !media_type_parse(value, &type))
        return NULL;
    for (uint32_t i = 0; i < list->count; i++) {
        int fit = media_type_fit(&list->items[i].range, &type);

        if (fit > best_fit) {
            best_fit = fit;
            best = &list->items[i];
        }
    }
    return best;
}

/* ---- head ---- */

/* What the content really is: "application/json" though the contract says some range. */
static enum media_kind
kind_of(const struct media *media, const struct message *m)
{
    struct media_type type;

    if (media->kind != MEDIA_OTHER)
        return media->kind;
    return media_type_parse(message_value(m, HEADER_CONTENT_TYPE), &type) ? media_type_kind(&type) : MEDIA_OTHER;
}

/* Can we look into it? Events only item by item. */
static bool
body_is_readable(const struct media *media, enum media_kind kind)
{
    if (kind == MEDIA_EVENT_STREAM)
        return media->item.schema != NULL || (media->shape.schema == NULL && !media->shape.broken);
    return kind != MEDIA_OTHER || media->opaque;
}

static struct text
list_types(const struct checking *c, const struct media_list *list)
{
    struct text all = TEXT("");

    for (uint32_t i = 0; i < list->count && i < 8; i++)
        all = arena_print(c->check->arena, "%.*s%s%.*s", TEXT_PRINT(all), i > 0 ? " or " : "",
                          TEXT_PRINT(list->items[i].name));
    return all;
}

static void
report_type(const struct checking *c, enum violation_id id, const struct media_list *list, const struct message *m,
            struct place place)
{
    struct text value = message_value(m, HEADER_CONTENT_TYPE);
    struct violation *v = report_add(c, id, TEXT("header Content-Type"), place);

    if (v == NULL)
        return;
    v->expected = list_types(c, list);
    v->found = value.length > 0 ? report_quote(value, c->check->arena) : TEXT("none");
}

void
check_body_head(const struct checking *c, const struct media_list *list, const struct message *m, struct place place)
{
    const struct media *media;

    if (list->count == 0 || body_surely_none(m))
        return;
    if (message_header(m, HEADER_CONTENT_TYPE) == NULL) {
        if (body_surely_some(m))
            report_type(c, VIOLATION_CONTENT_TYPE_MISSING, list, m, place);
        return;
    }
    media = body_media(list, m);
    if (media == NULL) {
        if (c->check->policy->undocumented)
            report_type(c, VIOLATION_CONTENT_TYPE_UNKNOWN, list, m, place);
        else
            report_unchecked(c, UNCHECKED_NO_SCHEMA, TEXT(""));
        return;
    }
    if (!body_is_readable(media, kind_of(media, m)))
        report_unchecked(c, media->shape.broken ? UNCHECKED_NO_SCHEMA : UNCHECKED_MEDIA_TYPE, TEXT(""));
}

bool
body_needs_content(const struct media_list *list, const struct message *m)
{
    const struct media *media = list->count > 0 && !body_surely_none(m) ? body_media(list, m) : NULL;

    if (media == NULL)
        return false;
    switch (kind_of(media, m)) {
    case MEDIA_OTHER:
        return false;
    case MEDIA_TEXT:
        return media->shape.schema != NULL || media->shape.broken;
    case MEDIA_EVENT_STREAM: /* has no end to wait for, but where items are described (check_items) */
        return media->item.schema != NULL;
    default:
        return true;
    }
}

/* ---- content ---- */

/* The key that an object says twice, where that is quickly found. */
static struct text
repeated_key(const struct value *object)
{
    if (object->count > REPEATED_KEY_MAX)
        return TEXT("a key of a large object");
    for (VALUE_EACH_MEMBER(key, object))
        for (const struct value *later = value_next(key + 1); later < key_end; later += 1 + later[1].span)
            if (text_equal(value_text(key), value_text(later)))
                return value_text(key);
    return TEXT("");
}

static void
report_duplicates(const struct checking *c, const struct media *media, const struct document *d, struct text instance)
{
    for (uint32_t i = 0; i < d->values; i++) {
        const struct value *object = d->root + i;
        struct violation *v;

        if (object->type != VALUE_OBJECT || !(object->flags & VALUE_DUPLICATE_KEY))
            continue;
        v = report_add(c, VIOLATION_JSON_DUPLICATE_KEY,
                       arena_print(c->check->arena, "%.*s%.*s", TEXT_PRINT(instance),
                                   TEXT_PRINT(pointer_to(d->root, object, c->check->arena))),
                       media->place);
        if (v == NULL)
            return;
        v->expected = TEXT("each key once");
        v->found = report_quote(repeated_key(object), c->check->arena);
    }
}

static void
report_syntax(const struct checking *c, const struct media *media, const struct document_error *error, struct text json,
              struct text instance)
{
    struct violation *v;

    if (error->too_large) {
        report_unchecked(c, UNCHECKED_SIZE, instance);
        return;
    }
    v = report_add(c, VIOLATION_JSON_SYNTAX, instance, media->place);
    if (v == NULL)
        return;
    v->expected = TEXT("JSON (RFC 8259)");
    v->found = arena_print(c->check->arena, "line %u, column %u: %s", error->line, error->column, error->what);
    if (json.length == 0)
        v->found = TEXT("nothing");
}

void
check_json(const struct checking *c, const struct media *media, const struct shape *shape, enum violation_id id,
           struct text json, struct text instance)
{
    const struct check_policy *policy = c->check->policy;
    const struct document_options options = { .duplicates = !policy->duplicate_keys_pass &&
                                                            !(policy->ignore & (1u << VIOLATION_JSON_DUPLICATE_KEY)) };
    struct arena *arena = c->check->arena;
    const struct arena_mark before = arena_mark(arena);
    struct document document;
    struct document_error error;
    bool kept = false, valid, unnamed;

    if (document_parse(&document, json, &options, arena, &error) < 0) {
        report_syntax(c, media, &error, json, instance);
        return;
    }
    if (document.duplicate_keys > 0)
        report_duplicates(c, media, &document, instance);
    if (instance.length == 0 && c->check->parsed != NULL)
        kept = c->check->parsed(c->check->parsed_arg, c->side, &document);
    valid = checking_valid_named(c, shape, document.root, instance, &unnamed);
    if ((unnamed || !valid) && instance.length == 0 && c->check->unnamed != NULL)
        kept = c->check->unnamed(c->check->unnamed_arg, c->side, &document) || kept;
    if (!valid)
        report_schema(c, id, shape, document.root, instance);
    else if (document.duplicate_keys == 0 && !kept)
        arena_rewind(arena, before); /* nothing was said about it; the next body finds its memory still in the cache */
}

static void
check_text(const struct checking *c, const struct media *media, const struct message *m, struct text body)
{
    struct media_type type;
    struct text charset = TEXT("");
    struct value v;

    if (media->shape.schema == NULL && !media->shape.broken)
        return;
    if (media_type_parse(message_value(m, HEADER_CONTENT_TYPE), &type))
        charset = media_type_parameter(&type, TEXT("charset"));
    if ((charset.length > 0 && !text_equal_nocase(charset, TEXT("utf-8")) &&
         !text_equal_nocase(charset, TEXT("us-ascii"))) ||
        !text_is_utf8(body)) {
        report_unchecked(c, UNCHECKED_MEDIA_TYPE, TEXT(""));
        return;
    }
    part_scalar(&v, body, media->shape.types);
    if (!checking_valid(c, &media->shape, &v, TEXT("")))
        report_schema(c, VIOLATION_BODY_SCHEMA, &media->shape, &v, TEXT(""));
}

static void
check_decoded(const struct checking *c, const struct media *media, const struct message *m, struct text body)
{
    switch (kind_of(media, m)) {
    case MEDIA_JSON:
        check_json(c, media, &media->shape, VIOLATION_BODY_SCHEMA, body, TEXT(""));
        break;
    case MEDIA_JSON_LINES:
    case MEDIA_EVENT_STREAM:
        check_items_whole(c, media, body);
        break;
    case MEDIA_FORM:
        check_form_text(c, media, body, TEXT(""), &body_ids);
        break;
    case MEDIA_MULTIPART:
        check_multipart(c, media, m, body);
        break;
    case MEDIA_TEXT:
        check_text(c, media, m, body);
        break;
    case MEDIA_OTHER:
        break; /* said with the head */
    }
}

static void
check_whole(const struct checking *c, const struct media *media, const struct message *m)
{
    struct text body = m->body;

    if (message_header(m, HEADER_CONTENT_ENCODING) != NULL) {
        switch (coding_decode(m, c->check->policy->max_body, c->check->arena, &body)) {
        case CODING_OK:
            break;
        case CODING_UNKNOWN:
        case CODING_BROKEN:
            report_unchecked(c, UNCHECKED_CODING, TEXT(""));
            return;
        case CODING_TOO_LARGE:
            report_unchecked(c, UNCHECKED_SIZE, TEXT(""));
            return;
        }
    }
    check_decoded(c, media, m, body);
}

void
check_body_content(const struct checking *c, const struct media_list *list, const struct message *m)
{
    const struct media *media = body_media(list, m);

    if (media == NULL || !body_needs_content(list, m))
        return;
    switch (m->body_state) {
    case BODY_NONE:
        break;
    case BODY_WHOLE:
        check_whole(c, media, m);
        break;
    case BODY_TOO_LARGE:
        report_unchecked(c, UNCHECKED_SIZE, TEXT(""));
        break;
    case BODY_TRUNCATED:
        report_unchecked(c, UNCHECKED_TRUNCATED, TEXT(""));
        break;
    case BODY_STREAM:
        report_unchecked(c, UNCHECKED_STREAM, TEXT(""));
        break;
    }
}
