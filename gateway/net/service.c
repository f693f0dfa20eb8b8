/* service.c -- libmicrohttpd, one epoll thread per server: a request is collected whole, handed to the handler, there
 * or apart, and answered. What is answered later (service_later.c) and streams (service_stream.c) are apart. */
#include "net/service_internal.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/limits.h"
#include "http/problem.h"

#define SERVICE_ARENA (256 * LIMIT_MIB)
#define SERVICE_POOL  (64 * LIMIT_KIB) /* of a connection: the ceiling of its header block */
#define SERVICE_SPARE 64u              /* connections below the ceiling, from which on crowd_make_room makes room */
#define SERVICE_IDLE  60u              /* seconds */

void
service_answer_header(struct service_answer *answer, struct text name, struct text value)
{
    if (answer->header_count < SERVICE_HEADERS)
        answer->headers[answer->header_count++] = (struct header){ .name = name, .value = value };
}

/* ---- connections ---- */

static void
on_connection(void *arg, struct MHD_Connection *connection, void **state, enum MHD_ConnectionNotificationCode what)
{
    struct service_server *server = arg;
    struct crowd_peer *peer = *state;

    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        if (peer != NULL)
            crowd_remove(&server->crowd, peer);
        free(peer);
        *state = NULL;
        return;
    }
    if (server->crowd.count + SERVICE_SPARE >= server->options.connections && server->options.make_room)
        crowd_make_room(&server->crowd);
    *state = peer = calloc(1, sizeof(*peer));
    if (peer == NULL)
        return;
    peer->fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    crowd_add(&server->crowd, peer);
}

static void
peer_served(struct service_server *server, struct MHD_Connection *connection, bool busy)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct crowd_peer *peer = info != NULL ? info->socket_context : NULL;

    if (peer != NULL)
        crowd_served(&server->crowd, peer, busy);
}

/* ---- requests ---- */

/* The first callback of a request, with the raw request line's target. What it returns is the request's own pointer
 * from then on. */
static void *
on_target(void *arg, const char *uri, struct MHD_Connection *connection)
{
    struct service_server *server = arg;
    struct service_call *call = calloc(1, sizeof(*call));

    (void)connection;
    if (call == NULL)
        return NULL;
    call->server = server;
    call->arena = arena_new(0, SERVICE_ARENA);
    buffer_init(&call->body, server->options.max_body);
    if (call->arena != NULL)
        call->target = arena_text(call->arena, text_of(uri));
    return call;
}

static void
on_completed(void *arg, struct MHD_Connection *connection, void **state, enum MHD_RequestTerminationCode why)
{
    struct service_call *call = *state;

    (void)why;
    peer_served(arg, connection, false);
    if (call == NULL)
        return;
    service_apart_join(call);
    if (call->answer.stream != NULL) /* made, but the client left before it could begin */
        service_stream_abandon(call->answer.stream);
    buffer_release(&call->answer.body);
    buffer_release(&call->body);
    arena_free(call->arena);
    free(call);
    *state = NULL;
}

struct header_list {
    struct header *list;
    uint32_t count, capacity;
};

static enum MHD_Result
on_header(void *arg, enum MHD_ValueKind kind, const char *name, const char *value)
{
    struct header_list *headers = arg;
    struct header *h;

    (void)kind;
    if (headers->count == headers->capacity)
        return MHD_NO;
    h = &headers->list[headers->count++];
    h->name = text_of(name);
    h->value = text_of(value);
    h->id = (uint8_t)header_id_of(h->name);
    return MHD_YES;
}

/* The path and query of a target, also of one in absolute form (RFC 9112 3.2.2). */
static struct text
below_authority(struct text target)
{
    size_t scheme = text_search(target, TEXT("://"));
    struct text rest;

    if (target.length == 0 || target.data[0] == '/' || scheme == target.length)
        return target;
    rest = text_from(target, scheme + 3);
    rest = text_from(rest, text_find(rest, '/'));
    return rest.length > 0 ? rest : TEXT("/");
}

/* The request as our own message; the header texts stay valid as long as the connection's pool, which outlives the
 * handler. */
