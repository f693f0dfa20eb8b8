#include "unit.h"

#include "base/limits.h"
#include "json/write.h"
#include "sandbox/sample.h"

static struct arena *arena;
static struct schema_scratch *scratch;

static int
begin(void **state)
{
    (void)state;
    arena = arena_new(0, LIMIT_EXCHANGE_ARENA);
    scratch = schema_scratch_new();
    return arena == NULL || scratch == NULL;
}

static int
end(void **state)
{
    (void)state;
    schema_scratch_free(scratch);
    arena_free(arena);
    return 0;
}

/* A set with one document; the schemas in it are compiled when asked for. */
static struct schema_set *
set_with(const struct document *document, enum schema_dialect dialect)
{
    struct schema_set *set = schema_set_new(&(struct schema_set_options){ .assert_formats = true });

    assert_non_null(set);
    assert_int_equal(schema_set_add(set, TEXT("test:/schema"), document, dialect), 0);
    return set;
}

/* As a document of its own, so that "#" is the schema. */
static struct document
document_of(const struct value *schema)
{
    struct document document;
    struct json_writer w;
    struct buffer out;

    buffer_init(&out, LIMIT_MIB);
    json_begin(&w, &out, 0);
    json_value(&w, schema);
    assert_int_equal(document_parse(&document, arena_text(arena, buffer_text(&out)), NULL, arena, NULL), 0);
    buffer_release(&out);
    return document;
}

static enum schema_dialect
dialect_of_case(const struct value *test)
{
    struct text name = { NULL, 0 };

    if (VALUE_MEMBER(test, "dialect") != NULL)
        name = value_text(VALUE_MEMBER(test, "dialect"));
    return text_equal(name, TEXT("oas3.0"))   ? SCHEMA_OAS30
           : text_equal(name, TEXT("oas3.1")) ? SCHEMA_OAS31
                                              : SCHEMA_2020_12;
}

static bool
is_valid(const struct schema *schema, struct text json, enum schema_side side)
{
    struct schema_run run = { .scratch = scratch, .arena = arena, .budget = LIMIT_CHECK_BUDGET, .side = side };
    struct document document;

    return document_parse(&document, json, NULL, arena, NULL) == 0 && schema_check(schema, document.root, &run);
}

static struct sample_options
options_for(const struct schema_set *set, uint64_t seed)
{
    return (struct sample_options){ .schemas = set, .scratch = scratch, .side = SCHEMA_RESPONSE, .seed = seed };
}

static void
try_schema(const struct value *place, const struct value *test)
{
    struct document document = document_of(place);
    struct schema_set *set = set_with(&document, dialect_of_case(test));
    const struct schema *schema = schema_compile(set, &document, document.root, dialect_of_case(test));
    struct buffer out;

    assert_non_null(schema);
    buffer_init(&out, LIMIT_MIB);
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct sample_options options = options_for(set, seed);

        options.made_up = seed % 2 == 0;
        options.required_only = seed % 5 == 0;
        buffer_clear(&out);
        if (VALUE_MEMBER(test, "none") != NULL) {
            check_that(!sample_write(&out, schema, &options), "%.*s, which nothing satisfies: %.*s",
                       TEXT_PRINT(document.source), TEXT_PRINT(buffer_text(&out)));
            check_that(buffer_length(&out) == 0, "%.*s", TEXT_PRINT(document.source));
            break;
        }
        check_that(sample_write(&out, schema, &options), "seed %d, no value for %.*s", (int)seed,
                   TEXT_PRINT(document.source));
        check_that(is_valid(schema, buffer_text(&out), SCHEMA_RESPONSE), "%.*s for %.*s", TEXT_PRINT(buffer_text(&out)),
                   TEXT_PRINT(document.source));
        if (getenv("SHOW_SAMPLES") != NULL)
            print_message("%.*s\n    %.*s\n", TEXT_PRINT(document.source), TEXT_PRINT(buffer_text(&out)));
    }
    buffer_release(&out);
    schema_set_free(set);
}

static void
a_sample_is_valid_whatever_the_schema_asks(void **state)
{
    struct error err = { .kind = ERROR_NONE };
    struct document file;

    (void)state;
    check_that(document_read(&file, "tests/cases/sandbox/samples.json", arena, &err) == 0, "%s: %s", err.where,
               err.what);
    for (VALUE_EACH_ITEM(test, file.root))
        for (VALUE_EACH_ITEM(schema, VALUE_MEMBER(test, "schemas")))
            try_schema(schema, test);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sample_is_valid_whatever_the_schema_asks),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
