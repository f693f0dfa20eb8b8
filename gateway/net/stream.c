/* stream.c -- reading until short, writing first. */
#include "net/stream.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <linux/sockios.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/limits.h"

#define READ_BYTES  (64 * LIMIT_KIB)
#define READ_ROUNDS 8                /* then the other connections have their turn */
#define SMALL_BYTES (4 * LIMIT_KIB)  /* sent from one piece of memory */
#define TLS_BYTES   (64 * LIMIT_KIB) /* likewise: full records are cheaper than copying */
#define SPARES      64
#define SPARE_BYTES (16 * LIMIT_KIB) /* larger memory is given back */
#define EVENTS      (EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET)

struct stream_kit {
    struct loop *loop;
    struct buffer spares[SPARES];
    unsigned spare_count;
    char bytes[READ_BYTES];
};

struct stream_kit *
stream_kit_new(struct loop *loop)
{
    struct stream_kit *kit = calloc(1, sizeof *kit);

    if (kit != NULL)
        kit->loop = loop;
    return kit;
}

void
stream_kit_free(struct stream_kit *kit)
{
    if (kit == NULL)
        return;
    for (unsigned i = 0; i < kit->spare_count; i++)
        buffer_release(&kit->spares[i]);
    free(kit);
}

/* An idle connection holds no memory: its empty buffer serves another one. */
static void
put_back(struct stream_kit *kit, struct buffer *b)
{
    if (b->data != NULL && b->capacity <= SPARE_BYTES && kit->spare_count < SPARES) {
        buffer_clear(b);
        kit->spares[kit->spare_count++] = *b;
        buffer_init(b, b->ceiling);
    } else {
        buffer_release(b);
    }
}

static void
take_spare(struct stream_kit *kit, struct buffer *b)
{
    size_t ceiling = b->ceiling;

    if (b->data != NULL || kit->spare_count == 0)
        return;
    *b = kit->spares[--kit->spare_count];
    b->ceiling = ceiling;
}

/* ---- the socket ---- */

static ssize_t
take(struct stream *s, char *room, size_t size)
{
    ssize_t got;

    if (s->tls != NULL)
        return tls_take(s->tls, room, size);
    do
        got = recv(s->watch.fd, room, size, 0);
    while (got < 0 && errno == EINTR);
    return got;
}

/* One part by send(2): for the small messages of an API the kernel's handling of a vector costs more than copying
 * them together. */
