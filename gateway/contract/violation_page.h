/* violation_page.h -- docs/violations.md, written from the tables of violation.h. Any thread. */
#ifndef CONTRACT_VIOLATION_PAGE_H
#define CONTRACT_VIOLATION_PAGE_H

#include "base/buffer.h"
#include "contract/violation.h"

/* Append the whole page. */
void violation_page(struct buffer *out);

/* One example of what is reported: "a request without the required header X-Request-Id". */
const char *violation_example(enum violation_id id);

#endif
