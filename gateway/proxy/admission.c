/* admission.c -- counts that all workers share.
 *
 * The one complication: a worker that finds no place must not miss the one that becomes free meanwhile. So it says that
 * it waits before it looks again, and who leaves looks for those who wait after it has left. */
#include "proxy/admission.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

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
    _Alignas(64) atomic_uint connections;
    _Alignas(64) atomic_uint waiting; /* seats that wait: nobody takes the lock for nothing */
    pthread_mutex_t lock;             /* of the seats and the flows */
    struct admission_seat *seats;
    struct admission_flow *flows;
    struct shard shards[SHARDS];
};

struct admission *
admission_new(void)
{
    struct admission *a = aligned_alloc(_Alignof(struct admission), sizeof *a);

    if (a == NULL)
        return NULL;
    memset(a, 0, sizeof *a);
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
    if (!enter(&a->connections, most))
        return false;
    wait_no_longer(a, seat);
    return true;
}

void
admission_leave(struct admission *a)
{
    atomic_fetch_sub(&a->connections, 1);
    if (atomic_load(&a->waiting) == 0)
        return;
    (void)pthread_mutex_lock(&a->lock);
    for (struct admission_seat *seat = a->seats; seat != NULL; seat = seat->next) {
        if (!atomic_load(&seat->waiting))
            continue;
        wait_no_longer(a, seat);
        loop_wake(seat->loop);
    }
    (void)pthread_mutex_unlock(&a->lock);
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
