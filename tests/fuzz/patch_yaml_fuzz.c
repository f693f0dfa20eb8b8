/* patch_yaml_fuzz.c -- an operation on any YAML: the first byte says which, the second on which value, the rest is the
 * document. What is not refused says what the document says after the operation; what is refused leaves nothing. */
#include <stdint.h>
#include <stdlib.h>

#include "base/limits.h"
#include "drift/patch_yaml.h"
#include "json/compare.h"
#include "json/document.h"
#include "json/pointer.h"
#include "json/write.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
demand(bool condition)
{
    if (!condition)
        abort();
}

static void
look_at(const struct value *before, const struct patch_op *op, struct text after, struct arena *arena)
{
    struct document expected, found;
    struct buffer json, patched;
    struct json_writer w;
    const char *why;

    buffer_init(&json, 64 * LIMIT_MIB);
    buffer_init(&patched, 64 * LIMIT_MIB);
    json_begin(&w, &json, 0);
    json_value(&w, before);
    demand(patch_apply(buffer_text(&json), op, arena, &patched, &why));
    demand(document_parse(&expected, buffer_text(&patched), NULL, arena, NULL) == 0);
    demand(document_read_text(&found, after, "f.yaml", arena, NULL) == 0);
    demand(value_equal(expected.root, found.root, NULL) == 1);
    buffer_release(&patched);
    buffer_release(&json);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const values[] = { "1", "\"a b\"", "[\"a\",null]", "{\"k\":{\"l\":[1,{}]}}" };
    struct arena *arena = arena_new(0, 64 * LIMIT_MIB), *scratch = arena_new(0, 64 * LIMIT_MIB);
    struct text yaml = text_from(text_make((const char *)data, size), 2);
    struct patch_refused refused = { NULL, 0 };
    struct document document;
    struct buffer out;

    buffer_init(&out, 64 * LIMIT_MIB);
    if (size > 2 && arena != NULL && scratch != NULL &&
        document_read_text(&document, yaml, "f.yaml", arena, NULL) == 0) {
        struct text path = pointer_to(document.root, document.root + data[1] % document.values, arena);
        struct patch_op op = { (enum patch_kind)(data[0] % 3), path, text_of(values[data[0] / 3 % 4]) };

        if (data[0] & 0x80)
            op.path = arena_print(arena, "%.*s/%s", TEXT_PRINT(path), data[0] & 0x40 ? "-" : "new");
        if (patch_yaml_apply(yaml, &op, scratch, &out, &refused))
            look_at(document.root, &op, buffer_text(&out), arena);
        else
            demand(refused.why != NULL && refused.place <= yaml.length && buffer_length(&out) == 0);
    }
    buffer_release(&out);
    arena_free(scratch);
    arena_free(arena);
    return 0;
}
