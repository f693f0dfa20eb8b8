/* Members of objects are written in the order of the contract. */
#include "unit.h"

#include "contract/contract.h"
#include "sandbox/member_order.h"

static struct contract *contract;
static struct member_order *order;

static int
compare(const char *a, const char *b)
{
    return member_order_compare(order, text_of(a), text_of(b));
}

static void
names_are_in_the_order_of_the_contract(void **state)
{
    (void)state;
    assert_true(compare("zebra", "apple") < 0);
    assert_true(compare("apple", "zebra") > 0);
}

static void
names_of_one_object_are_in_its_order(void **state)
{
    (void)state;
    assert_true(compare("middle", "zebra") < 0);
    assert_true(compare("zebra", "middle") > 0);
}

static void
names_that_no_object_has_together_go_by_their_first_place(void **state)
{
    (void)state;
    assert_true(compare("apple", "middle") < 0);
    assert_true(compare("middle", "apple") > 0);
}

static void
names_that_the_contract_does_not_have_come_behind_by_name(void **state)
{
    (void)state;
    assert_true(compare("middle", "a stranger") < 0);
    assert_true(compare("a stranger", "middle") > 0);
    assert_true(compare("a stranger", "b stranger") < 0);
    assert_int_equal(compare("a stranger", "a stranger"), 0);
    assert_int_equal(compare("zebra", "zebra"), 0);
}

static void
hundreds_of_names_find_room(void **state)
{
    (void)state;
    assert_true(compare("p000", "p399") < 0);
    assert_true(compare("p399", "p398") > 0);
    assert_true(compare("p123", "zebra") > 0);
}

static void
problem_details_go_as_their_rfc_has_them(void **state)
{
    (void)state;
    assert_true(compare("type", "title") < 0);
    assert_true(compare("status", "detail") < 0);
    assert_true(compare("zebra", "type") < 0);
}

static int
begin(void **state)
{
    char source[16384] = "openapi: 3.1.0\ninfo: { title: T, version: '1' }\npaths: {}\ncomponents: { schemas: {\n"
                         "  A: { properties: { zebra: {}, apple: {} } },\n"
                         "  B: { properties: { middle: {}, zebra: {} } },\n  C: { properties: {";
    size_t length = strlen(source);

    (void)state;
    for (int i = 0; i < 400; i++)
        length += (size_t)snprintf(source + length, sizeof source - length, " p%03d: {},", i);
    (void)snprintf(source + length - 1, sizeof source - length + 1, " } } } }\n");
    contract = contract_load_text(text_of(source), "t.yaml", NULL, NULL);
    order = contract != NULL ? member_order_new(contract) : NULL;
    return order == NULL;
}

static int
end(void **state)
{
    (void)state;
    member_order_free(order);
    contract_free(contract);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_in_the_order_of_the_contract),
        cmocka_unit_test(names_of_one_object_are_in_its_order),
        cmocka_unit_test(names_that_no_object_has_together_go_by_their_first_place),
        cmocka_unit_test(names_that_the_contract_does_not_have_come_behind_by_name),
        cmocka_unit_test(hundreds_of_names_find_room),
        cmocka_unit_test(problem_details_go_as_their_rfc_has_them),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
