#include "unit.h"

#include <netinet/in.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "net/fetcher.h"
#include "net/service.h"

#define MANY 100

/* What a callback was told; the texts of a result do not outlive it. */
struct told {
    enum fetch_failure failure;
    uint16_t status;
    uint32_t header_count;
    char why[160], reason[32], kept[64], body[4096];
    size_t body_length;
    int64_t took;
    bool was_told;
    const bool *asked; /* must be true by then */
};

static struct service_server *server;
static struct fetcher *fetcher;
static sem_t told_one; /* a callback has come */
static char base[64];

/* /never waits for these; they are given at the end. */
static struct service_later *never[MANY];
static unsigned never_count;
static sem_t never_one;

static void
copy_text(char *out, size_t size, struct text t)
{
    assert_true(t.length < size);
    (void)snprintf(out, size, "%.*s", TEXT_PRINT(t));
}

static void
on_told(void *arg, const struct fetch_result *result)
{
    const struct header *kept = message_header_named(&result->response, TEXT("x-kept"));
    struct told *t = arg;

    assert_false(t->was_told);
    t->was_told = true;
    t->failure = result->failure;
    t->status = result->response.status;
    t->header_count = result->response.header_count;
    t->took = result->took;
    t->body_length = result->response.body.length;
    (void)snprintf(t->why, sizeof(t->why), "%s", result->why);
    copy_text(t->reason, sizeof(t->reason), result->response.reason);
    copy_text(t->kept, sizeof(t->kept), kept != NULL ? kept->value : TEXT(""));
    copy_text(t->body, sizeof(t->body), text_slice(result->response.body, 0, sizeof(t->body) - 1));
    (void)sem_post(&told_one);
}

static void
await_told(unsigned count)
{
    while (count-- > 0)
        while (sem_wait(&told_one) < 0)
            continue;
}

static struct told
ask(const struct fetch_request *request)
{
    struct told t = { .failure = FETCH_OK };

    assert_true(fetcher_ask(fetcher, request, on_told, &t));
    await_told(1);
    return t;
}

/* ---- the server ---- */

/* Says what it was asked: the request line, the fields, the body. */
static void
on_request(void *arg, const struct service_request *request, struct service_answer *answer)
{
    const struct message *m = &request->message;

    (void)arg;
    if (text_equal(m->path, TEXT("/never"))) {
        never[never_count] = service_answer_later(answer);
        assert_non_null(never[never_count++]);
        (void)sem_post(&never_one);
        return;
    }
    answer->status = text_equal(m->path, TEXT("/moved")) ? 302 : 200;
    service_answer_header(answer, TEXT("Location"), TEXT("/elsewhere"));
    service_answer_header(answer, TEXT("X-Kept"), TEXT("a value"));
    buffer_print(&answer->body, "%.*s %.*s\n", TEXT_PRINT(m->method), TEXT_PRINT(m->target));
    for (uint32_t i = 0; i < m->header_count; i++)
        buffer_print(&answer->body, "%.*s: %.*s\n", TEXT_PRINT(m->headers[i].name), TEXT_PRINT(m->headers[i].value));
    buffer_print(&answer->body, "\n%.*s", TEXT_PRINT(m->body));
}

static void
give_never(void)
{
    while (never_count > 0)
        service_later_give(never[--never_count]);
}

static int
begin(void **state)
{
    const struct service_options options = { .address = "127.0.0.1:0", .max_body = LIMIT_MIB, .handler = on_request };
    struct error err = { .kind = ERROR_NONE };

    (void)state;
    assert_int_equal(setenv("http_proxy", "http://127.0.0.1:1", 1), 0); /* is never asked */
    assert_int_equal(sem_init(&told_one, 0, 0), 0);
    assert_int_equal(sem_init(&never_one, 0, 0), 0);
    server = service_start(&options, &err);
    fetcher = fetcher_start(NULL, &err);
    assert_true(server != NULL && fetcher != NULL);
    service_url(server, base, sizeof(base));
    return 0;
}

static int
end(void **state)
{
    (void)state;
    fetcher_stop(fetcher);
    give_never();
    service_stop(server);
    return 0;
}

