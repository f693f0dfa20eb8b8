/* schema_fuzz.c -- any schema, any instance: compile, check, explain.
 *
 * The input is a letter for the dialect, the schema, a NUL byte and the instance. Beside crashes it looks for
 * disagreement: what is invalid has a problem to tell, unless the budget ran out, and what is valid has none. */
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "schema/schema.h"

#define BUDGET 200000u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
on_problem(void *arg, const struct schema_problem *problem)
{
    (void)arg;
    if (problem->keyword == NULL || problem->value == NULL || problem->place == NULL || problem->expected.length == 0 ||
        problem->found.length == 0) {
        fprintf(stderr, "a problem is not described: %s\n", problem->keyword != NULL ? problem->keyword : "(none)");
        abort();
    }
}

static void
on_defect(void *arg, const struct schema_defect *defect)
{
    (void)arg;
    if (defect->what.length == 0)
        abort();
}

static void
judge(const struct schema *schema, const struct value *instance, struct arena *arena)
{
    struct schema_run run = { .scratch = schema_scratch_new(), .arena = arena, .budget = BUDGET };
    bool valid = run.scratch != NULL ? schema_check(schema, instance, &run) : true;
    unsigned count = run.scratch != NULL ? schema_explain(schema, instance, &run, 20, on_problem, NULL) : 0;

    if (run.scratch != NULL && valid && count > 0 && (run.unchecked & SCHEMA_UNCHECKED_BUDGET) == 0) {
        fprintf(stderr, "valid, but %u problems\n", count);
        abort();
    }
    if (run.scratch != NULL && !valid && count == 0) {
        fprintf(stderr, "invalid, but nothing to tell\n");
        abort();
    }
    (void)schema_types(schema);
    (void)schema_property(schema, TEXT("a"));
    (void)schema_items(schema);
    schema_scratch_free(run.scratch);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum schema_dialect dialects[] = { SCHEMA_2020_12, SCHEMA_DRAFT4, SCHEMA_OAS30, SCHEMA_OAS31 };
    const struct schema_set_options options = { .assert_formats = true, .defect = on_defect };
    struct document schema_document, instance;
    struct text whole, schema_text;
    struct arena *arena;
    struct schema_set *set;
    enum schema_dialect dialect;

    if (size < 2)
        return 0;
    dialect = dialects[data[0] % 4];
    whole = text_make((const char *)data + 1, size - 1);
    schema_text = text_slice(whole, 0, text_find(whole, '\0'));
    arena = arena_new(0, 256 * LIMIT_MIB);
    set = schema_set_new(&options);
    if (arena != NULL && set != NULL && document_parse(&schema_document, schema_text, NULL, arena, NULL) == 0 &&
        document_parse(&instance, text_from(whole, schema_text.length + 1), NULL, arena, NULL) == 0) {
        const struct schema *schema = schema_compile(set, &schema_document, schema_document.root, dialect);

        if (schema != NULL)
            judge(schema, instance.root, arena);
    }
    schema_set_free(set);
    arena_free(arena);
    return 0;
}
