/* model.h -- what a loaded contract looks like inside; for the files of this folder only.
 *
 * Everything that can be decided when loading is decided then: parameters by location with compiled schemas, media
 * types in order, responses by status, credentials. Checking a message looks up, compares and appends. All of it
 * lives in the contract's arena and never changes after loading. */
#ifndef CONTRACT_MODEL_H
#define CONTRACT_MODEL_H

#include "contract/contract.h"
#include "contract/index.h"
#include "http/media_type.h"

/* Which OpenAPI: they differ in fields and in the schema dialect. */
enum edition {
    EDITION_30 = 30,
    EDITION_31 = 31,
    EDITION_32 = 32,
};

/* A value and the document it stands in, which need not be the contract's own ($ref). value NULL: nowhere. */
struct place {
    const struct document *document;
    const struct value *value;
};

enum location {
    IN_PATH,
    IN_QUERY,
    IN_HEADER,
    IN_COOKIE,
    IN_QUERYSTRING, /* 3.2: the whole query is one value */
    LOCATIONS,
};

/* How an array or object is written in one parameter (OAS 3.1 4.8.12.3). */
enum style {
    STYLE_SIMPLE,
    STYLE_LABEL,
    STYLE_MATRIX,
    STYLE_FORM,
    STYLE_SPACE,
    STYLE_PIPE,
    STYLE_DEEP,
    STYLE_COOKIE, /* 3.2: form without percent-encoding */
    STYLES,
};

/* A compiled schema and what reading text needs to know of it. schema NULL: nothing to check; `broken`: there was
 * one, but it cannot be used, so that the part stays unchecked. */
struct shape {
    const struct schema *schema;
    unsigned types; /* SCHEMA_TYPE_… */
    bool broken;
};

struct media;

struct parameter {
    struct text name;
    struct text label; /* "query limit": the instance in violations */
    uint8_t in;        /* enum location */
    uint8_t style;     /* enum style */
    bool explode;
    bool required;
    bool allow_empty;
    bool takes_rest; /* an exploded object that takes whatever else is in the query */
    bool ignored;    /* a header that the specification says to ignore: Accept, Content-Type, Authorization */
    struct shape shape;
    const struct media *content; /* instead of a schema */
    struct place place;
};

/* How one property of a form is written (Encoding Object). */
struct encoding {
    struct text name;
    struct text content_types; /* as written: "image/png, text/plain"; or empty */
    bool styled;               /* style, explode or allowReserved were given: contentType is ignored */
    uint8_t style;
    bool explode;
    struct parameter *headers;
    uint32_t header_count;
};

struct media {
    struct text name;
    struct media_type range;
    enum media_kind kind;
    bool opaque; /* bytes of which the contract says nothing that could be checked: images, files */
    struct shape shape;
    struct shape item; /* 3.2 itemSchema */
    struct encoding *encodings;
    uint32_t encoding_count;
    struct place place;
};

struct media_list {
    struct media *items;
    uint32_t count;
};

struct request_body {
    bool required;
    struct media_list media;
    struct place place;
};

struct response {
    struct text key; /* "200", "4XX", "default" */
    uint16_t status; /* exact; 0 for ranges and default */
    uint8_t range;   /* 4 for 4XX, else 0 */
    struct parameter *headers;
    uint32_t header_count;
    struct media_list media;
    struct place place; /* references followed; NULL value: it leads nowhere */
};

enum scheme_kind {
    SCHEME_UNKNOWN, /* not declared, or not readable: unchecked */
    SCHEME_BASIC,
    SCHEME_BEARER,
    SCHEME_HTTP, /* any other HTTP authentication scheme */
    SCHEME_KEY,
    SCHEME_MUTUAL_TLS,
};

struct security_scheme {
    struct text name;  /* under components/securitySchemes */
    struct text label; /* "security bearerAuth" */
    enum scheme_kind kind;
    struct text scheme;    /* SCHEME_HTTP: "digest" */
    struct text parameter; /* SCHEME_KEY: name of the header, query key or cookie */
    uint8_t in;            /* SCHEME_KEY */
    struct place place;
};

/* One way in: all of its schemes are needed. Without any: anonymous is fine. */
struct alternative {
    const struct security_scheme **schemes;
    uint32_t count;
};

/* A variable of the template and the parameter that describes it, or NULL. */
struct slot {
    struct text name;
    const struct parameter *parameter;
};

struct operation {
    const struct contract *contract;
    struct text id;
    struct text method;
    struct text path;
    struct text summary;
    bool deprecated;
    uint32_t index;
    uint64_t bases; /* bit i: lies below contract base i */
    struct parameter *parameters[LOCATIONS];
    uint32_t parameter_count[LOCATIONS];
    struct slot *slots; /* per template variable */
    uint32_t slot_count;
    struct request_body *body; /* NULL: none is described */
    struct response *responses;
    uint32_t response_count;
    struct alternative *security;
    uint32_t security_count;
    struct place place;
    struct place security_place; /* the list of alternatives: its own or the document's */
    struct place servers;        /* the list that counts: its own, its path's, the document's; or nowhere */
};

#define CONTRACT_BASES 64
#define PATH_SEGMENTS  128 /* of a path; a longer one matches nothing */

struct path_tree;

struct contract {
    struct arena *arena;
    struct schema_set *set;
    struct text file;
    struct text name;
    struct text openapi; /* the openapi field */
    struct text title;
    struct text version;
    const struct document *document;
    struct index sources; /* struct source by URI: every file it is made of */
    enum edition edition;
    enum schema_dialect dialect;
    struct operation *operations;
    uint32_t operation_count;
    struct text bases[CONTRACT_BASES];  /* "/api/v1", "" for "/"; document order */
    uint8_t base_order[CONTRACT_BASES]; /* longest first */
    uint32_t base_count;
    struct path_tree *paths;
    struct index names; /* operationId and "METHOD /path" */
    uint32_t defects;
};

/* paths.c: the tree of templates. Built while loading, then only read. */
struct path_tree *path_tree_new(struct arena *arena);

/* Add an operation under its template. 0, or -1 (no memory). */
int path_tree_add(struct path_tree *tree, struct arena *arena, const struct operation *operation);

/* When all are in: methods per path for 405, order of alternatives. 0 or -1. */
int path_tree_finish(struct path_tree *tree, struct arena *arena);

/* The names of the variables of one template, in order: "{a}-{b}/c/{d}" has a, b, d. How many; at most `max` are
 * stored. */
uint32_t path_template_variables(struct text template, struct text *names, uint32_t max);

/* How many segments a path has: its slashes. */
uint32_t path_segments(struct text path);

/* "/a/{}" for "/a/{x}": templates with equal forms match the same paths. In the arena. */
struct text path_template_form(struct text template, struct arena *arena);

/* The response that the contract describes for a status: exact, its range, default; NULL. */
const struct response *response_of(const struct operation *operation, uint16_t status);

#endif
