/* lint.h -- the tables of what each object of an OpenAPI document may hold. For the lint files of this folder only. */
#ifndef CONTRACT_LINT_H
#define CONTRACT_LINT_H

#include "contract/loader.h"

/* What the value of a field must be. */
enum field_shape {
    FIELD_ANY,
    FIELD_STRING,
    FIELD_BOOLEAN,
    FIELD_URL,        /* a string that is a URI reference */
    FIELD_URI,        /* one with a scheme */
    FIELD_SERVER_URL, /* the same with {variables} */
    FIELD_EMAIL,
    FIELD_STRINGS,    /* an array of strings */
    FIELD_STRING_MAP, /* an object of strings */
    FIELD_ANY_MAP,
    FIELD_STYLE,
    FIELD_OBJECT, /* of the kind */
    FIELD_LIST,   /* an array of objects of the kind */
    FIELD_MAP,    /* an object whose values are objects of the kind */
};

#define FIELD_REQUIRED 1u
#define FIELD_NAMES    2u /* the keys of the map are component names */
#define FIELD_TYPES    4u /* the keys of the map are media types */

struct field {
    const char *name; /* NULL ends the table */
    uint8_t shape;    /* enum field_shape */
    uint8_t kind;     /* enum object_kind */
    uint8_t flags;
    uint8_t since; /* enum edition; 0: always */
    uint8_t until; /* required only up to this edition; 0: always */
};

struct object_table {
    const char *name;                                 /* "Parameter Object" */
    const char *section;                              /* of components: "parameters"; NULL: no references to it */
    const struct field *fields;                       /* NULL: the keys are free, `each` looks at them */
    void (*check)(struct loader *l, struct place at); /* what a table cannot say; may be NULL */
};

extern const struct object_table object_tables[OBJECT_KINDS];

/* lint_checks.c: what takes more than a table. */
void lint_openapi(struct loader *l, struct place at);
void lint_license(struct loader *l, struct place at);
void lint_server(struct loader *l, struct place at);
void lint_server_variable(struct loader *l, struct place at);
void lint_paths(struct loader *l, struct place at);
void lint_parameter(struct loader *l, struct place at);
void lint_header(struct loader *l, struct place at);
void lint_media_type(struct loader *l, struct place at);
void lint_responses(struct loader *l, struct place at);
void lint_callback(struct loader *l, struct place at);
void lint_example(struct loader *l, struct place at);
void lint_link(struct loader *l, struct place at);
void lint_security_scheme(struct loader *l, struct place at);
void lint_oauth_flows(struct loader *l, struct place at);
void lint_security_requirement(struct loader *l, struct place at);

/* "did you mean 'required'?" for the names of a table; empty when none is near. In the loader's arena. */
struct text lint_near(struct loader *l, struct text word, const char *const *names, size_t count);

/* Remember that this value should satisfy that schema; looked at when all schemas are compiled. */
void lint_expect(struct loader *l, struct place value, struct place schema, const char *what);

/* Remember that a link names this operationId and gives it these parameters; looked at when all operations are known.
 * */
void lint_link_target(struct loader *l, struct place id, struct place parameters);

bool lint_is_extension(struct text key);

#endif
