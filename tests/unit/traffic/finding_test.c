#include "unit.h"

#include "base/limits.h"
#include "traffic/finding.h"

static struct arena *arena;

static int
set_up(void **state)
{
    (void)state;
    arena = arena_new(0, SIZE_MAX);
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static struct finding
a_finding(void)
{
    return (struct finding){ .rule = TEXT("body-schema"),
                             .level = LEVEL_ERROR,
                             .service = TEXT("erp"),
                             .operation = TEXT("getOrder"),
                             .side = SIDE_RESPONSE,
                             .instance = TEXT("/items/*/price"),
                             .keyword = TEXT("minimum"),
                             .count = 1 };
}

/* A promise: baselines hold these. */
static void
a_fingerprint_is_the_same_in_every_version(void **state)
{
    struct finding f = a_finding();
    char print[FINDING_FINGERPRINT_BYTES + 1];

    (void)state;
    finding_fingerprint(&f, print);
    assert_string_equal(print, "44288269ea4b2876");
}

static void
each_part_counts_in_a_fingerprint_and_nothing_else(void **state)
{
    struct finding base = a_finding(), other;
    char prints[8][FINDING_FINGERPRINT_BYTES + 1];

    (void)state;
    finding_fingerprint(&base, prints[0]);
    other = base, other.service = TEXT("er"), other.operation = TEXT("pgetOrder");
    finding_fingerprint(&other, prints[1]);
    other = base, other.operation = TEXT("");
    finding_fingerprint(&other, prints[2]);
    other = base, other.side = SIDE_REQUEST;
    finding_fingerprint(&other, prints[3]);
    other = base, other.rule = TEXT("body-extra");
    finding_fingerprint(&other, prints[4]);
    other = base, other.instance = TEXT("/items");
    finding_fingerprint(&other, prints[5]);
    other = base, other.keyword = TEXT("maximum");
    finding_fingerprint(&other, prints[6]);
    for (int i = 0; i < 7; i++)
        for (int k = i + 1; k < 7; k++)
            assert_string_not_equal(prints[i], prints[k]);
    other = base, other.line = 7, other.file = TEXT("other.yaml"), other.message = TEXT("x"), other.found = TEXT("y"),
    other.pointer = TEXT("/z"), other.count = 9;
    finding_fingerprint(&other, prints[7]);
    assert_string_equal(prints[7], prints[0]);
}

static struct exchange
an_exchange(const char *id, int64_t started)
{
    struct exchange x = { .arena = arena, .started = started, .service = TEXT("erp"), .operation = TEXT("getOrder") };

    (void)snprintf(x.id, sizeof x.id, "%s", id);
    return x;
}

static void
violate(struct exchange *x, enum side side, enum violation_id id, const char *instance)
{
    struct verdict *verdict = side == SIDE_REQUEST ? &x->request_verdict : &x->response_verdict;
    struct violation *v = verdict_add(verdict, arena, id, side);

    v->instance = text_of(instance);
    v->keyword = TEXT("minimum");
    v->found = TEXT("-1 (number)");
}

static void
the_same_mistake_is_one_finding_however_often_it_was_made(void **state)
{
    struct finding_list *list = finding_list_new();
    const struct finding *f;

    (void)state;
    for (int i = 0; i < 6; i++) {
        char id[8], instance[32];
        struct exchange x;

        (void)snprintf(id, sizeof id, "x%d", i);
        (void)snprintf(instance, sizeof instance, "/items/%d/price", i * 7);
        x = an_exchange(id, 100 + (i ^ 3));
        violate(&x, SIDE_RESPONSE, VIOLATION_BODY_SCHEMA, instance);
        assert_int_equal(finding_list_add(list, &x, i == 0 ? TEXT("000001.jsonl:4") : TEXT("elsewhere")), 0);
    }
    assert_int_equal(finding_list_count(list), 1);
    f = finding_list_at(list, 0);
    check_text(f->instance, "/items/*/price");
    assert_int_equal(f->count, 6);
    assert_int_equal(f->first, 100);
    assert_int_equal(f->last, 107);
    assert_int_equal(f->example_count, FINDING_EXAMPLES);
    check_text(f->examples[0], "x0");
    check_text(f->examples[2], "x2");
    check_text(f->seen_at, "000001.jsonl:4");
    check_text(f->message, violation_what(VIOLATION_BODY_SCHEMA));
    finding_list_free(list);
}

static void
only_whole_steps_of_a_pointer_are_indices(void **state)
{
    static const struct {
        const char *instance, *place;
    } cases[] = {
        { "/0", "/*" }, { "/a0/0b/12", "/a0/0b/*" }, { "/a//1/", "/a//*/" }, { "query 0", "query 0" },
        { "", "" },     { "/9/9/9", "/*/*/*" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct finding_list *list = finding_list_new();
        struct exchange x = an_exchange("x", 1);

        violate(&x, SIDE_REQUEST, VIOLATION_BODY_SCHEMA, cases[i].instance);
        assert_int_equal(finding_list_add(list, &x, TEXT("")), 0);
        check_text(finding_list_at(list, 0)->instance, cases[i].place);
        finding_list_free(list);
    }
}

static void
each_missing_member_is_a_finding_of_its_own(void **state)
{
    static const char *const expected[] = { "the property 'a'", "the property 'b/c'", "the property 'it's'" };
    struct finding_list *list = finding_list_new();
    struct exchange x = an_exchange("x", 1);

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        violate(&x, SIDE_REQUEST, VIOLATION_BODY_SCHEMA, "/list/3");
        x.request_verdict.list[i].keyword = TEXT("required");
        x.request_verdict.list[i].expected = text_of(expected[i]);
    }
    assert_int_equal(finding_list_add(list, &x, TEXT("")), 0);
    assert_int_equal(finding_list_count(list), 3);
    check_text(finding_list_at(list, 0)->instance, "/list/*/a");
    check_text(finding_list_at(list, 1)->instance, "/list/*/b~1c");
    check_text(finding_list_at(list, 2)->instance, "/list/*/it's");
    finding_list_free(list);
}

static void
errors_come_first_then_services_in_order(void **state)
{
    struct finding_list *list = finding_list_new();
    struct exchange x = an_exchange("x", 1);

    (void)state;
    violate(&x, SIDE_REQUEST, VIOLATION_OPERATION_DEPRECATED, "");
    violate(&x, SIDE_REQUEST, VIOLATION_PARAMETER_UNKNOWN, "query b");
    violate(&x, SIDE_REQUEST, VIOLATION_PARAMETER_UNKNOWN, "query a");
    violate(&x, SIDE_RESPONSE, VIOLATION_BODY_SCHEMA, "");
    assert_int_equal(finding_list_add(list, &x, TEXT("")), 0);
    x.service = TEXT("a");
    assert_int_equal(finding_list_add(list, &x, TEXT("")), 0);
    assert_int_equal(finding_list_count(list), 8);
    check_text(finding_list_at(list, 0)->service, "a");
    check_text(finding_list_at(list, 0)->rule, "body-schema");
    check_text(finding_list_at(list, 1)->service, "erp");
    check_text(finding_list_at(list, 2)->instance, "query a");
    check_text(finding_list_at(list, 3)->instance, "query b");
    check_text(finding_list_at(list, 7)->rule, "operation-deprecated");
    finding_list_free(list);
}

static void
findings_outlive_what_they_were_made_from(void **state)
{
    struct finding_list *list = finding_list_new();
    char rule[] = "body-schema", service[] = "erp", file[] = "erp.yaml";
    struct finding f = a_finding();

    (void)state;
    f.rule = text_of(rule);
    f.service = text_of(service);
    f.file = text_of(file);
    assert_int_equal(finding_list_add_one(list, &f), 0);
    memset(rule, 'x', sizeof rule - 1);
    memset(service, 'x', sizeof service - 1);
    memset(file, 'x', sizeof file - 1);
    check_text(finding_list_at(list, 0)->rule, "body-schema");
    check_text(finding_list_at(list, 0)->service, "erp");
    check_text(finding_list_at(list, 0)->file, "erp.yaml");
    finding_list_free(list);
}

static void
thousands_of_findings_are_kept_apart(void **state)
{
    struct finding_list *list = finding_list_new();

    (void)state;
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 5000; i++) {
            struct finding f = a_finding();
            char instance[32];

            (void)snprintf(instance, sizeof instance, "/field%d", i);
            f.instance = text_of(instance);
            assert_int_equal(finding_list_add_one(list, &f), 0);
        }
    }
    assert_int_equal(finding_list_count(list), 5000);
    for (uint32_t i = 0; i < 5000; i++)
        assert_int_equal(finding_list_at(list, i)->count, 2);
    finding_list_free(list);
    finding_list_free(NULL);
}

