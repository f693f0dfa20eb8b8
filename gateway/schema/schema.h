/* schema.h -- JSON Schema, compiled when loaded, checked without allocation.
 *
 * A schema_set holds documents, finds every $id, anchor and $ref in them, and compiles schemas to a flat program.
 * Build a set on one thread; once the last schema_compile has returned it never changes, and any number of threads
 * may check with its schemas, each with a schema_run of its own.
 *
 *     documents --schema_set_add--> set --schema_compile--> schema --schema_check--> valid?   (the fast path: yes
 * or no)
 *                                                           schema --schema_explain--> why not (run only after a no)
 *
 * Dialects: JSON Schema 2020-12 (Core, Validation), draft 4, the Schema Object of OpenAPI 3.0 (nullable, boolean
 * exclusive bounds, siblings of $ref ignored) and of 3.1 (2020-12 with the OAS base vocabulary and format as an
 * assertion). */
#ifndef SCHEMA_SCHEMA_H
#define SCHEMA_SCHEMA_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "json/document.h"

struct schema_set;
struct schema;
struct schema_scratch;

enum schema_dialect {
    SCHEMA_2020_12,
    SCHEMA_DRAFT4,
    SCHEMA_OAS30,
    SCHEMA_OAS31,
};

/* A place in a schema document that is wrong, or whose meaning is unclear; what is unclear stays unchecked, never
 * silently passed. All texts live as long as the set. */
struct schema_defect {
    const struct document *document;
    const struct value *place; /* for document_where; NULL: the document as a whole */
    bool fatal;                /* the schema cannot be used; else a warning, and this place is unchecked */
    struct text what; /* one sentence: "$ref '#/$defs/Ordr' leads nowhere; this document has '#/$defs/Order'" */
};

/* Called once per defect while adding and compiling. */
typedef void schema_defect_fn(void *arg, const struct schema_defect *defect);

/* Give the document for an absolute URI without fragment that the set does not know, or NULL. The document must
 * live as long as the set; *dialect is its default dialect (a $schema in it wins). Called while compiling only.
 * Never opens the network. */
typedef const struct document *schema_load_fn(void *arg, struct text uri, enum schema_dialect *dialect);

struct schema_set_options {
    bool assert_formats;      /* format is an assertion; OAS dialects assert anyway */
    schema_load_fn *load;     /* may be NULL */
    schema_defect_fn *defect; /* may be NULL */
    void *arg;                /* for both */
};

/* A new, empty set that knows the meta-schemas (docs/schema/json-schema/…, embedded). NULL: no memory. */
struct schema_set *schema_set_new(const struct schema_set_options *options);

/* Frees the set and every schema compiled in it. Accepts NULL. */
void schema_set_free(struct schema_set *set);

/* Make a document known under its retrieval URI, with all $id and anchors inside its schemas. Borrows the document.
 * For an OpenAPI document the schemas are found when they are compiled. 0, or -1 (no memory). Adding the same URI
 * twice keeps the first. */
int
schema_set_add(struct schema_set *set, struct text uri, const struct document *document, enum schema_dialect dialect);

/* The compiled form of the schema that stands at `place` in a document added before; a schema is compiled once
 * however often it is asked for. Borrowed from the set. NULL only when there is no memory or a fatal defect was
 * reported. `dialect` is the default where no $schema says otherwise. */
const struct schema *schema_compile(struct schema_set *set, const struct document *document, const struct value *place,
                                    enum schema_dialect dialect);

/* Which way the message goes: readOnly properties are not required and not expected in a request, writeOnly ones in
 * a response (OAS 3.1 4.8.24.3, OAS 3.0 Fixed Fields of the Schema Object). */
enum schema_side {
    SCHEMA_BOTH,
    SCHEMA_REQUEST,
    SCHEMA_RESPONSE,
};

/* Why something stayed unchecked; bits. */
#define SCHEMA_UNCHECKED_BUDGET  1u
#define SCHEMA_UNCHECKED_PATTERN 2u /* not expressible, or its match limit was reached */
#define SCHEMA_UNCHECKED_FORMAT  4u /* a format that nobody defined */
#define SCHEMA_UNCHECKED_SCHEMA  8u /* a place of the schema that had a defect */

