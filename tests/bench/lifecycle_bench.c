/* lifecycle_bench.c -- what an exchange costs that a lifecycle looks at: the note of it, and its place in the order, by
 * how many entities there are, how many exchanges overlap, and for a list. Prints the best of several rounds. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/limits.h"
#include "rules/lifecycle.h"

#define EXCHANGES 50000
#define CASE      "tests/cases/rules/lifecycle/"

static struct contract *contract;
static struct lifecycles *rules;

static const struct contract *
contract_of(void *arg, struct text service)
{
    (void)arg;
    (void)service;
    return contract;
}

static double
seconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void
on_found(void *arg, const struct watch_finding *finding)
{
    (void)arg;
    fprintf(stderr, "found: %.*s\n", TEXT_PRINT(finding->found));
    exit(1);
}

struct load {
    const char *name, *operation;
    uint32_t entities;
    int64_t overlapping;
    const struct value *response;
};

/* One exchange a microsecond, each of as many as overlap. Nanoseconds of one. */
static double
run(const struct load *load, struct arena *arena)
{
    struct lifecycle_memory *memory = lifecycle_memory_new(rules, NULL);
    struct contract_match match = { .operation = contract_operation_named(contract, text_of(load->operation)),
                                    .parameter_count = 1 };
    struct exchange x = { .id = "01234567890123456789", .has_response = true, .response = { .status = 200 } };
    double start = seconds();
    char key[32];

    for (int64_t i = 0; i < EXCHANGES; i++) {
        struct observation o = { .exchange = &x,
                                 .operation = match.operation,
                                 .match = &match,
                                 .response = load->response,
                                 .answered = true,
                                 .begin = i * 1000,
                                 .end = i * 1000 + load->overlapping * 1000 - 1 };

        (void)snprintf(key, sizeof key, "%u", (uint32_t)i * 2654435761u % load->entities);
        match.parameters[0].name = TEXT("order_id");
        match.parameters[0].value = text_of(key);
        for (const struct lifecycle_note *note = lifecycle_note(rules, &o, arena); note != NULL;
             note = lifecycle_note_next(note))
            lifecycle_feed(memory, note, (i - load->overlapping) * 1000, on_found, NULL);
        arena_reset(arena);
    }
    start = seconds() - start;
    lifecycle_memory_free(memory);
    return start / EXCHANGES * 1e9;
}

static void
measure(const struct load *load, struct arena *arena)
{
    double best = 1e9;

    for (int round = 0; round < 9; round++) {
        double one = run(load, arena);

        best = one < best ? one : best;
    }
    printf("%-52s %8.0f ns per exchange\n", load->name, best);
}

/* A list of twenty. */
static struct text
make_list(struct arena *arena)
{
    struct text list = TEXT("");

    for (int i = 0; i < 20; i++)
        list = arena_print(arena, "%.*s%s{\"order_id\":\"%d\",\"status\":\"confirmed\"}", TEXT_PRINT(list),
                           i > 0 ? "," : "", i);
    return arena_print(arena, "{\"orders\":[%.*s]}", TEXT_PRINT(list));
}

int
main(void)
{
    struct arena *arena = arena_new(64 * LIMIT_KIB, SIZE_MAX), *file = arena_new(0, SIZE_MAX);
    struct lifecycle_services services = { contract_of, NULL, NULL };
    struct document document, one, list;
    struct error err = { .kind = ERROR_NONE };

    if ((contract = contract_load(CASE "contracts/shop.yaml", NULL, &err)) == NULL ||
        document_read(&document, CASE "moves.yaml", file, &err) < 0 ||
        (rules = lifecycles_read(&document, VALUE_MEMBER(document.root, "lifecycles"), &services, &err)) == NULL ||
        document_parse(&one, TEXT("{\"order_id\":\"1\",\"total\":75.00,\"status\":\"confirmed\"}"), NULL, file, NULL) <
            0 ||
        document_parse(&list, make_list(file), NULL, file, NULL) < 0) {
        fprintf(stderr, "%s: %s\n", err.where, err.what);
        return 3;
    }
    measure(&(struct load){ "one after the other, 1000 entities", "getOrder", 1000, 1, one.root }, arena);
    measure(&(struct load){ "64 overlap, 1000 entities", "getOrder", 1000, 64, one.root }, arena);
    measure(&(struct load){ "8 overlap, of one entity", "getOrder", 1, 8, one.root }, arena);
    measure(&(struct load){ "64 overlap, 65536 entities", "getOrder", 65536, 64, one.root }, arena);
    measure(&(struct load){ "a list of 20", "listOrders", 20, 1, list.root }, arena);
    lifecycles_free(rules);
    contract_free(contract);
    arena_free(file);
    arena_free(arena);
    return 0;
}
