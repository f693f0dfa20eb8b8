/* request_body.c -- the body of a step: its payload filled, its replacements made, written as its media type says.
 *
 * A payload that is a text is a template: `{"id": "{$inputs.id}"}`. Where it is JSON as it stands, expressions are
 * replaced within its values, so that a quote in one of them breaks nothing; else in the text as a whole, which must be
 * JSON afterwards. */
#include <stdlib.h>

#include "base/base64.h"
#include "flow/request_internal.h"
#include "http/media_type.h"
#include "json/path.h"
#include "json/pointer.h"
#include "json/write.h"
#include "schema/iregexp.h"

/* ---- the media type ---- */

static bool
is_range(struct text type)
{
    return text_find(type, '*') < type.length;
}

/* What the step says, in either place; else what the contract lists first. */
static struct text
type_of(const struct building *b)
{
    const struct step *step = b->sending->step;
    const struct value *payload = step->body->payload.value;
    struct text type = step->body->content_type;

    for (uint32_t i = 0; type.length == 0 && i < step->parameter_count; i++) {
        const struct flow_parameter *p = &step->parameters[i];

        if (p->in == FLOW_IN_HEADER && text_equal_nocase(p->name, TEXT("content-type")) && p->value.constant &&
            value_is(p->value.value, VALUE_STRING))
            type = value_text(p->value.value);
    }
    if (type.length == 0)
        type = sending_type(b->operation, 0);
    if (type.length > 0 && !is_range(type))
        return type;
    return value_is(payload, VALUE_STRING) && !expression_is(value_text(payload)) && type.length > 0
               ? TEXT("text/plain")
               : TEXT("application/json");
}

/* ---- the payload ---- */

static bool
is_template(struct text t)
{
    t = text_trim(t);
    return t.length > 0 && (t.data[0] == '{' || t.data[0] == '[');
}

/* Is it JSON as it stands, expressions included? Then its values can be filled one by one. */
static const struct value *
parse_template(struct building *b, const struct value *payload)
{
    struct document *document = ARENA_NEW(b->arena, struct document);

    if (document == NULL || !value_is(payload, VALUE_STRING) || !is_template(value_text(payload)) ||
        document_parse(document, value_text(payload), NULL, b->arena, NULL) < 0)
        return NULL;
    return document->root;
}

/* The filled payload. A text that is JSON becomes that. */
static const struct value *
fill_payload(struct building *b, enum media_kind kind)
{
    const struct flow_body *body = b->sending->step->body;
    struct flow_value payload = body->payload;
    const struct value *template = kind == MEDIA_JSON ? parse_template(b, payload.value) : NULL, *filled;

    if (template != NULL)
        payload.value = template; /* its texts may be expressions, whatever the whole is */
    payload.constant = payload.constant && template == NULL;
    filled = building_fill(b, &payload, body->place, "the payload");
    if (filled == NULL || kind != MEDIA_JSON || filled->type != VALUE_STRING || !is_template(value_text(filled)))
        return filled;
    template = parse_template(b, filled);
    if (template != NULL)
        return template;
    if (expression_is(value_text(body->payload.value))) /* a text that only looks like it */
        return filled;
    (void)building_fail(b, body->place, "the payload is no JSON once its expressions are replaced: %.*s",
                        (int)(filled->count < 80 ? filled->count : 80), filled->data);
    return NULL;
}

/* ---- replacements ---- */

/* A copy of the tape with another value in place of the one at `target`. */
static const struct value *
splice(const struct value *root, const struct value *target, const struct value *with, struct arena *arena)
{
    size_t before = (size_t)(target - root), after = root->span - before - target->span;
    size_t total = before + with->span + after;
    struct value *tape = ARENA_ARRAY(arena, struct value, total);

    if (tape == NULL || total > LIMIT_JSON_VALUES)
        return NULL;
    memcpy(tape, root, before * sizeof *tape);
    memcpy(tape + before, with, with->span * sizeof *tape);
    memcpy(tape + before + with->span, target + target->span, after * sizeof *tape);
    for (size_t i = before; i < before + with->span; i++)
        tape[i].depth = (uint16_t)(tape[i].depth - with->depth + target->depth);
    for (size_t i = 0; i < before; i++) /* what it is in grows, or shrinks */
        if (i + root[i].span > before)
            tape[i].span = root[i].span - target->span + with->span;
    return tape;
}

static int
by_place_from_the_end(const void *a, const void *b)
{
    const struct value *x = *(const struct value *const *)a, *y = *(const struct value *const *)b;

    return (x < y) - (x > y);
}

/* In place of everything that the path selects: from the end, so that what is still to be replaced stays in place. */
static const struct value *
splice_selected(const struct value *payload, const struct path *path, const struct value *with, struct arena *arena)
{
    struct path_run run = { .arena = arena, .budget = LIMIT_CHECK_BUDGET };
    struct iregexp *regex = iregexp_new();
    const struct value *const *list, **places, *root = payload;
    uint32_t count = 0;
    int result;

    run.regex = regex != NULL ? iregexp_regex(regex) : NULL;
    result = path_select(path, payload, &run, &list, &count);
    iregexp_free(regex);
    places = result == 0 ? ARENA_ARRAY(arena, const struct value *, count) : NULL;
    if (places == NULL || count == 0)
        return NULL;
    memcpy(places, list, count * sizeof(const struct value *));
    qsort(places, count, sizeof(const struct value *), by_place_from_the_end);
    for (uint32_t i = 0; i < count && payload != NULL; i++)
        if (i == 0 || places[i] != places[i - 1])
            payload = splice(payload, payload + (places[i] - root), with, arena);
    return payload;
}

