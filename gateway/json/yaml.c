/* yaml.c -- YAML 1.2 onto the tape.
 *
 * libfyaml gives events; the tape is as JSON's. Aliases are resolved here, by copying the stretch of tape that the
 * anchor stands for, so that the budget of nodes holds for what comes out of them. While a container is open its span
 * holds the place of the container around it and its count the nodes in it, so that an even count means: a key is due.
 *
 * What JSON has no words for: keys that are no strings become their text; a collection as a key, a second document and
 * a repeated key are errors; `<<` is a key like any other; tags other than those of the core schema are ignored on
 * collections and make strings of scalars. */
#include "json/document.h"

#include <string.h>

#include "base/hash.h"
#include "base/limits.h"
#include "json/plain.h"
#include "json/tape.h"
#include "json/yaml_parser.h"

#define NONE           UINT32_MAX
#define ANCHOR_BUCKETS 256
#define CORE_TAG       "tag:yaml.org,2002:"

struct anchor {
    struct anchor *next;
    struct text name;
    uint32_t at; /* place on the tape */
};

struct reader {
    struct yaml_parser parser;
    struct arena *arena;
    struct document *document; /* source, name, lines */
    struct error *err;
    struct value *tape;
    uint32_t count, capacity;
    uint32_t open; /* the innermost open container, or NONE */
    uint32_t depth;
    uint32_t documents;
    struct anchor *anchors[ANCHOR_BUCKETS]; /* newest first: an anchor may be set again */
};

/* An error at a byte of the source. Always false, so that `return wrong(...)` is the failing line. */
static bool
wrong(struct reader *r, uint32_t place, const char *what)
{
    uint32_t line, column;
    char where[sizeof r->err->where];

    document_position(r->document, place, &line, &column);
    (void)snprintf(where, sizeof where, "%s:%u:%u", r->document->name, line, column);
    (void)error_set(r->err, ERROR_CONFIG, where, "%s", what);
    return false;
}

static bool
no_memory(struct reader *r)
{
    (void)error_set(r->err, ERROR_ENVIRONMENT, r->document->name, "the document needs more memory than it may have");
    return false;
}

/* Room for `more` values. */
static bool
reserve(struct reader *r, uint32_t more, uint32_t place)
{
    uint32_t capacity = r->capacity > 0 ? r->capacity : 256;

    if (more > LIMIT_YAML_NODES - r->count)
        return wrong(r, place, "the document has too many values, or its aliases make too many");
    if (r->count + more <= r->capacity)
        return true;
    while (capacity < r->count + more)
        capacity *= 2;
    r->tape = arena_grow(r->arena, r->tape, r->capacity * sizeof *r->tape, capacity * sizeof *r->tape);
    if (r->tape == NULL)
        return no_memory(r);
    r->capacity = capacity;
    return true;
}

static bool
key_is_due(const struct reader *r)
{
    return r->open != NONE && r->tape[r->open].type == VALUE_OBJECT && r->tape[r->open].count % 2 == 0;
}

/* The marks of quoted scalars and aliases are behind their first byte. */
static uint32_t
with_sign(struct text source, size_t place)
{
    if (place > source.length)
        place = source.length;
    if (place > 0 && text_find(TEXT("\"'*"), source.data[place - 1]) < 3)
        place--;
    return (uint32_t)place;
}

static bool
is_empty(struct fy_token *scalar)
{
    const struct fy_mark *start = scalar != NULL ? fy_token_start_mark(scalar) : NULL;
    const struct fy_mark *end = scalar != NULL ? fy_token_end_mark(scalar) : NULL;

    return start == NULL || end == NULL || start->input_pos == end->input_pos;
}

/* Where the event begins in the source. A scalar of no text has a mark far behind, or none: it is where its key is. */
static uint32_t
place_of(const struct reader *r, struct fy_event *event)
{
    const struct fy_mark *mark = fy_event_start_mark(event);
    struct fy_token *scalar = event->type == FYET_SCALAR ? event->scalar.value : NULL;
    bool plain = event->type == FYET_SCALAR && (scalar == NULL || fy_token_scalar_style(scalar) == FYSS_PLAIN);
    bool empty = plain && is_empty(scalar);

    if (r->count > 0 && (mark == NULL || (empty && r->open != NONE && r->tape[r->open].type == VALUE_OBJECT)))
        return r->tape[r->count - 1].place;
    if (mark == NULL)
        return 0;
    if (event->type == FYET_ALIAS || (event->type == FYET_SCALAR && !plain))
        return with_sign(r->document->source, mark->input_pos);
    return (uint32_t)(mark->input_pos < r->document->source.length ? mark->input_pos : r->document->source.length);
}