static struct text
url(const char *path)
{
    static char written[256];

    (void)snprintf(written, sizeof(written), "%s%s", base, path);
    return text_of(written);
}

/* A server of fixed bytes: it accepts one connection, reads `requests` heads, one after the other, and answers each of
 * them with the same bytes. */
struct fixed {
    int fd;
    const char *bytes;
    unsigned requests;
    pthread_t thread;
    char seen[4096]; /* of all requests */
};

static void *
run_fixed(void *arg)
{
    struct fixed *f = arg;
    int fd = accept(f->fd, NULL, NULL);
    size_t length = 0;

    assert_true(fd >= 0);
    for (unsigned i = 0; i < f->requests; i++) {
        const char *from = f->seen + length;

        while (strstr(from, "\r\n\r\n") == NULL) {
            ssize_t got = recv(fd, f->seen + length, sizeof(f->seen) - 1 - length, 0);

            assert_true(got > 0);
            length += (size_t)got;
            f->seen[length] = '\0';
        }
        assert_int_equal(send(fd, f->bytes, strlen(f->bytes), MSG_NOSIGNAL), strlen(f->bytes));
    }
    (void)close(fd);
    return NULL;
}

/* `path`: of a unix socket, or NULL. The URL to ask is written to `where`. */
static void
fixed_start(struct fixed *f, const char *path, char *where, size_t size)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct sockaddr_un local = { .sun_family = AF_UNIX };
    socklen_t length = sizeof(at);

    f->fd = socket(path != NULL ? AF_UNIX : AF_INET, SOCK_STREAM, 0);
    assert_true(f->fd >= 0);
    if (path != NULL) {
        (void)snprintf(local.sun_path, sizeof(local.sun_path), "%s", path);
        assert_int_equal(bind(f->fd, (struct sockaddr *)&local, sizeof(local)), 0);
        (void)snprintf(where, size, "unix:%s", path);
    } else {
        assert_int_equal(bind(f->fd, (struct sockaddr *)&at, sizeof(at)), 0);
        assert_int_equal(getsockname(f->fd, (struct sockaddr *)&at, &length), 0);
        (void)snprintf(where, size, "http://127.0.0.1:%u/x", (unsigned)ntohs(at.sin_port));
    }
    assert_int_equal(listen(f->fd, 8), 0);
    assert_int_equal(pthread_create(&f->thread, NULL, run_fixed, f), 0);
}

static void
fixed_end(struct fixed *f)
{
    assert_int_equal(pthread_join(f->thread, NULL), 0);
    (void)close(f->fd);
}

/* What is told about an answer of these bytes. */
static struct told
ask_fixed(const char *bytes, size_t max_body)
{
    struct fixed f = { .bytes = bytes, .requests = 1 };
    char where[64];
    struct told t;

    fixed_start(&f, NULL, where, sizeof(where));
    t = ask(&(struct fetch_request){ .method = TEXT("GET"), .url = text_of(where), .max_body = max_body });
    fixed_end(&f);
    return t;
}

/* ---- what is sent ---- */

static void
a_request_has_the_fields_it_was_given_and_no_others(void **state)
{
    const struct header headers[] = { { .name = TEXT("Accept"), .value = TEXT("text/plain") },
                                      { .name = TEXT("X-Empty"), .value = TEXT("") },
                                      { .name = TEXT("Expect"), .value = TEXT("100-continue") },
                                      { .name = TEXT("content-length"), .value = TEXT("77") } };
    struct told t = ask(&(struct fetch_request){
        .method = TEXT("GET"), .url = url("/a/../b?c=d"), .headers = headers, .header_count = 4 });
    char expected[256];

    (void)state;
    (void)snprintf(expected, sizeof(expected), "GET /a/../b?c=d\nHost: %s\nAccept: text/plain\nX-Empty: \n\n",
                   base + 7);
    assert_int_equal(t.failure, FETCH_OK);
    assert_int_equal(t.status, 200);
    assert_string_equal(t.kept, "a value");
    assert_string_equal(t.body, expected);
    assert_true(t.took > 0);
}

