/* Pools and calls against a server on the same loop: which connection is taken, when a call is repeated, cancelling. */
#include "unit.h"

#include <sys/socket.h>
#include <unistd.h>

#include "base/limits.h"
#include "net/listener.h"
#include "net/upstream.h"

static struct loop *loop;
static struct stream_kit *kit;
static struct listener *listener;
static struct acceptor *acceptor;
static struct upstream upstream;
static struct pool *pool;
static struct arena *arena;
static int accepted[32]; /* the server's sockets, in order */
static int accepted_count;

struct asked {
    struct call call;
    struct message response;
    struct buffer body;
    int heads, done, failed, connected;
    enum call_failure failure;
};

static void
on_accepted(void *arg, int fd, const struct address *peer, struct listener *on)
{
    (void)arg;
    (void)peer;
    (void)on;
    accepted[accepted_count++] = fd;
}

static int
begin(void **state)
{
    struct text host;
    uint16_t port;

    (void)state;
    accepted_count = 0;
    loop = loop_new(NULL);
    kit = stream_kit_new(loop);
    arena = arena_new(0, LIMIT_MIB);
    listener = listener_open(TEXT("127.0.0.1:0"), 1, NULL, NULL);
    acceptor = acceptor_new(listener, 0, loop, on_accepted, NULL, NULL);
    if (!address_split(text_of(listener_url(listener) + strlen("http://")), &host, &port))
        return -1;
    if (upstream_resolve(&upstream, host, port, false, NULL) < 0)
        return -1;
    pool = pool_new(kit, loop, &upstream, 4, LOOP_SECOND);
    return pool != NULL ? 0 : -1;
}

static int
end(void **state)
{
    (void)state;
    loop_turn(loop, 0); /* what was put off: dead connections are freed */
    pool_free(pool);
    for (int i = 0; i < accepted_count; i++) {
        if (accepted[i] >= 0)
            close(accepted[i]);
    }
    acceptor_free(acceptor);
    listener_free(listener);
    arena_free(arena);
    stream_kit_free(kit);
    loop_free(loop);
    return 0;
}

static void
on_connected(void *arg)
{
    ((struct asked *)arg)->connected++;
}

static void
on_head(void *arg)
{
    ((struct asked *)arg)->heads++;
}

static void
on_body(void *arg, struct text piece, bool kept)
{
    (void)kept;
    buffer_add(&((struct asked *)arg)->body, piece);
}

static void
on_pause(void *arg)
{
    (void)arg;
}

static void
on_done(void *arg)
{
    ((struct asked *)arg)->done++;
}

static void
on_failed(void *arg, enum call_failure failure, const struct parse_fault *fault)
{
    struct asked *asked = arg;

    (void)fault;
    asked->failed++;
    asked->failure = failure;
}

static const struct call_events events = { .connected = on_connected,
                                           .head = on_head,
                                           .body = on_body,
                                           .pause = on_pause,
                                           .done = on_done,
                                           .failed = on_failed,
                                           .interim = NULL,
                                           .go_on = on_pause,
                                           .drained = on_pause };

