#include "http_client.h"

#include <pthread.h>
#include <semaphore.h>
#include <sys/resource.h>

#include "base/limits.h"
#include "net/service.h"

/* Requests that wait for their answers, in the order in which they came. */
static struct waiting {
    const struct service_request *request;
    struct service_answer *answer;
    struct service_later *later;
} waiting[LIMIT_SERVICE_LATER + 1];
static unsigned count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static sem_t inside; /* one more waits */
static struct http_reply reply;

static void
give(const struct waiting *w)
{
    const struct message *m = &w->request->message;

    w->answer->status = 201;
    service_answer_header(w->answer, TEXT("X-Path"), arena_print(w->request->arena, "%.*s", TEXT_PRINT(m->path)));
    buffer_print(&w->answer->body, "%.*s of %.*s: %.*s", TEXT_PRINT(m->method), TEXT_PRINT(m->authority),
                 TEXT_PRINT(m->body));
    service_later_give(w->later);
}

static void *
give_one(void *arg)
{
    give(arg);
    return NULL;
}

/* /now is given before this returns; /wait later, by the test; everything else is answered here. */
static void
on_request(void *arg, const struct service_request *request, struct service_answer *answer)
{
    struct waiting w = { .request = request, .answer = answer };
    pthread_t thread;

    (void)arg;
    if (text_starts(request->message.path, TEXT("/quick")))
        return;
    w.later = service_answer_later(answer);
    assert_null(service_answer_later(answer));
    if (w.later == NULL) {
        answer->status = 503;
    } else if (text_starts(request->message.path, TEXT("/now"))) {
        assert_int_equal(pthread_create(&thread, NULL, give_one, &w), 0);
        assert_int_equal(pthread_join(thread, NULL), 0);
    } else {
        (void)pthread_mutex_lock(&lock);
        waiting[count++] = w;
        (void)pthread_mutex_unlock(&lock);
        (void)sem_post(&inside);
    }
}

static struct service_server *
start(void)
{
    const struct service_options options = { .address = "127.0.0.1:0", .max_body = 1000, .handler = on_request };
    struct error err = { .kind = ERROR_NONE };
    struct service_server *s = service_start(&options, &err);

    assert_non_null(s);
    assert_int_equal(sem_init(&inside, 0, 0), 0);
    count = 0;
    return s;
}

static void
await(unsigned requests)
{
    while (requests-- > 0)
        assert_int_equal(sem_wait(&inside), 0);
}

static struct waiting
one(unsigned i)
{
    struct waiting w;

    (void)pthread_mutex_lock(&lock);
    w = waiting[i];
    (void)pthread_mutex_unlock(&lock);
    return w;
}

static int
ask(struct service_server *s, const char *request)
{
    return http_ask(service_port(s), request, strlen(request));
}

static const char wait_request[] = "POST /wait HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi";

static void
an_answer_comes_later_and_others_are_served_meanwhile(void **state)
{
    struct service_server *s = start();
    int fd = ask(s, wait_request);
    struct waiting w;

    (void)state;
    await(1);
    http_get(&reply, service_port(s), "GET", "/quick", "");
    assert_int_equal(reply.status, 200);
    w = one(0);
    give(&w);
    http_read(&reply, fd);
    assert_int_equal(reply.status, 201);
    assert_string_equal(http_field(&reply, "X-Path"), "/wait");
    assert_string_equal(reply.body, "POST of h: hi");
    service_stop(s);
}

static void
an_answer_may_be_given_before_its_handler_returns(void **state)
{
    struct service_server *s = start();

    (void)state;
    for (int i = 0; i < 100; i++) {
        http_get(&reply, service_port(s), "GET", "/now", "");
        assert_int_equal(reply.status, 201);
        assert_string_equal(reply.body, "GET of localhost: ");
    }
    http_get(&reply, service_port(s), "HEAD", "/now", "");
    assert_int_equal(reply.status, 201);
    assert_string_equal(reply.body, "");
    service_stop(s);
}

static void
answers_that_come_later_keep_their_order_on_a_connection(void **state)
{
    struct service_server *s = start();
    int fd =
        ask(s, "GET /wait/1 HTTP/1.1\r\nHost: h\r\n\r\nHEAD /wait/2 HTTP/1.1\r\nHost: h\r\n\r\n"
               "GET /now/3 HTTP/1.1\r\nHost: h\r\n\r\nGET /wait/4 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    const char *at = reply.bytes;
    char field[32];

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        struct waiting w;

        await(1);
        w = one(i);
        give(&w);
    }
    http_read(&reply, fd);
    for (int i = 1; i <= 4; i++) {
        (void)snprintf(field, sizeof(field), "X-Path: /%s/%d\r\n", i == 3 ? "now" : "wait", i);
        at = strstr(at, field);
        check_that(at != NULL, "%s is missing in %s", field, reply.bytes);
    }
    service_stop(s);
}

