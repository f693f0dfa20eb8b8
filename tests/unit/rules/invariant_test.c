/* What invariants find: in one exchange, and between services whose exchanges overlap; and what they do not. */
#include "unit.h"

#include "invariant_bench.h"
#include "mistakes.h"
#include "rules/judge.h"

/* ---- one exchange ---- */

static void
check_violations(const char *name, const struct value *expected, uint32_t *place, const struct told *t,
                 const struct verdict *verdict)
{
    for (uint32_t i = 0; i < verdict->count; i++) {
        const struct violation *v = &verdict->list[i];
        const struct value *e = value_item(expected, (*place)++);

        check_that(e != NULL, "%s: not expected: exchange %s, %.*s: %.*s", name, t->exchange.id, TEXT_PRINT(v->keyword),
                   TEXT_PRINT(v->found));
        assert_int_equal(v->id, VIOLATION_INVARIANT_BROKEN);
        assert_true(v->line > 0 && v->column > 0 && v->pointer.length > 0 && v->expected.length > 0);
        check_told(name, e, "exchange", text_of(t->exchange.id));
        check_told(name, e, "side", text_of(side_name(v->side)));
        check_told(name, e, "rule", v->keyword);
        check_told(name, e, "instance", v->instance);
        check_told(name, e, "expected", v->expected);
        check_told(name, e, "found", v->found);
        check_told(name, e, "hint", v->hint);
    }
}

static void
check_exchanges(struct bench *b, const char *name, const struct value *test)
{
    const struct value *expected = VALUE_MEMBER(test, "violations");
    uint32_t place = 0;

    for (VALUE_EACH_ITEM(item, VALUE_MEMBER(test, "exchanges"))) {
        struct told *t = tell_exchange(item, b->arena);
        struct verdict request = { .checked = true }, response = { .checked = true };

        invariants_check(b->rules, &b->worker, &t->o, SIDE_REQUEST, b->arena, &request);
        invariants_check(b->rules, &b->worker, &t->o, SIDE_RESPONSE, b->arena, &response);
        check_violations(name, expected, &place, t, &request);
        check_violations(name, expected, &place, t, &response);
    }
    check_that(place == expected->count, "%s: %u violations, expected %u", name, place, expected->count);
    if (VALUE_MEMBER(test, "troubles") != NULL)
        assert_int_equal(b->troubles, number_of(VALUE_MEMBER(test, "troubles")));
    else
        check_that(b->troubles == 0, "%s: an expression could not be computed", name);
}

static void
for_cases(const char *path, void (*check)(struct bench *b, const char *name, const struct value *test))
{
    struct arena *arena = arena_new(0, SIZE_MAX);
    struct error err = { .kind = ERROR_NONE };
    struct document document;

    check_that(document_read(&document, path, arena, &err) == 0, "%s: %s", err.where, err.what);
    for (VALUE_EACH_ITEM(test, document.root)) {
        const char *name = arena_text(arena, member_text(test, "description")).data;
        struct bench b;

        bench_start(&b, &document, VALUE_MEMBER(test, "invariants"));
        check(&b, name, test);
        bench_stop(&b);
    }
    arena_free(arena);
}

static void
equations_about_one_exchange(void **state)
{
    (void)state;
    for_cases(INVARIANT_CASES "one_exchange.yaml", check_exchanges);
}

/* ---- joins ---- */

static void
check_join(struct bench *b, const char *name, const struct value *test, uint32_t shards)
{
    const struct value *exchanges = VALUE_MEMBER(test, "exchanges");
    struct told **all = ARENA_ARRAY(b->arena, struct told *, exchanges->count);
    struct findings findings = { .name = name, .expected = VALUE_MEMBER(test, "findings") };
    struct invariant_memory *memories[4];
    uint32_t count = 0;

    for (VALUE_EACH_ITEM(item, exchanges))
        all[count++] = tell_exchange(item, b->arena);
    for (uint32_t i = 0; i < shards; i++)
        memories[i] = invariant_memory_new(b->rules, NULL);
    feed_all(b, all, count, memories, shards, &findings);
    check_that(findings.count == findings.expected->count, "%s: %u findings, expected %u", name, findings.count,
               findings.expected->count);
    if (VALUE_MEMBER(test, "forgotten") != NULL)
        assert_int_equal(forgotten(memories, shards), number_of(VALUE_MEMBER(test, "forgotten")));
    for (uint32_t i = 0; i < shards; i++)
        invariant_memory_free(memories[i]);
    assert_int_equal(b->troubles, 0);
}