static void
ask(struct asked *asked, bool repeatable)
{
    struct call_request request = { .head = TEXT("GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
                                    .repeatable = repeatable,
                                    .method = TEXT("GET"),
                                    .arena = arena,
                                    .response = &asked->response,
                                    .connect_timeout = LOOP_SECOND,
                                    .first_byte_timeout = LOOP_SECOND,
                                    .idle_timeout = LOOP_SECOND };

    memset(asked, 0, sizeof *asked);
    buffer_init(&asked->body, LIMIT_MIB);
    (void)call_start(&asked->call, pool, &request, &events, asked);
}

static void
turn(int count)
{
    while (count-- > 0)
        loop_turn(loop, 20);
}

static void
answer(int connection, const char *bytes)
{
    char room[4096];

    assert_true(recv(accepted[connection], room, sizeof room, 0) >= -1);
    assert_int_equal(send(accepted[connection], bytes, strlen(bytes), 0), strlen(bytes));
    turn(2);
}

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

static void
an_answer_is_read_and_its_connection_kept(void **state)
{
    struct asked a;

    (void)state;
    ask(&a, true);
    turn(3);
    assert_int_equal(a.connected, 1);
    answer(0, OK);
    assert_int_equal(a.done, 1);
    assert_int_equal(a.response.status, 200);
    check_text(buffer_text(&a.body), "ok");
    assert_int_equal(pool_idle(pool), 1);
    assert_false(call_is_running(&a.call));
    buffer_release(&a.body);
}

static void
the_connection_used_last_is_taken_first(void **state)
{
    struct asked a, b, c;

    (void)state;
    ask(&a, true);
    ask(&b, true);
    turn(3);
    assert_int_equal(accepted_count, 2);
    answer(1, OK);
    answer(0, OK);
    assert_int_equal(pool_idle(pool), 2);
    ask(&c, true);
    turn(1);
    assert_int_equal(pool_idle(pool), 1);
    answer(0, OK);
    assert_int_equal(c.done, 1);
    assert_int_equal(pool_opened(pool), 2);
    buffer_release(&a.body);
    buffer_release(&b.body);
    buffer_release(&c.body);
}

static void
no_more_idle_connections_are_kept_than_allowed(void **state)
{
    struct asked all[6];

    (void)state;
    for (int i = 0; i < 6; i++)
        ask(&all[i], true);
    turn(3);
    for (int i = 0; i < 6; i++)
        answer(i, OK);
    assert_int_equal(pool_idle(pool), 4);
    for (int i = 0; i < 6; i++) {
        assert_int_equal(all[i].done, 1);
        buffer_release(&all[i].body);
    }
}

static void
an_idle_connection_that_is_closed_leaves_the_pool(void **state)
{
    struct asked a;

    (void)state;
    ask(&a, true);
    turn(3);
    answer(0, OK);
    close(accepted[0]);
    accepted[0] = -1;
    turn(1);
    assert_int_equal(pool_idle(pool), 0);
    buffer_release(&a.body);
}

/* The connection dies with the second request in it. */
static struct asked
second_request_finds_a_dead_connection(bool repeatable)
{
    static struct asked a, b;
    char room[256];

    ask(&a, true);
    turn(3);
    answer(0, OK);
    buffer_release(&a.body);
    ask(&b, repeatable);
    assert_true(recv(accepted[0], room, sizeof room, 0) > 0);
    close(accepted[0]);
    accepted[0] = -1;
    turn(4);
    if (accepted_count == 2)
        answer(1, OK);
    buffer_release(&b.body);
    return b;
}

static void
a_repeatable_request_on_a_dead_connection_is_sent_once_more(void **state)
{
    struct asked b;

    (void)state;
    b = second_request_finds_a_dead_connection(true);
    assert_int_equal(b.done, 1);
    assert_int_equal(b.failed, 0);
    assert_int_equal(accepted_count, 2);
}

static void
any_other_request_fails_instead(void **state)
{
    struct asked b;

    (void)state;
    b = second_request_finds_a_dead_connection(false);
    assert_int_equal(b.done, 0);
    assert_int_equal(b.failed, 1);
    assert_int_equal(b.failure, CALL_CLOSED);
    assert_int_equal(accepted_count, 1);
}

static void
a_new_connection_that_dies_is_not_tried_again(void **state)
{
    struct asked a;

    (void)state;
    ask(&a, true);
    turn(3);
    close(accepted[0]);
    accepted[0] = -1;
    turn(2);
    assert_int_equal(a.failed, 1);
    assert_int_equal(accepted_count, 1);
    buffer_release(&a.body);
}

static void
a_cancelled_call_says_nothing_more(void **state)
{
    struct asked a, b;

    (void)state;
    ask(&a, true);
    call_cancel(&a.call);
    ask(&b, true);
    turn(3);
    answer(accepted_count - 1, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
    assert_int_equal(b.heads, 1);
    call_cancel(&b.call);
    turn(2);
    assert_int_equal(a.connected + a.done + a.failed + b.done + b.failed, 0);
    assert_int_equal(pool_idle(pool), 0);
    buffer_release(&b.body);
}

static void
an_address_that_refuses_is_passed_over(void **state)
{
    struct asked a;

    (void)state;
    upstream.addresses[1] = upstream.addresses[0];
    upstream.addresses[0].as.v4.sin_port = 1; /* port 256: nobody there */
    upstream.count = 2;
    ask(&a, false);
    turn(4);
    assert_int_equal(accepted_count, 1);
    answer(0, OK);
    assert_int_equal(a.done, 1);
    buffer_release(&a.body);
}

static void
bytes_that_nobody_asked_for_end_the_connection(void **state)
{
    struct asked a;

    (void)state;
    ask(&a, true);
    turn(3);
    answer(0, OK);
    assert_int_equal(pool_idle(pool), 1);
    answer(0, "HTTP/1.1 200 OK\r\n");
    assert_int_equal(pool_idle(pool), 0);
    buffer_release(&a.body);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_answer_is_read_and_its_connection_kept, begin, end),
        cmocka_unit_test_setup_teardown(the_connection_used_last_is_taken_first, begin, end),
        cmocka_unit_test_setup_teardown(no_more_idle_connections_are_kept_than_allowed, begin, end),
        cmocka_unit_test_setup_teardown(an_idle_connection_that_is_closed_leaves_the_pool, begin, end),
        cmocka_unit_test_setup_teardown(a_repeatable_request_on_a_dead_connection_is_sent_once_more, begin, end),
        cmocka_unit_test_setup_teardown(any_other_request_fails_instead, begin, end),
        cmocka_unit_test_setup_teardown(a_new_connection_that_dies_is_not_tried_again, begin, end),
        cmocka_unit_test_setup_teardown(a_cancelled_call_says_nothing_more, begin, end),
        cmocka_unit_test_setup_teardown(an_address_that_refuses_is_passed_over, begin, end),
        cmocka_unit_test_setup_teardown(bytes_that_nobody_asked_for_end_the_connection, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
