/* infer_schema.c -- what may be said of the values that were counted, and no more. */
#include <ctype.h>

#include "drift/infer_formats.h"
#include "drift/infer_internal.h"

void
infer_write_seen(struct json_writer *w, uint64_t seen)
{
    JSON_KEY(w, "x-seen");
    json_integer(w, (int64_t)seen);
}

/* ---- types ---- */

static unsigned
types_of(const struct infer_shape *s, const char *types[7])
{
    unsigned count = 0;

    if (s->objects > 0)
        types[count++] = "object";
    if (s->arrays > 0)
        types[count++] = "array";
    if (s->strings > 0)
        types[count++] = "string";
    if (s->fractions > 0 || (s->whole > 0 && s->whole < INFER_NUMBERS))
        types[count++] = "number";
    else if (s->whole > 0)
        types[count++] = "integer";
    if (s->booleans > 0)
        types[count++] = "boolean";
    if (s->nulls > 0 && count > 0)
        types[count++] = "null";
    return count;
}

static void
write_types(struct json_writer *w, const struct infer_shape *s, bool old)
{
    const char *types[7];
    unsigned count = types_of(s, types);

    if (old && count > 0 && s->nulls > 0) {
        count--;
        if (count == 1) {
            JSON_KEY(w, "nullable");
            json_bool(w, true);
        }
    }
    if (old && count > 1)
        return;

    if (count == 0) /* null alone: what else there may be, nobody knows */
        return;
    JSON_KEY(w, "type");
    if (count == 1) {
        json_string(w, text_of(types[0]));
        return;
    }
    json_array(w);
    for (unsigned i = 0; i < count; i++)
        json_string(w, text_of(types[i]));
    json_end_array(w);
}

/* ---- strings ---- */

static bool
is_word(struct text text)
{
    for (size_t i = 0; i < text.length; i++)
        if (!isalpha((unsigned char)text.data[i]) && text.data[i] != '_' && text.data[i] != '-')
            return false;
    return text.length > 0;
}

/* Few words, each again and again, and no new one in the second half. One word alone is no choice. */
static bool
is_enum(const struct infer_shape *s)
{
    if (s->strings < INFER_ENUM || s->texts_more || s->text_count < 2 || s->text_count > INFER_ENUM_MOST)
        return false;
    for (uint32_t i = 0; i < s->text_count; i++)
        if (!is_word(s->texts[i].text) || s->texts[i].seen < 5 || s->texts[i].first * 2 > s->strings)
            return false;
    return true;
}

static void
write_string(struct json_writer *w, const struct infer_shape *s)
{
    if (s->strings == 0)
        return;
    if (s->strings >= 3)
        for (unsigned bit = 0; infer_format_name(bit) != NULL; bit++)
            if ((s->formats_lost >> bit & 1u) == 0) {
                JSON_KEY(w, "format");
                json_string(w, text_of(infer_format_name(bit)));
                return;
            }
    if (s->strings != s->seen - s->nulls || !is_enum(s))
        return;
    JSON_KEY(w, "enum");
    json_array(w);
    for (uint32_t i = 0; i < s->text_count; i++)
        json_string(w, s->texts[i].text);
    if (s->nulls > 0)
        json_null(w);
    json_end_array(w);
}

/* ---- objects ---- */

static void
write_required(struct json_writer *w, const struct infer_shape *s)
{
    bool any = false;

    if (s->objects < INFER_LEAST)
        return;
    for (const struct infer_member *m = s->members; m != NULL; m = m->next) {
        if (m->shape->seen < s->objects)
            continue;
        if (!any) {
            JSON_KEY(w, "required");
            json_array(w);
        }
        any = true;
        json_string(w, m->name);
    }
    if (any)
        json_end_array(w);
}

static void
write_object(struct json_writer *w, struct infer_shape *s, const struct infer *infer)
{
    if (s->objects == 0)
        return;
    infer_shape_settle(s, infer->arena);
    if (s->values != NULL) {
        JSON_KEY(w, "additionalProperties");
        infer_schema_write(w, s->values, infer);
        return;
    }
    write_required(w, s);
    if (s->members == NULL)
        return;
    JSON_KEY(w, "properties");
    json_object(w);
    for (const struct infer_member *m = s->members; m != NULL; m = m->next) {
        json_key(w, m->name);
        infer_schema_write(w, m->shape, infer);
    }
    json_end_object(w);
}

void
infer_schema_write(struct json_writer *w, struct infer_shape *s, const struct infer *infer)
{
    json_object(w);
    write_types(w, s, infer->old);
    write_string(w, s);
    write_object(w, s, infer);
    if (s->arrays > 0) {
        JSON_KEY(w, "items");
        if (s->items != NULL) {
            infer_schema_write(w, s->items, infer);
        } else {
            json_object(w);
            json_end_object(w);
        }
    }
    infer_write_seen(w, s->seen);
    json_end_object(w);
}

void
infer_schema_write_text(struct json_writer *w, const struct infer_shape *s)
{
    json_object(w);
    JSON_KEY(w, "type");
    if (s->whole >= INFER_NUMBERS && s->whole == s->seen) {
        json_string(w, TEXT("integer"));
    } else if (s->whole + s->fractions >= INFER_NUMBERS && s->whole + s->fractions == s->seen) {
        json_string(w, TEXT("number"));
    } else if (s->booleans >= INFER_LEAST && s->booleans == s->seen) {
        json_string(w, TEXT("boolean"));
    } else {
        json_string(w, TEXT("string"));
        if (s->strings == s->seen)
            write_string(w, s);
    }
    infer_write_seen(w, s->seen);
    json_end_object(w);
}
