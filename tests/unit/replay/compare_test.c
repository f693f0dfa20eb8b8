#include "unit.h"

#include "base/limits.h"
#include "replay/compare.h"

static struct arena *arena;
static struct noise *noise;

static int
set_up(void **state)
{
    (void)state;
    arena = arena_new(0, SIZE_MAX);
    noise = noise_new(false);
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    noise_free(noise);
    arena_free(arena);
    return 0;
}

/* ---- two answers ---- */

static struct exchange recorded;
static struct message answer;
static struct comparison comparison;
static char told[4096];

static void
answer_is(struct message *m, uint16_t status, const char *body)
{
    static const struct header type = { TEXT("Content-Type"), TEXT("application/json"), HEADER_CONTENT_TYPE, false };

    *m = (struct message){ .status = status, .framing = FRAMING_LENGTH, .body_state = BODY_WHOLE };
    m->headers = ARENA_ARRAY(arena, struct header, 8);
    m->headers[m->header_count++] = type;
    m->body = text_of(body);
}

static void
field(struct message *m, const char *name, const char *value)
{
    m->headers[m->header_count++] =
        (struct header){ text_of(name), text_of(value), (uint8_t)header_id_of(text_of(name)), false };
}

static void
begin(const char *before, const char *now)
{
    recorded = (struct exchange){ .arena = arena, .has_response = true };
    comparison = (struct comparison){ .noise = noise, .operation = TEXT("GET /things/{id}") };
    answer_is(&recorded.response, 200, before);
    answer_is(&answer, 200, now);
}

static void
on_found(void *arg, const struct difference *d)
{
    size_t length = strlen(told);

    (void)arg;
    (void)snprintf(told + length, sizeof told - length, "%s%s %.*s: %.*s -> %.*s", length > 0 ? "; " : "", d->keyword,
                   TEXT_PRINT(d->place), TEXT_PRINT(d->expected), TEXT_PRINT(d->found));
}

static const char *
differences(void)
{
    told[0] = '\0';
    (void)compare_answers(&comparison, &recorded, &answer, arena, on_found, NULL);
    return told;
}

static const char *
bodies(const char *before, const char *now)
{
    begin(before, now);
    return differences();
}

/* ---- bodies ---- */

static void
members_are_found_in_any_order(void **state)
{
    (void)state;
    assert_string_equal(bodies("{\"a\":1,\"b\":[true,null]}", "{\"b\":[true,null],\"a\":1.0}"), "");
}

static void
every_kind_of_difference_is_told_at_its_place(void **state)
{
    (void)state;
    assert_string_equal(bodies("{\"a\":1,\"b\":\"x\",\"c\":{\"d\":[1]},\"e\":true}",
                               "{\"b\":7,\"c\":{\"d\":[2]},\"e\":false,\"f\":[]}"),
                        "missing /a: 1 -> nothing; type /b: \"x\" -> 7; value /c/d/*: 1 -> 2; value /e: true -> false; "
                        "extra /f: nothing -> an array of 0");
}

static void
arrays_keep_their_order_unless_they_are_said_to_have_none(void **state)
{
    static const struct text places[] = { TEXT("/orders/*/items") };

    (void)state;
    begin("{\"orders\":[{\"items\":[1,2,3]}]}", "{\"orders\":[{\"items\":[3,1,2]}]}");
    assert_string_equal(differences(), "value /orders/*/items/*: 1 -> 3; value /orders/*/items/*: 2 -> 1; "
                                       "value /orders/*/items/*: 3 -> 2");
    comparison.unordered = places;
    comparison.unordered_count = 1;
    assert_string_equal(differences(), "");
    answer.body = TEXT("{\"orders\":[{\"items\":[3,9,1,4]}]}");
    assert_string_equal(differences(), "value /orders/*/items/*: 2 -> 9; extra /orders/*/items/*: nothing -> 4");
}

static void
a_shorter_array_is_told_once(void **state)
{
    (void)state;
    assert_string_equal(bodies("[1,2,3,4]", "[1]"), "missing /*: 2 -> nothing");
    assert_string_equal(bodies("[1]", "[1,2,3]"), "extra /*: nothing -> 2");
}

static void
what_is_no_json_is_compared_byte_by_byte(void **state)
{
    (void)state;
    assert_string_equal(bodies("a,b\n1,2\n", "a,b\n1,2\n"), "");
    assert_string_equal(bodies("a,b\n1,2\n", "a,b\n1,3\n"), "value : 8 bytes -> 8 bytes, another one at 6");
    assert_string_equal(bodies("{}", ""), "missing : 2 bytes -> 0 bytes");
}