static void
a_request_target_is_sent_as_it_is(void **state)
{
    struct told t = ask(
        &(struct fetch_request){ .method = TEXT("OPTIONS"), .url = url("/"), .target = TEXT("/a/./%2e%2E//b?{x}|") });

    (void)state;
    assert_int_equal(t.failure, FETCH_OK);
    assert_true(strncmp(t.body, "OPTIONS /a/./%2e%2E//b?{x}|\n", 28) == 0);
}

static void
a_body_is_sent_with_its_length(void **state)
{
    static const struct header type = { .name = TEXT("Content-Type"), .value = TEXT("application/json") };
    static const char *const methods[] = { "POST", "PUT", "PATCH", "DELETE", "GET" };

    (void)state;
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        struct fetch_request request = { .method = text_of(methods[i]),
                                         .url = url("/b"),
                                         .headers = &type,
                                         .header_count = 1,
                                         .body = TEXT("{\"a\":1}"),
                                         .has_body = true };
        char expected[256];
        struct told t = ask(&request);

        (void)snprintf(expected, sizeof(expected),
                       "%s /b\nHost: %s\nContent-Type: application/json\nContent-Length: 7\n\n{\"a\":1}", methods[i],
                       base + 7);
        assert_string_equal(t.body, expected);
    }
}

static void
a_post_without_a_body_says_so_and_names_no_type(void **state)
{
    struct told t = ask(&(struct fetch_request){ .method = TEXT("POST"), .url = url("/b") });

    (void)state;
    assert_non_null(strstr(t.body, "\nContent-Length: 0\n"));
    assert_null(strstr(t.body, "Content-Type"));
    assert_null(strstr(t.body, "Expect"));
}

static void
a_large_body_goes_without_asking_first(void **state)
{
    static char body[LIMIT_MIB / 2];
    struct told t;

    (void)state;
    memset(body, 'x', sizeof(body));
    t = ask(&(struct fetch_request){
        .method = TEXT("POST"), .url = url("/b"), .body = text_make(body, sizeof(body)), .has_body = true });
    assert_int_equal(t.failure, FETCH_OK);
    assert_true(t.body_length > sizeof(body));
    assert_null(strstr(t.body, "Expect"));
}

static void
head_gets_a_head(void **state)
{
    struct told t = ask(&(struct fetch_request){ .method = TEXT("HEAD"), .url = url("/b") });

    (void)state;
    assert_int_equal(t.failure, FETCH_OK);
    assert_int_equal(t.status, 200);
    assert_int_equal(t.body_length, 0);
}

static void
a_redirect_is_an_answer_like_others(void **state)
{
    struct told t = ask(&(struct fetch_request){ .method = TEXT("GET"), .url = url("/moved") });

    (void)state;
    assert_int_equal(t.failure, FETCH_OK);
    assert_int_equal(t.status, 302);
    assert_string_equal(t.reason, "Found");
}

static void
what_would_forge_a_request_is_refused(void **state)
{
    static const struct header headers[] = { { .name = TEXT("X"), .value = TEXT("a\r\nForged: yes") },
                                             { .name = TEXT("X"), .value = TEXT("a\nb") },
                                             { .name = TEXT("X"), .value = TEXT("a\0b") },
                                             { .name = TEXT("X: a\r\nForged"), .value = TEXT("yes") },
                                             { .name = TEXT(""), .value = TEXT("yes") } };
    static const struct text targets[] = { TEXT("/ HTTP/1.1\r\n"), TEXT("/a b"), TEXT("/\0"), TEXT("/\t") };
    static const struct text urls[] = {
        TEXT(""),          TEXT("ftp://127.0.0.1/"), TEXT("file:///etc/passwd"),
        TEXT("http://"),   TEXT("http://a b/"),      TEXT("http://127.0.0.1:99999/"),
        TEXT("127.0.0.1"), TEXT("unix:relative"),    TEXT("http://127.0.0.1/\r\nX: y")
    };
    static char path[300] = "unix:/";

    (void)state;
    memset(path + 6, 'x', sizeof(path) - 7);
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        struct fetch_request request = {
            .method = TEXT("GET"), .url = url("/"), .headers = &headers[i], .header_count = 1
        };
        struct told t = ask(&request);

        check_that(t.failure == FETCH_URL && t.why[0] != '\0', "field %zu: %s", i, t.why);
    }
    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
        struct told t = ask(&(struct fetch_request){ .method = TEXT("GET"), .url = url("/"), .target = targets[i] });

        check_that(t.failure == FETCH_URL, "target %zu: %s", i, t.why);
    }
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        struct told t = ask(&(struct fetch_request){ .method = TEXT("GET"), .url = urls[i] });

        check_that(t.failure == FETCH_URL, "'%s': %s, %s", urls[i].data, fetch_failure_name(t.failure), t.why);
    }
    assert_int_equal(ask(&(struct fetch_request){ .method = TEXT("G ET"), .url = url("/") }).failure, FETCH_URL);
    assert_int_equal(ask(&(struct fetch_request){ .method = TEXT("GET"), .url = text_of(path) }).failure, FETCH_URL);
}

