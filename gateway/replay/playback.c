/* playback.c -- the server, and the thread that looks and waits. */
#include "replay/playback.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/limits.h"
#include "replay/playback_internal.h"

/* ---- the server's thread ---- */

/* "/NAME/rest" is the service NAME and "/rest". */
static const struct playback_service *
find_service(const struct playback *p, struct text path, struct text *rest)
{
    struct text name = path.length > 0 ? text_from(path, 1) : path;

    name = text_slice(name, 0, text_find(name, '/'));
    *rest = text_from(path, name.length + 1);
    if (rest->length == 0)
        *rest = TEXT("/");
    for (uint32_t i = 0; i < p->service_count; i++)
        if (text_equal(p->services[i].name, name))
            return &p->services[i];
    return NULL;
}

static bool
push(struct playback *p, struct playback_item *item)
{
    bool taken;

    (void)pthread_mutex_lock(&p->lock);
    taken = !p->stopping;
    if (taken) {
        *p->last = item;
        p->last = &item->next;
        (void)pthread_cond_signal(&p->news);
    }
    (void)pthread_mutex_unlock(&p->lock);
    return taken;
}

static void
on_playback_request(void *arg, const struct service_request *request, struct service_answer *answer)
{
    struct playback *p = arg;
    struct playback_item *item = ARENA_NEW(request->arena, struct playback_item);
    struct playback_item refused = { .playback = p, .request = request, .answer = answer };
    struct text path;
    const struct playback_service *service = find_service(p, request->message.path, &path);

    if (service == NULL) {
        playback_refuse(&refused, 404, "miss", TEXT("no service of this name is answered from a recording"));
        return;
    }
    if (item != NULL) {
        *item = (struct playback_item){
            .playback = p, .service = service, .request = request, .answer = answer, .path = path
        };
        item->later = service_answer_later(answer);
    }
    if (item == NULL || item->later == NULL) {
        playback_refuse(&refused, 503, "busy", TEXT("too many answers from recordings wait already: try again"));
    } else if (!push(p, item)) {
        playback_refuse(item, 503, "busy", TEXT("the gateway stops"));
        service_later_give(item->later);
    }
}

/* ---- the other thread ---- */

/* Behind those that are due before. */
static void
delay(struct playback *p, struct playback_item *item, int64_t wait)
{
    struct playback_item **place = &p->delayed;

    item->due = clock_monotonic() + wait;
    while (*place != NULL && (*place)->due <= item->due)
        place = &(*place)->next;
    item->next = *place;
    *place = item;
}

static void
work(struct playback_item *item)
{
    struct playback *p = item->playback;
    struct error err = { .kind = ERROR_NONE };
    struct playback_found found;
    int64_t wait = 0;

    item->next = NULL;
    if (playback_find(item->service->finder, item->service, &item->request->message, item->path, &found,
                      item->request->arena, &err) < 0) {
        playback_refuse(item, 502, "unusable", arena_print(item->request->arena, "%s: %s", err.where, err.what));
    } else if (found.number != CATALOG_NONE) {
        atomic_fetch_add_explicit(&p->hits, 1, memory_order_relaxed);
        wait = playback_answer(item, &found);
    } else if (item->service->settings->replay.forward && playback_forward(item)) {
        atomic_fetch_add_explicit(&p->forwarded, 1, memory_order_relaxed);
        return; /* the fetcher's thread gives it */
    } else {
        atomic_fetch_add_explicit(&p->misses, 1, memory_order_relaxed);
        playback_miss(item, &found);
    }
    if (wait > 0)
        delay(p, item, wait);
    else
        service_later_give(item->later);
}

/* Under the lock: until there is something to do. */
static void
sleep_until_news(struct playback *p)
{
    struct timespec until;

    if (p->delayed == NULL) {
        (void)pthread_cond_wait(&p->news, &p->lock);
        return;
    }
    until.tv_sec = p->delayed->due / CLOCK_SECOND;
    until.tv_nsec = p->delayed->due % CLOCK_SECOND;
    (void)pthread_cond_timedwait(&p->news, &p->lock, &until);
}

/* The next request, or NULL: an answer is due, there is something to warm up, or *over. */
static struct playback_item *
take(struct playback *p, bool *reset, bool *over)
{
    struct playback_item *item;

    (void)pthread_mutex_lock(&p->lock);
    while (p->first == NULL && !p->stopping && p->warming == p->recording_count &&
           (p->delayed == NULL || p->delayed->due > clock_monotonic()))
        sleep_until_news(p);
    item = p->first;
    if (item != NULL) {
        p->first = item->next;
        if (p->first == NULL)
            p->last = &p->first;
    }
    *reset = p->reset;
    p->reset = false;
    *over = p->stopping && item == NULL;
    (void)pthread_mutex_unlock(&p->lock);
    return item;
}

/* A little at a time: whoever asks does not wait for it. */
static void
warm_up(struct playback *p)
{
    if (p->warming < p->recording_count &&
        !playback_finder_warm(p->recordings[p->warming].finder, p->services, p->service_count))
        p->warming++;
}