static const struct value *
replace(struct building *b, const struct value *payload, const struct flow_replacement *r)
{
    struct text what = arena_print(b->arena, "the replacement of '%.*s'", TEXT_PRINT(r->target));
    const struct value *target = r->path == NULL ? pointer_find(payload, r->target) : NULL;
    const struct value *with = building_fill(b, &r->value, r->place, what.data);

    if (with == NULL)
        return NULL;
    if (r->path != NULL)
        payload = splice_selected(payload, r->path, with, b->arena);
    else
        payload = target != NULL ? splice(payload, target, with, b->arena) : NULL;
    if (payload == NULL)
        (void)building_fail(b, r->place, "the payload has nothing at '%.*s' that could be replaced",
                            TEXT_PRINT(r->target));
    return payload;
}

/* ---- written ---- */

static void
write_json(struct buffer *out, const struct value *value)
{
    struct json_writer w;

    json_begin(&w, out, 0);
    json_value(&w, value);
}

static void
write_lines(struct buffer *out, const struct value *value)
{
    for (VALUE_EACH_ITEM(item, value)) {
        write_json(out, item);
        buffer_byte(out, '\n');
    }
}

/* A text as it is, but for the bytes of a data URL where they are no text; else JSON. */
static void
write_plain(struct building *b, struct buffer *out, const struct value *value, enum media_kind kind)
{
    struct text t = value->type == VALUE_STRING ? value_text(value) : TEXT("");
    size_t comma = text_find(t, ',');
    struct text bytes;

    if (value->type != VALUE_STRING)
        write_json(out, value);
    else if (kind == MEDIA_OTHER && text_starts(t, TEXT("data:")) &&
             text_ends(text_slice(t, 0, comma), TEXT(";base64")) &&
             base64_read(text_from(t, comma + 1), b->arena, &bytes))
        buffer_add(out, bytes);
    else
        buffer_add(out, t);
}

static int
write_form(struct building *b, struct buffer *out, const struct value *value, enum media_kind kind)
{
    const struct flow_body *body = b->sending->step->body;
    struct text type = b->content_type, boundary;
    const char *why = "";
    bool fine;

    if (value->type != VALUE_OBJECT)
        return building_fail(b, body->place, "the payload of %.*s is an object: a member per field", TEXT_PRINT(type));
    if (kind == MEDIA_FORM) {
        fine = sending_form(b->operation, type, value, out, &why);
    } else {
        fine = sending_multipart(b->operation, type, value, b->arena, out, &boundary, &why);
        b->content_type = arena_print(b->arena, "%.*s; boundary=%.*s", TEXT_PRINT(type), TEXT_PRINT(boundary));
    }
    return fine ? 0 : building_fail(b, body->place, "the payload: %s", why);
}

static int
write_body(struct building *b, struct buffer *out, const struct value *value, enum media_kind kind)
{
    bool form = kind == MEDIA_FORM || kind == MEDIA_MULTIPART;

    if (form && value->type != VALUE_STRING)
        return write_form(b, out, value, kind);
    if (kind == MEDIA_JSON)
        write_json(out, value);
    else if (kind == MEDIA_JSON_LINES && value->type == VALUE_ARRAY)
        write_lines(out, value);
    else
        write_plain(b, out, value, kind);
    return 0;
}

int
building_body(struct building *b)
{
    const struct flow_body *body = b->sending->step->body;
    enum media_kind kind = MEDIA_OTHER;
    struct media_type type;
    const struct value *value;
    struct buffer out;
    int result;

    if (body == NULL || body->payload.value == NULL)
        return 0;
    b->content_type = type_of(b);
    if (!media_type_parse(b->content_type, &type))
        return building_fail(b, body->place, "'%.*s' is no media type", TEXT_PRINT(b->content_type));
    kind = media_type_kind(&type);
    value = fill_payload(b, kind);
    for (uint32_t i = 0; value != NULL && i < body->replacement_count; i++)
        value = replace(b, value, &body->replacements[i]);
    if (value == NULL)
        return -1;
    buffer_init(&out, LIMIT_SANDBOX_BODY);
    result = write_body(b, &out, value, kind);
    if (result == 0 && buffer_failed(&out))
        result = building_fail(b, body->place, "the body is too large: more than %zu bytes", LIMIT_SANDBOX_BODY);
    if (result == 0) {
        b->body = buffer_length(&out) > 0 ? arena_text(b->arena, buffer_text(&out)) : TEXT("");
        b->has_body = true;
        result = b->body.data == NULL ? error_memory(b->err) : 0;
    }
    if (kind == MEDIA_JSON || kind == MEDIA_FORM || kind == MEDIA_MULTIPART)
        b->request->body = value;
    buffer_release(&out);
    return result;
}
