/* contract.h -- an OpenAPI document (3.0, 3.1, 3.2; JSON or YAML), resolved, compiled, ready to check.
 *
 * A contract never changes once loaded, so any thread may use it. To reload, load another. Every $ref is resolved and
 * every schema, path template and parameter compiled while loading, so that no request can fail later because of the
 * document. A document with defects loads with located warnings where its meaning is still clear; what is unclear
 * stays `unchecked`, never silently passed.
 *
 * No sockets: $ref reaches files below the contract's folder (or ref_root), after realpath. */
#ifndef CONTRACT_CONTRACT_H
#define CONTRACT_CONTRACT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "contract/violation.h"
#include "http/message.h"
#include "json/document.h"
#include "schema/schema.h"

struct contract;
struct operation;

/* Something wrong with the document. Texts live as long as the contract (or until the callback returns, when loading
 * fails). */
struct contract_defect {
    enum level level; /* error: the document breaks its specification; warn: questionable; info */
    struct text file;
    uint32_t line, column;
    struct text pointer;
    struct text what; /* one sentence, what it means for checking included */
};
typedef void contract_defect_fn(void *arg, const struct contract_defect *defect);

/* The text of a file that $ref leads to, where files do not come from the disk: path is "contracts/parts.yaml". 0, or
 * -1 with err. In the arena. */
typedef int contract_read_fn(void *arg, struct text path, struct arena *arena, struct text *content, struct error *err);

struct contract_options {
    const char *ref_root;       /* $ref may reach files below this folder; NULL: the contract's own folder */
    contract_defect_fn *defect; /* may be NULL; called in document order where that is known */
    void *arg;                  /* for both callbacks */
    contract_read_fn *read; /* NULL: from the disk. Only for contract_load_text, whose name is then prefix and path: */
    const char *prefix;     /* "v1.2:", in front of all paths that are shown */
    bool examples;          /* check example, examples and default against their schemas, too (contract lint) */
};

/* Read the document at path. New, or NULL with err filled in ("file:line:column"). options may be NULL. */
struct contract *contract_load(const char *path, const struct contract_options *options, struct error *err);

/* The same from memory; `name` stands for its path. */
struct contract *
contract_load_text(struct text source, const char *name, const struct contract_options *options, struct error *err);

/* Accepts NULL. */
void contract_free(struct contract *c);

struct text contract_title(const struct contract *c);   /* info.title */
struct text contract_version(const struct contract *c); /* info.version */
struct text contract_dialect(const struct contract *c); /* the openapi field: "3.1.0" */
struct text contract_file(const struct contract *c);    /* as given to contract_load */
/* "erp" for "contracts/erp.openapi.json": the file's name without folder, extension and ".openapi"/".swagger". */
struct text contract_name(const struct contract *c);
struct text contract_name_of(struct text path); /* the same for a path or URL; borrowed from it */
const struct document *contract_document(const struct contract *c);
/* One of the files it is made of, by the name that violations have for it; NULL when there is none. */
const struct document *contract_document_named(const struct contract *c, struct text file);
/* All of them, one by one: *place is 0 at first. NULL behind the last one. */
const struct document *contract_document_next(const struct contract *c, uint32_t *place);
const struct schema_set *contract_schemas(const struct contract *c);
uint32_t contract_defects(const struct contract *c);

/* ---- operations ---- */

uint32_t contract_operation_count(const struct contract *c);
const struct operation *contract_operation(const struct contract *c, uint32_t index); /* document order */

/* The base paths of the document's servers ("" for "/"), variables replaced by their default and by each value of their
 * enum. */
uint32_t contract_base_count(const struct contract *c);
struct text contract_base(const struct contract *c, uint32_t index);

struct operation_parameter_value {
    struct text name;  /* of the template variable */
    struct text value; /* raw, still percent-encoded */
};

#define MATCH_PARAMETERS 32

struct contract_match {
    const struct operation *operation; /* NULL when the path or the method is unknown */
    bool path_known;                   /* some template matches; then allow says which methods it has */
    struct text allow;                 /* "GET, HEAD, POST", borrowed from the contract; for 405 */
    struct operation_parameter_value parameters[MATCH_PARAMETERS];
    uint32_t parameter_count;
};

