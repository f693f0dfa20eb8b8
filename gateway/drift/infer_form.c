/* infer_form.c -- what the fields of forms had: texts that look like numbers or words, files, parts that are JSON. */
#include "contract/form_fields.h"
#include "drift/infer_internal.h"
#include "traffic/redacted.h"

struct form_type {
    struct text name; /* "image/png" */
    uint64_t seen;
    uint64_t first; /* how many parts with a type there were when it came first */
};

struct form_tally {
    struct text name;
    uint64_t in;   /* forms that had it; */
    uint64_t last; /* the last of them, counted from 1 */
    bool repeats;  /* one had it several times: it is a list */
    uint64_t files;
    struct infer_shape *texts; /* of values that are neither files nor JSON; one by one, also of a list */
    struct infer_shape *json;
    uint64_t values;
    uint64_t typed; /* of them, parts with a Content-Type */
    struct form_type types[INFER_TYPES];
    uint32_t type_count;
    bool types_more;
    struct form_tally *next;
};

struct infer_form {
    uint64_t seen; /* forms that could be read, with all that was sent */
    struct form_tally *fields;
    struct form_tally **end;
    uint32_t count;
    bool open; /* there were more names than are kept */
};

struct infer_form *
infer_form_new(struct arena *arena)
{
    return ARENA_NEW(arena, struct infer_form);
}

static const struct form_tally *
find(const struct infer_form *form, struct text name)
{
    const struct form_tally *f = form->fields;

    while (f != NULL && !text_equal(f->name, name))
        f = f->next;
    return f;
}

static struct form_tally *
tally_of(struct infer_form *form, struct text name, struct arena *arena)
{
    struct form_tally *f = (struct form_tally *)(uintptr_t)find(form, name);

    if (f != NULL)
        return f;
    if (form->count == INFER_MEMBERS) {
        form->open = true;
        return NULL;
    }
    f = ARENA_NEW(arena, struct form_tally);
    if (f == NULL || (f->texts = infer_shape_new(arena)) == NULL || (f->json = infer_shape_new(arena)) == NULL)
        return NULL;
    f->name = arena_text(arena, name);
    if (form->end == NULL)
        form->end = &form->fields;
    *form->end = f;
    form->end = &f->next;
    form->count++;
    return f;
}

/* ---- counting ---- */

static void
count_type(struct form_tally *f, struct text name, uint64_t seen, uint64_t first, struct arena *arena)
{
    for (uint32_t i = 0; i < f->type_count; i++)
        if (text_equal_nocase(f->types[i].name, name)) {
            f->types[i].seen += seen;
            return;
        }
    if (f->type_count == INFER_TYPES)
        f->types_more = true;
    else
        f->types[f->type_count++] = (struct form_type){ arena_text(arena, name), seen, first };
}

static void
add_type(struct form_tally *f, struct text value, struct arena *arena)
{
    struct media_type type;

    if (value.length == 0)
        return;
    f->typed++;
    if (media_type_parse(value, &type))
        count_type(f, arena_print(arena, "%.*s/%.*s", TEXT_PRINT(type.type), TEXT_PRINT(type.subtype)), 1, f->typed,
                   arena);
    else
        f->types_more = true;
}

/* `is`: what all values of the field are in the form as a value, in which redacted places are marked. */
static void
add_field(struct form_tally *f, const struct form_field *field, const struct value *is, struct arena *arena)
{
    bool marked = false;

    for (uint32_t i = 0; i < is->span; i++)
        marked = marked || (is[i].flags & VALUE_REDACTED) != 0;
    f->values++;
    add_type(f, field->type, arena);
    if (is->flags & VALUE_REDACTED) /* something was here; what, nobody knows */
        return;
    if (field->json != NULL && is->span == field->json->span) /* with what is redacted inside of it */
        infer_shape_add(f->json, is, arena);
    else if (field->json != NULL && !marked)
        infer_shape_add(f->json, field->json, arena);
    else if (field->json != NULL)
        f->json->seen++;
    else if (field->is_file)
        f->files++;
    else if (text_is_utf8(field->value))
        infer_shape_add_text(f->texts, field->value, arena);
    else /* bytes: no word of it is kept */
        infer_shape_merge(
            f->texts, &(struct infer_shape){ .seen = 1, .strings = 1, .texts_more = true, .formats_lost = UINT8_MAX },
            arena);
}

