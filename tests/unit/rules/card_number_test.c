#include "unit.h"

#include "rules/card_number.h"

/* Where the first card number is, as "[start,end)", or "none". */
static const char *
found_in(const char *text)
{
    static char place[32];
    size_t start, end;

    if (!card_number_search(text_of(text), 0, &start, &end))
        return "none";
    (void)snprintf(place, sizeof place, "[%zu,%zu)", start, end);
    return place;
}

static void
cards_of_every_scheme_are_found(void **state)
{
    (void)state;
    assert_string_equal(found_in("4111111111111111"), "[0,16)"); /* Visa */
    assert_string_equal(found_in("4222222222222"), "[0,13)");    /* Visa with 13 digits */
    assert_string_equal(found_in("5555555555554444"), "[0,16)"); /* Mastercard */
    assert_string_equal(found_in("2223003122003222"), "[0,16)"); /* Mastercard 2-series */
    assert_string_equal(found_in("378282246310005"), "[0,15)");  /* American Express */
    assert_string_equal(found_in("6011111111111117"), "[0,16)"); /* Discover */
    assert_string_equal(found_in("30569309025904"), "[0,14)");   /* Diners Club */
    assert_string_equal(found_in("3530111333300000"), "[0,16)"); /* JCB */
    assert_string_equal(found_in("6200000000000005"), "[0,16)"); /* UnionPay */
}

static void
groups_are_seen_through(void **state)
{
    (void)state;
    assert_string_equal(found_in("x 4111 1111 1111 1111."), "[2,21)");
    assert_string_equal(found_in("4111-1111-1111-1111"), "[0,19)");
    assert_string_equal(found_in("3782 822463 10005"), "[0,17)");
    assert_string_equal(found_in("4111 1111-1111 1111"), "none"); /* two kinds of separators */
    assert_string_equal(found_in("41 11 11 11 11 11 11 11"), "none");
    assert_string_equal(found_in("4111  1111  1111  1111"), "none");
    assert_string_equal(found_in("12 4111 1111 1111 1111 34"), "[3,22)");
}

static void
other_long_numbers_are_left_alone(void **state)
{
    (void)state;
    assert_string_equal(found_in("4111111111111112"), "none");     /* check digit */
    assert_string_equal(found_in("1234567890123452"), "none");     /* no scheme */
    assert_string_equal(found_in("41111111111111111111"), "none"); /* 20 digits */
    assert_string_equal(found_in("1700000000000000000"), "none");  /* a time in nanoseconds */
    assert_string_equal(found_in("0.4111111111111111"), "none");
    assert_string_equal(found_in("4111111111111111.5"), "none");
    assert_string_equal(found_in("2026-11-21 05:12:03"), "none");
    assert_string_equal(found_in("                              "), "none");
    assert_string_equal(found_in(""), "none");
}

static void
a_card_is_found_wherever_it_begins(void **state)
{
    char text[128];

    (void)state;
    for (size_t at = 0; at < 64; at++) {
        size_t start, end;

        memset(text, 'x', sizeof text);
        memcpy(text + at, "4222222222222", 13);
        assert_true(card_number_search(text_make(text, sizeof text), 0, &start, &end));
        assert_int_equal(start, at);
        assert_int_equal(end, at + 13);
        assert_false(card_number_search(text_make(text, sizeof text), end, &start, &end));
        assert_true(card_number_search(text_make(text, at + 13), 0, &start, &end)); /* at the very end */
        assert_false(card_number_search(text_make(text, at + 12), 0, &start, &end));
    }
}

static void
several_cards_are_found_one_after_the_other(void **state)
{
    struct text t = TEXT("4111111111111111,5555555555554444 and 378282246310005");
    size_t start, end = 0, count = 0;

    (void)state;
    while (card_number_search(t, end, &start, &end))
        count++;
    assert_int_equal(count, 3);
}

static void
the_check_digit_is_that_of_luhn(void **state)
{
    (void)state;
    assert_true(card_number_luhn(TEXT("79927398713")));
    assert_true(card_number_luhn(TEXT("7992-7398 713")));
    for (const char *wrong = "012456789"; *wrong != '\0'; wrong++) {
        char number[] = "7992739871?";

        number[10] = *wrong;
        assert_false(card_number_luhn(text_of(number)));
    }
    assert_false(card_number_luhn(TEXT("")));
    assert_false(card_number_luhn(TEXT("none")));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cards_of_every_scheme_are_found),
        cmocka_unit_test(groups_are_seen_through),
        cmocka_unit_test(other_long_numbers_are_left_alone),
        cmocka_unit_test(a_card_is_found_wherever_it_begins),
        cmocka_unit_test(several_cards_are_found_one_after_the_other),
        cmocka_unit_test(the_check_digit_is_that_of_luhn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
