/* examples.h -- for each finding, the first exchange that it was met in, so that a page can show its messages.
 *
 * Exchanges are copied. Bounded: a body above LIMIT_REPORT_BODY is left out of its copy, and when LIMIT_REPORT_EXAMPLES
 * bytes are kept no more exchanges are. One thread. */
#ifndef REPORT_EXAMPLES_H
#define REPORT_EXAMPLES_H

#include "traffic/finding.h"

struct examples;

struct example {
    const struct exchange *exchange;
    struct text instance; /* the place in this exchange's message: with array indices, where the finding has * */
};

/* New, or NULL: no memory. The others accept NULL, and then keep and know nothing. */
struct examples *examples_new(void);
void examples_free(struct examples *e);

/* The finding is new, and was met in this exchange. Want of memory only means that there is no example. */
void examples_keep(struct examples *e, const struct finding *f, const struct exchange *x);

/* NULL: there is none. Borrowed. */
const struct example *examples_find(const struct examples *e, const struct finding *f);

#endif
