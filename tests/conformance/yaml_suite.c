/* yaml_suite.c -- the YAML test suite in its source form: `fail` cases must be refused, cases with `json` must give
 * that value, the others must be read.
 *
 *     yaml_suite FOLDER [NAME]  its src folder; NAME runs one file
 *
 * Two kinds of case are skipped, by name and with the reason: those whose stream has not exactly one document
 * (Plumbline's files have one), and those that JSON cannot say (a list or a map as a key, a key that is there
 * twice). */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/limits.h"
#include "json/compare.h"
#include "json/document.h"
#include "json/write.h"
#include "suite.h"

/* The suite makes white space visible: ␣ space, —» tab (any number of dashes), ↵ line end, ∎ no line end at the end,
 * ← carriage return, ⇔ byte order mark. */
static const struct {
    const char *mark, *meaning;
} marks[] = {
    { "␣", " " }, { "»", "\t" }, { "↵", "" }, { "∎\n", "" }, { "←", "\r" }, { "⇔", "\xEF\xBB\xBF" },
};

static size_t
decode_mark(struct text t, struct buffer *out)
{
    size_t dashes = 0;

    while (text_starts(text_from(t, dashes), TEXT("—")))
        dashes += strlen("—");
    if (dashes > 0 && text_starts(text_from(t, dashes), TEXT("»"))) {
        buffer_byte(out, '\t');
        return dashes + strlen("»");
    }
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        if (text_starts(t, text_of(marks[i].mark))) {
            buffer_add(out, text_of(marks[i].meaning));
            return strlen(marks[i].mark);
        }
    }
    buffer_byte(out, t.data[0]);
    return 1;
}

static struct text
decode(struct text t, struct arena *arena)
{
    struct buffer out;
    struct text result;

    buffer_init(&out, SIZE_MAX);
    while (t.length > 0)
        t = text_from(t, decode_mark(t, &out));
    result = arena_text(arena, buffer_text(&out));
    buffer_release(&out);
    return result;
}

static unsigned
documents_in(struct text tree)
{
    unsigned count = 0;
    size_t at = 0;

    while ((at += text_search(text_from(tree, at), TEXT("+DOC"))) < tree.length) {
        count++;
        at += 4;
    }
    return count;
}

struct test {
    const struct value *yaml, *tree, *json;
    bool fail;
    bool odd; /* `skip`: the suite would rather have it refused, though YAML allows it */
};

static void
judge_value(struct suite *s, const char *name, const struct value *found, struct text json, struct arena *arena)
{
    struct document expected;
    struct json_writer w;
    struct buffer out;

    if (document_parse(&expected, json, NULL, arena, NULL) < 0) {
        suite_failed(s, name, "the suite's JSON cannot be read");
        return;
    }
    if (value_equal(found, expected.root, NULL) == 1) {
        s->passed++;
        return;
    }
    buffer_init(&out, SIZE_MAX);
    json_begin(&w, &out, 0);
    json_value(&w, found);
    suite_failed(s, name, "expected %.*s found %.*s", TEXT_PRINT(json), TEXT_PRINT(buffer_text(&out)));
    buffer_release(&out);
}

static bool
is_beyond_json(const struct error *err)
{
    return strcmp(err->what, "a list or a map cannot be a key") == 0 ||
           strcmp(err->what, "this key is in the map already") == 0;
}

static void
run(struct suite *s, const char *name, const struct test *test, struct arena *arena)
{
    unsigned documents = test->tree != NULL ? documents_in(value_text(test->tree)) : 1;
    struct text source = decode(value_text(test->yaml), arena);
    struct error err = { .kind = ERROR_NONE };
    struct document document;
    /* what is only read for the sake of peace is not well-formed */
    bool accepted = document_read_text(&document, source, "case.yaml", arena, &err) == 0 && !document.sloppy;

    if (test->fail && accepted)
        suite_failed(s, name, "accepted, but must be refused");
    else if (test->fail)
        s->passed++;
    else if (documents != 1 && accepted)
        suite_failed(s, name, "accepted, but the stream has %u documents", documents);
    else if (documents != 1)
        suite_skipped(s, name, documents == 0 ? "no document" : "more than one document");
    else if (!accepted && test->json == NULL && is_beyond_json(&err))
        suite_skipped(s, name, err.what);
    else if (!accepted && test->odd)
        suite_skipped(s, name, "valid, but the suite itself advises against reading it");
    else if (!accepted)
        suite_failed(s, name, "refused: %s: %s", err.where, err.what);
    else if (test->json != NULL)
        judge_value(s, name, document.root, value_text(test->json), arena);
    else
        s->passed++;
}

/* A file of the suite: a list of cases. A case that leaves out a field has that of the case before. */
static void
run_file(struct suite *s, const char *file, const struct value *cases, struct arena *arena)
{
    struct test test = { .yaml = NULL };
    unsigned number = 0;
    char name[64];

    for (VALUE_EACH_ITEM(item, cases)) {
        const struct value *yaml = VALUE_MEMBER(item, "yaml"), *tree = VALUE_MEMBER(item, "tree");
        const struct value *json = VALUE_MEMBER(item, "json");

        (void)snprintf(name, sizeof name, "%.4s-%02u", file, number++);
        test.fail = value_is(VALUE_MEMBER(item, "fail"), VALUE_TRUE);
        if (yaml != NULL)
            test = (struct test){ .yaml = yaml, .fail = test.fail, .odd = test.odd };
        if (VALUE_MEMBER(item, "skip") != NULL)
            test.odd = true;
        test.tree = tree != NULL ? tree : test.tree;
        test.json = value_is(json, VALUE_STRING) ? json : json != NULL ? NULL : test.json;
        run(s, name, &test, arena);
    }
}

int
main(int argc, char **argv)
{
    struct arena *arena = arena_new(0, LIMIT_EXCHANGE_ARENA), *names = arena_new(0, LIMIT_EXCHANGE_ARENA);
    struct suite s = { 0, 0, 0 };
    struct error err = { .kind = ERROR_NONE };
    struct document document;
    const char **files;
    size_t count = 0;
    char path[4096];

    if (argc < 2 || arena == NULL || names == NULL || file_list(argv[1], names, &files, &count, &err) < 0) {
        printf("yaml_suite: %s: %s\n", err.where, err.what);
        arena_free(arena);
        arena_free(names);
        return 3;
    }
    for (size_t i = 0; i < count; i++) {
        if (argc > 2 && strncmp(files[i], argv[2], 4) != 0)
            continue;
        (void)snprintf(path, sizeof path, "%s/%s", argv[1], files[i]);
        arena_reset(arena);
        error_clear(&err);
        if (document_read(&document, path, arena, &err) < 0)
            suite_failed(&s, files[i], "%s: %s", err.where, err.what);
        else
            run_file(&s, files[i], document.root, arena);
    }
    arena_free(arena);
    arena_free(names);
    return suite_end(&s);
}
