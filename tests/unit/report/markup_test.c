#include "unit.h"

#include "base/limits.h"
#include "report/markup.h"

static void
check_markup(struct text from, const char *expected)
{
    struct buffer out;

    buffer_init(&out, LIMIT_MIB);
    markup_text(&out, from);
    check_text(buffer_text(&out), expected);
    buffer_release(&out);
}

static void
what_markup_is_made_of_is_escaped(void **state)
{
    (void)state;
    check_markup(TEXT("</script><img src='x' onerror=\"alert(1)\">&amp;"),
                 "&lt;/script&gt;&lt;img src=&#39;x&#39; onerror=&quot;alert(1)&quot;&gt;&amp;amp;");
    check_markup(TEXT(""), "");
}

static void
what_xml_forbids_can_be_seen(void **state)
{
    (void)state;
    check_markup(TEXT("a\0b\x1b[2J\x7f\x0c"), "a\\x00b\\x1b[2J\\x7f\\x0c");
    check_markup(TEXT("one\r\ntwo\tthree\rfour\r"), "one\ntwo\tthree\\x0dfour\\x0d");
    check_markup(TEXT("\xc2\x9b"
                      "31m \xef\xbf\xbe \xef\xbf\xbf"),
                 "\\u009b31m \\ufffe \\uffff");
}

static void
a_text_cannot_turn_the_direction_of_reading(void **state)
{
    (void)state;
    check_markup(TEXT("\xe2\x80\xae"
                      "abc\xe2\x81\xa6\xe2\x80\x8f"),
                 "\\u202eabc\\u2066\\u200f");
}

static void
bytes_that_are_no_utf8_are_replaced(void **state)
{
    (void)state;
    check_markup(
        TEXT("a\xff\xc0\x80 \xed\xa0\x80 K\xc3\xa4se \xf0\x9f\x8d\xb0 \xe2\x82"),
        "a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd K\xc3\xa4se \xf0\x9f\x8d\xb0 "
        "\xef\xbf\xbd\xef\xbf\xbd");
}

static void
a_literal_is_filled_in_order(void **state)
{
    struct buffer out;

    (void)state;
    buffer_init(&out, LIMIT_MIB);
    MARKUP(&out, "<b id=\"{}\">{}</b>", TEXT("\"x"), TEXT("{}<"));
    check_text(buffer_text(&out), "<b id=\"&quot;x\">{}&lt;</b>");
    buffer_release(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_markup_is_made_of_is_escaped),
        cmocka_unit_test(what_xml_forbids_can_be_seen),
        cmocka_unit_test(a_text_cannot_turn_the_direction_of_reading),
        cmocka_unit_test(bytes_that_are_no_utf8_are_replaced),
        cmocka_unit_test(a_literal_is_filled_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