/* Per thread: PCRE2 match data, stacks, tables. Reused from check to check. */
struct schema_scratch *schema_scratch_new(void);
void schema_scratch_free(struct schema_scratch *scratch);

/* One check of one message: fill in, pass on, look at `unchecked` and `budget` afterwards. The budget is shared by
 * all checks of the message, so that one hostile message has one ceiling. */
struct schema_run {
    struct schema_scratch *scratch;
    struct arena *arena; /* for what must be remembered while checking, and for the texts of problems */
    uint32_t budget;     /* work units left; begin with LIMIT_CHECK_BUDGET */
    uint32_t unchecked;  /* SCHEMA_UNCHECKED_… bits, added to */
    enum schema_side side;
    bool unnamed; /* set: an object had a member that a schema with properties does not name, and says nothing of;
                   * another schema may. Not all are looked at once something is wrong. */
};

/* Does the instance satisfy the schema? With bits in run->unchecked true means "as far as it was checked". */
bool schema_check(const struct schema *schema, const struct value *instance, struct schema_run *run);

/* One place where an instance breaks its schema. Texts live in run->arena or in the set. */
struct schema_problem {
    const char *keyword;             /* "required", "type", …; "false" for the schema false */
    struct text instance;            /* JSON Pointer below the checked value */
    const struct value *value;       /* the offending value */
    const struct document *document; /* of the schema */
    const struct value *place;       /* the keyword's value (or the schema) in that document, for document_where */
    struct text
        pointer; /* JSON Pointer of the keyword in that document: "/components/schemas/Line/properties/price/minimum" */
    struct text expected; /* "number >= 0" */
    struct text found;    /* "\"12.50\" (string)", shortened to fit a line */
    struct text hint;     /* may be empty: "did you mean 'quantity'?" */
};
typedef void schema_problem_fn(void *arg, const struct schema_problem *problem);

/* Report each place that is to blame, deepest first where alternatives (anyOf, oneOf) failed: the closest branch is
 * explained, not all of them. Returns how many were reported; 0 when the instance is valid after all. At most `max`
 * are reported. */
unsigned schema_explain(const struct schema *schema, const struct value *instance, struct schema_run *run, unsigned max,
                        schema_problem_fn *report, void *arg);

/* ---- what parameters, forms and samples need to know of a schema ---- */

#define SCHEMA_TYPE_NULL    1u
#define SCHEMA_TYPE_BOOLEAN 2u
#define SCHEMA_TYPE_INTEGER 4u
#define SCHEMA_TYPE_NUMBER  8u
#define SCHEMA_TYPE_STRING  16u
#define SCHEMA_TYPE_ARRAY   32u
#define SCHEMA_TYPE_OBJECT  64u
#define SCHEMA_TYPE_ANY     127u

/* The types that the schema can allow, seen through $ref, allOf, anyOf, oneOf, enum and const; SCHEMA_TYPE_ANY when
 * it does not say. */
unsigned schema_types(const struct schema *schema);

/* The schema of a property or of the items, seen through $ref and allOf; NULL when it says nothing about it. For
 * type hints, not for checking. */
const struct schema *schema_property(const struct schema *schema, struct text name);
const struct schema *schema_items(const struct schema *schema);

/* Where the schema was written: its document and value. */
const struct document *schema_document(const struct schema *schema);
const struct value *schema_source(const struct schema *schema);

/* The schema that schema_compile has made of this place before, or NULL. Unlike schema_compile, any thread may ask.
 * */
const struct schema *
schema_compiled(const struct schema_set *set, const struct document *document, const struct value *place);

/* The schema that stands where `reference` (a $ref as found in `from`) leads, for those who walk the source
 * (samples); NULL when it leads nowhere. *document is set with it. */
const struct value *schema_follow(const struct schema_set *set, const struct document *from, struct text reference,
                                  const struct document **document);

#endif
