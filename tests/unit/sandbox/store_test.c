#include "sandbox/store_unit.h"

#include <pthread.h>

static const struct value *
parse(const char *json)
{
    struct document document;

    if (json == NULL)
        return NULL;
    check_that(document_parse(&document, text_of(json), NULL, arena, NULL) == 0, "%s", json);
    return document.root;
}

static bool
add_id(void *arg, struct text id, struct text json, uint64_t version)
{
    struct buffer *ids = arg;

    (void)json;
    (void)version;
    if (buffer_length(ids) > 0)
        buffer_byte(ids, ' ');
    buffer_add(ids, id);
    return true;
}

/* The ids that a query finds, with spaces between them. */
static const char *
ids_of(struct store *s, struct store_query query, uint64_t *total)
{
    const char *found;
    struct buffer ids;

    query.service = TEXT("shop");
    query.collection = TEXT("orders");
    buffer_init(&ids, LIMIT_MIB);
    assert_int_equal(store_list(s, &query, add_id, &ids, total, NULL), 0);
    found = arena_text(arena, buffer_text(&ids)).data;
    buffer_release(&ids);
    return found;
}

static const char *
where(const char *json)
{
    return ids_of(store, (struct store_query){ .where = parse(json) }, NULL);
}

static bool
add_note(void *arg, uint64_t number, struct text service, struct text at, struct text json)
{
    buffer_print(arg, "%llu %.*s %.*s %.*s\n", (unsigned long long)number, TEXT_PRINT(service), TEXT_PRINT(at),
                 TEXT_PRINT(json));
    return true;
}

static const char *
notes_of(struct store *s, struct store_notes_query query)
{
    struct buffer out;
    const char *all;

    buffer_init(&out, LIMIT_MIB);
    assert_int_equal(store_notes(s, &query, add_note, &out, NULL), 0);
    all = arena_text(arena, buffer_text(&out)).data;
    buffer_release(&out);
    return all;
}

/* ---- records ---- */

static void
a_record_is_found_under_its_own_key_alone(void **state)
{
    struct store_key other_service = { TEXT("erp"), TEXT("orders"), TEXT("1") };
    struct store_key other_collection = { TEXT("shop"), TEXT("carts"), TEXT("1") };

    (void)state;
    begins(store);
    assert_string_equal(record_of(store, "1"), "");
    puts_record(store, "1", "{\"price\":19.90}");
    assert_string_equal(record_of(store, "1"), "{\"price\":19.90}"); /* as written */
    assert_string_equal(record_of(store, "2"), "");
    assert_int_equal(store_get(store, &other_service, NULL, NULL, NULL), 0);
    assert_int_equal(store_get(store, &other_collection, NULL, NULL, NULL), 0);
    commits(store);
}

static void
ids_are_texts_of_any_bytes(void **state)
{
    static const char *const ids[] = { "'; DROP TABLE record; --", "a\"b", "%_", "", "1", "01", "\xff\xfe", "A", "a" };

    (void)state;
    begins(store);
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++)
        assert_int_equal(puts_record(store, ids[i], ids[i][0] == 'A' ? "{\"big\":true}" : "{}"), 1);
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++)
        assert_string_equal(record_of(store, ids[i]), ids[i][0] == 'A' ? "{\"big\":true}" : "{}");
    commits(store);
}

static void
an_id_may_hold_a_nul(void **state)
{
    struct store_key long_key = { TEXT("shop"), TEXT("orders"), text_make("a\0b", 3) };

    (void)state;
    begins(store);
    assert_int_equal(store_put(store, &long_key, TEXT("{}"), NULL, NULL), 0);
    assert_string_equal(record_of(store, "a"), "");
    assert_int_equal(store_get(store, &long_key, NULL, NULL, NULL), 1);
    commits(store);
}

