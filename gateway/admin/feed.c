#include "admin/feed.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "admin/exchange_json.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/random.h"
#include "net/service.h"
#include "proxy/recent.h"

#define HEARTBEAT_NS  (15 * CLOCK_SECOND)
#define GATHER_NS     (20 * CLOCK_SECOND / 1000) /* between rounds: so much may come together */
#define FILTER_MEMORY (16 * LIMIT_KIB)

struct listener {
    struct service_stream *stream;
    struct arena *arena; /* of the filter's texts */
    struct filter filter;
    uint64_t after;   /* the last sequence number that was looked at for it */
    uint64_t dropped; /* and not told yet */
    int64_t sent;     /* monotonic time of the last thing it was sent */
    bool resumed;     /* `after` is what it said itself */
    bool served;      /* this view has all that it is to get; one that joined since waits for the next */
};

struct feed {
    struct recent *recent;
    char boot[17]; /* part of the event ids: those of another process mean nothing here */
    struct buffer event;
    pthread_t thread;
    pthread_mutex_t lock; /* of what follows; never held while a view of recent is opened */
    pthread_cond_t joined;
    struct listener listeners[LIMIT_ADMIN_STREAMS];
    uint32_t count;
    bool stopping;
};

/* ---- sending ---- */

static void
send_to(struct listener *l, struct text bytes)
{
    if (service_stream_send(l->stream, bytes))
        l->sent = clock_monotonic();
    else
        l->dropped++;
}

/* What could not be sent is told before anything else is. */
static void
tell_dropped(struct listener *l)
{
    char event[80];

    if (l->dropped == 0)
        return;
    (void)snprintf(event, sizeof(event), "event: dropped\ndata: {\"count\":%llu}\n\n", (unsigned long long)l->dropped);
    if (service_stream_send(l->stream, text_of(event)))
        l->dropped = 0;
}

static void
write_event(struct feed *feed, const struct recent_entry *entry, const struct exchange *x)
{
    struct json_writer w;

    buffer_clear(&feed->event);
    buffer_print(&feed->event, "id: %s-%llu\nevent: exchange\ndata: ", feed->boot, (unsigned long long)entry->sequence);
    json_begin(&w, &feed->event, 0);
    exchange_json_line(&w, x);
    buffer_add(&feed->event, TEXT("\n\n"));
}

/* Rendered once, for whoever wants it. */
static void
tell_entry(struct feed *feed, struct recent_view *view, struct recent_entry *entry)
{
    bool rendered = false;

    for (uint32_t i = 0; i < feed->count; i++) {
        struct listener *l = &feed->listeners[i];
        const struct exchange *x = entry->exchange;

        if (!l->served || entry->sequence <= l->after || !filter_matches(&l->filter, x))
            continue;
        if (!rendered) {
            if ((x = recent_show(view, entry)) == NULL)
                return;
            write_event(feed, entry, x);
            rendered = true;
        }
        tell_dropped(l);
        send_to(l, buffer_text(&feed->event));
    }
}

/* Who comes back may have missed what is no longer held. */
static void
count_missed(struct listener *l, const struct recent_view *view)
{
    uint64_t first = view->newest + 1;

    for (uint32_t i = view->count; i > 0 && view->entries[i - 1]->sequence > l->after; i--)
        first = view->entries[i - 1]->sequence;
    if (l->resumed && first > l->after + 1)
        l->dropped += first - l->after - 1;
    l->resumed = false;
}

static void
tell_view(struct feed *feed, struct recent_view *view, uint64_t after)
{
    for (uint32_t i = 0; i < feed->count; i++) {
        feed->listeners[i].served = feed->listeners[i].after >= after;
        if (feed->listeners[i].served)
            count_missed(&feed->listeners[i], view);
    }
    for (uint32_t i = 0; i < view->count; i++)
        tell_entry(feed, view, view->entries[i]);
    for (uint32_t i = 0; i < feed->count; i++) {
        struct listener *l = &feed->listeners[i];

        if (l->served && l->after < view->newest)
            l->after = view->newest;
        tell_dropped(l);
        if (clock_monotonic() - l->sent >= HEARTBEAT_NS)
            send_to(l, TEXT(": alive\n\n"));
    }
}

static void
leave(struct listener *l)
{
    service_stream_close(l->stream);
    arena_free(l->arena);
}

static void
forget_gone(struct feed *feed)
{
    for (uint32_t i = 0; i < feed->count;) {
        if (service_stream_is_over(feed->listeners[i].stream)) {
            leave(&feed->listeners[i]);
            feed->listeners[i] = feed->listeners[--feed->count];
        } else {
            i++;
        }
    }
}

/* ---- the thread ---- */

