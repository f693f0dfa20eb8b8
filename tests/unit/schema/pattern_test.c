/* pattern.h: tests/cases/pattern/ecmascript.json says what patterns mean, refused.json what is refused and where. */
#include "unit.h"

#include <time.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "json/document.h"
#include "schema/pattern.h"
#include "schema/pattern_automaton.h"

static struct pattern_scratch *scratch;

static const struct value *
cases_of(const char *path, struct arena *arena)
{
    struct document document;
    struct error err = { 0 };

    check_that(document_read(&document, path, arena, &err) == 0, "%s: %s", err.where, err.what);
    return VALUE_MEMBER(document.root, "cases");
}

static struct pattern *
compiled(const char *source)
{
    struct error err = { 0 };
    struct pattern *p = pattern_new(text_of(source), &err);

    check_that(p != NULL, "%s", err.what);
    return p;
}

static int
matches(const char *source, struct text subject)
{
    struct pattern *p = compiled(source);
    int result = pattern_matches(p, subject, scratch, NULL);

    pattern_free(p);
    return result;
}

/* pattern_search always asks PCRE2, pattern_matches the automaton where there is one: both must say the same. */
static void
check_subjects(const struct pattern *p, const struct value *one, const char *list, int expected)
{
    const struct value *subjects = value_member(one, text_of(list));
    struct text source = value_text(VALUE_MEMBER(one, "pattern"));

    for (VALUE_EACH_ITEM(subject, subjects)) {
        size_t start, end;
        int result = pattern_matches(p, value_text(subject), scratch, NULL);
        int searched = pattern_search(p, value_text(subject), 0, scratch, &start, &end);

        check_that(result == expected, "'%.*s' on '%.*s' gives %d, not %d", TEXT_PRINT(source),
                   TEXT_PRINT(value_text(subject)), result, expected);
        check_that(searched == expected || searched == -1, "'%.*s' on '%.*s': a search gives %d, not %d",
                   TEXT_PRINT(source), TEXT_PRINT(value_text(subject)), searched, expected);
    }
}

static void
patterns_mean_what_their_cases_say(void **state)
{
    struct arena *arena = arena_new(0, SIZE_MAX / 2);
    const struct value *cases = cases_of("tests/cases/pattern/ecmascript.json", arena);

    (void)state;
    for (VALUE_EACH_ITEM(one, cases)) {
        struct error err = { 0 };
        struct pattern *p = pattern_new(value_text(VALUE_MEMBER(one, "pattern")), &err);

        check_that(p != NULL, "%s", err.what);
        check_subjects(p, one, "matches", 1);
        check_subjects(p, one, "fails", 0);
        pattern_free(p);
    }
    arena_free(arena);
}

static void
what_cannot_be_run_is_refused_with_its_place(void **state)
{
    struct arena *arena = arena_new(0, SIZE_MAX / 2);
    const struct value *cases = cases_of("tests/cases/pattern/refused.json", arena);

    (void)state;
    for (VALUE_EACH_ITEM(one, cases)) {
        struct text source = value_text(VALUE_MEMBER(one, "pattern"));
        const struct value *offset = VALUE_MEMBER(one, "offset");
        struct error err = { 0 };
        char ending[64];

        check_that(pattern_new(source, &err) == NULL, "'%.*s' was not refused", TEXT_PRINT(source));
        assert_int_equal(err.kind, ERROR_CONFIG);
        check_that(pattern_is_valid(source) == value_is(VALUE_MEMBER(one, "valid"), VALUE_TRUE),
                   "'%.*s' is wrongly judged by pattern_is_valid", TEXT_PRINT(source));
        if (value_is(offset, VALUE_NULL))
            continue;
        snprintf(ending, sizeof(ending), "at offset %.*s", TEXT_PRINT(value_text(offset)));
        check_that(text_ends(text_of(err.what), text_of(ending)), "'%s' should end in '%s'", err.what, ending);
    }
    arena_free(arena);
}

static void
a_search_says_where_the_match_is(void **state)
{
    struct pattern *p = compiled("\\d+");
    struct text subject = TEXT("é12 345");
    size_t start, end;

    (void)state;
    assert_int_equal(pattern_search(p, subject, 0, scratch, &start, &end), 1);
    assert_int_equal(start, 2);
    assert_int_equal(end, 4);
    assert_int_equal(pattern_search(p, subject, end, scratch, &start, &end), 1);
    assert_int_equal(start, 5);
    assert_int_equal(end, 8);
    assert_int_equal(pattern_search(p, subject, end, scratch, &start, &end), 0);
    assert_int_equal(pattern_search(p, subject, 99, scratch, &start, &end), 0);
    pattern_free(p);
}

