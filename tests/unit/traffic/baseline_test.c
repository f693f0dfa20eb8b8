#include "unit.h"
#include "base/arena.h"
#include "base/limits.h"
#include "traffic/baseline.h"

#define DAY INT64_C(86400000000000)

struct fixture {
    struct arena *arena;
    struct document document;
    struct baseline baseline;
    struct error err;
};

/* 0 or -1, as baseline_read. */
static int
read_text(struct fixture *f, const char *text)
{
    f->arena = arena_new(0, LIMIT_MIB);
    assert_int_equal(document_read_text(&f->document, text_of(text), "b.json", f->arena, &f->err), 0);
    return baseline_read(&f->baseline, &f->document, f->arena, &f->err);
}

static struct finding
finding_at(const char *instance)
{
    struct finding f = { .rule = TEXT("body-schema"),
                         .level = LEVEL_ERROR,
                         .service = TEXT("depot"),
                         .operation = TEXT("getParcel"),
                         .side = SIDE_RESPONSE,
                         .instance = text_of(instance),
                         .keyword = TEXT("type"),
                         .count = 1 };

    finding_fingerprint(&f, f.fingerprint);
    return f;
}

static char *
written(const struct baseline *b, const char *const *places)
{
    struct finding_list *list = finding_list_new();
    struct buffer out;
    char *text;

    for (; *places != NULL; places++) {
        struct finding f = finding_at(*places);

        assert_int_equal(finding_list_add_one(list, &f), 0);
    }
    buffer_init(&out, LIMIT_MIB);
    baseline_write(b, list, &out);
    assert_false(buffer_failed(&out));
    text = strndup(buffer_text(&out).data, buffer_text(&out).length);
    buffer_release(&out);
    finding_list_free(list);
    return text;
}

static void
what_was_written_accepts_these_findings_and_no_others(void **state)
{
    char *text = written(NULL, (const char *const[]){ "/b", "/a", NULL });
    struct fixture f = { .err = { .kind = ERROR_NONE } };
    struct finding a = finding_at("/a"), c = finding_at("/c");

    (void)state;
    assert_true(strstr(text, "\"/a\"") < strstr(text, "\"/b\""));
    assert_int_equal(read_text(&f, text), 0);
    assert_int_equal(f.baseline.count, 2);
    assert_int_equal(baseline_ask(&f.baseline, &a, 0), BASELINE_ACCEPTED);
    assert_int_equal(baseline_ask(&f.baseline, &c, 0), BASELINE_NEW);
    assert_true(f.baseline.entries[0].met);
    assert_false(f.baseline.entries[1].met);
    arena_free(f.arena);
    free(text);
}

static void
an_entry_is_accepted_to_the_end_of_its_last_day(void **state)
{
    struct finding a = finding_at("/a");
    struct fixture f = { .err = { .kind = ERROR_NONE } };
    char text[300];

    (void)state;
    snprintf(text, sizeof text, "{\"findings\": [{\"fingerprint\": \"%s\", \"expires\": \"1970-01-02\"}]}",
             a.fingerprint);
    assert_int_equal(read_text(&f, text), 0);
    assert_int_equal(baseline_ask(&f.baseline, &a, 2 * DAY - 1), BASELINE_ACCEPTED);
    assert_int_equal(baseline_ask(&f.baseline, &a, 2 * DAY), BASELINE_EXPIRED);
    arena_free(f.arena);
}

static void
written_again_it_keeps_what_a_person_wrote_and_loses_what_vanished(void **state)
{
    struct finding a = finding_at("/a"), gone = finding_at("/gone");
    struct fixture f = { .err = { .kind = ERROR_NONE } };
    char text[400], *again;

    (void)state;
    snprintf(text, sizeof text,
             "{\"findings\": [{\"fingerprint\": \"%s\", \"reason\": \"old \\\"depot\\\"\", \"owner\": \"team\", "
             "\"expires\": \"2030-01-01\"}, {\"fingerprint\": \"%s\"}]}",
             a.fingerprint, gone.fingerprint);
    assert_int_equal(read_text(&f, text), 0);
    again = written(&f.baseline, (const char *const[]){ "/a", "/new", NULL });
    assert_non_null(strstr(again, "\"reason\":\"old \\\"depot\\\"\",\"owner\":\"team\",\"expires\":\"2030-01-01\"}"));
    assert_non_null(strstr(again, "\"/new\""));
    assert_null(strstr(again, gone.fingerprint));
    arena_free(f.arena);
    free(again);
}

static void
an_entry_that_is_there_twice_and_a_day_that_is_none_are_told_with_their_line(void **state)
{
    struct fixture twice = { .err = { .kind = ERROR_NONE } }, day = twice;

    (void)state;
    assert_int_equal(read_text(&twice, "{\"findings\": [\n{\"fingerprint\": \"00000000000000aa\"},\n"
                                       "{\"fingerprint\": \"00000000000000aa\"}]}"),
                     -1);
    assert_string_equal(twice.err.where, "b.json:3:1");
    assert_non_null(strstr(twice.err.what, "line 2"));
    assert_int_equal(read_text(&day, "{\"findings\": [{\"fingerprint\": \"00000000000000aa\",\n"
                                     "\"expires\": \"2026-02-30\"}]}"),
                     -1);
    assert_string_equal(day.err.where, "b.json:2:12");
    arena_free(twice.arena);
    arena_free(day.arena);
}

static void
no_findings_are_a_file_too(void **state)
{
    char *text = written(NULL, (const char *const[]){ NULL });
    struct fixture f = { .err = { .kind = ERROR_NONE } };
    struct finding a = finding_at("/a");

    (void)state;
    assert_string_equal(text, "{\n  \"baseline\": 1,\n  \"findings\": []\n}\n");
    assert_int_equal(read_text(&f, text), 0);
    assert_int_equal(baseline_ask(&f.baseline, &a, 0), BASELINE_NEW);
    arena_free(f.arena);
    free(text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_accepts_these_findings_and_no_others),
        cmocka_unit_test(an_entry_is_accepted_to_the_end_of_its_last_day),
        cmocka_unit_test(written_again_it_keeps_what_a_person_wrote_and_loses_what_vanished),
        cmocka_unit_test(an_entry_that_is_there_twice_and_a_day_that_is_none_are_told_with_their_line),
        cmocka_unit_test(no_findings_are_a_file_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
