/* rate_limit.c -- places of eight callers, in shards with a lock each. */
#include "proxy/rate_limit.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/random.h"

#define SHARDS 64
#define WAYS   8 /* callers that may be at one place */

struct caller {
    struct hash_tag tag;
    int64_t earned; /* when all it used is earned again; in the past: it may use its whole burst */
};

struct shard {
    _Alignas(64) pthread_mutex_t lock; /* two never share a cache line */
    struct caller *callers;
};

struct rate_table {
    struct hash_key key;
    uint32_t places; /* of each shard */
    uint32_t shards; /* whose locks are there */
    _Atomic uint64_t forgotten;
    struct caller *callers;
    struct shard shard[SHARDS];
};

struct rate_table *
rate_table_new(uint32_t callers)
{
    struct rate_table *table = aligned_alloc(_Alignof(struct rate_table), sizeof *table);

    if (table == NULL)
        return NULL;
    memset(table, 0, sizeof *table);
    table->places = (callers + SHARDS * WAYS - 1) / (SHARDS * WAYS);
    if (table->places == 0)
        table->places = 1;
    table->callers = calloc((size_t)table->places * SHARDS * WAYS, sizeof(struct caller)); /* touched when used */
    if (table->callers == NULL || random_bytes(&table->key, sizeof table->key) < 0)
        goto fail;
    for (; table->shards < SHARDS; table->shards++) {
        struct shard *shard = &table->shard[table->shards];

        if (pthread_mutex_init(&shard->lock, NULL) != 0)
            goto fail;
        shard->callers = table->callers + (size_t)table->shards * table->places * WAYS;
    }
    return table;

fail:
    rate_table_free(table);
    return NULL;
}

void
rate_table_free(struct rate_table *table)
{
    if (table == NULL)
        return;
    for (uint32_t i = 0; i < table->shards; i++)
        (void)pthread_mutex_destroy(&table->shard[i].lock);
    free(table->callers);
    free(table);
}

/* The tag of a caller under a rate: rates of other names or numbers know nothing of each other. */
static struct hash_tag
tag_of(const struct rate_table *table, const struct rate_settings *rate, struct text caller)
{
    struct {
        struct hash_tag name, header, caller;
        int64_t interval;
        uint64_t burst;
    } all = {
        .name = hash_keyed(rate->name, table->key),
        .header = hash_keyed(rate->header, table->key),
        .caller = hash_keyed(caller, table->key),
        .interval = rate->interval,
        .burst = rate->burst,
    };

    return hash_keyed(text_make((const char *)&all, sizeof all), table->key);
}

/* Its entry at this place, or the one that it takes over. */
static struct caller *
find(struct rate_table *table, struct caller *place, struct hash_tag tag, int64_t now)
{
    struct caller *least = place;

    for (unsigned i = 0; i < WAYS; i++) {
        if (place[i].tag.a == tag.a && place[i].tag.b == tag.b)
            return &place[i];
        if (place[i].earned < least->earned)
            least = &place[i];
    }
    if (least->earned > now)
        atomic_fetch_add_explicit(&table->forgotten, 1, memory_order_relaxed);
    *least = (struct caller){ .tag = tag, .earned = 0 };
    return least;
}

struct rate_answer
rate_table_take(struct rate_table *table, const struct rate_settings *rate, struct text caller, int64_t now)
{
    struct hash_tag tag = tag_of(table, rate, caller);
    struct shard *shard = &table->shard[tag.a % SHARDS];
    int64_t most = rate->interval * (int64_t)rate->burst, used;
    struct rate_answer answer;
    struct caller *c;

    (void)pthread_mutex_lock(&shard->lock);
    c = find(table, shard->callers + tag.b % table->places * WAYS, tag, now);
    used = c->earned > now ? c->earned - now : 0;
    answer.passes = used + rate->interval <= most;
    if (answer.passes) {
        used += rate->interval;
        c->earned = now + used;
    }
    (void)pthread_mutex_unlock(&shard->lock);

    answer.left = used < most ? (uint32_t)((most - used) / rate->interval) : 0;
    answer.full = used;
    answer.wait = used + rate->interval > most ? used + rate->interval - most : 0;
    return answer;
}

uint64_t
rate_table_forgotten(const struct rate_table *table)
{
    return atomic_load_explicit(&table->forgotten, memory_order_relaxed);
}

void
rate_table_metrics(const struct rate_table *table, struct buffer *out)
{
    buffer_print(out,
                 "# HELP plumbline_rate_forgotten_total Callers whose use of a rate was forgotten for want of room.\n"
                 "# TYPE plumbline_rate_forgotten_total counter\nplumbline_rate_forgotten_total %llu\n",
                 (unsigned long long)rate_table_forgotten(table));
}
