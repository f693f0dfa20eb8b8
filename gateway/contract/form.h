/* form.h -- application/x-www-form-urlencoded bodies, and query strings that are objects: pairs become one object.
 * For this folder only.
 *
 * Several pairs of one name are an array where the schema allows one. An Encoding Object may give a property a style
 * or a content type of its own (OAS 3.1 4.8.15). */
#ifndef CONTRACT_FORM_H
#define CONTRACT_FORM_H

#include "contract/parameters.h"

struct form_reader {
    const struct checking *c;
    const struct schema *schema; /* of the object; may be NULL */
    const struct media *media;   /* whose encodings count; may be NULL */
    struct part *object;
    struct index members;
    struct text at;    /* the name of the pair that is wrong */
    struct text found; /* its value */
    const char *wrong;
};

struct form_reader form_begin(const struct checking *c, const struct schema *schema, const struct media *media);

/* One pair: the name decoded, the value raw. False with form->wrong. */
bool form_add(struct form_reader *form, struct text name, struct text value);

/* All are in: the object, or NULL with form->wrong (or without memory). */
struct part *form_end(struct form_reader *form);

/* A whole form against its media type's schema. instance is put in front of places. */
void check_form_text(const struct checking *c, const struct media *media, struct text text, struct text instance,
                     const struct parameter_ids *ids);

/* The Encoding Object of a property, or NULL. */
const struct encoding *form_encoding(const struct media *media, struct text name);

/* Is this object, made of a form, valid? Says why not. */
void check_form_object(const struct checking *c, const struct media *media, const struct part *object,
                       struct text instance, const struct parameter_ids *ids);

/* "/name" below the instance, escaped. */
struct text form_place(const struct checking *c, struct text instance, struct text name);

/* Does a list like "image/png, application/json" name JSON? */
bool form_is_json(struct text content_types);

#endif
