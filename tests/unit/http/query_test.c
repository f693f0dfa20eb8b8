#include "unit.h"

#include "base/limits.h"
#include "http/query.h"

static void
check_pairs(const char *query, const char *expected)
{
    struct text rest = text_of(query);
    struct query_pair pair;
    char found[200] = "";

    while (query_next(&rest, &pair))
        snprintf(found + strlen(found), sizeof found - strlen(found), "[%.*s]%s[%.*s]", TEXT_PRINT(pair.name),
                 pair.has_value ? "=" : "", TEXT_PRINT(pair.value));
    assert_string_equal(found, expected);
}

static void
pairs_are_cut_before_anything_is_decoded(void **state)
{
    (void)state;
    check_pairs("", "");
    check_pairs("&&", "");
    check_pairs("a=b", "[a]=[b]");
    check_pairs("a=b&a=c", "[a]=[b][a]=[c]");
    check_pairs("a", "[a][]");
    check_pairs("a=", "[a]=[]");
    check_pairs("=b", "[]=[b]");
    check_pairs("=", "[]=[]");
    check_pairs("a==b=c", "[a]=[=b=c]");
    check_pairs("a&&b=1&", "[a][][b]=[1]");
    check_pairs("a%26b%3D=c;d", "[a%26b%3D]=[c;d]");
}

static void
check_decoded(const char *coded, bool plus, const char *expected)
{
    struct arena *arena = arena_new(0, LIMIT_MIB);
    struct text decoded;

    check_that(percent_decode(text_of(coded), plus, arena, &decoded), "'%s' is refused", coded);
    check_text(decoded, expected);
    arena_free(arena);
}

static void
check_refused(struct text coded)
{
    struct arena *arena = arena_new(0, LIMIT_MIB);
    struct text decoded = TEXT("x");

    check_that(!percent_decode(coded, true, arena, &decoded), "'%.*s' is decoded", TEXT_PRINT(coded));
    assert_ptr_equal(decoded.data, coded.data);
    assert_int_equal(decoded.length, coded.length);
    arena_free(arena);
}

static void
percent_codes_become_bytes(void **state)
{
    (void)state;
    check_decoded("", false, "");
    check_decoded("plain", true, "plain");
    check_decoded("%41%5a%5A%7e", false, "AZZ~");
    check_decoded("a%20b+c", false, "a b+c");
    check_decoded("a%20b+c", true, "a b c");
    check_decoded("%2B%26%3d%2F", true, "+&=/");
    check_decoded("%C3%A4\xc3\xa4", false, "\xc3\xa4\xc3\xa4");
    check_decoded("%2541", false, "%41");
}

static void
what_has_nothing_to_decode_is_borrowed(void **state)
{
    struct arena *arena = arena_new(0, LIMIT_MIB);
    struct text plain = TEXT("a+b"), decoded;

    (void)state;
    assert_true(percent_decode(plain, false, arena, &decoded));
    assert_ptr_equal(decoded.data, plain.data);
    assert_int_equal(arena_used(arena), 0);
    arena_free(arena);
}

static void
what_is_no_code_no_utf8_or_nul_is_refused(void **state)
{
    (void)state;
    check_refused(TEXT("%"));
    check_refused(TEXT("%4"));
    check_refused(TEXT("a%4g"));
    check_refused(TEXT("%g4"));
    check_refused(TEXT("% 4"));
    check_refused(TEXT("%%41"));
    check_refused(TEXT("%u0041"));
    check_refused(TEXT("%00"));
    check_refused(TEXT("a\0b"));
    check_refused(TEXT("%ff"));
    check_refused(TEXT("%C3"));
    check_refused(TEXT("%C0%AF"));
    check_refused(TEXT("%ED%A0%80"));
    check_refused(TEXT("\xe4"));
}

static void
no_memory_refuses_instead_of_guessing(void **state)
{
    struct arena *arena = arena_new(0, 8);
    struct text coded = TEXT("%41%41%41%41"), decoded;

    (void)state;
    assert_false(percent_decode(coded, false, arena, &decoded));
    assert_ptr_equal(decoded.data, coded.data);
    arena_free(arena);
}

static void
every_byte_comes_back_from_its_code(void **state)
{
    struct arena *arena = arena_new(0, LIMIT_MIB);
    struct buffer b;

    (void)state;
    buffer_init(&b, LIMIT_MIB);
    percent_encode(&b, TEXT("aZ09-._~ +/%&=\xc3\xa4"));
    check_text(buffer_text(&b), "aZ09-._~%20%2B%2F%25%26%3D%C3%A4");
    for (int i = 1; i < 128; i++) {
        char byte = (char)i;
        struct text decoded;

        buffer_clear(&b);
        percent_encode(&b, text_make(&byte, 1));
        assert_true(percent_decode(buffer_text(&b), true, arena, &decoded));
        assert_int_equal(decoded.length, 1);
        assert_int_equal(decoded.data[0], byte);
    }
    buffer_release(&b);
    arena_free(arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_are_cut_before_anything_is_decoded),
        cmocka_unit_test(percent_codes_become_bytes),
        cmocka_unit_test(what_has_nothing_to_decode_is_borrowed),
        cmocka_unit_test(what_is_no_code_no_utf8_or_nul_is_refused),
        cmocka_unit_test(no_memory_refuses_instead_of_guessing),
        cmocka_unit_test(every_byte_comes_back_from_its_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
