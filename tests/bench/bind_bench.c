/* bind_bench.c -- how long bindings take for an exchange with bodies of about 1 KB: while rules are learned, and with
 * rules that are known, read, made and answered. CPU time; prints the best of several rounds. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/limits.h"
#include "replay/bind.h"

#define FLOWS 2000

static const char body[] =
    "{\"id\":\"%08x-9a54-4d0e-8f6b-2d1c0a9e%04x\",\"state\":\"pending\",\"created\":\"2024-05-17T09:31:22Z\","
    "\"currency\":\"EUR\",\"entries\":[{\"code\":\"AB-1029\",\"name\":\"Steel bolt, 8 mm\",\"quantity\":12,"
    "\"price\":0.35,\"tax\":0.07},{\"code\":\"AB-2210\",\"name\":\"Copper wire, 5 m\",\"quantity\":3,\"price\":14.99,"
    "\"tax\":2.85},{\"code\":\"XC-0007\",\"name\":\"Heat-shrink tube\",\"quantity\":1,\"price\":4.5,\"tax\":0.86}],"
    "\"place\":{\"name\":\"A. Person\",\"street\":\"1 Long Road\",\"city\":\"Some Town\",\"code\":\"12345\","
    "\"country\":\"DE\"},\"total\":57.45,\"note\":null,\"gift\":false,\"version\":4,\"tags\":[\"web\",\"new\"],"
    "\"text\":\"Please ring twice, the bell is broken and the dog is old. Leave it with the neighbours if nobody "
    "opens; "
    "they are at home until noon on most days of the week, and know about it.\",\"history\":[{\"at\":"
    "\"2024-05-17T09:31:22Z\",\"who\":\"web\"},{\"at\":\"2024-05-17T09:31:23Z\",\"who\":\"stock\"}],\"x\":0}";

struct bench {
    struct arena *arena, *traffic;
    struct exchange *exchanges;
    uint32_t count;
    struct bindings *rules;
};

static double
seconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static struct message
message_of(struct bench *b, const char *method, struct text target, uint32_t status, struct text content)
{
    struct message m = { .is_request = method != NULL, .status = (uint16_t)status, .body = content };

    m.headers = ARENA_ARRAY(b->traffic, struct header, 4);
    m.headers[m.header_count++] =
        (struct header){ .name = TEXT("Content-Type"), .value = TEXT("application/json"), .id = HEADER_CONTENT_TYPE };
    m.headers[m.header_count++] = (struct header){ .name = TEXT("X-Tenant"), .value = TEXT("north") };
    m.body_state = content.length > 0 ? BODY_WHOLE : BODY_NONE;
    m.method = text_of(method);
    m.target = m.path = target;
    return m;
}

/* A thing is made, changed, and looked at. */
static void
add_flow(struct bench *b, uint32_t flow)
{
    unsigned random = flow * 2654435761u;
    struct text made = arena_print(b->traffic, body, random, flow);
    struct text id = text_slice(made, 7, 36), target = arena_print(b->traffic, "/things/%.*s", TEXT_PRINT(id));
    struct exchange *x = &b->exchanges[b->count];

    x[0] = (struct exchange){ .arena = b->traffic, .has_response = true };
    x[0].request = message_of(b, "POST", TEXT("/things"), 0, arena_text(b->traffic, text_from(made, 45)));
    x[0].request.body = arena_print(b->traffic, "{%.*s", TEXT_PRINT(x[0].request.body));
    x[0].response = message_of(b, NULL, TEXT(""), 201, made);
    x[1] = x[2] = x[0];
    x[1].request = message_of(b, "PATCH", target, 0, made);
    x[2].request = message_of(b, "GET", target, 0, text_make(NULL, 0));
    b->count += 3;
}

static void
fail(const char *what)
{
    fprintf(stderr, "bind_bench: %s\n", what);
    exit(1);
}

static double
run(struct bench *b, bool learn, bool replay, uint32_t *bound)
{
    const struct binder_options options = { .rules = b->rules, .learn = learn };
    struct binder *binder = binder_new(&options);
    double start = seconds();

    *bound = 0;
    for (uint32_t i = 0; i < b->count; i++) {
        struct bound_request request;
        uint64_t *needs;
        uint32_t need_count;

        arena_reset(b->arena);
        if (binder_read(binder, i + 1, &b->exchanges[i], NULL, b->arena, &needs, &need_count) < 0)
            fail("no memory");
        if (!replay)
            continue;
        if (binder_request(binder, i + 1, &b->exchanges[i], NULL, b->arena, &request) < 0 || request.unresolved > 0)
            fail("a request is not resolved");
        *bound += request.bound_count;
        binder_answer(binder, i + 1, &b->exchanges[i], &b->exchanges[i].response);
    }
    start = seconds() - start;
    binder_free(binder);
    return start;
}

static void
measure(struct bench *b, const char *name, bool learn, bool replay, struct bindings *rules)
{
    double best = 1e9;
    uint32_t bound = 0;

    for (int round = 0; round < 5; round++) {
        double took;

        b->rules = rules != NULL ? rules : bindings_new();
        took = run(b, learn, replay, &bound);
        best = took < best ? took : best;
        if (rules == NULL)
            bindings_free(b->rules);
    }
    printf("%-44s %8.0f exchanges/s, %6.2f us each, %u values bound\n", name, b->count / best, best * 1e6 / b->count,
           bound);
}

int
main(void)
{
    struct bench b = { .arena = arena_new(64 * LIMIT_KIB, SIZE_MAX), .traffic = arena_new(0, SIZE_MAX) };
    struct bindings *rules = bindings_new();
    uint32_t bound;

    b.exchanges = calloc((size_t)FLOWS * 3, sizeof(struct exchange));
    for (uint32_t i = 0; i < FLOWS; i++)
        add_flow(&b, i);
    b.rules = rules;
    (void)run(&b, true, false, &bound);
    printf("%u exchanges, bodies of %zu bytes, %u bindings\n", b.count, b.exchanges[0].response.body.length,
           bindings_count(rules));
    measure(&b, "learn", true, false, NULL);
    measure(&b, "learn, make requests, take answers", true, true, NULL);
    measure(&b, "known rules: read", false, false, rules);
    measure(&b, "known rules: read, make requests, take answers", false, true, rules);
    bindings_free(rules);
    free(b.exchanges);
    arena_free(b.arena);
    arena_free(b.traffic);
    return 0;
}
