/* stale.c -- a set of places per shard; the answer that was not wanted for longest makes room. */
#include "proxy/stale.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "http/problem.h"

#define SHARDS 16
#define PLACES 128 /* of a shard */

/* One answer, in one piece of memory: the texts stand behind the fields, in their order. */
struct kept {
    struct hash_tag key;
    uint64_t used; /* by the shard's clock */
    uint16_t status;
    uint32_t field_count;
    size_t body_length;
    size_t size; /* bytes of texts */
    struct kept_field {
        size_t name, value;
        uint8_t id;
    } fields[];
};

struct shard {
    pthread_mutex_t lock;
    struct kept *places[PLACES];
    size_t bytes;
    uint64_t clock;
};

struct stale_memory {
    struct shard shards[SHARDS];
};

struct stale_memory *
stale_new(void)
{
    struct stale_memory *memory = calloc(1, sizeof *memory);

    for (unsigned i = 0; memory != NULL && i < SHARDS; i++)
        (void)pthread_mutex_init(&memory->shards[i].lock, NULL);
    return memory;
}

void
stale_free(struct stale_memory *memory)
{
    for (unsigned i = 0; memory != NULL && i < SHARDS; i++) {
        for (unsigned j = 0; j < PLACES; j++)
            free(memory->shards[i].places[j]);
        (void)pthread_mutex_destroy(&memory->shards[i].lock);
    }
    free(memory);
}

/* ---- keys ---- */

static bool
begins(struct text name, struct text with)
{
    return text_equal_nocase(text_slice(name, 0, with.length), with);
}

static bool
is_passing(const struct header *h)
{
    static const char *const names[] = { "User-Agent",
                                         "tracestate",
                                         "X-Request-ID",
                                         "X-Correlation-ID",
                                         "Request-Id",
                                         "Correlation-Id",
                                         "Idempotency-Key",
                                         "If-None-Match",
                                         "If-Match",
                                         "If-Modified-Since",
                                         "If-Unmodified-Since",
                                         "Cache-Control",
                                         "Pragma",
                                         "Via" };

    if (h->hop_by_hop || h->id == HEADER_DATE || h->id == HEADER_HOST || h->id == HEADER_CONTENT_LENGTH ||
        h->id == HEADER_EXPECT || h->id == HEADER_TRACEPARENT || h->id == HEADER_FORWARDED ||
        begins(h->name, TEXT("x-forwarded-")) || begins(h->name, TEXT("plumbline-")))
        return true;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (text_equal_nocase(h->name, text_of(names[i])))
            return true;
    return false;
}

/* So that no two parts can be read as others. */
static uint64_t
add(uint64_t sum, struct text part, bool nocase, uint64_t seed)
{
    return hash_mix(hash_mix(sum, part.length), nocase ? hash_text_nocase(part, seed) : hash_text(part, seed));
}

static uint64_t
half(const struct exchange *x, struct text body, uint64_t seed)
{
    const struct message *m = &x->request;
    uint64_t sum = add(seed, x->service, false, seed), fields = 0;

    sum = add(sum, m->method, false, seed);
    sum = add(sum, m->authority, true, seed);
    sum = add(sum, m->target, false, seed);
    sum = add(sum, body, false, seed);
    for (uint32_t i = 0; i < m->header_count; i++)
        if (!is_passing(&m->headers[i]))
            fields += add(add(seed, m->headers[i].name, true, seed), m->headers[i].value, false, seed);
    return hash_mix(sum, fields); /* in whatever order the fields came */
}

struct hash_tag
stale_key(const struct exchange *x, struct text body)
{
    uint64_t seed = hash_seed();

    return (struct hash_tag){ .a = half(x, body, seed), .b = half(x, body, hash_mix(seed, 1)) };
}

/* ---- the memory ---- */

static char *
texts_of(const struct kept *k)
{
    return (char *)(uintptr_t)&k->fields[k->field_count];
}

static void
copy(char **at, struct text t)
{
    if (t.length > 0)
        memcpy(*at, t.data, t.length);
    *at += t.length;
}

/* Fields about the connection and the framing are made anew when it is sent. */
static bool
is_kept(const struct header *h)
{
    return !h->hop_by_hop && h->id != HEADER_CONTENT_LENGTH;
}

