#include "unit.h"

#include "base/random.h"
#include "rules/lifecycle_internal.h"

/* Small histories of one entity, made at random, against trying every order there is. */

#define STATES 4
#define MOST   6 /* exchanges: 720 orders */

static struct lifecycle lifecycle;
static struct lifecycles rules = { .count = 1, .state_count = STATE_FIRST + STATES };
static struct lifecycle_event events[4];
static struct lifecycle_event *event_list[] = { &events[0], &events[1], &events[2], &events[3] };
static struct contract *contract;
static const struct operation *operation; /* for the texts of findings */

static uint32_t
below(struct random *r, uint32_t limit)
{
    return (uint32_t)random_below(r, limit);
}

/* Some moves, some of them of one operation alone; some states are unseen. */
static void
make_lifecycle(struct random *r)
{
    bool onwards = below(r, 2) == 0; /* no way back */

    memset(&lifecycle, 0, sizeof lifecycle);
    memset(events, 0, sizeof events);
    lifecycle.rules = &rules;
    lifecycle.name = TEXT("thing");
    lifecycle.state_count = STATE_FIRST + STATES;
    lifecycle.start = BIT(STATE_FIRST);
    lifecycle.events = event_list;
    lifecycle.event_count = 4;
    for (size_t i = 0; i < 4; i++)
        lifecycle.operations[i] = operation;
    lifecycle.live = (BIT(STATES) - 1) << STATE_FIRST;
    for (size_t e = 0; e < 4; e++)
        events[e] = (struct lifecycle_event){ .lifecycle = &lifecycle,
                                              .operation = operation,
                                              .bit = BIT(e),
                                              .from = lifecycle.live,
                                              .sets_one = STATE_MISSING };
    for (uint32_t from = STATE_FIRST; from < lifecycle.state_count; from++)
        for (uint32_t to = STATE_FIRST; to < lifecycle.state_count; to++) {
            uint32_t kind = below(r, 4);

            if (kind == 0 || (from == to && kind < 3) || (from > to && onwards))
                continue;
            lifecycle.states[from].moves |= BIT(to);
            events[1].causes[from] |= BIT(to);
            if (kind > 1) {
                lifecycle.states[from].silent |= BIT(to);
                events[2].causes[from] |= BIT(to);
            }
        }
    if (below(r, 3) == 0)
        lifecycle.unseen = BIT(STATE_FIRST + below(r, STATES));
    events[1].sets_one = (uint8_t)(STATE_FIRST + below(r, STATES));
    events[2].sets.source = FROM_REQUEST;
    events[3].creates = below(r, 2) == 0;
    events[3].deletes = !events[3].creates;
    events[2].once = below(r, 3) == 0 && !events[3].creates; /* that would let it be done again */
    if (below(r, 4) == 0)
        events[0].after = events[1].bit;
    if (below(r, 6) == 0) {
        events[0].has_from = true;
        events[0].from = BIT(STATE_FIRST + below(r, STATES)) | BIT(STATE_FIRST + below(r, STATES));
    }
    lifecycle_derive(&lifecycle);
}

static void
make_item(struct random *r, struct order_item *item)
{
    uint32_t e = below(r, 8);

    *item = (struct order_item){ .event = &events[e < 4 ? e : 0],
                                 .begin = (int64_t)below(r, 12),
                                 .kind = NOTE_SUCCESS,
                                 .shows = STATE_MISSING,
                                 .sets = STATE_MISSING };
    item->end = item->begin + 1 + (int64_t)below(r, 6);
    if (item->event == &events[1])
        item->sets = events[1].sets_one;
    else if (item->event == &events[2])
        item->sets = (uint8_t)(STATE_FIRST + below(r, STATES));
    else if (item->event == &events[0] && below(r, 8) == 0)
        item->kind = NOTE_ABSENT;
    else if (item->event == &events[0] && below(r, 6) > 0)
        item->shows = (uint8_t)(STATE_FIRST + below(r, STATES));
    if (lifecycle_changes(item->event) && below(r, 6) == 0)
        item->repeat = 10 * item->event->bit + below(r, 2);
}

/* All states that come of all orders that place everything closed, and some of the others or none. */
static uint64_t
try_all(const struct order_problem *p, uint64_t applied, uint64_t states)
{
    uint64_t all = (p->closed & ~applied) == 0 ? states : 0;

    for (uint32_t slot = 0; slot < MOST; slot++) {
        bool first = (p->used & ~applied & BIT(slot)) != 0;
        uint64_t after;

        for (uint32_t other = 0; first && other < MOST; other++)
            first = (p->used & ~applied & BIT(other)) == 0 || p->items[other]->end >= p->items[slot]->begin;
        if (first && (after = order_step(p, applied, states, slot)) != 0)
            all |= try_all(p, applied | BIT(slot), after);
    }
    return all;
}