/* When it stops, nobody waits any longer. */
static void
give_due(struct playback *p, bool all)
{
    int64_t now = clock_monotonic();

    while (p->delayed != NULL && (all || p->delayed->due <= now)) {
        struct playback_item *item = p->delayed;

        p->delayed = item->next; /* before: it is gone once its answer is given */
        service_later_give(item->later);
    }
}

static void *
playback_thread(void *arg)
{
    struct playback *p = arg;
    bool over = false;

    while (!over) {
        bool reset;
        struct playback_item *item = take(p, &reset, &over);

        for (uint32_t i = 0; reset && i < p->recording_count; i++)
            playback_finder_reset(p->recordings[i].finder);
        if (item != NULL)
            work(item);
        else if (!over)
            warm_up(p);
        give_due(p, over);
    }
    return NULL;
}

/* ---- life ---- */

static bool
forwards(const struct playback *p)
{
    for (uint32_t i = 0; i < p->service_count; i++)
        if (p->services[i].settings->replay.forward)
            return true;
    return false;
}

static int
serve(struct playback *p, struct error *err)
{
    struct service_options options = {
        .address = "127.0.0.1:0", .max_body = LIMIT_PLAYBACK_BODY, .handler = on_playback_request, .arg = p
    };

    if (forwards(p) && (p->fetcher = fetcher_start(NULL, err)) == NULL)
        return -1;
    if (pthread_create(&p->thread, NULL, playback_thread, p) != 0)
        return error_set(err, ERROR_ENVIRONMENT, NULL, "the thread that answers from recordings cannot be started");
    p->runs = true;
    p->server = service_start(&options, err);
    return p->server != NULL ? 0 : -1;
}

static bool
is_wanted(const struct ruleset *ruleset)
{
    for (uint32_t i = 0; i < ruleset_service_count(ruleset); i++)
        if (ruleset_service(ruleset, i)->settings->upstream.kind == UPSTREAM_RECORDING)
            return true;
    return false;
}

int
playback_start(struct playback **playback, struct ruleset *ruleset, const struct playback_options *options,
               struct error *err)
{
    struct playback *p;
    pthread_condattr_t monotonic;

    *playback = NULL;
    if (!is_wanted(ruleset))
        return 0;
    p = calloc(1, sizeof *p);
    if (p == NULL)
        return error_memory(err);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&p->news, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    (void)pthread_mutex_init(&p->lock, NULL);
    p->last = &p->first;
    p->ruleset = ruleset_hold(ruleset);
    if (playback_load(p, options, err) < 0 || serve(p, err) < 0) {
        playback_stop(p);
        return -1;
    }
    *playback = p;
    return 0;
}

uint16_t
playback_port(const struct playback *p)
{
    return p != NULL && p->server != NULL ? service_port(p->server) : 0;
}

void
playback_reset(struct playback *p)
{
    if (p == NULL)
        return;
    (void)pthread_mutex_lock(&p->lock);
    p->reset = true;
    (void)pthread_mutex_unlock(&p->lock);
}

struct playback_counts
playback_counts(struct playback *p)
{
    return (struct playback_counts){ .exchanges = p->exchanges,
                                     .hits = atomic_load_explicit(&p->hits, memory_order_relaxed),
                                     .misses = atomic_load_explicit(&p->misses, memory_order_relaxed),
                                     .forwarded = atomic_load_explicit(&p->forwarded, memory_order_relaxed) };
}

void
playback_metrics(struct playback *p, struct buffer *out)
{
    struct playback_counts counts = { .exchanges = 0 };

    if (p != NULL)
        counts = playback_counts(p);
    buffer_print(out,
                 "# HELP plumbline_playback_total Requests that were to be answered from recordings.\n"
                 "# TYPE plumbline_playback_total counter\n"
                 "plumbline_playback_total{result=\"hit\"} %" PRIu64 "\n"
                 "plumbline_playback_total{result=\"miss\"} %" PRIu64 "\n"
                 "plumbline_playback_total{result=\"forwarded\"} %" PRIu64 "\n",
                 counts.hits, counts.misses, counts.forwarded);
    buffer_print(out,
                 "# HELP plumbline_playback_exchanges Recorded exchanges that can be answered from.\n"
                 "# TYPE plumbline_playback_exchanges gauge\n"
                 "plumbline_playback_exchanges %" PRIu64 "\n",
                 counts.exchanges);
}

void
playback_stop(struct playback *p)
{
    if (p == NULL)
        return;
    (void)pthread_mutex_lock(&p->lock);
    p->stopping = true;
    (void)pthread_cond_signal(&p->news);
    (void)pthread_mutex_unlock(&p->lock);
    if (p->runs)
        (void)pthread_join(p->thread, NULL);
    fetcher_stop(p->fetcher); /* what is forwarded ends, and is answered */
    service_stop(p->server);
    for (uint32_t i = 0; i < p->recording_count; i++)
        playback_finder_free(p->recordings[i].finder);
    (void)pthread_mutex_destroy(&p->lock);
    (void)pthread_cond_destroy(&p->news);
    ruleset_drop(p->ruleset);
    arena_free(p->arena);
    free(p);
}
