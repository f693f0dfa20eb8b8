/* sending_style.c -- arrays and objects in one parameter (OAS 3.1 4.8.12.3, after RFC 6570); style.c reads them back.
 *
 * Where editions of the specification show different things, the later one and RFC 6570 are followed: items of label
 * without explode are separated by commas, brackets and pipes of queries are percent-encoded. */
#include "contract/sending_style.h"

#include <stdio.h>

#include "base/limits.h"
#include "http/query.h"
#include "json/write.h"

/* How a style puts values one behind the other. */
static const struct {
    const char *lead;
    const char *exploded; /* between exploded values; NULL: `between` of the writer */
    const char *flat;     /* between others */
    bool named;
} shapes[STYLES] = {
    [STYLE_SIMPLE] = { "", ",", ",", false },  [STYLE_LABEL] = { ".", ".", ",", false },
    [STYLE_MATRIX] = { ";", ";", ",", true },  [STYLE_FORM] = { "", NULL, ",", true },
    [STYLE_SPACE] = { "", NULL, "%20", true }, [STYLE_PIPE] = { "", NULL, "%7C", true },
    [STYLE_DEEP] = { "", NULL, ",", true },    [STYLE_COOKIE] = { "", NULL, ",", true },
};

struct text
style_scalar_text(const struct value *v)
{
    switch ((enum value_type)v->type) {
    case VALUE_TRUE:
        return TEXT("true");
    case VALUE_FALSE:
        return TEXT("false");
    case VALUE_NULL:
        return TEXT("");
    default:
        return value_text(v);
    }
}

/* ---- texts ---- */

/* RFC 9110 5.5: of the control characters only HTAB may be in a field. */
static bool
is_field_text(struct text t)
{
    for (size_t i = 0; t.data != NULL && i < t.length; i++)
        if (((unsigned char)t.data[i] < ' ' && t.data[i] != '\t') || t.data[i] == 0x7f)
            return false;
    return true;
}

/* RFC 3986 2.2, without what ends a pair or the query, or means a space there; and triplets that are encoded already.
 */
static size_t
reserved_length(struct text t)
{
    static const char kept[] = ":/?@!$'()*,;=";

    if (t.length == 0 || t.data == NULL)
        return 0;
    if (t.data[0] == '%')
        return t.length >= 3 && text_hex_digit(t.data[1]) >= 0 && text_hex_digit(t.data[2]) >= 0 ? 3 : 0;
    return strchr(kept, t.data[0]) != NULL && t.data[0] != '\0' ? 1 : 0;
}

static void
write_reserved(struct buffer *out, struct text t)
{
    while (t.length > 0) {
        size_t kept = reserved_length(t), length = kept > 0 ? kept : 1;

        if (kept > 0)
            buffer_add(out, text_slice(t, 0, kept));
        else
            percent_encode(out, text_slice(t, 0, 1));
        t = text_from(t, length);
    }
}

bool
style_write_text(struct style_writer *w, struct text t)
{
    if (w->escaping == ESCAPE_ALL) {
        percent_encode(w->out, t);
    } else if (w->escaping == ESCAPE_RESERVED) {
        write_reserved(w->out, t);
    } else if (!is_field_text(t)) {
        w->wrong = "a header field holds no line break and no other control character";
        return false;
    } else if (w->style == STYLE_COOKIE && text_find(t, ';') < t.length) {
        w->wrong = "a cookie holds no ';'"; /* RFC 6265 4.1.1 */
        return false;
    } else {
        buffer_add(w->out, t);
    }
    return true;
}

bool
style_write_json(struct style_writer *w, const struct value *value)
{
    struct json_writer json;
    struct buffer text;
    bool fine;

    buffer_init(&text, LIMIT_SANDBOX_BODY);
    json_begin(&json, &text, 0);
    json_value(&json, value);
    fine = style_write_text(w, buffer_text(&text));
    if (buffer_failed(&text)) {
        w->wrong = "the value is too large";
        fine = false;
    }
    buffer_release(&text);
    return fine;
}

/* ---- values ---- */

static bool
write_scalar(struct style_writer *w, const struct value *v)
{
    if (v->type < VALUE_ARRAY)
        return style_write_text(w, style_scalar_text(v));
    w->wrong = "a list or an object within another cannot be written in this style";
    return false;
}

static void
write_separator(struct style_writer *w, bool *first, const char *separator)
{
    if (!*first)
        buffer_add(w->out, text_of(separator));
    *first = false;
}

/* "a=b" */
static bool
write_pair(struct style_writer *w, struct text name, const struct value *v)
{
    if (!style_write_text(w, name))
        return false;
    buffer_byte(w->out, '=');
    return write_scalar(w, v);
}

static const char *
exploded_separator(const struct style_writer *w)
{
    return shapes[w->style].exploded != NULL ? shapes[w->style].exploded : w->between;
}