/* Sleeps until somebody listens. False: the end. */
static bool
wait_for_listeners(struct feed *feed, uint64_t *after)
{
    bool stopping;

    (void)pthread_mutex_lock(&feed->lock);
    while (feed->count == 0 && !feed->stopping)
        (void)pthread_cond_wait(&feed->joined, &feed->lock);
    stopping = feed->stopping;
    *after = UINT64_MAX;
    for (uint32_t i = 0; i < feed->count; i++)
        if (feed->listeners[i].after < *after)
            *after = feed->listeners[i].after;
    (void)pthread_mutex_unlock(&feed->lock);
    return !stopping;
}

static void *
run(void *arg)
{
    const struct timespec gather = { .tv_nsec = GATHER_NS };
    struct feed *feed = arg;
    struct recent_view view;
    uint64_t after;

    while (wait_for_listeners(feed, &after)) {
        uint64_t newest = after;

        if (recent_open(feed->recent, after, RECENT_AS_KEPT, &view) == 0) {
            (void)pthread_mutex_lock(&feed->lock);
            tell_view(feed, &view, after);
            forget_gone(feed);
            (void)pthread_mutex_unlock(&feed->lock);
            newest = view.newest;
            recent_close(&view);
        }
        recent_wait(feed->recent, newest, (int)(HEARTBEAT_NS / 1000000));
        (void)nanosleep(&gather, NULL);
    }
    return NULL;
}

int
feed_start(struct feed **feed, struct recent *recent, struct error *err)
{
    struct feed *f;
    int code;

    *feed = NULL;
    if (recent == NULL)
        return 0;
    f = calloc(1, sizeof(*f));
    if (f == NULL)
        return error_memory(err);
    f->recent = recent;
    (void)snprintf(f->boot, sizeof(f->boot), "%016llx", (unsigned long long)random_system());
    buffer_init(&f->event, LIMIT_ADMIN_QUEUE);
    (void)pthread_mutex_init(&f->lock, NULL);
    (void)pthread_cond_init(&f->joined, NULL);
    code = pthread_create(&f->thread, NULL, run, f);
    if (code != 0) {
        f->stopping = true; /* there is no thread to wait for */
        feed_free(f);
        return error_system(err, code, NULL, "cannot start the thread of live exchanges");
    }
    *feed = f;
    return 0;
}

void
feed_stop(struct feed *feed)
{
    if (feed == NULL)
        return;
    (void)pthread_mutex_lock(&feed->lock);
    feed->stopping = true;
    (void)pthread_cond_signal(&feed->joined);
    (void)pthread_mutex_unlock(&feed->lock);
    recent_wake(feed->recent);
    (void)pthread_join(feed->thread, NULL);
    for (uint32_t i = 0; i < feed->count; i++)
        leave(&feed->listeners[i]);
    feed->count = 0;
}

void
feed_free(struct feed *feed)
{
    if (feed == NULL)
        return;
    (void)pthread_mutex_destroy(&feed->lock);
    (void)pthread_cond_destroy(&feed->joined);
    buffer_release(&feed->event);
    free(feed);
}

/* ---- joining: the listener's thread ---- */

bool
feed_has_room(struct feed *feed)
{
    bool room;

    (void)pthread_mutex_lock(&feed->lock);
    forget_gone(feed);
    room = feed->count < LIMIT_ADMIN_STREAMS && !feed->stopping;
    (void)pthread_mutex_unlock(&feed->lock);
    return room;
}

static bool
copy_filter(struct listener *l, const struct filter *filter)
{
    struct text *texts[] = { &l->filter.service, &l->filter.operation, &l->filter.method, &l->filter.before };

    l->arena = arena_new(0, FILTER_MEMORY);
    if (l->arena == NULL)
        return false;
    l->filter = *filter;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct text copy = arena_text(l->arena, *texts[i]);

        if (copy.data == NULL)
            return false;
        *texts[i] = copy;
    }
    return true;
}

/* Ids of ours are "boot-number"; of any other only what is held can be told, all of it. */
static uint64_t
read_last(const struct feed *feed, struct text last)
{
    size_t dash = text_find(last, '-');
    uint64_t number;

    if (!text_equal(text_slice(last, 0, dash), text_of(feed->boot)) || !text_to_u64(text_from(last, dash + 1), &number))
        return 0;
    return number;
}

bool
feed_join(struct feed *feed, struct service_stream *stream, const struct filter *filter, struct text last)
{
    struct listener l = { .stream = stream, .sent = clock_monotonic(), .resumed = last.length > 0 };
    bool joined = false;

    l.after = l.resumed ? read_last(feed, last) : recent_newest(feed->recent);
    l.resumed = l.after > 0 && l.resumed;
    (void)service_stream_send(stream, TEXT("retry: 2000\n\n"));
    if (copy_filter(&l, filter)) {
        (void)pthread_mutex_lock(&feed->lock);
        joined = feed->count < LIMIT_ADMIN_STREAMS && !feed->stopping;
        if (joined)
            feed->listeners[feed->count++] = l;
        (void)pthread_cond_signal(&feed->joined);
        (void)pthread_mutex_unlock(&feed->lock);
        recent_wake(feed->recent);
    }
    if (!joined)
        leave(&l);
    return joined;
}
