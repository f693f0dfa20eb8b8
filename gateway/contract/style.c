/* style.c -- see style.h. */
#include "contract/style.h"

#include "base/limits.h"
#include "http/query.h"

static const char broken_percent[] = "percent-encoded UTF-8: '%' and two hex digits";

bool
style_decode(struct style_reader *r, struct text raw, struct text *out)
{
    *out = raw;
    if (r->decoding == DECODE_NOTHING) {
        if (text_is_utf8(raw))
            return true;
        r->wrong = "UTF-8";
        return false;
    }
    if (percent_decode(raw, r->decoding == DECODE_QUERY, r->arena, out))
        return true;
    if (r->decoding == DECODE_COOKIE && text_is_utf8(raw))
        return true;
    r->wrong = broken_percent;
    return false;
}

/* ---- pieces ---- */

enum separator {
    AT_COMMA,
    AT_DOT,
    AT_SEMICOLON,
    AT_AMPERSAND,
    AT_SPACE, /* "%20", '+' or a space */
    AT_PIPE,  /* '|' or "%7C" */
};

/* How long the separator at this byte is; 0 when there is none. */
static size_t
separator_length(enum separator separator, struct text t)
{
    char c = t.data[0];

    switch (separator) {
    case AT_COMMA:
        return c == ',';
    case AT_DOT:
        return c == '.';
    case AT_SEMICOLON:
        return c == ';';
    case AT_AMPERSAND:
        return c == '&';
    case AT_SPACE:
        return c == '+' || c == ' ' ? 1 : text_starts(t, TEXT("%20")) ? 3 : 0;
    case AT_PIPE:
        return c == '|' ? 1 : t.length >= 3 && text_equal_nocase(text_slice(t, 0, 3), TEXT("%7C")) ? 3 : 0;
    }
    return 0;
}

struct pieces {
    struct text rest;
    enum separator separator;
    bool done;
};

static bool
piece_next(struct pieces *p, struct text *piece)
{
    size_t at = 0, skip = 0;

    if (p->done)
        return false;
    while (at < p->rest.length && (skip = separator_length(p->separator, text_from(p->rest, at))) == 0)
        at++;
    *piece = text_slice(p->rest, 0, at);
    p->done = at == p->rest.length;
    p->rest = text_from(p->rest, at + skip);
    return true;
}

/* What stands between values. OpenAPI before 3.0.4 and 3.1.1 shows dots where RFC 6570 has commas for label: both are
 * read. */
static enum separator
separator_of(const struct style_reader *r, struct text raw)
{
    switch (r->style) {
    case STYLE_LABEL:
        return r->explode || text_find(raw, ',') == raw.length ? AT_DOT : AT_COMMA;
    case STYLE_MATRIX:
        return r->explode ? AT_SEMICOLON : AT_COMMA;
    case STYLE_SPACE:
        return AT_SPACE;
    case STYLE_PIPE:
        return AT_PIPE;
    default:
        return AT_COMMA;
    }
}

/* Take off what a style puts in front: '.', ";name=". */
static bool
strip_prefix(struct style_reader *r, struct text *raw, bool named)
{
    if (r->style == STYLE_LABEL) {
        if (raw->length == 0 || raw->data[0] != '.') {
            r->wrong = "a '.' in front (style label)";
            return false;
        }
        *raw = text_from(*raw, 1);
    }
    if (r->style != STYLE_MATRIX)
        return true;
    if (raw->length == 0 || raw->data[0] != ';') {
        r->wrong = "';name=' in front (style matrix)";
        return false;
    }
    *raw = text_from(*raw, 1);
    if (!named)
        return true;
    if (!text_starts(*raw, r->name)) {
        r->wrong = "';name=' in front (style matrix)";
        return false;
    }
    *raw = text_from(*raw, r->name.length);
    if (raw->length == 0)
        return true;
    if (raw->data[0] != '=') {
        r->wrong = "';name=' in front (style matrix)";
        return false;
    }
    *raw = text_from(*raw, 1);
    return true;
}

bool
style_scalar(struct style_reader *r, struct text raw, struct text *out)
{
    return strip_prefix(r, &raw, true) && style_decode(r, raw, out);
}

static bool
add_text(struct style_reader *r, struct part *list, struct text raw)
{
    struct text value;
    struct part *part;

    if (r->decoding == DECODE_NOTHING)
        raw = text_trim(raw);
    if (!style_decode(r, raw, &value) || (part = part_new(r->arena, PART_TEXT, value)) == NULL)
        return false;
    part_add(list, part);
    return true;
}

/* ";color=blue;color=black": each with its name. */
static bool
add_matrix_items(struct style_reader *r, struct part *list, struct text raw)
{
    struct pieces pieces = { .rest = raw, .separator = AT_SEMICOLON };
    struct text piece;

    while (piece_next(&pieces, &piece)) {
        size_t equals = text_find(piece, '=');

        if (!text_equal(text_slice(piece, 0, equals), r->name)) {
            r->wrong = "';name=' before each item (style matrix)";
            return false;
        }
        if (!add_text(r, list, text_from(piece, equals + 1)))
            return false;
    }
    return true;
}