static void
check_join_alone(struct bench *b, const char *name, const struct value *test)
{
    check_join(b, name, test, 1);
}

static void
check_join_shared(struct bench *b, const char *name, const struct value *test)
{
    check_join(b, name, test, 4);
}

static void
equations_between_services(void **state)
{
    (void)state;
    for_cases(INVARIANT_CASES "joins.yaml", check_join_alone);
}

static void
memories_share_the_keys_and_find_the_same(void **state)
{
    (void)state;
    for_cases(INVARIANT_CASES "joins.yaml", check_join_shared);
}

/* ---- traffic that is made up ---- */

static uint64_t
random_below(uint64_t *seed, uint64_t below)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (*seed >> 33) % below;
}

/* How clients go about one value: out of eight exchanges so many change it, and out of eight changes so many are never
 * answered; an exchange takes up to `longest` times the time between two. */
struct manner {
    const char *rules;
    uint64_t readers, changes, unanswered, longest;
    uint32_t found; /* of ten lies, at least */
};

#define MADE_UP 40

/* Every exchange has its effect at one moment between its beginning and its end. What the one with the index `lie`
 * reads is wrong; MADE_UP: nobody lies. False: that one would have to be no view. */
static bool
make_up(struct told **all, const struct manner *manner, uint64_t seed, uint32_t lie, struct arena *arena)
{
    static const char *const readers[] = { "shop getOrder", "view getView", "billing getBill" };
    int64_t total = 1;

    for (uint32_t i = 0; i < MADE_UP; i++) {
        int64_t moment = 1000 + (int64_t)i * 10, spread = 10 * (int64_t)manner->longest;
        int64_t begin = moment - 1 - (i == 0 ? 0 : (int64_t)random_below(&seed, (uint64_t)spread));
        int64_t end = moment + 1 + (int64_t)random_below(&seed, (uint64_t)spread);
        bool changes = i == 0 || random_below(&seed, 8) < manner->changes;
        bool answered = !changes || i == 0 || random_below(&seed, 8) >= manner->unanswered;
        uint64_t reader = random_below(&seed, manner->readers);

        if (i == lie && (changes || reader == 0))
            return false;
        if (changes)
            total = 1 + (int64_t)random_below(&seed, 5);
        all[i] = made_up(changes ? "shop updateOrder" : readers[reader], i, begin, end, i == lie ? 1000 : total,
                         answered, arena);
    }
    return true;
}

/* -1: it was not to be */
static int
findings_of(struct bench *b, const struct manner *manner, uint64_t seed, uint32_t lie)
{
    struct findings findings = { .name = "made up" };
    struct invariant_memory *memory = invariant_memory_new(b->rules, NULL);
    struct told *all[MADE_UP];
    bool made = make_up(all, manner, seed, lie, b->arena);

    if (made)
        feed_all(b, all, MADE_UP, &memory, 1, &findings);
    assert_int_equal(b->troubles, 0);
    invariant_memory_free(memory);
    arena_reset(b->arena);
    return made ? (int)findings.count : -1;
}

static const struct manner manners[] = {
    { VIEWED, 2, 1, 0, 1, 9 }, { VIEWED, 2, 4, 0, 4, 3 },       { VIEWED, 2, 2, 2, 8, 0 },
    { VIEWED, 2, 6, 1, 2, 4 }, { VIEWED_TWICE, 3, 1, 0, 1, 4 }, { VIEWED_TWICE, 3, 3, 1, 4, 0 },
};

#define MANNERS (sizeof manners / sizeof manners[0])

static void
for_manners(void (*check)(struct bench *b, const struct manner *manner, size_t number))
{
    for (size_t i = 0; i < MANNERS; i++) {
        struct arena *arena = arena_new(0, SIZE_MAX);
        struct document document;
        struct bench b;

        bench_text(&b, &document, arena, manners[i].rules);
        check(&b, &manners[i], i);
        bench_stop(&b);
        arena_free(arena);
    }
}