static void
pose(struct random *r, struct order_problem *p, struct order_item *items)
{
    uint32_t count = 1 + below(r, MOST);
    int64_t settled = (int64_t)below(r, 24);

    memset(p, 0, sizeof *p);
    p->lifecycle = &lifecycle;
    p->from_birth = below(r, 2) == 0;
    if (below(r, 6) == 0)
        p->adrift = BIT(STATE_FIRST + below(r, STATES));
    for (uint32_t i = 0; i < count; i++) {
        make_item(r, &items[i]);
        p->items[i] = &items[i];
        p->used |= BIT(i);
        if (items[i].end < settled)
            p->closed |= BIT(i);
    }
}

/* A branch that is there says what it says with some order; one that is not there has none. */
static void
the_search_finds_an_order_exactly_when_there_is_one(void **state)
{
    struct order_scratch *scratch = order_scratch_new();
    struct random r;
    uint32_t found = 0, wrong = 0;

    (void)state;
    random_seed(&r, 7);
    for (int i = 0; i < 20000; i++) {
        struct order_branch from = { 0, 0, ORDER_SLOTS };
        const struct order_branch *result;
        struct order_item items[MOST];
        struct order_problem p;
        uint64_t all, states = 0;
        uint32_t count = 1;
        uint8_t fault = ORDER_SLOTS;
        enum order_result what;

        make_lifecycle(&r);
        pose(&r, &p, items);
        from.states = below(&r, 3) == 0 ? lifecycle.live | 3 : BIT(STATE_FIRST + below(&r, STATES));
        all = try_all(&p, 0, from.states);
        what = order_search(&p, &from, &count, scratch, &result, &fault);
        check_that((what == ORDER_FOUND) == (all != 0), "history %d: %s", i, all != 0 ? "allowed" : "not allowed");
        if (what == ORDER_WRONG) {
            check_that((p.closed & ~result[0].applied & BIT(fault)) != 0, "history %d: slot %u", i, fault);
            wrong++;
            continue;
        }
        for (uint32_t b = 0; b < count; b++)
            states |= result[b].states;
        if (p.closed == p.used) /* with others, what they bring comes later */
            check_that(states == all, "history %d: %llx, and not %llx", i, (unsigned long long)states,
                       (unsigned long long)all);
        found++;
    }
    check_that(found > 5000 && wrong > 5000, "%u with an order, %u without", found, wrong);
    order_scratch_free(scratch);
}

/* ---- the same, told one by one while time goes on ---- */

static void
count_found(void *arg, const struct watch_finding *finding)
{
    (void)finding;
    ++*(uint32_t *)arg;
}

static int
by_end(const void *a, const void *b)
{
    const struct order_item *x = a, *y = b;

    return x->end < y->end ? -1 : x->end > y->end;
}

static void
feed(struct lifecycle_memory *memory, const struct order_item *item, int64_t settled, uint32_t *found)
{
    struct lifecycle_note note = { .event = item->event,
                                   .id = "00000000000000000000",
                                   .begin = item->begin,
                                   .end = item->end,
                                   .key = TEXT("k"),
                                   .hash = 1,
                                   .kind = (enum note_kind)item->kind,
                                   .shows = item->shows,
                                   .sets = item->sets,
                                   .repeat = item->repeat };

    lifecycle_feed(memory, &note, settled, count_found, found);
}

/* Whatever is settled when, there is a finding exactly when no order of all is allowed. */
static void
step_by_step_finds_the_same_as_all_at_once(void **state)
{
    struct random r;

    (void)state;
    random_seed(&r, 11);
    for (int i = 0; i < 20000; i++) {
        struct lifecycle_memory *memory;
        struct order_item items[MOST];
        struct order_problem p;
        uint32_t count, found = 0;
        bool allowed;

        make_lifecycle(&r);
        pose(&r, &p, items);
        count = (uint32_t)__builtin_popcountll(p.used);
        p.closed = p.used;
        p.adrift = 0;
        p.from_birth = false;
        allowed = try_all(&p, 0, lifecycle.live | 3) != 0;
        qsort(items, count, sizeof items[0], by_end);
        memory = lifecycle_memory_new(&rules, NULL);
        for (uint32_t k = 0; k < count; k++) {
            int64_t settled = INT64_MAX;

            for (uint32_t later = k + 1; later < count; later++)
                if (items[later].begin < settled)
                    settled = items[later].begin;
            feed(memory, &items[k], below(&r, 3) == 0 ? INT64_MIN : settled, &found);
        }
        lifecycle_tick(memory, 100, INT64_MAX, count_found, &found);
        check_that((found == 0) == allowed, "history %d: %u findings, but it is %s", i, found,
                   allowed ? "allowed" : "not allowed");
        lifecycle_memory_free(memory);
    }
}

/* ---- limits ---- */

static struct order_item
reader(int64_t begin, int64_t end, uint8_t shows)
{
    return (struct order_item){ &events[0], begin, end, 0, NOTE_SUCCESS, shows, STATE_MISSING };
}

/* first -> second by everybody, and nothing else */
static void
make_simple(void)
{
    struct random r;

    random_seed(&r, 1);
    make_lifecycle(&r);
    memset(lifecycle.states, 0, sizeof lifecycle.states);
    lifecycle.unseen = 0;
    lifecycle.states[STATE_FIRST].moves = lifecycle.states[STATE_FIRST].silent = BIT(STATE_FIRST + 1);
    lifecycle_derive(&lifecycle);
    events[0].after = 0;
    events[0].has_from = false;
    events[0].from = lifecycle.live;
    events[3].creates = events[3].deletes = false;
}

