/* parse_fields.h -- field lines that the scan accepted become headers; what they say of the message. Only for
 * parse*.c. */
#ifndef HTTP_PARSE_FIELDS_H
#define HTTP_PARSE_FIELDS_H

#include "http/parse_table.h"

/* Read the field lines of a head or trailer section from `lines` on to its empty line into an array in the arena.
 * Names, values and ids are filled in, and hop_by_hop as far as the name alone decides. PARSE_DONE, or PARSE_BAD with
 * *kind and *place (offset in lines). */
enum parse_result fields_read(struct text lines, uint32_t most, struct arena *arena, struct header **headers,
                              uint32_t *count, enum parse_fault_kind *kind, size_t *place);

/* Framing, connection, Host and expectation of a message whose start line and headers are filled in. `bodiless`: a
 * response that has no body by its nature (RFC 9112 6.3, 1). On PARSE_BAD *at is the header that is wrong, or NULL. */
enum parse_result fields_judge(struct message *m, bool bodiless, enum parse_fault_kind *kind, const struct header **at);

/* host [":" port] of a Host field or URI (RFC 9112 3.2). */
bool authority_valid(struct text t);

#endif
