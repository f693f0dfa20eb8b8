#include "http_client.h"

#include <pthread.h>
#include <semaphore.h>

#include "base/limits.h"
#include "net/service.h"

static struct service_server *server;
static struct http_reply reply;

/* Says what it was asked, so that a test sees what a handler sees. */
static void
on_echo(void *arg, const struct service_request *request, struct service_answer *answer)
{
    const struct message *m = &request->message;

    (void)arg;
    answer->status = text_equal(m->path, TEXT("/created")) ? 201 : text_equal(m->path, TEXT("/empty")) ? 204 : 200;
    service_answer_header(answer, TEXT("Content-Type"), TEXT("text/plain"));
    service_answer_header(answer, TEXT("X-Empty"), TEXT(""));
    service_answer_header(answer, TEXT("X-Split"), TEXT("a\r\nX-Forged: yes"));
    service_answer_header(answer, TEXT("X-Kept"), arena_print(request->arena, "%u fields", (unsigned)m->header_count));
    if (answer->status != 204)
        buffer_print(&answer->body, "%.*s|%.*s|%.*s|%d|%.*s|%.*s", TEXT_PRINT(m->method), TEXT_PRINT(m->path),
                     TEXT_PRINT(m->query), m->has_query, TEXT_PRINT(m->authority), TEXT_PRINT(m->body));
}

static int
begin(void **state)
{
    const struct service_options options = { .address = "127.0.0.1:0", .max_body = 1000, .handler = on_echo };
    struct error err = { .kind = ERROR_NONE };

    (void)state;
    server = service_start(&options, &err);
    return server == NULL;
}

static int
end(void **state)
{
    (void)state;
    service_stop(server);
    return 0;
}

static void
send_bytes(const char *bytes)
{
    http_exchange(&reply, service_port(server), bytes, strlen(bytes));
}

static void
a_handler_sees_the_raw_target(void **state)
{
    (void)state;
    http_get(&reply, service_port(server), "GET", "/a%2Fb%00c?x=%20&y", "");
    assert_int_equal(reply.status, 200);
    assert_string_equal(reply.body, "GET|/a%2Fb%00c|x=%20&y|1|localhost|");
    http_get(&reply, service_port(server), "GET", "/a?", "");
    assert_string_equal(reply.body, "GET|/a||1|localhost|");
    http_get(&reply, service_port(server), "GET", "http://other/a?b", "");
    assert_string_equal(reply.body, "GET|/a|b|1|localhost|");
}

static void
a_body_comes_whole_however_it_was_sent(void **state)
{
    (void)state;
    send_bytes("POST /b HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello");
    assert_string_equal(reply.body, "POST|/b||0|h|hello");
    send_bytes("PUT /b HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
               "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n");
    assert_string_equal(reply.body, "PUT|/b||0|h|hello");
}

static void
a_body_that_is_too_large_is_refused(void **state)
{
    static char request[3000];
    int head = snprintf(request, sizeof(request),
                        "POST /b HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 2000\r\n\r\n");

    (void)state;
    memset(request + head, 'x', 2000);
    http_exchange(&reply, service_port(server), request, (size_t)head + 2000);
    assert_int_equal(reply.status, 413);
    assert_string_equal(http_field(&reply, "Content-Type"), "application/problem+json");
}

static void
an_answer_has_its_status_and_fields(void **state)
{
    (void)state;
    http_get(&reply, service_port(server), "GET", "/created", "A: 1\r\nA: 2\r\n");
    assert_int_equal(reply.status, 201);
    assert_string_equal(http_field(&reply, "X-Kept"), "4 fields");
    assert_string_equal(http_field(&reply, "X-Forged"), "");
    assert_string_equal(http_field(&reply, "Content-Type"), "text/plain");
    http_get(&reply, service_port(server), "GET", "/empty", "");
    assert_int_equal(reply.status, 204);
    assert_string_equal(reply.body, "");
    http_get(&reply, service_port(server), "HEAD", "/created", "");
    assert_int_equal(reply.status, 201);
    assert_string_equal(reply.body, "");
}

