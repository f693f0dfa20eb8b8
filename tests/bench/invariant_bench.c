/* invariant_bench.c -- what an invariant costs for an exchange: one about the answer alone, and a join of two services,
 * whose messages come in pairs with the same key and agree. Prints the best of several rounds. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/limits.h"
#include "rules/invariant.h"

static const char body[] =
    "{\"id\":\"K00000000\",\"state\":\"pending\",\"created\":\"2024-05-17T09:31:22Z\",\"currency\":\"EUR\",\"entries\":"
    "["
    "{\"code\":\"AB-1029\",\"name\":\"Steel bolt, 8 mm\",\"quantity\":12,\"price\":0.35},{\"code\":\"AB-2210\","
    "\"name\":\"Copper wire, 5 m\",\"quantity\":3,\"price\":14.99},{\"code\":\"XC-0007\",\"name\":\"Heat-shrink tube\","
    "\"quantity\":1,\"price\":4.5}],\"place\":{\"name\":\"A. Person\",\"street\":\"1 Long Road\",\"city\":\"Some "
    "Town\","
    "\"code\":\"12345\",\"country\":\"DE\"},\"net\":53.67,\"tax\":10.2,\"total\":63.87,\"note\":null,\"gift\":false}";

static const char api[] = "openapi: 3.1.0\n"
                          "info: { title: A, version: '1' }\n"
                          "paths:\n"
                          "  /a: { post: { operationId: a, responses: { '200': { description: x } } } }\n"
                          "  /b: { post: { operationId: b, responses: { '200': { description: x } } } }\n";

static struct contract *contract;

static const struct contract *
find_contract(void *arg, struct text service)
{
    (void)arg;
    (void)service;
    return contract;
}

static double
seconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

struct bench {
    struct arena *file, *arena;
    struct invariants *rules;
    struct invariant_memory *memory;
    struct invariant_worker worker;
    const struct operation *operations[2];
};

static void
on_found(void *arg, const struct watch_finding *finding)
{
    (void)arg;
    printf("%.*s\n", TEXT_PRINT(finding->found));
    exit(1);
}

/* The body with a key of its own; printf would cost more than what is measured. */
static struct text
body_of(unsigned key, struct arena *arena)
{
    struct text copy = arena_text(arena, text_make(body, sizeof body - 1));
    char *digit = (char *)(uintptr_t)copy.data + sizeof "{\"id\":\"K00000000" - 2;

    for (; key > 0; key /= 10)
        *digit-- = (char)('0' + key % 10);
    return copy;
}

/* The exchange with this number: an answer of `a`, then the same of `b`. */
static void
one(struct bench *b, unsigned number)
{
    struct exchange x = { .arena = b->arena, .has_response = true, .response = { .status = 200 } };
    struct observation o = { .exchange = &x,
                             .operation = b->operations[number % 2],
                             .answered = true,
                             .begin = 2 * (int64_t)number,
                             .end = 2 * (int64_t)number + 1 };
    struct verdict verdict = { .checked = true };
    const struct invariant_note *note;
    struct document document;

    memset(x.id, '0', sizeof x.id - 1);
    if (document_parse(&document, body_of(number / 2, b->arena), NULL, b->arena, NULL) < 0)
        exit(1);
    o.response = document.root;
    invariants_check(b->rules, &b->worker, &o, SIDE_RESPONSE, b->arena, &verdict);
    if (verdict.count > 0)
        exit(1);
    for (note = invariant_note(b->rules, &b->worker, &o, b->arena); note != NULL; note = invariant_note_next(note))
        invariant_feed(b->memory, &b->worker, note, o.end + 1, on_found, NULL);
}

static double
time_of(struct bench *b)
{
    static unsigned number;
    double best = 1e9;

    for (int round = 0; round < 10; round++) {
        double start = seconds();

        for (int i = 0; i < 20000; i++) {
            arena_reset(b->arena);
            one(b, number++);
        }
        start = (seconds() - start) / 20000;
        if (start < best)
            best = start;
    }
    return best;
}

static double
measure(const char *name, const char *yaml, double without)
{
    struct invariant_services services = { .contract = find_contract };
    struct error err = { .kind = ERROR_NONE };
    struct document document;
    struct bench b = { .file = arena_new(0, SIZE_MAX), .arena = arena_new(64 * LIMIT_KIB, SIZE_MAX) };
    struct invariant_counts counts;
    double best;

    b.worker.script = script_new(NULL, &err);
    b.operations[0] = contract_operation_named(contract, TEXT("a"));
    b.operations[1] = contract_operation_named(contract, TEXT("b"));
    if (document_read_text(&document, text_of(yaml), "rules", b.file, &err) < 0 || b.worker.script == NULL ||
        (b.rules = invariants_read(&document, document.root, &services, b.worker.script, &err)) == NULL) {
        printf("%s: %s\n", err.where, err.what);
        exit(1);
    }
    b.memory = invariant_memory_new(b.rules, NULL);
    best = time_of(&b);
    invariant_counts(b.memory, &counts);
    printf("%-40s %8.0f ns per exchange, %8.0f ns more; %llu keys in %llu KiB\n", name, best * 1e9,
           (best - without) * 1e9, (unsigned long long)counts.entities, (unsigned long long)counts.bytes / 1024);
    invariant_memory_free(b.memory);
    invariants_free(b.rules);
    script_free(b.worker.script);
    arena_free(b.arena);
    arena_free(b.file);
    return best;
}

int
main(void)
{
    double without;

    contract = contract_load_text(text_of(api), "a.yaml", NULL, NULL);
    without = measure("reading the body alone", "[]", 0);
    (void)measure("one about the answer",
                  "- { name: one, on: { service: a, operation: [a, b] }, hold: 'near(body.total, body.net + body.tax, "
                  "0.005)' }",
                  without);
    (void)measure("one that goes through a list",
                  "- { name: one, on: { service: a, operation: [a, b] }, hold: 'near(body.net, sum(body.entries, "
                  "function(e) return e.price * e.quantity end), 0.005)' }",
                  without);
    (void)measure("a join of two",
                  "- { name: two, parts: { a: { on: a a, key: response:/id }, b: { on: a b, key: response:/id } }, "
                  "hold: 'near(a.body.total, b.body.total, 0.005)' }",
                  without);
    contract_free(contract);
    return 0;
}
