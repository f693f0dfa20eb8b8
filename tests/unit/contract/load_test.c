#include "unit.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "contract/contract.h"

#define REFS "tests/cases/contract/refs"

struct defects {
    char text[8192];
    size_t length;
};

static void
on_defect(void *arg, const struct contract_defect *d)
{
    struct defects *all = arg;
    int n = snprintf(all->text + all->length, sizeof all->text - all->length, "%.*s:%u:%u: %s: %.*s\n",
                     TEXT_PRINT(d->file), d->line, d->column, level_name(d->level), TEXT_PRINT(d->what));

    if (n > 0 && all->length + (size_t)n < sizeof all->text)
        all->length += (size_t)n;
}

static struct contract *
load(const char *path, const char *ref_root, struct defects *defects)
{
    const struct contract_options options = { .ref_root = ref_root, .defect = on_defect, .arg = defects };
    struct error err = { 0 };
    struct contract *c;

    *defects = (struct defects){ .length = 0 };
    c = contract_load(path, &options, &err);
    check_that(c != NULL, "%s: %s", err.where, err.what);
    return c;
}

static void
check_fails(const char *text, const char *where, const char *what)
{
    struct error err = { 0 };
    struct contract *c = contract_load_text(text_of(text), "c.yaml", NULL, &err);

    check_that(c == NULL, "loaded: %s", text);
    assert_string_equal(err.where, where);
    check_that(strstr(err.what, what) != NULL, "expected '%s' in '%s'", what, err.what);
    assert_int_equal(error_exit_code(&err), 2);
}

static void
what_is_no_openapi_3_is_an_error_that_says_so(void **state)
{
    (void)state;
    check_fails("swagger: '2.0'\ninfo: {}\n", "c.yaml:1:10", "this is Swagger 2.0; convert it to OpenAPI 3 first");
    check_fails("openapi: 4.0.0\n", "c.yaml:1:10", "OpenAPI 4.0.0 is not known; 3.0, 3.1 and 3.2 are");
    check_fails("info: {}\n", "c.yaml:1:1", "it has no field 'openapi'");
    check_fails("[]", "c.yaml:1:1", "an object is expected");
    check_fails("openapi: {}\n", "c.yaml:1:10", "must be a version");
    check_fails("{\"openapi\":\n", "c.yaml:2:1", "");
}

static void
a_missing_file_is_an_error_of_the_environment(void **state)
{
    struct error err = { 0 };

    (void)state;
    assert_null(contract_load("no/such/file.yaml", NULL, &err));
    assert_int_equal(error_exit_code(&err), 3);
}

static void
a_contract_is_called_after_its_file(void **state)
{
    (void)state;
    check_text(contract_name_of(TEXT("contracts/erp.openapi.json")), "erp");
    check_text(contract_name_of(TEXT("erp.swagger.yml")), "erp");
    check_text(contract_name_of(TEXT("/a/b.c/shop")), "shop");
    check_text(contract_name_of(TEXT("a.b.yaml")), "a.b");
}

static void
references_reach_files_below_the_folder_and_nothing_else(void **state)
{
    struct defects defects;
    struct contract *c = load(REFS "/main.yaml", NULL, &defects);
    const struct operation *o = contract_operation_named(c, TEXT("getItem"));

    (void)state;
    assert_int_equal(contract_operation_count(c), 2);
    assert_non_null(o);
    check_text(operation_path(o), "/items/{id}");
    check_text(text_of(operation_document(o)->name), REFS "/parts/items.yaml");
    assert_non_null(operation_response(o, 200, NULL));
    assert_string_equal(
        defects.text, REFS
        "/main.yaml:10:24: error: $ref 'parts/missing.yaml#/x' leads to a file that does not exist; this part "
        "stays unchecked\n" REFS "/main.yaml:11:24: error: $ref '../outside.yaml#/x' leads to a file that does "
        "not exist; this part stays unchecked\n" REFS "/main.yaml:12:24: warn: $ref 'http://example.com/x.yaml#/x' "
        "leads over the network, where nothing is fetched from; save the document below the contract's folder; "
        "this part stays unchecked\n");
    contract_free(c);
}

static void
a_file_above_needs_a_ref_root(void **state)
{
    struct defects defects;
    struct contract *c = load(REFS "/deep/below/up.yaml", NULL, &defects);

    (void)state;
    assert_int_equal(contract_operation_count(c), 0);
    check_that(strstr(defects.text, "leads outside of the contract's folder") != NULL, "found: %s", defects.text);
    contract_free(c);

    c = load(REFS "/deep/below/up.yaml", REFS, &defects);
    assert_int_equal(contract_operation_count(c), 1);
    assert_string_equal(defects.text, "");
    check_text(text_of(operation_document(contract_operation(c, 0))->name), REFS "/parts/items.yaml");
    contract_free(c);
}

