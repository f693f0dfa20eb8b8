/* schema_suite.c -- run a file of groups [{description, schema, tests: [{description, data}]}] and print what each
 * test gives. */
#include "cli/schema_suite.h"

#include <stdio.h>

#include "base/limits.h"

struct suite {
    const char *path;
    const struct suite_options *options;
    const struct document *document;
    struct schema_scratch *scratch;
    struct arena *memory; /* of the test that is running */
};

/* A description on one line, so that a line of output is a test. */
static void
print_description(const struct value *holder)
{
    const struct value *description = VALUE_MEMBER(holder, "description");
    struct text t = value_is(description, VALUE_STRING) ? value_text(description) : TEXT("");

    putchar('\t');
    for (size_t i = 0; i < t.length; i++)
        putchar((unsigned char)t.data[i] < ' ' ? ' ' : t.data[i]);
}

/* What makes "valid" a guess. In OpenAPI 3.0 a keyword with a value that makes no sense is passed over, as its
 * contracts are full of them. */
static uint32_t
must_be_checked(const struct suite_options *options)
{
    uint32_t bits = SCHEMA_UNCHECKED_BUDGET | SCHEMA_UNCHECKED_PATTERN;

    return options->dialect == SCHEMA_OAS30 ? bits : bits | SCHEMA_UNCHECKED_SCHEMA;
}

static const char *
verdict(struct suite *suite, const struct schema *schema, const struct value *instance)
{
    struct schema_run run = { .scratch = suite->scratch, .arena = suite->memory, .budget = LIMIT_CHECK_BUDGET };
    bool valid;

    if (schema == NULL || instance == NULL)
        return "error";
    arena_reset(suite->memory);
    valid = schema_check(schema, instance, &run);
    if (valid && (run.unchecked & must_be_checked(suite->options)) != 0)
        return "error"; /* what was not checked might have said no */
    return valid ? "valid" : "invalid";
}

/* The schema of a group stands alone, as if it had been a file. */
static int
run_group(struct suite *suite, const struct value *group)
{
    const struct value *place = VALUE_MEMBER(group, "schema"), *tests = VALUE_MEMBER(group, "tests");
    struct arena *arena = arena_new(0, LIMIT_SCHEMA_BYTES);
    struct schema_files files = { arena, suite->options->remotes, suite->options->dialect, NULL };
    struct schema_set_options options = { .assert_formats = suite->options->assert_formats,
                                          .load = schema_files_load,
                                          .arg = &files };
    struct schema_set *set = arena != NULL ? schema_set_new(&options) : NULL;
    struct document alone = *suite->document;
    const struct schema *schema = NULL;

    if (set == NULL) {
        arena_free(arena);
        return -1;
    }
    alone.root = place;
    alone.values = place != NULL ? place->span : 0;
    if (place != NULL && schema_set_add(set, TEXT("plumbline:/suite/schema"), &alone, suite->options->dialect) == 0)
        schema = schema_compile(set, &alone, place, suite->options->dialect);
    if (value_is(tests, VALUE_ARRAY)) {
        for (VALUE_EACH_ITEM(test, tests)) {
            printf("%s", suite->path);
            print_description(group);
            print_description(test);
            printf("\t%s\n", verdict(suite, schema, VALUE_MEMBER(test, "data")));
        }
    }
    schema_set_free(set);
    arena_free(arena);
    return 0;
}

int
schema_suite_run(const char *path, const struct suite_options *options, struct error *err)
{
    struct arena *arena = arena_new(0, LIMIT_SCHEMA_BYTES);
    struct suite suite = { .path = path, .options = options };
    struct document document;
    int status = -1;

    suite.memory = arena_new(0, LIMIT_EXCHANGE_ARENA);
    suite.scratch = schema_scratch_new();
    suite.document = &document;
    if (arena == NULL || suite.memory == NULL || suite.scratch == NULL) {
        (void)error_memory(err);
        goto done;
    }
    if (document_read(&document, path, arena, err) < 0)
        goto done;
    if (!value_is(document.root, VALUE_ARRAY)) {
        (void)error_set(err, ERROR_INPUT, path, "a suite is an array of groups {description, schema, tests}");
        goto done;
    }
    for (VALUE_EACH_ITEM(group, document.root)) {
        if (run_group(&suite, group) < 0) {
            (void)error_memory(err);
            goto done;
        }
    }
    status = 0;
done:
    schema_scratch_free(suite.scratch);
    arena_free(suite.memory);
    arena_free(arena);
    return status;
}
