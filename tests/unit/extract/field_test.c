#include "unit.h"

#include "base/limits.h"
#include "extract/field.h"

static struct arena *arena;

static int
begin(void **state)
{
    (void)state;
    arena = arena_new(0, LIMIT_EXCHANGE_ARENA);
    return arena == NULL;
}

static int
end(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static const struct table_row *
table(const char *source)
{
    struct blocks blocks;

    assert_int_equal(scan_blocks(&blocks, text_of(source), arena), 0);
    assert_int_equal(blocks.count, 1);
    assert_int_equal(blocks.list[0].kind, BLOCK_TABLE);
    return blocks.list[0].rows;
}

static void
columns_are_known_in_any_order(void **state)
{
    const struct table_row *rows =
        table("| Description | Required? | Data type | Parameter |\n|-|-|-|-|\n"
              "| What it costs | Yes | number | `price` |\n| | no | string[] | **tags** |\n");
    struct columns columns;
    struct field field;

    (void)state;
    assert_true(columns_read(&columns, rows));
    assert_true(field_of_row(&field, &columns, rows->next));
    check_text(field.name, "price");
    check_text(field.type, "number");
    check_text(field.description, "What it costs");
    assert_int_equal(field.required, REQUIRED_YES);
    assert_true(field_of_row(&field, &columns, rows->next->next));
    check_text(field.name, "tags");
    assert_int_equal(field.required, REQUIRED_NO);
}

static void
a_column_that_says_optional_is_read_the_other_way_round(void **state)
{
    const struct table_row *rows = table("| Field | Optional |\n|-|-|\n| a | yes |\n| b | no |\n");
    struct columns columns;
    struct field field;

    (void)state;
    assert_true(columns_read(&columns, rows));
    assert_true(field_of_row(&field, &columns, rows->next));
    assert_int_equal(field.required, REQUIRED_NO);
    assert_true(field_of_row(&field, &columns, rows->next->next));
    assert_int_equal(field.required, REQUIRED_YES);
}

static void
what_is_in_the_cells_tells_what_headers_do_not(void **state)
{
    struct columns columns;

    (void)state;
    assert_true(
        columns_read(&columns, table("Issue\tCause\n404 Not Found\tno such thing\n409 Conflict\tdone already\n")));
    assert_int_equal(columns.of[COLUMN_STATUS], 0);
    assert_int_equal(columns.of[COLUMN_DESCRIPTION], 1);
    assert_true(columns_read(&columns, table("| What | How |\n|-|-|\n| list | `GET /a` |\n| make | `POST /a` |\n")));
    assert_int_equal(columns.of[COLUMN_PATH], 1);
    assert_true(columns_read(&columns, table("| Status | Type |\n|-|-|\n| state | string |\n")));
    assert_int_equal(columns.of[COLUMN_STATUS], -1);
    assert_false(columns_read(&columns, table("| Who | When |\n|-|-|\n| Ada | today |\n")));
}

static void
lines_of_lists_are_fields_when_they_look_like_it(void **state)
{
    static const struct {
        const char *line;
        bool sure;
        const char *name, *type, *description;
        enum shape_required required;
    } lines[] = {
        { "`amount` (integer, required): How much.", false, "amount", "integer, required", "How much.", REQUIRED_YES },
        { "**charge** string, optional", false, "charge", "string", "optional", REQUIRED_NO },
        { "name: string", false, "name", "string", "", REQUIRED_UNKNOWN },
        { "`owner` string **Required** The owner.", false, "owner", "string", "Required** The owner.", REQUIRED_YES },
        { "`tags` array of strings - words", false, "tags", "array of strings - words", NULL, REQUIRED_UNKNOWN },
        { "`limit`: how many", true, "limit", "", "how many", REQUIRED_UNKNOWN },
        { "param1: what it is", true, "param1", "", "what it is", REQUIRED_UNKNOWN },
        { "`items[].price` (number)", false, "items[].price", "number", "", REQUIRED_UNKNOWN },
    };
    static const char *const none[] = { "Returns a string", "a list of strings", "`limit`: how many",
                                        "string",           "Note: read this",   "" };
    struct field field;

    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        check_that(field_of_line(&field, text_of(lines[i].line), lines[i].sure), "%s", lines[i].line);
        check_text(field.name, lines[i].name);
        if (lines[i].description != NULL) {
            check_text(field.type, lines[i].type);
            check_text(field.description, lines[i].description);
        }
        check_that(field.required == lines[i].required, "%s: %d", lines[i].line, (int)field.required);
    }
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
        check_that(!field_of_line(&field, text_of(none[i]), false), "%s", none[i]);
    assert_true(field_of_pair(&field, TEXT("**Required:** `id=[integer]`")));
    check_text(field.name, "id");
    check_text(field.type, "[integer]");
    assert_int_equal(field.required, REQUIRED_YES);
    assert_false(field_of_pair(&field, TEXT("**Required:** nothing")));
}

