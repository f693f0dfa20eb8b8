/* document_fuzz.c -- any bytes as JSON. What is accepted must be accepted by the grammar alone as well, come back equal
 * when written and read again, and have a pointer for each value that leads back to it. */
#include <stdint.h>
#include <stdlib.h>

#include "base/limits.h"
#include "json/compare.h"
#include "json/document.h"
#include "json/number.h"
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
come_back(const struct document *document, struct arena *arena)
{
    struct document again;
    struct json_writer w;
    struct buffer out;

    buffer_init(&out, SIZE_MAX);
    json_begin(&w, &out, document->values % 3);
    json_value(&w, document->root);
    demand(document_parse(&again, buffer_text(&out), &(struct document_options){ .duplicates = true }, arena, NULL) ==
           0);
    demand(again.values == document->values && again.duplicate_keys == document->duplicate_keys);
    demand(value_equal(document->root, again.root, NULL) == 1);
    demand(value_hash(document->root) == value_hash(again.root));
    buffer_release(&out);
}

static void
look_at(const struct document *document, const struct value *v, struct arena *arena)
{
    demand(v->span >= 1 && v + v->span <= document->root + document->values);
    demand(v->place < document->source.length);
    if (v->type == VALUE_NUMBER) {
        struct decimal d, seven;
        double ignored;

        decimal_read(&d, value_text(v));
        decimal_from(&seven, 7);
        demand(decimal_compare(&d, &d) == 0);
        demand(decimal_compare(&d, &seven) == -decimal_compare(&seven, &d));
        demand(decimal_multiple_of(&d, &d) != 0 || d.digits == 0);
        ignored = decimal_to_double(&d);
        (void)ignored;
    }
    if (document->duplicate_keys == 0 && document->values < 64) {
        struct text pointer = pointer_to(document->root, v, arena);
        const struct value *found = pointer_find(document->root, pointer);

        demand(pointer.length > LIMIT_POINTER_BYTES || found == v || found == v + 1); /* a key: its member's value */
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct document_options options = { .duplicates = true, .lines = true };
    struct text source = text_make((const char *)data, size);
    struct arena *arena = arena_new(0, 64 * LIMIT_MIB);
    struct document_error why;
    struct document document;
    bool good;

    demand(arena != NULL);
    good = document_parse(&document, source, &options, arena, &why) == 0;
    demand(good == document_is_json(source) || (!good && why.too_large));
    if (good) {
        for (uint32_t i = 0; i < document.values; i++)
            look_at(&document, document.root + i, arena);
        come_back(&document, arena);
    } else {
        demand(why.what != NULL && why.place <= size && why.line > 0 && why.column > 0);
    }
    arena_free(arena);
    return 0;
}
