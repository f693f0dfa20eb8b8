/* service.h -- the HTTP servers that Plumbline itself is (admin, sandbox): libmicrohttpd behind one door.
 *
 * Not for traffic that passes through: that is listener.h and upstream.h. A server runs one thread of its own; the
 * handler is called on it, once per request with the whole body, and gives the whole answer, or opens a stream that
 * another thread fills. What takes its time (it reads files, it waits) is done apart, on a thread of its own, while the
 * server's goes on with the others. */
#ifndef NET_SERVICE_H
#define NET_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/text.h"
#include "http/message.h"

struct service_later;
struct service_server;
struct service_stream;

struct service_request {
    struct message message; /* method, raw target, path, query, headers, body; valid until the handler returns */
    struct arena *arena;    /* for the handler; freed after the answer was given */
};

#define SERVICE_HEADERS 256 /* more than a message may have (LIMIT_HEADER_FIELDS) */

/* Filled in by the handler; starts as status 200, no headers, an empty body. */
struct service_answer {
    uint16_t status;
    struct buffer body;                     /* initialised; released by the server */
    struct header headers[SERVICE_HEADERS]; /* names and values are copied after the handler has returned */
    uint32_t header_count;
    uint64_t head_length;          /* to HEAD: the length that is told of a body that is not sent; 0: the body's */
    struct service_server *server; /* the server's own, like what follows */
    struct service_stream *stream;
    struct service_later *later;
};

/* One more field; left out above SERVICE_HEADERS. Content-Length, empty values and values with CR or LF are not
 * sent. */
void service_answer_header(struct service_answer *answer, struct text name, struct text value);

/* Handler: no body, but a stream that stays open until service_stream_close; at most `most` bytes wait in it. The
 * caller's, who may hand it to another thread. NULL: no memory. */
struct service_stream *service_answer_stream(struct service_answer *answer, size_t most);

/* Any thread. False: nothing was taken, because there is no room now, or because the client left. */
bool service_stream_send(struct service_stream *stream, struct text bytes);

/* Any thread: has the client left, or does the server stop? */
bool service_stream_is_over(struct service_stream *stream);

/* Any thread, once: what waits is still sent, then the answer ends. Accepts NULL. */
void service_stream_close(struct service_stream *stream);

/* Handler: the answer comes later, from any thread; the connection sleeps meanwhile, and others are served. Request,
 * arena and answer stay valid, and are the caller's alone, until it gives the answer; a client that leaves changes
 * nothing about that. Within the handler, once. NULL: too many wait already (options.later), the server stops,
 * or the handler runs apart, where it may wait itself; then it answers itself. */
struct service_later *service_answer_later(struct service_answer *answer);

/* Any thread, once, also before the handler has returned: the answer is filled in. */
void service_later_give(struct service_later *later);

typedef void service_handler_fn(void *arg, const struct service_request *request, struct service_answer *answer);

typedef bool service_apart_fn(void *arg, const struct service_request *request);

struct service_options {
    const char *address;  /* "127.0.0.1:9901", "[::1]:0", "unix:/path" is not supported */
    size_t max_body;      /* a larger one is answered 413 problem+json */
    uint32_t later;       /* requests whose answers come later, at a time; 0: LIMIT_SERVICE_LATER */
    uint32_t connections; /* at a time; one more waits to be taken. 0: LIMIT_SERVICE_CONNECTIONS */
    bool make_room;       /* for strangers: nearly full of connections, the one that was idle longest is closed */
    service_handler_fn *handler;
    service_apart_fn *apart; /* is this one handled apart? A few at once; one more is answered 503. NULL: none is */
    void *arg;
};

/* Listen and serve. New, or NULL with err (port in use: ERROR_ENVIRONMENT). */
struct service_server *service_start(const struct service_options *options, struct error *err);

/* The port that it listens on (also where 0 was asked for). */
uint16_t service_port(const struct service_server *server);

/* "http://127.0.0.1:9901", as clients of this machine can use it. */
void service_url(const struct service_server *server, char *out, size_t size);

/* Finish what is inside, then stop and free. Waits until every answer that comes later was given: whoever owes one must
 * not wait for service_stop. Accepts NULL. */
void service_stop(struct service_server *server);

#endif
