#include "rules/judge.h"

#include <stdio.h>

#include "base/embedded.h"
#include "base/limits.h"
#include "json/pointer.h"
#include "schema/schema.h"

struct judgement {
    const struct document *document;
    struct arena *arena;
    struct error *err;
};

static void
on_problem(void *arg, const struct schema_problem *problem)
{
    struct judgement *j = arg;
    struct text where = document_where(j->document, problem->value, j->arena);
    bool secret = problem->value != NULL && (problem->value->flags & VALUE_OUTSIDE) != 0;
    struct text found = secret ? TEXT("a value of the environment (not shown)") : problem->found;

    error_set(j->err, ERROR_CONFIG, where.data, "%.*s: expected %.*s, found %.*s%s%.*s",
              problem->instance.length > 0 ? (int)problem->instance.length : 8,
              problem->instance.length > 0 ? problem->instance.data : "the file", TEXT_PRINT(problem->expected),
              TEXT_PRINT(found), problem->hint.length > 0 ? "; " : "", TEXT_PRINT(problem->hint));
}

static int
judge_with(struct schema_set *set, struct schema_scratch *scratch, const struct document *schema_document,
           struct judgement *j)
{
    const struct schema *schema;
    struct schema_run run = { .scratch = scratch, .arena = j->arena, .budget = LIMIT_CHECK_BUDGET };

    if (schema_set_add(set, TEXT("plumbline:own"), schema_document, SCHEMA_2020_12) < 0)
        return error_memory(j->err);
    schema = schema_compile(set, schema_document, schema_document->root, SCHEMA_2020_12);
    if (schema == NULL)
        return error_memory(j->err);
    if (schema_check(schema, j->document->root, &run))
        return 0;
    run.budget = LIMIT_CHECK_BUDGET;
    schema_explain(schema, j->document->root, &run, 1, on_problem, j);
    return error_set(j->err, ERROR_CONFIG, j->document->name, "does not satisfy its schema");
}

int
judge_document(const struct document *document, const char *schema, struct error *err)
{
    struct judgement j = { .document = document, .err = err };
    struct schema_set_options options = { .assert_formats = true };
    struct schema_set *set = schema_set_new(&options);
    struct schema_scratch *scratch = schema_scratch_new();
    struct document schema_document;
    const struct embedded *file;
    char name[128];
    int result = -1;

    j.arena = arena_new(0, 64 * LIMIT_MIB);
    snprintf(name, sizeof(name), "schema/%s", schema);
    file = embedded_find(name);
    if (set == NULL || scratch == NULL || j.arena == NULL)
        error_memory(err);
    else if (file == NULL ||
             document_parse(&schema_document, text_make(file->data, file->size), NULL, j.arena, NULL) < 0)
        error_set(err, ERROR_ENVIRONMENT, name, "this program was built without a file that it needs");
    else
        result = judge_with(set, scratch, &schema_document, &j);
    schema_scratch_free(scratch);
    schema_set_free(set);
    arena_free(j.arena);
    return result;
}