static void
a_body_that_is_not_on_record_whole_is_not_compared(void **state)
{
    (void)state;
    begin("{\"a\":1", "{\"a\":1}");
    recorded.response.body_cut = true;
    assert_int_equal(compare_answers(&comparison, &recorded, &answer, arena, on_found, NULL), COMPARE_PARTLY);
}

static void
what_was_redacted_may_be_anything_of_any_type(void **state)
{
    static struct text places[] = { TEXT("response body /card/number"), TEXT("response header Set-Cookie") };

    (void)state;
    begin("{\"card\":{\"number\":0,\"name\":\"a\"}}", "{\"card\":{\"number\":\"4111\",\"name\":\"b\"}}");
    recorded.redacted = places;
    recorded.redacted_count = 2;
    field(&recorded.response, "Set-Cookie", "***");
    assert_string_equal(differences(), "value /card/name: \"a\" -> \"b\"");
}

static struct text
back(void *arg, struct text text, struct arena *a)
{
    (void)arg;
    (void)a;
    if (text_equal(text, TEXT("NEW-1")))
        return TEXT("OLD-1");
    if (text_equal(text, TEXT("901")))
        return TEXT("101");
    if (text_equal(text, TEXT("/things/NEW-1")))
        return TEXT("/things/OLD-1");
    return text;
}

static void
values_of_the_new_run_count_as_the_recorded_ones(void **state)
{
    (void)state;
    begin("{\"id\":\"OLD-1\",\"number\":101,\"other\":\"x\"}", "{\"id\":\"NEW-1\",\"number\":901,\"other\":\"NEW-1\"}");
    comparison.to_recorded = back;
    field(&recorded.response, "Location", "http://127.0.0.1:1/things/OLD-1");
    field(&answer, "Location", "/things/NEW-1");
    assert_string_equal(differences(), "value /other: \"x\" -> \"NEW-1\"");
}

/* ---- status and fields ---- */

static void
another_status_is_all_that_is_told(void **state)
{
    (void)state;
    begin("{\"a\":1}", "{\"title\":\"Conflict\",\"detail\":\"it is sold\"}");
    answer.status = 409;
    assert_string_equal(differences(), "value : 200 -> 409 \"it is sold\"");
}

static void
fields_are_compared_as_clients_read_them(void **state)
{
    (void)state;
    begin("{}", "{}");
    field(&recorded.response, "ETag", "\"1\"");
    field(&answer, "ETag", "\"7\"");
    field(&recorded.response, "Allow", "GET, POST");
    field(&answer, "Allow", "post,get");
    field(&recorded.response, "Cache-Control", "no-store");
    field(&recorded.response, "Set-Cookie", "sid=1; Path=/");
    field(&answer, "Set-Cookie", "theme=dark");
    field(&recorded.response, "X-Anything", "1");
    assert_string_equal(differences(),
                        "missing header Cache-Control: \"no-store\" -> nothing; missing header Set-Cookie: "
                        "the cookie sid -> nothing; extra header Set-Cookie: nothing -> the cookie theme");
}

static void
a_field_that_is_asked_for_is_compared_too(void **state)
{
    static const struct text asked[] = { TEXT("X-Total") };

    (void)state;
    begin("{}", "{}");
    field(&recorded.response, "X-Total", "12");
    field(&answer, "x-total", "13");
    assert_string_equal(differences(), "");
    comparison.headers = asked;
    comparison.header_count = 1;
    assert_string_equal(differences(), "value header X-Total: \"12\" -> \"13\"");
}

/* ---- noise ---- */

