/* listener.h -- the sockets on which clients come in.
 *
 * A TCP address is opened once per worker with SO_REUSEPORT, so that the kernel spreads connections and workers
 * share nothing; a unix socket is one socket that all workers accept from. Opening happens before the workers
 * start; each worker then has an acceptor on its own loop. */
#ifndef NET_LISTENER_H
#define NET_LISTENER_H

#include "base/error.h"
#include "base/text.h"
#include "net/address.h"
#include "net/loop.h"
#include "net/tls.h"

struct listener;

/* Open `written` ("host:port", "[v6]:port", ":port", "unix:/path"; port 0 takes a free one) with a socket for each
 * of `workers`. tls: what its clients speak, or NULL (HTTP as it is); holds it. Blocks on names. New, or NULL with err;
 * an address in use by anybody is ERROR_ENVIRONMENT. A stale unix socket file is replaced, one that somebody answers on
 * is not. */
struct listener *listener_open(struct text written, uint32_t workers, struct tls_context *tls, struct error *err);

/* Clients that come from now on get this context, those that are here keep theirs. Holds it. Any thread. 0, or -1
 * where one has TLS and the other has not: then the listener must be opened anew. */
int listener_tls_swap(struct listener *l, struct tls_context *fresh);

/* The context for the next client, with a reference of its own for the caller; NULL: no TLS. Any thread. */
struct tls_context *listener_tls(struct listener *l);

/* Closes what was not taken over by acceptors; removes a unix socket's file. Accepts NULL. */
void listener_free(struct listener *l);

/* The real address ("http://127.0.0.1:34567", "https://127.0.0.1:34567", "unix:/run/x.sock"). Borrowed. */
const char *listener_url(const struct listener *l);

struct acceptor;

/* A client came. The callee takes fd (non-blocking, TCP_NODELAY). */
typedef void acceptor_fn(void *arg, int fd, const struct address *peer, struct listener *on);

/* Accept on the listener's socket for this worker (from 0), on the worker's own loop. New or NULL with err. */
struct acceptor *acceptor_new(struct listener *l, uint32_t worker, struct loop *loop, acceptor_fn *accepted, void *arg,
                              struct error *err);

/* Asked around each client, with the acceptor's argument. */
struct acceptor_guard {
    /* May one come in? False: none does until acceptor_resume. */
    bool (*enter)(void *arg);
    /* It may not, and there is one in the kernel's queue. */
    void (*waits)(void *arg);
    /* It may have, but none was there. */
    void (*leave)(void *arg);
    /* No descriptor or no memory is left (errno). True: take one client with the descriptor that was kept in reserve,
     * so that it can be told; it must be closed before the callback returns. False: they wait a moment. */
    bool (*exhausted)(void *arg, int error);
};
void acceptor_watch_over(struct acceptor *a, const struct acceptor_guard *guard);

/* Clients wait in the kernel's queue meanwhile. */
void acceptor_pause(struct acceptor *a);
void acceptor_resume(struct acceptor *a);

/* The listener that it accepts from. */
const struct listener *acceptor_listener(const struct acceptor *a);

/* Stop listening and free, but lose nobody: who was connected by the kernel is accepted first, whether it is paused
 * or not. */
void acceptor_finish(struct acceptor *a);

/* Stops listening: the kernel refuses from now on, once all acceptors are freed. Accepts NULL. */
void acceptor_free(struct acceptor *a);

#endif