static void
versions_count_on_over_a_deletion(void **state)
{
    struct store_key key = key_of("1");
    uint64_t version = 0;

    (void)state;
    begins(store);
    assert_int_equal(puts_record(store, "1", "{}"), 1);
    assert_int_equal(puts_record(store, "1", "{}"), 2);
    assert_int_equal(store_delete(store, &key, NULL), 1);
    assert_int_equal(store_delete(store, &key, NULL), 0);
    assert_string_equal(record_of(store, "1"), "");
    assert_string_equal(where("{}"), "");
    assert_true(puts_record(store, "1", "{\"again\":true}") > 2);
    assert_int_equal(store_get(store, &key, NULL, &version, NULL), 1);
    assert_int_equal(version, 4);
    commits(store);
}

static void
a_record_that_is_too_large_is_refused_and_the_transaction_goes_on(void **state)
{
    struct error err = { .kind = ERROR_NONE };
    char *json = malloc(LIMIT_STORE_RECORD + 1);
    struct store_key key = key_of("2");

    (void)state;
    assert_non_null(json);
    memset(json, ' ', LIMIT_STORE_RECORD + 1);
    memcpy(json, "{}", 2);
    begins(store);
    puts_record(store, "1", "{}");
    assert_int_equal(store_put(store, &key, text_make(json, LIMIT_STORE_RECORD + 1), NULL, &err), -1);
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_non_null(strstr(err.what, "at most 4 MiB"));
    assert_int_equal(store_put(store, &key, text_make(json, LIMIT_STORE_RECORD), NULL, NULL), 0);
    commits(store);
    begins(store);
    assert_string_equal(record_of(store, "1"), "{}");
    commits(store);
    free(json);
}

/* ---- transactions ---- */

static void
a_rollback_undoes_all_of_it(void **state)
{
    struct store_key key = key_of("1");
    uint64_t version = 0;

    (void)state;
    begins(store);
    puts_record(store, "1", "{\"state\":\"old\"}");
    assert_int_equal(next_of(store, "order"), 1);
    commits(store);

    begins(store);
    puts_record(store, "1", "{\"state\":\"new\"}");
    puts_record(store, "2", "{}");
    assert_int_equal(next_of(store, "order"), 2);
    notes(store, "outbox", "{}");
    assert_int_equal(store_meta_put(store, TEXT("seed"), TEXT("7"), NULL), 0);
    store_rollback(store);

    begins(store);
    assert_string_equal(record_of(store, "1"), "{\"state\":\"old\"}");
    assert_int_equal(store_get(store, &key, NULL, &version, NULL), 1);
    assert_int_equal(version, 1);
    assert_string_equal(record_of(store, "2"), "");
    assert_int_equal(next_of(store, "order"), 2);
    assert_int_equal(notes(store, "outbox", "{}"), 1);
    assert_int_equal(store_meta_get(store, TEXT("seed"), NULL, NULL), 0);
    commits(store);
}

#define TURNS 500

static void *
increment(void *arg)
{
    for (int i = 0; i < TURNS; i++) {
        struct store_key key = key_of("count");
        char json[32];
        uint64_t version = 0;

        if (store_begin(arg, NULL) < 0 || store_get(arg, &key, NULL, &version, NULL) < 0)
            return arg;
        snprintf(json, sizeof json, "{\"count\":%llu}", (unsigned long long)version + 1);
        if (store_put(arg, &key, text_of(json), NULL, NULL) < 0 || store_commit(arg, NULL) < 0)
            return arg;
    }
    return NULL;
}

static void
two_threads_lose_nothing(void **state)
{
    pthread_t threads[2];

    (void)state;
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, increment, store), 0);
    for (int i = 0; i < 2; i++) {
        void *failed = NULL;

        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
    begins(store);
    assert_string_equal(record_of(store, "count"), "{\"count\":1000}");
    commits(store);
}

static void
whoever_holds_the_store_keeps_it(void **state)
{
    struct store *again = store_hold(store);

    (void)state;
    store_drop(again);
    store_drop(NULL);
    begins(store);
    puts_record(store, "1", "{}");
    commits(store);
}

