/* Changes of YAML texts: what must change does, comments, order, quotes and indentation stay. */
#include "unit.h"

#include "base/limits.h"
#include "base/random.h"
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
    { "a: [b]\nc: [d]\ntype:\n- string\n- boolean\n", PATCH_REPLACE, "/type", "[\"string\",\"number\"]",
      "a: [b]\nc: [d]\ntype:\n- string\n- number\n" },
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
      "1: this has an anchor that an alias means: a change would count there, too" },
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

/* ---- whatever it looks like, comments stay, and nothing becomes wrong ---- */

struct making {
    struct random random;
    struct buffer out;
    unsigned step, dash;
    char paths[200][64];    /* of values, one of which is changed */
    char comments[200][64]; /* the path that the comment "# cN;" is about */
    unsigned path_count, comment_count;
};

static void
put_comment(struct making *m, const char *path)
{
    if (m->comment_count == 200 || random_below(&m->random, 3) != 0)
        return;
    (void)snprintf(m->comments[m->comment_count], sizeof m->comments[0], "%s", path);
    buffer_print(&m->out, " # c%u;", m->comment_count++);
}

static void
put_scalar(struct making *m)
{
    static const char *const scalars[] = { "word",  "'one'",     "\"tw\\\"o\"", "7",   "true",
                                           "19.90", "two words", "''",          "null" };

    buffer_add(&m->out, text_of(scalars[random_below(&m->random, 9)]));
}

static const char *const keys[] = { "a", "'b'", "\"c\"", "200", "x-d", "/e/{f}" };
static const char *const names[] = { "a", "b", "c", "200", "x-d", "~1e~1{f}" };

static void
note_path(struct making *m, const char *path)
{
    if (m->path_count < 200)
        (void)snprintf(m->paths[m->path_count++], sizeof m->paths[0], "%s", path);
}

static void
put_flow(struct making *m, const char *path, unsigned depth)
{
    bool map = random_below(&m->random, 2) == 0;
    uint64_t count = random_below(&m->random, 4);

    buffer_byte(&m->out, map ? '{' : '[');
    for (unsigned i = 0; i < count; i++) {
        char inside[64];

        if (map)
            (void)snprintf(inside, sizeof inside, "%s/%s", path, names[i]);
        else
            (void)snprintf(inside, sizeof inside, "%s/%u", path, i);
        note_path(m, inside);
        buffer_print(&m->out, "%s%s%s", i > 0 ? ", " : "", map ? keys[i] : "", map ? ": " : "");
        if (depth < 4 && random_below(&m->random, 3) == 0)
            put_flow(m, inside, depth + 1);
        else
            put_scalar(m);
    }
    buffer_byte(&m->out, map ? '}' : ']');
}

static void put_block(struct making *m, const char *path, unsigned column, unsigned depth, bool hangs);

/* Behind "key:" or "-". */
static void
put_value(struct making *m, const char *path, unsigned column, unsigned depth, bool item)
{
    uint64_t choice = random_below(&m->random, depth > 3 ? 3 : 6);

    if (choice >= 3 && item) {
        put_block(m, path, column + 2, depth + 1, true);
    } else if (choice >= 3) {
        put_comment(m, path);
        buffer_byte(&m->out, '\n');
        put_block(m, path, column, depth + 1, false);
    } else {
        buffer_byte(&m->out, ' ');
        if (choice == 2)
            put_flow(m, path, depth);
        else if (choice == 1 && random_below(&m->random, 3) == 0)
            buffer_print(&m->out, "|\n%*sline\n\n%*slast", (int)column + 2, "", (int)column + 2, "");
        else
            put_scalar(m);
        if (m->out.data[buffer_length(&m->out) - 1] != 't')
            put_comment(m, path);
        buffer_byte(&m->out, '\n');
    }
}

