/* schema_bench.c -- how long checking takes, and how long until a contract's schemas are ready.
 *
 *     schema_bench [CONTRACT...]
 *
 * First ns per schema_check of a body of about 600 bytes, alone and together with parsing it; then, for each
 * OpenAPI document, the time to read it and to compile every schema in it. Prints the best of several rounds: the
 * machine is shared. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/arena.h"
#include "base/limits.h"
#include "json/document.h"
#include "schema/schema.h"

static const char body[] =
    "{\"id\":\"7f3b2c1e-9a54-4d0e-8f6b-2d1c0a9e8b77\",\"state\":\"pending\",\"created\":\"2024-05-17T09:31:22Z\","
    "\"currency\":\"EUR\",\"entries\":[{\"code\":\"AB-1029\",\"name\":\"Steel bolt, 8 mm\",\"quantity\":12,"
    "\"price\":0.35,\"tax\":0.07},{\"code\":\"AB-2210\",\"name\":\"Copper wire, 5 m\",\"quantity\":3,\"price\":14.99,"
    "\"tax\":2.85},{\"code\":\"XC-0007\",\"name\":\"Heat-shrink tube\",\"quantity\":1,\"price\":4.5,\"tax\":0.86}],"
    "\"place\":{\"name\":\"A. Person\",\"street\":\"1 Long Road\",\"city\":\"Some Town\",\"code\":\"12345\","
    "\"country\":\"DE\"},\"total\":57.45,\"note\":null,\"gift\":false,\"version\":4,\"tags\":[\"web\",\"new\"],"
    "\"reference\":\"2024-000417-B, second delivery of the\",\"x\":0}";

static const char plain_schema[] =
    "{\"type\":\"object\",\"additionalProperties\":false,"
    "\"required\":[\"id\",\"state\",\"created\",\"currency\",\"entries\",\"total\",\"version\"],\"properties\":{"
    "\"id\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":64},"
    "\"state\":{\"enum\":[\"draft\",\"pending\",\"confirmed\",\"shipped\",\"done\"]},"
    "\"created\":{\"type\":\"string\",\"maxLength\":40},"
    "\"currency\":{\"type\":\"string\",\"minLength\":3,\"maxLength\":3},"
    "\"entries\":{\"type\":\"array\",\"minItems\":1,\"maxItems\":100,\"items\":{\"$ref\":\"#/$defs/Entry\"}},"
    "\"place\":{\"$ref\":\"#/$defs/Place\"},\"total\":{\"type\":\"number\",\"minimum\":0},"
    "\"note\":{\"type\":[\"string\",\"null\"]},\"gift\":{\"type\":\"boolean\"},\"version\":{\"type\":\"integer\","
    "\"minimum\":1},"
    "\"tags\":{\"type\":\"array\",\"items\":{\"type\":\"string\"},\"uniqueItems\":true},\"reference\":{\"type\":"
    "\"string\"},"
    "\"x\":{\"type\":\"integer\"}},\"$defs\":{"
    "\"Entry\":{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"code\",\"quantity\",\"price\"],"
    "\"properties\":{"
    "\"code\":{\"type\":\"string\",\"maxLength\":20},\"name\":{\"type\":\"string\",\"maxLength\":200},"
    "\"quantity\":{\"type\":\"integer\",\"minimum\":1},\"price\":{\"type\":\"number\",\"minimum\":0},"
    "\"tax\":{\"type\":\"number\",\"minimum\":0}}},"
    "\"Place\":{\"type\":\"object\",\"required\":[\"name\",\"street\",\"city\",\"country\"],\"properties\":{"
    "\"name\":{\"type\":\"string\",\"maxLength\":100},\"street\":{\"type\":\"string\"},\"city\":{\"type\":\"string\"},"
    "\"code\":{\"type\":\"string\"},\"country\":{\"type\":\"string\",\"minLength\":2,\"maxLength\":2}}}}}";

/* The same with formats and patterns, as real contracts have them. */
static const char rich_schema[] =
    "{\"type\":\"object\",\"additionalProperties\":false,"
    "\"required\":[\"id\",\"state\",\"created\",\"currency\",\"entries\",\"total\",\"version\"],\"properties\":{"
    "\"id\":{\"type\":\"string\",\"format\":\"uuid\"},"
    "\"state\":{\"enum\":[\"draft\",\"pending\",\"confirmed\",\"shipped\",\"done\"]},"
    "\"created\":{\"type\":\"string\",\"format\":\"date-time\"},"
    "\"currency\":{\"type\":\"string\",\"pattern\":\"^[A-Z]{3}$\"},"
    "\"entries\":{\"type\":\"array\",\"minItems\":1,\"maxItems\":100,\"items\":{\"$ref\":\"#/$defs/Entry\"}},"
    "\"place\":{\"$ref\":\"#/$defs/Place\"},\"total\":{\"type\":\"number\",\"minimum\":0,\"multipleOf\":0.01},"
    "\"note\":{\"type\":[\"string\",\"null\"]},\"gift\":{\"type\":\"boolean\"},\"version\":{\"type\":\"integer\","
    "\"minimum\":1},"
    "\"tags\":{\"type\":\"array\",\"items\":{\"type\":\"string\"},\"uniqueItems\":true},\"reference\":{\"type\":"
    "\"string\"},"
    "\"x\":{\"type\":\"integer\"}},\"$defs\":{"
    "\"Entry\":{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"code\",\"quantity\",\"price\"],"
    "\"properties\":{"
    "\"code\":{\"type\":\"string\",\"pattern\":\"^[A-Z]{2}-[0-9]{4}$\"},\"name\":{\"type\":\"string\",\"maxLength\":"
    "200},"
    "\"quantity\":{\"type\":\"integer\",\"minimum\":1},\"price\":{\"type\":\"number\",\"minimum\":0},"
    "\"tax\":{\"type\":\"number\",\"minimum\":0}}},"
    "\"Place\":{\"type\":\"object\",\"required\":[\"name\",\"street\",\"city\",\"country\"],\"properties\":{"
    "\"name\":{\"type\":\"string\",\"maxLength\":100},\"street\":{\"type\":\"string\"},\"city\":{\"type\":\"string\"},"
    "\"code\":{\"type\":\"string\"},\"country\":{\"type\":\"string\",\"minLength\":2,\"maxLength\":2}}}}}";