/* ---- lists ---- */

static void
filters_compare_values_as_json(void **state)
{
    (void)state;
    begins(store);
    puts_record(store, "text", "{\"v\":\"1\",\"s\":\"open\"}");
    puts_record(store, "one", "{\"v\":1,\"s\":\"open\"}");
    puts_record(store, "one.0", "{\"v\":1.0}");
    puts_record(store, "true", "{\"v\":true,\"s\":\"closed\"}");
    puts_record(store, "null", "{\"v\":null}");
    puts_record(store, "missing", "{}");
    puts_record(store, "list", "{\"v\":[1,2]}");
    puts_record(store, "object", "{\"v\":{\"a\":1,\"b\":[\"x\"]}}");
    puts_record(store, "large", "{\"v\":9007199254740993}");
    puts_record(store, "price", "{\"v\":19.90}");
    assert_string_equal(where("{\"v\":1}"), "one one.0");
    assert_string_equal(where("{\"v\":10e-1}"), "one one.0");
    assert_string_equal(where("{\"v\":\"1\"}"), "text");
    assert_string_equal(where("{\"v\":true}"), "true");
    assert_string_equal(where("{\"v\":false}"), "");
    assert_string_equal(where("{\"v\":null}"), "null missing");
    assert_string_equal(where("{\"v\":9007199254740992}"), "");
    assert_string_equal(where("{\"v\":9007199254740993}"), "large");
    assert_string_equal(where("{\"v\":19.9}"), "price");
    assert_string_equal(where("{\"v\":[1,\"1\",null]}"), "text one one.0 null missing");
    assert_string_equal(where("{\"v\":[]}"), "");
    assert_string_equal(where("{\"v\":{\"b\":[\"x\"],\"a\":1}}"), "object");
    assert_string_equal(where("{\"v\":[[1,2]]}"), "list");
    assert_string_equal(where("{\"v\":1,\"s\":\"open\"}"), "one");
    assert_string_equal(where("{\"/v/a\":1}"), "object");
    assert_string_equal(where("{\"/v/b/0\":\"x\"}"), "object");
    assert_string_equal(where("{\"/v/1\":2}"), "list");
    assert_string_equal(ids_of(store, (struct store_query){ .limit = 2 }, NULL), "text one");
    commits(store);
}

static void
members_with_hostile_names_are_only_names(void **state)
{
    static const char *const names[] = {
        "a\\\"b", "a'b",  "a.b",     "a[0]", "$", "$.x", "#-1", "') OR 1=1 --",
        "",       "\\\\", "\\u00e9", "\\n",  "%", "*",   "a~b",
    };

    (void)state;
    begins(store);
    puts_record(store, "plain", "{\"a\":{\"b\":1},\"x\":1}");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *id = arena_print(arena, "r%zu", i).data;
        const char *json = arena_print(arena, "{\"%s\":1}", names[i]).data;

        puts_record(store, id, json);
        assert_string_equal(where(json), id);
    }
    puts_record(store, "slash", "{\"p/q\":{\"r~s\":\"deep\"}}");
    assert_string_equal(where("{\"/p~1q/r~0s\":\"deep\"}"), "slash");
    assert_string_equal(where("{\"/a/b\":1}"), "plain");
    assert_string_equal(where("{\"/a/b/c\":1}"), "");
    assert_string_equal(where("{\"/~2\":1}"), "");
    commits(store);
}

