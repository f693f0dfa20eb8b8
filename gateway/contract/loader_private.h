/* loader_private.h -- the inside of struct loader, for loader.c, load.c and lint.c. */
#ifndef CONTRACT_LOADER_PRIVATE_H
#define CONTRACT_LOADER_PRIVATE_H

#include "contract/defect.h"
#include "contract/loader.h"
#include "contract/source.h"

#define NEAREST_ASKED_MAX 200 /* later unresolved references get no suggestion: the search is not for free */

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
    unsigned depth;           /* of lint_object and lint_schema */
    const char *load_failure; /* why the last document that a schema asked for was not given */
};

/* schema_set_options. */
const struct document *loader_on_load(void *arg, struct text uri, enum schema_dialect *dialect);
void loader_on_schema_defect(void *arg, const struct schema_defect *defect);

#endif
