/* contract_extract.c -- plumbline contract extract: a draft contract from API documents. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/limits.h"
#include "cli/command.h"
#include "cli/contract_commands.h"
#include "extract/extract.h"
#include "json/yaml_write.h"

#define COMMAND "contract extract"

struct asked {
    const char *out, *title, *format;
    struct option_list documents;
};

static int
read_documents(struct extract *x, const struct asked *asked, struct error *err)
{
    struct arena *arena = arena_new(0, LIMIT_EXTRACT_BYTES);
    int result = arena != NULL ? 0 : error_memory(err);

    for (size_t i = 0; i < asked->documents.count && result == 0; i++) {
        const char *path = asked->documents.items[i];
        struct text source;

        result = file_read(&source, path, arena, err);
        if (result == 0)
            result = extract_document(x, text_of(strcmp(path, "-") == 0 ? "standard input" : path), source, err);
        arena_reset(arena);
    }
    arena_free(arena);
    return result;
}

/* The draft, from JSON to YAML. */
static int
to_yaml(struct buffer *draft, struct error *err)
{
    struct arena *arena = arena_new(0, LIMIT_EXTRACT_BYTES);
    struct document document;
    struct buffer yaml;

    buffer_init(&yaml, LIMIT_FILE_BYTES);
    if (arena == NULL || document_parse(&document, buffer_text(draft), NULL, arena, NULL) < 0) {
        arena_free(arena);
        return error_memory(err);
    }
    yaml_write(&yaml, document.root);
    arena_free(arena);
    buffer_release(draft);
    *draft = yaml;
    return buffer_failed(draft) ? error_memory(err) : 0;
}

static int
put(const char *path, struct text t, struct error *err)
{
    if (path != NULL && strcmp(path, "-") != 0)
        return file_write(path, t, 0666, err);
    if (fwrite(t.data, 1, t.length, stdout) != t.length || fflush(stdout) != 0)
        return error_set(err, ERROR_ENVIRONMENT, "standard output", "cannot be written");
    return 0;
}

static int
write_draft(struct extract *x, const struct asked *asked, struct error *err)
{
    struct buffer draft;
    int result = 0;

    buffer_init(&draft, LIMIT_FILE_BYTES);
    if (extract_write(x, text_of(asked->title), &draft) < 0)
        result = error_memory(err);
    if (result == 0 && strcmp(asked->format, "yaml") == 0)
        result = to_yaml(&draft, err);
    if (result == 0)
        result = put(asked->out, buffer_text(&draft), err);
    buffer_release(&draft);
    return result;
}

/* What a person has to look at, with its place, and one line that sums up. */
static void
tell(const struct extract *x, size_t documents)
{
    const struct extract_notes *notes = extract_notes(x);
    uint32_t counts[3] = { 0 }, operations = extract_operations(x), kept = 0;

    for (const struct extract_note *n = notes->first; n != NULL; n = n->next) {
        fprintf(stderr, "%.*s:%u: %s: %.*s\n", TEXT_PRINT(n->file), n->line, extract_note_name(n->kind),
                TEXT_PRINT(n->what));
        counts[n->kind]++;
        kept++;
    }
    fprintf(stderr, "plumbline " COMMAND ": %zu document%s, %u operation%s; %u unread, %u mended, %u assumed",
            documents, documents == 1 ? "" : "s", operations, operations == 1 ? "" : "s", counts[EXTRACT_UNREAD],
            counts[EXTRACT_MENDED], counts[EXTRACT_ASSUMED]);
    if (notes->count > kept)
        fprintf(stderr, "; %u more are not listed", notes->count - kept);
    fprintf(stderr, "\n");
}

int
contract_extract(int argc, char **argv)
{
    struct asked asked = { .format = NULL };
    const struct option options[] = {
        { "--output", 'o', OPTION_TEXT, "FILE", NULL, "write it there (standard output)", &asked.out },
        { "--title", 0, OPTION_TEXT, "TITLE", NULL, "the title of the contract (that of the first document)",
          &asked.title },
        { "--format", 0, OPTION_CHOICE, "FORMAT", "json|yaml", "json or yaml (by the name of FILE, else json)",
          &asked.format },
        { .name = NULL },
    };
    const struct usage usage = {
        .name = COMMAND,
        .summary = "Make a draft contract from API documents in Markdown or plain text.",
        .arguments = "DOCUMENT...",
        .example = "plumbline contract extract docs/api/order-management.md -o draft.openapi.json",
        .options = options,
        .least = 1,
        .most = SIZE_MAX,
        .more =
            "Each statement has x-source (file and line) and x-confidence. What could not be read is told on standard\n"
            "error and listed in x-unread. Exit: 0 fine, 1 no endpoint was found, 2 a document is no text, 3 "
            "environment.",
    };
    struct error err = { .kind = ERROR_NONE };
    struct extract *x;
    int code = EXIT_FINE;

    if (!options_read(&usage, argc, argv, &asked.documents, &code))
        return code;
    if (asked.format == NULL)
        asked.format = asked.out != NULL && (text_ends(text_of(asked.out), TEXT(".yaml")) ||
                                             text_ends(text_of(asked.out), TEXT(".yml")))
                           ? "yaml"
                           : "json";
    x = extract_new();
    if (x == NULL)
        (void)error_memory(&err);
    if (x == NULL || read_documents(x, &asked, &err) < 0 || write_draft(x, &asked, &err) < 0) {
        code = command_fail(COMMAND, &err);
    } else {
        tell(x, asked.documents.count);
        code = extract_operations(x) > 0 ? EXIT_FINE : EXIT_FINDINGS;
    }
    extract_free(x);
    return code;
}