static void
redaction_rules_may_use_the_syntax_of_pcre2(void **state)
{
    struct error err = { 0 };
    struct pattern *p = pattern_new_pcre(TEXT("(?x) \\b card \\K \\d++ \\b"), true, &err);
    size_t start, end;

    (void)state;
    check_that(p != NULL, "%s", err.what);
    assert_int_equal(pattern_search(p, TEXT("a CARD42 b"), 0, scratch, &start, &end), 1);
    assert_int_equal(start, 6);
    assert_int_equal(end, 8);
    pattern_free(p);
    assert_null(pattern_new_pcre(TEXT("a("), false, &err));
    assert_non_null(strstr(err.what, "at offset 2"));
}

static void
a_subject_that_is_no_text_is_unknown_and_harmless(void **state)
{
    static const char *const broken[] = { "\xff", "a\xc3",   "\xc0\xaf", "\xf8\x88\x80\x80\x80", "\xf4\x90\x80\x80",
                                          "\x80", "\xe2\x82" };

    (void)state;
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        assert_int_equal(matches("^[^b]*$", text_of(broken[i])), -1); /* automaton */
        assert_int_equal(matches("\\bzz", text_of(broken[i])), -1);   /* PCRE2 */
    }
    assert_int_equal(matches("^.\\B", TEXT("\xED\xA0\x80")), 1); /* a lone surrogate is a character */
}

/* ---- hostile ---- */

static double
milliseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

struct hostile {
    const char *pattern;
    const char *unit; /* the subject is this, many times, then an x */
    size_t count;
};

/* Lookaheads keep these from the automaton, for which they would be no matter. */
static const struct hostile hostile[] = {
    { "(?=a)(a+)+$", "a", 30 },
    { "(?=a)(a+)+$", "a", 250 },
    { "(?=a)(a+)+$", "a", 100000 },
    { "(?=a)(a+)+$", "aaaaaaaaaaaaaab", 70000 },
    { "(?=a)(a|aa)+$", "a", 1000000 },
    { "(?=a)(a|a)*$", "a", 250 },
    { "^(?=a)a*a*a*a*a*a*[bc]$", "a", 250 },
    { "\\b.*a.*a.*a$", "a ", 500000 },
    { "^(\\w+\\s?)*\\b!$", "aaaa ", 200000 },
    { "(?!x)(?:[a-z]{1,63}\\.){1,20}!", "aa.", 300000 },
    { "(.*)(.*)\\1[bc]", "a", 100000 },
};

static void
hostile_patterns_end_soon_and_are_unknown(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
        size_t unit = strlen(hostile[i].unit), length = unit * hostile[i].count;
        char *subject = malloc(length + 1);
        struct pattern *p = compiled(hostile[i].pattern);
        double start, took;
        int result;

        assert_non_null(subject);
        for (size_t k = 0; k < hostile[i].count; k++)
            memcpy(subject + k * unit, hostile[i].unit, unit);
        subject[length] = 'x';
        start = milliseconds();
        result = pattern_matches(p, text_make(subject, length + 1), scratch, NULL);
        took = milliseconds() - start;
        check_that(result != 1, "'%s' cannot match", hostile[i].pattern);
        /* Some milliseconds; sanitizers do not slow down JIT code, but callouts. */
        check_that(took < 500, "'%s' on %zu bytes took %.0f ms", hostile[i].pattern, length, took);
        pattern_free(p);
        free(subject);
    }
    assert_int_equal(matches("(?=a)(a+)+$", TEXT("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab")), -1);
    assert_int_equal(matches("(a+)+$", TEXT("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab")), 0);
}

static void
a_hostile_redaction_rule_ends_soon_too(void **state)
{
    struct pattern *p = pattern_new_pcre(TEXT("(a+)+!"), false, NULL);
    size_t length = 15 * (size_t)70000, from, to;
    char *subject = malloc(length);
    double start;

    (void)state;
    assert_non_null(subject);
    for (size_t i = 0; i < length; i++)
        subject[i] = i % 15 == 14 ? 'b' : 'a';
    start = milliseconds();
    assert_int_equal(pattern_search(p, text_make(subject, length), 0, scratch, &from, &to), -1);
    assert_int_equal(pattern_search(p, text_make(subject, length), 15, scratch, &from, &to), -1); /* nothing is left */
    check_that(milliseconds() - start < 2000, "it took %.0f ms", milliseconds() - start);
    assert_int_equal(pattern_search(p, TEXT("aa!"), 0, scratch, &from, &to), 1); /* another subject begins anew */
    pattern_free(p);
    free(subject);
}

