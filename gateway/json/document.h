/* document.h -- a JSON or YAML document as a tape: one array of values in the order in which they were written.
 *
 * Whatever Plumbline judges or passes on is read into this form. Reading is one pass; no value is allocated for itself;
 * numbers keep their text (19.99 stays 19.99, 1e400 and 2^64 are fine); strings without escapes point into the source.
 * RFC 8259 strictly: valid UTF-8, no leading zeros, nothing behind the value. A lone surrogate escape (\ud800) is kept
 * as its three WTF-8 bytes (the suites call it free; JSON Schema lengths then count one code point). A byte order mark
 * is refused.
 *
 * A document never changes once read, so any thread may look at it. It borrows the source: the bytes must stay as
 * long as the document does. Values are `const struct value *`, borrowed from the document. */
#ifndef JSON_DOCUMENT_H
#define JSON_DOCUMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"

enum value_type {
    VALUE_NULL,
    VALUE_FALSE,
    VALUE_TRUE,
    VALUE_NUMBER,
    VALUE_STRING,
    VALUE_ARRAY,
    VALUE_OBJECT,
};

/* 24 bytes. The tape of {"a":[1]} is: object, string a, array, number 1. A member is its key (a string) followed by its
 * value. */
struct value {
    uint8_t type;   /* enum value_type */
    uint8_t flags;  /* VALUE_… below */
    uint16_t depth; /* the root is 0 */
    uint32_t span;  /* places on the tape that this value takes up, with all inside it; v + v->span is what follows */
    uint32_t count; /* array: items; object: members; string: bytes of the unescaped text; number: bytes of its text */
    uint32_t place; /* byte offset in the source where the value begins */
    const char *data; /* string: unescaped UTF-8; number: its text; otherwise NULL */
};

#define VALUE_INTEGER 1 /* number: written without '.' and exponent */
#define VALUE_OUTSIDE 8 /* string: put in from outside the document (the environment); not to be shown */
#define VALUE_ESCAPED 2 /* string: was written with escapes, data is a copy */
#define VALUE_REDACTED                                                                                                 \
    16 /* of a recording: a scalar that was replaced before it was recorded, or an object or array of which something  \
          may be gone; set by redacted_mark alone */
#define VALUE_DUPLICATE_KEY                                                                                            \
    4 /* object: a key occurs twice; set only when document_options.duplicates asked for the search */

struct document {
    const struct value *root;
    uint32_t values;         /* on the tape */
    uint32_t duplicate_keys; /* objects with a repeated key */
    struct text source;      /* borrowed */
    const char *name;        /* borrowed: file name for messages, or NULL */
    const uint32_t *lines;   /* byte offset at which each line begins; NULL for traffic (see document_position) */
    uint32_t line_count;
    bool sloppy; /* YAML with brackets indented less than the standard wants (1.2.2 7.4); other readers take it too */
};

struct document_options {
    const char *name;    /* for messages and for document_where; borrowed */
    uint32_t max_depth;  /* 0, or less than LIMIT_JSON_DEPTH, which holds otherwise */
    uint32_t max_values; /* the same with LIMIT_JSON_VALUES */
    bool lines;          /* build the table of lines (files) */
    bool duplicates;     /* look for repeated keys */
};

/* Why and where a text is no JSON. `what` is a literal: "a comma or '}' is missing". */
struct document_error {
    const char *what;
    uint32_t place;  /* byte offset */
    uint32_t line;   /* from 1 */
    uint32_t column; /* from 1, in bytes */
    bool too_large;  /* depth, count or arena ceiling, not syntax */
};

/* Read JSON into *document; everything lives in the arena. 0, or -1 with *error filled in (may be NULL). options may be
 * NULL. */
int document_parse(struct document *document, struct text source, const struct document_options *options,
                   struct arena *arena, struct document_error *error);

/* Is the text JSON? The same grammar, no tape, no memory: for what need not be looked at. */
bool document_is_json(struct text source);

/* Read a file ("-": standard input). A name in .json means JSON, .yaml and .yml mean YAML; otherwise it is JSON when it
 * begins with '{' or '['. YAML is 1.2 with the core schema, aliases resolved, at most LIMIT_YAML_NODES values;
 * json/yaml.c and json/plain.h say what becomes of the things that JSON has no words for. Repeated keys are counted in
 * JSON and refused in YAML (1.2.2 3.2.1.3). The text, the name and the lines are kept in the arena, so no lifetime to
 * think of. 0 or -1 with err ("file:line:column"). */
int document_read(struct document *document, const char *path, struct arena *arena, struct error *err);

/* The same from memory: text of a file called name. */
int document_read_text(struct document *document, struct text source, const char *name, struct arena *arena,
                       struct error *err);

/* Line and column (from 1) of a byte offset; by the table of lines, or by counting where there is none. */
void document_position(const struct document *document, uint32_t place, uint32_t *line, uint32_t *column);

/* "name:line:column" of a value, in the arena. */
struct text document_where(const struct document *document, const struct value *value, struct arena *arena);

/* ---- values ---- */

static inline struct text
value_text(const struct value *v)
{
    return (struct text){ v->data, v->count };
}

static inline bool
value_is(const struct value *v, enum value_type type)
{
    return v != NULL && v->type == type;
}

static inline bool
value_is_boolean(const struct value *v)
{
    return v != NULL && (v->type == VALUE_TRUE || v->type == VALUE_FALSE);
}

/* The first item of an array, or the first key of an object; only when count > 0. */
static inline const struct value *
value_first(const struct value *v)
{
    return v + 1;
}

/* What follows v on the tape. For a key of an object: its value; for that value: the next key. */
static inline const struct value *
value_next(const struct value *v)
{
    return v + v->span;
}

/* The value of the last member with this key (as ECMAScript reads duplicates), or NULL; NULL when v is NULL or no
 * object. */
const struct value *value_member(const struct value *v, struct text key);

/* The same for a literal. */
#define VALUE_MEMBER(v, key) value_member((v), TEXT(key))

/* The item at this index, or NULL. */
const struct value *value_item(const struct value *v, uint32_t index);

/* "null", "boolean", "integer"?, "number", "string", "array", "object": the words of JSON Schema. */
const char *value_type_name(const struct value *v);

/* for (VALUE_EACH_ITEM(item, array)) */
#define VALUE_EACH_ITEM(item, array)                                                                                   \
    const struct value *item##_of = (array), *item = item##_of + 1, *item##_end = item##_of + item##_of->span;         \
    item < item##_end;                                                                                                 \
    item += item->span

/* for (VALUE_EACH_MEMBER(key, object)) with value_next(key) as the member's value */
#define VALUE_EACH_MEMBER(key, object)                                                                                 \
    const struct value *key##_of = (object), *key = key##_of + 1, *key##_end = key##_of + key##_of->span;              \
    key < key##_end;                                                                                                   \
    key += 1 + key[1].span

#endif