static bool
add_items(struct style_reader *r, struct part *list, struct text raw)
{
    bool named = r->style == STYLE_MATRIX && r->explode;
    struct pieces pieces;
    struct text piece;

    if (!strip_prefix(r, &raw, !named))
        return false;
    if (named)
        return add_matrix_items(r, list, raw);
    if (raw.length == 0) /* nothing written: no items */
        return true;
    pieces = (struct pieces){ .rest = raw, .separator = separator_of(r, raw) };
    while (piece_next(&pieces, &piece))
        if (!add_text(r, list, piece))
            return false;
    return true;
}

struct part *
style_array(struct style_reader *r, const struct text *raws, uint32_t count)
{
    bool each = r->explode && (r->style == STYLE_FORM || r->style == STYLE_SPACE || r->style == STYLE_PIPE ||
                               r->style == STYLE_COOKIE || r->style == STYLE_DEEP);
    struct part *list = part_new(r->arena, PART_ARRAY, TEXT(""));

    if (list == NULL || (each && count == 1 && raws[0].length == 0))
        return list;
    for (uint32_t i = 0; i < count; i++)
        if (!(each ? add_text(r, list, raws[i]) : add_items(r, list, raws[i])))
            return NULL;
    return list;
}

/* ---- objects ---- */

static bool
add_member(struct style_reader *r, struct part *object, struct text raw_key, struct text raw)
{
    struct text key, value;
    struct part *part;

    if (r->decoding == DECODE_NOTHING) {
        raw_key = text_trim(raw_key);
        raw = text_trim(raw);
    }
    if (!style_decode(r, raw_key, &key) || !style_decode(r, raw, &value) ||
        (part = part_new(r->arena, PART_TEXT, value)) == NULL)
        return false;
    part->key = key;
    part_add(object, part);
    return true;
}

/* "R=100,G=200" */
static bool
add_assignments(struct style_reader *r, struct part *object, struct pieces *pieces)
{
    struct text piece;

    while (piece_next(pieces, &piece)) {
        size_t equals = text_find(piece, '=');

        if (equals == piece.length) {
            r->wrong = "'=' in each member";
            return false;
        }
        if (!add_member(r, object, text_slice(piece, 0, equals), text_from(piece, equals + 1)))
            return false;
    }
    return true;
}

/* "R,100,G,200" */
static bool
add_turns(struct style_reader *r, struct part *object, struct pieces *pieces)
{
    struct text key, value;

    while (piece_next(pieces, &key)) {
        if (!piece_next(pieces, &value)) {
            r->wrong = "names and values in turn";
            return false;
        }
        if (!add_member(r, object, key, value))
            return false;
    }
    return true;
}

struct part *
style_object(struct style_reader *r, const struct text *raws, uint32_t count)
{
    struct part *object = part_new(r->arena, PART_OBJECT, TEXT(""));

    if (object == NULL)
        return NULL;
    for (uint32_t i = 0; i < count; i++) {
        struct text raw = raws[i];
        struct pieces pieces;

        if (!strip_prefix(r, &raw, !r->explode))
            return NULL;
        if (raw.length == 0)
            continue;
        pieces = (struct pieces){ .rest = raw, .separator = separator_of(r, raw) };
        if (!(r->explode ? add_assignments(r, object, &pieces) : add_turns(r, object, &pieces)))
            return NULL;
    }
    return object;
}

/* ---- name[a][b]=c ---- */

static bool
is_index(struct text key)
{
    uint64_t value;

    return key.length == 0 || (key.length <= 6 && text_to_u64(key, &value));
}

/* An open member becomes what its first use says; later uses must agree. */
static bool
becomes(struct part *part, enum part_kind kind)
{
    if (part->kind == PART_OPEN)
        part->kind = kind;
    return part->kind == kind;
}

/* The next key inside of brackets; false when there is none or it is broken. */
static bool
next_key(struct text *keys, struct text *key)
{
    size_t close = text_find(*keys, ']');

    if (keys->length < 2 || keys->data[0] != '[' || close == keys->length)
        return false;
    *key = text_slice(*keys, 1, close - 1);
    *keys = text_from(*keys, close + 1);
    return true;
}

bool
style_deep(struct style_reader *r, struct part *object, struct text keys, struct text raw, struct index *members)
{
    struct part *at = object;
    struct text key, value;

    r->wrong = "name[key]=value (style deepObject)";
    for (unsigned depth = 0; keys.length > 0; depth++) {
        enum part_kind kind;

        if (depth == LIMIT_DEEP_OBJECT || !next_key(&keys, &key))
            return false;
        kind = at == object ? object->kind : is_index(key) ? PART_ARRAY : PART_OBJECT;
        if (at->kind == PART_OBJECT)
            kind = PART_OBJECT;
        if (!becomes(at, kind))
            return false;
        if (kind == PART_ARRAY && key.length == 0) {
            struct part *item = part_new(r->arena, PART_OPEN, (struct text){ NULL, 0 });

            part_add(at, item);
            at = item;
        } else {
            at = part_member(at, key, members, r->arena);
        }
        if (at == NULL)
            return false;
    }
    if (!becomes(at, PART_TEXT) || at->text.data != NULL)
        return false;
    if (!style_decode(r, raw, &value))
        return false;
    at->text = value.data != NULL ? value : TEXT("");
    r->wrong = NULL;
    return true;
}