/* The next value, filled in but for what it holds; counted in the container around it. Room was reserved. */
static struct value *
push(struct reader *r, enum value_type type, uint32_t place)
{
    struct value *v = r->tape + r->count++;

    *v = (struct value){ .type = (uint8_t)type, .depth = (uint16_t)r->depth, .span = 1, .place = place };
    if (r->open != NONE)
        r->tape[r->open].count++;
    return v;
}

/* Append a piece; a single piece that stands in the source stays there. */
static bool
add_piece(struct reader *r, struct text *t, const struct fy_iter_chunk *piece)
{
    struct text source = r->document->source;
    char *data;

    if (piece->len == 0)
        return true;
    if (t->length == 0 && piece->str >= source.data && piece->str < source.data + source.length) {
        *t = text_make(piece->str, piece->len);
        return true;
    }
    if (t->data >= source.data && t->data < source.data + source.length) {
        *t = arena_text(r->arena, *t);
        if (t->data == NULL)
            return no_memory(r);
    }
    data = arena_grow(r->arena, t->length > 0 ? (char *)t->data : NULL, t->length, t->length + piece->len);
    if (data == NULL)
        return no_memory(r);
    memcpy(data + t->length, piece->str, piece->len);
    *t = text_make(data, t->length + piece->len);
    return true;
}

/* The text of a token: in the source where it stands there as it is, else a copy in the arena. Taken piece by piece,
 * because fy_token_get_text (0.7.12) loses memory when a text has many pieces. */
static bool
token_text(struct reader *r, struct fy_token *token, struct text *t)
{
    const struct fy_iter_chunk *piece = NULL;
    struct fy_token_iter *pieces;
    bool good = true;
    int failure = 0;

    *t = TEXT("");
    if (token == NULL)
        return true;
    pieces = fy_token_iter_create(token);
    if (pieces == NULL)
        return no_memory(r);
    while (good && (piece = fy_token_iter_chunk_next(pieces, piece, &failure)) != NULL)
        good = add_piece(r, t, piece);
    fy_token_iter_destroy(pieces);
    return good && (failure == 0 || no_memory(r));
}

/* ---- anchors and aliases ---- */

static struct anchor **
bucket_of(struct reader *r, struct text name)
{
    return &r->anchors[hash_text(name, hash_seed()) % ANCHOR_BUCKETS];
}

/* The value that comes next has this anchor (token may be NULL). */
static bool
note_anchor(struct reader *r, struct fy_token *token)
{
    struct anchor *anchor, **bucket;

    if (token == NULL)
        return true;
    anchor = ARENA_NEW(r->arena, struct anchor);
    if (anchor == NULL)
        return no_memory(r);
    if (!token_text(r, token, &anchor->name))
        return false;
    bucket = bucket_of(r, anchor->name);
    anchor->at = r->count;
    anchor->next = *bucket;
    *bucket = anchor;
    return true;
}

static bool
is_open(const struct reader *r, uint32_t at)
{
    for (uint32_t open = r->open; open != NONE; open = r->tape[open].span) {
        if (open == at)
            return true;
    }
    return false;
}

static bool
make_key(struct reader *r, struct value *v, uint32_t place)
{
    if (v->type == VALUE_ARRAY || v->type == VALUE_OBJECT)
        return wrong(r, place, "a list or a map cannot be a key");
    if (v->type <= VALUE_TRUE) {
        struct text word = text_of(v->type == VALUE_NULL ? "null" : v->type == VALUE_TRUE ? "true" : "false");

        v->data = word.data;
        v->count = (uint32_t)word.length;
    }
    v->type = VALUE_STRING;
    v->flags &= VALUE_ESCAPED;
    return true;
}

/* Copy what is at `from` to the end of the tape, at today's depth. */
static bool
copy_stretch(struct reader *r, uint32_t from, uint32_t place)
{
    uint32_t span = r->tape[from].span, to = r->count;
    uint16_t depth = r->tape[from].depth;

    if (!reserve(r, span, place))
        return false;
    memcpy(r->tape + to, r->tape + from, span * sizeof *r->tape);
    r->count += span;
    if (r->open != NONE)
        r->tape[r->open].count++;
    for (uint32_t i = to; i < r->count; i++) {
        uint32_t deep = r->tape[i].depth - depth + r->depth;

        if (deep > LIMIT_JSON_DEPTH)
            return wrong(r, place, "lists and maps are nested too deeply");
        r->tape[i].depth = (uint16_t)deep;
    }
    return true;
}

