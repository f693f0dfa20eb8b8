#include "unit.h"

#include "base/text.h"

static void
parts_of_a_text_are_clamped_to_what_is_there(void **state)
{
    struct text t = TEXT("abc");

    (void)state;
    check_text(text_slice(t, 1, 1), "b");
    check_text(text_slice(t, 1, 99), "bc");
    check_text(text_slice(t, 99, 1), "");
    check_text(text_from(t, 3), "");
    assert_true(text_equal(text_of(NULL), TEXT("")));
}

static void
case_is_ignored_in_ascii_only(void **state)
{
    (void)state;
    assert_true(text_equal_nocase(TEXT("Content-Type"), TEXT("cONTENT-tYPE")));
    assert_false(text_equal_nocase(TEXT("a"), TEXT("ab")));
    assert_false(text_equal_nocase(TEXT("\xC3\x84"), TEXT("\xC3\xA4")));
    assert_false(text_equal_nocase(TEXT("@"), TEXT("`")));
    assert_false(text_equal_nocase(TEXT("["), TEXT("{")));
}

static void
beginnings_ends_and_order(void **state)
{
    (void)state;
    assert_true(text_starts(TEXT("abc"), TEXT("ab")));
    assert_true(text_starts(TEXT(""), TEXT("")));
    assert_false(text_starts(TEXT("a"), TEXT("ab")));
    assert_true(text_ends(TEXT("abc"), TEXT("bc")));
    assert_false(text_ends(TEXT("c"), TEXT("bc")));
    assert_true(text_compare(TEXT("a"), TEXT("ab")) < 0);
    assert_true(text_compare(TEXT("b"), TEXT("ab")) > 0);
    assert_true(text_compare(TEXT("\x7F"), TEXT("\x80")) < 0);
    assert_int_equal(text_compare(TEXT(""), text_of(NULL)), 0);
}

static void
what_is_not_found_is_at_the_end(void **state)
{
    (void)state;
    assert_int_equal(text_find(TEXT("abc"), 'c'), 2);
    assert_int_equal(text_find(TEXT("abc"), 'd'), 3);
    assert_int_equal(text_find(text_of(NULL), 'd'), 0);
    assert_int_equal(text_search(TEXT("ababc"), TEXT("abc")), 2);
    assert_int_equal(text_search(TEXT("ab"), TEXT("abc")), 2);
    assert_int_equal(text_search(TEXT("ab"), TEXT("")), 0);
}

static void
blanks_at_both_ends_are_trimmed(void **state)
{
    (void)state;
    check_text(text_trim(TEXT(" \t a b\t ")), "a b");
    check_text(text_trim(TEXT(" \t ")), "");
    check_text(text_trim(TEXT("\na\n")), "\na\n");
}

static void
a_text_is_split_into_one_part_more_than_it_has_separators(void **state)
{
    static const char *const parts[] = { "a", "", "b", "" };
    struct text_split split = text_split_start(TEXT("a,,b,"));
    struct text part;

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        assert_true(text_split_next(&split, ',', &part));
        check_text(part, parts[i]);
    }
    assert_false(text_split_next(&split, ',', &part));
    split = text_split_start(TEXT(""));
    assert_true(text_split_next(&split, ',', &part));
    check_text(part, "");
    assert_false(text_split_next(&split, ',', &part));
}

static void
digits_become_a_number_when_they_fit(void **state)
{
    static const char *const bad[] = {
        "", "-1", "+1", " 1", "1 ", "0x1", "18446744073709551616", "99999999999999999999"
    };
    uint64_t value = 7;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        check_that(!text_to_u64(text_of(bad[i]), &value), "'%s'", bad[i]);
    assert_int_equal(value, 7);
    assert_true(text_to_u64(TEXT("18446744073709551615"), &value));
    assert_true(value == UINT64_MAX);
    assert_true(text_to_u64(TEXT("000"), &value));
    assert_int_equal(value, 0);
}