/* The shape as JSON, without what says where it is from. */
static const char *
written(const struct shape *shape)
{
    static char out[2048];
    struct json_writer w;
    struct buffer b;
    char *from, *to;

    buffer_init(&b, LIMIT_MIB);
    json_begin(&w, &b, 0);
    json_object(&w);
    shape_write(&w, shape);
    json_end_object(&w);
    (void)snprintf(out, sizeof out, "%.*s", TEXT_PRINT(buffer_text(&b)));
    buffer_release(&b);
    while ((from = strstr(out, ",\"x-source\"")) != NULL || (from = strstr(out, "\"x-source\"")) != NULL) {
        to = strstr(from, "\"x-confidence\":\"");
        to = strchr(to + 16, '"') + 1;
        memmove(from, to, strlen(to) + 1);
    }
    return out;
}

static void
types_are_understood_as_they_are_said(void **state)
{
    static const struct {
        const char *said, *schema;
    } types[] = {
        { "string", "{\"type\":\"string\"}" },
        { "Integer (int64)", "{\"type\":\"integer\"}" },
        { "array of integers", "{\"type\":\"array\",\"items\":{\"type\":\"integer\"}}" },
        { "string[]", "{\"type\":\"array\",\"items\":{\"type\":\"string\"}}" },
        { "List<Decimal>", "{\"type\":\"array\",\"items\":{\"type\":\"number\"}}" },
        { "string or null", "{\"type\":[\"string\",\"null\"]}" },
        { "date-time", "{\"type\":\"string\",\"format\":\"date-time\"}" },
        { "UUID", "{\"type\":\"string\",\"format\":\"uuid\"}" },
        { "map", "{\"type\":\"object\"}" },
        { "[number]", "{\"type\":\"number\"}" },
    };
    const struct source source = { .line = 1 };

    (void)state;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        struct shape *shape = shape_new(&source, arena);

        check_that(shape_tell_type(shape, text_of(types[i].said), arena), "%s", types[i].said);
        check_that(strcmp(written(shape), types[i].schema) == 0, "%s: %s", types[i].said, written(shape));
    }
    assert_false(shape_tell_type(shape_new(&source, arena), TEXT("thingamajig"), arena));
}

static void
names_with_dots_and_brackets_lead_into_the_shape(void **state)
{
    const struct source source = { .line = 1 };
    struct shape *shape = shape_new(&source, arena);

    (void)state;
    assert_true(shape_tell_type(shape_at(shape, TEXT("items[].price"), &source, arena), TEXT("number"), arena));
    assert_true(shape_tell_type(shape_at(shape, TEXT("address.city"), &source, arena), TEXT("string"), arena));
    assert_string_equal(
        written(shape),
        "{\"type\":\"object\",\"properties\":{\"items\":{\"type\":\"array\",\"items\":{\"type\":\"object\","
        "\"properties\":{\"price\":{\"type\":\"number\"}}}},\"address\":{\"type\":\"object\","
        "\"properties\":{\"city\":{\"type\":\"string\"}}}}}");
}

static void
examples_of_one_shape_are_merged(void **state)
{
    static const char *const values[] = { "{\"a\": 1, \"b\": \"2024-01-31\", \"c\": [1]}",
                                          "{\"a\": 2.5, \"b\": \"2024-02-01\", \"c\": []}", "{\"a\": 3, \"d\": null}" };
    const struct source source = { .line = 1 };
    struct shape *shape = shape_new(&source, arena);

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct document *d = ARENA_NEW(arena, struct document);
        struct shape_example example = { .document = d, .source = source };

        assert_int_equal(document_parse(d, text_of(values[i]), NULL, arena, NULL), 0);
        assert_true(shape_add(shape, d->root, &example, arena));
    }
    assert_string_equal(
        written(shape),
        "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"number\"},\"b\":{\"type\":\"string\",\"format\":"
        "\"date\"},\"c\":{\"type\":\"array\",\"items\":{\"type\":\"integer\"}},\"d\":{}},\"required\":[\"a\"]}");
}

static void
the_only_values_that_a_description_names_are_an_enum(void **state)
{
    const struct source source = { .line = 1 };
    struct shape *shape = shape_new(&source, arena);

    (void)state;
    assert_true(shape_tell_type(shape, TEXT("string"), arena));
    assert_true(field_choices(shape, TEXT("Can be one of: `open`, `closed`. Default: `open`"), arena));
    assert_string_equal(written(shape), "{\"type\":\"string\",\"enum\":[\"open\",\"closed\"]}");
    shape = shape_new(&source, arena);
    assert_true(shape_tell_type(shape, TEXT("string"), arena));
    assert_true(field_choices(shape, TEXT("Like `open`, and one of `x`"), arena));
    assert_string_equal(written(shape), "{\"type\":\"string\"}");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_known_in_any_order),
        cmocka_unit_test(a_column_that_says_optional_is_read_the_other_way_round),
        cmocka_unit_test(what_is_in_the_cells_tells_what_headers_do_not),
        cmocka_unit_test(lines_of_lists_are_fields_when_they_look_like_it),
        cmocka_unit_test(types_are_understood_as_they_are_said),
        cmocka_unit_test(names_with_dots_and_brackets_lead_into_the_shape),
        cmocka_unit_test(examples_of_one_shape_are_merged),
        cmocka_unit_test(the_only_values_that_a_description_names_are_an_enum),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
