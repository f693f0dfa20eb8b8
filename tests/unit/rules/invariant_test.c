#include "unit.h"

#include "base/hash.h"
#include "base/limits.h"
#include "invariant_case.h"
#include "mistakes.h"
#include "rules/judge.h"

struct bench {
    struct arena *arena;
    struct script *script;
    struct invariants *rules;
    struct invariant_worker worker;
    uint32_t troubles;
};

static void
on_trouble(void *arg, struct text where, struct text rule, const char *why)
{
    struct bench *b = arg;

    assert_true(where.length > 0 && rule.length > 0 && why[0] != '\0');
    b->troubles++;
}

static void
bench_start(struct bench *b, const struct document *document, const struct value *rules)
{
    struct error err = { .kind = ERROR_NONE };

    *b = (struct bench){ .arena = arena_new(0, SIZE_MAX), .script = script_new(NULL, &err) };
    assert_non_null(b->script);
    b->rules = invariants_read(document, rules, &services, b->script, &err);
    check_that(b->rules != NULL, "%s: %s", err.where, err.what);
    b->worker = (struct invariant_worker){ b->script, on_trouble, b };
}

static void
bench_text(struct bench *b, struct document *document, struct arena *arena, const char *yaml)
{
    struct error err = { .kind = ERROR_NONE };

    check_that(document_read_text(document, text_of(yaml), "rules.yaml", arena, &err) == 0, "%s: %s", err.where,
               err.what);
    bench_start(b, document, document->root);
}

static void
bench_stop(struct bench *b)
{
    invariants_free(b->rules);
    script_free(b->script);
    arena_free(b->arena);
}

/* Does the text that the case expects, if it does, come? */
static void
check_told(const char *name, const struct value *expected, const char *key, struct text found)
{
    const struct value *v = value_member(expected, text_of(key));

    if (v != NULL)
        check_that(text_equal(value_text(v), found), "%s: %s\n  expected  %.*s\n  found     %.*s", name, key,
                   TEXT_PRINT(value_text(v)), TEXT_PRINT(found));
}

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

struct findings {
    const char *name;
    const struct value *expected; /* NULL: they are counted */
    uint32_t count;
};

static void
on_found(void *arg, const struct watch_finding *f)
{
    struct findings *findings = arg;
    const struct value *e = value_item(findings->expected, findings->count++), *ids = VALUE_MEMBER(e, "exchanges");

    if (findings->expected == NULL)
        return;
    check_that(e != NULL, "%s: not expected: %.*s, exchange %.*s: %.*s", findings->name, TEXT_PRINT(f->rule),
               TEXT_PRINT(f->exchanges[0]), TEXT_PRINT(f->found));
    assert_int_equal(f->id, VIOLATION_INVARIANT_BROKEN);
    assert_true(f->line > 0 && f->column > 0 && f->file.length > 0 && f->expected.length > 0);
    assert_true(f->since <= f->at);
    check_told(findings->name, e, "rule", f->rule);
    check_told(findings->name, e, "service", f->service);
    check_told(findings->name, e, "operation", f->operation);
    check_told(findings->name, e, "side", text_of(side_name(f->side)));
    check_told(findings->name, e, "instance", f->instance);
    check_told(findings->name, e, "found", f->found);
    assert_int_equal(f->exchange_count, ids->count);
    for (uint32_t i = 0; i < ids->count; i++)
        check_that(text_equal(f->exchanges[i], value_text(value_item(ids, i))), "%s: exchange %u is %.*s",
                   findings->name, i, TEXT_PRINT(f->exchanges[i]));
}

static int
by_end(const void *a, const void *b)
{
    int64_t x = (*(struct told *const *)a)->o.end, y = (*(struct told *const *)b)->o.end;

    return x < y ? -1 : x > y;
}

