/* Streams over a socket pair: what is not used comes again, back-pressure, both ends, closing at any moment. */
#include "unit.h"

#include <sys/socket.h>
#include <unistd.h>

#include "base/limits.h"
#include "net/stream.h"

static struct loop *loop;
static struct stream_kit *kit;
static int peer; /* the other end */
static struct stream stream;

/* What the owner saw. */
static struct {
    struct buffer bytes;
    size_t use; /* use so many bytes of what is shown; SIZE_MAX: all */
    int calls, drained, hangup, gone, ended, broken;
    bool close_in_data;
} seen;

static size_t
on_data(void *arg, struct text bytes)
{
    size_t used = seen.use < bytes.length ? seen.use : bytes.length;

    assert_ptr_equal(arg, &stream);
    seen.calls++;
    if (seen.close_in_data)
        stream_close(&stream);
    buffer_add(&seen.bytes, text_slice(bytes, 0, used)); /* still there, though closed */
    return used;
}

static void
on_drained(void *arg)
{
    (void)arg;
    seen.drained++;
}

static void
on_hangup(void *arg, bool gone)
{
    (void)arg;
    seen.hangup += !gone;
    seen.gone += gone;
}

static void
on_ended(void *arg)
{
    (void)arg;
    seen.ended++;
}

static void
on_broken(void *arg, int error)
{
    (void)arg;
    assert_int_not_equal(error, 0);
    seen.broken++;
    stream_close(&stream);
}

static const struct stream_events events = {
    .data = on_data, .drained = on_drained, .hangup = on_hangup, .ended = on_ended, .broken = on_broken
};

static int
begin(void **state)
{
    int pair[2];

    (void)state;
    memset(&seen, 0, sizeof seen);
    seen.use = SIZE_MAX;
    buffer_init(&seen.bytes, LIMIT_STREAM_QUEUE);
    loop = loop_new(NULL);
    kit = stream_kit_new(loop);
    if (loop == NULL || kit == NULL || socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) < 0)
        return -1;
    peer = pair[1];
    return stream_open(&stream, kit, pair[0], &events, &stream) ? 0 : -1;
}

static int
end(void **state)
{
    (void)state;
    stream_close(&stream);
    if (peer >= 0)
        close(peer);
    stream_kit_free(kit);
    loop_free(loop);
    buffer_release(&seen.bytes);
    return 0;
}

static void
say(const char *bytes)
{
    assert_int_equal(write(peer, bytes, strlen(bytes)), strlen(bytes));
    loop_turn(loop, 100);
}

static void
bytes_that_are_not_used_come_again_in_front_of_what_follows(void **state)
{
    (void)state;
    seen.use = 2;
    say("abc");
    check_text(buffer_text(&seen.bytes), "ab");
    seen.use = SIZE_MAX;
    say("def");
    check_text(buffer_text(&seen.bytes), "abcdef");
    assert_int_equal(seen.calls, 2);
}

static void
a_paused_stream_shows_nothing_until_it_is_resumed(void **state)
{
    (void)state;
    stream_pause(&stream);
    say("abc");
    assert_int_equal(seen.calls, 0);
    stream_resume(&stream);
    assert_int_equal(seen.calls, 0); /* not before the caller returns */
    loop_turn(loop, 0);
    check_text(buffer_text(&seen.bytes), "abc");
}

static void
what_was_left_when_pausing_is_shown_when_resuming(void **state)
{
    (void)state;
    seen.use = 1;
    say("abc");
    stream_pause(&stream);
    seen.use = SIZE_MAX;
    stream_resume(&stream);
    loop_turn(loop, 0);
    check_text(buffer_text(&seen.bytes), "abc");
}

static void
the_end_comes_behind_the_last_byte(void **state)
{
    (void)state;
    assert_int_equal(write(peer, "last", 4), 4);
    assert_int_equal(shutdown(peer, SHUT_WR), 0);
    for (int i = 0; i < 3; i++)
        loop_turn(loop, 10);
    check_text(buffer_text(&seen.bytes), "last");
    assert_int_equal(seen.hangup, 1);
    assert_int_equal(seen.ended, 1);
    assert_int_equal(seen.gone, 0);
}

