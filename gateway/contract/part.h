/* part.h -- a value put together from text (parameters, forms), before it becomes a tape that a schema can check.
 *
 * Text has no types: "7" may be a number or a string. A part keeps the text; part_value decides by what the schema
 * allows: a string wherever that is valid, else a number, a boolean or null that is written like one. Everything
 * lives in an arena. */
#ifndef CONTRACT_PART_H
#define CONTRACT_PART_H

#include "base/arena.h"
#include "contract/index.h"
#include "json/document.h"
#include "schema/schema.h"

enum part_kind {
    PART_OPEN,   /* a new member: nothing is known yet */
    PART_TEXT,   /* text, type still open */
    PART_STRING, /* text that is a string whatever the schema says: a file */
    PART_ARRAY,
    PART_OBJECT,
    PART_VALUE, /* already a value: a JSON part */
};

struct part {
    enum part_kind kind;
    struct text key; /* as a member of an object */
    struct text text;
    const struct value *value; /* PART_VALUE */
    struct part *first, *last, *next;
    uint32_t count;
};

/* NULL: no memory. */
struct part *part_new(struct arena *arena, enum part_kind kind, struct text text);

/* Append to an array or object. NULL as child is ignored. */
void part_add(struct part *parent, struct part *child);

/* The member of that key: the one that is there, or a new one. `members` remembers them (hostile forms have many
 * keys). NULL: no memory. */
struct part *part_member(struct part *object, struct text key, struct index *members, struct arena *arena);

/* One text as the only value of a tape: *v is a string, or with `types` that have no string, what it is written like.
 * */
void part_scalar(struct value *v, struct text text, unsigned types);

/* The tape of a part. Types come from the schema, which may be NULL. run is used to ask whether a string is valid.
 * Where nothing is known of a text it is a string; with `guess` it is what it is written like (schemas behind oneOf
 * say what they want only by refusing). NULL: no memory. */
const struct value *
part_value(const struct part *part, const struct schema *schema, struct schema_run *run, bool guess);

#endif
