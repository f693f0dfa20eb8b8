/* items.c -- sequences of items, cut as their bytes come in: JSON Lines (a line each), RFC 7464 JSON text sequences
 * (behind each RS), event streams (fields up to an empty line; WHATWG HTML 9.2.6). Each item is checked against the
 * itemSchema (OAS 3.2 4.14.3).
 *
 * What an item takes of the arena is given back when nothing was found in it, so that a stream may go on for ever. */
#include "contract/body.h"

#include "base/buffer.h"
#include "base/limits.h"
#include "json/document.h"

enum cut {
    CUT_LINES,
    CUT_RECORDS,
    CUT_EVENTS,
};

struct check_items {
    struct checking c;
    struct check own; /* the budget is each item's own: a stream has no end to share one with */
    const struct media *media;
    enum cut cut;
    struct arena *arena;
    char *pending; /* the item so far */
    size_t length;
    size_t capacity;
    uint64_t number;  /* of the next item, from 0 */
    bool too_large;   /* of the item so far */
    bool return_seen; /* the last byte was CR: an LF behind it belongs to it */
    bool line_empty;  /* events: nothing in this line yet */
    bool coded;       /* its bytes tell nothing */
};

/* ---- one item ---- */

/* The value of one field of an event: what follows "name:" and at most one space. */
static void
add_field(struct part *event, struct text line, struct arena *arena)
{
    static const char *const known[] = { "data", "event", "id", "retry" };
    size_t colon = text_find(line, ':');
    struct text name = text_slice(line, 0, colon), value = text_from(line, colon + 1);
    struct part *field = event->first;

    if (value.length > 0 && value.data[0] == ' ')
        value = text_from(value, 1);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (!text_equal(name, text_of(known[i])))
            continue;
        while (field != NULL && !text_equal(field->key, name))
            field = field->next;
        if (field != NULL) { /* lines of data are joined; of the others the last counts */
            field->text = i == 0 ? arena_print(arena, "%.*s\n%.*s", TEXT_PRINT(field->text), TEXT_PRINT(value)) : value;
            return;
        }
        field = part_new(arena, i == 3 ? PART_TEXT : PART_STRING, value);
        if (field != NULL)
            field->key = name;
        part_add(event, field);
    }
}

/* False: it is none, only comments. */
static bool
check_event(const struct check_items *items, struct text text, struct text instance)
{
    struct part *event = part_new(items->arena, PART_OBJECT, TEXT(""));
    struct text_split split = text_split_start(text);
    const struct value *v;
    struct text line;

    while (event != NULL && text_split_next(&split, '\n', &line))
        if (line.length > 0 && line.data[0] != ':')
            add_field(event, line, items->arena);
    if (event == NULL || event->count == 0)
        return false;
    if (!text_is_utf8(text))
        report_unchecked(&items->c, UNCHECKED_STREAM, instance);
    else if (!part_is_valid(&items->c, &items->media->item, event, instance, &v))
        report_schema(&items->c, VIOLATION_ITEM_SCHEMA, &items->media->item, v, instance);
    return true;
}

static void
check_item(struct check_items *items, struct text text)
{
    struct text instance;

    if (text_trim(text).length == 0)
        return;
    instance = arena_print(items->arena, "/%llu", (unsigned long long)items->number);
    if (items->cut == CUT_EVENTS) {
        items->number += check_event(items, text, instance);
        return;
    }
    check_json(&items->c, items->media, &items->media->item, VIOLATION_ITEM_SCHEMA, text, instance);
    items->number++;
}

static void
end_item(struct check_items *items)
{
    const struct verdict *verdict = items->c.verdict;
    uint32_t violations = verdict->count, unchecked = verdict->unchecked_count;
    struct arena_mark mark = arena_mark(items->arena);

    *items->c.budget = LIMIT_CHECK_BUDGET;
    if (items->too_large)
        report_unchecked(&items->c, UNCHECKED_SIZE, TEXT(""));
    else if (items->length > 0)
        check_item(items, (struct text){ items->pending, items->length });
    items->length = 0;
    items->too_large = false;
    items->line_empty = true;
    if (verdict->count == violations && verdict->unchecked_count == unchecked)
        arena_rewind(items->arena, mark);
}

/* ---- cutting ---- */

static void
keep_byte(struct check_items *items, char byte)
{
    if (items->length == items->capacity) {
        size_t capacity = items->capacity == 0 ? 1024 : items->capacity * 2;
        char *pending = NULL;

        if (capacity <= items->own.policy->max_body * 2)
            pending = arena_grow(items->arena, items->pending, items->capacity, capacity);
        if (pending == NULL) {
            items->too_large = true;
            return;
        }
        items->pending = pending;
        items->capacity = capacity;
    }
    items->pending[items->length++] = byte;
}

