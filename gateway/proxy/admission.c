/* admission.c -- counts that all workers share.
 *
 * The one complication: a worker that finds no place must not miss the one that becomes free meanwhile. So it says that
 * it waits before it looks again, and who leaves looks for those who wait after it has left. */
#include "proxy/admission.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/hash.h"

#define SHARDS  16
#define BUCKETS 256 /* lists of clients per shard */

struct visitor {
    struct visitor *next;
    struct ip client;
    uint32_t connections;
};

struct shard {
    _Alignas(64) pthread_mutex_t lock;
    struct visitor *lists[BUCKETS];
};

struct admission_flow {
    struct admission_flow *next;
    atomic_uint count;
    size_t name_length;
    char name[];
};

struct admission {
    void (*say)(void *arg, const char *line);
    void *arg;
    atomic_bool said;
    _Alignas(64) atomic_uint connections;
    _Atomic uint64_t turned_away[ADMISSION_REASON_COUNT];
    _Atomic uint64_t waits;           /* times that a worker found no place, or no descriptor */
    _Alignas(64) atomic_uint waiting; /* seats that wait: nobody takes the lock for nothing */
    atomic_uint crowded;              /* of them, those in whose queue somebody is */
    pthread_mutex_t lock;             /* of the seats and the flows */
    struct admission_seat *seats;
    struct admission_flow *flows;
    struct shard shards[SHARDS];
};

struct admission *
admission_new(void (*say)(void *arg, const char *line), void *arg)
{
    struct admission *a = aligned_alloc(_Alignof(struct admission), sizeof *a);

    if (a == NULL)
        return NULL;
    memset(a, 0, sizeof *a);
    a->say = say;
    a->arg = arg;
    (void)pthread_mutex_init(&a->lock, NULL); /* with default attributes it does not fail */
    for (unsigned i = 0; i < SHARDS; i++)
        (void)pthread_mutex_init(&a->shards[i].lock, NULL);
    return a;
}

static void
visitors_free(struct shard *shard)
{
    for (unsigned i = 0; i < BUCKETS; i++) {
        struct visitor *v;

        while ((v = shard->lists[i]) != NULL) {
            shard->lists[i] = v->next;
            free(v);
        }
    }
}

void
admission_free(struct admission *a)
{
    struct admission_flow *flow;

    if (a == NULL)
        return;
    while ((flow = a->flows) != NULL) {
        a->flows = flow->next;
        free(flow);
    }
    for (unsigned i = 0; i < SHARDS; i++) {
        visitors_free(&a->shards[i]);
        (void)pthread_mutex_destroy(&a->shards[i].lock);
    }
    (void)pthread_mutex_destroy(&a->lock);
    free(a);
}

/* ---- connections ---- */

void
admission_join(struct admission *a, struct admission_seat *seat, struct loop *loop)
{
    seat->loop = loop;
    atomic_init(&seat->waiting, false);
    atomic_init(&seat->crowded, false);
    atomic_init(&seat->idle_since, ADMISSION_BUSY);
    atomic_init(&seat->asked, 0);
    (void)pthread_mutex_lock(&a->lock);
    seat->next = a->seats;
    a->seats = seat;
    (void)pthread_mutex_unlock(&a->lock);
}

static void
wait_no_longer(struct admission *a, struct admission_seat *seat)
{
    if (atomic_exchange(&seat->waiting, false))
        atomic_fetch_sub(&a->waiting, 1);
}

void
admission_part(struct admission *a, struct admission_seat *seat)
{
    if (seat->loop == NULL)
        return;
    (void)pthread_mutex_lock(&a->lock);
    for (struct admission_seat **at = &a->seats; *at != NULL; at = &(*at)->next) {
        if (*at == seat) {
            *at = seat->next;
            break;
        }
    }
    (void)pthread_mutex_unlock(&a->lock);
    wait_no_longer(a, seat);
    admission_look_again(a, seat);
    seat->loop = NULL;
}

static bool
enter(atomic_uint *count, uint32_t most)
{
    unsigned now = atomic_load(count);

    do {
        if (now >= most)
            return false;
    } while (!atomic_compare_exchange_weak(count, &now, now + 1));
    return true;
}

bool
admission_enter(struct admission *a, uint32_t most, struct admission_seat *seat)
{
    if (enter(&a->connections, most))
        return true;
    if (seat == NULL)
        return false;
    if (!atomic_exchange(&seat->waiting, true))
        atomic_fetch_add(&a->waiting, 1);
    atomic_fetch_add_explicit(&a->waits, 1, memory_order_relaxed);
    return enter(&a->connections, most); /* if it may after all, it is woken once for nothing */
}

void
admission_leave(struct admission *a)
{
    atomic_fetch_sub(&a->connections, 1);
    if (atomic_load(&a->waiting) == 0)
        return;
    (void)pthread_mutex_lock(&a->lock);
    for (struct admission_seat *seat = a->seats; seat != NULL; seat = seat->next) {
        if (!atomic_load(&seat->waiting) || (admission_is_crowded(a) && !atomic_load(&seat->crowded)))
            continue; /* where nobody is in the queue, nobody is to try first */
        wait_no_longer(a, seat);
        loop_wake(seat->loop);
    }
    (void)pthread_mutex_unlock(&a->lock);
}

