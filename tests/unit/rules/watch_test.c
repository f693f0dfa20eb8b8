/* Lifecycles and invariants as one object: what is observed at all, and the bound on what is remembered. */
#include "unit.h"

#include "base/limits.h"
#include "rules/ruleset.h"
#include "rules/watch.h"

#define SHARDS 4

static struct ruleset *ruleset;
static const struct watch_rules *rules;
static struct watch_checker *checker;
static struct arena *arena;
static uint32_t found;

static int
begin(void **state)
{
    struct error err = { .kind = ERROR_NONE };

    (void)state;
    ruleset = ruleset_new(settings_load("tests/cases/watch/gateway.yaml", NULL, &err), NULL, NULL, &err);
    check_that(ruleset != NULL, "%s: %s", err.where, err.what);
    rules = ruleset_watch(ruleset);
    checker = watch_checker_new(rules, NULL, NULL, &err);
    check_that(checker != NULL, "%s: %s", err.where, err.what);
    arena = arena_new(0, 64 * LIMIT_MIB);
    return 0;
}

static int
end(void **state)
{
    (void)state;
    arena_free(arena);
    watch_checker_free(checker);
    ruleset_drop(ruleset);
    return 0;
}

static const struct operation *
operation(const char *name)
{
    return contract_operation_named(ruleset_service(ruleset, 0)->contract, text_of(name));
}

/* One second of its own for each, in the order of their numbers. */
static struct exchange
exchange(uint32_t number)
{
    struct exchange x = { .arena = arena, .started = number * INT64_C(1000000000), .has_response = true };

    (void)snprintf(x.id, sizeof x.id, "x%u", number);
    x.service = TEXT("parcels");
    x.response.status = 200;
    x.times = (struct exchange_times){ .finished = 1000 };
    return x;
}

static void
on_found(void *arg, const struct watch_finding *finding)
{
    (void)arg;
    (void)finding;
    found++;
}

/* getParcel of the parcel of this number, in this state, is seen. */
static void
see(struct watch *const *shards, uint32_t number, uint32_t parcel, const char *parcel_state)
{
    struct exchange x = exchange(number);
    struct contract_match match = { .operation = operation("getParcel"), .parameter_count = 1 };
    struct text body = arena_print(arena, "{\"parcel_id\":\"P%u\",\"state\":\"%s\",\"net\":1,\"tax\":0,\"total\":1}",
                                   parcel, parcel_state);
    struct observation o = watch_observe(&x, match.operation, &match);
    struct document document;
    const struct watch_note *note;

    match.parameters[0].name = TEXT("parcel_id");
    match.parameters[0].value = arena_print(arena, "P%u", parcel);
    assert_int_equal(document_parse(&document, body, NULL, arena, NULL), 0);
    o.response = document.root;
    for (note = watch_note(checker, &o, arena); note != NULL; note = watch_note_next(note))
        watch_feed(shards[watch_note_shard(note, SHARDS)], checker, note, o.end, on_found, NULL);
}

static struct watch_counts
count(struct watch *const *shards)
{
    struct watch_counts counts = { .entities = 0 };

    for (uint32_t i = 0; i < SHARDS; i++)
        watch_counts(shards[i], &counts);
    return counts;
}

static void
open_shards(struct watch **shards)
{
    found = 0;
    for (uint32_t i = 0; i < SHARDS; i++) {
        shards[i] = watch_new(rules, SHARDS);
        assert_non_null(shards[i]);
    }
}

static void
close_shards(struct watch **shards)
{
    for (uint32_t i = 0; i < SHARDS; i++)
        watch_free(shards[i]);
}

static void
what_plumbline_answered_itself_is_not_observed(void **state)
{
    struct exchange x = exchange(1);
    const struct contract_match match = { .operation = operation("getParcel") };

    (void)state;
    assert_true(watch_reached(&x));
    assert_true(watch_observe(&x, match.operation, &match).answered);
    x.times.first_byte = -1;
    x.refusal.status = 504;
    assert_true(watch_reached(&x)); /* the service had the request, and may have done what it asks */
    assert_false(watch_observe(&x, match.operation, &match).answered);
    x.times.first_byte = 10;
    x.refusal.status = 502; /* its answer broke the contract: it is an answer all the same */
    assert_true(watch_observe(&x, match.operation, &match).answered);
    x.times.connected = -1;
    assert_false(watch_reached(&x));
}

static void
only_operations_that_rules_name_are_looked_at(void **state)
{
    const struct service *s = ruleset_service(ruleset, 0);

    (void)state;
    assert_int_equal(watch_rules_concern(NULL, s, operation("getParcel")), 0);
    assert_int_equal(watch_rules_concern(rules, s, operation("getParcel")), WATCH_AT_ONCE | WATCH_MEMORIES);
    assert_int_equal(watch_rules_concern(rules, s, operation("dropParcel")), WATCH_MEMORIES);
    assert_non_null(watch_rules_lifecycle(rules, TEXT("parcel")));
    assert_null(watch_rules_lifecycle(rules, TEXT("letter")));
}

static void
one_that_is_remembered_must_go_its_way(void **state)
{
    struct watch *shards[SHARDS];

    (void)state;
    open_shards(shards);
    see(shards, 1, 7, "sent");
    see(shards, 2, 7, "lost");
    see(shards, 3, 8, "new");
    assert_int_equal(found, 0);
    see(shards, 4, 7, "new");
    for (uint32_t i = 0; i < SHARDS; i++)
        watch_tick(shards[i], checker, INT64_C(5000000000), INT64_MAX, on_found, NULL);
    assert_int_equal(found, 1);
    assert_int_equal(count(shards).entities, 4); /* two parcels, and two keys of the join */
    close_shards(shards);
}

static void
more_than_can_be_remembered_is_forgotten_and_counted_but_no_finding(void **state)
{
    const uint32_t many = LIMIT_WATCH_ENTITIES + LIMIT_WATCH_ENTITIES / 2;
    struct watch *shards[SHARDS];
    struct watch_counts counts;

    (void)state;
    open_shards(shards);
    for (uint32_t i = 1; i <= many; i++) {
        see(shards, i, i, "lost");
        arena_reset(arena);
    }
    see(shards, many + 1, 1, "new"); /* no longer known to be lost */
    counts = count(shards);
    assert_int_equal(found, 0);
    assert_true(counts.forgotten >= many - LIMIT_WATCH_ENTITIES);
    assert_in_range(counts.entities, LIMIT_WATCH_ENTITIES, 2 * LIMIT_WATCH_ENTITIES);
    assert_in_range(counts.bytes, 1, 2 * LIMIT_WATCH_BYTES);
    close_shards(shards);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_plumbline_answered_itself_is_not_observed),
        cmocka_unit_test(only_operations_that_rules_name_are_looked_at),
        cmocka_unit_test(one_that_is_remembered_must_go_its_way),
        cmocka_unit_test(more_than_can_be_remembered_is_forgotten_and_counted_but_no_finding),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