static bool
on_alias(struct reader *r, struct fy_event *event)
{
    bool key = key_is_due(r);
    uint32_t place = place_of(r, event), at = r->count;
    const struct anchor *anchor;
    struct text name;

    if (!token_text(r, event->alias.anchor, &name))
        return false;
    anchor = *bucket_of(r, name);
    while (anchor != NULL && !text_equal(anchor->name, name))
        anchor = anchor->next;
    if (anchor == NULL || r->tape == NULL)
        return wrong(r, place, "this alias has no anchor before it");
    if (is_open(r, anchor->at))
        return wrong(r, place, "this alias stands inside of what it refers to");
    if (!copy_stretch(r, anchor->at, place))
        return false;
    return !key || make_key(r, r->tape + at, place);
}

/* ---- scalars ---- */

/* A scalar with one of the tags of the core schema must be what the tag says. */
static bool
read_tagged(struct reader *r, struct value *v, struct text tag, struct text content)
{
    static const struct {
        const char *tag;
        enum value_type least, most;
    } tags[] = {
        { CORE_TAG "null", VALUE_NULL, VALUE_NULL },
        { CORE_TAG "bool", VALUE_FALSE, VALUE_TRUE },
        { CORE_TAG "int", VALUE_NUMBER, VALUE_NUMBER },
        { CORE_TAG "float", VALUE_NUMBER, VALUE_NUMBER },
    };

    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++) {
        if (!text_equal(tag, text_of(tags[i].tag)))
            continue;
        if (!plain_read(v, content, r->arena))
            return no_memory(r);
        if (v->type < tags[i].least || v->type > tags[i].most)
            return wrong(r, v->place, "the value is not what its tag says");
        return true;
    }
    v->type = VALUE_STRING; /* !!str, !, and what nobody but its author knows */
    v->data = content.data;
    v->count = (uint32_t)content.length;
    return true;
}

static bool
on_scalar(struct reader *r, struct fy_event *event)
{
    struct fy_token *token = event->scalar.value;
    bool key = key_is_due(r), plain = token == NULL || fy_token_scalar_style(token) == FYSS_PLAIN;
    uint32_t place = place_of(r, event);
    struct text content, tag;
    struct value *v;

    if (!token_text(r, token, &content) || !token_text(r, event->scalar.tag, &tag) || !reserve(r, 1, place) ||
        !note_anchor(r, event->scalar.anchor))
        return false;
    if (!text_is_utf8(content))
        return wrong(r, place, "the string has an escape that is no character");
    v = push(r, VALUE_STRING, place);
    if (event->scalar.tag != NULL) {
        if (!read_tagged(r, v, tag, content))
            return false;
    } else if (plain && !key) {
        if (!plain_read(v, content, r->arena))
            return no_memory(r);
    } else {
        v->data = content.data;
        v->count = (uint32_t)content.length;
    }
    if (v->type == VALUE_STRING &&
        (v->data < r->document->source.data || v->data >= r->document->source.data + r->document->source.length))
        v->flags |= VALUE_ESCAPED;
    return !key || make_key(r, v, place);
}

/* ---- collections ---- */

static bool
on_start(struct reader *r, struct fy_event *event, enum value_type type, struct fy_token *anchor)
{
    uint32_t place = place_of(r, event);
    struct value *v;

    if (key_is_due(r))
        return wrong(r, place, "a list or a map cannot be a key");
    if (r->depth == LIMIT_JSON_DEPTH)
        return wrong(r, place, "lists and maps are nested too deeply");
    if (!reserve(r, 1, place) || !note_anchor(r, anchor))
        return false;
    v = push(r, type, place);
    v->span = r->open;
    r->open = (uint32_t)(v - r->tape);
    r->depth++;
    return true;
}

static bool
on_end(struct reader *r)
{
    struct value *v;

    if (r->open == NONE || r->tape == NULL)
        return wrong(r, 0, "an end without a beginning");
    v = r->tape + r->open;
    r->open = v->span;
    r->depth--;
    v->span = r->count - (uint32_t)(v - r->tape);
    if (v->type == VALUE_OBJECT)
        v->count /= 2;
    return true;
}

