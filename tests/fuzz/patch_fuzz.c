/* An operation on any document: the first byte says which, the first line has the path, the second the value, the rest
 * is the document. What comes out is JSON; what was added or replaced is there, what was removed was. */
#include <stdint.h>
#include <stdlib.h>

#include "base/limits.h"
#include "drift/patch.h"
#include "json/compare.h"
#include "json/document.h"
#include "json/pointer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
look_at(const struct patch_op *op, struct text before, struct text after, struct arena *arena)
{
    struct document old, new, value;
    const struct value *there;

    if (document_parse(&old, before, NULL, arena, NULL) < 0 || document_parse(&new, after, NULL, arena, NULL) < 0)
        abort();
    if (op->kind == PATCH_REMOVE) {
        if (pointer_find(old.root, op->path) == NULL || new.values >= old.values)
            abort();
        return;
    }
    if (document_parse(&value, op->value, NULL, arena, NULL) < 0 || text_ends(op->path, TEXT("/-")))
        return;
    there = pointer_find(new.root, op->path);
    if (there == NULL || value_equal(there, value.root, NULL) == 0)
        abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text rest = text_make((const char *)data, size), whole = rest;
    struct text_split lines = text_split_start(text_from(rest, 1));
    struct arena *arena = arena_new(0, 64 * LIMIT_MIB);
    struct patch_op op = { .kind = PATCH_ADD };
    struct document value;
    struct buffer out;
    const char *why;

    buffer_init(&out, 16 * LIMIT_MIB);
    if (size > 0 && arena != NULL && text_split_next(&lines, '\n', &op.path) &&
        text_split_next(&lines, '\n', &op.value) && !lines.done) {
        op.kind = (enum patch_kind)((uint8_t)whole.data[0] % 3);
        rest = lines.rest;
        if ((op.kind == PATCH_REMOVE || document_parse(&value, op.value, NULL, arena, NULL) == 0) &&
            patch_apply(rest, &op, arena, &out, &why))
            look_at(&op, rest, buffer_text(&out), arena);
    }
    buffer_release(&out);
    arena_free(arena);
    return 0;
}
