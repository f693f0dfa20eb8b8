/* shape_write.c -- a shape as a Schema Object. */
#include "extract/shape.h"

#include "schema/format.h"

static void
write_types(struct json_writer *w, unsigned types)
{
    static const char *const names[] = { "null", "boolean", "integer", "number", "string", "array", "object" };
    unsigned count = 0;

    for (unsigned i = 0; i < 7; i++)
        count += (types >> i) & 1;
    if (count == 0 || types == SHAPE_NULL) /* that one null says nothing about other values */
        return;
    JSON_KEY(w, "type");
    if (count > 1)
        json_array(w);
    for (unsigned i = 7; i-- > 0;)
        if ((types >> i & 1) != 0)
            json_string(w, text_of(names[i]));
    if (count > 1)
        json_end_array(w);
}

/* As it was told, unless an example goes without it; else what every example had, which is little evidence, but a draft
 * is read by a person. */
static bool
is_required(const struct shape *shape, const struct shape_member *m)
{
    bool always = m->seen == shape->objects;

    if (m->shape->required != REQUIRED_UNKNOWN)
        return m->shape->required == REQUIRED_YES && always;
    return shape->objects > 0 && always;
}

static void
write_members(struct json_writer *w, const struct shape *shape)
{
    bool any = false;

    JSON_KEY(w, "properties");
    json_object(w);
    for (const struct shape_member *m = shape->members; m != NULL; m = m->next) {
        json_key(w, m->name);
        json_object(w);
        shape_write(w, m->shape);
        json_end_object(w);
        any = any || is_required(shape, m);
    }
    json_end_object(w);
    if (!any)
        return;
    JSON_KEY(w, "required");
    json_array(w);
    for (const struct shape_member *m = shape->members; m != NULL; m = m->next)
        if (is_required(shape, m))
            json_string(w, m->name);
    json_end_array(w);
}

/* Those that were told, and those that examples have besides. */
static void
write_choices(struct json_writer *w, const struct shape *shape)
{
    JSON_KEY(w, "enum");
    json_array(w);
    for (const struct shape_choice *c = shape->choices; c != NULL; c = c->next)
        json_string(w, c->value);
    for (const struct shape_choice *m = shape->met; m != NULL; m = m->next) {
        const struct shape_choice *c = shape->choices;

        while (c != NULL && !text_equal(c->value, m->value))
            c = c->next;
        if (c == NULL)
            json_string(w, m->value);
    }
    json_end_array(w);
}

/* A format that an example does not have was not meant so strictly. */
static bool
has_format(const struct shape *shape)
{
    const struct format *format = shape->format != NULL ? format_find(text_of(shape->format), true) : NULL;

    if (format == NULL || (shape->types & (SHAPE_STRING | SHAPE_INTEGER)) == 0)
        return false;
    for (const struct shape_choice *m = shape->met; m != NULL; m = m->next)
        if (!format_check_text(format, m->value))
            return false;
    return true;
}

void
shape_write_type(struct json_writer *w, const struct shape *shape)
{
    write_types(w, shape->types);
    if (has_format(shape)) {
        JSON_KEY(w, "format");
        json_string(w, text_of(shape->format));
    }
    if (shape->choices != NULL && shape->types == SHAPE_STRING && shape->met_count < SHAPE_MET)
        write_choices(w, shape);
}

bool
shape_takes(const struct shape *shape, struct text example)
{
    const struct format *format = has_format(shape) ? format_find(text_of(shape->format), true) : NULL;
    const struct shape_choice *c = shape->choices;
    size_t digits = 0;

    while (digits < example.length && example.data[digits] >= '0' && example.data[digits] <= '9')
        digits++;
    while (c != NULL && !text_equal(c->value, example))
        c = c->next;
    if (example.length == 0 || (shape->choices != NULL && c == NULL))
        return false;
    if (shape->types == SHAPE_STRING)
        return format == NULL || format_check_text(format, example);
    if (shape->types == SHAPE_INTEGER)
        return digits == example.length && digits <= 9 && (digits == 1 || example.data[0] != '0');
    return shape->types == SHAPE_BOOLEAN && (text_equal(example, TEXT("true")) || text_equal(example, TEXT("false")));
}

void
shape_write(struct json_writer *w, const struct shape *shape)
{
    shape_write_type(w, shape);
    if (shape->description.length > 0) {
        JSON_KEY(w, "description");
        json_string(w, shape->description);
    }
    if (shape->members != NULL)
        write_members(w, shape);
    if ((shape->types & SHAPE_ARRAY) != 0) {
        JSON_KEY(w, "items");
        json_object(w);
        if (shape->items != NULL)
            shape_write(w, shape->items);
        json_end_object(w);
    }
    source_write(w, &shape->source);
}
