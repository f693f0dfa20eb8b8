/* Changes of YAML texts: what must change does, comments, order, quotes and indentation stay. */
#include "unit.h"

#include "base/limits.h"
#include "drift/patch_yaml.h"
#include "json/compare.h"
#include "json/document.h"
#include "json/write.h"
#include "json/yaml_write.h"

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

/* The text afterwards; or "LINE: why" with *done false. */
static struct text
after(struct text yaml, enum patch_kind kind, const char *path, const char *value, bool *done)
{
    const struct patch_op op = { kind, text_of(path), text_of(value) };
    struct patch_refused refused;
    struct buffer out;
    struct text text;
    unsigned line = 1;

    buffer_init(&out, 16 * LIMIT_MIB);
    *done = patch_yaml_apply(yaml, &op, arena, &out, &refused);
    text = arena_text(arena, buffer_text(&out));
    if (!*done) {
        assert_int_equal(buffer_length(&out), 0);
        assert_true(refused.place <= yaml.length);
        for (uint32_t i = 0; i < refused.place; i++)
            line += yaml.data[i] == '\n';
        text = arena_print(arena, "%u: %s", line, refused.why);
    }
    buffer_release(&out);
    return text;
}

struct row {
    const char *yaml;
    enum patch_kind kind;
    const char *path, *value, *expected;
};

