/* multipart.c -- multipart/form-data (RFC 7578, RFC 2046 5.1) as one object: a member per part name.
 *
 * A part is JSON when it or its Encoding Object says so, a text, or a file. Of a file its bytes are not looked into;
 * it counts as a string of as many characters as it has bytes (OAS 3.1 4.8.14.3). */
#include "contract/body.h"
#include "contract/parameter_places.h"

#include "base/limits.h"
#include "contract/form.h"
#include "contract/multipart.h"

extern const struct parameter_ids body_ids;

struct multipart {
    const struct checking *c;
    const struct media *media;
    struct part *object;
    struct index members;
};

static void
broken(const struct multipart *m, struct text name, const char *expected, struct text found)
{
    report_found(m->c, VIOLATION_FORM_SYNTAX, name.length > 0 ? form_place(m->c, TEXT(""), name) : TEXT(""),
                 m->media->place, expected, found);
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
make_value(struct multipart *m, const struct multipart_part *part, const struct encoding *e, unsigned types)
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
add_part(struct multipart *m, struct multipart_part *part)
{
    static const struct parameter_ids ids = { VIOLATION_FORM_SYNTAX, VIOLATION_FORM_SYNTAX, VIOLATION_FORM_SYNTAX };
    struct arena *arena = m->c->check->arena;
    const struct encoding *e;
    struct part *member, *made;
    bool array;
    unsigned types;

    if (part->wrong != NULL) {
        broken(m, TEXT(""), part->wrong, part->found);
        return false;
    }
    e = form_encoding(m->media, part->name);
    types = part_types(m, part->name, &array);
    if (e != NULL && e->content_types.length > 0 && part->type.length > 0 && !type_listed(e, part->type)) {
        broken(m, part->name, arena_print(arena, "Content-Type: %.*s", TEXT_PRINT(e->content_types)).data, part->type);
        return false;
    }
    if (e != NULL && e->header_count > 0) {
        const struct message head = { .headers = part->headers, .header_count = part->header_count };

        check_headers(m->c, e->headers, e->header_count, &head, &ids);
    }
    made = make_value(m, part, e, types);
    member = made != NULL ? part_member(m->object, part->name, &m->members, arena) : NULL;
    return member != NULL && add_value(m, member, made, array, part->name);
}

void
check_multipart(const struct checking *c, const struct media *media, const struct message *message, struct text body)
{
    struct multipart m = { .c = c, .media = media };
    struct multipart_reader reader;
    struct multipart_part part;
    bool fine = true;

    if (!text_equal_nocase(media->range.subtype, TEXT("form-data"))) {
        if (media->shape.schema != NULL || media->shape.broken) /* only form-data has names */
            report_unchecked(c, UNCHECKED_MEDIA_TYPE, TEXT(""));
        return;
    }
    m.object = part_new(c->check->arena, PART_OBJECT, TEXT(""));
    if (m.object == NULL)
        return;
    if (multipart_begin(&reader, message_value(message, HEADER_CONTENT_TYPE), body, c->check->arena))
        while (multipart_next(&reader, &part))
            fine = add_part(&m, &part) && fine;
    if (reader.wrong != NULL)
        broken(&m, TEXT(""), reader.wrong, reader.found);
    else if (fine && reader.ended)
        check_form_object(c, media, m.object, TEXT(""), &body_ids);
}