static void
many_requests_go_over_one_connection(void **state)
{
    unsigned answers = 0;

    (void)state;
    send_bytes("GET /1 HTTP/1.1\r\nHost: h\r\n\r\nPOST /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi"
               "GET /3 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    for (const char *at = reply.bytes; (at = strstr(at, "HTTP/1.1 200")) != NULL; at++)
        answers++;
    assert_int_equal(answers, 3);
    assert_non_null(strstr(reply.bytes, "POST|/2||0|h|hi"));
    assert_non_null(strstr(reply.bytes, "GET|/3||0|h|"));
}

static void
what_is_no_request_is_refused(void **state)
{
    static const char *const cases[] = { "GARBAGE\r\n\r\n", "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\n\r\n",
                                         "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n" };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        send_bytes(cases[i]);
        check_that(reply.status == 0 || (reply.status >= 400 && reply.status < 500), "%s: %s", cases[i], reply.bytes);
    }
}

static void
a_port_in_use_is_an_error_of_the_environment(void **state)
{
    struct service_options options = { .max_body = 1, .handler = on_echo };
    struct error err = { .kind = ERROR_NONE };
    char address[64], url[64];

    (void)state;
    (void)snprintf(address, sizeof(address), "127.0.0.1:%u", (unsigned)service_port(server));
    options.address = address;
    assert_null(service_start(&options, &err));
    assert_int_equal(err.kind, ERROR_ENVIRONMENT);
    error_clear(&err);
    options.address = "nonsense";
    assert_null(service_start(&options, &err));
    assert_int_equal(err.kind, ERROR_CONFIG);
    service_url(server, url, sizeof(url));
    assert_true(strncmp(url, "http://127.0.0.1:", 17) == 0 && strtol(url + 17, NULL, 10) == service_port(server));
}

/* ---- apart ---- */

static sem_t inside, go_on;

/* What begins with /slow is handled apart, and waits there until it is told to go on. */
static bool
is_slow(void *arg, const struct service_request *request)
{
    (void)arg;
    return text_starts(request->message.path, TEXT("/slow"));
}

static void
on_slow(void *arg, const struct service_request *request, struct service_answer *answer)
{
    if (is_slow(arg, request)) {
        (void)sem_post(&inside);
        while (sem_wait(&go_on) < 0)
            continue;
    }
    on_echo(arg, request, answer);
}

static struct service_server *
start_slow(void)
{
    const struct service_options options = {
        .address = "127.0.0.1:0", .max_body = 1000, .handler = on_slow, .apart = is_slow
    };
    struct error err = { .kind = ERROR_NONE };
    struct service_server *s = service_start(&options, &err);

    assert_non_null(s);
    assert_int_equal(sem_init(&inside, 0, 0), 0);
    assert_int_equal(sem_init(&go_on, 0, 0), 0);
    return s;
}

/* A request whose answer is not read yet. */
static int
ask(struct service_server *s, const char *request)
{
    return http_ask(service_port(s), request, strlen(request));
}

static const char slow[] = "POST /slow HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi";

static void
what_is_handled_apart_keeps_nobody_waiting(void **state)
{
    struct service_server *s = start_slow();
    int fds[4];

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        fds[i] = ask(s, slow);
        assert_int_equal(sem_wait(&inside), 0);
    }
    http_get(&reply, service_port(s), "GET", "/quick", "");
    assert_int_equal(reply.status, 200);
    http_get(&reply, service_port(s), "GET", "/slow", ""); /* one too many */
    assert_int_equal(reply.status, 503);
    for (size_t i = 0; i < 4; i++)
        (void)sem_post(&go_on);
    for (size_t i = 0; i < 4; i++) {
        http_read(&reply, fds[i]);
        assert_non_null(strstr(reply.bytes, "POST|/slow||0|h|hi"));
    }
    service_stop(s);
}