/* ---- what is answered ---- */

static void
interim_answers_and_trailers_are_left_out(void **state)
{
    struct told t =
        ask_fixed("HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"
                  "HTTP/1.1 201 Made here\r\nX-Kept:  \t inner  space \r\nTransfer-Encoding: chunked\r\n\r\n"
                  "3\r\nabc\r\n0\r\nX-Trailer: 1\r\n\r\n",
                  0);

    (void)state;
    assert_int_equal(t.failure, FETCH_OK);
    assert_int_equal(t.status, 201);
    assert_string_equal(t.reason, "Made here");
    assert_int_equal(t.header_count, 2);
    assert_string_equal(t.kept, "inner  space");
    assert_string_equal(t.body, "abc");
}

static void
a_coded_body_stays_coded(void **state)
{
    struct told t = ask_fixed("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8bxx", 0);

    (void)state;
    assert_int_equal(t.failure, FETCH_OK);
    assert_string_equal(t.body, "\x1f\x8bxx");
}

static void
what_is_no_whole_answer_is_broken(void **state)
{
    static const char *const answers[] = {
        "",
        "nonsense\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "HTTP/1.1 200 OK\r\nno field\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX-Kept: a\r\n b\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 999999999999 What\r\n\r\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        struct told t = ask_fixed(answers[i], 0);

        check_that(t.failure == FETCH_BROKEN && t.why[0] != '\0', "'%s': %s, %s", answers[i],
                   fetch_failure_name(t.failure), t.why);
        assert_int_equal(t.status, 0);
    }
}

static void
a_body_up_to_the_ceiling_is_read(void **state)
{
    struct told t = ask_fixed("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcde", 5);

    (void)state;
    assert_int_equal(t.failure, FETCH_OK);
    assert_string_equal(t.body, "abcde");
    t = ask_fixed("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabcdef", 5);
    assert_int_equal(t.failure, FETCH_BROKEN);
    assert_non_null(strstr(t.why, "larger than the 5 bytes"));
}

static void
too_many_fields_are_broken(void **state)
{
    static char answer[(LIMIT_HEADER_FIELDS + 2) * 10];
    size_t length = (size_t)snprintf(answer, sizeof(answer), "HTTP/1.1 200 OK\r\n");

    (void)state;
    for (int i = 0; i <= LIMIT_HEADER_FIELDS; i++)
        length += (size_t)snprintf(answer + length, sizeof(answer) - length, "a: b\r\n");
    (void)snprintf(answer + length, sizeof(answer) - length, "\r\n");
    assert_int_equal(ask_fixed(answer, 0).failure, FETCH_BROKEN);
}

static void
where_nobody_listens_is_refused(void **state)
{
    struct told t = ask(&(struct fetch_request){ .method = TEXT("GET"), .url = TEXT("http://127.0.0.1:1/") });

    (void)state;
    assert_int_equal(t.failure, FETCH_REFUSED);
    assert_string_equal(fetch_failure_name(t.failure), "refused");
    t = ask(&(struct fetch_request){ .method = TEXT("GET"), .url = TEXT("unix:/nowhere/at/all") });
    assert_int_equal(t.failure, FETCH_REFUSED);
}

