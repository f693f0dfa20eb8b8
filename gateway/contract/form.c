/* form.c -- see form.h. Values are collected raw under their names first: what they mean is only known when all are
 * there. */
#include "contract/form.h"

#include "base/buffer.h"
#include "base/limits.h"
#include "http/query.h"
#include "json/pointer.h"

struct form_reader
form_begin(const struct checking *c, const struct schema *schema, const struct media *media)
{
    return (struct form_reader){
        .c = c, .schema = schema, .media = media, .object = part_new(c->check->arena, PART_OBJECT, TEXT(""))
    };
}

const struct encoding *
form_encoding(const struct media *media, struct text name)
{
    for (uint32_t i = 0; media != NULL && i < media->encoding_count; i++)
        if (text_equal(media->encodings[i].name, name))
            return &media->encodings[i];
    return NULL;
}

bool
form_is_json(struct text content_types)
{
    struct text_split split = text_split_start(content_types);
    struct media_type type;
    struct text one;

    while (content_types.length > 0 && text_split_next(&split, ',', &one))
        if (media_type_parse(text_trim(one), &type) && media_type_kind(&type) == MEDIA_JSON)
            return true;
    return false;
}

static bool
fail(struct form_reader *form, const char *wrong, struct text at, struct text found)
{
    form->wrong = wrong;
    form->at = at;
    form->found = found;
    return false;
}

/* "name[key]" of a property in style deepObject: the property, or NULL. */
static const struct encoding *
deep_encoding(const struct form_reader *form, struct text name)
{
    size_t bracket = text_find(name, '[');
    const struct encoding *e;

    if (bracket == name.length)
        return NULL;
    e = form_encoding(form->media, text_slice(name, 0, bracket));
    return e != NULL && e->styled && e->style == STYLE_DEEP ? e : NULL;
}

static struct style_reader
reader(const struct form_reader *form, struct text name, const struct encoding *e)
{
    return (struct style_reader){ .arena = form->c->check->arena,
                                  .name = name,
                                  .style = e != NULL && e->styled ? (enum style)e->style : STYLE_FORM,
                                  .explode = e == NULL || !e->styled || e->explode,
                                  .decoding = DECODE_QUERY };
}

bool
form_add(struct form_reader *form, struct text name, struct text value)
{
    struct arena *arena = form->c->check->arena;
    const struct encoding *deep = deep_encoding(form, name);
    struct part *member;

    if (form->object == NULL)
        return true;
    member = part_member(form->object, deep != NULL ? deep->name : name, &form->members, arena);
    if (member == NULL)
        return fail(form, "fewer keys", name, value);
    if (deep != NULL) {
        struct style_reader r = reader(form, deep->name, deep);
        const struct schema *schema = form->schema != NULL ? schema_property(form->schema, deep->name) : NULL;
        unsigned types = schema != NULL ? schema_types(schema) : SCHEMA_TYPE_ANY;

        if (member->kind == PART_OPEN)
            member->kind = (types & SCHEMA_TYPE_OBJECT) ? PART_OBJECT : PART_ARRAY;
        if (!style_deep(&r, member, text_from(name, deep->name.length), value, &form->members))
            return fail(form, r.wrong != NULL ? r.wrong : "fewer keys", name, value);
        return true;
    }
    part_add(member, part_new(arena, PART_OPEN, value));
    return true;
}

/* ---- what the collected values mean ---- */

/* The texts of a member as an array, for style_array. NULL: no memory. */
static struct text *
raws_of(const struct part *member, struct arena *arena)
{
    struct text *raws = arena_alloc(arena, (member->count + 1) * sizeof *raws);
    uint32_t n = 0;

    for (const struct part *p = member->first; raws != NULL && p != NULL; p = p->next)
        raws[n++] = p->text;
    return raws;
}

static bool
become(struct part *member, const struct part *made)
{
    if (made == NULL)
        return false;
    member->kind = made->kind;
    member->text = made->text;
    member->value = made->value;
    member->first = made->first;
    member->last = made->last;
    member->count = made->count;
    return true;
}