static void
a_rule_that_reads_a_whole_body_may_finish(void **state)
{
    struct pattern *p = pattern_new_pcre(TEXT("\\b(?:\\d[ -]*?){13,16}\\b"), false, NULL);
    static const char unit[] = "{\"id\": 123456, \"at\": \"2025-06-27T12:00:00Z\"}, ";
    size_t length = 1000000, from, to;
    char *subject = malloc(length);

    (void)state;
    assert_non_null(subject);
    for (size_t i = 0; i < length; i++)
        subject[i] = unit[i % (sizeof(unit) - 1)];
    memcpy(subject + length - 22, "xx 4111 1111 1111 1111", 22);
    assert_int_equal(pattern_search(p, text_make(subject, length), 0, scratch, &from, &to), 1);
    assert_int_equal(to, length);
    assert_int_equal(to - from, 19);
    pattern_free(p);
    free(subject);
}

static void
work_is_taken_from_the_budget(void **state)
{
    static const char *const sources[] = { "^a*$", "^a*\\b" };
    char subject[1000];

    (void)state;
    memset(subject, 'a', sizeof(subject));
    for (size_t i = 0; i < 2; i++) {
        struct pattern *p = compiled(sources[i]);
        uint32_t budget = 100;

        assert_int_equal(pattern_matches(p, text_make(subject, sizeof(subject)), scratch, &budget), 1);
        assert_in_range(budget, 0, 100 - 63);
        budget = 62;
        assert_int_equal(pattern_matches(p, text_make(subject, sizeof(subject)), scratch, &budget), -1);
        assert_int_equal(budget, 0);
        assert_int_equal(pattern_matches(p, TEXT(""), scratch, &budget), -1);
        pattern_free(p);
    }
}

static void
a_long_pattern_or_a_deep_one_is_refused_not_crashed(void **state)
{
    size_t length = LIMIT_PATTERN_BYTES + 1;
    char *source = malloc(length);
    struct error err = { 0 };

    (void)state;
    assert_non_null(source);
    memset(source, 'a', length);
    assert_null(pattern_new(text_make(source, length), &err));
    assert_non_null(strstr(err.what, "too long"));
    memset(source, '(', length);
    assert_false(pattern_is_valid(text_make(source, length - 1)));
    memset(source, '|', length);
    assert_true(pattern_is_valid(text_make(source, length - 1)));
    assert_false(pattern_is_valid(TEXT("a\xff")));
    free(source);
}

/* ---- the automaton against PCRE2, on what a seeded generator comes up with ---- */

static uint64_t seed;

static uint32_t
below(uint32_t limit)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(seed >> 33) % limit;
}

static const char *
one_of(const char *const *list, size_t count)
{
    return list[below((uint32_t)count)];
}

#define ONE_OF(list) one_of((list), sizeof(list) / sizeof((list)[0]))

static void
generate(struct buffer *out, unsigned depth)
{
    static const char *const atoms[] = { "a",      "b",   "c",   "1",      "-",         "é",     "🐲",
                                         ".",      "\\d", "\\w", "\\s",    "\\S",       "[ab]",  "[^a]",
                                         "[a-c1]", "[]",  "[^]", "[\\d-]", "[^\\w\\s]", "[é-ж]", "\\ud800" };
    static const char *const quantifiers[] = { "*", "+", "?", "{2}", "{1,3}", "{0,2}", "{2,}", "*?", "{0}" };
    uint32_t terms = below(4);

    for (uint32_t i = 0; i < terms; i++) {
        if (depth > 0 && below(3) == 0) {
            buffer_add(out, below(2) == 0 ? TEXT("(") : TEXT("(?:"));
            generate(out, depth - 1);
            buffer_byte(out, ')');
        } else {
            buffer_add(out, text_of(ONE_OF(atoms)));
        }
        if (below(3) == 0)
            buffer_add(out, text_of(ONE_OF(quantifiers)));
    }
    if (below(4) == 0) {
        buffer_byte(out, '|');
        generate(out, depth > 0 ? depth - 1 : 0);
    }
}

static void
generate_pattern(struct buffer *out)
{
    bool group = below(3) == 0;

    buffer_clear(out);
    if (below(2) == 0)
        buffer_byte(out, '^');
    if (group)
        buffer_byte(out, '(');
    generate(out, 2);
    if (group)
        buffer_byte(out, ')');
    if (below(2) == 0)
        buffer_byte(out, '$');
}

