/* sending_body.c -- forms: application/x-www-form-urlencoded and multipart/form-data, as Encoding Objects want them
 * (OAS 3.1 4.8.14, 4.8.15). form.c and multipart.c read them back. */
#include "contract/sending.h"

#include "base/base64.h"
#include "base/hash.h"
#include "base/limits.h"
#include "contract/form.h"
#include "contract/sending_style.h"
#include "json/write.h"

/* The media of the body with this type; else the content of a querystring parameter; NULL. */
static const struct media *
find_media(const struct operation *o, struct text type)
{
    for (uint32_t i = 0; o->body != NULL && i < o->body->media.count; i++)
        if (text_equal_nocase(o->body->media.items[i].name, type))
            return &o->body->media.items[i];
    for (uint32_t i = 0; i < o->parameter_count[IN_QUERYSTRING]; i++) {
        const struct media *media = o->parameters[IN_QUERYSTRING][i].content;

        if (media != NULL && text_equal_nocase(media->name, type))
            return media;
    }
    return NULL;
}

/* ---- application/x-www-form-urlencoded ---- */

static bool
allows_reserved(const struct media *media, struct text name)
{
    const struct value *encoding = value_member(VALUE_MEMBER(media->place.value, "encoding"), name);

    return value_is(VALUE_MEMBER(encoding, "allowReserved"), VALUE_TRUE);
}

static void
write_json_pair(struct style_writer *w, const struct value *value)
{
    (void)style_write_text(w, w->name);
    buffer_byte(w->out, '=');
    (void)style_write_json(w, value);
}

/* Objects are JSON unless a style says otherwise; a list is its name several times. */
static bool
write_plain_pairs(struct style_writer *w, const struct value *value, const struct encoding *e)
{
    bool first = true;

    if (value->type == VALUE_OBJECT || (e != NULL && form_is_json(e->content_types))) {
        write_json_pair(w, value);
        return w->wrong == NULL;
    }
    if (value->type != VALUE_ARRAY)
        return style_write(w, value);
    for (VALUE_EACH_ITEM(item, value)) {
        if (!first)
            buffer_byte(w->out, '&');
        first = false;
        if (item->type >= VALUE_ARRAY)
            write_json_pair(w, item);
        else if (!style_write(w, item))
            return false;
    }
    return w->wrong == NULL;
}

bool
sending_form(const struct operation *o, struct text type, const struct value *object, struct buffer *out,
             const char **why)
{
    const struct media *media = find_media(o, type);
    size_t begin = buffer_length(out);

    for (VALUE_EACH_MEMBER(key, object)) {
        const struct encoding *e = form_encoding(media, value_text(key));
        const struct value *value = value_next(key);
        bool styled = e != NULL && e->styled, blank = value->type == VALUE_ARRAY && value->count == 0;
        struct style_writer w = { .out = out, .name = value_text(key), .between = "&" };

        w.style = styled ? (enum style)e->style : STYLE_FORM;
        w.explode = !styled || e->explode;
        w.escaping = styled && allows_reserved(media, w.name) ? ESCAPE_RESERVED : ESCAPE_ALL;
        if (value->type == VALUE_NULL || blank)
            continue;
        if (buffer_length(out) > begin)
            buffer_byte(out, '&');
        if (!(styled ? style_write(&w, value) : write_plain_pairs(&w, value, e))) {
            *why = w.wrong;
            return false;
        }
    }
    return true;
}

/* ---- multipart/form-data ---- */

struct multipart_writer {
    const struct media *media; /* may be NULL */
    struct arena *arena;
    struct buffer *out;
    struct text boundary;
    uint32_t parts;
    const char *wrong;
};

/* What one part is. */
struct part_content {
    struct text type; /* empty: none is said, which means text/plain (RFC 7578 4.4) */
    struct text bytes;
    bool file;
};

/* "data:image/png;base64,iVBO…" (RFC 2397). False: it is none. */
static bool
read_data_url(struct text t, struct arena *arena, struct part_content *part)
{
    size_t comma = text_find(t, ',');
    struct text head = text_slice(t, 0, comma), type;

    if (!text_starts(t, TEXT("data:")) || comma == t.length || !text_ends(head, TEXT(";base64")))
        return false;
    type = text_slice(head, 5, head.length - 5 - 7);
    if (!base64_read(text_from(t, comma + 1), arena, &part->bytes))
        return false;
    part->type = type.length > 0 ? type : TEXT("application/octet-stream");
    part->file = true;
    return true;
}

static struct text
json_text(const struct value *value, struct arena *arena)
{
    struct json_writer json;
    struct buffer b;
    struct text t;

    buffer_init(&b, LIMIT_SANDBOX_BODY);
    json_begin(&json, &b, 0);
    json_value(&json, value);
    t = buffer_failed(&b) ? text_make(NULL, 0) : arena_text(arena, buffer_text(&b));
    buffer_release(&b);
    return t;
}