static void
many_readers_at_once_are_no_burden(void **state)
{
    struct lifecycle_counts counts;
    struct lifecycle_memory *memory;
    uint32_t found = 0;

    (void)state;
    make_simple();
    memory = lifecycle_memory_new(&rules, NULL);
    for (int64_t i = 0; i < 60; i++) {
        struct order_item item = reader(i, 100 + i, i % 2 == 0 ? STATE_FIRST : STATE_FIRST + 1);

        feed(memory, &item, 0, &found);
    }
    lifecycle_tick(memory, 1000, INT64_MAX, count_found, &found);
    lifecycle_counts(memory, &counts);
    assert_int_equal(found, 0);
    assert_int_equal(counts.overflow, 0);
    lifecycle_memory_free(memory);
}

static void
too_many_at_once_make_it_unknown_and_no_finding(void **state)
{
    struct lifecycle_counts counts;
    struct lifecycle_memory *memory;
    uint32_t found = 0;

    (void)state;
    make_simple();
    memory = lifecycle_memory_new(&rules, NULL);
    for (int64_t i = 0; i < 100; i++) {
        struct order_item item = reader(0, 100, i % 2 == 0 ? STATE_FIRST + 3 : STATE_FIRST + 2);

        feed(memory, &item, 0, &found);
    }
    lifecycle_counts(memory, &counts);
    assert_int_equal(found, 0);
    assert_int_equal(counts.overflow, 1);
    lifecycle_memory_free(memory);
}

/* Each of them moves it: so many have more orders than are tried. */
static void
too_many_orders_make_it_unknown_and_no_finding(void **state)
{
    struct lifecycle_counts counts;
    struct lifecycle_memory *memory;
    uint32_t found = 0;

    (void)state;
    make_simple();
    for (uint32_t i = 0; i < STATES; i++)
        events[2].causes[STATE_FIRST + i] = lifecycle.live;
    events[2].once = false;
    memory = lifecycle_memory_new(&rules, NULL);
    for (int64_t i = 0; i < 20; i++) {
        struct order_item item = reader(0, 100, STATE_MISSING);

        item.event = &events[2];
        item.sets = (uint8_t)(STATE_FIRST + i % STATES);
        feed(memory, &item, 0, &found);
    }
    lifecycle_tick(memory, 1000, INT64_MAX, count_found, &found);
    lifecycle_counts(memory, &counts);
    assert_int_equal(found, 0);
    assert_int_equal(counts.overflow, 1);
    lifecycle_memory_free(memory);
}

static void
memory_is_bounded_and_counted(void **state)
{
    struct lifecycle_limits limits = { 0, 100 * 1000 };
    struct lifecycle_counts counts;
    struct lifecycle_memory *memory;
    char key[40];

    (void)state;
    make_simple();
    memory = lifecycle_memory_new(&rules, &limits);
    for (uint32_t i = 0; i < 5000; i++) {
        struct lifecycle_note note = { .event = &events[0],
                                       .id = "00000000000000000000",
                                       .begin = i,
                                       .end = i + 1,
                                       .kind = NOTE_SUCCESS,
                                       .shows = STATE_FIRST,
                                       .sets = STATE_MISSING,
                                       .hash = lifecycle_key_hash(&lifecycle, 0, text_of(key)) };

        (void)snprintf(key, sizeof key, "key %u", i);
        note.key = text_of(key);
        note.hash = lifecycle_key_hash(&lifecycle, 0, note.key);
        lifecycle_feed(memory, &note, i % 3 == 0 ? i : 0, NULL, NULL);
    }
    lifecycle_counts(memory, &counts);
    assert_true(counts.bytes <= limits.bytes);
    assert_int_equal(counts.entities + counts.forgotten, 5000);
    assert_true(counts.entities > 50);
    lifecycle_memory_free(memory);
}

static int
load_contract(void **state)
{
    (void)state;
    contract = contract_load_text(TEXT("openapi: 3.1.0\n"
                                       "info: { title: t, version: '1' }\n"
                                       "paths: { /a: { get: { responses: { '200': { description: ok } } } } }\n"),
                                  "a.yaml", NULL, NULL);
    assert_non_null(contract);
    operation = contract_operation(contract, 0);
    return 0;
}

static int
free_contract(void **state)
{
    (void)state;
    contract_free(contract);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_search_finds_an_order_exactly_when_there_is_one),
        cmocka_unit_test(step_by_step_finds_the_same_as_all_at_once),
        cmocka_unit_test(many_readers_at_once_are_no_burden),
        cmocka_unit_test(too_many_at_once_make_it_unknown_and_no_finding),
        cmocka_unit_test(too_many_orders_make_it_unknown_and_no_finding),
        cmocka_unit_test(memory_is_bounded_and_counted),
    };

    return cmocka_run_group_tests(tests, load_contract, free_contract);
}
