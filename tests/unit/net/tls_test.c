/* Bytes over TLS, and the ways in which they end: fragments, both directions at once, cut ends, resets, peers that
 * speak something else. */
#include "unit.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tls_wire.h"

/* ---- bytes ---- */

static void
both_sides_understand_each_other(void **state)
{
    (void)state;
    open_both();
    say(&client, "question"); /* waits for the handshake */
    carry(LIMIT_MIB);
    assert_int_equal(client.connected, 1);
    assert_int_equal(server.connected, 1);
    check_text(buffer_text(&server.bytes), "question");
    say(&server, "answer");
    carry(LIMIT_MIB);
    check_text(buffer_text(&client.bytes), "answer");
    close_both();
}

static void
fragments_of_any_size_do_not_matter(void **state)
{
    static const size_t sizes[] = { 1, 2, 3, 7, 1000 };

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        open_both();
        say(&client, "question");
        carry(sizes[i]);
        say(&server, "answer");
        carry(sizes[i]);
        check_text(buffer_text(&server.bytes), "question");
        check_text(buffer_text(&client.bytes), "answer");
        close_both();
    }
}

static void
large_bodies_cross_in_both_directions_at_once(void **state)
{
    const struct text parts[] = { text_make(block, BLOCK / 3), text_make(block + BLOCK / 3, BLOCK - BLOCK / 3) };

    (void)state;
    open_both();
    assert_false(stream_send(&client.stream, parts, 2));
    assert_false(stream_send(&server.stream, parts, 2));
    carry(50 * LIMIT_KIB + 1);
    assert_int_equal(buffer_length(&server.bytes), BLOCK);
    assert_int_equal(buffer_length(&client.bytes), BLOCK);
    assert_memory_equal(buffer_text(&server.bytes).data, block, BLOCK);
    assert_memory_equal(buffer_text(&client.bytes).data, block, BLOCK);
    assert_int_equal(client.drained, 1);
    assert_int_equal(server.drained, 1);
    close_both();
}

static void
many_small_sends_against_a_full_socket_arrive_in_order(void **state)
{
    (void)state;
    open_both();
    carry(LIMIT_MIB);
    for (size_t at = 0; at < BLOCK; at += 1000) {
        struct text part = text_slice(text_make(block, BLOCK), at, 1000);

        (void)stream_send(&client.stream, &part, 1);
        if (at % 90000 == 0) {
            loop_turn(loop, 0);
            (void)pass(client.wire, server.wire, 777, true);
        }
    }
    carry(LIMIT_MIB);
    assert_int_equal(buffer_length(&server.bytes), BLOCK);
    assert_memory_equal(buffer_text(&server.bytes).data, block, BLOCK);
    close_both();
}

static void
a_head_and_a_small_body_leave_in_one_record(void **state)
{
    const struct text parts[] = { text_make(block, 300), text_make(block + 300, 9000) };

    (void)state;
    open_both();
    carry(LIMIT_MIB);
    recording = true;
    (void)stream_send(&client.stream, parts, 2);
    carry(LIMIT_MIB);
    assert_int_equal(buffer_length(&server.bytes), 9300);
    assert_int_equal(buffer_text(&recorded).data[0], 23); /* application data */
    assert_int_equal((unsigned char)buffer_text(&recorded).data[3] << 8 | (unsigned char)buffer_text(&recorded).data[4],
                     buffer_length(&recorded) - 5);
    close_both();
}

static void
a_paused_stream_keeps_what_came_until_it_is_resumed(void **state)
{
    struct text part = text_make(block, 200000);

    (void)state;
    open_both();
    carry(LIMIT_MIB);
    stream_pause(&server.stream);
    (void)stream_send(&client.stream, &part, 1);
    carry(LIMIT_MIB);
    assert_int_equal(buffer_length(&server.bytes), 0);
    stream_resume(&server.stream);
    carry(LIMIT_MIB);
    assert_int_equal(buffer_length(&server.bytes), 200000);
    close_both();
}

/* ---- ends ---- */

static void
an_orderly_end_is_told_from_a_cut(void **state)
{
    (void)state;
    open_both();
    say(&server, "all of it");
    stream_shutdown(&server.stream);
    carry(1);
    check_text(buffer_text(&client.bytes), "all of it");
    assert_int_equal(client.ended, 1);
    assert_false(stream_was_cut(&client.stream));
    close_both();

    open_both();
    say(&server, "a part");
    carry(LIMIT_MIB);
    assert_int_equal(shutdown(client.wire, SHUT_WR), 0);
    for (int i = 0; i < 4; i++)
        loop_turn(loop, 0);
    check_text(buffer_text(&client.bytes), "a part");
    assert_int_equal(client.ended, 1);
    assert_true(stream_was_cut(&client.stream));
    close_both();
}