void
infer_form_add(struct infer_form *form, const struct exchange *x, enum side side, struct text body, struct arena *arena)
{
    const struct message *m = side == SIDE_REQUEST ? &x->request : &x->response;
    struct form_fields fields;
    const struct value *object;

    if (!form_fields_read(&fields, message_value(m, HEADER_CONTENT_TYPE), body, x->arena) ||
        fields.count > INFER_FIELDS || (object = form_fields_value(&fields, x->arena, false)) == NULL)
        return;
    redacted_mark(x, side, object);
    if (object->flags & VALUE_REDACTED)
        return;
    form->seen++;
    for (const struct form_field *field = fields.first; field != NULL; field = field->next) {
        struct form_tally *f = tally_of(form, field->name, arena);

        if (f == NULL)
            continue;
        f->repeats = f->repeats || f->last == form->seen;
        f->in += f->last != form->seen;
        f->last = form->seen;
        add_field(f, field, value_member(object, field->name), arena);
    }
}

void
infer_form_merge(struct infer_form *into, const struct infer_form *from, struct arena *arena)
{
    into->seen += from->seen;
    into->open = into->open || from->open;
    for (const struct form_tally *f = from->fields; f != NULL; f = f->next) {
        struct form_tally *own = tally_of(into, f->name, arena);

        if (own == NULL)
            continue;
        own->in += f->in;
        own->last = 0;
        own->repeats = own->repeats || f->repeats;
        own->files += f->files;
        infer_shape_merge(own->texts, f->texts, arena);
        infer_shape_merge(own->json, f->json, arena);
        for (uint32_t i = 0; i < f->type_count; i++)
            count_type(own, f->types[i].name, f->types[i].seen, own->typed + f->types[i].first, arena);
        own->values += f->values;
        own->typed += f->typed;
        own->types_more = own->types_more || f->types_more;
    }
}

bool
infer_form_alike(const struct infer_form *a, const struct infer_form *b)
{
    uint32_t both = 0;

    for (const struct form_tally *f = a->fields; f != NULL; f = f->next)
        both += find(b, f->name) != NULL;
    return 3 * both >= a->count + b->count;
}

/* ---- what may be said ---- */

static void
write_word(struct json_writer *w, const char *key, struct text word)
{
    json_key(w, text_of(key));
    json_string(w, word);
}

/* Of a file its bytes are not looked into: 3.1 says what they are by their media type, 3.0 by a format. */
static void
write_file(struct json_writer *w, const struct form_tally *f, bool old)
{
    bool one = f->type_count == 1 && !f->types_more;

    json_object(w);
    write_word(w, "type", TEXT("string"));
    if (old)
        write_word(w, "format", TEXT("binary"));
    else
        write_word(w, "contentMediaType", one ? f->types[0].name : TEXT("application/octet-stream"));
    infer_write_seen(w, f->files);
    json_end_object(w);
}

/* One value of the field. No type is said where JSON and others were seen, or JSON that is a list (which is read as one
 * item of a list where the schema is one), or parts of which nothing but redacted ones. */
static void
write_value(struct json_writer *w, const struct form_tally *f, const struct infer *infer)
{
    uint64_t json = f->json->seen, files = f->files, texts = f->texts->seen;

    if (json > 0 && files + texts == 0 && f->json->arrays == 0) {
        infer_schema_write(w, f->json, infer);
    } else if (files > 0 && json + texts == 0) {
        write_file(w, f, infer->old);
    } else if (texts > 0 && json + files == 0) {
        infer_schema_write_text(w, f->texts);
    } else {
        json_object(w);
        if (json == 0 && (files + texts > 0 || f->typed == 0))
            write_word(w, "type", TEXT("string"));
        infer_write_seen(w, f->values);
        json_end_object(w);
    }
}

