/* fields.c -- response headers. */
#include "json/write.h"
#include "sandbox/answering.h"

#define FIELD_BYTES 4096

/* How the message is framed and coded is the server's own business; Content-Type has no say there (OAS 3.1 4.8.17). */
static bool
is_ours(struct text name)
{
    static const char *const names[] = { "Content-Type",      "Content-Length", "Content-Encoding",
                                         "Transfer-Encoding", "Connection",     "Keep-Alive",
                                         "Trailer",           "Upgrade",        "Date" };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (text_equal_nocase(name, text_of(names[i])))
            return true;
    return false;
}

static void
add_scalar(struct buffer *out, const struct value *value)
{
    struct json_writer w;

    if (value->type == VALUE_STRING) {
        buffer_add(out, value_text(value));
        return;
    }
    json_begin(&w, out, 0);
    json_value(&w, value);
}

/* Style "simple" (OAS 3.1 4.8.12.3): items and members with commas between them; exploded, a member is name=value. */
static void
add_simple(struct buffer *out, const struct value *value, bool explode)
{
    size_t start = buffer_length(out);

    if (value->type == VALUE_ARRAY && value->count > 0) {
        for (VALUE_EACH_ITEM(item, value)) {
            if (buffer_length(out) > start)
                buffer_byte(out, ',');
            add_scalar(out, item);
        }
    } else if (value->type == VALUE_OBJECT && value->count > 0) {
        for (VALUE_EACH_MEMBER(key, value)) {
            if (buffer_length(out) > start)
                buffer_byte(out, ',');
            buffer_add(out, value_text(key));
            buffer_byte(out, explode ? '=' : ',');
            add_scalar(out, value_next(key));
        }
    } else if (value->type != VALUE_ARRAY && value->type != VALUE_OBJECT) {
        add_scalar(out, value);
    }
}

/* The value made from the schema, on a tape of its own. */
static const struct value *
made(const struct answering *a, struct source object)
{
    struct document document;
    struct buffer json;
    struct text kept = { NULL, 0 };

    buffer_init(&json, FIELD_BYTES);
    if (example_made(a, object, "schema", a->seed, &json))
        kept = arena_text(a->arena, buffer_text(&json));
    buffer_release(&json);
    return kept.data != NULL && document_parse(&document, kept, NULL, a->arena, NULL) == 0 ? document.root : NULL;
}

/* What the schema itself says it is. */
static const struct value *
stated(const struct answering *a, struct source object)
{
    struct source schema = source_member(a, object, TEXT("schema"));
    const struct value *constant = VALUE_MEMBER(schema.value, "const");

    return constant != NULL ? constant : VALUE_MEMBER(schema.value, "default");
}

/* The text of a header; data is NULL when there is no value for it. may_make: one may be made up. */
static struct text
field_text(const struct answering *a, struct source header, bool may_make)
{
    const struct value *content = VALUE_MEMBER(header.value, "content"), *value;
    struct source object = header;
    struct buffer out;
    struct text text;

    if (value_is(content, VALUE_OBJECT) && content->count > 0)
        object = source_follow(a, (struct source){ header.document, value_next(value_first(content)) });
    value = example_first(a, object).value;
    if (value == NULL)
        value = may_make ? made(a, object) : stated(a, object);
    if (value == NULL)
        return (struct text){ NULL, 0 };
    buffer_init(&out, FIELD_BYTES);
    if (object.value != header.value)
        add_scalar(&out, value);
    else
        add_simple(&out, value, value_is(VALUE_MEMBER(header.value, "explode"), VALUE_TRUE));
    text = arena_text(a->arena, buffer_text(&out));
    buffer_release(&out);
    return text;
}

void
fields_write(const struct answering *a, struct source response)
{
    struct source headers = source_member(a, response, TEXT("headers"));

    if (!value_is(headers.value, VALUE_OBJECT) || headers.value->count == 0)
        return;
    for (VALUE_EACH_MEMBER(key, headers.value)) {
        struct source header = source_follow(a, (struct source){ headers.document, value_next(key) });
        struct source schema = source_member(a, header, TEXT("schema"));
        bool wanted = value_is(VALUE_MEMBER(header.value, "required"), VALUE_TRUE) ||
                      VALUE_MEMBER(header.value, "example") != NULL || VALUE_MEMBER(header.value, "examples") != NULL ||
                      VALUE_MEMBER(schema.value, "example") != NULL || VALUE_MEMBER(schema.value, "examples") != NULL;

        if (wanted && !is_ours(value_text(key)))
            service_answer_header(a->answer, value_text(key), field_text(a, header, true));
    }
}

uint32_t
fields_stated(const struct answering *a, struct source response, struct header *fields, uint32_t most)
{
    struct source headers = source_member(a, response, TEXT("headers"));
    uint32_t count = 0;

    if (!value_is(headers.value, VALUE_OBJECT) || headers.value->count == 0)
        return 0;
    for (VALUE_EACH_MEMBER(key, headers.value)) {
        struct source header = source_follow(a, (struct source){ headers.document, value_next(key) });
        struct text text;

        if (!value_is(VALUE_MEMBER(header.value, "required"), VALUE_TRUE) || is_ours(value_text(key)) || count == most)
            continue;
        text = field_text(a, header, false);
        if (text.length > 0 && text_find(text, '\n') == text.length && text_find(text, '\r') == text.length)
            fields[count++] = (struct header){ .name = value_text(key), .value = text };
    }
    return count;
}
