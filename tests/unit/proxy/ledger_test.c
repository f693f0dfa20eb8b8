/* Counters by name, over rulesets that do not have the same operations. */
#include "unit.h"

#include <unistd.h>

#include "proxy/ledger.h"

#define CONTRACT(paths) "{\"openapi\":\"3.1.0\",\"info\":{\"title\":\"t\",\"version\":\"1\"},\"paths\":{" paths "}}"
#define GET(name)                                                                                                      \
    "\"/" name "\":{\"get\":{\"operationId\":\"" name "\",\"responses\":{\"200\":{\"description\":\"ok\"}}}}"

static char folder[64];

static int
begin(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/plumbline-ledger-XXXXXX");
    return mkdtemp(folder) == NULL;
}

static int
end(void **state)
{
    char command[128];

    (void)state;
    (void)snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

/* A ruleset with one service, called `name`. */
static struct ruleset *
rules(const char *name, const char *contract)
{
    char path[128];
    const char *paths[] = { path };
    struct ruleset *r;
    FILE *f;

    (void)snprintf(path, sizeof path, "%s/%s.json", folder, name);
    f = fopen(path, "w");
    assert_non_null(f);
    (void)fputs(contract, f);
    (void)fclose(f);
    r = ruleset_new(settings_proxy(paths, 1, "http://127.0.0.1:1", false, NULL, NULL), NULL, NULL, NULL);
    assert_non_null(r);
    return r;
}

/* Add one worker's counters with this many requests of each operation. */
static void
count(struct ledger *l, struct ruleset *r, uint64_t each)
{
    struct counters *c = counters_new(r);

    for (uint32_t i = 0; i < c->operation_count && each > 0; i++) {
        struct operation_counters *o = calloc(1, sizeof *o);

        assert_non_null(o);
        count_add(&o->requests[2], each);
        atomic_store(&c->operations[i], o); /* freed with the counters */
    }
    count_add(&c->exchanges, each);
    assert_true(ledger_add(l, r, c));
    counters_free(c);
}

/* Requests of an operation; -1: it has no row. */
static int64_t
requests(const struct ledger *l, const char *service, const char *operation)
{
    for (uint32_t i = 0; i < l->operation_count; i++) {
        const struct ledger_operation *o = &l->operations[i];

        if (text_equal(o->service, text_of(service)) && text_equal(o->operation, text_of(operation)))
            return (int64_t)count_of(&o->counters.requests[2]);
    }
    return -1;
}

static void
operations_are_found_by_their_names_wherever_they_stand(void **state)
{
    struct ledger *l = ledger_new();
    struct ruleset *one = rules("shop", CONTRACT(GET("a") "," GET("b")));
    struct ruleset *two = rules("shop", CONTRACT(GET("c") "," GET("a")));

    (void)state;
    count(l, one, 5);
    count(l, two, 3);
    assert_int_equal(requests(l, "shop", "a"), 8);
    assert_int_equal(requests(l, "shop", "b"), 5);
    assert_int_equal(requests(l, "shop", "c"), 3);
    assert_int_equal(l->totals.exchanges, 8);
    ruleset_drop(one);
    ruleset_drop(two);
    assert_int_equal(requests(l, "shop", "b"), 5); /* the names are its own */
    ledger_free(l);
}

static void
the_same_operation_of_another_service_is_another_one(void **state)
{
    struct ledger *l = ledger_new();
    struct ruleset *one = rules("shop", CONTRACT(GET("a"))), *two = rules("bank", CONTRACT(GET("a")));

    (void)state;
    count(l, one, 1);
    count(l, two, 2);
    assert_int_equal(requests(l, "shop", "a"), 1);
    assert_int_equal(requests(l, "bank", "a"), 2);
    assert_int_equal(l->service_count, 3); /* and none */
    ruleset_drop(one);
    ruleset_drop(two);
    ledger_free(l);
}

static void
what_was_never_asked_for_has_no_row(void **state)
{
    struct ledger *l = ledger_new();
    struct ruleset *one = rules("shop", CONTRACT(GET("a")));

    (void)state;
    count(l, one, 0);
    assert_int_equal(requests(l, "shop", "a"), -1);
    assert_int_equal(l->operation_count, 0);
    ruleset_drop(one);
    ledger_free(l);
}

static void
there_is_room_for_many(void **state)
{
    struct ledger *l = ledger_new();
    char contract[8192] = "{\"openapi\":\"3.1.0\",\"info\":{\"title\":\"t\",\"version\":\"1\"},\"paths\":{", name[16];
    struct ruleset *r;
    size_t at = strlen(contract);

    (void)state;
    for (int i = 0; i < 60; i++)
        at +=
            (size_t)snprintf(contract + at, sizeof contract - at,
                             "%s\"/p%d\":{\"get\":{\"operationId\":\"p%d\",\"responses\":{}}}", i > 0 ? "," : "", i, i);
    (void)snprintf(contract + at, sizeof contract - at, "}}");
    r = rules("large", contract);
    count(l, r, 2);
    count(l, r, 3);
    assert_int_equal(l->operation_count, 60);
    for (int i = 0; i < 60; i++) {
        (void)snprintf(name, sizeof name, "p%d", i);
        assert_int_equal(requests(l, "large", name), 5);
    }
    ruleset_drop(r);
    ledger_free(l);
}

static void
ledgers_are_added_up(void **state)
{
    struct ledger *l = ledger_new(), *past = ledger_new();
    struct ruleset *one = rules("shop", CONTRACT(GET("a") "," GET("b")));

    (void)state;
    count(past, one, 4);
    count(l, one, 1);
    assert_true(ledger_merge(l, past));
    assert_int_equal(requests(l, "shop", "a"), 5);
    assert_int_equal(l->totals.exchanges, 5);
    ruleset_drop(one);
    ledger_free(past);
    ledger_free(l);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(operations_are_found_by_their_names_wherever_they_stand),
        TEST(the_same_operation_of_another_service_is_another_one),
        TEST(what_was_never_asked_for_has_no_row),
        TEST(there_is_room_for_many),
        TEST(ledgers_are_added_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