static void
lists_are_sorted_by_a_member(void **state)
{
    (void)state;
    begins(store);
    puts_record(store, "b", "{\"name\":\"b\",\"n\":10}");
    puts_record(store, "none", "{}");
    puts_record(store, "a", "{\"name\":\"a\",\"n\":9.5}");
    puts_record(store, "a2", "{\"name\":\"a\",\"n\":-1}");
    puts_record(store, "n", "{\"name\":7,\"n\":1e300,\"in\":{\"side\":\"z\"}}");
    assert_string_equal(ids_of(store, (struct store_query){ .order = TEXT("name") }, NULL), "none n a a2 b");
    assert_string_equal(ids_of(store, (struct store_query){ .order = TEXT("-name") }, NULL), "b a a2 n none");
    assert_string_equal(ids_of(store, (struct store_query){ .order = TEXT("n") }, NULL), "none a2 a b n");
    assert_string_equal(ids_of(store, (struct store_query){ .order = TEXT("-/in/side"), .limit = 1 }, NULL), "n");
    assert_string_equal(ids_of(store, (struct store_query){ .order = TEXT("x') --") }, NULL), "b none a a2 n");
    commits(store);
}

static void
a_record_that_comes_back_is_the_last_and_one_that_changes_keeps_its_place(void **state)
{
    struct store_key key = key_of("1");

    (void)state;
    begins(store);
    puts_record(store, "1", "{}");
    puts_record(store, "2", "{}");
    puts_record(store, "3", "{}");
    puts_record(store, "2", "{\"changed\":true}");
    assert_string_equal(where("{}"), "1 2 3");
    assert_int_equal(store_delete(store, &key, NULL), 1);
    puts_record(store, "1", "{}");
    assert_string_equal(where("{}"), "2 3 1");
    commits(store);
}

static bool
stop_at_once(void *arg, struct text id, struct text json, uint64_t version)
{
    (void)id;
    (void)json;
    (void)version;
    ++*(unsigned *)arg;
    return false;
}

static void
ten_thousand_records_are_listed_in_order_in_pages_and_counted(void **state)
{
    struct store_query query = { .service = TEXT("shop"), .collection = TEXT("orders") };
    unsigned given = 0;
    uint64_t total = 0;
    char id[16], json[64];

    (void)state;
    begins(store);
    for (unsigned i = 0; i < LIMIT_STORE_LIST + 5; i++) {
        snprintf(id, sizeof id, "%u", i);
        snprintf(json, sizeof json, "{\"number\":%u,\"even\":%s}", i, i % 2 == 0 ? "true" : "false");
        puts_record(store, id, json);
    }
    assert_string_equal(ids_of(store, (struct store_query){ .offset = 9998, .limit = 4 }, &total),
                        "9998 9999 10000 10001");
    assert_int_equal(total, LIMIT_STORE_LIST + 5);
    query.where = parse("{\"even\":true}");
    assert_string_equal(
        ids_of(store, (struct store_query){ .where = query.where, .order = TEXT("-number"), .limit = 3 }, &total),
        "10004 10002 10000");
    assert_int_equal(total, 5003);
    assert_int_equal(store_list(store, &query, stop_at_once, &given, &total, NULL), 0);
    assert_int_equal(given, 1);
    assert_int_equal(total, 5003);
    assert_string_equal(ids_of(store, (struct store_query){ .offset = 20000 }, &total), "");
    assert_non_null(strstr(ids_of(store, (struct store_query){ .limit = 50000 }, NULL), " 9999"));
    assert_null(strstr(ids_of(store, (struct store_query){ .limit = 50000 }, NULL), " 10000"));
    commits(store);
}

/* ---- counters, notes, jobs, texts ---- */

static void
counters_count_for_each_service_and_name(void **state)
{
    uint64_t number = 0;

    (void)state;
    begins(store);
    assert_int_equal(next_of(store, "order"), 1);
    assert_int_equal(next_of(store, "order"), 2);
    assert_int_equal(next_of(store, "cart"), 1);
    assert_int_equal(store_next(store, TEXT("erp"), TEXT("order"), &number, NULL), 0);
    assert_int_equal(number, 1);
    commits(store);
}

