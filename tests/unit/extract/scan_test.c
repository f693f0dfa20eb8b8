#include "unit.h"

#include "base/limits.h"
#include "extract/scan.h"

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

/* The blocks as lines: "heading 2 @3 Title", "code json @5 {…}", with ends of lines as '/'. */
static const char *
told(const char *source)
{
    static const char *const kinds[] = { "heading", "text", "item", "code", "table" };
    static char out[4096];
    struct blocks blocks;
    size_t length = 0;

    assert_int_equal(scan_blocks(&blocks, text_of(source), arena), 0);
    out[0] = '\0';
    for (uint32_t i = 0; i < blocks.count; i++) {
        const struct block *b = &blocks.list[i];
        struct text t = b->text;

        length += (size_t)snprintf(out + length, sizeof out - length, "%s%s", i > 0 ? "\n" : "", kinds[b->kind]);
        if (b->kind == BLOCK_HEADING)
            length += (size_t)snprintf(out + length, sizeof out - length, " %u", b->level);
        if (b->info.length > 0)
            length += (size_t)snprintf(out + length, sizeof out - length, " %.*s", TEXT_PRINT(b->info));
        length += (size_t)snprintf(out + length, sizeof out - length, "%s @%u ", b->open ? " open" : "", b->line);
        if (b->kind == BLOCK_TABLE) {
            for (const struct table_row *row = b->rows; row != NULL; row = row->next) {
                for (uint32_t k = 0; k < row->count; k++)
                    length += (size_t)snprintf(out + length, sizeof out - length, "[%.*s]", TEXT_PRINT(row->cells[k]));
                length += (size_t)snprintf(out + length, sizeof out - length, "%u", row->line);
            }
            continue;
        }
        length += (size_t)snprintf(out + length, sizeof out - length, "%.*s", TEXT_PRINT(t));
        for (char *c = out + length - t.length; c < out + length; c++)
            *c = *c == '\n' ? '/' : *c;
        while (length > 0 && out[length - 1] == '/')
            out[--length] = '\0';
    }
    return out;
}

static void
headings_are_those_of_markdown_of_wikis_and_numbered_ones(void **state)
{
    (void)state;
    assert_string_equal(told("# One\n## Two ##\n\nThree\n=====\nFour\n----\n== Five ==\nh3. Six\n#hash\n"),
                        "heading 1 @1 One\nheading 2 @2 Two\nheading 1 @4 Three\nheading 2 @6 Four\nheading 2 @8 Five\n"
                        "heading 3 @9 Six\ntext @10 #hash");
    assert_string_equal(told("4.2 Create\ntext\n5. Next\n6. Last\n"),
                        "heading 4 @1 Create\ntext @2 text\nheading 3 @3 Next\nheading 3 @4 Last");
    assert_string_equal(told("1.  Introduction\n\n   Text.\n"), "heading 3 @1 Introduction\ntext @3 Text.");
    assert_string_equal(told("---\ntitle: T\nother: x\n---\n# H\n"), "heading 1 @2 T\nheading 1 @5 H");
}

static void
lists_lose_their_markers(void **state)
{
    (void)state;
    assert_string_equal(
        told("- a\n  * b\n1. c\n2) d\n   a. e\n+ f\nno-list\n> quoted\n"),
        "item @1 a\nitem @2 b\nitem @3 c\nitem @4 d\nitem @5 e\nitem @6 f\ntext @7 no-list\ntext @8 quoted");
}

static void
numbered_items_are_no_headings(void **state)
{
    (void)state;
    assert_string_equal(told("1. First thing:\n   - more\n2. Second thing:\n   - more\n"),
                        "item @1 First thing:\nitem @2 more\nitem @3 Second thing:\nitem @4 more");
}