/* As a gateway sees them: fed as they end, while others are under way. `shards` memories share the keys. */
static void
feed_all(struct bench *b, struct told **all, uint32_t count, struct invariant_memory **memories, uint32_t shards,
         struct findings *findings)
{
    qsort(all, count, sizeof all[0], by_end);
    for (uint32_t i = 0; i < count; i++) {
        int64_t settled = settled_at(all, count, i);
        const struct invariant_note *note = invariant_note(b->rules, &b->worker, &all[i]->o, b->arena);

        for (; note != NULL; note = invariant_note_next(note))
            invariant_feed(memories[invariant_note_shard(note, shards)], &b->worker, note, settled, on_found, findings);
        for (uint32_t k = 0; k < shards; k++)
            invariant_tick(memories[k], &b->worker, settled, on_found, findings);
    }
    for (uint32_t k = 0; k < shards; k++)
        invariant_tick(memories[k], &b->worker, INT64_MAX, on_found, findings);
}

static uint64_t
forgotten(struct invariant_memory *const *memories, uint32_t shards)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < shards; i++) {
        struct invariant_counts counts;

        invariant_counts(memories[i], &counts);
        sum += counts.forgotten;
    }
    return sum;
}

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

#define ORDER                                                                                                          \
    "    order: { on: { service: shop, operation: [createOrder, updateOrder, getOrder] },\n"                           \
    "             key: [path:order_id, response:/order_id] }\n"                                                        \
    "    view: { on: view getView, key: path:order_id }\n"

#define VIEWED                                                                                                         \
    "- name: the view shows the order\n"                                                                               \
    "  parts:\n" ORDER "  hold: view.body.total == order.body.total\n"

#define VIEWED_TWICE                                                                                                   \
    "- name: both show the order\n"                                                                                    \
    "  parts:\n" ORDER "    bill: { on: billing getBill, key: response:/order_id }\n"                                  \
    "  hold: view.body.total == order.body.total and bill.body.total == order.body.total\n"

static uint64_t
random_below(uint64_t *seed, uint64_t below)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (*seed >> 33) % below;
}

static struct told *
made_up(const char *operation, uint32_t id, int64_t begin, int64_t end, int64_t total, bool answered,
        struct arena *arena)
{
    struct document document;
    struct text yaml =
        arena_print(arena,
                    "{ id: x%u, at: [%lld, %lld], call: %s, path: { order_id: k }, status: 200,"
                    " response: { order_id: k, total: %lld }, answered: %s }",
                    id, (long long)begin, (long long)end, operation, (long long)total, answered ? "true" : "false");

