/* body.c -- which media type, and its bytes: JSON, streams of items, forms; of the rest what a string can say. */
#include "http/media_type.h"
#include "json/write.h"
#include "sandbox/answering.h"

#define STREAM_ITEMS 3

/* ---- which one ---- */

struct text
body_type(struct text key)
{
    struct media_type type;

    if (text_find(key, '*') == key.length || !media_type_parse(key, &type))
        return key;
    if (text_equal_nocase(type.type, TEXT("text")))
        return TEXT("text/plain");
    if (text_equal_nocase(type.type, TEXT("image")))
        return TEXT("image/png");
    return TEXT("application/json");
}

/* In thousandths (RFC 9110 12.4.2): "0.5" is 500; 1000 when it is not there. */
static unsigned
quality(const struct media_type *range)
{
    struct text q = media_type_parameter(range, TEXT("q"));
    unsigned value = 0, worth = 1000;

    if (q.length == 0)
        return 1000;
    for (size_t i = 0; i < q.length && worth > 0; i++)
        if (q.data[i] >= '0' && q.data[i] <= '9') {
            value += (unsigned)(q.data[i] - '0') * worth;
            worth /= 10;
        }
    return value < 1000 ? value : 1000;
}

/* "text/html;q=0.5" has a weight, not a parameter of the type. */
static struct media_type
without_weight(const struct media_type *range)
{
    struct media_type bare = *range;

    bare.parameters = text_slice(range->parameters, 0, text_search(range->parameters, TEXT("q=")));
    bare.parameters = text_trim(bare.parameters);
    if (text_ends(bare.parameters, TEXT(";")))
        bare.parameters = text_trim(text_slice(bare.parameters, 0, bare.parameters.length - 1));
    return bare;
}

/* How much the client likes a type: the weight of the most specific range that it fits (RFC 9110 12.5.1). */
static unsigned
liking(const struct message *request, const struct media_type *type)
{
    bool asked = false;
    unsigned weight = 0;
    int best = 0;

    for (uint32_t i = 0; i < request->header_count; i++) {
        struct text rest = request->headers[i].value, one;
        struct media_type range, bare;

        if (!text_equal_nocase(request->headers[i].name, TEXT("Accept")))
            continue;
        asked = true;
        while (header_list_next(&rest, &one)) {
            int fit;

            if (!media_type_parse(one, &range))
                continue;
            bare = without_weight(&range);
            fit = media_type_fit(&bare, type);
            if (fit > best) {
                best = fit;
                weight = quality(&range);
            }
        }
    }
    return asked ? weight : 1000;
}

/* The first of what is liked best; of equals, what there is an example for or what is JSON, because the rest can only
 * be guessed. When nothing is liked, all the same: an answer that cannot be read tells more than none (RFC
 * 9110 12.4.1). */
const struct value *
body_choose(const struct answering *a, const struct value *content)
{
    const struct value *best = NULL;
    unsigned most = 0;

    if (!value_is(content, VALUE_OBJECT) || content->count == 0)
        return NULL;
    for (VALUE_EACH_MEMBER(key, content)) {
        const struct value *media = value_next(key);
        struct media_type type;
        unsigned worth = 0;

        if (media_type_parse(body_type(value_text(key)), &type)) {
            worth = 2 * liking(a->request, &type);
            if (media_type_kind(&type) == MEDIA_JSON || VALUE_MEMBER(media, "example") != NULL ||
                VALUE_MEMBER(media, "examples") != NULL)
                worth++;
        }
        if (best == NULL || worth > most) {
            best = key;
            most = worth;
        }
    }
    return best;
}

/* ---- forms of values ---- */

/* A value as it stands in text: strings without quotes. */
static void
add_bare(struct buffer *out, const struct value *value)
{
    struct json_writer w;

    if (value->type == VALUE_STRING) {
        buffer_add(out, value_text(value));
        return;
    }
    json_begin(&w, out, 0);
    json_value(&w, value);
}

static void
add_form_text(struct buffer *out, struct text t)
{
    for (const char *at = t.data; t.length > 0 && at < t.data + t.length; at++) {
        unsigned char c = (unsigned char)*at;

        if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || strchr("*-._", c) != NULL)
            buffer_byte(out, (char)c);
        else
            buffer_print(out, "%%%02X", c);
    }
}