static bool
fill_message(struct service_call *call, struct MHD_Connection *connection, const char *method, struct message *m)
{
    struct header_list headers = { .list = NULL };
    struct text target = below_authority(call->target);
    size_t question = text_find(target, '?');
    int count = MHD_get_connection_values(connection, MHD_HEADER_KIND, NULL, NULL);

    headers.capacity = count > 0 ? (uint32_t)count : 0;
    headers.list = ARENA_ARRAY(call->arena, struct header, headers.capacity);
    if (headers.list == NULL)
        return false;
    MHD_get_connection_values(connection, MHD_HEADER_KIND, on_header, &headers);
    *m = (struct message){ .is_request = true, .minor = 1, .method = text_of(method), .target = call->target };
    m->path = text_slice(target, 0, question);
    m->query = text_from(target, question + 1);
    m->has_query = question < target.length;
    m->headers = headers.list;
    m->header_count = headers.count;
    m->body = buffer_text(&call->body);
    m->body_bytes = m->body.length;
    m->body_state = m->body.length > 0 ? BODY_WHOLE : BODY_NONE;
    m->authority = message_value(m, HEADER_HOST);
    return true;
}

/* Of an answer to HEAD: nobody asks for its bytes. */
static ssize_t
on_no_body(void *arg, uint64_t position, char *room, size_t size)
{
    (void)arg;
    (void)position;
    (void)room;
    (void)size;
    return MHD_CONTENT_READER_END_WITH_ERROR;
}

/* libmicrohttpd copies a body; a stream it asks for as it goes. */
static struct MHD_Response *
response_of(struct MHD_Connection *connection, const struct service_call *call, struct service_answer *answer)
{
    struct text body = buffer_text(&answer->body);
    struct service_stream *stream = answer->stream;

    answer->stream = NULL;
    if (stream != NULL)
        return service_stream_response(stream, connection);
    if (answer->head_length > 0 && text_equal(call->request.message.method, TEXT("HEAD")))
        return MHD_create_response_from_callback(answer->head_length, 1024, on_no_body, NULL, NULL);
    return MHD_create_response_from_buffer(body.length, (void *)(uintptr_t)body.data, MHD_RESPMEM_MUST_COPY);
}

/* Hand the answer over; the fields are copied. */
static enum MHD_Result
queue_answer(struct MHD_Connection *connection, struct service_call *call, struct service_answer *answer)
{
    struct MHD_Response *response = response_of(connection, call, answer);
    enum MHD_Result result;

    if (response == NULL)
        return MHD_NO;
    for (uint32_t i = 0; i < answer->header_count; i++) {
        struct text name = arena_text(call->arena, answer->headers[i].name);
        struct text value = arena_text(call->arena, answer->headers[i].value);

        /* refuses Content-Length, empty values, CR and LF: fields that we do not send */
        if (name.data != NULL && value.data != NULL)
            (void)MHD_add_response_header(response, name.data, value.data);
    }
    result = MHD_queue_response(connection, answer->status, response);
    MHD_destroy_response(response);
    return result;
}

void
service_refuse(struct service_answer *answer, uint16_t status, struct text detail)
{
    const struct problem problem = { .status = status, .detail = detail };

    answer->status = status;
    service_answer_header(answer, TEXT("Content-Type"), TEXT("application/problem+json"));
    service_answer_header(answer, TEXT("X-Content-Type-Options"), TEXT("nosniff"));
    service_answer_header(answer, TEXT("Cache-Control"), TEXT("no-store"));
    problem_write(&answer->body, &problem);
}

/* The request is here as a whole: what becomes of it? */
static void
handle_request(struct MHD_Connection *connection, struct service_call *call, const char *method)
{
    const struct service_options *o = &call->server->options;

    call->handled = true;
    call->request.arena = call->arena;
    call->later = (struct service_later){ .server = call->server, .connection = connection };
    call->answer.status = 200;
    call->answer.server = call->server;
    call->answer.later = &call->later;
    buffer_init(&call->answer.body, LIMIT_FILE_BYTES);
    peer_served(call->server, connection, true);
    if (call->too_large)
        service_refuse(&call->answer, 413, TEXT("the body is larger than this server takes"));
    else if (!fill_message(call, connection, method, &call->request.message))
        service_refuse(&call->answer, 503, TEXT("no memory"));
    else if (o->apart != NULL && o->apart(o->arg, &call->request))
        service_apart_begin(call);
    else
        o->handler(o->arg, &call->request, &call->answer);
}

/* Called once more for an answer that came later, when it is there. */
static enum MHD_Result
answer_request(struct MHD_Connection *connection, struct service_call *call, const char *method)
{
    bool again = call->handled;

    if (!again)
        handle_request(connection, call, method);
    if (!again && call->later.taken)
        return MHD_YES;
    service_apart_join(call);
    return queue_answer(connection, call, &call->answer);
}

