/* upstream.h -- requests to real services: resolved addresses, kept connections, one call per request.
 *
 * An upstream is where: addresses, resolved off the workers, then unchanging. A pool is one worker's connections
 * to one upstream. A call is one request and its response on one connection; many calls run side by side on one
 * loop.
 *
 * The owner writes the request's bytes (head and framed body); the response comes back parsed, its body in pieces
 * with the framing taken off. A pooled connection that turns out dead before the first response byte is replaced
 * once by a new one, when nothing had been sent or the request may be repeated (RFC 9110 9.2.2) and is still all
 * there. */
#ifndef NET_UPSTREAM_H
#define NET_UPSTREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "http/message.h"
#include "http/parse.h"
#include "net/address.h"
#include "net/stream.h"
#include "net/targets.h"

#define UPSTREAM_ADDRESSES TARGETS_MOST

/* What leads through an HTTP proxy, whose addresses the upstream then has. */
struct upstream_proxy {
    bool used;
    struct text connect; /* the CONNECT request (RFC 9110 9.3.6); empty: the proxy is asked for whole URIs. Borrowed */
};

struct upstream {
    struct address addresses[UPSTREAM_ADDRESSES]; /* tried in this order at first: targets.h */
    int count;
    struct upstream_proxy proxy;
    struct tls_context *tls; /* what it is spoken to with; NULL: HTTP as it is. Whoever has the upstream drops it */
};

/* Resolve a host and port, or take a unix socket's path (port 0). Blocks. 0 or -1 with err. */
int upstream_resolve(struct upstream *u, struct text host, uint16_t port, bool local, struct error *err);

/* ---- one worker's connections ---- */

struct pool;

/* Borrows the upstream and the kit; copies the addresses. At most `most` idle connections are kept, each for
 * idle_timeout. New or NULL (no memory). */
struct pool *
pool_new(struct stream_kit *kit, struct loop *loop, const struct upstream *u, uint32_t most, int64_t idle_timeout);

/* The upstream's name has other addresses now: new connections go there, idle ones to others are closed. */
void pool_readdress(struct pool *pool, const struct address *addresses, int count);

/* Closes idle connections. Every call must be over. Accepts NULL. */
void pool_free(struct pool *pool);

/* Idle connections now, and connections opened ever. */
uint32_t pool_idle(const struct pool *pool);
uint64_t pool_opened(const struct pool *pool);

/* ---- one request ---- */

/* F(NAME, id, status for the client, what happened) */
#define CALL_FAILURES(F)                                                                                               \
    F(CONNECT, "upstream-connect", 502, "no connection to the upstream")                                               \
    F(CONNECT_TIMEOUT, "upstream-connect-timeout", 504, "the upstream did not take the connection in time")            \
    F(TLS, "upstream-tls", 502, "no TLS with the upstream")                                                            \
    F(PROXY, "upstream-proxy", 502, "the HTTP proxy does not lead to the upstream")                                    \
    F(FIRST_BYTE_TIMEOUT, "upstream-timeout", 504, "the upstream did not answer in time")                              \
    F(IDLE_TIMEOUT, "upstream-idle", 504, "the upstream stopped in the middle of its answer")                          \
    F(CLOSED, "upstream-closed", 502, "the upstream closed the connection before its answer was complete")             \
    F(MALFORMED, "upstream-malformed", 502, "the upstream's answer is no HTTP/1.1")                                    \
    F(MEMORY, "memory", 503, "no memory is left for this exchange")

enum call_failure {
#define F(name, id, status, what) CALL_##name,
    CALL_FAILURES(F)
#undef F
        CALL_FAILURES_COUNT
};

const char *call_failure_id(enum call_failure failure);
uint16_t call_failure_status(enum call_failure failure);
const char *call_failure_what(enum call_failure failure);

struct call;

/* None of them comes before call_start returns. `done` and `failed` end the call: exactly one of them comes, once,
 * unless it is cancelled. */