static void
find_nothing(struct bench *b, const struct manner *manner, size_t number)
{
    for (uint64_t seed = 1; seed <= 60; seed++) {
        int found = findings_of(b, manner, seed, MADE_UP);

        check_that(found == 0, "manner %zu, seed %llu: %d findings", number, (unsigned long long)seed, found);
    }
}

static void
exchanges_that_overlap_are_never_a_false_finding(void **state)
{
    (void)state;
    for_manners(find_nothing);
}

/* Where changes are rare, every one; else those that no change, and no answer that never came, can explain. */
static void
find_lies(struct bench *b, const struct manner *manner, size_t number)
{
    uint32_t lies = 0, found = 0;

    for (uint64_t seed = 1; seed <= 60; seed++) {
        int count = findings_of(b, manner, seed, MADE_UP / 2);

        lies += count >= 0;
        found += count > 0;
    }
    check_that(found * 10 >= lies * manner->found, "manner %zu: %u of %u", number, found, lies);
}

static void
a_view_that_lies_is_found(void **state)
{
    (void)state;
    for_manners(find_lies);
}

/* ---- rules ---- */

static int
load_rules(const char *path, struct error *err)
{
    struct arena *arena = arena_new(0, SIZE_MAX);
    struct script *script = script_new(NULL, err);
    struct invariants *rules = NULL;
    struct document document;

    if (document_read(&document, path, arena, err) == 0 && judge_document(&document, "gateway.schema.json", err) == 0)
        rules = invariants_read(&document, VALUE_MEMBER(document.root, "invariants"), &services, script, err);
    invariants_free(rules);
    script_free(script);
    arena_free(arena);
    return rules != NULL ? 0 : -1;
}

static void
mistakes_are_told_with_their_place(void **state)
{
    (void)state;
    check_folder(INVARIANT_CASES "mistakes", 20, load_rules);
}

static void
another_script_gives_the_same_numbers(void **state)
{
    struct arena *arena = arena_new(0, SIZE_MAX);
    struct error err = { .kind = ERROR_NONE };
    struct script *other = script_new(NULL, &err);
    struct text names[] = { TEXT("a") };
    struct document document;
    struct bench b;

    (void)state;
    bench_text(&b, &document, arena, BILLED VIEWED);
    assert_int_equal(invariants_compile(b.rules, other, &err), 0);
    script_free(other);
    other = script_new(NULL, &err);
    assert_true(script_expression(other, TEXT("a == 1"), "x", names, 1, &err) >= 0);
    assert_int_equal(invariants_compile(b.rules, other, &err), -1);
    script_free(other);
    bench_stop(&b);
    arena_free(arena);
}

static void
operations_are_known_to_concern(void **state)
{
    struct arena *arena = arena_new(0, SIZE_MAX);
    const struct contract *shop = find_service(NULL, TEXT("shop"));
    const struct operation *get = contract_operation_named(shop, TEXT("getOrder"));
    const struct operation *list = contract_operation_named(shop, TEXT("listOrders"));
    const struct operation *create = contract_operation_named(shop, TEXT("createOrder"));
    struct document document;
    struct bench b;

    (void)state;
    bench_text(&b, &document, arena, BILLED "- { name: one, on: shop getOrder, hold: body.total > 0 }");
    assert_int_equal(invariants_count(b.rules), 2);
    assert_true(invariants_concern(b.rules, get) && invariants_concern(b.rules, create));
    assert_false(invariants_concern(b.rules, list) || invariants_concern(NULL, get));
    assert_true(invariants_concern_side(b.rules, get, SIDE_RESPONSE));
    assert_false(invariants_concern_side(b.rules, get, SIDE_REQUEST) || invariants_join(b.rules, get));
    assert_true(invariants_join(b.rules, create));
    bench_stop(&b);
    arena_free(arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equations_about_one_exchange),
        cmocka_unit_test(equations_between_services),
        cmocka_unit_test(memories_share_the_keys_and_find_the_same),
        cmocka_unit_test(exchanges_that_overlap_are_never_a_false_finding),
        cmocka_unit_test(a_view_that_lies_is_found),
        cmocka_unit_test(mistakes_are_told_with_their_place),
        cmocka_unit_test(another_script_gives_the_same_numbers),
        cmocka_unit_test(operations_are_known_to_concern),
    };
    return cmocka_run_group_tests(tests, load_services, free_services);
}