    assert_int_equal(document_read_text(&document, yaml, "made.yaml", arena, NULL), 0);
    return tell_exchange(document.root, arena);
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

/* ---- memory ---- */

#define BILLED                                                                                                         \
    "- name: billed as ordered\n"                                                                                      \
    "  parts:\n"                                                                                                       \
    "    order: { on: shop createOrder, key: response:/order_id }\n"                                                   \
    "    bill: { on: billing createBill, key: request:/order_id }\n"                                                   \
    "  hold: bill.request.body.total == order.body.total\n"

static struct told *
pair_member(bool bill, uint32_t key, int64_t at, const char *total, struct arena *arena)
{
    struct document document;
    struct text yaml =
        arena_print(arena,
                    "{ id: %s%u, at: [%lld, %lld], call: %s, status: 201, %s: { order_id: k%u, other: "
                    "[1, 2, 3], total: %s } }",
                    bill ? "b" : "a", key, (long long)at, (long long)at + 1,
                    bill ? "billing createBill" : "shop createOrder", bill ? "request" : "response", key, total);

    assert_int_equal(document_read_text(&document, yaml, "made.yaml", arena, NULL), 0);
    return tell_exchange(document.root, arena);
}

static void
feed_one(struct bench *b, struct invariant_memory *memory, const struct told *t, struct findings *findings)
{
    const struct invariant_note *note = invariant_note(b->rules, &b->worker, &t->o, b->arena);

    for (; note != NULL; note = invariant_note_next(note))
        invariant_feed(memory, &b->worker, note, t->o.end + 1, on_found, findings);
}

static void
what_was_forgotten_is_counted_and_never_found(void **state)
{
    struct arena *arena = arena_new(0, SIZE_MAX);
    struct invariant_limits limits = { .entities = 10 };
    struct findings findings = { .name = "forgotten" };
    struct invariant_memory *memory;
    struct invariant_counts counts;
    struct document document;
    struct bench b;

    (void)state;
    bench_text(&b, &document, arena, BILLED);
    memory = invariant_memory_new(b.rules, &limits);
    for (uint32_t i = 0; i < 100; i++)
        feed_one(&b, memory, pair_member(false, i, 1 + i, "10", arena), &findings);
    invariant_counts(memory, &counts);
    assert_int_equal(counts.entities, 10);
    assert_int_equal(counts.forgotten, 90);
    for (uint32_t i = 0; i < 100; i++) /* all are wrong, and only the last ten are known; each takes another's place */
        feed_one(&b, memory, pair_member(true, 99 - i, 200 + i, "11", arena), &findings);
    assert_int_equal(findings.count, 10);
    invariant_memory_free(memory);
    bench_stop(&b);
    arena_free(arena);
}

static void
bytes_are_bounded_too(void **state)
{
    struct arena *arena = arena_new(0, SIZE_MAX);
    struct invariant_limits limits = { .bytes = 64 * LIMIT_KIB };
    struct findings findings = { .name = "bytes" };
    struct invariant_memory *memory;
    struct invariant_counts counts;
    struct document document;
    char total[4100];
    struct bench b;

    (void)state;
    memset(total, 'x', sizeof total);
    total[sizeof total - 1] = '\0';
    bench_text(&b, &document, arena, BILLED);
    memory = invariant_memory_new(b.rules, &limits);
    for (uint32_t i = 0; i < 1000; i++) {
        feed_one(&b, memory, pair_member(false, i, 1 + i, total, arena), &findings);
        invariant_counts(memory, &counts);
        assert_true(counts.bytes <= 64 * LIMIT_KIB);
    }
    assert_true(counts.entities > 5 && counts.entities < 20);
    assert_int_equal(counts.entities + counts.forgotten, 1000);
    invariant_memory_free(memory);
    bench_stop(&b);
    arena_free(arena);
}

static void
only_the_members_that_are_named_are_kept(void **state)
{
    struct arena *arena = arena_new(0, SIZE_MAX);
    struct findings findings = { .name = "kept" };
    struct invariant_memory *memory;
    struct invariant_counts small, large;
    struct document document;
    struct bench b;

    (void)state;
    bench_text(&b, &document, arena, BILLED);
    memory = invariant_memory_new(b.rules, NULL);
    feed_one(&b, memory, pair_member(false, 1, 1, "10", arena), &findings);
    invariant_counts(memory, &small);
    feed_one(&b, memory, pair_member(false, 2, 2, "10, more: {a: [1, 2, 3, 4, 5, 6, 7, 8, 9]}", arena), &findings);
    invariant_counts(memory, &large);
    assert_int_equal(large.bytes, 2 * small.bytes);
    invariant_memory_free(memory);
    bench_stop(&b);
    arena_free(arena);
}

static void
more_overlapping_messages_than_are_kept_leave_it_open(void **state)
{
    struct arena *arena = arena_new(0, SIZE_MAX);
    struct findings findings = { .name = "crowd" };
    struct told *all[LIMIT_WATCH_OVERLAP * 3 + 1];
    struct invariant_memory *memory;
    struct document document;
    uint32_t count = LIMIT_WATCH_OVERLAP * 3 + 1;
    struct bench b;

    (void)state;
    bench_text(&b, &document, arena, VIEWED);
    memory = invariant_memory_new(b.rules, NULL);
    for (uint32_t i = 0; i + 1 < count; i++)
        all[i] = made_up("shop updateOrder", i, 1 + i, 1000 + i, i, true, arena);
    all[count - 1] = made_up("view getView", 99, 500, 2000, 0, true, arena); /* what was dropped first */
    feed_all(&b, all, count, &memory, 1, &findings);
    assert_int_equal(findings.count, 0);
    assert_int_equal(forgotten(&memory, 1), LIMIT_WATCH_OVERLAP * 2);
    invariant_memory_free(memory);
    bench_stop(&b);
    arena_free(arena);
}

static void
of_a_long_list_the_first_items_count(void **state)
{
    struct arena *arena = arena_new(0, SIZE_MAX);
    struct findings findings = { .name = "list" };
    struct invariant_memory *memory;
    struct invariant_counts counts;
    struct document document, list;
    struct told *t;
    struct buffer json;
    struct bench b;

    (void)state;
    bench_text(&b, &document, arena,
               "- name: listed\n"
               "  parts:\n"
               "    listed: { on: shop listOrders, each: response:/orders, key: /order_id }\n"
               "    order: { on: shop getOrder, key: path:order_id }\n"
               "  hold: listed.item.total == order.body.total\n");
    memory = invariant_memory_new(b.rules, NULL);
    buffer_init(&json, LIMIT_MIB);
    buffer_add(&json, TEXT("{\"orders\":["));
    for (unsigned i = 0; i < LIMIT_WATCH_ITEMS + 10; i++)
        buffer_print(&json, "%s{\"order_id\":%u,\"total\":1}", i > 0 ? "," : "", i);
    buffer_add(&json, TEXT("]}"));
    assert_int_equal(document_parse(&list, buffer_text(&json), NULL, arena, NULL), 0);
    t = made_up("shop listOrders", 1, 1, 2, 1, true, arena);
    t->o.response = list.root;
    feed_one(&b, memory, t, &findings);
    invariant_counts(memory, &counts);
    assert_int_equal(counts.entities, LIMIT_WATCH_ITEMS);
    buffer_release(&json);
    invariant_memory_free(memory);
    bench_stop(&b);
    arena_free(arena);
}

/* All of them overlap, and none of their combinations holds; but there are too many to know. */
static void
more_combinations_than_are_tried_leave_it_open(void **state)
{
    static const char *const operations[] = { "shop getOrder", "view getView", "billing getBill", "shop createOrder" };
    struct arena *arena = arena_new(0, SIZE_MAX);
    struct findings findings = { .name = "tries" };
    struct told *all[4 * LIMIT_WATCH_OVERLAP];
    struct invariant_memory *memory;
    struct invariant_counts counts;
    struct document document;
    uint32_t count = 0;
    struct bench b;

    (void)state;
    bench_text(&b, &document, arena,
               "- name: three\n"
               "  parts:\n"
               "    a: { on: shop getOrder, key: path:order_id }\n"
               "    b: { on: view getView, key: path:order_id }\n"
               "    c: { on: billing getBill, key: response:/order_id }\n"
               "    d: { on: shop createOrder, key: response:/order_id }\n"
               "  hold: a.body.total + b.body.total + c.body.total + d.body.total == 0\n");
    memory = invariant_memory_new(b.rules, NULL);
    for (; count < 4 * (LIMIT_WATCH_OVERLAP - 1); count++)
        all[count] = made_up(operations[count % 4], count, 1, 1000, 1 + count, true, arena);
    feed_all(&b, all, count, &memory, 1, &findings);
    invariant_counts(memory, &counts);
    assert_int_equal(findings.count, 0);
    assert_true(counts.undecided > 0);
    invariant_memory_free(memory);
    bench_stop(&b);
    arena_free(arena);
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

/* ---- unkind ones ---- */

static struct told *
hostile(const char *body, struct arena *arena)
{
    struct told *t = made_up("shop getOrder", 1, 1, 2, 1, true, arena);
    struct document document;

    assert_int_equal(document_parse(&document, text_of(body), NULL, arena, NULL), 0);
    t->o.response = document.root;
    return t;
}

/* A million items take more steps than an expression has; who sent them is not let off. */
static void
a_body_that_takes_too_long_stays_unchecked(void **state)
{
    struct arena *arena = arena_new(0, SIZE_MAX);
    struct verdict verdict = { .checked = true };
    struct document document;
    struct buffer body;
    struct bench b;

    (void)state;
    bench_text(&b, &document, arena,
               "- { name: all, on: shop getOrder, hold: 'all(body.items, function(i) return i == 1 end)' }");
    buffer_init(&body, 16 * LIMIT_MIB);
    buffer_add(&body, TEXT("{\"items\":[1"));
    for (unsigned i = 0; i < 1000000; i++)
        buffer_add(&body, TEXT(",1"));
    buffer_add(&body, TEXT("]}\0"));
    invariants_check(b.rules, &b.worker, &hostile(body.data, arena)->o, SIDE_RESPONSE, b.arena, &verdict);
    assert_int_equal(verdict.count, 0);
    assert_int_equal(verdict.unchecked_count, 1);
    assert_int_equal(verdict.unchecked[0].reason, UNCHECKED_BUDGET);
    assert_int_equal(b.troubles, 1);
    buffer_release(&body);
    bench_stop(&b);
    arena_free(arena);
}

static void
bodies_of_any_shape_do_no_harm(void **state)
{
    static const char *const bodies[] = { "null",
                                          "[]",
                                          "\"text\"",
                                          "1e400",
                                          "{\"total\":{},\"net\":[],\"tax\":null}",
                                          "{\"total\":1e400,\"net\":1,\"tax\":1}",
                                          "{\"total\":\"\\u0000\",\"net\":true,\"tax\":\"1\"}",
                                          "[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]",
                                          "{\"items\":5}",
                                          "{\"items\":{\"a\":1}}" };
    struct arena *arena = arena_new(0, SIZE_MAX);
    struct verdict verdict = { .checked = true };
    struct findings findings = { .name = "hostile" };
    struct invariant_memory *memory;
    struct document document;
    struct bench b;

    (void)state;
    bench_text(&b, &document, arena,
               VIEWED "- { name: sum, on: shop getOrder, hold: body.total == body.net + body.tax }\n"
                      "- { name: len, on: shop getOrder, hold: \"sum(body.items, 'x') == 1\" }\n"
                      "- { name: text, on: shop getOrder, hold: 'body.total:upper() == 1' }\n");
    memory = invariant_memory_new(b.rules, NULL);
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        struct told *t = hostile(bodies[i], arena);

        invariants_check(b.rules, &b.worker, &t->o, SIDE_RESPONSE, b.arena, &verdict);
        feed_one(&b, memory, t, &findings);
        feed_one(&b, memory, made_up("view getView", 2, 3, 4, 5, true, arena), &findings);
    }
    invariant_memory_free(memory);
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
        cmocka_unit_test(what_was_forgotten_is_counted_and_never_found),
        cmocka_unit_test(bytes_are_bounded_too),
        cmocka_unit_test(only_the_members_that_are_named_are_kept),
        cmocka_unit_test(more_overlapping_messages_than_are_kept_leave_it_open),
        cmocka_unit_test(of_a_long_list_the_first_items_count),
        cmocka_unit_test(more_combinations_than_are_tried_leave_it_open),
        cmocka_unit_test(mistakes_are_told_with_their_place),
        cmocka_unit_test(another_script_gives_the_same_numbers),
        cmocka_unit_test(operations_are_known_to_concern),
        cmocka_unit_test(a_body_that_takes_too_long_stays_unchecked),
        cmocka_unit_test(bodies_of_any_shape_do_no_harm),
    };
    return cmocka_run_group_tests(tests, load_services, free_services);
}
