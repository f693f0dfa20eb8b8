/* patch_yaml.h -- one operation of a JSON Patch (patch.h), done in the text of a YAML document.
 *
 * Comments, order of keys, quotes and indentation stay as somebody wrote them; what is added is laid out as its
 * neighbours are. Where that is not sure to be right, nothing is done: an alias, or an anchor that an alias means,
 * would be changed at other places, too; and what comes out is read again and must be what the operation says. No I/O;
 * any thread. */
#ifndef DRIFT_PATCH_YAML_H
#define DRIFT_PATCH_YAML_H

#include "drift/patch.h"

struct patch_refused {
    const char *why; /* a literal */
    uint32_t place;  /* byte of the text */
};

/* Append the document as it is after the operation. False with *refused; then nothing was appended. */
bool patch_yaml_apply(struct text yaml, const struct patch_op *op, struct arena *scratch, struct buffer *out,
                      struct patch_refused *refused);

#endif