static const struct row block_rows[] = {
    { "# top\na: 1 # one\n\n# two\nb: 'x'\n", PATCH_ADD, "/c", "{\"d\":{\"e\":[1,\"no\"],\"f\":\"on\"}}",
      "# top\na: 1 # one\n\n# two\nb: 'x'\nc:\n  d:\n    e: [1, 'no']\n    f: 'on'\n" },
    { "properties:\n    id:   # key\n        type: string # t\n    # last\n    n: {type: integer}  # n\nrequired:\n    "
      "- id\n",
      PATCH_ADD, "/properties/gift", "{\"type\":\"boolean\",\"x-seen\":3}",
      "properties:\n    id:   # key\n        type: string # t\n    # last\n    n: {type: integer}  # n\n"
      "    gift:\n        type: boolean\n        x-seen: 3\nrequired:\n    - id\n" },
    { "enum:\n  - placed   # at first\n  - 'gone'\n\n# next\nx: 1\n", PATCH_ADD, "/enum/-", "\"late\"",
      "enum:\n  - placed   # at first\n  - 'gone'\n  - 'late'\n\n# next\nx: 1\n" },
    { "a:\n- x\n- y # why\nb: 1\n", PATCH_ADD, "/a/-", "{\"k\":1,\"l\":{\"m\":2}}",
      "a:\n- x\n- y # why\n- k: 1\n  l:\n    m: 2\nb: 1\n" },
    { "a:\n  - x\n", PATCH_ADD, "/a/0", "\"w\"", "a:\n  - w\n  - x\n" },
    { "a:\n  - x\n  - z", PATCH_ADD, "/a/1", "\"w\"", "a:\n  - x\n  - w\n  - z" },
    { "a:\n  - x", PATCH_ADD, "/a/-", "\"y\"", "a:\n  - x\n  - \"y\"\n" },
    { "required:\n  - id # always\n  - note # not always\n  - at\n", PATCH_REMOVE, "/required/1", "",
      "required:\n  - id # always\n  - at\n" },
    { "required: # which\n  # of all\n  - id # always\nx: 1\n", PATCH_REMOVE, "/required/0", "",
      "required: [] # which\n  # of all\nx: 1\n" },
    { "a: 1\n# of b\nb:\n  c: 2 # two\n\n# of d\nd: 3\n", PATCH_REMOVE, "/b", "", "a: 1\n# of b\n\n# of d\nd: 3\n" },
    { "a:\n  - k: v # c\n    l: w\n", PATCH_REMOVE, "/a/0/k", "", "a:\n  - l: w\n" },
    { "a:\n  - k: v\n    l: w\n  -   - n\n      - o\n  - p\n", PATCH_REMOVE, "/a/1", "",
      "a:\n  - k: v\n    l: w\n  - p\n" },
    { "a:\n  text: |\n    one\n\n    two\n\n  b: 1\n", PATCH_ADD, "/a/c", "\"x\"",
      "a:\n  text: |\n    one\n\n    two\n\n  b: 1\n  c: x\n" },
    { "a:\n  text: |\n    one\n\nb: 1\n", PATCH_ADD, "/a/c", "2", "a:\n  text: |\n    one\n  c: 2\n\nb: 1\n" },
    { "type: string # or more\nx: 1\n", PATCH_REPLACE, "/type", "[\"string\",\"null\"]",
      "type: [string, \"null\"] # or more\nx: 1\n" },
    { "type: 'string'\nx: 'y'\n", PATCH_REPLACE, "/type", "[\"string\",\"null\"]", "type: [string, 'null']\nx: 'y'\n" },
    { "type:\n  - string\n  - \"null\" # c\nx: 1\n", PATCH_REPLACE, "/type", "[\"string\",\"integer\",\"null\"]",
      "type:\n  - string\n  - integer\n  - \"null\"\nx: 1\n" },
    { "type: # t\n  - string\n  - boolean\nx: 1\n", PATCH_REPLACE, "/type", "\"number\"", "type: number # t\nx: 1\n" },
    { "maximum: 30 # most\n", PATCH_REPLACE, "/maximum", "64.99", "maximum: 64.99 # most\n" },
    { "name: \"a b\" # n\n", PATCH_REPLACE, "/name", "\"c\"", "name: \"c\" # n\n" },
    { "a: # nothing\nb: 1\n", PATCH_REPLACE, "/a", "2", "a: 2 # nothing\nb: 1\n" },
    { "paths: {} # none\nx: 1\n", PATCH_ADD, "/paths/~1a~1{id}", "{\"get\":{\"x\":1}}",
      "paths: # none\n  /a/{id}:\n    get:\n      x: 1\nx: 1\n" },
    { "paths:\n  /a/{b}:\n    get: {}\n", PATCH_ADD, "/paths/~1c~1{d}", "{}",
      "paths:\n  /a/{b}:\n    get: {}\n  /c/{d}: {}\n" },
    { "responses:\n  '200':\n    description: fine\n", PATCH_ADD, "/responses/409", "{\"description\":\"Conflict\"}",
      "responses:\n  '200':\n    description: fine\n  '409':\n    description: Conflict\n" },
    { "responses:\n  200: {description: fine}\n", PATCH_ADD, "/responses/409", "{}",
      "responses:\n  200: {description: fine}\n  409: {}\n" },
    { "a:\r\n  b: 1 # c\r\nd: 2\r\n", PATCH_ADD, "/a/c", "2", "a:\r\n  b: 1 # c\r\n  c: 2\r\nd: 2\r\n" },
    { "--- # head\na:\n  b: 1\n... # tail\n", PATCH_ADD, "/a/c", "2", "--- # head\na:\n  b: 1\n  c: 2\n... # tail\n" },
    { "a: &one {x: 1} # never used\nb: 1\n", PATCH_ADD, "/a/z", "2", "a: &one {x: 1, z: 2} # never used\nb: 1\n" },
    { "a: &one\n  x: 1\nb: *one\nc: 3\n", PATCH_REPLACE, "/c", "4", "a: &one\n  x: 1\nb: *one\nc: 4\n" },
};

