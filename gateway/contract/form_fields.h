/* form_fields.h -- what is in the body of a form, as it is read before a schema says more: for those who make schemas.
 * The readers are those that check forms (form.h, multipart.h), so that what was read here is what will be checked.
 *
 * Everything is in the arena, or borrowed from the body. Any thread. */
#ifndef CONTRACT_FORM_FIELDS_H
#define CONTRACT_FORM_FIELDS_H

#include "base/arena.h"
#include "http/media_type.h"
#include "http/message.h"
#include "json/document.h"

/* One value of a field. */
struct form_field {
    struct text name;
    struct text value;        /* decoded; of a part, its bytes */
    struct text type;         /* the Content-Type of a part, or empty */
    bool is_file;             /* a part with a file name */
    const struct value *json; /* a part that is JSON: what it says; else NULL */
    struct form_field *next;
};

struct form_fields {
    struct form_field *first, *last;
    uint32_t count;
};

/* Is such content a form with names: urlencoded or form-data? */
bool form_fields_has(const struct media_type *type);

/* The fields of a decoded body in the order of their names' first appearance (urlencoded), or of the parts. False: it
 * is no form, or broken. */
bool form_fields_read(struct form_fields *fields, struct text content_type, struct text body, struct arena *arena);

/* The form as an object: names that come again have an array. Texts are strings; with `guess` they are numbers and
 * booleans where they are written like one. NULL: no memory. */
const struct value *form_fields_value(const struct form_fields *fields, struct arena *arena, bool guess);

#endif