struct call_events {
    /* A new connection is there; not called for a pooled one. */
    void (*connected)(void *arg);
    /* An informational response other than 100 and 101; valid until it returns. */
    void (*interim)(void *arg, const struct message *m);
    /* 100 Continue came: the body may follow. At most once. */
    void (*go_on)(void *arg);
    /* The head is complete, in the message given to call_start. */
    void (*head)(void *arg);
    /* A piece of content. kept: it lives in the call's arena; otherwise until it returns. */
    void (*body)(void *arg, struct text piece, bool kept);
    /* What was read from the socket at once is used up: send what was put together. */
    void (*pause)(void *arg);
    void (*done)(void *arg);
    void (*failed)(void *arg, enum call_failure failure, const struct parse_fault *fault);
    /* The upstream took everything after call_send said false, or call_want_drain true. */
    void (*drained)(void *arg);
    /* Of a tunnel: the upstream sends no more, but may still read. NULL without `upgrade`. */
    void (*ended)(void *arg);
};

struct call_request {
    struct text head; /* request line, fields and the empty line; must stay until the call is over */
    struct text line; /* the body, with what frames it before and behind; likewise. May be empty, each of them */
    struct text body;
    struct text tail;
    bool more;       /* more of the body follows by call_send, up to call_send_end */
    bool last;       /* the connection is not kept */
    bool repeatable; /* an idempotent method (RFC 9110 9.2.2) */
    bool upgrade;    /* 101 is an answer: then the call is a tunnel, see below */
    struct text method;
    struct arena *arena; /* for the response head */
    struct message *response;
    int64_t connect_timeout;
    int64_t first_byte_timeout;
    int64_t idle_timeout;
};

struct link;

struct call {
    struct pool *pool;
    struct link *link; /* NULL: over, or not begun */
    struct call_request request;
    const struct call_events *events;
    void *arg;
    struct body_reader reader;
    char *raw; /* the bytes of the head so far, in the arena */
    size_t raw_length;
    size_t seen;
    uint64_t sent_before;     /* bytes that the connection had sent for others */
    int target;               /* which is being tried */
    uint32_t tried;           /* bits of those that were, */
    uint32_t version;         /* of the pool's targets then */
    uint32_t attempts;        /* connections that did not come about */
    int64_t connect_by;       /* when connecting must be done with */
    char where[ADDRESS_TEXT]; /* the last address, once its connection is gone */
    uint32_t interims;        /* informational responses so far */
    bool reused;              /* the connection came from the pool */
    bool retried;
    bool streamed; /* bytes that we no longer have were sent */
    bool sent;     /* the whole request was handed to the stream */
    bool got_byte;
    bool got_head;
    bool tunnel;
    bool paused;
    enum call_failure failure; /* that waits to be told */
    const char *why;           /* more about it, literal or in the arena, or NULL */
    struct deferred fail;
};

/* Begin. True: a pooled connection was taken. A failure is told later by `failed`. */
bool call_start(struct call *call, struct pool *pool, const struct call_request *request,
                const struct call_events *events, void *arg);

/* More bytes of the body, framed. False: enough for now, `drained` will say when to go on. */
bool call_send(struct call *call, const struct text *parts, int count);
void call_send_end(struct call *call);

/* The same without calling the socket: it goes out with the next call_send, which may be one of nothing. */
void call_put(struct call *call, const struct text *parts, int count);

/* Stop and continue `body`. */
void call_pause(struct call *call);
void call_resume(struct call *call);

/* ---- a tunnel: after a 101 that was asked for ----
 *
 * Whatever the upstream sends is `body`, whatever is sent goes on by call_send, and no deadline of the call runs any
 * more. `ended` says that the upstream closed its side; `done` never comes: the owner ends it by call_cancel. */

/* Close our side once what is queued was sent; the upstream may still send. */
void call_shutdown(struct call *call);

/* Say `drained` when the upstream took everything; false, and nothing comes, when it has already. */
bool call_want_drain(struct call *call);

/* Give it up at any moment: the connection is closed, no callback comes. Nothing happens when it is over. */
void call_cancel(struct call *call);

/* Is there something to cancel? */
bool call_is_running(const struct call *call);

/* More about the failure that was told ("certificate has expired"); literal or in the call's arena, NULL: nothing is
 * known. */
const char *call_why(const struct call *call);

/* Which address was tried last ("127.0.0.1:8000"). Borrowed from the call or
 * its connection. */
const char *call_address(const struct call *call);

#endif