/* The operation for this method and raw path (below the base paths of the servers; a path without a base also matches
 * when `bare`). Segments are compared after percent-decoding each; a literal segment beats a template (OAS 3.1
 * 4.8.8.2), more literal ones beat fewer. Where the most specific template lacks the method, a more general one that
 * has it is found, as routers do. HEAD finds GET's operation where the contract has no HEAD. No allocation but for
 * decoding, in the arena. */
void contract_find(const struct contract *c, struct text method, struct text path, bool bare, struct arena *arena,
                   struct contract_match *match);

/* The operation with this operationId, or this "METHOD /path/template". NULL when there is none. */
const struct operation *contract_operation_named(const struct contract *c, struct text name);

/* The operationId, or "METHOD /template" where there is none: always a name. */
struct text operation_id(const struct operation *o);
struct text operation_method(const struct operation *o); /* "GET" */
struct text operation_path(const struct operation *o);   /* the template, without base */
struct text operation_summary(const struct operation *o);
bool operation_deprecated(const struct operation *o);
uint32_t operation_index(const struct operation *o); /* in contract_operation; for counters */
const struct contract *operation_contract(const struct operation *o);
const struct value *operation_source(const struct operation *o); /* the Operation Object, in *document */
const struct document *operation_document(const struct operation *o);

/* The Response Object (references followed) for a status: exact, then its range (4XX), then default; NULL. */
const struct value *operation_response(const struct operation *o, uint16_t status, const struct document **document);

/* The responses that it documents, one after the other. False: there is no such index. */
struct operation_answer {
    struct text key; /* "200", "4XX", "default" */
    const struct document *document;
    const struct value *source; /* the Response Object, references followed; NULL: they lead nowhere */
};
bool operation_answer(const struct operation *o, uint32_t index, struct operation_answer *answer);

/* Which of them is for this status: exact, its range, default; UINT32_MAX: none. */
uint32_t operation_answer_of(const struct operation *o, uint16_t status);

/* Is the header documented for that answer? */
bool operation_answer_has_header(const struct operation *o, uint32_t answer, struct text name);

/* The schema of a JSON body: of the request, or of an answer with this status, as this media type (the most specific
 * range that fits). NULL: the contract describes no such content, or no JSON, or says nothing about it. */
const struct schema *
operation_body_schema(const struct operation *o, enum side side, uint16_t status, struct text content_type);

/* Does the contract describe this place: a pointer in the JSON body of the request, or of answers 2XX (an index stands
 * for every item)? Where the schema does not say what is there, it may be. False: *near is the name that was likely
 * meant, in the arena, or empty. */
bool operation_has_field(const struct operation *o, enum side side, struct text pointer, struct arena *arena,
                         struct text *near);

/* The same for a parameter; in: "path", "query" or "header". */
bool operation_has_parameter(const struct operation *o, struct text in, struct text name, struct arena *arena,
                             struct text *near);

/* What the operation documents, one parameter after the other (those of its path item included, headers that OpenAPI
 * says to ignore left out); in: "path", "query", "header", "cookie" or "querystring". False: there is no such index. */
struct operation_parameter {
    struct text name, in;
    bool required;
};
bool operation_parameter(const struct operation *o, uint32_t index, struct operation_parameter *parameter);

/* Does one of its security schemes take a credential there? */
bool operation_takes_credential(const struct operation *o, struct text in, struct text name);

/* Is a request body documented; must there be one? */
bool operation_has_body(const struct operation *o);
bool operation_needs_body(const struct operation *o);

/* For `contract show`: columns of one operation: "application/json", "200 400 404 default", "bearerAuth". In the
 * arena. */
struct text operation_request_types(const struct operation *o, struct arena *arena);
struct text operation_statuses(const struct operation *o, struct arena *arena);
struct text operation_security(const struct operation *o, struct arena *arena);

/* The value of WWW-Authenticate for a 401 (RFC 9110 11.6.1): 'Bearer realm="Shop"'; a challenge per scheme of the
 * operation, empty when it needs none. In the arena. */
struct text operation_challenge(const struct operation *o, struct arena *arena);

#endif