static void
notes_are_numbered_over_all_lists_and_found_by_list_service_and_value(void **state)
{
    const struct store_notes_query outbox = { .list = TEXT("outbox") };

    (void)state;
    begins(store);
    assert_int_equal(notes(store, "outbox", "{\"to\":\"a\"}"), 1);
    assert_int_equal(notes(store, "audit", "{}"), 2);
    assert_int_equal(notes(store, "outbox", "{\"to\":\"b\"}"), 3);
    assert_int_equal(store_note(store, TEXT("erp"), TEXT("outbox"), TEXT("t"), TEXT("{\"to\":\"a\"}"), NULL, NULL), 0);
    assert_string_equal(notes_of(store, outbox), "1 shop 2025-01-01T00:00:00Z {\"to\":\"a\"}\n"
                                                 "3 shop 2025-01-01T00:00:00Z {\"to\":\"b\"}\n"
                                                 "4 erp t {\"to\":\"a\"}\n");
    assert_string_equal(notes_of(store, (struct store_notes_query){ .list = TEXT("outbox"), .service = TEXT("erp") }),
                        "4 erp t {\"to\":\"a\"}\n");
    assert_string_equal(
        notes_of(store, (struct store_notes_query){ .list = TEXT("outbox"), .newest = true, .limit = 1 }),
        "4 erp t {\"to\":\"a\"}\n");
    assert_string_equal(notes_of(store, (struct store_notes_query){ .list = TEXT("outbox"), .after = 3 }),
                        "4 erp t {\"to\":\"a\"}\n");
    assert_string_equal(
        notes_of(store, (struct store_notes_query){ .list = TEXT("outbox"), .where = parse("{\"to\":\"b\"}") }),
        "3 shop 2025-01-01T00:00:00Z {\"to\":\"b\"}\n");
    assert_string_equal(notes_of(store, (struct store_notes_query){ .list = TEXT("outbox"), .after = UINT64_MAX }), "");
    assert_string_equal(notes_of(store, (struct store_notes_query){ .list = TEXT("nothing") }), "");
    assert_int_equal(store_renote(store, 3, TEXT("{\"to\":\"b\",\"status\":200}"), NULL), 1);
    assert_int_equal(store_renote(store, 9, TEXT("{}"), NULL), 0);
    assert_string_equal(notes_of(store, (struct store_notes_query){ .list = TEXT("outbox"), .after = 2, .limit = 1 }),
                        "3 shop 2025-01-01T00:00:00Z {\"to\":\"b\",\"status\":200}\n");
    commits(store);
}

static bool
add_name(void *arg, struct text service, struct text name, uint64_t count)
{
    buffer_print(arg, "%.*s/%.*s %llu\n", TEXT_PRINT(service), TEXT_PRINT(name), (unsigned long long)count);
    return true;
}

static void
lists_and_collections_are_told_with_how_many_they_hold(void **state)
{
    struct store_key key = key_of("2"), other = { TEXT("erp"), TEXT("stock"), TEXT("1") };
    struct buffer out;

    (void)state;
    buffer_init(&out, LIMIT_MIB);
    begins(store);
    puts_record(store, "1", "{}");
    puts_record(store, "2", "{}");
    assert_int_equal(store_delete(store, &key, NULL), 1);
    assert_int_equal(store_put(store, &other, TEXT("{}"), NULL, NULL), 0);
    notes(store, "outbox", "{}");
    notes(store, "outbox", "{}");
    notes(store, "audit", "{}");
    assert_int_equal(store_collections(store, add_name, &out, NULL), 0);
    assert_int_equal(store_note_lists(store, add_name, &out, NULL), 0);
    check_text(buffer_text(&out), "erp/stock 1\nshop/orders 1\nshop/audit 1\nshop/outbox 2\n");
    commits(store);
    buffer_release(&out);
}