static ssize_t
give(struct stream *s, struct iovec *parts, size_t count)
{
    struct msghdr message = { .msg_iov = parts, .msg_iovlen = count };
    ssize_t sent;

    if (s->tls != NULL)
        return tls_give(s->tls, parts, count);
    do {
        if (count == 1)
            sent = send(s->watch.fd, parts[0].iov_base, parts[0].iov_len, MSG_NOSIGNAL);
        else
            sent = sendmsg(s->watch.fd, &message, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent;
}

/* ---- reading ---- */

static void
fail_later(struct stream *s, int error)
{
    if (s->failed == 0)
        s->failed = error;
    s->readable = s->writable = false;
    loop_defer(s->kit->loop, &s->later);
}

/* Show bytes to the owner. False when the stream was closed by it. */
static bool
show(struct stream *s, struct text bytes)
{
    size_t used;

    s->busy = true;
    used = s->events->data(s->arg, bytes);
    s->busy = false;
    if (s->watch.fd < 0) {
        put_back(s->kit, &s->in); /* not before: the owner was looking at it */
        return false;
    }
    if (s->in.end > s->in.start) { /* bytes were shown out of `in` */
        buffer_consume(&s->in, used);
    } else if (used < bytes.length) {
        take_spare(s->kit, &s->in);
        buffer_add(&s->in, text_from(bytes, used));
        if (buffer_failed(&s->in))
            fail_later(s, ENOBUFS);
    }
    if (buffer_length(&s->in) == 0 && s->in.data != NULL)
        put_back(s->kit, &s->in);
    return true;
}

/* Where to read to: shared memory, unless bytes wait in front. NULL: the stream is failed. */
static char *
read_room(struct stream *s, size_t *size)
{
    char *room;

    if (buffer_length(&s->in) == 0) {
        *size = READ_BYTES;
        return s->kit->bytes;
    }
    *size = s->in.ceiling - buffer_length(&s->in);
    if (*size > READ_BYTES / 4)
        *size = READ_BYTES / 4;
    room = *size > 0 ? buffer_room(&s->in, *size) : NULL;
    if (room == NULL)
        fail_later(s, ENOBUFS);
    return room;
}

/* One recv and what follows from it. False: stop reading. */
static bool
read_once(struct stream *s)
{
    size_t size;
    char *room = read_room(s, &size);
    ssize_t got;

    if (room == NULL)
        return false;
    got = take(s, room, size);
    if (got < 0) {
        if (errno != EAGAIN && errno != EWOULDBLOCK)
            fail_later(s, errno);
        s->readable = false;
        return false;
    }
    if (got == 0) {
        s->readable = false;
        s->ended = true;
        s->events->ended(s->arg);
        return false;
    }
    if ((size_t)got < size && !s->hung_up && (s->tls == NULL || !tls_has_more(s->tls)))
        s->readable = false;
    if (room == s->kit->bytes)
        return show(s, text_make(room, (size_t)got));
    buffer_wrote(&s->in, (size_t)got);
    return show(s, buffer_text(&s->in));
}

static void
read_on(struct stream *s)
{
    for (int round = 0; s->readable && !s->paused && !s->ended && s->failed == 0; round++) {
        if (round == READ_ROUNDS) {
            loop_defer(s->kit->loop, &s->later);
            return;
        }
        if (!read_once(s))
            return;
    }
}

/* ---- writing ---- */

static void
wrote_all(struct stream *s)
{
    if (s->out.data != NULL)
        put_back(s->kit, &s->out);
    if (s->shut) {
        if (s->tls != NULL && !tls_finish(s->tls)) {
            s->writable = false;
            return;
        }
        s->shut = false;
        (void)shutdown(s->watch.fd, SHUT_WR);
    }
}

/* Queue what the socket did not take: `sent` bytes of the queue and the parts are gone. */
static void
queue_rest(struct stream *s, const struct text *parts, int count, size_t sent)
{
    size_t queued = buffer_length(&s->out), skip = sent > queued ? sent - queued : 0;

    buffer_consume(&s->out, sent < queued ? sent : queued);
    take_spare(s->kit, &s->out);
    for (int i = 0; i < count; i++) {
        size_t gone = skip < parts[i].length ? skip : parts[i].length;

        buffer_add(&s->out, text_from(parts[i], gone));
        skip -= gone;
    }
    if (buffer_failed(&s->out))
        fail_later(s, ENOBUFS);
}

/* Try the socket. Returns how many bytes it took; the stream is failed when it is broken. */
static size_t
send_now(struct stream *s, const struct text *parts, int count)
{
    struct iovec vector[STREAM_PARTS + 1];
    size_t used = 0;
    ssize_t sent;

    if (buffer_length(&s->out) > 0)
        vector[used++] = (struct iovec){ s->out.data + s->out.start, buffer_length(&s->out) };
    for (int i = 0; i < count; i++) {
        if (parts[i].length > 0)
            vector[used++] = (struct iovec){ (void *)(uintptr_t)parts[i].data, parts[i].length };
    }
    sent = give(s, vector, used);
    if (sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK)
        fail_later(s, errno);
    if (sent <= 0)
        return 0;
    s->sent += (size_t)sent;
    return (size_t)sent;
}

bool
stream_send(struct stream *s, const struct text *parts, int count)
{
    size_t total = buffer_length(&s->out), apart = 0, sent;

    if (!stream_is_open(s) || s->failed != 0)
        return true; /* it leads nowhere; `broken` will tell */
    if (buffer_failed(&s->out)) {
        fail_later(s, ENOBUFS); /* something was left out: what follows it must not be sent */
        return true;
    }
    for (int i = 0; i < count; i++)
        apart += parts[i].length;
    total += apart;
    if (total == 0)
        return true;
    if (apart > 0 && total <= (s->tls != NULL ? TLS_BYTES : SMALL_BYTES)) {
        queue_rest(s, parts, count, 0);
        count = 0;
    }
    if (s->writable && !s->held) {
        sent = send_now(s, parts, count);
        if (s->failed != 0)
            return true;
        if (sent == total) {
            wrote_all(s);
            return true;
        }
        s->writable = false;
        queue_rest(s, parts, count, sent);
    } else {
        queue_rest(s, parts, count, 0);
    }
    if (buffer_length(&s->out) < LIMIT_STREAM_BUFFER)
        return true;
    s->want_drain = true;
    return false;
}

bool
stream_flush(struct stream *s)
{
    return stream_send(s, NULL, 0);
}

struct buffer *
stream_queue(struct stream *s)
{
    take_spare(s->kit, &s->out);
    return &s->out;
}

void
stream_inherit(struct stream *s, struct stream *from)
{
    s->out = from->out;
    s->want_drain = from->want_drain;
    buffer_init(&from->out, from->out.ceiling);
}

size_t
stream_queued(const struct stream *s)
{
    return buffer_length(&s->out);
}

bool
stream_is_quiet(const struct stream *s)
{
    char byte;

    return buffer_length(&s->out) == 0 && buffer_length(&s->in) == 0 && !s->shaking &&
           recv(s->watch.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) <= 0;
}

bool
stream_want_drain(struct stream *s)
{
    if (buffer_length(&s->out) == 0)
        return false;
    s->want_drain = true;
    return true;
}

void
stream_shutdown(struct stream *s)
{
    if (s->watch.fd < 0)
        return;
    s->shut = true;
    if (buffer_length(&s->out) == 0 && !s->shaking)
        wrote_all(s);
    else
        (void)stream_flush(s);
}

/* ---- events ---- */

static bool
finish_connect(struct stream *s)
{
    int error = 0;
    socklen_t length = sizeof error;

    s->connecting = false;
    if (getsockopt(s->watch.fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0)
        error = errno;
    if (error != 0) {
        s->events->broken(s->arg, error);
        return false;
    }
    s->writable = true;
    s->events->connected(s->arg);
    return s->watch.fd >= 0;
}

static bool
write_on(struct stream *s)
{
    s->writable = true;
    if (s->held)
        return true;
    if (buffer_length(&s->out) > 0)
        (void)stream_flush(s);
    else if (s->shut)
        wrote_all(s);
    if (s->want_drain && buffer_length(&s->out) == 0 && s->failed == 0) {
        s->want_drain = false;
        s->events->drained(s->arg);
    }
    return s->watch.fd >= 0;
}

/* A step of the handshake. False: it goes on, or the stream is closed. */
static bool
shake(struct stream *s)
{
    int error = tls_shake(s->tls);

    if (error == EAGAIN)
        return false;
    s->shaking = false;
    if (error != 0) {
        s->readable = false;
        s->events->broken(s->arg, error);
        return false;
    }
    s->held = false;
    s->agreed = true;
    s->readable = true; /* bytes may have come along */
    if (s->events->connected != NULL)
        s->events->connected(s->arg);
    return s->watch.fd >= 0 && write_on(s);
}

/* What epoll says means to TLS: either side may wait for either event. False: nothing else follows from it. */
static bool
tls_ready(struct stream *s, uint32_t events)
{
    if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0)
        tls_readable(s->tls, (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0);
    if (s->shaking)
        return shake(s);
    if (tls_read_blocked(s->tls) && (events & EPOLLOUT) != 0)
        s->readable = true;
    return true;
}

static void
on_ready(void *arg, uint32_t events)
{
    struct stream *s = arg;
    bool gone = (events & (EPOLLHUP | EPOLLERR)) != 0;

    if (s->connecting) {
        if ((events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) == 0 || !finish_connect(s) || !write_on(s))
            return;
    }
    if (s->failed != 0 || (s->tls != NULL && !tls_ready(s, events)))
        return;
    if ((events & EPOLLOUT) != 0 && !s->writable && !write_on(s))
        return;
    if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0)
        s->readable = true;
    if ((gone && !s->gone) || ((events & EPOLLRDHUP) != 0 && !s->hung_up)) {
        s->hung_up = true;
        s->gone = gone;
        s->events->hangup(s->arg, gone);
        if (s->watch.fd < 0)
            return;
    }
    if (!s->busy)
        read_on(s);
}

static void
on_later(void *arg)
{
    struct stream *s = arg;

    if (s->failed != 0) {
        s->events->broken(s->arg, s->failed);
        return;
    }
    if (s->connecting) {
        if (!finish_connect(s) || !write_on(s))
            return;
    }
    if (s->shaking && !shake(s))
        return;
    if (s->again && !s->paused) {
        s->again = false;
        if (buffer_length(&s->in) > 0 && !show(s, buffer_text(&s->in)))
            return;
    }
    read_on(s);
}

/* ---- begin and end ---- */

static void
stream_init(struct stream *s, struct stream_kit *kit, int fd, const struct stream_events *events, void *arg)
{
    *s = (struct stream){ .kit = kit, .events = events, .arg = arg };
    s->watch = (struct watch){ .fd = fd, .ready = on_ready, .arg = s };
    s->later = (struct deferred){ .call = on_later, .arg = s };
    buffer_init(&s->in, LIMIT_STREAM_UNUSED);
    buffer_init(&s->out, LIMIT_STREAM_QUEUE);
}

bool
stream_open(struct stream *s, struct stream_kit *kit, int fd, const struct stream_events *events, void *arg)
{
    stream_init(s, kit, fd, events, arg);
    s->writable = true;
    if (loop_watch(kit->loop, &s->watch, EVENTS) == 0)
        return true;
    (void)close(fd);
    s->watch.fd = -1;
    return false;
}

int
stream_connect(struct stream *s, struct stream_kit *kit, const struct address *to, const struct stream_events *events,
               void *arg)
{
    int fd = socket(to->as.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1, error;

    if (fd < 0)
        return errno;
    if (to->as.any.sa_family != AF_UNIX)
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    stream_init(s, kit, fd, events, arg);
    s->connecting = true;
    if (connect(fd, &to->as.any, to->length) == 0)
        loop_defer(kit->loop, &s->later);
    else if (errno != EINPROGRESS)
        goto fail;
    if (loop_watch(kit->loop, &s->watch, EVENTS) == 0)
        return 0;
fail:
    error = errno;
    loop_undefer(kit->loop, &s->later);
    (void)close(fd);
    s->watch.fd = -1;
    return error;
}

bool
stream_secure(struct stream *s, struct tls_context *c, struct tls_sessions *sessions)
{
    s->tls = tls_new(c, s->watch.fd, sessions);
    if (s->tls == NULL)
        return false;
    s->shaking = s->held = true;
    loop_defer(s->kit->loop, &s->later);
    return true;
}

void
stream_unsecure(struct stream *s)
{
    tls_free(s->tls);
    s->tls = NULL;
    s->held = false;
    s->writable = s->readable = true;
}

void
stream_hold(struct stream *s)
{
    s->held = true;
}

int
stream_say(struct stream *s, struct text bytes)
{
    struct iovec part = { (void *)(uintptr_t)bytes.data, bytes.length };
    ssize_t sent = give(s, &part, 1);

    if (sent < 0)
        return errno;
    return (size_t)sent == bytes.length ? 0 : EAGAIN;
}

bool
stream_was_cut(const struct stream *s)
{
    return s->tls != NULL && tls_was_cut(s->tls);
}

bool
stream_is_secure(const struct stream *s)
{
    return s->tls != NULL;
}

bool
stream_is_agreed(const struct stream *s)
{
    return s->tls == NULL || s->agreed;
}

const char *
stream_trouble(const struct stream *s)
{
    return s->tls != NULL ? tls_trouble(s->tls) : NULL;
}

/* An orderly end, unless bytes are missing: then the peer should notice. */
static void
end_tls(struct stream *s)
{
    if (buffer_length(&s->out) == 0)
        (void)tls_finish(s->tls);
    tls_free(s->tls);
    s->tls = NULL;
}

void
stream_close(struct stream *s)
{
    if (s->kit == NULL || s->watch.fd < 0)
        return;
    if (s->tls != NULL)
        end_tls(s);
    loop_unwatch(s->kit->loop, &s->watch);
    loop_undefer(s->kit->loop, &s->later);
    (void)close(s->watch.fd);
    s->watch.fd = -1;
    if (!s->busy)
        put_back(s->kit, &s->in);
    put_back(s->kit, &s->out);
}

void
stream_reset(struct stream *s)
{
    struct linger linger = { .l_onoff = 1, .l_linger = 0 };

    if (s->kit != NULL && s->watch.fd >= 0)
        (void)setsockopt(s->watch.fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    tls_free(s->tls); /* without its end: the peer is to see that bytes are missing */
    s->tls = NULL;
    stream_close(s);
}

size_t
stream_unsent(const struct stream *s)
{
    int waiting = 0;

    if (!stream_is_open(s) || ioctl(s->watch.fd, SIOCOUTQ, &waiting) < 0 || waiting < 0)
        return 0;
    return buffer_length(&s->out) + (size_t)waiting;
}

bool
stream_is_open(const struct stream *s)
{
    return s->kit != NULL && s->watch.fd >= 0;
}

void
stream_pause(struct stream *s)
{
    s->paused = true;
}

void
stream_resume(struct stream *s)
{
    if (!s->paused || s->watch.fd < 0)
        return;
    s->paused = false;
    s->again = true;
    if (s->readable || buffer_length(&s->in) > 0)
        loop_defer(s->kit->loop, &s->later);
}