static const struct row flow_rows[] = {
    { "e: [a, b] # c\n", PATCH_ADD, "/e/-", "\"c d\"", "e: [a, b, c d] # c\n" },
    { "e: ['a', 'b']\n", PATCH_ADD, "/e/-", "\"c\"", "e: ['a', 'b', 'c']\n" },
    { "e: [a, b, ]\n", PATCH_ADD, "/e/0", "1", "e: [1, a, b, ]\n" },
    { "e: []\n", PATCH_ADD, "/e/-", "\"a\"", "e: [a]\n" },
    { "e: [\n  a, # first\n  b # second\n]\n", PATCH_ADD, "/e/-", "\"c\"",
      "e: [\n  a, # first\n  b, # second\n  c\n]\n" },
    { "e: [a, b, c]\n", PATCH_REMOVE, "/e/1", "", "e: [a, c]\n" },
    { "e: [a, b, c]\n", PATCH_REMOVE, "/e/2", "", "e: [a, b]\n" },
    { "e: [ a ]\n", PATCH_REMOVE, "/e/0", "", "e: [  ]\n" },
    { "s: {type: string, min: 1}\n", PATCH_REPLACE, "/s/type", "[\"string\",\"null\"]",
      "s: {type: [string, \"null\"], min: 1}\n" },
    { "s: {type: string, min: 1}\n", PATCH_REMOVE, "/s/type", "", "s: {min: 1}\n" },
    { "s: {type: string}\n", PATCH_ADD, "/s/x", "{\"a\":\"b\"}", "s: {type: string, x: {a: b}}\n" },
    { "# c\n{\n \"a\": {\n  \"b\": 1\n }\n}\n", PATCH_ADD, "/a/c", "{\"d\":\"e\"}",
      "# c\n{\n \"a\": {\n  \"b\": 1,\n  \"c\": {\"d\": \"e\"}\n }\n}\n" },
};

static const struct row refused_rows[] = {
    { "a: &x\n  b: 1\nc: *x\n", PATCH_REPLACE, "/a/b", "2",
      "2: this has an anchor that an alias means: a change would count there, too" },
    { "a: &x\n  b: 1\nc: *x\n", PATCH_REPLACE, "/c/b", "2",
      "3: this is an alias: a change would have to be made at its anchor" },
    { "a: &x 1\nc: *x\n", PATCH_REPLACE, "/a", "2",
      "1: this has an anchor that an alias means: a change would count there, too" },
    { "a: &x 1\nc:\n  d: *x\n", PATCH_REMOVE, "/c", "",
      "3: this is an alias: a change would have to be made at its anchor" },
    { "a: |\n  text\n", PATCH_REPLACE, "/a", "1", "2: this is a text block" },
    { "a: !!int 5\n", PATCH_REPLACE, "/a", "\"x\"", "1: it is written in a way that is not changed safely" },
    { "a: 1\n", PATCH_REPLACE, "/b", "1", "1: the path leads nowhere" },
    { "a: 1\n", PATCH_ADD, "/b/c", "1", "1: the path leads nowhere" },
    { "a: [1]\n", PATCH_ADD, "/a/3", "1", "1: the path leads nowhere" },
    { "a: 1\n", PATCH_REPLACE, "", "1", "1: the whole document is not replaced" },
};

static void
run(const struct row *rows, size_t count, bool expected)
{
    unsigned wrong = 0;

    for (size_t i = 0; i < count; i++) {
        bool done;
        struct text result = after(text_of(rows[i].yaml), rows[i].kind, rows[i].path, rows[i].value, &done);

        if (done == expected && text_equal(result, text_of(rows[i].expected)))
            continue;
        print_error("%s %s of\n%s\nis\n%.*s\nnot\n%s\n", patch_name(rows[i].kind), rows[i].path, rows[i].yaml,
                    TEXT_PRINT(result), rows[i].expected);
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

static void
only_the_lines_change_that_must(void **state)
{
    (void)state;
    run(block_rows, sizeof block_rows / sizeof block_rows[0], true);
}

static void
brackets_keep_their_layout(void **state)
{
    (void)state;
    run(flow_rows, sizeof flow_rows / sizeof flow_rows[0], true);
}

static void
what_would_change_other_places_is_refused_with_its_line(void **state)
{
    (void)state;
    run(refused_rows, sizeof refused_rows / sizeof refused_rows[0], false);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(only_the_lines_change_that_must),
        TEST(brackets_keep_their_layout),
        TEST(what_would_change_other_places_is_refused_with_its_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
