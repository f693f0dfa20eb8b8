/* shape.h -- what values look like, put together from examples and from tables of fields: a JSON Schema in the making.
 * Private to extract/. Everything lives in the arena that it is given. */
#ifndef EXTRACT_SHAPE_H
#define EXTRACT_SHAPE_H

#include <stdbool.h>

#include "extract/source.h"
#include "json/document.h"

enum shape_type {
    SHAPE_NULL = 1,
    SHAPE_BOOLEAN = 2,
    SHAPE_INTEGER = 4,
    SHAPE_NUMBER = 8,
    SHAPE_STRING = 16,
    SHAPE_ARRAY = 32,
    SHAPE_OBJECT = 64,
};

enum shape_required {
    REQUIRED_UNKNOWN,
    REQUIRED_NO,
    REQUIRED_YES,
};

#define SHAPE_MET 32

struct shape_choice {
    struct shape_choice *next;
    struct text value;
};

struct shape {
    unsigned types;               /* enum shape_type; 0: nothing is known */
    const char *format;           /* of all strings so far, or NULL */
    bool strings;                 /* format was asked of a string already */
    bool told;                    /* a table or a list told about it: its type stands, whatever the examples are */
    enum shape_required required; /* as it was told */
    struct text description;
    struct shape_choice *choices; /* the only strings, as it was told */
    struct shape_choice *met;     /* strings of examples */
    uint32_t met_count;           /* at most SHAPE_MET of them are kept */
    uint32_t objects;             /* that were seen in examples */
    uint32_t member_count;
    struct shape_member *members, *last;
    struct shape *items;
    struct source source;
};

struct shape_member {
    struct shape_member *next;
    struct text name;
    uint32_t seen; /* objects that had it */
    struct shape *shape;
};

struct shape *shape_new(const struct source *source, struct arena *arena);

/* Where the values of an example are from: the source of its first line, and the document for the lines below it. */
struct shape_example {
    const struct document *document;
    struct source source;
};

/* Make the shape fit this value, too. false: no memory. */
bool
shape_add(struct shape *shape, const struct value *value, const struct shape_example *example, struct arena *arena);

/* Set type, format and choices from how a table says it: "string", "array of integers", "integer (int64)", "enum".
 * Gives whether anything was understood. */
bool shape_tell_type(struct shape *shape, struct text type, struct arena *arena);

/* The shape of a field by its name in a table: "items[].price", "address.street"; made when it is not there. NULL: no
 * memory, or too many. */
struct shape *shape_at(struct shape *shape, struct text name, const struct source *source, struct arena *arena);

/* Does it have a member of this name? */
bool shape_has(const struct shape *shape, struct text name);

/* Would the value be one of the same kind? At least half of the members of the smaller one are in the other. */
bool shape_alike(const struct shape *shape, const struct value *value);

/* A string that it may be, as it was told. false: no memory. */
bool shape_tell_choice(struct shape *shape, struct text value, struct arena *arena);

/* The members of a Schema Object that say what a value may be, without its parts and its source. */
void shape_write_type(struct json_writer *w, const struct shape *shape);

/* Is the text, as an example of a parameter, one of these? */
bool shape_takes(const struct shape *shape, struct text example);

/* The members of a Schema Object, into an object that is open. */
void shape_write(struct json_writer *w, const struct shape *shape);

#endif
