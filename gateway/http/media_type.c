/* media_type.c -- reading and comparing media types. */
#include "http/media_type.h"

#include "http/message.h"
#include "http/parse_table.h"

static bool
is_token(struct text t)
{
    for (size_t i = 0; i < t.length; i++) {
        if (!byte_is(t.data[i], BYTE_TOKEN))
            return false;
    }
    return t.length > 0;
}

bool
media_type_parse(struct text t, struct media_type *m)
{
    size_t semicolon = text_find(t, ';');
    struct text essence = text_trim(text_slice(t, 0, semicolon));
    size_t slash = text_find(essence, '/');
    struct media_type found = {
        .type = text_slice(essence, 0, slash),
        .subtype = text_from(essence, slash + 1),
        .parameters = text_trim(text_from(t, semicolon + 1)),
    };

    if (!is_token(found.type) || !is_token(found.subtype))
        return false;
    /* the star stands for everything below; "*" + "/json" is no range (RFC 9110 12.5.1) */
    if (text_equal(found.type, TEXT("*")) && !text_equal(found.subtype, TEXT("*")))
        return false;
    *m = found;
    return true;
}

/* The next name=value of *rest; parts that are none are skipped. */
static bool
parameter_next(struct text *rest, struct text *name, struct text *value)
{
    while (rest->length > 0) {
        size_t end = header_part_end(*rest, ';'), equals;
        struct text part = text_trim(text_slice(*rest, 0, end));

        *rest = text_from(*rest, end + 1);
        equals = text_find(part, '=');
        if (equals == part.length)
            continue;
        *name = text_slice(part, 0, equals);
        *value = text_from(part, equals + 1);
        if (value->length >= 2 && value->data[0] == '"' && value->data[value->length - 1] == '"' &&
            text_find(*value, '\\') == value->length)
            *value = text_slice(*value, 1, value->length - 2);
        if (is_token(*name))
            return true;
    }
    return false;
}

struct text
media_type_parameter(const struct media_type *m, struct text name)
{
    struct text rest = m->parameters, key, value;

    while (parameter_next(&rest, &key, &value)) {
        if (text_equal_nocase(key, name))
            return value;
    }
    return (struct text){ NULL, 0 };
}

/* Of charset the value has no case (RFC 9110 8.3.2); of others that is not known, so it has. */
static bool
same_value(struct text name, struct text a, struct text b)
{
    return text_equal_nocase(name, TEXT("charset")) ? text_equal_nocase(a, b) : text_equal(a, b);
}

/* Does the concrete type have every parameter of the range? `q` weighs in Accept and is none. *named: the range has
 * any. */
static bool
parameters_fit(const struct media_type *range, const struct media_type *concrete, bool *named)
{
    struct text rest = range->parameters, name, value;

    *named = false;
    while (parameter_next(&rest, &name, &value)) {
        if (text_equal_nocase(name, TEXT("q")))
            continue;
        *named = true;
        if (!same_value(name, value, media_type_parameter(concrete, name)))
            return false;
    }
    return true;
}

int
media_type_fit(const struct media_type *range, const struct media_type *concrete)
{
    bool named;

    if (!parameters_fit(range, concrete, &named))
        return 0;
    if (text_equal(range->type, TEXT("*")))
        return 1;
    if (!text_equal_nocase(range->type, concrete->type))
        return 0;
    if (text_equal(range->subtype, TEXT("*")))
        return 2;
    if (!text_equal_nocase(range->subtype, concrete->subtype))
        return 0;
    return named ? 4 : 3;
}

struct kind_row {
    struct text type;
    struct text subtype; /* empty: any */
    enum media_kind kind;
};

#define ROW(type, subtype, kind)                                                                                       \
    {                                                                                                                  \
        { type, sizeof(type) - 1 }, { subtype, sizeof(subtype) - 1 }, kind                                             \
    }

static const struct kind_row kinds[] = {
    ROW("application", "json", MEDIA_JSON),
    ROW("text", "json", MEDIA_JSON),
    ROW("application", "x-www-form-urlencoded", MEDIA_FORM),
    ROW("multipart", "", MEDIA_MULTIPART),
    ROW("text", "event-stream", MEDIA_EVENT_STREAM),
    ROW("application", "jsonl", MEDIA_JSON_LINES),
    ROW("application", "x-jsonl", MEDIA_JSON_LINES),
    ROW("application", "jsonlines", MEDIA_JSON_LINES),
    ROW("application", "x-jsonlines", MEDIA_JSON_LINES),
    ROW("application", "ndjson", MEDIA_JSON_LINES),
    ROW("application", "x-ndjson", MEDIA_JSON_LINES),
    ROW("application", "json-seq", MEDIA_JSON_LINES),
};

static bool
ends_nocase(struct text t, struct text end)
{
    return t.length > end.length && text_equal_nocase(text_from(t, t.length - end.length), end);
}

enum media_kind
media_type_kind(const struct media_type *m)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (text_equal_nocase(m->type, kinds[i].type) &&
            (kinds[i].subtype.length == 0 || text_equal_nocase(m->subtype, kinds[i].subtype)))
            return kinds[i].kind;
    }
    if (ends_nocase(m->subtype, TEXT("+json-seq")))
        return MEDIA_JSON_LINES;
    if (ends_nocase(m->subtype, TEXT("+json")))
        return MEDIA_JSON;
    return text_equal_nocase(m->type, TEXT("text")) ? MEDIA_TEXT : MEDIA_OTHER;
}