static void
an_answer_that_never_comes_is_a_timeout(void **state)
{
    struct fetch_request request = { .method = TEXT("GET"), .url = url("/never"), .timeout = 50 * CLOCK_MILLI };
    struct told t = ask(&request);

    (void)state;
    assert_int_equal(t.failure, FETCH_TIMEOUT);
    assert_true(t.took >= 50 * CLOCK_MILLI);
    assert_int_equal(sem_wait(&never_one), 0);
    give_never();
}

/* ---- many ---- */

static void
a_connection_is_used_again(void **state)
{
    struct fixed f = { .bytes = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", .requests = 3 };
    char where[64];

    (void)state;
    fixed_start(&f, NULL, where, sizeof(where));
    for (int i = 0; i < 3; i++)
        assert_int_equal(ask(&(struct fetch_request){ .method = TEXT("GET"), .url = text_of(where) }).status, 200);
    fixed_end(&f);
}

static void
a_unix_socket_is_asked_for_a_target(void **state)
{
    struct fixed f = { .bytes = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", .requests = 1 };
    char path[64], where[128];
    struct told t;

    (void)state;
    (void)snprintf(path, sizeof(path), "/tmp/plumbline-fetcher-%d.sock", (int)getpid());
    (void)unlink(path);
    fixed_start(&f, path, where, sizeof(where));
    t = ask(&(struct fetch_request){ .method = TEXT("GET"), .url = text_of(where), .target = TEXT("/a/../b") });
    fixed_end(&f);
    (void)unlink(path);
    assert_int_equal(t.status, 200);
    assert_string_equal(f.seen, "GET /a/../b HTTP/1.1\r\nHost: localhost\r\n\r\n");
}

static void
many_are_under_way_at_a_time(void **state)
{
    static struct told told[MANY];
    struct fetch_request request = { .method = TEXT("GET"), .url = url("/never") };

    (void)state;
    memset(told, 0, sizeof(told));
    for (int i = 0; i < MANY; i++)
        assert_true(fetcher_ask(fetcher, &request, on_told, &told[i]));
    for (int i = 0; i < MANY; i++)
        assert_int_equal(sem_wait(&never_one), 0); /* all of them are inside */
    give_never();
    await_told(MANY);
    for (int i = 0; i < MANY; i++)
        assert_true(told[i].was_told && told[i].failure == FETCH_OK && told[i].status == 200);
}

static void *
ask_many(void *arg)
{
    struct told *told = arg;

    for (int i = 0; i < MANY; i++) {
        char path[sizeof(base) + 16];

        (void)snprintf(path, sizeof(path), "%s/%d", base, i);
        assert_true(fetcher_ask(fetcher, &(struct fetch_request){ .method = TEXT("GET"), .url = text_of(path) },
                                on_told, &told[i]));
    }
    return NULL;
}

static void
any_thread_may_ask(void **state)
{
    static struct told told[4][MANY];
    pthread_t threads[4];

    (void)state;
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask_many, told[i]), 0);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    await_told(4 * MANY);
    for (int i = 0; i < 4 * MANY; i++) {
        char expected[32];

        (void)snprintf(expected, sizeof(expected), "GET /%d\n", i % MANY);
        assert_true(strncmp(told[i / MANY][i % MANY].body, expected, strlen(expected)) == 0);
    }
}

/* A fetcher of one connection, on which one request is under way that nobody answers. */
static struct fetcher *
start_busy(struct told *first)
{
    struct fetch_request request = { .method = TEXT("GET"), .url = url("/never") };
    struct error err = { .kind = ERROR_NONE };
    struct fetcher *f = fetcher_start(&(struct fetcher_options){ .connections = 1, .waiting = 3 }, &err);

    assert_non_null(f);
    assert_true(fetcher_ask(f, &request, on_told, first));
    assert_int_equal(sem_wait(&never_one), 0);
    return f;
}

