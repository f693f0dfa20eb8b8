/* tls.c -- one connection's TLS, between its stream and its socket.
 *
 * OpenSSL reads and writes by a BIO of ours, which knows what epoll said: after a short read it does not ask the
 * socket again (`dry`) until the loop saw more, and nothing it writes raises SIGPIPE. */
#include "net/tls_internal.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <openssl/bio.h>
#include <openssl/err.h>

#define HANDSHAKE_RECORD 22 /* RFC 8446 5.1 */

struct tls {
    struct tls_context *context;
    SSL *ssl;
    struct tls_sessions *sessions;
    int fd;
    int error;           /* errno of the socket */
    int read_error;      /* likewise, of reading: the socket says it once, we for ever */
    const char *trouble; /* literal */
    bool dry;            /* the socket has no more bytes, as far as we know */
    bool hung_up;
    bool begun; /* a byte came */
    bool plain; /* which was no TLS */
    bool shaken;
    bool read_blocked;
    bool cut;
    bool over;     /* nothing follows what was shown */
    bool finished; /* close_notify was said, or must not be */
};

/* ---- the socket ---- */

static int
on_bio_read(BIO *bio, char *room, int size)
{
    struct tls *t = BIO_get_data(bio);
    ssize_t got;

    BIO_clear_retry_flags(bio);
    if (t->read_error != 0)
        return -1;
    if (t->dry) {
        BIO_set_retry_read(bio);
        return -1;
    }
    do
        got = recv(t->fd, room, (size_t)size, 0);
    while (got < 0 && errno == EINTR);
    if (got < 0) {
        t->dry = true;
        if (errno == EAGAIN || errno == EWOULDBLOCK)
            BIO_set_retry_read(bio);
        else
            t->error = t->read_error = errno;
        return -1;
    }
    if (got == 0)
        t->cut = true; /* unless close_notify came before; then nobody asks */
    if (got < size && !t->hung_up)
        t->dry = true;
    if (got > 0 && !t->begun) {
        t->begun = true;
        t->plain = t->context->server && room[0] != HANDSHAKE_RECORD && room[0] >= 'A' && room[0] <= 'z';
        if (t->plain)
            return -1;
    }
    return (int)got;
}

static int
on_bio_write(BIO *bio, const char *bytes, int size)
{
    struct tls *t = BIO_get_data(bio);
    ssize_t sent;

    BIO_clear_retry_flags(bio);
    do
        sent = send(t->fd, bytes, (size_t)size, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        BIO_set_retry_write(bio);
    else if (sent < 0)
        t->error = errno;
    return (int)sent;
}

static long
on_bio_control(BIO *bio, int command, long number, void *pointer)
{
    const struct tls *t = BIO_get_data(bio);

    (void)number;
    (void)pointer;
    if (command == BIO_CTRL_FLUSH)
        return 1;
    return command == BIO_CTRL_EOF && t->cut;
}

static BIO_METHOD *method;
static int index_of_tls;

static void
make_method(void)
{
    BIO_METHOD *m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "plumbline");

    index_of_tls = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
    if (m == NULL || index_of_tls < 0)
        return;
    (void)BIO_meth_set_read(m, on_bio_read);
    (void)BIO_meth_set_write(m, on_bio_write);
    (void)BIO_meth_set_ctrl(m, on_bio_control);
    method = m; /* as long as the program */
}

/* ---- sessions ---- */

int
tls_keep_session(SSL *ssl, SSL_SESSION *session)
{
    struct tls *t = SSL_get_ex_data(ssl, index_of_tls);

    if (t == NULL || t->sessions == NULL)
        return 0;
    tls_sessions_forget(t->sessions);
    t->sessions->last = session;
    return 1; /* it is ours now */
}

void
tls_sessions_forget(struct tls_sessions *s)
{
    SSL_SESSION_free(s->last);
    s->last = NULL;
}

/* ---- begin and end ---- */

static int
attach(struct tls *t)
{
    BIO *bio = BIO_new(method);

    if (bio == NULL)
        return -1;
    BIO_set_data(bio, t);
    BIO_set_init(bio, 1);
    SSL_set_bio(t->ssl, bio, bio);
    if (SSL_set_ex_data(t->ssl, index_of_tls, t) != 1)
        return -1;
    if (t->context->server) {
        SSL_set_accept_state(t->ssl);
        return 0;
    }
    SSL_set_connect_state(t->ssl);
    if (!t->context->is_address && SSL_set_tlsext_host_name(t->ssl, t->context->name) != 1)
        return -1;
    if (t->sessions != NULL && t->sessions->last != NULL)
        (void)SSL_set_session(t->ssl, t->sessions->last);
    return 0;
}

