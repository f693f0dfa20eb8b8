/* service_stream.c -- an answer that stays open, and that any thread fills. libmicrohttpd asks for its bytes; while
 * there are none, its connection is suspended. */
#include "net/service_internal.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/limits.h"

#define SERVICE_BLOCK (16 * LIMIT_KIB) /* asked for at once */

/* It has two owners, the response and whoever fills it; the last one frees it. */
struct service_stream {
    struct service_server *server;
    struct service_stream *previous, *next; /* under the server's lock */
    pthread_mutex_t lock;                   /* of what follows; taken after the server's */
    struct buffer queue;
    struct MHD_Connection *connection; /* NULL: gone, or not there yet */
    bool suspended;                    /* the connection, until there is something to send */
    bool closed;
    unsigned owners;
};

static void
stream_drop(struct service_stream *s)
{
    bool last;

    (void)pthread_mutex_lock(&s->lock);
    last = --s->owners == 0;
    (void)pthread_mutex_unlock(&s->lock);
    if (!last)
        return;
    buffer_release(&s->queue);
    (void)pthread_mutex_destroy(&s->lock);
    free(s);
}

/* Under the stream's lock. */
static void
stream_resume(struct service_stream *s)
{
    if (!s->suspended || s->connection == NULL)
        return;
    s->suspended = false;
    MHD_resume_connection(s->connection);
}

void
service_stream_abandon(struct service_stream *s)
{
    struct service_server *server = s->server;

    (void)pthread_mutex_lock(&server->lock);
    *(s->previous != NULL ? &s->previous->next : &server->streams) = s->next;
    if (s->next != NULL)
        s->next->previous = s->previous;
    (void)pthread_mutex_unlock(&server->lock);
    (void)pthread_mutex_lock(&s->lock);
    s->connection = NULL;
    s->closed = true;
    (void)pthread_mutex_unlock(&s->lock);
    stream_drop(s);
}

/* The response is no longer needed: it was sent, or its client left. */
static void
on_stream_gone(void *arg)
{
    service_stream_abandon(arg);
}

/* A reader that gave nothing without suspending the connection would be asked again at once, for ever. */
static ssize_t
on_stream_read(void *arg, uint64_t place, char *out, size_t size)
{
    struct service_stream *s = arg;
    bool stopping = service_is_stopping(s->server);
    struct text waiting;
    ssize_t given = 0;

    (void)place;
    (void)pthread_mutex_lock(&s->lock);
    waiting = text_slice(buffer_text(&s->queue), 0, size);
    if (waiting.length > 0) {
        memcpy(out, waiting.data, waiting.length);
        buffer_consume(&s->queue, waiting.length);
        given = (ssize_t)waiting.length;
    } else if (s->closed || stopping) {
        given = MHD_CONTENT_READER_END_OF_STREAM;
    } else {
        s->suspended = true;
        MHD_suspend_connection(s->connection);
    }
    (void)pthread_mutex_unlock(&s->lock);
    return given;
}

struct service_stream *
service_answer_stream(struct service_answer *answer, size_t most)
{
    struct service_stream *s = calloc(1, sizeof(*s));
    struct service_server *server = answer->server;

    if (s == NULL)
        return NULL;
    s->server = server;
    s->owners = 2;
    buffer_init(&s->queue, most);
    (void)pthread_mutex_init(&s->lock, NULL);
    (void)pthread_mutex_lock(&server->lock);
    s->next = server->streams;
    if (s->next != NULL)
        s->next->previous = s;
    server->streams = s;
    (void)pthread_mutex_unlock(&server->lock);
    answer->stream = s;
    return s;
}

struct MHD_Response *
service_stream_response(struct service_stream *s, struct MHD_Connection *connection)
{
    struct MHD_Response *response;

    s->connection = connection; /* nobody resumes it before it was suspended */
    response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, SERVICE_BLOCK, on_stream_read, s, on_stream_gone);
    if (response == NULL)
        service_stream_abandon(s);
    return response;
}

bool
service_stream_send(struct service_stream *s, struct text bytes)
{
    bool taken;

    (void)pthread_mutex_lock(&s->lock);
    buffer_add(&s->queue, bytes);
    taken = !s->closed && !buffer_failed(&s->queue);
    s->queue.failed = false; /* what was in it before is still to be sent */
    if (taken)
        stream_resume(s);
    (void)pthread_mutex_unlock(&s->lock);
    return taken;
}

/* Under the stream's lock, of a connection that is suspended: libmicrohttpd does not look at it, nor close it. */
static bool
has_left(const struct service_stream *s)
{
    int fd = MHD_get_connection_info(s->connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    char byte;
    ssize_t got = recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

    return got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

bool
service_stream_is_over(struct service_stream *s)
{
    bool over;

    (void)pthread_mutex_lock(&s->lock);
    over = s->closed || (s->suspended && has_left(s));
    (void)pthread_mutex_unlock(&s->lock);
    return over;
}

void
service_stream_close(struct service_stream *s)
{
    if (s == NULL)
        return;
    (void)pthread_mutex_lock(&s->lock);
    s->closed = true;
    stream_resume(s);
    (void)pthread_mutex_unlock(&s->lock);
    stream_drop(s);
}

void
service_streams_end(struct service_server *server)
{
    (void)pthread_mutex_lock(&server->lock);
    for (struct service_stream *s = server->streams; s != NULL; s = s->next) {
        (void)pthread_mutex_lock(&s->lock);
        s->closed = true;
        stream_resume(s);
        (void)pthread_mutex_unlock(&s->lock);
    }
    (void)pthread_mutex_unlock(&server->lock);
}