static void
a_peer_that_goes_away_is_noticed_while_paused(void **state)
{
    (void)state;
    stream_pause(&stream);
    close(peer);
    peer = -1;
    loop_turn(loop, 100);
    assert_int_equal(seen.gone, 1);
    assert_int_equal(seen.ended, 0);
}

static void
a_stream_may_be_closed_while_it_shows_bytes(void **state)
{
    (void)state;
    seen.close_in_data = true;
    say("abc");
    check_text(buffer_text(&seen.bytes), "abc");
    assert_false(stream_is_open(&stream));
    loop_turn(loop, 0);
    assert_int_equal(seen.calls, 1);
}

static char block[3 * LIMIT_MIB], received[3 * LIMIT_MIB];

static void
fill_block(void)
{
    for (size_t i = 0; i < sizeof block; i++)
        block[i] = (char)(i % 251);
}

/* Everything of the block arrives at the peer. */
static void
peer_gets_block(void)
{
    size_t got = 0;

    while (got < sizeof received) {
        ssize_t n = recv(peer, received + got, sizeof received - got, MSG_DONTWAIT);

        got += n > 0 ? (size_t)n : 0;
        loop_turn(loop, 0);
    }
    assert_memory_equal(received, block, sizeof block);
}

static void
what_the_socket_does_not_take_is_queued_and_told_when_it_is_gone(void **state)
{
    struct text parts[2] = { { block, 1000 }, { block + 1000, sizeof block - 1000 } };

    (void)state;
    fill_block();
    assert_false(stream_send(&stream, parts, 2));
    assert_true(stream_queued(&stream) > LIMIT_STREAM_BUFFER);
    assert_int_equal(seen.drained, 0);
    peer_gets_block();
    assert_int_equal(seen.drained, 1);
    assert_int_equal(stream_queued(&stream), 0);
}

static void
the_queue_goes_out_in_front_of_what_is_sent_next(void **state)
{
    char room[64];
    struct text part = TEXT("world");

    (void)state;
    buffer_add(stream_queue(&stream), TEXT("hello "));
    assert_int_equal(recv(peer, room, sizeof room, MSG_DONTWAIT), -1);
    assert_true(stream_send(&stream, &part, 1));
    check_bytes(room, (size_t)recv(peer, room, sizeof room, MSG_DONTWAIT), "hello world");
    assert_false(stream_want_drain(&stream));
}

static void
a_broken_connection_is_told_later_and_once(void **state)
{
    struct text part = TEXT("x");

    (void)state;
    close(peer);
    peer = -1;
    assert_true(stream_send(&stream, &part, 1));
    assert_int_equal(seen.broken, 0);
    loop_turn(loop, 0);
    assert_int_equal(seen.broken, 1);
    loop_turn(loop, 0);
    assert_int_equal(seen.broken, 1);
}

static void
our_side_is_closed_behind_the_last_queued_byte(void **state)
{
    struct text part = { block, sizeof block };

    (void)state;
    fill_block();
    (void)stream_send(&stream, &part, 1);
    stream_shutdown(&stream);
    peer_gets_block();
    assert_int_equal(recv(peer, received, 1, MSG_DONTWAIT), 0);
    say("still read");
    check_text(buffer_text(&seen.bytes), "still read");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(bytes_that_are_not_used_come_again_in_front_of_what_follows, begin, end),
        cmocka_unit_test_setup_teardown(a_paused_stream_shows_nothing_until_it_is_resumed, begin, end),
        cmocka_unit_test_setup_teardown(what_was_left_when_pausing_is_shown_when_resuming, begin, end),
        cmocka_unit_test_setup_teardown(the_end_comes_behind_the_last_byte, begin, end),
        cmocka_unit_test_setup_teardown(a_peer_that_goes_away_is_noticed_while_paused, begin, end),
        cmocka_unit_test_setup_teardown(a_stream_may_be_closed_while_it_shows_bytes, begin, end),
        cmocka_unit_test_setup_teardown(what_the_socket_does_not_take_is_queued_and_told_when_it_is_gone, begin, end),
        cmocka_unit_test_setup_teardown(the_queue_goes_out_in_front_of_what_is_sent_next, begin, end),
        cmocka_unit_test_setup_teardown(a_broken_connection_is_told_later_and_once, begin, end),
        cmocka_unit_test_setup_teardown(our_side_is_closed_behind_the_last_queued_byte, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
