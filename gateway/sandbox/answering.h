/* answering.h -- what the files that make up an answer share: answer.c (which response), example.c (values that the
 * contract gives), body.c, fields.c. */
#ifndef SANDBOX_ANSWERING_H
#define SANDBOX_ANSWERING_H

#include "sandbox/answer.h"
#include "sandbox/prefer.h"

/* A value of the contract, and the document that it stands in: references in it are relative to that. */
struct source {
    const struct document *document;
    const struct value *value; /* NULL: there is none */
};

struct answering {
    const struct answer_maker *maker;
    const struct message *request;
    struct prefer prefer;
    uint64_t seed;
    struct arena *arena;
    struct service_answer *answer;
};

/* ---- example.c ---- */

/* A member of an object, through $ref. */
struct source source_member(const struct answering *a, struct source s, struct text key);

/* Through $ref, if the value is one. */
struct source source_follow(const struct answering *a, struct source s);

/* The example with this name among `examples`; its value is NULL when there is none. */
struct source example_named(const struct answering *a, struct source object, struct text name);

/* The first example of a Media Type, Parameter or Header Object, else of its schema, that satisfies the schema. */
struct source example_first(const struct answering *a, struct source object);

/* A value made from the member `schema` (or itemSchema), as JSON appended to out. False: there is no schema, or no
 * value for it. */
bool
example_made(const struct answering *a, struct source object, const char *keyword, uint64_t seed, struct buffer *out);

/* ---- body.c ---- */

/* The media type to answer with: what the client likes best of what is offered. NULL: no content. */
const struct value *body_choose(const struct answering *a, const struct value *content);

/* A concrete type for a key of `content`, which may be a range. */
struct text body_type(struct text key);

/* Append the body. False: no value could be made. */
bool body_write(const struct answering *a, struct source media, struct text type);

/* ---- fields.c ---- */

/* The headers that the contract promises, and those that it gives an example for. */
void fields_write(const struct answering *a, struct source response);

/* Its required headers whose value the contract states (example, const, default); at most so many. How many. */
uint32_t fields_stated(const struct answering *a, struct source response, struct header *fields, uint32_t most);

#endif
