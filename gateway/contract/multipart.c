/* multipart.c -- multipart/form-data (RFC 7578, RFC 2046 5.1) as one object: a member per part name.
 *
 * A part is JSON when it or its Encoding Object says so, a text, or a file. Of a file its bytes are not looked into;
 * it counts as a string of as many characters as it has bytes (OAS 3.1 4.8.14.3). */
#include "contract/body.h"
#include "contract/parameter_places.h"

#include "base/limits.h"
#include "contract/form.h"

extern const struct parameter_ids body_ids;

#define PART_HEADERS 32

struct multipart {
    const struct checking *c;
    const struct media *media;
    struct text delimiter; /* "--boundary" */
    struct part *object;
    struct index members;
    struct text rest;
};

static void
broken(const struct multipart *m, struct text name, const char *expected, struct text found)
{
    report_found(m->c, VIOLATION_FORM_SYNTAX, name.length > 0 ? form_place(m->c, TEXT(""), name) : TEXT(""),
                 m->media->place, expected, found);
}

/* Skip to behind the next line that is a delimiter. *last: it was the closing one. False: there is none. *before is
 * what came before it. */
static bool
next_delimiter(struct multipart *m, struct text *before, bool *last)
{
    size_t from = 0;

    while (from < m->rest.length) {
        size_t at = from + text_search(text_from(m->rest, from), m->delimiter);
        struct text line;

        if (at >= m->rest.length)
            return false;
        line = text_from(m->rest, at + m->delimiter.length);
        if (at == 0 || m->rest.data[at - 1] == '\n') {
            size_t end = text_find(line, '\n');
            struct text tail = text_slice(line, 0, end);

            *last = text_starts(tail, TEXT("--"));
            if (tail.length > 0 && tail.data[tail.length - 1] == '\r')
                tail.length--;
            if (*last || text_trim(tail).length == 0) {
                *before = text_slice(m->rest, 0, at);
                if (before->length > 0)
                    before->length--;
                if (before->length > 0 && before->data[before->length - 1] == '\r')
                    before->length--;
                m->rest = text_from(line, end + 1);
                return true;
            }
        }
        from = at + 1;
    }
    return false;
}

/* ---- one part ---- */

struct body_part {
    struct header headers[PART_HEADERS];
    uint32_t header_count;
    struct text body;
    struct text type; /* Content-Type */
    struct text name;
    bool is_file;
};

static bool
read_headers(struct body_part *part, struct text text)
{
    while (text.length > 0) {
        size_t end = text_find(text, '\n'), colon;
        struct text line = text_slice(text, 0, end);

        text = text_from(text, end + 1);
        if (line.length > 0 && line.data[line.length - 1] == '\r')
            line.length--;
        if (line.length == 0) {
            part->body = text;
            return true;
        }
        colon = text_find(line, ':');
        if (colon == line.length || colon == 0 || part->header_count == PART_HEADERS)
            return false;
        part->headers[part->header_count++] =
            (struct header){ .name = text_slice(line, 0, colon), .value = text_trim(text_from(line, colon + 1)) };
    }
    return false;
}

/* The value of a parameter of Content-Disposition, quotes and backslashes undone (RFC 7578 4.2, WHATWG HTML
 * 4.10.22.8). */
static bool
disposition_parameter(struct text value, struct text name, struct arena *arena, struct text *out)
{
    size_t at = text_find(value, ';');

    while (at < value.length) {
        struct text rest = text_trim(text_from(value, at + 1));
        size_t equals = text_find(rest, '=');
        bool found = equals < rest.length && text_equal_nocase(text_trim(text_slice(rest, 0, equals)), name);
        struct text v = text_from(rest, equals + 1);
        char *copy;
        size_t n = 0, i = 0;

        if (v.length == 0 || v.data[0] != '"') {
            i = text_find(v, ';');
            if (found) {
                *out = text_trim(text_slice(v, 0, i));
                return true;
            }
        } else {
            copy = arena_alloc(arena, v.length);
            for (i = 1; copy != NULL && i < v.length && v.data[i] != '"'; i++) {
                if (v.data[i] == '\\' && i + 1 < v.length)
                    i++;
                copy[n++] = v.data[i];
            }
            if (found) {
                *out = (struct text){ copy, copy != NULL ? n : 0 };
                return copy != NULL;
            }
            i += text_find(text_from(v, i), ';');
        }
        if (v.length == 0)
            return false;
        value = v;
        at = i;
    }
    return false;
}

