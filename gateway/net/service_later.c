/* service_later.c -- answers that are not there when the handler returns: they are given by another thread, or the
 * whole handler runs on a thread of its own. The connection is suspended meanwhile; when it is resumed, libmicrohttpd
 * calls on_request (service.c) once more, which then hands the answer over. */
#include "net/service_internal.h"

#include <microhttpd.h>

#include "base/limits.h"

#define SERVICE_APART 4u /* requests that are handled on threads of their own at a time */

/* One more, unless `most` are there already. A server that stops takes none. */
static bool
count_up(struct service_server *server, uint32_t *count, uint32_t most)
{
    bool room;

    (void)pthread_mutex_lock(&server->lock);
    room = *count < most && !server->stopping;
    *count += room ? 1 : 0;
    (void)pthread_mutex_unlock(&server->lock);
    return room;
}

static void
count_down(struct service_server *server, uint32_t *count)
{
    (void)pthread_mutex_lock(&server->lock);
    --*count;
    (void)pthread_cond_signal(&server->given);
    (void)pthread_mutex_unlock(&server->lock);
}

/* An answer that is made without a server (sandbox/answer.c) has no `later`; one that is handled apart has taken it. */
struct service_later *
service_answer_later(struct service_answer *answer)
{
    struct service_later *later = answer->later;

    if (later == NULL || later->taken || !count_up(later->server, &later->server->later, later->server->options.later))
        return NULL;
    later->taken = true;
    MHD_suspend_connection(later->connection); /* here, so that it may be given before the handler returns */
    return later;
}

/* Awake, the connection may be answered, and the call freed, before this returns. The server is still there: it waits
 * for the count. */
void
service_later_give(struct service_later *later)
{
    struct service_server *server = later->server;

    MHD_resume_connection(later->connection);
    count_down(server, &server->later);
}

void
service_later_await(struct service_server *server)
{
    (void)pthread_mutex_lock(&server->lock);
    while (server->later > 0)
        (void)pthread_cond_wait(&server->given, &server->lock);
    (void)pthread_mutex_unlock(&server->lock);
}

/* ---- apart ---- */

static void *
run_apart(void *arg)
{
    struct service_call *call = arg;
    struct service_server *server = call->server;

    server->options.handler(server->options.arg, &call->request, &call->answer);
    count_down(server, &server->apart);
    service_later_give(&call->later); /* whoever takes the call then joins this thread before he looks */
    return NULL;
}

static void
refuse_apart(struct service_call *call)
{
    service_answer_header(&call->answer, TEXT("Retry-After"), TEXT("1"));
    service_refuse(&call->answer, 503, TEXT("too much is asked at once of what takes its time: come again later"));
}

void
service_apart_begin(struct service_call *call)
{
    struct service_server *server = call->server;

    if (!count_up(server, &server->apart, SERVICE_APART)) {
        refuse_apart(call);
        return;
    }
    if (service_answer_later(&call->answer) != NULL) {
        call->apart = pthread_create(&call->thread, NULL, run_apart, call) == 0;
        if (call->apart)
            return;
        refuse_apart(call);
        service_later_give(&call->later);
    } else {
        refuse_apart(call);
    }
    count_down(server, &server->apart);
}

void
service_apart_join(struct service_call *call)
{
    if (call->apart)
        (void)pthread_join(call->thread, NULL);
    call->apart = false;
}