static struct kept *
kept_new(struct hash_tag key, const struct message *m, struct text body)
{
    size_t size = body.length;
    uint32_t count = 0;
    struct kept *k;
    char *at;

    for (uint32_t i = 0; i < m->header_count; i++)
        if (is_kept(&m->headers[i])) {
            size += m->headers[i].name.length + m->headers[i].value.length;
            count++;
        }
    if (size > LIMIT_STALE_ANSWER)
        return NULL;
    k = calloc(1, sizeof *k + count * sizeof k->fields[0] + size + 1);
    if (k == NULL)
        return NULL;
    *k = (struct kept){
        .key = key, .status = m->status, .field_count = count, .body_length = body.length, .size = size
    };
    at = texts_of(k);
    count = 0;
    for (uint32_t i = 0; i < m->header_count; i++) {
        const struct header *h = &m->headers[i];

        if (!is_kept(h))
            continue;
        k->fields[count++] = (struct kept_field){ h->name.length, h->value.length, h->id };
        copy(&at, h->name);
        copy(&at, h->value);
    }
    copy(&at, body);
    return k;
}

static struct shard *
shard_of(struct stale_memory *memory, struct hash_tag key)
{
    return &memory->shards[key.a % SHARDS];
}

static bool
is_same(struct hash_tag a, struct hash_tag b)
{
    return a.a == b.a && a.b == b.b;
}

static void
forget(struct shard *s, unsigned place)
{
    if (s->places[place] == NULL)
        return;
    s->bytes -= s->places[place]->size;
    free(s->places[place]);
    s->places[place] = NULL;
}

static unsigned
oldest(const struct shard *s)
{
    unsigned found = PLACES;

    for (unsigned i = 0; i < PLACES; i++)
        if (s->places[i] != NULL && (found == PLACES || s->places[i]->used < s->places[found]->used))
            found = i;
    return found;
}

/* Where the key is, else a place that is empty, else that of the oldest. */
static unsigned
place_for(struct shard *s, struct hash_tag key)
{
    unsigned empty = PLACES;

    for (unsigned i = 0; i < PLACES; i++) {
        if (s->places[i] == NULL)
            empty = i;
        else if (is_same(s->places[i]->key, key))
            return i;
    }
    return empty < PLACES ? empty : oldest(s);
}

void
stale_keep(struct stale_memory *memory, struct hash_tag key, const struct message *answer, struct text body)
{
    struct kept *k = kept_new(key, answer, body);
    struct shard *s = shard_of(memory, key);
    unsigned place;

    if (k == NULL)
        return;
    (void)pthread_mutex_lock(&s->lock);
    place = place_for(s, key);
    forget(s, place);
    while (s->bytes + k->size > LIMIT_STALE_BYTES / SHARDS)
        forget(s, oldest(s));
    k->used = ++s->clock;
    s->bytes += k->size;
    s->places[place] = k;
    (void)pthread_mutex_unlock(&s->lock);
}

/* ---- as a message ---- */

static struct text
take(const char **at, size_t length)
{
    struct text t = text_make(*at, length);

    *at += length;
    return t;
}

/* False: no memory. */
static bool
restore(const struct kept *k, struct arena *arena, struct message *m)
{
    struct text texts = arena_text(arena, text_make(texts_of(k), k->size));
    const char *at = texts.data;

    *m = (struct message){ .status = k->status, .minor = 1, .reason = status_reason(k->status) };
    m->headers = ARENA_ARRAY(arena, struct header, k->field_count + 1);
    if (texts.data == NULL || m->headers == NULL)
        return false;
    for (uint32_t i = 0; i < k->field_count; i++) {
        struct text name = take(&at, k->fields[i].name);

        m->headers[m->header_count++] =
            (struct header){ .name = name, .value = take(&at, k->fields[i].value), .id = k->fields[i].id };
    }
    m->body = take(&at, k->body_length);
    return true;
}

bool
stale_find(struct stale_memory *memory, struct hash_tag key, struct arena *arena, struct message *answer)
{
    struct shard *s = shard_of(memory, key);
    bool found = false;

    (void)pthread_mutex_lock(&s->lock);
    for (unsigned i = 0; i < PLACES && !found; i++) {
        struct kept *k = s->places[i];

        if (k == NULL || !is_same(k->key, key))
            continue;
        k->used = ++s->clock;
        found = restore(k, arena, answer);
    }
    (void)pthread_mutex_unlock(&s->lock);
    return found;
}