static bool
read_part(struct multipart *m, struct text text, struct body_part *part)
{
    struct arena *arena = m->c->check->arena;
    struct text disposition = TEXT(""), file;

    part->header_count = 0;
    part->type = TEXT("");
    part->is_file = false;
    if (!read_headers(part, text)) {
        broken(m, TEXT(""), "header fields, an empty line, then the content of the part", text);
        return false;
    }
    for (uint32_t i = 0; i < part->header_count; i++) {
        if (text_equal_nocase(part->headers[i].name, TEXT("content-disposition")))
            disposition = part->headers[i].value;
        else if (text_equal_nocase(part->headers[i].name, TEXT("content-type")))
            part->type = part->headers[i].value;
    }
    if (!disposition_parameter(disposition, TEXT("name"), arena, &part->name)) {
        broken(m, TEXT(""), "Content-Disposition: form-data; name=\"…\" in each part", disposition);
        return false;
    }
    part->is_file = disposition_parameter(disposition, TEXT("filename"), arena, &file) ||
                    disposition_parameter(disposition, TEXT("filename*"), arena, &file);
    return true;
}

/* ---- what a part means ---- */

/* As many characters as bytes. */
static struct text
stand_in(struct text bytes, struct arena *arena)
{
    char *copy;

    if (text_is_utf8(bytes) && text_code_points(bytes) == bytes.length)
        return bytes;
    copy = arena_alloc(arena, bytes.length);
    for (size_t i = 0; copy != NULL && i < bytes.length; i++)
        copy[i] = (unsigned char)bytes.data[i] < 0x80 ? bytes.data[i] : '?';
    return (struct text){ copy, copy != NULL ? bytes.length : 0 };
}

/* Is the part's type one that the contract lists for it? */
static bool
type_listed(const struct encoding *e, struct text type)
{
    struct text_split split = text_split_start(e->content_types);
    struct media_type concrete, range;
    struct text one;

    if (!media_type_parse(type, &concrete))
        return false;
    while (text_split_next(&split, ',', &one))
        if (media_type_parse(text_trim(one), &range) && media_type_fit(&range, &concrete) > 0)
            return true;
    return false;
}

static bool
is_object_type(unsigned types)
{
    return types == SCHEMA_TYPE_OBJECT || types == (SCHEMA_TYPE_OBJECT | SCHEMA_TYPE_NULL);
}

/* The types of one part of this name: of the property, or of its items when several parts make an array. */
static unsigned
part_types(const struct multipart *m, struct text name, bool *array)
{
    const struct schema *schema = m->media->shape.schema != NULL ? schema_property(m->media->shape.schema, name) : NULL;
    unsigned types = schema != NULL ? schema_types(schema) : SCHEMA_TYPE_ANY;
    const struct schema *items;

    *array = (types & SCHEMA_TYPE_ARRAY) && types != SCHEMA_TYPE_ANY;
    if (!*array)
        return types;
    items = schema_items(schema);
    return items != NULL ? schema_types(items) : SCHEMA_TYPE_ANY;
}

