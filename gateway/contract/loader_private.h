/* loader_private.h -- the inside of struct loader, for loader.c, load.c and lint.c. */
#ifndef CONTRACT_LOADER_PRIVATE_H
#define CONTRACT_LOADER_PRIVATE_H

#include "contract/defect.h"
#include "contract/loader.h"
#include "contract/source.h"

#define NEAREST_ASKED_MAX 200 /* later unresolved references get no suggestion: the search is not for free */

#define LINT_DEPTH        1500 /* objects in objects, with references followed */
#define EXAMPLE_PROBLEMS  10   /* said about one example */

/* What can only be looked at when everything is compiled: an example against its schema, a link against its
 * operation. */
struct expectation {
    struct place value;
    struct place other; /* the schema; of a link: its parameters */
    const char *what;   /* "example", "default"; NULL: a link */
    struct expectation *next;
};

struct loader {
    struct contract *contract;
    struct source_list sources;
    struct defect_list defects;
    struct index references; /* (document, $ref) to struct place */
    struct index members;    /* (object, key) to value */
    struct index indexed;    /* objects whose members are in `members` */
    struct index linted;     /* (value, kind) that lint_object has seen */
    struct index contents;   /* a content map to its struct media_list */
    struct index schemes;    /* name to struct security_scheme */
    unsigned nearest_asked;
    unsigned depth; /* of lint_object and lint_schema */
    struct expectation *expectations, **last_expectation;
    bool examples;            /* are examples to be looked at? */
    const char *load_failure; /* why the last document that a schema asked for was not given */
};

/* Look at what lint_expect and lint_link_target remembered. 0, or -1 with err (no memory). */
int lint_finish(struct loader *l, struct error *err);

/* schema_set_options. */
const struct document *loader_on_load(void *arg, struct text uri, enum schema_dialect *dialect);
void loader_on_schema_defect(void *arg, const struct schema_defect *defect);

#endif
