/* model.h -- what documents say about an API, before it is written as a contract. Private to extract/.
 *
 * Everything lives in the arena of the draft and only grows. Lists keep the order in which things were said. */
#ifndef EXTRACT_MODEL_H
#define EXTRACT_MODEL_H

#include "extract/endpoint.h"
#include "extract/extract.h"
#include "extract/template.h"
#include "extract/shape.h"

struct sample {
    struct sample *next;
    const struct value *value; /* names may stand twice: sample_write */
    struct source source;
};

/* What one section says of a body. Sections that describe the same endpoint each have their own, unless they obviously
 * speak of the same. */
struct variant {
    struct variant *next;
    struct shape *shape;
};

struct body {
    struct variant *variants;
    struct variant *current; /* the one of the section that was read last */
    uint32_t definition;     /* which section of the operation that is, from 1 */
    struct sample *samples;
    uint32_t sample_count;
    const char *media; /* NULL: JSON */
    struct source source;
};

enum place {
    PLACE_PATH,
    PLACE_QUERY,
    PLACE_HEADER,
};

struct parameter {
    struct parameter *next;
    struct text name;
    enum place place;
    struct shape *shape; /* its required and description, too */
    struct text example;
};

struct answer {
    struct answer *next;
    unsigned status; /* 0: of no status that was said */
    struct text description;
    struct body *body;
    struct source source;
};

struct operation {
    struct operation *next;
    enum extract_method method;
    struct template path;
    struct text title;
    struct text description;
    struct parameter *parameters;
    struct body *request;
    struct answer *answers;
    unsigned schemes;     /* a bit for each of model->schemes */
    uint32_t definitions; /* sections that are about it; 0: it is only mentioned */
    bool weak;            /* title and description are from beside a command */
    struct source source;
    struct operation *leader; /* the first of this path; set when it is written, as are these */
    struct text name;         /* get and the words of the path; id is the same, made unique */
    struct text id;
    struct text tag;
};

enum scheme_kind {
    SCHEME_BEARER,
    SCHEME_BASIC,
    SCHEME_HEADER, /* a key in a header field */
    SCHEME_QUERY,  /* a key in the query */
};

#define MODEL_SCHEMES 16
#define MODEL_SERVERS 16

struct scheme {
    enum scheme_kind kind;
    struct text name; /* of the field or key */
    struct source source;
};

struct server {
    struct text url; /* without a slash at its end */
    struct source source;
};

/* An example that belongs to no endpoint. */
struct stray {
    struct stray *next;
    struct text title;
    struct shape *shape;
    struct sample sample;
};

struct extract {
    struct arena *arena;
    struct text title;
    struct source title_source;
    struct text description;
    uint32_t documents;
    struct operation *operations, *last;
    uint32_t operation_count;
    struct answer *answers; /* that hold for all operations */
    struct scheme schemes[MODEL_SCHEMES];
    uint32_t scheme_count;
    unsigned general; /* schemes that hold for all operations: a bit for each */
    struct server servers[MODEL_SERVERS];
    uint32_t server_count;
    struct stray *strays;
    struct extract_notes notes;
    bool settled; /* what was unclear is decided: no more documents */
    bool failed;  /* no memory */
};

/* A value of an example, without what a later member of the same name replaces. */
void extract_sample_write(struct json_writer *w, const struct value *value);

/* The operation of this method and path: an old one, whose path it then takes the better names of, or a new one. NULL:
 * no memory, or too many. */
struct operation *model_operation(struct extract *x, enum extract_method method, const struct template *path,
                                  const struct source *source);

/* Its parameter, made when it is not there. NULL: no memory. */
struct parameter *model_parameter(struct extract *x, struct operation *o, enum place place, struct text name,
                                  const struct source *source);

/* The answer of this status in a list, made when it is not there. NULL: no memory. */
struct answer *model_answer(struct extract *x, struct answer **list, unsigned status, const struct source *source);

/* The shape of a body for this definition; the body and the shape are made when they are not there. `name` is a member
 * that it will have: a section that speaks of the same members as an earlier one speaks of the same shape. */
struct shape *
model_shape(struct extract *x, struct body **body, uint32_t definition, struct text name, const struct source *source);

/* Add an example to it. false: no memory. */
bool model_sample(struct extract *x, struct body **body, uint32_t definition, const struct shape_example *example);

/* The bit of this scheme, made when it is not there; 0: too many. */
unsigned model_scheme(struct extract *x, enum scheme_kind kind, struct text name, const struct source *source);

void model_server(struct extract *x, struct text url, const struct source *source);

#endif