static bool
end_json(struct form_reader *form, struct part *member, struct style_reader *r)
{
    struct arena *arena = form->c->check->arena;
    struct document *document = ARENA_NEW(arena, struct document);
    struct text text;

    if (document == NULL || !style_decode(r, member->first->text, &text))
        return fail(form, r->wrong, member->key, member->first->text);
    if (document_parse(document, text, NULL, arena, NULL) < 0)
        return fail(form, "JSON", member->key, text);
    member->kind = PART_VALUE;
    member->value = document->root;
    return true;
}

static bool
end_scalar(struct form_reader *form, struct part *member, struct style_reader *r)
{
    struct text text;

    if (member->count > 1)
        return fail(form, "one value; it was sent more than once", member->key, member->last->text);
    if (!style_decode(r, member->first->text, &text))
        return fail(form, r->wrong, member->key, member->first->text);
    member->kind = PART_TEXT;
    member->text = text;
    return true;
}

static bool
end_member(struct form_reader *form, struct part *member)
{
    struct arena *arena = form->c->check->arena;
    const struct encoding *e = form_encoding(form->media, member->key);
    const struct schema *schema = form->schema != NULL ? schema_property(form->schema, member->key) : NULL;
    unsigned types = schema != NULL ? schema_types(schema) : SCHEMA_TYPE_ANY;
    struct style_reader r = reader(form, member->key, e);
    struct text *raws;

    if (member->kind != PART_OPEN || member->first == NULL)
        return true;
    if (e != NULL && !e->styled && member->count == 1 && form_is_json(e->content_types))
        return end_json(form, member, &r);
    if ((types & SCHEMA_TYPE_ARRAY) && (types != SCHEMA_TYPE_ANY || member->count > 1) &&
        (member->count > 1 || !(types & SCHEMA_TYPE_STRING))) {
        if ((raws = raws_of(member, arena)) == NULL || !become(member, style_array(&r, raws, member->count)))
            return fail(form, r.wrong, member->key, member->first->text);
        return true;
    }
    if (types == SCHEMA_TYPE_OBJECT || types == (SCHEMA_TYPE_OBJECT | SCHEMA_TYPE_NULL)) {
        if (e == NULL || !e->styled) /* objects are JSON unless a style says otherwise (OAS 3.1 4.8.15.1.1) */
            return form->media != NULL ? end_json(form, member, &r) : end_scalar(form, member, &r);
        if ((raws = raws_of(member, arena)) == NULL || !become(member, style_object(&r, raws, member->count)))
            return fail(form, r.wrong, member->key, member->first->text);
        return true;
    }
    return end_scalar(form, member, &r);
}

struct part *
form_end(struct form_reader *form)
{
    for (struct part *p = form->object != NULL ? form->object->first : NULL; p != NULL; p = p->next)
        if (!end_member(form, p))
            return NULL;
    return form->object;
}

/* ---- whole forms ---- */

struct text
form_place(const struct checking *c, struct text instance, struct text name)
{
    struct buffer b;
    struct text place;

    buffer_init(&b, 64 * LIMIT_KIB);
    buffer_add(&b, instance);
    pointer_add(&b, name);
    place = arena_text(c->check->arena, buffer_text(&b));
    buffer_release(&b);
    return place;
}

void
check_form_object(const struct checking *c, const struct media *media, const struct part *object, struct text instance,
                  const struct parameter_ids *ids)
{
    const struct value *v;

    if (!part_is_valid(c, &media->shape, object, instance, &v))
        report_schema(c, ids->schema, &media->shape, v, instance);
}

void
check_form_text(const struct checking *c, const struct media *media, struct text text, struct text instance,
                const struct parameter_ids *ids)
{
    struct form_reader form = form_begin(c, media->shape.schema, media);
    struct query_pair pair;
    bool broken = false;

    while (query_next(&text, &pair)) {
        struct text name;

        if (!percent_decode(pair.name, true, c->check->arena, &name))
            (void)fail(&form, "percent-encoded UTF-8: '%' and two hex digits", pair.name, pair.name);
        else if (form_add(&form, name, pair.value))
            continue;
        report_found(c, ids->syntax, form_place(c, instance, form.at), media->place, form.wrong, form.found);
        broken = true;
    }
    if (broken)
        return;
    if (form_end(&form) != NULL)
        check_form_object(c, media, form.object, instance, ids);
    else if (form.wrong != NULL)
        report_found(c, ids->syntax, form_place(c, instance, form.at), media->place, form.wrong, form.found);
    else
        report_unchecked(c, UNCHECKED_BUDGET, instance);
}