static void
more_than_there_are_connections_for_wait_their_turn(void **state)
{
    struct fetch_request request = { .method = TEXT("GET"), .url = url("/next") };
    struct told told[4] = { { .failure = FETCH_OK } };
    struct fetcher *f = start_busy(&told[0]);

    (void)state;
    assert_true(fetcher_ask(f, &request, on_told, &told[1]));
    request.timeout = 30 * CLOCK_MILLI;
    assert_true(fetcher_ask(f, &request, on_told, &told[2]));
    assert_true(fetcher_ask(f, &request, on_told, &told[3])); /* one too many, or one that is late, too */
    await_told(2);
    assert_int_equal(told[2].failure, FETCH_TIMEOUT);
    assert_int_equal(told[3].failure, FETCH_FULL);
    assert_false(told[1].was_told);
    give_never();
    await_told(2);
    assert_true(told[0].status == 200 && told[1].status == 200);
    fetcher_stop(f);
}

/* The next one is asked within the callback of the first. */
struct chain {
    struct fetcher *fetcher;
    struct told second;
};

static void
on_first(void *arg, const struct fetch_result *result)
{
    struct chain *c = arg;

    assert_int_equal(result->failure, c->fetcher == fetcher ? FETCH_OK : FETCH_STOPPED);
    assert_true(fetcher_ask(c->fetcher, &(struct fetch_request){ .method = TEXT("GET"), .url = url("/second") },
                            on_told, &c->second));
    assert_false(c->second.was_told); /* never within fetcher_ask */
}

static void
a_callback_may_ask_again(void **state)
{
    struct chain chain = { .fetcher = fetcher };

    (void)state;
    assert_true(
        fetcher_ask(fetcher, &(struct fetch_request){ .method = TEXT("GET"), .url = url("/") }, on_first, &chain));
    await_told(1);
    assert_int_equal(chain.second.status, 200);
}

static void
a_fetcher_that_stops_breaks_off_what_is_under_way_and_what_waits(void **state)
{
    struct told told[2] = { { .failure = FETCH_OK } };
    struct fetcher *f = start_busy(&told[0]);
    struct chain chain = { .fetcher = f };

    (void)state;
    assert_true(fetcher_ask(f, &(struct fetch_request){ .method = TEXT("GET"), .url = url("/") }, on_told, &told[1]));
    assert_true(fetcher_ask(f, &(struct fetch_request){ .method = TEXT("GET"), .url = url("/") }, on_first, &chain));
    fetcher_stop(f);
    await_told(3);
    assert_int_equal(told[0].failure, FETCH_STOPPED);
    assert_int_equal(told[1].failure, FETCH_STOPPED);
    assert_int_equal(chain.second.failure, FETCH_STOPPED);
    give_never();
    fetcher_stop(NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_has_the_fields_it_was_given_and_no_others),
        cmocka_unit_test(a_request_target_is_sent_as_it_is),
        cmocka_unit_test(a_body_is_sent_with_its_length),
        cmocka_unit_test(a_post_without_a_body_says_so_and_names_no_type),
        cmocka_unit_test(a_large_body_goes_without_asking_first),
        cmocka_unit_test(head_gets_a_head),
        cmocka_unit_test(a_redirect_is_an_answer_like_others),
        cmocka_unit_test(what_would_forge_a_request_is_refused),
        cmocka_unit_test(interim_answers_and_trailers_are_left_out),
        cmocka_unit_test(a_coded_body_stays_coded),
        cmocka_unit_test(what_is_no_whole_answer_is_broken),
        cmocka_unit_test(a_body_up_to_the_ceiling_is_read),
        cmocka_unit_test(too_many_fields_are_broken),
        cmocka_unit_test(where_nobody_listens_is_refused),
        cmocka_unit_test(an_answer_that_never_comes_is_a_timeout),
        cmocka_unit_test(a_connection_is_used_again),
        cmocka_unit_test(a_unix_socket_is_asked_for_a_target),
        cmocka_unit_test(many_are_under_way_at_a_time),
        cmocka_unit_test(any_thread_may_ask),
        cmocka_unit_test(more_than_there_are_connections_for_wait_their_turn),
        cmocka_unit_test(a_callback_may_ask_again),
        cmocka_unit_test(a_fetcher_that_stops_breaks_off_what_is_under_way_and_what_waits),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