static void
a_connection_goes_on_behind_what_was_handled_apart(void **state)
{
    struct service_server *s = start_slow();
    int fd = ask(s, "GET /slow/1 HTTP/1.1\r\nHost: h\r\n\r\nGET /slow/2 HTTP/1.1\r\nHost: h\r\n\r\n"
                    "GET /3 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    const char *first, *second, *third;

    (void)state;
    (void)sem_post(&go_on);
    (void)sem_post(&go_on);
    http_read(&reply, fd);
    first = strstr(reply.bytes, "GET|/slow/1|");
    second = strstr(reply.bytes, "GET|/slow/2|");
    third = strstr(reply.bytes, "GET|/3|");
    assert_true(first != NULL && first < second && second < third);
    service_stop(s);
}

static void *
stop(void *arg)
{
    service_stop(arg);
    return NULL;
}

static void
stopping_waits_for_what_is_handled_apart_also_when_its_client_left(void **state)
{
    struct service_server *s = start_slow();
    int stays = ask(s, slow), leaves = ask(s, slow);
    pthread_t thread;

    (void)state;
    assert_int_equal(sem_wait(&inside), 0);
    assert_int_equal(sem_wait(&inside), 0);
    (void)close(leaves);
    assert_int_equal(pthread_create(&thread, NULL, stop, s), 0);
    (void)sem_post(&go_on);
    (void)sem_post(&go_on);
    assert_int_equal(pthread_join(thread, NULL), 0);
    (void)close(stays);
}

/* ---- streams ---- */

static struct service_stream *stream;

static void
on_stream(void *arg, const struct service_request *request, struct service_answer *answer)
{
    (void)arg;
    (void)request;
    stream = service_answer_stream(answer, 100);
    assert_non_null(stream);
    assert_true(service_stream_send(stream, TEXT("first ")));
    (void)sem_post(&inside);
}

static struct service_server *
start_stream(int *fd)
{
    const struct service_options options = { .address = "127.0.0.1:0", .max_body = 1000, .handler = on_stream };
    struct error err = { .kind = ERROR_NONE };
    struct service_server *s = service_start(&options, &err);

    assert_non_null(s);
    assert_int_equal(sem_init(&inside, 0, 0), 0);
    *fd = ask(s, "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    assert_int_equal(sem_wait(&inside), 0);
    return s;
}

static void
a_stream_gives_what_another_thread_puts_into_it(void **state)
{
    int fd;
    struct service_server *s = start_stream(&fd);

    (void)state;
    assert_false(service_stream_send(stream, text_make((char[101]){ 0 }, 101))); /* more than may wait */
    while (!service_stream_send(stream, TEXT("second ")))
        continue;
    assert_false(service_stream_is_over(stream));
    service_stream_close(stream);
    http_read(&reply, fd);
    assert_non_null(strstr(reply.bytes, "first "));
    assert_non_null(strstr(reply.bytes, "second "));
    assert_true(strstr(reply.bytes, "first ") < strstr(reply.bytes, "second "));
    service_stop(s);
}

static void
a_stream_whose_client_left_is_over_without_a_word(void **state)
{
    int fd;
    struct service_server *s = start_stream(&fd);
    char bytes[512];

    (void)state;
    assert_true(recv(fd, bytes, sizeof(bytes), 0) > 0); /* it has begun */
    (void)close(fd);
    for (int i = 0; i < 2000 && !service_stream_is_over(stream); i++)
        (void)usleep(10000);
    assert_true(service_stream_is_over(stream));
    service_stream_close(stream);
    service_stop(s);
}

static void
a_server_that_stops_ends_its_streams(void **state)
{
    int fd;
    struct service_server *s = start_stream(&fd);
    pthread_t thread;

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, stop, s), 0);
    while (!service_stream_is_over(stream))
        (void)usleep(1000);
    assert_false(service_stream_send(stream, TEXT("late")));
    service_stream_close(stream);
    assert_int_equal(pthread_join(thread, NULL), 0);
    (void)close(fd);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_handler_sees_the_raw_target),
        cmocka_unit_test(a_body_comes_whole_however_it_was_sent),
        cmocka_unit_test(a_body_that_is_too_large_is_refused),
        cmocka_unit_test(an_answer_has_its_status_and_fields),
        cmocka_unit_test(many_requests_go_over_one_connection),
        cmocka_unit_test(what_is_no_request_is_refused),
        cmocka_unit_test(a_port_in_use_is_an_error_of_the_environment),
        cmocka_unit_test(what_is_handled_apart_keeps_nobody_waiting),
        cmocka_unit_test(a_connection_goes_on_behind_what_was_handled_apart),
        cmocka_unit_test(stopping_waits_for_what_is_handled_apart_also_when_its_client_left),
        cmocka_unit_test(a_stream_gives_what_another_thread_puts_into_it),
        cmocka_unit_test(a_stream_whose_client_left_is_over_without_a_word),
        cmocka_unit_test(a_server_that_stops_ends_its_streams),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
