#include "rules/judge.h"

#include <stdio.h>
#include <string.h>

#include "base/embedded.h"
#include "base/limits.h"
#include "json/pointer.h"
#include "schema/schema.h"

struct judgement {
    const struct document *document;
    struct arena *arena;
    struct error *err;
    unsigned most;
    judge_fn *each;
    void *arg;
};

#define NAMES_MAX 64

/* Add the names of the properties that a schema has, those of its $ref and allOf as well. */
static uint32_t
collect_names(const struct value *root, const struct value *schema, struct judgement *j, const char **names,
              uint32_t count, unsigned depth)
{
    const struct value *properties = VALUE_MEMBER(schema, "properties");
    const struct value *ref = VALUE_MEMBER(schema, "$ref"), *all = VALUE_MEMBER(schema, "allOf");

    if (schema == NULL)
        return count;
    if (properties != NULL) {
        for (VALUE_EACH_MEMBER(name, properties)) {
            if (count < NAMES_MAX)
                names[count++] = arena_text(j->arena, value_text(name)).data;
        }
    }
    if (depth > 0 && ref != NULL && value_text(ref).length > 1)
        count = collect_names(root, pointer_find(root, text_from(value_text(ref), 1)), j, names, count, depth - 1);
    if (depth > 0 && all != NULL) {
        for (VALUE_EACH_ITEM(item, all))
            count = collect_names(root, item, j, names, count, depth - 1);
    }
    return count;
}

/* The first `count` tokens of a pointer; nothing when it has fewer. */
static struct text
ancestor(struct text pointer, unsigned count)
{
    for (size_t i = 1; i < pointer.length; i++)
        if (pointer.data[i] == '/' && --count == 0)
            return text_make(pointer.data, i);
    return text_make(NULL, 0);
}

/* The title of a shared definition such as the duration says what is expected better than its pattern does. */
static struct text
expected_of(const struct schema_problem *problem)
{
    const struct value *root = problem->document->root, *definition, *words;
    struct text name = ancestor(problem->pointer, 2);

    if (!text_starts(name, TEXT("/$defs/")))
        return problem->expected;
    definition = pointer_find(root, name);
    words = definition != NULL ? VALUE_MEMBER(definition, "title") : NULL;
    return words != NULL ? value_text(words) : problem->expected;
}

/* What a key was meant to be. The validator knows it where one object lists them all; here several do. */
static struct text
hint_of(const struct schema_problem *problem, struct judgement *j)
{
    static const char keyword[] = "/unevaluatedProperties";
    const struct value *root = problem->document->root;
    const char *names[NAMES_MAX], *near;
    struct text parent = problem->pointer, key = problem->instance;
    uint32_t count;

    if (problem->hint.length > 0 || strcmp(problem->keyword, keyword + 1) != 0 || parent.length < sizeof keyword - 1)
        return problem->hint;
    parent.length -= sizeof keyword - 1;
    count = collect_names(root, pointer_find(root, parent), j, names, 0, 4);
    while (text_find(key, '/') < key.length)
        key = text_from(key, text_find(key, '/') + 1);
    near = text_nearest(key, names, count);
    return near != NULL ? arena_print(j->arena, "did you mean '%s'?", near) : problem->hint;
}

static void
on_problem(void *arg, const struct schema_problem *problem)
{
    struct judgement *j = arg;
    bool secret = problem->value != NULL && (problem->value->flags & VALUE_OUTSIDE) != 0;
    struct text expected = expected_of(problem), hint = hint_of(problem, j), instance = problem->instance;
    struct text found = secret ? TEXT("a value of the environment (not shown)") : problem->found;

    if (instance.length == 0)
        instance = TEXT("the file");
    j->each(j->arg, problem->value,
            arena_print(j->arena, "%.*s: expected %.*s, found %.*s%s%.*s", TEXT_PRINT(instance), TEXT_PRINT(expected),
                        TEXT_PRINT(found), hint.length > 0 ? "; " : "", TEXT_PRINT(hint)));
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
    if (schema_explain(schema, j->document->root, &run, j->most, on_problem, j) > 0)
        return -1;
    return error_set(j->err, ERROR_CONFIG, j->document->name, "does not satisfy its schema");
}

/* A schema that another one refers to: the last part of its URI is its name. */
static const struct document *
load_other(void *arg, struct text uri, enum schema_dialect *dialect)
{
    struct judgement *j = arg;
    struct document *document = ARENA_NEW(j->arena, struct document);
    const struct embedded *file;

    while (text_find(uri, '/') < uri.length)
        uri = text_from(uri, text_find(uri, '/') + 1);
    file = embedded_find(arena_print(j->arena, "schema/%.*s", TEXT_PRINT(uri)).data);
    if (document == NULL || file == NULL ||
        document_parse(document, text_make(file->data, file->size), NULL, j->arena, NULL) < 0)
        return NULL;
    *dialect = SCHEMA_2020_12;
    return document;
}

int
judge_each(const struct document *document, const char *schema, unsigned most, judge_fn *each, void *arg,
           struct error *err)
{
    struct judgement j = { .document = document, .err = err, .most = most, .each = each, .arg = arg };
    struct schema_set_options options = { .assert_formats = true, .load = load_other, .arg = &j };
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

struct first {
    const struct document *document;
    struct error *err;
};

static void
on_first(void *arg, const struct value *v, struct text what)
{
    const struct first *first = arg;
    struct arena *arena = arena_new(0, LIMIT_MIB);

    if (arena == NULL)
        error_memory(first->err);
    else
        error_set(first->err, ERROR_CONFIG, document_where(first->document, v, arena).data, "%.*s", TEXT_PRINT(what));
    arena_free(arena);
}

int
judge_document(const struct document *document, const char *schema, struct error *err)
{
    struct first first = { document, err };

    return judge_each(document, schema, 1, on_first, &first, err);
}