static void
jobs_come_out_when_they_are_due_the_earliest_first(void **state)
{
    static const struct {
        const char *name;
        int64_t due;
    } jobs[] = { { "late", 300 }, { "first", 100 }, { "second", 100 }, { "past", -5 } };
    static const char *const expected[] = { "past", "first", "second" };
    struct store_job job;
    int64_t due = 0;

    (void)state;
    begins(store);
    assert_int_equal(store_job_earliest(store, &due, NULL), 0);
    for (size_t i = 0; i < 4; i++) {
        job = job_of(jobs[i].name, jobs[i].due);
        assert_int_equal(store_job_add(store, &job, NULL), 0);
    }
    assert_int_equal(store_job_earliest(store, &due, NULL), 1);
    assert_int_equal(due, -5);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(store_job_next(store, 299, &job, arena, NULL), 1);
        check_text(job.name, expected[i]);
        check_text(job.service, "shop");
        check_text(job.argument, "{\"id\":1}");
    }
    assert_int_equal(store_job_next(store, 299, &job, arena, NULL), 0);
    assert_int_equal(store_job_next(store, 300, &job, arena, NULL), 1);
    assert_int_equal(job.due, 300);
    assert_int_equal(store_job_earliest(store, &due, NULL), 0);
    commits(store);
}

static void
a_job_that_was_taken_out_comes_again_after_a_rollback(void **state)
{
    struct store_job job = job_of("pack", 1);

    (void)state;
    begins(store);
    assert_int_equal(store_job_add(store, &job, NULL), 0);
    commits(store);
    begins(store);
    assert_int_equal(store_job_next(store, 1, &job, arena, NULL), 1);
    store_rollback(store);
    begins(store);
    assert_int_equal(store_job_next(store, 1, &job, arena, NULL), 1);
    commits(store);
}

static void
clearing_begins_everything_again(void **state)
{
    struct store_job job = job_of("pack", 1);
    int64_t due;

    (void)state;
    begins(store);
    assert_true(store_is_empty(store));
    assert_int_equal(store_meta_put(store, TEXT("seed"), TEXT("7"), NULL), 0);
    assert_int_equal(store_meta_put(store, TEXT("seed"), TEXT("8"), NULL), 0);
    assert_true(store_is_empty(store)); /* the sandbox's own texts do not count */
    puts_record(store, "1", "{}");
    puts_record(store, "1", "{}");
    next_of(store, "order");
    notes(store, "outbox", "{}");
    assert_int_equal(store_job_add(store, &job, NULL), 0);
    assert_false(store_is_empty(store));
    assert_int_equal(store_clear(store, NULL), 0);
    assert_true(store_is_empty(store));
    assert_int_equal(puts_record(store, "1", "{}"), 1);
    assert_int_equal(next_of(store, "order"), 1);
    assert_int_equal(notes(store, "outbox", "{}"), 1);
    assert_int_equal(store_job_earliest(store, &due, NULL), 0);
    assert_int_equal(store_meta_get(store, TEXT("seed"), NULL, NULL), 0);
    commits(store);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(a_record_is_found_under_its_own_key_alone),
        TEST(ids_are_texts_of_any_bytes),
        TEST(an_id_may_hold_a_nul),
        TEST(versions_count_on_over_a_deletion),
        TEST(a_record_that_is_too_large_is_refused_and_the_transaction_goes_on),
        TEST(a_rollback_undoes_all_of_it),
        TEST(two_threads_lose_nothing),
        TEST(whoever_holds_the_store_keeps_it),
        TEST(filters_compare_values_as_json),
        TEST(members_with_hostile_names_are_only_names),
        TEST(lists_are_sorted_by_a_member),
        TEST(a_record_that_comes_back_is_the_last_and_one_that_changes_keeps_its_place),
        TEST(ten_thousand_records_are_listed_in_order_in_pages_and_counted),
        TEST(counters_count_for_each_service_and_name),
        TEST(notes_are_numbered_over_all_lists_and_found_by_list_service_and_value),
        TEST(lists_and_collections_are_told_with_how_many_they_hold),
        TEST(jobs_come_out_when_they_are_due_the_earliest_first),
        TEST(a_job_that_was_taken_out_comes_again_after_a_rollback),
        TEST(clearing_begins_everything_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
