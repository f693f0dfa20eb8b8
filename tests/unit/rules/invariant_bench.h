/* invariant_bench.h -- rules at work for the tests of invariants: exchanges are fed as a gateway sees them end, and
 * what is found is counted, or held against what a case expects. */
#ifndef UNIT_RULES_INVARIANT_BENCH_H
#define UNIT_RULES_INVARIANT_BENCH_H

#include "unit.h"

#include "base/limits.h"
#include "invariant_case.h"

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

/* ---- feeding ---- */

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

#define BILLED                                                                                                         \
    "- name: billed as ordered\n"                                                                                      \
    "  parts:\n"                                                                                                       \
    "    order: { on: shop createOrder, key: response:/order_id }\n"                                                   \
    "    bill: { on: billing createBill, key: request:/order_id }\n"                                                   \
    "  hold: bill.request.body.total == order.body.total\n"

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

#endif