static void
date_times_and_uuids_are_noise_unless_it_is_strict(void **state)
{
    static const char before[] = "{\"at\":\"2026-01-01T00:00:00Z\",\"id\":\"2eb8aa08-aa98-11ea-b4aa-73b441d16380\"}";
    static const char now[] = "{\"at\":\"2026-02-02T10:00:00.5Z\",\"id\":\"9d3a1c1e-7d3d-4ba9-a19b-cb04ea0719ee\"}";

    (void)state;
    assert_string_equal(bodies(before, now), "");
    assert_string_equal(bodies(before, "{\"at\":\"soon\",\"id\":\"9d3a1c1e-7d3d-4ba9-a19b-cb04ea0719ee\"}"),
                        "value /at: \"2026-01-01T00:00:00Z\" -> \"soon\"");
    noise_free(noise);
    noise = noise_new(true);
    begin(before, "{\"at\":\"2026-01-01T00:00:00Z\",\"id\":\"9d3a1c1e-7d3d-4ba9-a19b-cb04ea0719ee\"}");
    assert_string_equal(differences(), "value /id: \"2eb8aa08-aa98-11ea-b4aa-73b441d16380\" -> "
                                       "\"9d3a1c1e-7d3d-4ba9-a19b-cb04ea0719ee\"");
}

static void
noise_is_about_values_not_about_presence_or_type(void **state)
{
    (void)state;
    assert_int_equal(noise_take(noise, "response:/items/*/seen", NULL), 0);
    assert_int_equal(noise_take(noise, "name:etag", NULL), 0);
    assert_int_equal(noise_take(noise, "format:email", NULL), 0);
    assert_string_equal(bodies("{\"items\":[{\"seen\":1}],\"etag\":\"a\",\"to\":\"a@b.example\"}",
                               "{\"items\":[{\"seen\":2}],\"etag\":\"b\",\"to\":\"c@d.example\"}"),
                        "");
    assert_string_equal(bodies("{\"items\":[{\"seen\":1}],\"etag\":\"a\"}", "{\"items\":[{\"seen\":\"2\"}]}"),
                        "type /items/*/seen: 1 -> \"2\"; missing /etag: \"a\" -> nothing");
}

static void
noise_may_be_of_one_operation(void **state)
{
    (void)state;
    assert_int_equal(noise_take(noise, "GET /things/{id} response:/n", NULL), 0);
    assert_string_equal(bodies("{\"n\":1}", "{\"n\":2}"), "");
    comparison.operation = TEXT("GET /others");
    assert_string_equal(differences(), "value /n: 1 -> 2");
}

static void
a_rule_that_is_none_is_told(void **state)
{
    static const char *const wrong[] = { "", "/a", "format:nothing", "name:", "response:a", "xresponse:/a" };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct error err = { .kind = ERROR_NONE };

        assert_int_equal(noise_take(noise, wrong[i], &err), -1);
        assert_int_equal(err.kind, ERROR_USAGE);
    }
}

static void
what_was_learned_is_written_most_seen_first(void **state)
{
    struct buffer out;

    (void)state;
    buffer_init(&out, 4096);
    assert_int_equal(noise_learn(noise, TEXT("GET /a"), TEXT("/x"), false), 0);
    assert_int_equal(noise_learn(noise, TEXT("GET /a"), TEXT("/y"), false), 0);
    assert_int_equal(noise_learn(noise, TEXT("GET /a"), TEXT("/y"), true), 0);
    assert_int_equal(noise_learn(noise, TEXT("GET /a"), TEXT("header Link"), false), 0);
    noise_write(noise, &out);
    buffer_byte(&out, '\0');
    assert_string_equal(out.data, "noise:\n"
                                  "  - { at: \"GET /a response:/y\", presence: true, seen: 2 }\n"
                                  "  - { at: \"GET /a response:/x\", seen: 1 }\n"
                                  "  - { header: \"Link\", seen: 1 }\n");
    buffer_release(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(members_are_found_in_any_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_kind_of_difference_is_told_at_its_place, set_up, tear_down),
        cmocka_unit_test_setup_teardown(arrays_keep_their_order_unless_they_are_said_to_have_none, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_shorter_array_is_told_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_json_is_compared_byte_by_byte, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_body_that_is_not_on_record_whole_is_not_compared, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_was_redacted_may_be_anything_of_any_type, set_up, tear_down),
        cmocka_unit_test_setup_teardown(values_of_the_new_run_count_as_the_recorded_ones, set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_status_is_all_that_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(fields_are_compared_as_clients_read_them, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_field_that_is_asked_for_is_compared_too, set_up, tear_down),
        cmocka_unit_test_setup_teardown(date_times_and_uuids_are_noise_unless_it_is_strict, set_up, tear_down),
        cmocka_unit_test_setup_teardown(noise_is_about_values_not_about_presence_or_type, set_up, tear_down),
        cmocka_unit_test_setup_teardown(noise_may_be_of_one_operation, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_rule_that_is_none_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_was_learned_is_written_most_seen_first, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
