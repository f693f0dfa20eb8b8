/* extract_fuzz.c -- any bytes as an API document. The draft is JSON, twice the same; examples that are mended are JSON,
 * too, with every value in the line where it was; YAML of the draft reads back as the same values. Now and then, the
 * draft is loaded as a contract: it is one, without an error. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "contract/contract.h"
#include "extract/example.h"
#include "extract/extract.h"
#include "json/compare.h"
#include "json/yaml_write.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A macro, so that the place is in the report. */
#define demand(condition)                                                                                              \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                                            \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

static size_t
lines_of(struct text t)
{
    size_t count = 0;

    for (size_t i = 0; i < t.length; i++)
        count += t.data[i] == '\n';
    return count;
}

static void
mend(struct text source)
{
    struct arena *arena = arena_new(0, 256 * LIMIT_MIB);
    struct document document;
    struct example e;
    const char *why;
    int result = example_read(&e, source, arena, &why);

    demand(result >= 0 && e.end <= source.length);
    if (result == 1) {
        demand(document_parse(&document, e.json, NULL, arena, NULL) == 0);
        demand(lines_of(e.json) == lines_of(text_slice(source, 0, e.end)));
    }
    arena_free(arena);
}

static void
on_defect(void *arg, const struct contract_defect *d)
{
    (void)arg;
    if (d->level == LEVEL_ERROR)
        fprintf(stderr, "%.*s %.*s\n", TEXT_PRINT(d->pointer), TEXT_PRINT(d->what));
    demand(d->level != LEVEL_ERROR);
}

static void
draft(struct text source, struct buffer *out)
{
    struct extract *x = extract_new();
    struct error err = { .kind = ERROR_NONE };

    demand(x != NULL);
    if (extract_document(x, TEXT("d.md"), source, &err) == 0)
        demand(extract_write(x, (struct text){ NULL, 0 }, out) == 0);
    else
        demand(err.kind == ERROR_INPUT);
    extract_free(x);
}

static void
look_at_yaml(const struct document *document, struct arena *arena)
{
    struct error err = { .kind = ERROR_NONE };
    struct document again;
    struct buffer yaml;

    buffer_init(&yaml, LIMIT_FILE_BYTES);
    yaml_write(&yaml, document->root);
    demand(document_read_text(&again, buffer_text(&yaml), "d.yaml", arena, &err) == 0);
    demand(value_equal(document->root, again.root, NULL) == 1);
    buffer_release(&yaml);
}

/* The slow looks are taken in turns. */
static void
look_at(struct text json, unsigned turn)
{
    struct arena *arena = arena_new(0, 512 * LIMIT_MIB);
    struct contract_options options = { .defect = on_defect };
    struct error err = { .kind = ERROR_NONE };
    struct document document;

    demand(document_parse(&document, json, NULL, arena, NULL) == 0);
    if (turn % 16 == 0)
        look_at_yaml(&document, arena);
    if (turn % 16 == 8) {
        struct contract *c = contract_load_text(json, "d.json", &options, &err);

        demand(c != NULL);
        contract_free(c);
    }
    arena_free(arena);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static unsigned runs;
    struct text source = { (const char *)data, size };
    struct buffer once, twice;

    buffer_init(&once, LIMIT_FILE_BYTES);
    buffer_init(&twice, LIMIT_FILE_BYTES);
    mend(source);
    draft(source, &once);
    draft(source, &twice);
    demand(text_equal(buffer_text(&once), buffer_text(&twice)));
    if (buffer_length(&once) > 0)
        look_at(buffer_text(&once), runs++);
    buffer_release(&once);
    buffer_release(&twice);
    return 0;
}