/* Does the schema of the property, or of its items, say that it is a file? (OAS 3.0 4.7.14.2) */
static bool
is_binary(const struct media *media, struct text name)
{
    const struct schema *schema =
        media != NULL && media->shape.schema != NULL ? schema_property(media->shape.schema, name) : NULL;
    const struct schema *items = schema != NULL ? schema_items(schema) : NULL;
    const struct value *format;

    if (items != NULL)
        schema = items;
    if (schema == NULL)
        return false;
    format = VALUE_MEMBER(schema_source(schema), "format");
    return value_is(format, VALUE_STRING) && text_equal(value_text(format), TEXT("binary"));
}

/* The first concrete type that the Encoding Object lists. */
static struct text
listed_type(const struct encoding *e)
{
    struct text_split split = text_split_start(e != NULL ? e->content_types : TEXT(""));
    struct text one;

    while (text_split_next(&split, ',', &one))
        if (text_trim(one).length > 0 && text_find(one, '*') == one.length)
            return text_trim(one);
    return text_make(NULL, 0);
}

static struct part_content
content_of(const struct multipart_writer *m, struct text name, const struct value *value)
{
    const struct encoding *e = form_encoding(m->media, name);
    struct part_content part = { .type = listed_type(e), .file = is_binary(m->media, name) };

    if (value->type == VALUE_STRING && read_data_url(value_text(value), m->arena, &part))
        return part;
    if (value->type < VALUE_ARRAY && !(part.type.length > 0 && form_is_json(part.type))) {
        part.bytes = style_scalar_text(value);
        return part;
    }
    if (part.type.length == 0)
        part.type = TEXT("application/json");
    part.bytes = json_text(value, m->arena);
    return part;
}

/* A name within quotes (WHATWG HTML, multipart/form-data encoding algorithm). */
static void
write_name(struct buffer *out, struct text name)
{
    buffer_byte(out, '"');
    for (size_t i = 0; i < name.length; i++) {
        char c = name.data[i];

        if (c == '"' || (unsigned char)c < ' ' || c == 0x7f)
            buffer_print(out, "%%%02X", (unsigned)(unsigned char)c);
        else
            buffer_byte(out, c);
    }
    buffer_byte(out, '"');
}

static bool
is_one_line(struct text t)
{
    return text_find(t, '\r') == t.length && text_find(t, '\n') == t.length && text_find(t, '\0') == t.length;
}

static void
write_part(struct multipart_writer *m, struct text name, const struct value *value)
{
    struct part_content part = content_of(m, name, value);

    if (!is_one_line(part.type)) {
        m->wrong = "the type of a file holds a line break";
        return;
    }
    buffer_print(m->out, "--%.*s\r\nContent-Disposition: form-data; name=", TEXT_PRINT(m->boundary));
    write_name(m->out, name);
    if (part.file) {
        buffer_add(m->out, TEXT("; filename="));
        write_name(m->out, name);
    }
    if (part.type.length > 0)
        buffer_print(m->out, "\r\nContent-Type: %.*s", TEXT_PRINT(part.type));
    buffer_add(m->out, TEXT("\r\n\r\n"));
    buffer_add(m->out, part.bytes);
    buffer_add(m->out, TEXT("\r\n"));
    m->parts++;
}

static void
write_parts(struct multipart_writer *m, const struct value *object)
{
    m->parts = 0;
    for (VALUE_EACH_MEMBER(key, object)) {
        const struct value *value = value_next(key);

        if (value->type == VALUE_NULL)
            continue;
        if (value->type != VALUE_ARRAY) {
            write_part(m, value_text(key), value);
            continue;
        }
        for (VALUE_EACH_ITEM(item, value))
            write_part(m, value_text(key), item);
    }
    buffer_print(m->out, "--%.*s--\r\n", TEXT_PRINT(m->boundary));
}

/* How often is the boundary in it? */
static uint32_t
count_boundary(struct text body, struct text boundary)
{
    uint32_t count = 0;

    while (body.length > 0) {
        size_t at = text_search(body, boundary);

        count += at < body.length;
        body = text_from(body, at + boundary.length);
    }
    return count;
}

bool
sending_multipart(const struct operation *o, struct text type, const struct value *object, struct arena *arena,
                  struct buffer *out, struct text *boundary, const char **why)
{
    struct multipart_writer m = { .media = find_media(o, type), .arena = arena, .out = out };
    uint64_t seed = hash_stable(json_text(object, arena), 0);
    size_t begin = buffer_length(out);

    do { /* a boundary that no part has in it: the first, but for malice */
        buffer_truncate(out, begin);
        seed = hash_stable(TEXT("plumbline"), seed);
        m.boundary = arena_print(arena, "plumbline-%016llx", (unsigned long long)seed);
        if (m.boundary.data == NULL)
            m.wrong = "there is no memory for the parts";
        else
            write_parts(&m, object);
    } while (m.wrong == NULL && !buffer_failed(out) &&
             count_boundary(text_from(buffer_text(out), begin), m.boundary) != m.parts + 1);
    *boundary = m.boundary;
    *why = m.wrong != NULL ? m.wrong : "";
    return m.wrong == NULL;
}