/* application/x-www-form-urlencoded; arrays repeat their name. */
static void
add_form(struct buffer *out, const struct value *object)
{
    size_t start = buffer_length(out);

    if (object->type != VALUE_OBJECT || object->count == 0)
        return;
    for (VALUE_EACH_MEMBER(key, object)) {
        const struct value *value = value_next(key), *first = value, *end = value + 1;
        struct buffer bare;

        if (value->type == VALUE_ARRAY) {
            first = value + 1;
            end = value + value->span;
        }
        for (; first < end; first += first->span) {
            buffer_init(&bare, 1 << 20);
            add_bare(&bare, first);
            if (buffer_length(out) > start)
                buffer_byte(out, '&');
            add_form_text(out, value_text(key));
            buffer_byte(out, '=');
            add_form_text(out, buffer_text(&bare));
            buffer_release(&bare);
        }
    }
}

/* One event (HTML, Server-sent events): a field per member, a line per line. */
static void
add_event(struct buffer *out, const struct value *event)
{
    if (event->type != VALUE_OBJECT || event->count == 0)
        return;
    for (VALUE_EACH_MEMBER(key, event)) {
        const struct value *value = value_next(key);
        struct text_split lines =
            text_split_start(value->type == VALUE_STRING ? value_text(value) : (struct text){ 0 });
        struct text line;

        while (value->type == VALUE_STRING && text_split_next(&lines, '\n', &line)) {
            buffer_add(out, value_text(key));
            buffer_add(out, TEXT(": "));
            buffer_add(out, line);
            buffer_byte(out, '\n');
        }
        if (value->type != VALUE_STRING) {
            buffer_add(out, value_text(key));
            buffer_add(out, TEXT(": "));
            add_bare(out, value);
            buffer_byte(out, '\n');
        }
    }
    buffer_byte(out, '\n');
}

static void
add_value(struct buffer *out, const struct value *value, enum media_kind kind)
{
    struct json_writer w;

    switch (kind) {
    case MEDIA_JSON:
        json_begin(&w, out, 0);
        json_value(&w, value);
        break;
    case MEDIA_JSON_LINES:
        json_begin(&w, out, 0);
        json_value(&w, value);
        buffer_byte(out, '\n');
        break;
    case MEDIA_EVENT_STREAM:
        if (value->type == VALUE_STRING)
            buffer_add(out, value_text(value));
        else
            add_event(out, value);
        break;
    case MEDIA_FORM:
        if (value->type == VALUE_OBJECT)
            add_form(out, value);
        else
            add_bare(out, value);
        break;
    default: /* text, XML, images: a string is the body as it is */
        add_bare(out, value);
    }
}

/* ---- where the value comes from ---- */

/* Made from the schema under the keyword, and written in the form of the media type. */
static bool
write_made(const struct answering *a, struct source media, const char *keyword, uint64_t seed, enum media_kind kind)
{
    struct document document;
    struct buffer json;
    bool made;

    buffer_init(&json, a->answer->body.ceiling);
    made = example_made(a, media, keyword, seed, &json) &&
           document_parse(&document, buffer_text(&json), NULL, a->arena, NULL) == 0;
    if (made)
        add_value(&a->answer->body, document.root, kind);
    buffer_release(&json);
    return made;
}

static bool
write_items(const struct answering *a, struct source media, enum media_kind kind)
{
    for (uint64_t i = 0; i < STREAM_ITEMS; i++)
        if (!write_made(a, media, "itemSchema", a->seed + i, kind))
            return false;
    return true;
}

/* The items of an array stand one after the other in a stream. */
static void
add_example(struct buffer *out, const struct value *value, enum media_kind kind)
{
    if ((kind == MEDIA_JSON_LINES || kind == MEDIA_EVENT_STREAM) && value->type == VALUE_ARRAY && value->count > 0) {
        for (VALUE_EACH_ITEM(item, value))
            add_value(out, item, kind);
        return;
    }
    add_value(out, value, kind);
}

bool
body_write(const struct answering *a, struct source media, struct text type)
{
    struct source example = { NULL, NULL };
    enum media_kind kind = MEDIA_OTHER;
    struct media_type parsed;

    if (media_type_parse(type, &parsed))
        kind = media_type_kind(&parsed);
    if (a->prefer.example.length > 0)
        example = example_named(a, media, a->prefer.example);
    if (example.value == NULL && !a->prefer.dynamic)
        example = example_first(a, media);
    if (example.value != NULL) {
        add_example(&a->answer->body, example.value, kind);
        return true;
    }
    if (VALUE_MEMBER(media.value, "itemSchema") != NULL)
        return write_items(a, media, kind);
    if (VALUE_MEMBER(media.value, "schema") != NULL)
        return write_made(a, media, "schema", a->seed, kind);
    if (kind == MEDIA_JSON) /* anything is right */
        buffer_add(&a->answer->body, TEXT("{}"));
    return true;
}