/* Every sequence of up to four bytes of interest, against the definition (RFC 3629 4), read as a decoder reads. */
static bool
is_utf8_slowly(const unsigned char *s, size_t length)
{
    for (size_t i = 0; i < length;) {
        uint32_t c = s[i], least;
        size_t more = c < 0x80 ? 0 : (c & 0xE0) == 0xC0 ? 1 : (c & 0xF0) == 0xE0 ? 2 : (c & 0xF8) == 0xF0 ? 3 : 9;

        if (more == 9 || i + more >= length)
            return false;
        least = more == 1 ? 0x80 : more == 2 ? 0x800 : more == 3 ? 0x10000 : 0;
        c = more == 0 ? c : c & (0x3Fu >> more);
        for (size_t j = 1; j <= more; j++) {
            if ((s[i + j] & 0xC0) != 0x80)
                return false;
            c = c << 6 | (s[i + j] & 0x3F);
        }
        if (c < least || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
            return false;
        i += more + 1;
    }
    return true;
}

static void
utf8_is_told_from_what_only_looks_like_it(void **state)
{
    static const unsigned char bytes[] = { 0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF,
                                           0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF };
    const size_t kinds = sizeof bytes;

    (void)state;
    for (size_t i = 0; i < kinds * kinds * kinds * kinds; i++) {
        unsigned char s[4] = { bytes[i % kinds], bytes[i / kinds % kinds], bytes[i / kinds / kinds % kinds],
                               bytes[i / kinds / kinds / kinds] };

        for (size_t length = 1; length <= 4; length++) {
            if (text_is_utf8(text_make((char *)s, length)) != is_utf8_slowly(s, length))
                fail_msg("%02x %02x %02x %02x, %zu bytes", s[0], s[1], s[2], s[3], length);
        }
    }
}

static void
utf8_is_looked_at_behind_long_stretches_of_ascii(void **state)
{
    char text[64];

    (void)state;
    for (size_t at = 0; at < 40; at++) {
        memset(text, 'a', sizeof text);
        memcpy(text + at, "\xE2\x82\xAC", 3);
        assert_true(text_is_utf8(text_make(text, sizeof text)));
        assert_int_equal(text_code_points(text_make(text, sizeof text)), sizeof text - 2);
        assert_false(text_is_utf8(text_make(text, at + 2)));
        text[at] = '\xFF';
        assert_false(text_is_utf8(text_make(text, sizeof text)));
    }
    assert_true(text_is_utf8(text_of(NULL)));
}

static void
a_slip_finds_the_word_that_was_meant_and_nonsense_finds_none(void **state)
{
    static const char *const words[] = { "serve", "proxy", "check", "schema", "contract" };
    static const struct {
        const char *typed, *meant;
    } table[] = {
        { "sevre", "serve" },   { "chek", "check" }, { "contarct", "contract" },
        { "Schema", "schema" }, { "prxy", "proxy" }, { "zebra", NULL },
        { "", NULL },           { "x", NULL },
    };

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        const char *found = text_nearest(text_of(table[i].typed), words, 5);

        check_that((found == NULL && table[i].meant == NULL) ||
                       (found != NULL && table[i].meant != NULL && strcmp(found, table[i].meant) == 0),
                   "'%s' gave '%s'", table[i].typed, found != NULL ? found : "nothing");
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_of_a_text_are_clamped_to_what_is_there),
        cmocka_unit_test(case_is_ignored_in_ascii_only),
        cmocka_unit_test(beginnings_ends_and_order),
        cmocka_unit_test(what_is_not_found_is_at_the_end),
        cmocka_unit_test(blanks_at_both_ends_are_trimmed),
        cmocka_unit_test(a_text_is_split_into_one_part_more_than_it_has_separators),
        cmocka_unit_test(digits_become_a_number_when_they_fit),
        cmocka_unit_test(utf8_is_told_from_what_only_looks_like_it),
        cmocka_unit_test(utf8_is_looked_at_behind_long_stretches_of_ascii),
        cmocka_unit_test(a_slip_finds_the_word_that_was_meant_and_nonsense_finds_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
