#include "unit.h"

#include "base/limits.h"
#include "report/marked_json.h"

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

/* The page's text for this body, with the value at the pointer marked. */
static struct text
marked(const char *body, const char *pointer, const char *remark)
{
    struct document document;
    struct json_mark mark = { .kind = "bad", .remark = text_of(remark) };
    struct buffer out;
    struct text told;

    assert_int_equal(document_parse(&document, text_of(body), NULL, arena, NULL), 0);
    if (pointer != NULL)
        mark.value = json_mark_find(document.root, text_of(pointer));
    buffer_init(&out, 64 * LIMIT_MIB);
    marked_json(&out, document.root, &mark, pointer != NULL);
    assert_false(buffer_failed(&out));
    told = arena_text(arena, buffer_text(&out));
    buffer_release(&out);
    return told;
}

static void
every_kind_of_value_is_told(void **state)
{
    (void)state;
    check_text(marked("{\"a\":[1.50,true,null],\"b\":{},\"c\":[]}", NULL, ""),
               "{\n"
               "  <span class=\"k\">&quot;a&quot;</span>: [\n"
               "    <span class=\"n\">1.50</span>,\n"
               "    <span class=\"w\">true</span>,\n"
               "    <span class=\"w\">null</span>\n"
               "  ],\n"
               "  <span class=\"k\">&quot;b&quot;</span>: {},\n"
               "  <span class=\"k\">&quot;c&quot;</span>: []\n"
               "}");
}

static void
a_violation_is_marked_at_its_place(void **state)
{
    (void)state;
    check_text(marked("{\"a\":[7,\"<b>\"]}", "/a/1", "expected number > 0"),
               "{\n"
               "  <span class=\"k\">&quot;a&quot;</span>: [\n"
               "    <span class=\"n\">7</span>,\n"
               "    <mark class=\"bad\"><span class=\"s\">&quot;&lt;b&gt;&quot;</span></mark>"
               "<em class=\"remark bad\">expected number &gt; 0</em>\n"
               "  ]\n"
               "}");
}

static void
a_member_that_is_missing_marks_the_object_it_is_missing_in(void **state)
{
    (void)state;
    check_text(marked("{\"a\":{}}", "/a/b/c", "expected b"),
               "{\n  <span class=\"k\">&quot;a&quot;</span>: <mark class=\"bad\">{}</mark>"
               "<em class=\"remark bad\">expected b</em>\n}");
    check_text(marked("[]", "/7", ""), "<mark class=\"bad\">[]</mark>");
}

static void
a_star_is_the_first_element_that_leads_on(void **state)
{
    struct text told = marked("{\"a\":[1,{\"b\":2},{\"b\":3}]}", "/a/*/b", "");

    (void)state;
    assert_true(text_search(told, TEXT("<mark class=\"bad\"><span class=\"n\">2</span></mark>")) < told.length);
    assert_true(text_search(told, TEXT("<mark class=\"bad\"><span class=\"n\">3</span></mark>")) == told.length);
    told = marked("{\"a\":[1],\"*\":4}", "/*", ""); /* a member of that name */
    assert_true(text_search(told, TEXT("<mark class=\"bad\"><span class=\"n\">4</span></mark>")) < told.length);
}

static void
what_is_no_pointer_marks_nothing(void **state)
{
    (void)state;
    check_text(marked("7", "query limit", "no"), "<span class=\"n\">7</span>");
}

static void
deep_values_are_only_told_to_be_there(void **state)
{
    char deep[2001];
    struct text told;

    (void)state;
    memset(deep, '[', 1000);
    memset(deep + 1000, ']', 1000);
    deep[2000] = '\0';
    told = marked(deep, NULL, "");
    assert_true(text_search(told, TEXT("[…]")) < told.length);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_value_is_told),
        cmocka_unit_test(a_violation_is_marked_at_its_place),
        cmocka_unit_test(a_member_that_is_missing_marks_the_object_it_is_missing_in),
        cmocka_unit_test(a_star_is_the_first_element_that_leads_on),
        cmocka_unit_test(what_is_no_pointer_marks_nothing),
        cmocka_unit_test(deep_values_are_only_told_to_be_there),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
