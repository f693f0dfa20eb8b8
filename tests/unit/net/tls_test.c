/* TLS between two streams, with somebody on the wire between them who passes on as much as the test says: fragments,
 * both directions at once, cut ends, wrong peers; and contexts out of files that are not what they should be. */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/limits.h"
#include "net/stream.h"

#define BLOCK (3 * LIMIT_MIB)

struct end {
    struct stream stream;
    struct buffer bytes;
    int wire; /* the other end of its socket */
    int connected, ended, broken, error, drained;
    const char *trouble;
    bool close_when_connected, close_in_data;
};

static char folder[] = "/tmp/plumbline-tls-XXXXXX";
static char block[BLOCK];
static struct loop *loop;
static struct stream_kit *kit;
static struct end client, server;
static struct tls_context *mine, *theirs;
static struct tls_sessions sessions;
static struct buffer recorded; /* what went from the client to the server, if `recording` */
static bool recording;
static size_t to_client; /* bytes */

/* ---- files ---- */

static struct text
file(const char *name)
{
    static char paths[8][256];
    static unsigned next;
    char *path = paths[next++ % 8];

    (void)snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return text_of(path);
}

static int
make_files(void **state)
{
    char command[4096];

    (void)state;
    for (size_t i = 0; i < BLOCK; i++)
        block[i] = (char)(i % 251);
    if (mkdtemp(folder) == NULL)
        return -1;
    (void)snprintf(
        command, sizeof command,
        "cd %s && exec >log 2>&1 && set -e\n"
        "new='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'\n"
        "openssl req -x509 $new -days 30 -keyout ca.key -out ca.pem -subj '/CN=A test authority'\n"
        "sign() { openssl req $new -keyout $1.key -out $1.csr -subj /CN=$1; echo subjectAltName=$2 > $1.ext\n"
        "  openssl x509 -req -in $1.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days $3 -out $1.pem "
        "-extfile $1.ext; }\n"
        "sign good DNS:good.test,IP:127.0.0.1 30\n"
        "sign wild 'DNS:*.good.test' 30\n"
        "sign me DNS:me.test 30\n"
        "openssl ec -in good.key -aes128 -passout pass:x -out locked.key\n"
        "echo nonsense > nonsense.pem\n",
        folder);
    return system(command) == 0 ? 0 : -1;
}

