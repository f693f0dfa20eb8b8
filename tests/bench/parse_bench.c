/* parse_bench.c -- ns per head: a request and a response of about 300 bytes with 8 fields each, and a chunked body.
 *
 * Prints the best of several rounds: the machine is shared, and the best round is the one that was disturbed least. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/limits.h"
#include "http/parse.h"

#define REPEATS 100000
#define ROUNDS  15

static const char request[] = "POST /api/orders/7f3a9c52-11aa-4b1c?expand=items&limit=10 HTTP/1.1\r\n"
                              "Host: orders.example.com\r\n"
                              "User-Agent: curl/7.88.1\r\n"
                              "Accept: application/json\r\n"
                              "Content-Type: application/json\r\n"
                              "Content-Length: 600\r\n"
                              "Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.e30.x\r\n"
                              "X-Request-Id: 0190b7c5-7c9a-7000\r\n"
                              "Connection: keep-alive\r\n"
                              "\r\n";

static const char response[] = "HTTP/1.1 200 OK\r\n"
                               "Server: nginx/1.22.1\r\n"
                               "Date: Mon, 01 Jan 2024 00:00:00 GMT\r\n"
                               "Content-Type: application/json; charset=utf-8\r\n"
                               "Content-Length: 700\r\n"
                               "Connection: keep-alive\r\n"
                               "ETag: \"33a64df551425fcc55e4d42a148795d9f25f89d4\"\r\n"
                               "Cache-Control: no-store\r\n"
                               "X-Request-Id: 0190b7c5-7c9a-7000\r\n"
                               "\r\n";

static const char chunks[] = "20\r\n0123456789abcdef0123456789abcdef\r\n"
                             "20\r\n0123456789abcdef0123456789abcdef\r\n"
                             "0\r\n\r\n";

static struct arena *arena;

static double
seconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static bool
read_request(void)
{
    struct message m;
    struct parse_fault fault;
    size_t seen = 0, used;

    return parse_request(text_make(request, sizeof request - 1), &seen, &parse_limits_default, arena, &m, &used,
                         &fault) == PARSE_DONE &&
           m.header_count == 8;
}

static bool
read_response(void)
{
    struct message m;
    struct parse_fault fault;
    size_t seen = 0, used;

    return parse_response(text_make(response, sizeof response - 1), &seen, &parse_limits_default, arena, TEXT("GET"),
                          &m, &used, &fault) == PARSE_DONE &&
           m.header_count == 8;
}

static bool
read_chunks(void)
{
    struct message m = { .framing = FRAMING_CHUNKED };
    struct text bytes = { chunks, sizeof chunks - 1 }, piece;
    struct body_reader r;
    struct parse_fault fault;
    enum parse_result result;
    size_t used;

    body_reader_init(&r, &m);
    do {
        result = body_reader_feed(&r, bytes, &parse_limits_default, arena, &m, &used, &piece, &fault);
        bytes = text_from(bytes, used);
    } while (result == PARSE_MORE);
    return result == PARSE_DONE;
}

static void
measure(const char *name, size_t size, bool (*run)(void))
{
    double best = 1e9;

    for (int round = 0; round < ROUNDS; round++) {
        double start = seconds(), took;

        for (int i = 0; i < REPEATS; i++) {
            arena_reset(arena);
            if (!run()) {
                fprintf(stderr, "parse_bench: the %s is not read\n", name);
                exit(1);
            }
        }
        took = (seconds() - start) / REPEATS;
        if (took < best)
            best = took;
    }
    printf("%-14s %4zu B %6.0f ns\n", name, size, best * 1e9);
}

int
main(void)
{
    arena = arena_new(0, LIMIT_EXCHANGE_ARENA);
    if (arena == NULL)
        return 3;
    measure("request head", sizeof request - 1, read_request);
    measure("response head", sizeof response - 1, read_response);
    measure("chunked body", sizeof chunks - 1, read_chunks);
    arena_free(arena);
    return 0;
}