static void
an_end_behind_many_bytes_comes_after_them(void **state)
{
    struct text part = text_make(block, BLOCK);

    (void)state;
    open_both();
    (void)stream_send(&server.stream, &part, 1);
    stream_shutdown(&server.stream);
    carry(LIMIT_MIB);
    assert_int_equal(buffer_length(&client.bytes), BLOCK);
    assert_int_equal(client.ended, 1);
    assert_false(stream_was_cut(&client.stream));
    close_both();
}

static void
a_reset_and_an_unfinished_queue_have_no_orderly_end(void **state)
{
    struct text part = text_make(block, BLOCK);

    (void)state;
    open_both();
    carry(LIMIT_MIB);
    (void)stream_send(&server.stream, &part, 1);
    stream_close(&server.stream); /* most of it is still queued */
    carry(LIMIT_MIB);
    assert_int_equal(client.ended, 1);
    assert_true(stream_was_cut(&client.stream));
    close_both();
}

/* The socket tells its error once, in the same turn as the bytes before it. */
static void
a_reset_behind_bytes_is_told_after_them(void **state)
{
    (void)state;
    open_both();
    carry(LIMIT_MIB);
    say(&client, "never read");
    say(&server, "answer");
    assert_true(pass(server.wire, client.wire, LIMIT_MIB, false) > 0);
    (void)close(client.wire); /* with unread bytes: that is a reset */
    client.wire = -1;
    for (int i = 0; i < 4; i++)
        loop_turn(loop, 0);
    check_text(buffer_text(&client.bytes), "answer");
    assert_int_equal(client.broken, 1);
    assert_int_equal(client.error, ECONNRESET);
    assert_int_equal(client.ended, 0);
    close_both();
}

static void
a_peer_that_goes_away_during_the_handshake_breaks_it(void **state)
{
    (void)state;
    for (size_t bytes = 0; bytes < 300; bytes += 50) {
        open_both();
        loop_turn(loop, 0);
        (void)pass(client.wire, server.wire, bytes, true);
        stream_close(&client.stream);
        assert_int_equal(shutdown(server.wire, SHUT_WR), 0);
        carry(LIMIT_MIB);
        assert_int_equal(server.broken, 1);
        assert_int_equal(server.error, EPROTO);
        assert_non_null(server.trouble);
        assert_int_equal(server.connected, 0);
        close_both();
    }
}

static void
a_damaged_record_breaks_the_connection(void **state)
{
    (void)state;
    open_both();
    carry(LIMIT_MIB);
    assert_int_equal(write(server.wire, "\x17\x03\x03\x00\x14garbage garbage garb", 25), 25);
    carry(LIMIT_MIB);
    assert_int_equal(server.broken, 1);
    assert_int_equal(buffer_length(&server.bytes), 0);
    close_both();
}

static void
a_stream_may_be_closed_in_its_own_callbacks(void **state)
{
    (void)state;
    open_both();
    client.close_when_connected = true;
    server.close_in_data = true;
    carry(LIMIT_MIB);
    assert_int_equal(client.connected, 1);
    assert_false(stream_is_open(&client.stream));
    close_both();

    open_both();
    server.close_in_data = true;
    say(&client, "last words");
    carry(LIMIT_MIB);
    check_text(buffer_text(&server.bytes), "last words");
    assert_false(stream_is_open(&server.stream));
    close_both();
}

static void
one_who_speaks_no_tls_can_be_told_so(void **state)
{
    char room[64];

    (void)state;
    open_end(&server);
    assert_true(stream_secure(&server.stream, theirs, NULL));
    assert_int_equal(write(server.wire, "PATCH / HTTP/1.1\r\n\r\n", 20), 20);
    for (int i = 0; i < 4; i++)
        loop_turn(loop, 0);
    assert_int_equal(server.broken, 1);
    assert_int_equal(server.error, EPROTONOSUPPORT);
    stream_unsecure(&server.stream);
    say(&server, "in plain words");
    assert_int_equal(read(server.wire, room, sizeof room), 14);
    assert_memory_equal(room, "in plain words", 14);
    close_end(&server);
}

int
main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, begin, end)
    const struct CMUnitTest tests[] = {
        T(both_sides_understand_each_other),
        T(fragments_of_any_size_do_not_matter),
        T(large_bodies_cross_in_both_directions_at_once),
        T(many_small_sends_against_a_full_socket_arrive_in_order),
        T(a_head_and_a_small_body_leave_in_one_record),
        T(a_paused_stream_keeps_what_came_until_it_is_resumed),
        T(an_orderly_end_is_told_from_a_cut),
        T(an_end_behind_many_bytes_comes_after_them),
        T(a_reset_and_an_unfinished_queue_have_no_orderly_end),
        T(a_reset_behind_bytes_is_told_after_them),
        T(a_peer_that_goes_away_during_the_handshake_breaks_it),
        T(a_damaged_record_breaks_the_connection),
        T(a_stream_may_be_closed_in_its_own_callbacks),
        T(one_who_speaks_no_tls_can_be_told_so),
    };

    return cmocka_run_group_tests(tests, make_files, remove_files);
}