struct tls *
tls_new(struct tls_context *c, int fd, struct tls_sessions *sessions)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct tls *t = calloc(1, sizeof *t);

    (void)pthread_once(&once, make_method);
    if (t == NULL)
        return NULL;
    t->context = tls_context_hold(c);
    t->fd = fd;
    t->sessions = sessions;
    t->ssl = method != NULL ? SSL_new(c->ssl[0]) : NULL;
    if (t->ssl != NULL && attach(t) == 0)
        return t;
    ERR_clear_error();
    tls_free(t);
    return NULL;
}

void
tls_free(struct tls *t)
{
    if (t == NULL)
        return;
    SSL_free(t->ssl);
    tls_context_drop(t->context);
    free(t);
}

/* ---- what went wrong ---- */

static const char *
find_trouble(const struct tls *t)
{
    long verified = SSL_get_verify_result(t->ssl);
    const char *why = ERR_reason_error_string(ERR_peek_error());

    if (t->plain)
        return "the client does not speak TLS";
    if (verified != X509_V_OK && !t->context->unverified)
        return X509_verify_cert_error_string(verified);
    if (t->cut)
        return t->shaken ? "the peer ended the connection without close_notify"
                         : "the peer closed the connection during the handshake";
    return why != NULL ? why : "the connection was lost";
}

/* The errno for a call that did not do its work. What it waits for is asked of the connection itself: SSL_get_error
 * looks into the thread's queue of errors first, which others may have left something in, and emptying that before
 * each call costs more than the call's other overhead. */
static int
error_of(struct tls *t)
{
    const BIO *bio = SSL_get_rbio(t->ssl);

    if (SSL_want_read(t->ssl) && BIO_should_read(bio))
        return EAGAIN;
    if (SSL_want_write(t->ssl) && BIO_should_write(bio)) {
        t->read_blocked = true;
        return EAGAIN;
    }
    if (t->trouble == NULL)
        t->trouble = find_trouble(t);
    t->finished = true; /* a broken connection has no orderly end */
    ERR_clear_error();
    if (t->plain)
        return EPROTONOSUPPORT;
    return t->error != 0 ? t->error : EPROTO;
}

const char *
tls_trouble(const struct tls *t)
{
    return t->trouble;
}

/* ---- bytes ---- */

void
tls_readable(struct tls *t, bool hung_up)
{
    t->dry = false;
    t->hung_up = t->hung_up || hung_up;
}

int
tls_shake(struct tls *t)
{
    int code;

    ERR_clear_error();
    t->read_blocked = false;
    code = SSL_do_handshake(t->ssl);
    if (code != 1)
        return error_of(t);
    t->shaken = true;
    return 0;
}

/* The peer said close_notify; a fatal alert sets the same flag, but is an error. */
static bool
is_at_end(const struct tls *t, int code)
{
    return (SSL_get_shutdown(t->ssl) & SSL_RECEIVED_SHUTDOWN) != 0 &&
           SSL_get_error(t->ssl, code) == SSL_ERROR_ZERO_RETURN;
}

ssize_t
tls_take(struct tls *t, char *room, size_t size)
{
    size_t total = 0;
    int error = 0;

    t->read_blocked = false;
    while (total < size) {
        size_t got = 0;
        int code = SSL_read_ex(t->ssl, room + total, size - total, &got);

        if (code == 1) {
            total += got;
            if (t->dry && SSL_has_pending(t->ssl) == 0)
                break; /* what asking again would find out, for less */
            continue;
        }
        if (is_at_end(t, code))
            t->cut = false;
        else
            error = error_of(t);
        if (t->cut)
            error = 0;
        t->over = error != EAGAIN;
        break;
    }
    if (total > 0 || error == 0)
        return (ssize_t)total;
    errno = error;
    return -1;
}

ssize_t
tls_give(struct tls *t, const struct iovec *parts, size_t count)
{
    size_t total = 0;

    for (size_t i = 0; i < count; i++) {
        const char *bytes = parts[i].iov_base;

        for (size_t at = 0; at < parts[i].iov_len;) {
            size_t sent = 0;
            int code = SSL_write_ex(t->ssl, bytes + at, parts[i].iov_len - at, &sent);
            bool read_blocked = t->read_blocked;
            int error;

            at += sent;
            total += sent;
            if (code == 1)
                continue;
            error = error_of(t);
            t->read_blocked = read_blocked;
            if (total > 0)
                return (ssize_t)total; /* a failure comes again */
            errno = error;
            return -1;
        }
    }
    return (ssize_t)total;
}

bool
tls_read_blocked(const struct tls *t)
{
    return t->read_blocked;
}

bool
tls_has_more(const struct tls *t)
{
    return t->over || t->hung_up;
}

bool
tls_was_cut(const struct tls *t)
{
    return t->cut;
}

bool
tls_finish(struct tls *t)
{
    int code;

    if (!t->shaken || t->finished)
        return true;
    ERR_clear_error();
    code = SSL_shutdown(t->ssl);
    if (code < 0 && SSL_get_error(t->ssl, code) == SSL_ERROR_WANT_WRITE)
        return false;
    ERR_clear_error();
    t->finished = true;
    return true;
}