static struct part *
make_value(struct multipart *m, const struct body_part *part, const struct encoding *e, unsigned types)
{
    struct arena *arena = m->c->check->arena;
    struct document *document;
    struct part *made;
    bool json = part->type.length > 0 ? form_is_json(part->type)
                : e != NULL           ? form_is_json(e->content_types)
                                      : is_object_type(types) && !part->is_file;

    if (!json) {
        bool text = !part->is_file && text_is_utf8(part->body);

        return part_new(arena, text ? PART_TEXT : PART_STRING, text ? part->body : stand_in(part->body, arena));
    }
    document = ARENA_NEW(arena, struct document);
    made = part_new(arena, PART_VALUE, TEXT(""));
    if (document == NULL || made == NULL)
        return NULL;
    if (document_parse(document, part->body, NULL, arena, NULL) < 0) {
        broken(m, part->name, "JSON in this part", part->body);
        return NULL;
    }
    made->value = document->root;
    return made;
}

static bool
add_value(struct multipart *m, struct part *member, struct part *made, bool array, struct text name)
{
    struct part *next = member->next;
    struct text key = member->key;

    if (array) {
        member->kind = PART_ARRAY;
        part_add(member, made);
        return true;
    }
    if (member->kind != PART_OPEN) {
        broken(m, name, "one part of this name", name);
        return false;
    }
    *member = *made;
    member->next = next;
    member->key = key;
    return true;
}

static bool
add_part(struct multipart *m, struct text text)
{
    static const struct parameter_ids ids = { VIOLATION_FORM_SYNTAX, VIOLATION_FORM_SYNTAX, VIOLATION_FORM_SYNTAX };
    struct arena *arena = m->c->check->arena;
    struct body_part part;
    const struct encoding *e;
    struct part *member, *made;
    bool array;
    unsigned types;

    if (!read_part(m, text, &part))
        return false;
    e = form_encoding(m->media, part.name);
    types = part_types(m, part.name, &array);
    if (e != NULL && e->content_types.length > 0 && part.type.length > 0 && !type_listed(e, part.type)) {
        broken(m, part.name, arena_print(arena, "Content-Type: %.*s", TEXT_PRINT(e->content_types)).data, part.type);
        return false;
    }
    if (e != NULL && e->header_count > 0) {
        const struct message head = { .headers = part.headers, .header_count = part.header_count };

        check_headers(m->c, e->headers, e->header_count, &head, &ids);
    }
    made = make_value(m, &part, e, types);
    member = made != NULL ? part_member(m->object, part.name, &m->members, arena) : NULL;
    return member != NULL && add_value(m, member, made, array, part.name);
}

static bool
read_boundary(struct multipart *m, const struct message *message)
{
    struct media_type type;
    struct text boundary = TEXT("");

    if (media_type_parse(message_value(message, HEADER_CONTENT_TYPE), &type))
        boundary = media_type_parameter(&type, TEXT("boundary"));
    if (boundary.length == 0 || boundary.length > 70) {
        broken(m, TEXT(""), "a boundary of 1 to 70 characters in Content-Type",
               message_value(message, HEADER_CONTENT_TYPE));
        return false;
    }
    m->delimiter = arena_print(m->c->check->arena, "--%.*s", TEXT_PRINT(boundary));
    return m->delimiter.data != NULL;
}

void
check_multipart(const struct checking *c, const struct media *media, const struct message *message, struct text body)
{
    struct multipart m = { .c = c, .media = media, .rest = body };
    struct text before;
    bool last = false, fine = true;

    if (!text_equal_nocase(media->range.subtype, TEXT("form-data"))) {
        if (media->shape.schema != NULL || media->shape.broken) /* only form-data has names */
            report_unchecked(c, UNCHECKED_MEDIA_TYPE, TEXT(""));
        return;
    }
    m.object = part_new(c->check->arena, PART_OBJECT, TEXT(""));
    if (m.object == NULL || !read_boundary(&m, message))
        return;
    if (!next_delimiter(&m, &before, &last)) {
        broken(&m, TEXT(""), "parts between lines with the boundary", body);
        return;
    }
    while (!last) {
        if (!next_delimiter(&m, &before, &last)) {
            broken(&m, TEXT(""), "a last line with the boundary and '--'", m.rest);
            return;
        }
        fine = add_part(&m, before) && fine;
    }
    if (fine)
        check_form_object(c, media, m.object, TEXT(""), &body_ids);
}