static void
a_symbolic_link_leads_out_of_no_folder(void **state)
{
    char folder[] = "/tmp/plumbline-refs-XXXXXX", path[128], link[128];
    char target[4096];
    struct defects defects;
    struct contract *c;
    FILE *file;

    (void)state;
    assert_non_null(mkdtemp(folder));
    assert_non_null(realpath(REFS "/parts/items.yaml", target));
    (void)snprintf(path, sizeof path, "%s/c.yaml", folder);
    (void)snprintf(link, sizeof link, "%s/items.yaml", folder);
    assert_int_equal(symlink(target, link), 0);
    assert_non_null(file = fopen(path, "w"));
    (void)fputs("openapi: 3.1.0\ninfo: {title: a, version: b}\npaths: {/i: {$ref: 'items.yaml#/item'}}\n", file);
    assert_int_equal(fclose(file), 0);

    c = load(path, NULL, &defects);
    assert_int_equal(contract_operation_count(c), 0);
    check_that(strstr(defects.text, "leads outside of the contract's folder") != NULL, "found: %s", defects.text);
    contract_free(c);
    (void)unlink(link);
    (void)unlink(path);
    (void)rmdir(folder);
}

static void
a_document_is_known_by_its_self_too(void **state)
{
    struct defects defects;
    struct contract *c = load(REFS "/self.yaml", NULL, &defects);

    (void)state;
    assert_int_equal(contract_operation_count(c), 3);
    check_that(strstr(defects.text, "leads") == NULL, "found: %s", defects.text);
    contract_free(c);
}

static void
references_in_a_circle_are_a_defect(void **state)
{
    static const char text[] =
        "openapi: 3.1.0\ninfo: {title: a, version: b}\npaths: {/a: {get: {responses: {'200': {$ref: "
        "'#/components/responses/a'}}}}}\ncomponents: {responses: {a: {$ref: "
        "'#/components/responses/b'}, b: {$ref: '#/components/responses/a'}}}\n";
    struct defects defects = { .length = 0 };
    const struct contract_options options = { .defect = on_defect, .arg = &defects };
    struct error err = { 0 };
    struct contract *c = contract_load_text(text_of(text), "c.yaml", &options, &err);

    (void)state;
    assert_non_null(c);
    check_that(strstr(defects.text, "$ref leads back to itself") != NULL, "found: %s", defects.text);
    contract_free(c);
}

static void
every_defect_has_its_line_and_column(void **state)
{
    static const char text[] = "openapi: 3.1.0\n"
                               "info: {title: a, version: b}\n"
                               "paths:\n"
                               "  /a:\n"
                               "    get:\n"
                               "      responces: {}\n"
                               "      parameters:\n"
                               "        - {name: x, in: quary, schema: {type: string, minLenght: 3}}\n";
    struct defects defects = { .length = 0 };
    const struct contract_options options = { .defect = on_defect, .arg = &defects };
    struct error err = { 0 };
    struct contract *c = contract_load_text(text_of(text), "c.yaml", &options, &err);

    (void)state;
    assert_non_null(c);
    assert_string_equal(
        defects.text, "c.yaml:6:7: error: the Operation Object has no field 'responces'; did you mean 'responses'?; it "
                      "has no effect\n"
                      "c.yaml:8:25: error: 'in' must be path, query, header or cookie; this parameter is not checked\n"
                      "c.yaml:8:55: warn: a schema has no keyword 'minLenght'; did you mean 'minLength'?; nothing is "
                      "checked by it\n");
    contract_free(c);
}

static void
defects_are_counted_beyond_what_is_kept(void **state)
{
    struct buffer b;
    struct error err = { 0 };
    struct contract *c;

    (void)state;
    buffer_init(&b, LIMIT_MIB);
    buffer_add(&b, TEXT("openapi: 3.1.0\ninfo: {title: a, version: b}\npaths:\n"));
    for (unsigned i = 0; i < LIMIT_CONTRACT_DEFECTS + 500; i++)
        buffer_print(&b, "  p%u: {}\n", i);
    c = contract_load_text(buffer_text(&b), "c.yaml", NULL, &err);
    assert_non_null(c);
    check_that(contract_defects(c) >= LIMIT_CONTRACT_DEFECTS + 500, "found %u", contract_defects(c));
    contract_free(c);
    buffer_release(&b);
}

static void
a_document_cut_anywhere_never_crashes(void **state)
{
    size_t length;
    char *text = unit_read_file(REFS "/self.yaml", &length);

    (void)state;
    for (size_t cut = 0; cut <= length; cut++) {
        char *copy = malloc(cut + 1); /* so that the sanitizer sees the end */

        assert_non_null(copy);
        memcpy(copy, text, cut);
        contract_free(contract_load_text(text_make(copy, cut), "c.yaml", NULL, NULL));
        free(copy);
    }
    free(text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_openapi_3_is_an_error_that_says_so),
        cmocka_unit_test(a_missing_file_is_an_error_of_the_environment),
        cmocka_unit_test(a_contract_is_called_after_its_file),
        cmocka_unit_test(references_reach_files_below_the_folder_and_nothing_else),
        cmocka_unit_test(a_file_above_needs_a_ref_root),
        cmocka_unit_test(a_symbolic_link_leads_out_of_no_folder),
        cmocka_unit_test(a_document_is_known_by_its_self_too),
        cmocka_unit_test(references_in_a_circle_are_a_defect),
        cmocka_unit_test(every_defect_has_its_line_and_column),
        cmocka_unit_test(defects_are_counted_beyond_what_is_kept),
        cmocka_unit_test(a_document_cut_anywhere_never_crashes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