static void
fences_hold_code(void **state)
{
    (void)state;
    assert_string_equal(told("```json title=x\n{\n```\n~~~\n```\n~~~\n````\n```\n````\n"),
                        "code json @2 {\ncode @5 ```\ncode @8 ```");
    assert_string_equal(told("{code:json}\n{}\n{code}\n{noformat}\nx\n{noformat}\n<pre>\ny\n</pre>\n"),
                        "code json @2 {}\ncode @5 x\ncode @8 y");
    assert_string_equal(told("  ```sh\n  curl x\n  ```\n"), "code sh @2   curl x");
    assert_string_equal(told("```\nnever closed\n# no heading\n"), "code open @2 never closed/# no heading");
    assert_string_equal(told("a ```b``` c\n"), "text @1 a ```b``` c");
}

static void
code_whose_fence_was_lost_is_found_by_what_it_is(void **state)
{
    (void)state;
    assert_string_equal(told("json\nCopy\nEdit\n{\n  \"a\": {\n  }\n}\nNext\n"),
                        "code json @4 {/  \"a\": {/  }/}\ntext @8 Next");
    assert_string_equal(told("http\nCopy\nGET /a\nX-B: c\nResponse:\n"),
                        "code http @3 GET /a/X-B: c\ntext @5 Response:");
    assert_string_equal(told("bash\nCopy code\ncurl /a \\\n  -d '{\n\n}'\nNext\n"),
                        "code bash @3 curl /a \\/  -d '{//}'\ntext @7 Next");
    assert_string_equal(told("mermaid\nCopy\nEdit\ngraph\n  a --> b\nNext\n"),
                        "code mermaid @4 graph/  a --> b\ntext @6 Next");
    assert_string_equal(told("json\nis a format\n"), "text @1 json\ntext @2 is a format");
}

static void
json_and_curl_in_the_text_are_code(void **state)
{
    (void)state;
    assert_string_equal(told("Answer:\n{ \"a\": 1,\n  \"b\": [2]\n}\nNext\n"),
                        "text @1 Answer:\ncode json @2 { \"a\": 1,/  \"b\": [2]/}\ntext @5 Next");
    assert_string_equal(told("{\n  \"a\": 1\nResponse:\n"), "code json @1 {/  \"a\": 1\ntext @3 Response:");
    assert_string_equal(told("$ curl -X POST \\\n  http://a/b\nNext\n"),
                        "code curl @1 $ curl -X POST \\/  http://a/b\ntext @3 Next");
    assert_string_equal(told("[link](to)\n{id} is one\n"), "text @1 [link](to)\ntext @2 {id} is one");
}

static void
tables_have_rows_of_cells_with_their_lines(void **state)
{
    (void)state;
    assert_string_equal(told("| a | b |\n|---|:--:|\n| 1 | x \\| y |\n| 2 |  |\n\nafter\n"),
                        "table @1 [a][b]1[1][x \\| y]3[2][]4\ntext @6 after");
    assert_string_equal(told("a | b\n--- | ---\n1 | 2\n"), "table @1 [a][b]1[1][2]3");
    assert_string_equal(told("|| a || b ||\n| 1 | 2 |\n"), "table @1 [a][b]1[1][2]2");
    assert_string_equal(told("a\tb\tc\n1\t\t3\nno\n"), "table @1 [a][b][c]1[1][][3]2\ntext @3 no");
    assert_string_equal(told("one | two\nno table\n"), "text @1 one | two\ntext @2 no table");
}

static void
comments_are_nothing_and_ends_of_lines_do_not_matter(void **state)
{
    (void)state;
    assert_string_equal(told("<!-- one\ntwo -->\r\na\r\n\r\n# b\r\n"), "text @3 a\nheading 1 @5 b");
    assert_string_equal(told(""), "");
    assert_string_equal(told("\n\n"), "");
    assert_string_equal(told("no end of line"), "text @1 no end of line");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headings_are_those_of_markdown_of_wikis_and_numbered_ones),
        cmocka_unit_test(lists_lose_their_markers),
        cmocka_unit_test(numbered_items_are_no_headings),
        cmocka_unit_test(fences_hold_code),
        cmocka_unit_test(code_whose_fence_was_lost_is_found_by_what_it_is),
        cmocka_unit_test(json_and_curl_in_the_text_are_code),
        cmocka_unit_test(tables_have_rows_of_cells_with_their_lines),
        cmocka_unit_test(comments_are_nothing_and_ends_of_lines_do_not_matter),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
