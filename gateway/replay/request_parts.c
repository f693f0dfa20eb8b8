#include "replay/request_parts.h"

#include "base/hash.h"
#include "base/limits.h"
#include "base/random.h"
#include "http/query.h"
#include "json/document.h"
#include "json/write.h"

static struct text
taken(struct buffer *b, struct arena *arena)
{
    struct text t = buffer_failed(b) ? text_make(NULL, 0) : arena_text(arena, buffer_text(b));

    buffer_release(b);
    return t;
}

/* ---- queries ---- */

int
request_put_query(struct text query, struct text name, struct text value, struct arena *arena, struct text *out)
{
    struct query_pair pair;
    struct buffer b;
    bool found = false;

    buffer_init(&b, query.length + 3 * (query.length + 1) * (value.length + 1) + 16);
    while (query_next(&query, &pair)) {
        struct text decoded;
        bool here = percent_decode(pair.name, true, arena, &decoded) && text_equal(decoded, name);

        found = found || here;
        if (here && value.length == 0)
            continue;
        if (buffer_length(&b) > 0)
            buffer_byte(&b, '&');
        buffer_add(&b, pair.name);
        if (pair.has_value || here)
            buffer_byte(&b, '=');
        if (here)
            percent_encode(&b, value);
        else
            buffer_add(&b, pair.value);
    }
    *out = taken(&b, arena);
    if (out->data == NULL)
        return -1;
    return found;
}

/* ---- bodies ---- */

struct splice {
    struct text source;
    struct buffer out;
    size_t copied; /* bytes of the source that are in out */
    struct text value;
    uint32_t count;
};

/* One step of a pointer, as it is written. */
static bool
step_is(struct text step, struct text key)
{
    size_t k = 0;

    if (text_equal(step, TEXT("*")))
        return true;
    for (size_t i = 0; i < step.length; i++, k++) {
        char c = step.data[i];

        if (c == '~' && i + 1 < step.length)
            c = step.data[++i] == '1' ? '/' : '~';
        if (k >= key.length || key.data[k] != c)
            return false;
    }
    return k == key.length;
}

/* Where a scalar that begins at `from` ends. */
static size_t
scalar_end(struct text source, size_t from)
{
    size_t end = from + 1;

    if (source.data[from] == '"') {
        while (end < source.length && source.data[end] != '"')
            end += source.data[end] == '\\' ? 2 : 1;
        return end + 1;
    }
    while (end < source.length && strchr(",]} \t\r\n", source.data[end]) == NULL)
        end++;
    return end;
}

static void
put_scalar(struct splice *s, const struct value *v)
{
    struct json_writer w;

    if (v->type == VALUE_ARRAY || v->type == VALUE_OBJECT)
        return;
    buffer_add(&s->out, text_slice(s->source, s->copied, v->place - s->copied));
    json_begin(&w, &s->out, 0);
    if (v->type != VALUE_STRING && document_is_json(s->value))
        buffer_add(&s->out, s->value);
    else
        json_string(&w, s->value);
    s->copied = scalar_end(s->source, v->place);
    s->count++;
}

/* Recursion ends with the pointer. */
static void
put_at(struct splice *s, const struct value *v, struct text pointer)
{
    size_t end;
    struct text step;

    if (pointer.length == 0) {
        put_scalar(s, v);
        return;
    }
    end = 1 + text_find(text_from(pointer, 1), '/');
    step = text_slice(pointer, 1, end - 1);
    if (v->type == VALUE_OBJECT)
        for (VALUE_EACH_MEMBER(key, v))
            if (step_is(step, value_text(key)))
                put_at(s, value_next(key), text_from(pointer, end));
    if (v->type == VALUE_ARRAY) {
        uint64_t wanted = 0, index = 0;
        bool any = text_equal(step, TEXT("*"));

        if (!any && !text_to_u64(step, &wanted))
            return;
        for (VALUE_EACH_ITEM(item, v))
            if (any || index++ == wanted)
                put_at(s, item, text_from(pointer, end));
    }
}

int
request_put_body(struct text body, struct text pointer, struct text value, struct arena *arena, struct text *out)
{
    struct splice s = { .source = body, .value = value };
    struct document document;

    if (pointer.length > LIMIT_POINTER_BYTES || (pointer.length > 0 && pointer.data[0] != '/') ||
        document_parse(&document, body, NULL, arena, NULL) < 0)
        return 0;
    buffer_init(&s.out, LIMIT_RECORD_LINE);
    put_at(&s, document.root, pointer);
    buffer_add(&s.out, text_from(body, s.copied));
    *out = taken(&s.out, arena);
    if (out->data == NULL)
        return -1;
    return s.count > 0;
}

/* ---- keys ---- */

static bool
is_uuid(struct text t)
{
    for (size_t i = 0; i < t.length; i++)
        if ((i == 8 || i == 13 || i == 18 || i == 23) ? t.data[i] != '-' : text_hex_digit(t.data[i]) < 0)
            return false;
    return t.length == 36;
}

static bool
is_hex(struct text t)
{
    bool letters = false;

    for (size_t i = 0; i < t.length; i++) {
        if (text_hex_digit(t.data[i]) < 0)
            return false;
        letters = letters || t.data[i] > '9';
    }
    return letters;
}

struct text
request_renewed(struct text key, uint64_t seed, struct arena *arena)
{
    struct text copy = arena_text(arena, key);
    bool uuid = is_uuid(key), hex = uuid || is_hex(key);
    char *out = (char *)(uintptr_t)copy.data;
    struct random random;

    random_seed(&random, hash_mix(hash_stable(key, 0), seed));
    for (size_t i = 0; i < copy.length; i++) {
        char c = out[i];

        if (uuid && (i == 14 || i == 19))
            continue;
        if (hex && text_hex_digit(c) >= 0)
            out[i] = (c >= 'A' && c <= 'F' ? "0123456789ABCDEF" : "0123456789abcdef")[random_below(&random, 16)];
        else if (c >= '0' && c <= '9')
            out[i] = (char)('0' + (char)random_below(&random, 10));
        else if (c >= 'a' && c <= 'z')
            out[i] = (char)('a' + (char)random_below(&random, 26));
        else if (c >= 'A' && c <= 'Z')
            out[i] = (char)('A' + (char)random_below(&random, 26));
    }
    return copy;
}