static void
one_that_is_known_is_counted_without_being_copied(void **state)
{
    struct finding_list *list = finding_list_new();
    struct violation v = { .id = VIOLATION_BODY_SCHEMA,
                           .side = SIDE_RESPONSE,
                           .instance = TEXT("/items/7/price"),
                           .keyword = TEXT("minimum") };
    struct exchange x = { .arena = arena, .service = TEXT("erp"), .operation = TEXT("getOrder"), .started = 5 };
    struct finding f;

    (void)state;
    finding_of(&f, &x, &v);
    assert_string_equal(f.fingerprint, "44288269ea4b2876");
    assert_false(finding_list_again(list, &f));
    assert_int_equal(finding_list_count(list), 0);
    assert_int_equal(finding_list_add_one(list, &f), 0);
    v.instance = TEXT("/items/8/price");
    x.started = 9;
    finding_of(&f, &x, &v);
    assert_true(finding_list_again(list, &f));
    assert_int_equal(finding_list_count(list), 1);
    assert_int_equal(finding_list_at(list, 0)->count, 2);
    assert_int_equal(finding_list_at(list, 0)->first, 5);
    assert_int_equal(finding_list_at(list, 0)->last, 9);
    finding_list_free(list);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_fingerprint_is_the_same_in_every_version),
        TEST(each_part_counts_in_a_fingerprint_and_nothing_else),
        TEST(the_same_mistake_is_one_finding_however_often_it_was_made),
        TEST(only_whole_steps_of_a_pointer_are_indices),
        TEST(each_missing_member_is_a_finding_of_its_own),
        TEST(errors_come_first_then_services_in_order),
        TEST(findings_outlive_what_they_were_made_from),
        TEST(thousands_of_findings_are_kept_apart),
        TEST(one_that_is_known_is_counted_without_being_copied),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
