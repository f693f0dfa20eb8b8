/* patch.h -- one operation of a JSON Patch (RFC 6902: add, remove, replace), done in the text of a document.
 *
 * Only the bytes that must change do: layout, order of members and the form of numbers stay as somebody wrote them.
 * What is added is laid out as its neighbours are. No I/O; any thread. */
#ifndef DRIFT_PATCH_H
#define DRIFT_PATCH_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/text.h"

enum patch_kind {
    PATCH_ADD, /* to an array: before that index, or at its end ("-"); a member that is there is replaced */
    PATCH_REMOVE,
    PATCH_REPLACE,
};

const char *patch_name(enum patch_kind kind); /* "add" */

struct patch_op {
    enum patch_kind kind;
    struct text path;  /* JSON Pointer */
    struct text value; /* JSON; PATCH_REMOVE: empty */
};

/* Append the document as it is after the operation. False with *why, a literal: the text is no JSON, or the path leads
 * nowhere; then nothing was appended. */
bool
patch_apply(struct text json, const struct patch_op *op, struct arena *scratch, struct buffer *out, const char **why);

#endif