static bool
on_event(struct reader *r, struct fy_event *event)
{
    switch (event->type) {
    case FYET_DOCUMENT_START:
        if (r->documents++ > 0)
            return wrong(r, place_of(r, event), "a second document begins here, but there must be only one");
        return true;
    case FYET_ALIAS:
        return on_alias(r, event);
    case FYET_SCALAR:
        return on_scalar(r, event);
    case FYET_SEQUENCE_START:
        return on_start(r, event, VALUE_ARRAY, event->sequence_start.anchor);
    case FYET_MAPPING_START:
        return on_start(r, event, VALUE_OBJECT, event->mapping_start.anchor);
    case FYET_SEQUENCE_END:
    case FYET_MAPPING_END:
        return on_end(r);
    default:
        return true;
    }
}

/* ---- the whole ---- */

/* The first line that is indented by a tab, which YAML does not allow; 0: there is none. */
static unsigned
tab_line(struct text source)
{
    struct text_split lines = text_split_start(source);
    struct text line;

    for (unsigned number = 1; text_split_next(&lines, '\n', &line); number++) {
        size_t indent = 0;

        while (indent < line.length && line.data[indent] == ' ')
            indent++;
        if (indent < line.length && line.data[indent] == '\t')
            return number;
    }
    return 0;
}

/* The parser's first complaint becomes the error. */
static bool
complaint(struct reader *r)
{
    void *previous = NULL;
    const struct fy_diag_error *first = fy_diag_errors_iterate(r->parser.diag, &previous);
    unsigned tab = tab_line(r->document->source);
    char where[sizeof r->err->where];

    if (first == NULL || first->msg == NULL)
        return wrong(r, 0, "this is no YAML");
    (void)snprintf(where, sizeof where, "%s:%d:%d", r->document->name, first->line, first->column);
    if (tab > 0)
        (void)error_set(r->err, ERROR_CONFIG, where,
                        "not well-formed YAML: %s; line %u is indented by a tab: use spaces", first->msg, tab);
    else
        (void)error_set(r->err, ERROR_CONFIG, where, "not well-formed YAML: %s", first->msg);
    return false;
}

static bool
read_events(struct reader *r)
{
    for (;;) {
        struct fy_event *event = fy_parser_parse(r->parser.events);
        bool last, good;

        if (event == NULL)
            return complaint(r);
        last = event->type == FYET_STREAM_END;
        good = on_event(r, event);
        fy_parser_event_free(r->parser.events, event);
        if (!good)
            return false;
        if (last)
            break;
    }
    if (fy_parser_get_stream_error(r->parser.events))
        return complaint(r);
    return r->count > 0 || wrong(r, 0, "the file is empty");
}

/* What libfyaml would not refuse, or not clearly. */
static bool
is_readable(struct reader *r)
{
    struct text source = r->document->source;
    size_t nul = text_find(source, '\0');

    if (source.length >= UINT32_MAX)
        return wrong(r, 0, "the file is larger than 4 GiB");
    if (nul < source.length)
        return wrong(r, (uint32_t)nul, "a NUL byte is not allowed");
    if (!text_is_utf8(source))
        return wrong(r, 0, "the file is not UTF-8");
    return source.length > 0 || wrong(r, 0, "the file is empty");
}

/* Keys of one map must be different (YAML 1.2.2 3.2.1.3). */
static bool
keys_differ(struct reader *r)
{
    const struct value *repeated;
    uint32_t objects;

    if (tape_mark_repeats(r->tape, r->count, r->arena, &objects, &repeated) < 0)
        return no_memory(r);
    return objects == 0 || wrong(r, repeated->place, "this key is in the map already");
}

static bool
read_once(struct document *result, bool sloppy, struct arena *arena, struct error *err)
{
    struct reader r = { .arena = arena, .document = result, .err = err, .open = NONE };
    bool good = is_readable(&r) && (yaml_parser_open(&r.parser, result->source, sloppy) || no_memory(&r)) &&
                read_events(&r) && keys_differ(&r);

    yaml_parser_close(&r.parser);
    result->root = r.tape;
    result->values = r.count;
    result->sloppy = sloppy;
    return good;
}

int
tape_from_yaml(struct document *document, struct text source, const char *name, struct arena *arena, struct error *err)
{
    struct document result = { .source = source, .name = name };
    struct error strict = { .kind = ERROR_NONE }, sloppy = { .kind = ERROR_NONE };

    if (tape_lines(&result, arena) < 0)
        return error_memory(err);
    if (!read_once(&result, false, arena, &strict) &&
        (strstr(strict.what, "wrongly indented") == NULL || !read_once(&result, true, arena, &sloppy)))
        return error_set(err, strict.kind, strict.where, "%s", strict.what);
    *document = result;
    return 0;
}