void
admission_crowd(struct admission *a, struct admission_seat *seat)
{
    struct admission_seat *longest = NULL;
    int64_t since = ADMISSION_BUSY;

    if (!atomic_exchange(&seat->crowded, true))
        atomic_fetch_add(&a->crowded, 1);
    (void)pthread_mutex_lock(&a->lock);
    for (struct admission_seat *each = a->seats; each != NULL; each = each->next) {
        int64_t idle_since = atomic_load_explicit(&each->idle_since, memory_order_relaxed);

        if (idle_since < since) {
            since = idle_since;
            longest = each;
        }
    }
    if (longest != NULL) {
        atomic_fetch_add(&longest->asked, 1);
        loop_wake(longest->loop);
    }
    (void)pthread_mutex_unlock(&a->lock);
}

void
admission_look_again(struct admission *a, struct admission_seat *seat)
{
    if (atomic_exchange(&seat->crowded, false))
        atomic_fetch_sub(&a->crowded, 1);
}

bool
admission_is_crowded(const struct admission *a)
{
    return atomic_load_explicit(&a->crowded, memory_order_relaxed) > 0;
}

void
admission_judge_descriptors(struct admission *a, uint32_t connections)
{
    unsigned long long wanted = 2ULL * connections;
    struct rlimit limit;
    char line[256];

    if (a->say == NULL || getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= wanted)
        return;
    (void)snprintf(line, sizeof line,
                   "only %llu open files are allowed, and clients.max_connections %u may need %llu: allow more "
                   "(ulimit -n, LimitNOFILE=) or fewer connections",
                   (unsigned long long)limit.rlim_cur, (unsigned)connections, wanted);
    a->say(a->arg, line);
}

void
admission_exhausted(struct admission *a, int error)
{
    char line[256];

    atomic_fetch_add_explicit(&a->waits, 1, memory_order_relaxed);
    if (a->say == NULL || atomic_exchange(&a->said, true))
        return;
    (void)snprintf(line, sizeof line,
                   "a connection cannot be accepted: %s; allow more open files (ulimit -n) or fewer "
                   "clients.max_connections (said once)",
                   strerror(error));
    a->say(a->arg, line);
}

void
admission_count(struct admission *a, enum admission_reason reason)
{
    atomic_fetch_add_explicit(&a->turned_away[reason], 1, memory_order_relaxed);
}

void
admission_metrics(const struct admission *a, struct buffer *out)
{
#define ADMISSION_LABEL(NAME, label) label,
    static const char *const labels[] = { ADMISSION_REASONS(ADMISSION_LABEL) };
#undef ADMISSION_LABEL

    buffer_print(out, "# HELP plumbline_connections_refused_total Connections that were turned away, by limit.\n"
                      "# TYPE plumbline_connections_refused_total counter\n");
    for (unsigned i = 0; i < ADMISSION_REASON_COUNT; i++)
        buffer_print(out, "plumbline_connections_refused_total{limit=\"%s\"} %llu\n", labels[i],
                     (unsigned long long)atomic_load_explicit(&a->turned_away[i], memory_order_relaxed));
    buffer_print(out,
                 "# HELP plumbline_accept_waits_total Times that clients had to wait for a place or a descriptor.\n"
                 "# TYPE plumbline_accept_waits_total counter\nplumbline_accept_waits_total %llu\n",
                 (unsigned long long)atomic_load_explicit(&a->waits, memory_order_relaxed));
}

/* ---- clients ---- */

/* Where the client is in its list, or the list's end. */
static struct visitor **
find(struct shard *shard, uint64_t hash, const struct ip *client)
{
    struct visitor **at = &shard->lists[hash / SHARDS % BUCKETS];

    while (*at != NULL && !ip_same(&(*at)->client, client))
        at = &(*at)->next;
    return at;
}

static uint64_t
hash_of(const struct ip *client)
{
    return hash_text(text_make((const char *)client->bytes, sizeof client->bytes), hash_seed());
}

bool
admission_client_enter(struct admission *a, const struct ip *client, uint32_t most)
{
    uint64_t hash = hash_of(client);
    struct shard *shard = &a->shards[hash % SHARDS];
    struct visitor **at;
    bool enters = false;

    (void)pthread_mutex_lock(&shard->lock);
    at = find(shard, hash, client);
    if (*at == NULL && (*at = calloc(1, sizeof **at)) != NULL)
        (*at)->client = *client;
    if (*at != NULL && (*at)->connections < most) {
        (*at)->connections++;
        enters = true;
    }
    (void)pthread_mutex_unlock(&shard->lock);
    return enters;
}

void
admission_client_leave(struct admission *a, const struct ip *client)
{
    uint64_t hash = hash_of(client);
    struct shard *shard = &a->shards[hash % SHARDS];
    struct visitor **at, *gone = NULL;

    (void)pthread_mutex_lock(&shard->lock);
    at = find(shard, hash, client);
    if (*at != NULL && --(*at)->connections == 0) {
        gone = *at;
        *at = gone->next;
    }
    (void)pthread_mutex_unlock(&shard->lock);
    free(gone);
}

/* ---- flows ---- */

struct admission_flow *
admission_flow(struct admission *a, struct text service)
{
    struct admission_flow *flow;

    (void)pthread_mutex_lock(&a->lock);
    for (flow = a->flows; flow != NULL; flow = flow->next) {
        if (text_equal(text_make(flow->name, flow->name_length), service))
            break;
    }
    if (flow == NULL && (flow = calloc(1, sizeof *flow + service.length + 1)) != NULL) {
        if (service.length > 0)
            memcpy(flow->name, service.data, service.length);
        flow->name_length = service.length;
        flow->next = a->flows;
        a->flows = flow;
    }
    (void)pthread_mutex_unlock(&a->lock);
    return flow;
}

bool
admission_flow_enter(struct admission_flow *flow, uint32_t most)
{
    return enter(&flow->count, most);
}

void
admission_flow_leave(struct admission_flow *flow)
{
    atomic_fetch_sub(&flow->count, 1);
}