/* Called once for the head, once per piece of the body, and once with an empty piece at the end. */
static enum MHD_Result
on_request(void *arg, struct MHD_Connection *connection, const char *url, const char *method, const char *version,
           const char *data, size_t *size, void **state)
{
    struct service_call *call = *state;

    (void)arg;
    (void)url;
    (void)version;
    if (call == NULL || call->arena == NULL || call->target.data == NULL)
        return MHD_NO;
    if (!call->began) {
        call->began = true;
        return MHD_YES;
    }
    if (*size > 0) {
        buffer_add(&call->body, text_make(data, *size));
        call->too_large = call->too_large || buffer_failed(&call->body);
        *size = 0;
        return MHD_YES;
    }
    return answer_request(connection, call, method);
}

/* A listening socket of our own, because libmicrohttpd's messages on a port in use go to standard error and its errno
 * is lost. *at becomes where it really listens. */
static int
listen_at(const char *written, struct address *at, struct error *err)
{
    struct text host;
    uint16_t port;
    int fd, on = 1;

    if (!address_split(text_of(written), &host, &port))
        return error_set(err, ERROR_CONFIG, written, "this is no address to listen on; write host:port");
    if (address_resolve(host, port, at, 1, err) < 0)
        return -1;
    fd = socket(at->as.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return error_system(err, errno, written, "cannot open a socket");
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(fd, &at->as.any, at->length) < 0 || listen(fd, SOMAXCONN) < 0) {
        int cause = errno;

        (void)close(fd);
        return address_refused(err, cause, written);
    }
    at->length = sizeof(at->as);
    (void)getsockname(fd, &at->as.any, &at->length);
    return fd;
}

struct service_server *
service_start(const struct service_options *options, struct error *err)
{
    struct service_server *server = calloc(1, sizeof(*server));
    int fd;

    if (server == NULL) {
        error_memory(err);
        return NULL;
    }
    server->options = *options;
    if (options->connections == 0)
        server->options.connections = LIMIT_SERVICE_CONNECTIONS;
    if (options->later == 0)
        server->options.later = LIMIT_SERVICE_LATER;
    (void)pthread_mutex_init(&server->lock, NULL);
    (void)pthread_cond_init(&server->given, NULL);
    fd = listen_at(options->address, &server->at, err);
    if (fd < 0)
        goto fail;
    /* Not MHD_USE_EPOLL: under load 0.9.75 sleeps beside requests that it has not read, until all of them time out. */
    server->daemon = MHD_start_daemon(
        MHD_USE_POLL | MHD_USE_INTERNAL_POLLING_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_request, server,
        MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_MEMORY_LIMIT, SERVICE_POOL, MHD_OPTION_CONNECTION_LIMIT,
        server->options.connections, MHD_OPTION_CONNECTION_TIMEOUT, SERVICE_IDLE, MHD_OPTION_URI_LOG_CALLBACK,
        on_target, server, MHD_OPTION_NOTIFY_COMPLETED, on_completed, server, MHD_OPTION_NOTIFY_CONNECTION,
        on_connection, server, MHD_OPTION_END);
    if (server->daemon == NULL) {
        (void)close(fd);
        error_set(err, ERROR_ENVIRONMENT, options->address, "cannot start the server");
        goto fail;
    }
    return server;

fail:
    (void)pthread_cond_destroy(&server->given);
    (void)pthread_mutex_destroy(&server->lock);
    free(server);
    return NULL;
}

uint16_t
service_port(const struct service_server *server)
{
    return address_port(&server->at);
}

void
service_url(const struct service_server *server, char *out, size_t size)
{
    struct address at = server->at;
    char written[ADDRESS_TEXT];

    if (at.as.any.sa_family == AF_INET && at.as.v4.sin_addr.s_addr == htonl(INADDR_ANY))
        at.as.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    else if (at.as.any.sa_family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&at.as.v6.sin6_addr))
        at.as.v6.sin6_addr = in6addr_loopback;
    (void)address_print(&at, written);
    (void)snprintf(out, size, "http://%s", written);
}

bool
service_is_stopping(struct service_server *server)
{
    bool stopping;

    (void)pthread_mutex_lock(&server->lock);
    stopping = server->stopping;
    (void)pthread_mutex_unlock(&server->lock);
    return stopping;
}

void
service_stop(struct service_server *server)
{
    if (server == NULL)
        return;
    (void)pthread_mutex_lock(&server->lock);
    server->stopping = true;
    (void)pthread_mutex_unlock(&server->lock);
    service_streams_end(server);
    service_later_await(server);
    MHD_stop_daemon(server->daemon); /* closes the socket, ends the thread */
    (void)pthread_cond_destroy(&server->given);
    (void)pthread_mutex_destroy(&server->lock);
    free(server);
}
