/* draft.h -- what the writers of the draft share. Private to extract/draft*. */
#ifndef EXTRACT_DRAFT_H
#define EXTRACT_DRAFT_H

#include "extract/model.h"

/* Every operation gets its operationId and its tag. */
void draft_name_operations(struct extract *x);

/* "get": { … } */
void draft_operation(struct json_writer *w, struct extract *x, const struct operation *o);

/* A list of security requirements: any of these schemes. */
void draft_security(struct json_writer *w, const struct extract *x, unsigned schemes);

#endif