static void
write_properties(struct json_writer *w, const struct infer_form *form, const struct infer *infer)
{
    JSON_KEY(w, "properties");
    json_object(w);
    for (const struct form_tally *f = form->fields; f != NULL; f = f->next) {
        json_key(w, f->name);
        if (!f->repeats) {
            write_value(w, f, infer);
            continue;
        }
        json_object(w);
        write_word(w, "type", TEXT("array"));
        JSON_KEY(w, "items");
        write_value(w, f, infer);
        infer_write_seen(w, f->in);
        json_end_object(w);
    }
    json_end_object(w);
}

static void
write_required(struct json_writer *w, const struct infer_form *form)
{
    bool any = false;

    if (form->seen < INFER_LEAST)
        return;
    for (const struct form_tally *f = form->fields; f != NULL; f = f->next) {
        if (f->in < form->seen)
            continue;
        if (!any) {
            JSON_KEY(w, "required");
            json_array(w);
        }
        any = true;
        json_string(w, f->name);
    }
    if (any)
        json_end_array(w);
}

/* Names that are values, or too many to be names: of them nothing is said. */
static bool
has_names(const struct infer_form *form)
{
    bool names = form->count < 3;

    for (const struct form_tally *f = form->fields; f != NULL; f = f->next)
        names = names || !infer_is_value(f->name);
    return names && !form->open && form->fields != NULL;
}

/* ---- encodings ---- */

/* What a part is when its Encoding Object says nothing (OAS 3.1 4.8.15.1). */
static struct text
default_type(const struct form_tally *f)
{
    if (f->json->seen > 0)
        return f->json->objects == f->json->seen ? TEXT("application/json") : TEXT("");
    return f->files > 0 ? TEXT("application/octet-stream") : TEXT("text/plain");
}

/* A check refuses other types: few of them, each again and again, and no new one in the second half. Where JSON is one
 * of them, parts without a type would be taken for it. */
static bool
types_are_known(const struct form_tally *f)
{
    if (f->typed < INFER_LEAST || f->types_more || (f->json->seen > 0 && f->typed < f->values))
        return false;
    for (uint32_t i = 0; i < f->type_count; i++)
        if (f->types[i].seen < 5 || f->types[i].first * 2 > f->typed)
            return false;
    return f->type_count > 1 || !text_equal_nocase(f->types[0].name, default_type(f));
}

static struct text
type_list(const struct form_tally *f, struct arena *arena)
{
    struct text list = TEXT("");

    for (uint32_t i = 0; i < f->type_count; i++)
        list = arena_print(arena, "%.*s%s%.*s", TEXT_PRINT(list), i > 0 ? ", " : "", TEXT_PRINT(f->types[i].name));
    return list;
}

/* In an urlencoded form a list is its name again and again, which is said; in form-data nobody could write it
 * otherwise. */
static void
write_encoding(struct json_writer *w, const struct infer_form *form, bool urlencoded, struct arena *arena)
{
    bool any = false;

    for (const struct form_tally *f = form->fields; f != NULL; f = f->next) {
        bool explode = urlencoded && f->repeats, typed = types_are_known(f);

        if (!explode && !typed)
            continue;
        if (!any) {
            JSON_KEY(w, "encoding");
            json_object(w);
        }
        any = true;
        json_key(w, f->name);
        json_object(w);
        if (explode) {
            write_word(w, "style", TEXT("form"));
            JSON_KEY(w, "explode");
            json_bool(w, true);
        } else {
            write_word(w, "contentType", type_list(f, arena));
        }
        json_end_object(w);
    }
    if (any)
        json_end_object(w);
}

void
infer_form_write(struct json_writer *w, const struct infer_form *form, bool urlencoded, const struct infer *infer)
{
    bool names = has_names(form);

    if (form->seen == 0)
        return;
    JSON_KEY(w, "schema");
    json_object(w);
    write_word(w, "type", TEXT("object"));
    if (names) {
        write_required(w, form);
        write_properties(w, form, infer);
    }
    infer_write_seen(w, form->seen);
    json_end_object(w);
    if (names)
        write_encoding(w, form, urlencoded, infer->arena);
}
