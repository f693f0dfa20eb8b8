/* form_fields.c -- see form_fields.h. */
#include "contract/form_fields.h"

#include "contract/form.h"
#include "contract/multipart.h"
#include "http/query.h"

static bool
is_form_data(const struct media_type *type)
{
    return media_type_kind(type) == MEDIA_MULTIPART && text_equal_nocase(type->subtype, TEXT("form-data"));
}

bool
form_fields_has(const struct media_type *type)
{
    return media_type_kind(type) == MEDIA_FORM || is_form_data(type);
}

static bool
add(struct form_fields *fields, struct form_field field, struct arena *arena)
{
    struct form_field *own = ARENA_NEW(arena, struct form_field);

    if (own == NULL)
        return false;
    *own = field;
    own->next = NULL;
    if (fields->last != NULL)
        fields->last->next = own;
    else
        fields->first = own;
    fields->last = own;
    fields->count++;
    return true;
}

/* ---- urlencoded ---- */

static bool
add_member(struct form_fields *fields, const struct part *member, struct arena *arena)
{
    if (member->kind != PART_ARRAY)
        return add(fields, (struct form_field){ .name = member->key, .value = member->text }, arena);
    for (const struct part *item = member->first; item != NULL; item = item->next)
        if (!add(fields, (struct form_field){ .name = member->key, .value = item->text }, arena))
            return false;
    return true;
}

static bool
read_urlencoded(struct form_fields *fields, struct text body, struct arena *arena)
{
    struct check check = { .arena = arena };
    const struct checking c = { .check = &check };
    struct form_reader form = form_begin(&c, NULL, NULL);
    struct query_pair pair;
    struct text name;

    while (query_next(&body, &pair))
        if (!percent_decode(pair.name, true, arena, &name) || !form_add(&form, name, pair.value))
            return false;
    if (form_end(&form) == NULL)
        return false;
    for (const struct part *member = form.object->first; member != NULL; member = member->next)
        if (!add_member(fields, member, arena))
            return false;
    return true;
}

/* ---- form-data ---- */

static bool
read_json(struct form_field *field, struct arena *arena)
{
    struct document *document = ARENA_NEW(arena, struct document);

    if (document == NULL || document_parse(document, field->value, NULL, arena, NULL) < 0)
        return false;
    field->json = document->root;
    return true;
}

static bool
read_form_data(struct form_fields *fields, struct text content_type, struct text body, struct arena *arena)
{
    struct multipart_reader reader;
    struct multipart_part part;

    if (!multipart_begin(&reader, content_type, body, arena))
        return false;
    while (multipart_next(&reader, &part)) {
        struct form_field field = { .name = part.name, .value = part.body, .type = part.type, .is_file = part.is_file };

        if (part.wrong != NULL || (form_is_json(part.type) && !read_json(&field, arena)) || !add(fields, field, arena))
            return false;
    }
    return reader.wrong == NULL;
}

bool
form_fields_read(struct form_fields *fields, struct text content_type, struct text body, struct arena *arena)
{
    struct media_type type;

    *fields = (struct form_fields){ .count = 0 };
    if (!media_type_parse(content_type, &type))
        return false;
    if (media_type_kind(&type) == MEDIA_FORM)
        return read_urlencoded(fields, body, arena);
    return is_form_data(&type) && read_form_data(fields, content_type, body, arena);
}

/* ---- as a value ---- */

static struct part *
part_of(const struct form_field *field, struct arena *arena)
{
    bool text = !field->is_file && text_is_utf8(field->value);
    struct part *part = part_new(arena, text ? PART_TEXT : PART_STRING, text ? field->value : TEXT(""));

    if (part != NULL && field->json != NULL) {
        part->kind = PART_VALUE;
        part->value = field->json;
    }
    return part;
}

/* The second of its name makes an array of the first. */
static bool
put(struct part *member, struct part *made, struct arena *arena)
{
    struct part *first;

    if (made == NULL)
        return false;
    if (member->kind == PART_OPEN) {
        member->kind = made->kind;
        member->text = made->text;
        member->value = made->value;
        return true;
    }
    if (member->kind != PART_ARRAY) {
        if ((first = part_new(arena, member->kind, member->text)) == NULL)
            return false;
        first->value = member->value;
        member->kind = PART_ARRAY;
        part_add(member, first);
    }
    part_add(member, made);
    return true;
}

const struct value *
form_fields_value(const struct form_fields *fields, struct arena *arena, bool guess)
{
    struct part *object = part_new(arena, PART_OBJECT, TEXT(""));
    struct schema_run run = { .arena = arena };
    struct index members = { .count = 0 };

    for (const struct form_field *f = fields->first; object != NULL && f != NULL; f = f->next) {
        struct part *member = part_member(object, f->name, &members, arena);

        if (member == NULL || !put(member, part_of(f, arena), arena))
            return NULL;
    }
    return object != NULL ? part_value(object, NULL, &run, guess) : NULL;
}
