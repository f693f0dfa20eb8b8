#include "cases.h"

#include "json/number.h"

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

static struct decimal
decimal(const char *text)
{
    struct decimal d;

    decimal_read(&d, text_of(text));
    return d;
}

static int
sign_of(int order)
{
    return (order > 0) - (order < 0);
}

static void
numbers_are_compared_and_divided_by_their_digits(void **state)
{
    (void)state;
    for (VALUE_EACH_ITEM(test, cases(arena, "numbers.json"))) {
        const char *name = described(test, arena);
        const struct value *order = VALUE_MEMBER(test, "order"), *multiple = VALUE_MEMBER(test, "multiple");
        int expected = order->data[0] == '<' ? -1 : order->data[0] == '>';
        struct decimal a, b;

        decimal_read(&a, value_text(VALUE_MEMBER(test, "a")));
        decimal_read(&b, value_text(VALUE_MEMBER(test, "b")));
        check_that(sign_of(decimal_compare(&a, &b)) == expected, "%s: %d", name, decimal_compare(&a, &b));
        check_that(sign_of(decimal_compare(&b, &a)) == -expected, "%s, turned round", name);
        check_that((decimal_hash(&a) == decimal_hash(&b)) == (expected == 0), "%s: hashes", name);
        if (multiple != NULL)
            check_that(decimal_multiple_of(&a, &b) == (multiple->type == VALUE_TRUE), "%s: multiple", name);
    }
}

static void
integers_are_integers_however_they_are_written(void **state)
{
    static const char *const whole[] = { "0",    "-0",     "1",
                                         "1.0",  "1e2",    "1.50e1",
                                         "0e-5", "120e-1", "1e999999999999999999999" };
    static const char *const broken[] = { "0.1", "1e-1", "15e-1", "1.0000000000000000000000001",
                                          "1e-999999999999999999999" };

    (void)state;
    for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++) {
        struct decimal d = decimal(whole[i]);

        check_that(decimal_is_integer(&d), "%s", whole[i]);
    }
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        struct decimal d = decimal(broken[i]);

        check_that(!decimal_is_integer(&d), "%s", broken[i]);
    }
}

static void
integers_of_64_bits_are_exact_and_larger_ones_do_not_fit(void **state)
{
    static const struct {
        const char *text;
        bool fits;
        int64_t value;
    } table[] = {
        { "0", true, 0 },
        { "-7.0", true, -7 },
        { "1e18", true, 1000000000000000000 },
        { "9223372036854775807", true, INT64_MAX },
        { "-9223372036854775808", true, INT64_MIN },
        { "9223372036854775807.00", true, INT64_MAX },
        { "922337203685477580.7e1", true, INT64_MAX },
        { "9223372036854775808", false, 0 },
        { "-9223372036854775809", false, 0 },
        { "1e19", false, 0 },
        { "0.5", false, 0 },
        { "1e999999999999999999999", false, 0 },
        { "18446744073709551616", false, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct decimal d = decimal(table[i].text);
        int64_t value = 0;

        check_that(decimal_to_i64(&d, &value) == table[i].fits, "%s", table[i].text);
        check_that(value == table[i].value, "%s gave %lld", table[i].text, (long long)value);
        if (table[i].fits) {
            struct decimal from;

            decimal_from(&from, table[i].value);
            check_that(decimal_compare(&from, &d) == 0 && decimal_hash(&from) == decimal_hash(&d), "%s", table[i].text);
        }
    }
}

static void
doubles_are_rounded_as_the_whole_text_says(void **state)
{
    static const char *const texts[] = { "0",
                                         "-1.5",
                                         "0.1",
                                         "1e308",
                                         "1e400",
                                         "-1e400",
                                         "1e-400",
                                         "5e-324",
                                         "2.5e-324",
                                         "9007199254740993",
                                         "1.7976931348623159e308" };
    char text[2000];
    struct decimal d;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        d = decimal(texts[i]);
        check_that(decimal_to_double(&d) == strtod(texts[i], NULL), "%s", texts[i]);
    }
    /* exactly between two doubles, but for a digit a thousand places later */
    (void)snprintf(text, sizeof text, "9007199254740993.%01200d1", 0);
    d = decimal(text);
    assert_true(decimal_to_double(&d) == 9007199254740994.0);
}

static char *
digits(size_t count, char digit)
{
    char *text = arena_alloc(arena, count + 1);

    assert_non_null(text);
    memset(text, digit, count);
    text[count] = '\0';
    return text;
}

static void
division_takes_on_as_many_digits_as_the_limit_says(void **state)
{
    struct decimal a = decimal(digits(LIMIT_NUMBER_DIGITS, '9')), b = decimal(digits(LIMIT_NUMBER_DIGITS / 2, '3'));
    struct decimal c = decimal(digits(LIMIT_NUMBER_DIGITS / 2 - 1, '3'));
    struct decimal large = decimal(digits(LIMIT_NUMBER_DIGITS + 1, '9')), three = decimal("3");

    (void)state;
    assert_int_equal(decimal_multiple_of(&a, &b), 1); /* 99…9 has the factor 10^2048 - 1 */
    assert_int_equal(decimal_multiple_of(&a, &c), 0);
    assert_int_equal(decimal_multiple_of(&a, &a), 1);
    assert_int_equal(decimal_multiple_of(&b, &a), 0);
    assert_int_equal(decimal_multiple_of(&large, &three), -1);
    assert_int_equal(decimal_multiple_of(&three, &large), -1);
}

static void
ten_megabytes_of_digits_are_compared_and_hashed(void **state)
{
    char *text = digits(10 * LIMIT_MIB, '7');
    struct decimal a = decimal(text), b;

    (void)state;
    text = digits(10 * LIMIT_MIB, '7');
    text[10 * LIMIT_MIB - 1] = '8';
    b = decimal(text);
    assert_true(decimal_compare(&a, &b) < 0);
    assert_int_not_equal(decimal_hash(&a), decimal_hash(&b));
    assert_true(decimal_to_double(&a) > 1e308);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_compared_and_divided_by_their_digits),
        cmocka_unit_test(integers_are_integers_however_they_are_written),
        cmocka_unit_test(integers_of_64_bits_are_exact_and_larger_ones_do_not_fit),
        cmocka_unit_test(doubles_are_rounded_as_the_whole_text_says),
        cmocka_unit_test(division_takes_on_as_many_digits_as_the_limit_says),
        cmocka_unit_test(ten_megabytes_of_digits_are_compared_and_hashed),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
