/* service_internal.h -- what the files of net/service share: a server, one request on its way in, what is still open.
 */
#ifndef NET_SERVICE_INTERNAL_H
#define NET_SERVICE_INTERNAL_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "net/address.h"
#include "net/crowd.h"
#include "net/service.h"

struct MHD_Connection;
struct MHD_Daemon;
struct MHD_Response;

struct service_server {
    struct service_options options;
    struct MHD_Daemon *daemon;
    struct address at;
    struct crowd crowd; /* its thread's */

    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t given; /* `later` has become less */
    struct service_stream *streams;
    uint32_t later; /* requests whose connections sleep until their answers are given */
    uint32_t apart; /* those of them that are handled on threads of their own */
    bool stopping;
};

/* Part of a call. */
struct service_later {
    struct service_server *server;
    struct MHD_Connection *connection;
    bool taken; /* the server's thread's: the handler has asked for it */
};

/* One request on its way in. */
struct service_call {
    struct service_server *server;
    struct arena *arena;
    struct text target; /* raw: libmicrohttpd hands the handler a decoded copy that ends at %00 */
    struct buffer body;
    struct service_request request;
    struct service_answer answer;
    struct service_later later;
    pthread_t thread; /* that handles it apart */
    bool began, too_large;
    bool handled; /* the answer is there, or comes later */
    bool apart;   /* there is such a thread */
};

/* Does service_stop run? */
bool service_is_stopping(struct service_server *server);

/* Make *answer a problem of this status. */
void service_refuse(struct service_answer *answer, uint16_t status, struct text detail);

/* ---- service_later.c ---- */

/* Call the handler on a thread of its own. It was answered at once where there is no room for one more: then
 * call->later.taken is false. */
void service_apart_begin(struct service_call *call);

/* Server's thread: the thread that handled it has nothing to do with the call any more. */
void service_apart_join(struct service_call *call);

/* Wait until every answer that comes later was given: libmicrohttpd must not be stopped while a connection sleeps. */
void service_later_await(struct service_server *server);

/* ---- service_stream.c ---- */

/* The stream as the body of a response. New, or NULL (no memory); takes the response's share of the stream. */
struct MHD_Response *service_stream_response(struct service_stream *stream, struct MHD_Connection *connection);

/* The response's share is given back: no client will read it. */
void service_stream_abandon(struct service_stream *stream);

/* What waits in them is still sent, then they end. Nobody sleeps any more. */
void service_streams_end(struct service_server *server);

#endif
