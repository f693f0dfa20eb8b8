/* merge.h -- JSON Merge Patch (RFC 7396) on tapes. No state. */
#ifndef SANDBOX_MERGE_H
#define SANDBOX_MERGE_H

#include "base/buffer.h"
#include "json/document.h"

/* Append target with the patch applied: members that are null in it go. Either may be NULL: nothing (RFC 7396 2). */
void merge_patch(struct buffer *out, const struct value *target, const struct value *patch);

/* Append the patch that does what both do, one after the other: its nulls stay. */
void merge_patches(struct buffer *out, const struct value *first, const struct value *second);

#endif
