/* loader.h -- what the files that load a contract share: documents by $ref, places by $ref, and the list of defects.
 *
 * Lives from the beginning to the end of contract_load; one thread. Every $ref is followed once, big objects are
 * indexed when something is first looked up in them, so that a contract of 20 MB stays linear work. */
#ifndef CONTRACT_LOADER_H
#define CONTRACT_LOADER_H

#include "contract/model.h"

struct loader;

/* The kinds of object of an OpenAPI document; the tables of lint_tables.c say what each may hold. */
enum object_kind {
    OBJECT_NONE,
    OBJECT_OPENAPI,
    OBJECT_INFO,
    OBJECT_CONTACT,
    OBJECT_LICENSE,
    OBJECT_SERVER,
    OBJECT_SERVER_VARIABLE,
    OBJECT_COMPONENTS,
    OBJECT_PATHS,
    OBJECT_PATH_ITEM,
    OBJECT_OPERATION,
    OBJECT_EXTERNAL_DOCS,
    OBJECT_PARAMETER,
    OBJECT_REQUEST_BODY,
    OBJECT_MEDIA_TYPE,
    OBJECT_ENCODING,
    OBJECT_RESPONSES,
    OBJECT_RESPONSE,
    OBJECT_CALLBACK,
    OBJECT_EXAMPLE,
    OBJECT_LINK,
    OBJECT_HEADER,
    OBJECT_TAG,
    OBJECT_SECURITY_SCHEME,
    OBJECT_OAUTH_FLOWS,
    OBJECT_OAUTH_FLOW,
    OBJECT_SECURITY_REQUIREMENT,
    OBJECT_SCHEMA,
    OBJECT_DISCRIMINATOR,
    OBJECT_XML,
    OBJECT_KINDS,
};

/* "Parameter Object" */
const char *object_kind_name(enum object_kind kind);

struct contract *loader_contract(struct loader *l);
struct arena *loader_arena(struct loader *l);

/* Note a defect. at.value says where; NULL: the document as a whole. Said twice at the same place with the same
 * words, it counts once. */
void loader_defect(struct loader *l, enum level level, struct place at, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The same, for what is wrong with a key: the line is the key's, the pointer its value's. */
void loader_defect_key(struct loader *l, enum level level, const struct document *document, const struct value *key,
                       const char *format, ...) __attribute__((format(printf, 5, 6)));

/* The member of an object, by an index when the object is large. */
const struct value *loader_member(struct loader *l, const struct value *object, struct text key);

/* Follow a Reference Object (and what it leads to, while that is one, too); gives `from` when it is none. When it
 * leads nowhere, value is NULL and the defect is noted once per place. */
struct place loader_follow(struct loader *l, struct place from);

/* Where this reference, as written in `document`, leads. NULL value: nowhere; why is then the end of a sentence
 * ("leads nowhere"). */
struct place loader_resolve(struct loader *l, const struct document *document, struct text reference, const char **why);

/* Compile the schema at this place (once, however often it is asked for) and look at its types. NULL value: an empty
 * shape. */
struct shape loader_shape(struct loader *l, struct place at);

/* Look for defects in what stands at this place and below it, once. */
void lint_object(struct loader *l, struct place at, enum object_kind kind);
void lint_schema(struct loader *l, struct place at);

/* Operations, parameters, bodies, responses, credentials from the document. 0, or -1 with err (no memory). */
int build_operations(struct loader *l, struct error *err);

/* Its parts, each -1 only when there is no memory. Two places: what the operation says, and what its path item says. */
int build_bases(struct loader *l, struct place owner, uint64_t *bits);
int build_parameters(struct loader *l, struct operation *operation, struct place path_item);
int build_parameter(struct loader *l, struct place at, struct parameter *p);
int build_headers(struct loader *l, struct place headers, struct parameter **list, uint32_t *count);
int build_media(struct loader *l, struct place content, struct media_list *list);
int build_body(struct loader *l, struct operation *operation);
int build_responses(struct loader *l, struct operation *operation);
int build_security(struct loader *l, struct operation *operation);

/* The member as a text; empty when it is absent or no string. */
struct text loader_text(struct loader *l, const struct value *object, struct text key);

/* Is the member there and true? */
bool loader_true(struct loader *l, const struct value *object, struct text key);

/* The value and document of a member. */
struct place loader_at(struct loader *l, struct place object, struct text key);

#define LOADER_AT(l, object, key)   loader_at((l), (object), TEXT(key))
#define LOADER_TEXT(l, object, key) loader_text((l), (object), TEXT(key))

#endif