/* Both ends of every connection are this process's. */
static void
allow_files(rlim_t most)
{
    struct rlimit limit;

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    if (limit.rlim_cur < most)
        limit.rlim_cur = limit.rlim_max < most ? limit.rlim_max : most;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static void
as_many_wait_as_the_ceiling_says_and_one_more_is_told(void **state)
{
    static int fds[LIMIT_SERVICE_LATER];
    struct service_server *s;

    (void)state;
    allow_files(3 * LIMIT_SERVICE_LATER);
    s = start();
    for (unsigned i = 0; i < LIMIT_SERVICE_LATER; i++)
        fds[i] = ask(s, wait_request);
    await(LIMIT_SERVICE_LATER);
    http_get(&reply, service_port(s), "GET", "/wait", "");
    assert_int_equal(reply.status, 503);
    for (unsigned i = 0; i < LIMIT_SERVICE_LATER; i++) {
        struct waiting w = one(i);

        give(&w);
    }
    for (unsigned i = 0; i < LIMIT_SERVICE_LATER; i++) {
        http_read(&reply, fds[i]);
        assert_int_equal(reply.status, 201);
        assert_string_equal(reply.body, "POST of h: hi");
    }
    http_get(&reply, service_port(s), "GET", "/now", ""); /* there is room again */
    assert_int_equal(reply.status, 201);
    service_stop(s);
}

static void
an_answer_may_be_given_to_a_client_that_left(void **state)
{
    struct service_server *s = start();
    int fd = ask(s, wait_request);
    struct waiting w;

    (void)state;
    await(1);
    (void)close(fd);
    http_get(&reply, service_port(s), "GET", "/quick", ""); /* its server's thread went on */
    w = one(0);
    give(&w);
    http_get(&reply, service_port(s), "GET", "/now", "");
    assert_int_equal(reply.status, 201);
    service_stop(s);
}

static sem_t stopped;

static void *
stop(void *arg)
{
    service_stop(arg);
    (void)sem_post(&stopped);
    return NULL;
}

static void
a_server_that_stops_waits_for_what_is_owed_and_owes_no_more(void **state)
{
    struct service_server *s = start();
    int stays = ask(s, wait_request), leaves = ask(s, wait_request);
    pthread_t thread;

    (void)state;
    assert_int_equal(sem_init(&stopped, 0, 0), 0);
    await(2);
    (void)close(leaves);
    assert_int_equal(pthread_create(&thread, NULL, stop, s), 0);
    do /* until it stops */
        http_get(&reply, service_port(s), "GET", "/now", "");
    while (reply.status == 201);
    assert_int_equal(reply.status, 503);
    assert_int_equal(sem_trywait(&stopped), -1);
    for (unsigned i = 0; i < 2; i++) {
        struct waiting w = one(i);

        assert_int_equal(sem_trywait(&stopped), -1);
        give(&w);
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
    (void)close(stays);
}

static void
a_stream_may_come_later_too(void **state)
{
    struct service_server *s = start();
    int fd = ask(s, wait_request);
    struct service_stream *stream;
    struct waiting w;

    (void)state;
    await(1);
    w = one(0);
    stream = service_answer_stream(w.answer, 100);
    assert_non_null(stream);
    service_later_give(w.later);
    assert_true(service_stream_send(stream, TEXT("late, and in pieces")));
    service_stream_close(stream);
    http_read(&reply, fd);
    assert_non_null(strstr(reply.bytes, "late, and in pieces"));
    service_stop(s);
}

static void
a_stream_that_could_never_begin_is_forgotten(void **state)
{
    struct service_server *s = start();
    int fd = ask(s, wait_request);
    struct service_stream *stream;
    pthread_t thread;
    struct waiting w;

    (void)state;
    await(1);
    assert_int_equal(pthread_create(&thread, NULL, stop, s), 0);
    w = one(0);
    stream = service_answer_stream(w.answer, 100);
    assert_non_null(stream);
    service_later_give(w.later);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(service_stream_is_over(stream));
    service_stream_close(stream);
    (void)close(fd);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_comes_later_and_others_are_served_meanwhile),
        cmocka_unit_test(an_answer_may_be_given_before_its_handler_returns),
        cmocka_unit_test(answers_that_come_later_keep_their_order_on_a_connection),
        cmocka_unit_test(as_many_wait_as_the_ceiling_says_and_one_more_is_told),
        cmocka_unit_test(an_answer_may_be_given_to_a_client_that_left),
        cmocka_unit_test(a_server_that_stops_waits_for_what_is_owed_and_owes_no_more),
        cmocka_unit_test(a_stream_may_come_later_too),
        cmocka_unit_test(a_stream_that_could_never_begin_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
