/* yaml_fuzz.c -- any bytes as YAML. What is accepted must come back equal when it is written as JSON and read again. */
#include <stdint.h>
#include <stdlib.h>

#include "base/limits.h"
#include "json/compare.h"
#include "json/document.h"
#include "json/write.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
demand(bool condition)
{
    if (!condition)
        abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(0, 64 * LIMIT_MIB);
    struct error err = { .kind = ERROR_NONE };
    struct document document, again;
    struct json_writer w;
    struct buffer out;

    demand(arena != NULL);
    buffer_init(&out, SIZE_MAX);
    if (document_read_text(&document, text_make((const char *)data, size), "f.yaml", arena, &err) < 0) {
        demand(err.kind != ERROR_NONE && err.what[0] != '\0');
    } else {
        json_begin(&w, &out, 0);
        json_value(&w, document.root);
        demand(document_parse(&again, buffer_text(&out), NULL, arena, NULL) == 0);
        demand(again.values == document.values);
        demand(value_equal(document.root, again.root, NULL) == 1);
        for (uint32_t i = 0; i < document.values; i++)
            demand(document.root[i].place <= size);
    }
    buffer_release(&out);
    arena_free(arena);
    return 0;
}
