/* json_parsing.c -- JSONTestSuite: y_ files must be accepted, n_ files refused, i_ files are free but must not crash.
 *
 *     json_parsing FOLDER       the folder of the suite
 *
 * Each file is read three ways, which must agree: onto a tape, by the grammar alone, and written back and read
 * again. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/limits.h"
#include "json/compare.h"
#include "json/document.h"
#include "json/write.h"
#include "suite.h"

/* What was read, written and read again, is equal. */
static bool
comes_back(const struct document *document, struct arena *arena)
{
    struct document again;
    struct json_writer w;
    struct buffer out;
    bool equal;

    buffer_init(&out, SIZE_MAX);
    json_begin(&w, &out, 0);
    json_value(&w, document->root);
    equal = document_parse(&again, buffer_text(&out), NULL, arena, NULL) == 0 &&
            value_equal(document->root, again.root, NULL) == 1;
    buffer_release(&out);
    return equal;
}

static void
run(struct suite *s, const char *name, struct text source, struct arena *arena)
{
    const struct document_options options = { .duplicates = true, .lines = true };
    struct document_error why = { .what = "" };
    struct document document;
    bool accepted = document_parse(&document, source, &options, arena, &why) == 0;

    if (name[0] == 'y' && !accepted)
        suite_failed(s, name, "refused: %u:%u: %s", why.line, why.column, why.what);
    else if (name[0] == 'n' && accepted)
        suite_failed(s, name, "accepted");
    else if (document_is_json(source) != accepted)
        suite_failed(s, name, "document_is_json and document_parse disagree");
    else if (accepted && !comes_back(&document, arena))
        suite_failed(s, name, "written and read again, it is not the same");
    else
        s->passed++;
}

int
main(int argc, char **argv)
{
    struct arena *arena = arena_new(0, LIMIT_EXCHANGE_ARENA), *names = arena_new(0, LIMIT_EXCHANGE_ARENA);
    struct suite s = { 0, 0, 0 };
    struct error err = { .kind = ERROR_NONE };
    const char **files;
    size_t count = 0;
    char path[4096];

    if (argc != 2 || arena == NULL || names == NULL || file_list(argv[1], names, &files, &count, &err) < 0) {
        printf("json_parsing: %s: %s\n", err.where, err.what);
        arena_free(arena);
        arena_free(names);
        return 3;
    }
    for (size_t i = 0; i < count; i++) {
        struct text source;

        (void)snprintf(path, sizeof path, "%s/%s", argv[1], files[i]);
        arena_reset(arena);
        if (file_read(&source, path, arena, &err) < 0)
            suite_failed(&s, files[i], "%s", err.what);
        else
            run(&s, files[i], source, arena);
    }
    arena_free(arena);
    arena_free(names);
    return suite_end(&s);
}
