/* uri.h: the examples of RFC 3986 5.4, and what schemas make of them. */
#include "unit.h"

#include "schema/uri.h"

static void
check_resolved(const char *base, const char *reference, const char *expected)
{
    char out[256];
    struct text target = uri_resolve(text_of(base), text_of(reference), out, sizeof(out));

    check_that(text_equal(target, text_of(expected)), "'%s' from '%s': expected '%s', found '%.*s'", reference, base,
               expected, TEXT_PRINT(target));
}

static void
references_resolve_as_the_rfc_lists_them(void **state)
{
    /* RFC 3986 5.4.1 and 5.4.2; the fragment is not part of the result here. */
    static const char *const cases[][2] = {
        { "g:h", "g:h" },
        { "g", "http://a/b/c/g" },
        { "./g", "http://a/b/c/g" },
        { "g/", "http://a/b/c/g/" },
        { "/g", "http://a/g" },
        { "//g", "http://g" },
        { "?y", "http://a/b/c/d;p?y" },
        { "g?y", "http://a/b/c/g?y" },
        { "#s", "http://a/b/c/d;p?q" },
        { "g#s", "http://a/b/c/g" },
        { "g?y#s", "http://a/b/c/g?y" },
        { ";x", "http://a/b/c/;x" },
        { "", "http://a/b/c/d;p?q" },
        { ".", "http://a/b/c/" },
        { "./", "http://a/b/c/" },
        { "..", "http://a/b/" },
        { "../", "http://a/b/" },
        { "../g", "http://a/b/g" },
        { "../..", "http://a/" },
        { "../../g", "http://a/g" },
        { "../../../g", "http://a/g" },
        { "/./g", "http://a/g" },
        { "/../g", "http://a/g" },
        { "g.", "http://a/b/c/g." },
        { "..g", "http://a/b/c/..g" },
        { "./../g", "http://a/b/g" },
        { "./g/.", "http://a/b/c/g/" },
        { "g/./h", "http://a/b/c/g/h" },
        { "g/../h", "http://a/b/c/h" },
        { "g;x=1/../y", "http://a/b/c/y" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        check_resolved("http://a/b/c/d;p?q", cases[i][0], cases[i][1]);
}

static void
scheme_and_host_have_no_case(void **state)
{
    (void)state;
    check_resolved("http://a/", "HTTP://Example.COM/Path", "http://example.com/Path");
    check_resolved("http://a/", "//User@HOST/x", "http://User@host/x");
}

static void
a_urn_keeps_its_dots(void **state)
{
    (void)state;
    check_resolved("urn:example:root", "#/$defs/x", "urn:example:root");
    check_resolved("http://a/", "urn:example:a:../b", "urn:example:a:../b");
}

static void
a_base_without_scheme_is_merged_all_the_same(void **state)
{
    (void)state;
    check_resolved("schemas/order.json", "line.json", "schemas/line.json");
    check_resolved("", "line.json", "line.json");
}

static void
what_does_not_fit_is_refused(void **state)
{
    char out[8];

    (void)state;
    assert_null(uri_resolve(TEXT("http://a/b"), TEXT("a-long-name"), out, sizeof(out)).data);
}

static void
percent_signs_are_undone_once(void **state)
{
    char out[32];

    (void)state;
    check_text(uri_decode(TEXT("a%25b%2Fc"), out), "a%b/c");
    check_text(uri_decode(TEXT("100%"), out), "100%");
    check_text(uri_decode(TEXT("%zz%4"), out), "%zz%4");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(references_resolve_as_the_rfc_lists_them),
        cmocka_unit_test(scheme_and_host_have_no_case),
        cmocka_unit_test(a_urn_keeps_its_dots),
        cmocka_unit_test(a_base_without_scheme_is_merged_all_the_same),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(percent_signs_are_undone_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