#define ROUNDS  25
#define REPEATS 20000

static double
seconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void
give_up(const char *what)
{
    fprintf(stderr, "schema_bench: %s\n", what);
    exit(1);
}

static double
best_check(const struct schema *schema, struct schema_run *run, bool parse)
{
    struct arena *arena = arena_new(64 * LIMIT_KIB, SIZE_MAX);
    struct document document;
    double best = 1e9;

    if (arena == NULL || document_parse(&document, text_of(body), NULL, arena, NULL) < 0)
        give_up("the body is not JSON");
    for (int round = 0; round < ROUNDS; round++) {
        double start = seconds(), took;

        for (int i = 0; i < REPEATS; i++) {
            if (parse) {
                arena_reset(arena);
                (void)document_parse(&document, text_of(body), NULL, arena, NULL);
            }
            run->arena = arena;
            run->budget = LIMIT_CHECK_BUDGET;
            if (!schema_check(schema, document.root, run))
                give_up("the body does not satisfy the schema");
        }
        took = (seconds() - start) / REPEATS;
        if (took < best)
            best = took;
    }
    arena_free(arena);
    return best;
}

static void
measure_check(const char *name, struct text source)
{
    const struct schema_set_options options = { .assert_formats = true };
    struct arena *arena = arena_new(0, SIZE_MAX);
    struct schema_set *set = schema_set_new(&options);
    struct schema_run run = { .scratch = schema_scratch_new() };
    const struct schema *schema;
    struct document document;

    if (arena == NULL || set == NULL || run.scratch == NULL || document_parse(&document, source, NULL, arena, NULL) < 0)
        give_up("the schema is not JSON");
    schema = schema_compile(set, &document, document.root, SCHEMA_2020_12);
    if (schema == NULL)
        give_up("the schema cannot be used");
    printf("%-24s %5zu B  check %6.0f ns   parse and check %6.0f ns\n", name, sizeof(body) - 1,
           best_check(schema, &run, false) * 1e9, best_check(schema, &run, true) * 1e9);
    schema_scratch_free(run.scratch);
    schema_set_free(set);
    arena_free(arena);
}

/* Every member called "schema", anywhere, and all of components/schemas. */
static unsigned
compile_all(struct schema_set *set, const struct document *document, enum schema_dialect dialect)
{
    const struct value *schemas = VALUE_MEMBER(VALUE_MEMBER(document->root, "components"), "schemas");
    unsigned count = 0;

    if (value_is(schemas, VALUE_OBJECT)) {
        for (VALUE_EACH_MEMBER(key, schemas))
            count += schema_compile(set, document, value_next(key), dialect) != NULL;
    }
    for (const struct value *v = document->root; v < document->root + document->values; v++) {
        if (v->type == VALUE_STRING && text_equal(value_text(v), TEXT("schema")) && v[1].type == VALUE_OBJECT)
            count += schema_compile(set, document, v + 1, dialect) != NULL;
    }
    return count;
}

static void
measure_contract(const char *path)
{
    double best_read = 1e9, best_compile = 1e9;
    unsigned count = 0;

    for (int round = 0; round < 3; round++) {
        struct arena *arena = arena_new(0, SIZE_MAX);
        struct schema_set *set = schema_set_new(NULL);
        struct document document;
        struct error err = { 0 };
        const struct value *version;
        double start = seconds(), middle, end;
        enum schema_dialect dialect;

        if (document_read(&document, path, arena, &err) < 0)
            give_up(err.what);
        version = VALUE_MEMBER(document.root, "openapi");
        dialect = value_is(version, VALUE_STRING) && text_starts(value_text(version), TEXT("3.0")) ? SCHEMA_OAS30
                                                                                                   : SCHEMA_OAS31;
        middle = seconds();
        if (schema_set_add(set, TEXT("file:///contract"), &document, dialect) < 0)
            give_up("no memory");
        count = compile_all(set, &document, dialect);
        end = seconds();
        best_read = middle - start < best_read ? middle - start : best_read;
        best_compile = end - middle < best_compile ? end - middle : best_compile;
        schema_set_free(set);
        arena_free(arena);
    }
    printf("%s: %u schemas; read %.3f s, compiled %.3f s\n", path, count, best_read, best_compile);
}

int
main(int argc, char **argv)
{
    measure_check("types, bounds, names", text_of(plain_schema));
    measure_check("with formats, patterns", text_of(rich_schema));
    for (int i = 1; i < argc; i++)
        measure_contract(argv[i]);
    return 0;
}
