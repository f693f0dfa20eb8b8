/* listener.c -- sockets that listen, and accepting from them. */
#include "net/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#define ACCEPT_ROUNDS 64                 /* then the connections have their turn */
#define ACCEPT_AGAIN  (100 * LOOP_MILLI) /* after running out of descriptors */
#define BACKLOG       4096

struct listener {
    pthread_mutex_t lock; /* around the pointer: taking it and its reference must be one step */
    struct tls_context *tls;
    bool secure; /* there is one, always */
    bool local;
    char path[sizeof(struct sockaddr_un)];
    char url[ADDRESS_TEXT + 8];
    uint32_t count;
    int sockets[]; /* one per worker; a unix socket is [0] for all */
};

struct acceptor {
    struct loop *loop;
    struct listener *listener;
    struct watch watch;
    struct timer again;
    struct deferred later;
    acceptor_fn *accepted;
    void *arg;
    const struct acceptor_guard *guard; /* NULL: everybody comes in */
    int reserve;                        /* a descriptor to give up when there is no other */
    bool paused;
    bool full; /* the guard let nobody in */
};

/* ---- opening ---- */

static int
open_socket(const struct address *at, bool shared, struct error *err, const char *where)
{
    int family = at->as.any.sa_family, on = 1;
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return error_system(err, errno, where, "cannot open a socket");
    if (family != AF_UNIX) {
        (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        if (shared)
            (void)setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* inherited by what it accepts */
    }
    if (bind(fd, &at->as.any, at->length) < 0) {
        address_refused(err, errno, where);
        (void)close(fd);
        return -1;
    }
    return fd;
}

static int
start_listening(int fd, struct error *err, const char *where)
{
    if (listen(fd, BACKLOG) == 0)
        return 0;
    return address_refused(err, errno, where);
}

/* With SO_REUSEPORT a second Plumbline would silently take half of the connections of the first. So the address is
 * asked for without it first, and must be free. */
static int
open_tcp(struct listener *l, uint32_t workers, struct address *at, const char *where, struct error *err)
{
    int probe = open_socket(at, false, err, where);
    socklen_t length = sizeof at->as;

    if (probe < 0)
        return -1;
    if (getsockname(probe, &at->as.any, &length) == 0)
        at->length = length;
    if (start_listening(probe, err, where) < 0) {
        (void)close(probe);
        return -1;
    }
    (void)close(probe);
    for (; l->count < workers; l->count++) {
        l->sockets[l->count] = open_socket(at, true, err, where);
        if (l->sockets[l->count] < 0)
            return -1;
    }
    for (uint32_t i = 0; i < l->count; i++) {
        if (start_listening(l->sockets[i], err, where) < 0)
            return -1;
    }
    return 0;
}

/* A socket file that nobody answers on was left behind by a crash. */
static bool
is_stale(const struct address *at)
{
    struct stat about;
    int fd, code;

    if (lstat(at->as.local.sun_path, &about) < 0 || !S_ISSOCK(about.st_mode))
        return false;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    code = connect(fd, &at->as.any, at->length) == 0 ? 0 : errno;
    (void)close(fd);
    return code == ECONNREFUSED;
}

static int
open_local(struct listener *l, struct address *at, const char *where, struct error *err)
{
    if (is_stale(at))
        (void)unlink(at->as.local.sun_path);
    l->sockets[0] = open_socket(at, false, err, where);
    if (l->sockets[0] < 0)
        return -1;
    l->count = 1;
    l->local = true;
    (void)snprintf(l->path, sizeof l->path, "%s", at->as.local.sun_path);
    return start_listening(l->sockets[0], err, where);
}

struct listener *
listener_open(struct text written, uint32_t workers, struct tls_context *tls, struct error *err)
{
    struct listener *l = calloc(1, sizeof *l + workers * sizeof(int));
    struct address at;
    struct text host;
    uint16_t port;
    char where[ADDRESS_TEXT], shown[ADDRESS_TEXT];
    int code;

    (void)snprintf(where, sizeof where, "%.*s", TEXT_PRINT(written));
    if (l == NULL) {
        error_memory(err);
        return NULL;
    }
    (void)pthread_mutex_init(&l->lock, NULL);
    l->tls = tls_context_hold(tls);
    l->secure = tls != NULL;
    if (text_starts(written, TEXT("unix:"))) {
        code = address_local(text_from(written, 5), &at, err);
        code = code == 0 ? open_local(l, &at, where, err) : code;
    } else if (!address_split(written, &host, &port)) {
        code = error_set(err, ERROR_CONFIG, where,
                         "is no address to listen on; write HOST:PORT, [IPV6]:PORT or unix:/PATH");
    } else {
        code = address_resolve(host, port, &at, 1, err);
        code = code > 0 ? open_tcp(l, workers, &at, where, err) : -1;
    }
    if (code < 0) {
        listener_free(l);
        return NULL;
    }
    (void)address_print(&at, shown);
    (void)snprintf(l->url, sizeof l->url, "%s%s", l->local ? "" : l->secure ? "https://" : "http://", shown);
    return l;
}

void
listener_free(struct listener *l)
{
    if (l == NULL)
        return;
    for (uint32_t i = 0; i < l->count; i++) {
        if (l->sockets[i] >= 0)
            (void)close(l->sockets[i]);
    }
    if (l->local)
        (void)unlink(l->path);
    tls_context_drop(l->tls);
    (void)pthread_mutex_destroy(&l->lock);
    free(l);
}

int
listener_tls_swap(struct listener *l, struct tls_context *fresh)
{
    struct tls_context *before;

    if (l->secure != (fresh != NULL))
        return -1;
    (void)pthread_mutex_lock(&l->lock);
    before = l->tls;
    l->tls = tls_context_hold(fresh);
    (void)pthread_mutex_unlock(&l->lock);
    tls_context_drop(before);
    return 0;
}

struct tls_context *
listener_tls(struct listener *l)
{
    struct tls_context *now;

    if (!l->secure)
        return NULL;
    (void)pthread_mutex_lock(&l->lock);
    now = tls_context_hold(l->tls);
    (void)pthread_mutex_unlock(&l->lock);
    return now;
}

const char *
listener_url(const struct listener *l)
{
    return l->url;
}

/* ---- accepting ---- */

static int
open_reserve(void)
{
    return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* Nobody may come in until somebody leaves: those inside may be idle only while nobody waits. */
static void
leave_waiting(struct acceptor *a)
{
    struct pollfd queue = { .fd = a->watch.fd, .events = POLLIN };

    a->full = true;
    if (poll(&queue, 1, 0) > 0)
        a->guard->waits(a->arg);
}

/* One client in or, with errno, none. */
static bool
accept_one(struct acceptor *a)
{
    struct address peer = { .length = sizeof peer.as };
    int fd = accept4(a->watch.fd, &peer.as.any, &peer.length, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (fd < 0)
        return false;
    a->accepted(a->arg, fd, &peer, a->listener);
    return true;
}

/* Nothing is left to accept with. False: the next client waits a moment. */
static bool
accept_by_reserve(struct acceptor *a, int error)
{
    bool by_reserve = a->guard != NULL && a->guard->exhausted(a->arg, error);
    bool went_on = false;

    if (by_reserve && a->reserve >= 0 && (error == EMFILE || error == ENFILE)) {
        (void)close(a->reserve);
        went_on = accept_one(a);
        a->reserve = -1;
    }
    if (a->reserve < 0)
        a->reserve = open_reserve(); /* another thread may have been faster: then there is none until the next time */
    if (!went_on)
        (void)timer_start(a->loop, &a->again, ACCEPT_AGAIN);
    return went_on;
}

static void
accept_more(struct acceptor *a)
{
    for (int round = 0; round < ACCEPT_ROUNDS && !a->paused && !a->full; round++) {
        int error;

        if (a->guard != NULL && !a->guard->enter(a->arg)) {
            leave_waiting(a);
            return;
        }
        if (accept_one(a))
            continue;
        error = errno;
        if (a->guard != NULL)
            a->guard->leave(a->arg);
        errno = error;
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            if (accept_by_reserve(a, errno))
                continue;
            return;
        }
        if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINVAL)
            return; /* the last one: it no longer listens */
        /* ECONNABORTED and what else happened to one client: the next one waits */
    }
    if (!a->paused && !a->full)
        loop_defer(a->loop, &a->later);
}

static void
on_client(void *arg, uint32_t events)
{
    struct acceptor *a = arg;

    (void)events;
    a->full = false; /* perhaps no longer; if it still is, the guard learns of one more who waits */
    accept_more(a);
}

static void
on_again(void *arg)
{
    accept_more(arg);
}

struct acceptor *
acceptor_new(struct listener *l, uint32_t worker, struct loop *loop, acceptor_fn *accepted, void *arg,
             struct error *err)
{
    struct acceptor *a = calloc(1, sizeof *a);
    int *slot = l->local ? &l->sockets[0] : &l->sockets[worker];

    if (a == NULL) {
        error_memory(err);
        return NULL;
    }
    *a = (struct acceptor){ .loop = loop, .listener = l, .accepted = accepted, .arg = arg, .reserve = open_reserve() };
    a->watch = (struct watch){ .fd = *slot, .ready = on_client, .arg = a };
    a->again = (struct timer){ .fire = on_again, .arg = a };
    a->later = (struct deferred){ .call = on_again, .arg = a };
    if (l->local)
        a->watch.fd = fcntl(*slot, F_DUPFD_CLOEXEC, 0);
    else
        *slot = -1;
    if (a->watch.fd >= 0 && loop_watch(loop, &a->watch, EPOLLIN | EPOLLET | (l->local ? EPOLLEXCLUSIVE : 0)) == 0)
        return a;
    error_system(err, errno, l->url, "cannot accept");
    acceptor_free(a);
    return NULL;
}

void
acceptor_watch_over(struct acceptor *a, const struct acceptor_guard *guard)
{
    a->guard = guard;
}

void
acceptor_pause(struct acceptor *a)
{
    a->paused = true;
}

void
acceptor_resume(struct acceptor *a)
{
    if (!a->paused && !a->full)
        return;
    a->paused = a->full = false;
    loop_defer(a->loop, &a->later);
}

const struct listener *
acceptor_listener(const struct acceptor *a)
{
    return a->listener;
}

/* From here on nobody new comes into the queue, so that it comes to an end: closing a socket resets everybody in its
 * queue. Who asks by TCP (a segment with SYN and no ACK) is ignored, asks again a second later, and is refused by
 * then. */
static void
end_queue(const struct acceptor *a)
{
    static struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 13), /* the flags in a TCP header (RFC 9293 3.1) */
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, TH_SYN | TH_ACK),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, TH_SYN, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, 0),
        BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
    };
    struct sock_fprog program = { .len = sizeof code / sizeof code[0], .filter = code };

    if (a->listener->local)
        (void)shutdown(a->watch.fd, SHUT_RD); /* refused at once; the queue stays */
    else
        (void)setsockopt(a->watch.fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

void
acceptor_finish(struct acceptor *a)
{
    end_queue(a);
    a->paused = a->full = false;
    do {
        loop_undefer(a->loop, &a->later);
        accept_more(a);
    } while (a->later.waiting);
    acceptor_free(a);
}

void
acceptor_free(struct acceptor *a)
{
    if (a == NULL)
        return;
    if (a->watch.fd >= 0) {
        loop_unwatch(a->loop, &a->watch);
        (void)close(a->watch.fd);
    }
    if (a->reserve >= 0)
        (void)close(a->reserve);
    timer_release(a->loop, &a->again);
    loop_undefer(a->loop, &a->later);
    free(a);
}