static void
put_block(struct making *m, const char *path, unsigned column, unsigned depth, bool hangs)
{
    bool map = depth == 0 || random_below(&m->random, 2) == 0;
    uint64_t count = 1 + random_below(&m->random, 4);
    unsigned indent = hangs || depth == 0 ? column : column + (map ? m->step : m->dash);

    if (hangs)
        buffer_byte(&m->out, ' ');
    for (unsigned i = 0; i < count; i++) {
        char inside[64];

        if (map)
            (void)snprintf(inside, sizeof inside, "%s/%s", path, names[i]);
        else
            (void)snprintf(inside, sizeof inside, "%s/%u", path, i);
        note_path(m, inside);
        if (!hangs && random_below(&m->random, 6) == 0) {
            buffer_print(&m->out, "%*s", (int)indent, "");
            put_comment(m, path);
            buffer_byte(&m->out, '\n');
        }
        buffer_print(&m->out, "%*s%s%s", hangs ? 0 : (int)indent, "", map ? keys[i] : "-", map ? ":" : "");
        hangs = false;
        put_value(m, inside, indent, depth, !map);
    }
}

static bool
is_below(const char *path, const char *changed)
{
    size_t length = strlen(changed);

    return strncmp(path, changed, length) == 0 && (path[length] == '\0' || path[length] == '/');
}

static void
check_change(struct making *m, uint64_t seed, unsigned *done, unsigned *all)
{
    static const char *const values[] = { "1", "\"new\"", "[\"a\",\"200\"]", "{\"k\":{\"l\":[1,{\"m\":\"no\"}]}}",
                                          "{}" };
    const char *path = m->paths[random_below(&m->random, m->path_count)];
    enum patch_kind kind = (enum patch_kind)random_below(&m->random, 3);
    char longer[80];
    struct text yaml = buffer_text(&m->out), result;
    bool good;

    (void)snprintf(longer, sizeof longer, "%s/%s", path, random_below(&m->random, 2) == 0 ? "-" : "new");
    result = after(yaml, kind, kind == PATCH_ADD ? longer : path,
                   kind == PATCH_REMOVE ? "" : values[random_below(&m->random, 5)], &good);
    check_that(text_search(result, TEXT("it is no YAML")) == result.length, "seed %llu\n%.*s", (unsigned long long)seed,
               TEXT_PRINT(yaml));
    if (text_search(result, TEXT("leads nowhere")) < result.length)
        return; /* a scalar has nothing below it, a map no "-", a list no "new" */
    ++*all;
    if (!good)
        return;
    ++*done;
    for (unsigned i = 0; i < m->comment_count; i++) {
        struct text comment = arena_print(arena, "# c%u;", i);

        check_that((kind != PATCH_ADD && is_below(m->comments[i], path)) ||
                       text_search(result, comment) < result.length,
                   "seed %llu: %s %s\n%.*sbecame\n%.*s", (unsigned long long)seed, patch_name(kind), path,
                   TEXT_PRINT(yaml), TEXT_PRINT(result));
    }
}

static void
whatever_it_looks_like_comments_stay(void **state)
{
    unsigned done = 0, all = 0;

    (void)state;
    for (uint64_t seed = 0; seed < 2000; seed++) {
        static struct making m;

        m.path_count = m.comment_count = 0;
        random_seed(&m.random, seed);
        buffer_init(&m.out, LIMIT_MIB);
        m.step = seed % 2 == 0 ? 2 : 4;
        m.dash = seed % 3 == 0 ? 0 : m.step;
        put_block(&m, "", 0, 0, false);
        check_change(&m, seed, &done, &all);
        buffer_release(&m.out);
        arena_reset(arena);
    }
    print_message("%u of %u changes were done\n", done, all);
    assert_true(done * 100 >= all * 95);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(only_the_lines_change_that_must),
        TEST(brackets_keep_their_layout),
        TEST(whatever_it_looks_like_comments_stay),
        TEST(what_would_change_other_places_is_refused_with_its_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