static void
generate_subject(struct buffer *out)
{
    static const char *const characters[] = { "a", "b", "c", "1", "-", "é", "🐲", " ", "\n", "ж", "\xED\xA0\x80", "_" };
    uint32_t length = below(8);

    buffer_clear(out);
    for (uint32_t i = 0; i < length; i++)
        buffer_add(out, text_of(ONE_OF(characters)));
}

static void
the_automaton_gives_the_answers_of_pcre2(void **state)
{
    struct buffer source, subject;
    int automata = 0;

    (void)state;
    seed = 20250627;
    buffer_init(&source, 4096);
    buffer_init(&subject, 4096);
    for (int round = 0; round < 3000; round++) {
        struct arena *arena = arena_new(0, LIMIT_PATTERN_TREE);
        struct pattern_problem problem;
        struct pattern_tree tree;
        struct automaton *automaton;
        struct pattern *p;

        generate_pattern(&source);
        assert_int_equal(pattern_parse(&tree, buffer_text(&source), false, arena, &problem), 0);
        automaton = automaton_new(&tree);
        p = pattern_new(buffer_text(&source), NULL);
        assert_non_null(p);
        automata += automaton != NULL;
        for (int i = 0; automaton != NULL && i < 30; i++) {
            size_t start, end;
            int expected;

            generate_subject(&subject);
            expected = pattern_search(p, buffer_text(&subject), 0, scratch, &start, &end);
            check_that(expected == -1 || automaton_matches(automaton, buffer_text(&subject)) == expected,
                       "'%.*s' on '%.*s': PCRE2 says %d", TEXT_PRINT(buffer_text(&source)),
                       TEXT_PRINT(buffer_text(&subject)), expected);
        }
        automaton_free(automaton);
        pattern_free(p);
        arena_free(arena);
    }
    buffer_release(&source);
    buffer_release(&subject);
    check_that(automata > 2500, "only %d of 3000 patterns became automata", automata);
}

static void
a_search_with_groups_says_what_each_matched_and_what_it_cost(void **state)
{
    struct pattern_span spans[PATTERN_GROUPS + 1];
    struct error err = { 0 };
    struct pattern *p = pattern_new_groups(TEXT("(?<year>\\d+)-(\\d+)(x)?"), &err);
    uint32_t count = 0;
    uint64_t work = 0, none = 0;

    (void)state;
    check_that(p != NULL, "%s", err.what);
    assert_int_equal(pattern_search_groups(p, TEXT("on 2025-01 "), 0, scratch, spans, &count, &work), 1);
    assert_int_equal(count, 4);
    assert_int_equal(spans[0].start, 3);
    assert_int_equal(spans[0].end, 10);
    assert_int_equal(spans[1].end, 7);
    assert_int_equal(spans[2].start, 8);
    assert_int_equal(spans[3].start, PATTERN_UNSET);
    assert_true(work > 0);
    assert_int_equal(pattern_search_groups(p, TEXT("on 2025-01 "), 9, scratch, spans, &count, &none), 0);
    assert_int_equal(pattern_search_groups(p, TEXT("x"), 2, scratch, spans, &count, &none), 0);
    pattern_free(p);
    assert_null(pattern_new_groups(TEXT("()()()()()()()()()()()()()()()()()()()()()()()()()()()()()()()()"), &err));
    assert_string_equal(err.what, "the pattern has 32 groups, and there may be 31");
}

static int
open_scratch(void **state)
{
    (void)state;
    return (scratch = pattern_scratch_new()) == NULL;
}

static int
close_scratch(void **state)
{
    (void)state;
    pattern_scratch_free(scratch);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns_mean_what_their_cases_say),
        cmocka_unit_test(what_cannot_be_run_is_refused_with_its_place),
        cmocka_unit_test(a_search_says_where_the_match_is),
        cmocka_unit_test(a_search_with_groups_says_what_each_matched_and_what_it_cost),
        cmocka_unit_test(redaction_rules_may_use_the_syntax_of_pcre2),
        cmocka_unit_test(a_subject_that_is_no_text_is_unknown_and_harmless),
        cmocka_unit_test(hostile_patterns_end_soon_and_are_unknown),
        cmocka_unit_test(a_hostile_redaction_rule_ends_soon_too),
        cmocka_unit_test(a_rule_that_reads_a_whole_body_may_finish),
        cmocka_unit_test(work_is_taken_from_the_budget),
        cmocka_unit_test(a_long_pattern_or_a_deep_one_is_refused_not_crashed),
        cmocka_unit_test(the_automaton_gives_the_answers_of_pcre2),
    };
    return cmocka_run_group_tests(tests, open_scratch, close_scratch);
}
