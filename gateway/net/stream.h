/* stream.h -- one connected socket (TCP, unix, TLS over either): bytes in, bytes out, back-pressure both ways.
 *
 * Reading goes on until the socket came short; what the owner does not consume is kept and shown again with what
 * follows. Writing is tried at once; only what the socket does not take is queued. The queue is one buffer, so
 * that a head written into it and the body behind it leave in one call.
 *
 * A stream is a member of its owner and belongs to its loop's thread. It may be closed at any moment, also in its
 * own callbacks, and then no callback comes any more; but the owner's memory must stay until the callback has
 * returned (free it by loop_defer).
 *
 * Bytes meet the socket in two functions of stream.c (take, give); that is where TLS is. */
#ifndef NET_STREAM_H
#define NET_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/text.h"
#include "net/address.h"
#include "net/loop.h"
#include "net/tls.h"

/* What the streams of one loop share: the memory that is read into, and queues that are not in use. */
struct stream_kit;

/* New or NULL (no memory). */
struct stream_kit *stream_kit_new(struct loop *loop);
void stream_kit_free(struct stream_kit *kit);

/* Never called before the function that caused them returns; ended and broken at most once, hangup once for each
 * of its meanings. */
struct stream_events {
    /* After stream_connect: it is there. After stream_secure: so is TLS. A stream of stream_open alone never says so;
     * NULL where the owner does not want to know. */
    void (*connected)(void *arg);
    /* Bytes came. Returns how many were used; valid until it returns. The rest comes again in front of what follows. */
    size_t (*data)(void *arg, struct text bytes);
    /* The queue is empty again after stream_send said false. */
    void (*drained)(void *arg);
    /* The peer closed its side, or (gone) both sides. Comes early: bytes may still be unread, and while paused. */
    void (*hangup)(void *arg, bool gone);
    /* Every byte the peer sent was shown; there will be no more. */
    void (*ended)(void *arg);
    /* The connection failed (errno); close it. EPROTO: its TLS did, see stream_trouble. EPROTONOSUPPORT: a client
     * speaks something else than TLS; it may be told so, see stream_unsecure. */
    void (*broken)(void *arg, int error);
};

struct stream {
    struct watch watch; /* fd -1: closed */
    struct stream_kit *kit;
    const struct stream_events *events;
    void *arg;
    struct tls *tls;   /* NULL: the bytes go as they are */
    struct buffer in;  /* shown but not used */
    struct buffer out; /* not yet taken by the socket */
    struct deferred later;
    uint64_t sent; /* bytes that the socket took, ever */
    int failed;    /* errno that waits to be told */
    bool connecting;
    bool shaking;  /* TLS is being agreed on */
    bool agreed;   /* it was */
    bool held;     /* what is sent is queued, until TLS is agreed on */
    bool readable; /* the socket may have bytes (or its end) */
    bool writable;
    bool paused;
    bool again;   /* show `in` again */
    bool hung_up; /* hangup was said, */
    bool gone;    /* and that the peer is gone for good */
    bool ended;
    bool want_drain; /* drained is owed */
    bool shut;       /* shut down our side once the queue is empty */
    bool busy;       /* in the data callback: no reading inside reading */
};

/* Takes the connected, non-blocking fd. False: no memory or epoll failed; fd is closed. Reads at once, in the next
 * turn. */
bool stream_open(struct stream *s, struct stream_kit *kit, int fd, const struct stream_events *events, void *arg);

/* Begin to connect. 0, or an errno (nothing is open then). What is sent before `connected` is queued. */
int stream_connect(struct stream *s, struct stream_kit *kit, const struct address *to,
                   const struct stream_events *events, void *arg);

/* Speak TLS from now on, in the role of the context; what is sent meanwhile is queued. On a stream that was opened,
 * or one that says `connected`. False: no memory; close it. */
bool stream_secure(struct stream *s, struct tls_context *c, struct tls_sessions *sessions);

/* In `broken`, after EPROTONOSUPPORT: go on without TLS. */
void stream_unsecure(struct stream *s);

/* From the beginning of a connection on: queue what is sent, until TLS is agreed on (a proxy stands in between).
 * stream_say goes ahead of the queue; it is short, and for the empty socket of a new connection. 0, or an errno. */
void stream_hold(struct stream *s);
int stream_say(struct stream *s, struct text bytes);

/* Did the peer's bytes end without TLS's own end? Then they may be cut off. False where there is no TLS. */
bool stream_was_cut(const struct stream *s);

/* Has it TLS, agreed on or not? */
bool stream_is_secure(const struct stream *s);

/* Is its TLS, if it has one, agreed on? */
bool stream_is_agreed(const struct stream *s);

/* What went wrong in TLS, for a person; literal, NULL: nothing. */
const char *stream_trouble(const struct stream *s);

/* Accepts one that is closed or zeroed. */
void stream_close(struct stream *s);

/* Close so that the peer gets a reset at once (SO_LINGER 0). What it has not acknowledged yet is lost: see
 * stream_unsent. */
void stream_reset(struct stream *s);

/* How many bytes the peer has not acknowledged: those that are queued, and those that the kernel still holds. */
size_t stream_unsent(const struct stream *s);

bool stream_is_open(const struct stream *s);

/* Stop and continue `data`; continuing shows what was not used again, not before the caller returns. */
void stream_pause(struct stream *s);
void stream_resume(struct stream *s);

/* Append to this without calling the socket; it goes out with the next stream_send or stream_flush. */
struct buffer *stream_queue(struct stream *s);

#define STREAM_PARTS 6

/* Send the queue and then these parts (at most STREAM_PARTS). What is not taken is copied. False: more is queued
 * than LIMIT_STREAM_BUFFER; stop producing until `drained`. */
bool stream_send(struct stream *s, const struct text *parts, int count);
bool stream_flush(struct stream *s);

/* Take over what another stream, which never sent anything, has queued. Before anything is sent on this one. */
void stream_inherit(struct stream *s, struct stream *from);

/* Has all that was sent gone to the kernel, and has nothing come that was not used, not even in the socket? Asks the
 * kernel. */
bool stream_is_quiet(const struct stream *s);

/* Bytes queued. */
size_t stream_queued(const struct stream *s);

/* Say `drained` when the queue is empty; false, and nothing comes, when it is already. */
bool stream_want_drain(struct stream *s);

/* Send what is queued, then close our side; reading goes on. */
void stream_shutdown(struct stream *s);

#endif
