/* tls.h -- TLS for the traffic that passes through (RFC 8446, RFC 5246), by OpenSSL.
 *
 * A context is what a listener or an upstream has: certificates, keys, whom it trusts. It is immutable and
 * reference-counted; any thread may use it, and a connection keeps its own context alive. To change certificates,
 * make another context.
 *
 * A connection (struct tls) sits between a stream and its socket and belongs to the stream's thread. Renegotiation
 * and compression are off, TLS is 1.2 or later, ALPN says http/1.1 and nothing else.
 *
 * A text that names a file may hold the PEM itself instead: it then begins with "-----BEGIN". */
#ifndef NET_TLS_H
#define NET_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "base/error.h"
#include "base/text.h"

/* ---- contexts ---- */

struct tls_context;

/* A certificate, with those that lead from it to its authority behind it in the file, and its key; PEM. */
struct tls_pair {
    struct text cert;
    struct text key;
    const char *where; /* file:line:column of the setting */
};

enum tls_client_auth {
    TLS_CLIENTS_UNASKED,
    TLS_CLIENTS_ASKED,    /* one without a certificate is served, one with a certificate that is not trusted is not */
    TLS_CLIENTS_REQUIRED, /* no certificate, no connection */
};

struct tls_server_options {
    const struct tls_pair *pairs; /* chosen by the name that the client asks for (SNI); the first where none fits */
    size_t count;                 /* from 1 to LIMIT_TLS_CERTIFICATES */
    struct text client_ca;        /* who may sign clients' certificates */
    enum tls_client_auth clients;
    bool only_1_3;
    const char *where;
};

struct tls_client_options {
    struct text ca;        /* whom to trust; empty: the system's authorities */
    struct text name;      /* the upstream's name or address, as its certificate must have it; also sent as SNI */
    struct text cert, key; /* our own certificate; empty: none */
    bool unverified;       /* anybody may answer */
    const char *where;
};

/* What an operator should know and what goes on all the same: an expired certificate. */
typedef void tls_warn_fn(void *arg, const char *where, const char *what);

/* New, with one reference, or NULL with err, which says where, which file, what is wrong with it. They read files:
 * not on a worker. warn may be NULL. */
struct tls_context *tls_server_new(const struct tls_server_options *o, tls_warn_fn *warn, void *arg, struct error *err);
struct tls_context *tls_client_new(const struct tls_client_options *o, tls_warn_fn *warn, void *arg, struct error *err);

/* One reference more (of NULL: NULL); one less. Accept NULL. */
struct tls_context *tls_context_hold(struct tls_context *c);
void tls_context_drop(struct tls_context *c);

/* ---- sessions: what connections to one upstream remember, so that the next one is cheaper ---- */

/* Belongs to one thread and must outlive its connections. Zeroed: empty. */
struct tls_sessions {
    void *last;
};

void tls_sessions_forget(struct tls_sessions *s);

/* ---- connections ---- */

struct tls;

/* The server's or the client's side (as the context is) on this connected socket, which stays the caller's. Sessions
 * are borrowed; NULL for a server. Holds the context. NULL: no memory. */
struct tls *tls_new(struct tls_context *c, int fd, struct tls_sessions *sessions);
void tls_free(struct tls *t);

/* The socket may have bytes again; hung_up: its end as well. Reads ask the socket only after this was said. */
void tls_readable(struct tls *t, bool hung_up);

/* Go on with the handshake. 0: it is done. EAGAIN: it waits for the socket. EPROTONOSUPPORT: the peer does not speak
 * TLS, but something that looks like HTTP. EPROTO, or the socket's error: it failed, see tls_trouble. */
int tls_shake(struct tls *t);

/* Like recv: how many bytes, 0 at the end, -1 with errno; as much as there is, up to size. */
ssize_t tls_take(struct tls *t, char *room, size_t size);

/* Like sendmsg. What it did not take must be given again first, unchanged. */
ssize_t tls_give(struct tls *t, const struct iovec *parts, size_t count);

/* Reading waits until the socket can be written. */
bool tls_read_blocked(const struct tls *t);

/* The end or a failure may be behind what tls_take gave: ask it again without waiting for the socket. */
bool tls_has_more(const struct tls *t);

/* Did the peer's bytes end without close_notify (RFC 8446 6.1)? Then somebody may have cut them. */
bool tls_was_cut(const struct tls *t);

/* Say close_notify. False: the socket is full, again when it can be written. */
bool tls_finish(struct tls *t);

/* Why the handshake or the connection failed, for a person: "certificate has expired". Literal; NULL: it did not. */
const char *tls_trouble(const struct tls *t);

#endif