/* Lines of events end with LF, CR or CRLF; an empty one ends the event. */
static void
feed_event_byte(struct check_items *items, char byte)
{
    bool after_return = items->return_seen;

    items->return_seen = byte == '\r';
    if (byte == '\n' && after_return)
        return;
    if (byte != '\r' && byte != '\n') {
        items->line_empty = false;
        keep_byte(items, byte);
        return;
    }
    if (items->line_empty) {
        end_item(items);
        return;
    }
    items->line_empty = true;
    keep_byte(items, '\n');
}

void
check_items_feed(struct check_items *items, struct text bytes)
{
    char separator = items->cut == CUT_LINES ? '\n' : '\x1e';

    for (size_t i = 0; i < bytes.length && !items->coded; i++) {
        if (items->cut == CUT_EVENTS)
            feed_event_byte(items, bytes.data[i]);
        else if (bytes.data[i] == separator)
            end_item(items);
        else
            keep_byte(items, bytes.data[i]);
    }
}

/* An event that no empty line ended is no event (WHATWG HTML 9.2.6); a last line without LF is an item. */
void
check_items_end(struct check_items *items)
{
    if (items->cut != CUT_EVENTS && !items->coded)
        end_item(items);
    items->length = 0;
}

static struct check_items *
items_new(struct check *check, const struct media *media, enum side side, struct verdict *verdict)
{
    struct check_items *items = ARENA_NEW(check->arena, struct check_items);

    if (items == NULL)
        return NULL;
    items->own = *check;
    items->arena = check->arena;
    items->media = media;
    items->c = checking_begin(&items->own, side, verdict);
    items->line_empty = true;
    items->cut = media->kind == MEDIA_EVENT_STREAM ? CUT_EVENTS
                 : text_equal_nocase(media->range.subtype, TEXT("json-seq")) ||
                         text_ends(media->range.subtype, TEXT("+json-seq"))
                     ? CUT_RECORDS
                     : CUT_LINES;
    return items;
}

static bool
has_items(const struct media *media)
{
    return media != NULL && (media->kind == MEDIA_JSON_LINES || media->kind == MEDIA_EVENT_STREAM) &&
           media->item.schema != NULL;
}

struct check_items *
check_items_new(struct check *check, const struct contract_match *match, const struct message *request,
                const struct message *response, struct verdict *verdict)
{
    const struct response *r = match->operation != NULL ? response_of(match->operation, response->status) : NULL;
    const struct media *media = r != NULL ? body_media(&r->media, response) : NULL;
    bool coded = message_header(response, HEADER_CONTENT_ENCODING) != NULL;
    bool array = media != NULL && (media->shape.schema != NULL || media->shape.broken);
    struct check_items *items;

    if (text_equal(request->method, TEXT("HEAD")) || !has_items(media))
        return NULL;
    if (response->framing == FRAMING_LENGTH && (coded || array))
        return NULL; /* it has an end: it is decoded, or taken as an array, when it is whole */
    items = items_new(check, media, SIDE_RESPONSE, verdict);
    if (items == NULL)
        return NULL;
    items->coded = coded;
    if (coded)
        report_unchecked(&items->c, UNCHECKED_CODING, TEXT(""));
    else if (array)
        report_unchecked(&items->c, UNCHECKED_STREAM, TEXT(""));
    return items;
}

/* ---- all at once ---- */

/* With `schema` the sequence as a whole is an array (OAS 3.2 4.14.3): its items between commas are JSON text. */
static void
check_as_array(const struct checking *c, const struct media *media, struct text body)
{
    bool records = text_ends(media->range.subtype, TEXT("json-seq"));
    struct text_split split = text_split_start(body);
    struct buffer b;
    struct text item, json;

    buffer_init(&b, body.length * 2 + 2);
    buffer_byte(&b, '[');
    while (text_split_next(&split, records ? '\x1e' : '\n', &item)) {
        if (text_trim(item).length == 0 || text_equal(item, TEXT("\r")))
            continue;
        if (buffer_length(&b) > 1)
            buffer_byte(&b, ',');
        buffer_add(&b, item);
    }
    buffer_byte(&b, ']');
    json = arena_text(c->check->arena, buffer_text(&b));
    buffer_release(&b);
    check_json(c, media, &media->shape, VIOLATION_BODY_SCHEMA, json, TEXT(""));
}

void
check_items_whole(const struct checking *c, const struct media *media, struct text body)
{
    struct check_items *items;

    if (media->shape.schema != NULL && media->kind == MEDIA_JSON_LINES)
        check_as_array(c, media, body);
    else if (media->shape.schema != NULL || media->shape.broken || media->item.broken)
        report_unchecked(c, media->shape.schema != NULL ? UNCHECKED_MEDIA_TYPE : UNCHECKED_NO_SCHEMA, TEXT(""));
    if (!has_items(media))
        return;
    items = items_new(c->check, media, c->side, c->verdict);
    if (items == NULL)
        return;
    check_items_feed(items, body);
    check_items_end(items);
}