static int
remove_files(void **state)
{
    char command[256];

    (void)state;
    (void)snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

static struct tls_context *
new_server(enum tls_client_auth clients)
{
    struct tls_pair pair = { file("good.pem"), file("good.key"), "g.yaml:1:1" };
    struct tls_server_options o = {
        .pairs = &pair, .count = 1, .client_ca = file("ca.pem"), .clients = clients, .where = "g.yaml:1:1"
    };
    struct error err = { .kind = ERROR_NONE };
    struct tls_context *c = tls_server_new(&o, NULL, NULL, &err);

    check_that(c != NULL, "%s: %s", err.where, err.what);
    return c;
}

static struct tls_context *
new_client(const char *ca, const char *name, bool unverified)
{
    struct tls_client_options o = {
        .ca = file(ca), .name = text_of(name), .unverified = unverified, .where = "g.yaml:2:2"
    };
    struct error err = { .kind = ERROR_NONE };
    struct tls_context *c = tls_client_new(&o, NULL, NULL, &err);

    check_that(c != NULL, "%s: %s", err.where, err.what);
    return c;
}

/* ---- what the streams tell ---- */

static void
on_connected(void *arg)
{
    struct end *e = arg;

    e->connected++;
    if (e->close_when_connected)
        stream_close(&e->stream);
}

static size_t
on_data(void *arg, struct text bytes)
{
    struct end *e = arg;

    buffer_add(&e->bytes, bytes);
    if (e->close_in_data)
        stream_close(&e->stream);
    return bytes.length;
}

static void
on_drained(void *arg)
{
    ((struct end *)arg)->drained++;
}

static void
on_hangup(void *arg, bool gone)
{
    (void)arg;
    (void)gone;
}

static void
on_ended(void *arg)
{
    ((struct end *)arg)->ended++;
}

static void
on_broken(void *arg, int error)
{
    struct end *e = arg;

    e->broken++;
    e->error = error;
    e->trouble = stream_trouble(&e->stream);
    if (error != EPROTONOSUPPORT)
        stream_close(&e->stream);
}

static const struct stream_events events = { .connected = on_connected,
                                             .data = on_data,
                                             .drained = on_drained,
                                             .hangup = on_hangup,
                                             .ended = on_ended,
                                             .broken = on_broken };

static void
open_end(struct end *e)
{
    int pair[2];

    memset(e, 0, sizeof *e);
    buffer_init(&e->bytes, 2 * BLOCK);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    e->wire = pair[1];
    assert_true(stream_open(&e->stream, kit, pair[0], &events, e));
}

static void
close_end(struct end *e)
{
    stream_close(&e->stream);
    if (e->wire > 0)
        close(e->wire);
    e->wire = -1;
    buffer_release(&e->bytes);
}

static void
open_both(void)
{
    open_end(&client);
    open_end(&server);
    to_client = 0;
    assert_true(stream_secure(&client.stream, mine, &sessions));
    assert_true(stream_secure(&server.stream, theirs, NULL));
}

static void
close_both(void)
{
    close_end(&client);
    close_end(&server);
}

static int
begin(void **state)
{
    (void)state;
    loop = loop_new(NULL);
    kit = stream_kit_new(loop);
    mine = new_client("ca.pem", "good.test", false);
    theirs = new_server(TLS_CLIENTS_UNASKED);
    sessions = (struct tls_sessions){ NULL };
    buffer_init(&recorded, 2 * BLOCK);
    recording = false;
    client.wire = server.wire = -1;
    return loop != NULL && kit != NULL ? 0 : -1;
}

static int
end(void **state)
{
    (void)state;
    tls_sessions_forget(&sessions);
    tls_context_drop(mine);
    tls_context_drop(theirs);
    buffer_release(&recorded);
    stream_kit_free(kit);
    loop_free(loop);
    return 0;
}

/* ---- the wire ---- */

/* Pass on at most `most` bytes; how many. The end is passed on, too. */
static size_t
pass(int from, int to, size_t most, bool forth)
{
    static char room[LIMIT_MIB];
    ssize_t got = recv(from, room, most < sizeof room ? most : sizeof room, MSG_PEEK), sent;

    if (got == 0)
        (void)shutdown(to, SHUT_WR);
    if (got <= 0)
        return 0;
    sent = send(to, room, (size_t)got, MSG_NOSIGNAL);
    if (sent <= 0)
        return 0;
    assert_int_equal(recv(from, room, (size_t)sent, 0), sent);
    if (forth && recording)
        buffer_add(&recorded, text_make(room, (size_t)sent));
    to_client += forth ? 0 : (size_t)sent;
    return (size_t)sent;
}

/* Until nothing moves any more, so many bytes at a time. */
static void
carry(size_t most)
{
    for (int quiet = 0; quiet < 4;) {
        size_t moved;

        loop_turn(loop, 0);
        moved = pass(client.wire, server.wire, most, true) + pass(server.wire, client.wire, most, false);
        quiet = moved > 0 ? 0 : quiet + 1;
    }
}

static void
say(struct end *e, const char *text)
{
    struct text part = text_of(text);

    (void)stream_send(&e->stream, &part, 1);
}

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

/* ---- who is who ---- */

static void
use_client(const char *ca, const char *name, bool unverified)
{
    tls_context_drop(mine);
    mine = new_client(ca, name, unverified);
    tls_sessions_forget(&sessions);
    open_both();
    carry(LIMIT_MIB);
}

static void
a_peer_is_verified_by_its_authority_and_its_name(void **state)
{
    (void)state;
    use_client("ca.pem", "127.0.0.1", false);
    assert_int_equal(client.connected, 1);
    close_both();
    use_client("ca.pem", "127.0.0.2", false);
    assert_int_equal(client.error, EPROTO);
    assert_non_null(strstr(client.trouble, "IP address mismatch"));
    close_both();
    use_client("ca.pem", "other.test", false);
    assert_non_null(strstr(client.trouble, "ostname mismatch"));
    assert_int_equal(client.connected, 0);
    close_both();
    use_client("me.pem", "good.test", false);
    assert_non_null(strstr(client.trouble, "issuer certificate"));
    close_both();
    use_client("me.pem", "other.test", true);
    assert_int_equal(client.connected, 1);
    close_both();
}

static void
a_client_without_a_certificate_is_sent_away_where_one_is_required(void **state)
{
    struct tls_client_options o = { .ca = file("ca.pem"),
                                    .name = TEXT("good.test"),
                                    .cert = file("me.pem"),
                                    .key = file("me.key"),
                                    .where = "g.yaml:2:2" };

    (void)state;
    tls_context_drop(theirs);
    theirs = new_server(TLS_CLIENTS_REQUIRED);
    use_client("ca.pem", "good.test", false);
    assert_int_equal(server.connected, 0);
    assert_non_null(strstr(server.trouble, "did not return a certificate"));
    assert_int_equal(client.broken, 1); /* though for it the handshake was over (RFC 8446 4.4.2.4) */
    assert_non_null(strstr(client.trouble, "certificate required"));
    close_both();
    tls_context_drop(mine);
    mine = tls_client_new(&o, NULL, NULL, NULL);
    assert_non_null(mine);
    open_both();
    say(&client, "it is me");
    carry(LIMIT_MIB);
    check_text(buffer_text(&server.bytes), "it is me");
    close_both();
}

static void
the_next_connection_resumes_the_session(void **state)
{
    size_t first;

    (void)state;
    open_both();
    carry(LIMIT_MIB);
    first = to_client;
    assert_non_null(sessions.last);
    close_both();
    open_both();
    carry(LIMIT_MIB);
    assert_int_equal(client.connected, 1);
    assert_true(to_client < first - 200); /* no certificate */
    close_both();
}

static void
a_context_lives_as_long_as_its_connections(void **state)
{
    (void)state;
    open_both();
    tls_context_drop(theirs);
    theirs = NULL;
    say(&client, "still here");
    carry(LIMIT_MIB);
    check_text(buffer_text(&server.bytes), "still here");
    close_both();
}

/* ---- files that are not what they should be ---- */

static void
count_warning(void *arg, const char *where, const char *what)
{
    assert_string_equal(where, "g.yaml:7:3");
    assert_non_null(strstr(what, "expired"));
    ++*(int *)arg;
}

static void
a_mistake_in_a_file_is_told_with_the_setting_and_the_file(void **state)
{
    static const struct {
        const char *cert, *key, *says;
    } cases[] = {
        { "missing.pem", "good.key", "cannot read the certificate '" },
        { "good.pem", "missing.key", "cannot read the key '" },
        { "nonsense.pem", "good.key", "nonsense.pem' is no certificate in PEM" },
        { "good.pem", "nonsense.pem", "nonsense.pem' is no private key in PEM" },
        { "good.pem", "me.key", "me.key' does not belong to the certificate" },
        { "good.pem", "locked.key", "locked.key' wants a passphrase" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct tls_pair pair = { file(cases[i].cert), file(cases[i].key), "g.yaml:7:3" };
        struct tls_server_options o = { .pairs = &pair, .count = 1, .where = "g.yaml:6:1" };
        struct error err = { .kind = ERROR_NONE };

        assert_null(tls_server_new(&o, NULL, NULL, &err));
        assert_string_equal(err.where, "g.yaml:7:3");
        check_that(strstr(err.what, cases[i].says) != NULL, "expected '%s' in '%s'", cases[i].says, err.what);
    }
}

static void
an_authority_must_be_one(void **state)
{
    struct tls_client_options o = { .ca = file("nonsense.pem"), .name = TEXT("good.test"), .where = "g.yaml:2:2" };
    struct error err = { .kind = ERROR_NONE };

    (void)state;
    assert_null(tls_client_new(&o, NULL, NULL, &err));
    assert_string_equal(err.where, "g.yaml:2:2");
    assert_non_null(strstr(err.what, "has no certificate in PEM"));
}

static void
an_expired_certificate_is_used_with_a_warning(void **state)
{
    char command[1024];
    int warnings = 0;
    struct tls_pair pair = { file("good.pem"), file("good.key"), "g.yaml:7:3" };
    struct tls_server_options o = { .pairs = &pair, .count = 1, .where = "g.yaml:6:1" };
    struct tls_context *c;

    (void)state;
    (void)snprintf(
        command, sizeof command,
        "cd %s && touch index && printf "
        "'[ca]\\ndefault_ca=x\\n[x]\\ndatabase=index\\nserial=serial\\nnew_certs_dir=.\\n"
        "default_md=sha256\\npolicy=p\\n[p]\\ncommonName=supplied\\n' > ca.conf && openssl ca -batch -config ca.conf "
        "-create_serial -notext -in good.csr -cert ca.pem -keyfile ca.key -startdate 20200101000000Z -enddate "
        "20200102000000Z -out old.pem >log 2>&1",
        folder);
    assert_int_equal(system(command), 0);
    pair.cert = file("old.pem");
    c = tls_server_new(&o, count_warning, &warnings, NULL);
    assert_non_null(c);
    assert_int_equal(warnings, 1);
    tls_context_drop(c);
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
        T(a_peer_is_verified_by_its_authority_and_its_name),
        T(a_client_without_a_certificate_is_sent_away_where_one_is_required),
        T(the_next_connection_resumes_the_session),
        T(a_context_lives_as_long_as_its_connections),
        T(a_mistake_in_a_file_is_told_with_the_setting_and_the_file),
        T(an_authority_must_be_one),
        T(an_expired_certificate_is_used_with_a_warning),
    };

    return cmocka_run_group_tests(tests, make_files, remove_files);
}
