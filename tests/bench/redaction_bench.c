/* redaction_bench.c -- how long redaction takes for an exchange with two bodies of about 600 bytes: without secrets,
 * with one, and with a rule of the operator's that has to look at every value. Prints the best of several rounds. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/limits.h"
#include "rules/redaction.h"
#include "traffic/exchange.h"

static const char body[] =
    "{\"id\":\"7f3b2c1e-9a54-4d0e-8f6b-2d1c0a9e8b77\",\"state\":\"pending\",\"created\":\"2024-05-17T09:31:22Z\","
    "\"currency\":\"EUR\",\"entries\":[{\"code\":\"AB-1029\",\"name\":\"Steel bolt, 8 mm\",\"quantity\":12,"
    "\"price\":0.35,\"tax\":0.07},{\"code\":\"AB-2210\",\"name\":\"Copper wire, 5 m\",\"quantity\":3,\"price\":14.99,"
    "\"tax\":2.85},{\"code\":\"XC-0007\",\"name\":\"Heat-shrink tube\",\"quantity\":1,\"price\":4.5,\"tax\":0.86}],"
    "\"place\":{\"name\":\"A. Person\",\"street\":\"1 Long Road\",\"city\":\"Some Town\",\"code\":\"12345\","
    "\"country\":\"DE\"},\"total\":57.45,\"note\":null,\"gift\":false,\"version\":4,\"tags\":[\"web\",\"new\"],"
    "\"%s\":\"2024-000417-B, second delivery of the\",\"x\":0}";

static struct header headers[] = {
    { .name = { "Host", 4 }, .value = { "shop.example:8080", 17 }, .id = HEADER_HOST },
    { .name = { "User-Agent", 10 }, .value = { "curl/7.88.1 (x86_64-pc-linux-gnu)", 33 } },
    { .name = { "Accept", 6 }, .value = { "application/json, text/plain, */*", 33 } },
    { .name = { "Accept-Encoding", 15 }, .value = { "gzip, deflate, br", 17 }, .id = HEADER_ACCEPT_ENCODING },
    { .name = { "Authorization", 13 }, .value = { "Bearer abcdefghijklmnop", 23 }, .id = HEADER_AUTHORIZATION },
    { .name = { "Content-Type", 12 }, .value = { "application/json", 16 }, .id = HEADER_CONTENT_TYPE },
    { .name = { "Content-Length", 14 }, .value = { "658", 3 }, .id = HEADER_CONTENT_LENGTH },
    { .name = { "X-Request-Id", 12 }, .value = { "5f0c9f62-6a8e-4a50-9c3f-7f2f2b1d0c11", 36 } },
};

static double
seconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void
fill(struct exchange *x, struct arena *arena, struct text content)
{
    struct message m = { .headers = headers,
                         .header_count = sizeof headers / sizeof headers[0],
                         .body = content,
                         .body_state = BODY_WHOLE };

    *x = (struct exchange){ .arena = arena, .request = m, .response = m, .has_response = true };
    x->request.target = TEXT("/api/orders/7f3b2c1e-9a54-4d0e-8f6b-2d1c0a9e8b77?limit=10&sort=created");
    x->request.path = text_slice(x->request.target, 0, 48);
    x->request.query = text_from(x->request.target, 49);
}

static void
measure(const char *name, const char *member, const char *rules)
{
    struct arena *arena = arena_new(64 * LIMIT_KIB, SIZE_MAX), *file = arena_new(0, SIZE_MAX);
    struct text content = arena_print(file, body, member);
    struct document document = { .root = NULL };
    struct redaction *r = NULL;
    struct redaction_scratch *scratch = redaction_scratch_new();
    struct exchange x;
    double best = 1e9;

    if (rules == NULL || document_read_text(&document, text_of(rules), "rules", file, NULL) == 0)
        r = redaction_new(&document, document.root, NULL);
    for (int round = 0; r != NULL && scratch != NULL && round < 15; round++) {
        double start = seconds();

        for (int i = 0; i < 20000; i++) {
            arena_reset(arena);
            fill(&x, arena, content);
            if (redaction_apply(r, &x, scratch) < 0)
                exit(1);
        }
        start = (seconds() - start) / 20000;
        if (start < best)
            best = start;
    }
    printf("%-44s %8.0f ns per exchange of 2 x %zu B, %u places redacted\n", name, best * 1e9, content.length,
           x.redacted_count);
    redaction_free(r);
    redaction_scratch_free(scratch);
    arena_free(file);
    arena_free(arena);
}

int
main(void)
{
    measure("bodies without secrets", "reference", NULL);
    measure("bodies with a secret", "password", NULL);
    measure("bodies without secrets, a pattern", "reference", "rules: [{ pattern: '[a-z.]+@[a-z.]+', action: mask }]");
    return 0;
}
