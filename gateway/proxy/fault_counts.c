/* fault_counts.c -- places of eight entities, in shards with a lock each; and a list of what fired. */
#include "proxy/fault_counts.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

#define SHARDS 64
#define WAYS   8 /* entities that may be at one place */

struct entity {
    uint64_t key; /* 0: none */
    uint64_t count;
    uint64_t seen; /* the shard's clock when it was counted last */
};

struct shard {
    _Alignas(64) pthread_mutex_t lock; /* two never share a cache line */
    struct entity *entities;
    uint64_t clock;
};

struct fired {
    struct fired *next;
    enum fault_effect effect;
    uint64_t count;
    size_t length;
    char name[];
};

struct fault_counts {
    uint32_t places; /* of each shard */
    uint32_t shards; /* whose locks are there */
    _Atomic uint64_t forgotten;
    struct entity *entities;
    pthread_mutex_t lock; /* for what follows */
    struct fired *fired;
    uint32_t names;
    uint64_t nameless; /* firings of rules that there was no room for */
    struct shard shard[SHARDS];
};

struct fault_counts *
fault_counts_new(uint32_t entities)
{
    struct fault_counts *c = aligned_alloc(_Alignof(struct fault_counts), sizeof *c);

    if (c == NULL)
        return NULL;
    memset(c, 0, sizeof *c);
    (void)pthread_mutex_init(&c->lock, NULL);
    c->places = (entities + SHARDS * WAYS - 1) / (SHARDS * WAYS);
    if (c->places == 0)
        c->places = 1;
    c->entities = calloc((size_t)c->places * SHARDS * WAYS, sizeof(struct entity)); /* touched when used */
    for (; c->entities != NULL && c->shards < SHARDS; c->shards++) {
        struct shard *shard = &c->shard[c->shards];

        if (pthread_mutex_init(&shard->lock, NULL) != 0)
            break;
        shard->entities = c->entities + (size_t)c->shards * c->places * WAYS;
    }
    if (c->shards == SHARDS)
        return c;
    fault_counts_free(c);
    return NULL;
}

void
fault_counts_free(struct fault_counts *c)
{
    if (c == NULL)
        return;
    while (c->fired != NULL) {
        struct fired *next = c->fired->next;

        free(c->fired);
        c->fired = next;
    }
    for (uint32_t i = 0; i < c->shards; i++)
        (void)pthread_mutex_destroy(&c->shard[i].lock);
    (void)pthread_mutex_destroy(&c->lock);
    free(c->entities);
    free(c);
}

/* ---- ordinals ---- */

static struct shard *
shard_of(struct fault_counts *c, uint64_t key, struct entity **place)
{
    uint64_t spread = hash_mix(key, hash_seed()); /* keys are made of what clients send */
    struct shard *shard = &c->shard[spread % SHARDS];

    *place = shard->entities + spread / SHARDS % c->places * WAYS;
    return shard;
}

static struct entity *
find(struct entity *place, uint64_t key)
{
    for (unsigned i = 0; i < WAYS; i++)
        if (place[i].key == key)
            return &place[i];
    return NULL;
}

/* The one that was not seen for longest makes room. */
static struct entity *
take_over(struct fault_counts *c, struct entity *place, uint64_t key)
{
    struct entity *oldest = place;

    for (unsigned i = 1; i < WAYS; i++)
        if (place[i].seen < oldest->seen)
            oldest = &place[i];
    if (oldest->key != 0)
        atomic_fetch_add_explicit(&c->forgotten, 1, memory_order_relaxed);
    *oldest = (struct entity){ .key = key };
    return oldest;
}

uint64_t
fault_counts_next(void *counts, uint64_t key)
{
    struct entity *place, *e;
    struct shard *shard;
    uint64_t ordinal;

    key = key != 0 ? key : 1;
    shard = shard_of(counts, key, &place);
    (void)pthread_mutex_lock(&shard->lock);
    e = find(place, key);
    if (e == NULL)
        e = take_over(counts, place, key);
    e->seen = ++shard->clock;
    ordinal = ++e->count;
    (void)pthread_mutex_unlock(&shard->lock);
    return ordinal;
}

uint64_t
fault_counts_peek(void *counts, uint64_t key)
{
    struct entity *place;
    const struct entity *e;
    struct shard *shard;
    uint64_t ordinal;

    key = key != 0 ? key : 1;
    shard = shard_of(counts, key, &place);
    (void)pthread_mutex_lock(&shard->lock);
    e = find(place, key);
    ordinal = e != NULL ? e->count : 0;
    (void)pthread_mutex_unlock(&shard->lock);
    return ordinal;
}

uint64_t
fault_counts_forgotten(const struct fault_counts *c)
{
    return atomic_load_explicit(&c->forgotten, memory_order_relaxed);
}

/* ---- firings ---- */

/* Under the lock. */
static struct fired *
find_fired(const struct fault_counts *c, const struct fault_rule *rule)
{
    struct fired *f = c->fired;

    while (f != NULL && !(f->effect == rule->effect && text_equal(text_make(f->name, f->length), rule->name)))
        f = f->next;
    return f;
}

static struct fired *
add_fired(struct fault_counts *c, const struct fault_rule *rule)
{
    struct fired *f = c->names < FAULT_COUNTS_NAMES ? malloc(sizeof *f + rule->name.length) : NULL;
    struct fired **end = &c->fired;

    if (f == NULL)
        return NULL;
    *f = (struct fired){ .effect = rule->effect, .length = rule->name.length };
    memcpy(f->name, rule->name.data, rule->name.length);
    while (*end != NULL)
        end = &(*end)->next;
    *end = f;
    c->names++;
    return f;
}

void
fault_counts_fired(struct fault_counts *c, const struct fault_rule *rule)
{
    struct fired *f;

    (void)pthread_mutex_lock(&c->lock);
    f = find_fired(c, rule);
    if (f == NULL)
        f = add_fired(c, rule);
    if (f != NULL)
        f->count++;
    else
        c->nameless++;
    (void)pthread_mutex_unlock(&c->lock);
}

uint64_t
fault_counts_firings(struct fault_counts *c, const struct fault_rule *rule)
{
    const struct fired *f;
    uint64_t count;

    (void)pthread_mutex_lock(&c->lock);
    f = find_fired(c, rule);
    count = f != NULL ? f->count : 0;
    (void)pthread_mutex_unlock(&c->lock);
    return count;
}

void
fault_counts_metrics(struct fault_counts *c, struct buffer *out)
{
    buffer_print(out, "# HELP plumbline_faults_total Faults that were injected, by rule.\n"
                      "# TYPE plumbline_faults_total counter\n");
    (void)pthread_mutex_lock(&c->lock);
    for (const struct fired *f = c->fired; f != NULL; f = f->next) /* names need no escapes: rules/fault.h */
        buffer_print(out, "plumbline_faults_total{rule=\"%.*s\",effect=\"%s\"} %llu\n", (int)f->length, f->name,
                     fault_effect_key(f->effect), (unsigned long long)f->count);
    if (c->nameless > 0)
        buffer_print(out, "plumbline_faults_total{rule=\"…\",effect=\"\"} %llu\n", (unsigned long long)c->nameless);
    (void)pthread_mutex_unlock(&c->lock);
    buffer_print(out,
                 "# HELP plumbline_faults_forgotten_total Entities whose ordinals were forgotten for want of room.\n"
                 "# TYPE plumbline_faults_forgotten_total counter\nplumbline_faults_forgotten_total %llu\n",
                 (unsigned long long)fault_counts_forgotten(c));
}
