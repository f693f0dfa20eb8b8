/* tls_wire.h -- TLS between two streams, and somebody on the wire who passes on as much as the test says. */
#ifndef UNIT_NET_TLS_WIRE_H
#define UNIT_NET_TLS_WIRE_H

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

#endif