static bool
write_exploded(struct style_writer *w, const struct value *value)
{
    bool first = true;

    if (value->type == VALUE_ARRAY) {
        for (VALUE_EACH_ITEM(item, value)) {
            if (item->type == VALUE_NULL)
                continue;
            write_separator(w, &first, exploded_separator(w));
            if (!(shapes[w->style].named ? write_pair(w, w->name, item) : write_scalar(w, item)))
                return false;
        }
        return true;
    }
    for (VALUE_EACH_MEMBER(key, value)) {
        if (value_next(key)->type == VALUE_NULL)
            continue;
        write_separator(w, &first, exploded_separator(w));
        if (!write_pair(w, value_text(key), value_next(key)))
            return false;
    }
    return true;
}

/* All behind one name: "name=a,b", "name=R,100,G,200". */
static bool
write_flat(struct style_writer *w, const struct value *value)
{
    const char *separator = shapes[w->style].flat;
    bool first = true;

    if (shapes[w->style].named) {
        if (!style_write_text(w, w->name))
            return false;
        buffer_byte(w->out, '=');
    }
    if (value->type == VALUE_ARRAY) {
        for (VALUE_EACH_ITEM(item, value)) {
            if (item->type == VALUE_NULL)
                continue;
            write_separator(w, &first, separator);
            if (!write_scalar(w, item))
                return false;
        }
        return true;
    }
    for (VALUE_EACH_MEMBER(key, value)) {
        if (value_next(key)->type == VALUE_NULL)
            continue;
        write_separator(w, &first, separator);
        if (!style_write_text(w, value_text(key)))
            return false;
        buffer_add(w->out, text_of(separator));
        if (!write_scalar(w, value_next(key)))
            return false;
    }
    return true;
}

/* ---- name[a][b]=c ---- */

static bool
write_deep(struct style_writer *w, struct text path, const struct value *value, unsigned depth, bool *first);

/* `path` with "[key]" behind it, and what is there. */
static bool
write_deep_member(struct style_writer *w, struct text path, struct text key, const struct value *value, unsigned depth,
                  bool *first)
{
    struct buffer longer;
    bool fine;

    buffer_init(&longer, LIMIT_REQUEST_LINE);
    buffer_add(&longer, path);
    buffer_add(&longer, TEXT("%5B"));
    percent_encode(&longer, key);
    buffer_add(&longer, TEXT("%5D"));
    fine = write_deep(w, buffer_text(&longer), value, depth + 1, first);
    if (buffer_failed(&longer)) {
        w->wrong = "the names are too long for a query";
        fine = false;
    }
    buffer_release(&longer);
    return fine;
}

static bool
write_deep(struct style_writer *w, struct text path, const struct value *value, unsigned depth, bool *first)
{
    char index[16];
    unsigned n = 0;

    if (value->type == VALUE_NULL)
        return true;
    if (value->type < VALUE_ARRAY) {
        write_separator(w, first, w->between);
        buffer_add(w->out, path);
        buffer_byte(w->out, '=');
        return write_scalar(w, value);
    }
    if (depth == LIMIT_DEEP_OBJECT) {
        w->wrong = "the value is nested too deep for style deepObject";
        return false;
    }
    if (value->type == VALUE_ARRAY) {
        for (VALUE_EACH_ITEM(item, value)) {
            (void)snprintf(index, sizeof index, "%u", n++);
            if (!write_deep_member(w, path, text_of(index), item, depth, first))
                return false;
        }
        return true;
    }
    for (VALUE_EACH_MEMBER(key, value))
        if (!write_deep_member(w, path, value_text(key), value_next(key), depth, first))
            return false;
    return true;
}

static bool
write_deep_object(struct style_writer *w, const struct value *value)
{
    struct buffer name;
    bool first = true, fine;

    buffer_init(&name, LIMIT_REQUEST_LINE);
    percent_encode(&name, w->name);
    fine = write_deep(w, buffer_text(&name), value, 0, &first);
    buffer_release(&name);
    return fine;
}

bool
style_write(struct style_writer *w, const struct value *value)
{
    bool blank = value->type >= VALUE_ARRAY && value->count == 0;

    if (value->type == VALUE_NULL || blank) /* RFC 6570 3.2.1: undefined, nothing is written */
        return true;
    if (w->style == STYLE_DEEP)
        return write_deep_object(w, value);
    buffer_add(w->out, text_of(shapes[w->style].lead));
    if (value->type >= VALUE_ARRAY) /* with spaces or pipes an exploded object has no meaning: it stays in one */
        return w->explode && !(value->type == VALUE_OBJECT && (w->style == STYLE_SPACE || w->style == STYLE_PIPE))
                   ? write_exploded(w, value)
                   : write_flat(w, value);
    if (!shapes[w->style].named)
        return write_scalar(w, value);
    if (w->style != STYLE_MATRIX || style_scalar_text(value).length > 0)
        return write_pair(w, w->name, value);
    return style_write_text(w, w->name); /* ";color", RFC 6570 3.2.7 */
}
