/* defect.h -- the defects of a document while it is loaded: collected, said once each, given out in document order.
 * One thread. */
#ifndef CONTRACT_DEFECT_H
#define CONTRACT_DEFECT_H

#include <stdarg.h>

#include "contract/contract.h"
#include "contract/index.h"

struct defect {
    enum level level;
    const struct document *document;
    const struct value *at;    /* for the line; NULL: the document as a whole */
    const struct value *value; /* for the pointer */
    struct text what;
    uint32_t order; /* of the document in the contract */
    uint32_t noted; /* keeps the order of those at one place */
};

struct defect_list {
    struct arena *arena;
    struct defect *items;
    uint32_t count;
    uint32_t capacity;
    uint32_t total; /* those beyond LIMIT_CONTRACT_DEFECTS, too */
    struct index seen;
};

/* Note one. `at` and `value` as in struct defect. */
void defect_list_add(struct defect_list *list, enum level level, const struct document *document, uint32_t order,
                     const struct value *at, const struct value *value, const char *format, va_list arguments);

/* Call `report` for each in the order of files and lines. */
void defect_list_report(struct defect_list *list, contract_defect_fn *report, void *arg);

#endif
