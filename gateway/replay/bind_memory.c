/* bind_memory.c -- what a run remembers: values, which answers had them, and what the new run has in place of them. */
#include <stdlib.h>

#include "base/hash.h"
#include "base/limits.h"
#include "replay/bind_internal.h"

#define FIRST_BUCKETS 1024

/* ---- values ---- */

struct known *
binder_find(const struct binder *b, struct text value)
{
    uint64_t hash = hash_text(value, hash_seed());
    struct known *v = b->table[hash & (b->buckets - 1)];

    while (v != NULL && !(v->hash == hash && text_equal(known_text(v), value)))
        v = v->next;
    return v;
}

/* Where there is no memory for more buckets, lists get longer. */
static void
grow_table(struct binder *b)
{
    uint32_t buckets = b->buckets * 2;
    struct known **table = calloc(buckets, sizeof(struct known *));

    if (table == NULL)
        return;
    for (uint32_t i = 0; i < b->buckets; i++)
        while (b->table[i] != NULL) {
            struct known *v = b->table[i], **head = &table[v->hash & (buckets - 1)];

            b->table[i] = v->next;
            v->next = *head;
            *head = v;
        }
    free(b->table);
    b->table = table;
    b->buckets = buckets;
}

struct known *
binder_know(struct binder *b, struct text value, struct shape shape, bool own)
{
    struct known *v = binder_find(b, value), **head;

    if (v == NULL) {
        v = malloc(sizeof *v + value.length);
        if (v == NULL)
            return NULL;
        *v = (struct known){
            .hash = hash_text(value, hash_seed()), .length = (uint32_t)value.length, .shape = shape, .own = own
        };
        memcpy(v->data, value.data, value.length);
        if (++b->known_count > b->buckets)
            grow_table(b);
        head = &b->table[v->hash & (b->buckets - 1)];
        v->next = *head;
        *head = v;
        b->bytes += sizeof *v + value.length;
    }
    v->refs++;
    return v;
}

void
binder_forget(struct binder *b, struct known *v)
{
    struct known **link = &b->table[v->hash & (b->buckets - 1)];

    if (--v->refs > 0)
        return;
    while (*link != v)
        link = &(*link)->next;
    *link = v->next;
    b->known_count--;
    b->bytes -= sizeof *v + v->length;
    free(v);
}

struct text
binder_own_key(struct text name, struct text value, char key[OWN_KEY])
{
    if (name.length == 0 || name.length + value.length + 1 > OWN_KEY)
        return text_make(NULL, 0);
    memcpy(key, name.data, name.length);
    key[name.length] = '\0';
    memcpy(key + name.length + 1, value.data, value.length);
    return text_make(key, name.length + 1 + value.length);
}

/* ---- issues ---- */

static bool
grow_newest(struct binder *b, uint32_t index)
{
    uint32_t room = b->newest_room > 0 ? b->newest_room : 64;
    struct issue **newest;

    while (room <= index)
        room *= 2;
    newest = realloc(b->newest, room * sizeof(struct issue *));
    if (newest == NULL)
        return false;
    memset(newest + b->newest_room, 0, (room - b->newest_room) * sizeof(struct issue *));
    b->newest = newest;
    b->newest_room = room;
    return true;
}

int
binder_link(struct binder *b, struct issue *i)
{
    struct known *v = i->value;
    struct issue **there;

    if (i->place->index >= b->newest_room && !grow_newest(b, i->place->index))
        return -1;
    i->older = v->newest;
    if (v->newest != NULL)
        v->newest->newer = i;
    else
        v->oldest = i;
    v->newest = i;
    there = &b->newest[i->place->index];
    i->older_there = *there;
    if (*there != NULL)
        (*there)->newer_there = i;
    *there = i;
    return 0;
}

static void
unlink_issue(struct binder *b, struct issue *i)
{
    struct known *v = i->value;

    if (i->newer != NULL)
        i->newer->older = i->older;
    else
        v->newest = i->older;
    if (i->older != NULL)
        i->older->newer = i->newer;
    else
        v->oldest = i->newer;
    if (i->newer_there != NULL)
        i->newer_there->older_there = i->older_there;
    else
        b->newest[i->place->index] = i->older_there;
    if (i->older_there != NULL)
        i->older_there->newer_there = i->newer_there;
}

/* ---- live values ---- */

struct text
binder_now(const struct issue *i)
{
    return i->answered ? text_make(i->trace->now + i->now, i->now_length) : text_make(NULL, 0);
}

static void
grow_live(struct binder *b)
{
    uint32_t buckets = b->live_buckets * 2;
    struct live **table = calloc(buckets, sizeof(struct live *));

    if (table == NULL)
        return;
    for (uint32_t i = 0; i < b->live_buckets; i++)
        while (b->live[i] != NULL) {
            struct live *l = b->live[i], **head = &table[l->hash & (buckets - 1)];

            b->live[i] = l->next;
            l->next = *head;
            *head = l;
        }
    free(b->live);
    b->live = table;
    b->live_buckets = buckets;
}

int
binder_live(struct binder *b, struct issue *i)
{
    struct live *l, **head;

    if (i->live != NULL || !i->answered || text_equal(binder_now(i), known_text(i->value)))
        return 0;
    l = malloc(sizeof *l);
    if (l == NULL)
        return -1;
    if (++b->live_count > b->live_buckets)
        grow_live(b);
    *l = (struct live){ .hash = hash_text(binder_now(i), hash_seed()), .issue = i };
    head = &b->live[l->hash & (b->live_buckets - 1)];
    l->next = *head;
    *head = l;
    i->live = l;
    b->bytes += sizeof *l;
    return 0;
}

struct issue *
binder_live_find(const struct binder *b, struct text now)
{
    uint64_t hash = hash_text(now, hash_seed());
    const struct live *l = b->live_count > 0 ? b->live[hash & (b->live_buckets - 1)] : NULL;

    while (l != NULL && !(l->hash == hash && text_equal(binder_now(l->issue), now)))
        l = l->next;
    return l != NULL ? l->issue : NULL;
}

static void
unlink_live(struct binder *b, struct issue *i)
{
    struct live **link;

    if (i->live == NULL)
        return;
    link = &b->live[i->live->hash & (b->live_buckets - 1)];
    while (*link != i->live)
        link = &(*link)->next;
    *link = i->live->next;
    b->live_count--;
    b->bytes -= sizeof *i->live;
    free(i->live);
    i->live = NULL;
}

/* ---- traces ---- */

struct trace *
binder_trace(const struct binder *b, uint64_t number)
{
    struct trace *t = &b->traces[number % b->window];

    return number > 0 && t->number == number ? t : NULL;
}

static void
forget_trace(struct binder *b, struct trace *t)
{
    for (uint32_t i = 0; i < t->issue_count; i++) {
        unlink_live(b, &t->issues[i]);
        unlink_issue(b, &t->issues[i]);
        binder_forget(b, t->issues[i].value);
    }
    for (uint32_t i = 0; i < t->ref_count; i++)
        binder_forget(b, t->refs[i]);
    free(t->issues);
    free(t->taken);
    free(t->refs);
    free(t->now);
    free(t->path);
    b->bytes -= t->bytes;
    memset(t, 0, sizeof *t);
}

struct trace *
binder_begin(struct binder *b, uint64_t number)
{
    struct trace *t = &b->traces[number % b->window];

    if (t->number > 0)
        forget_trace(b, t);
    if (b->last == 0)
        b->first = number;
    if (number >= b->window && b->first <= number - b->window)
        b->first = number - b->window + 1;
    for (; b->bytes > LIMIT_REPLAY_MEMORY && b->first < number; b->first++) {
        struct trace *old = binder_trace(b, b->first);

        if (old == NULL)
            continue;
        forget_trace(b, old);
        b->counts.evicted++;
    }
    b->last = number;
    t->number = number;
    return t;
}

/* ---- life ---- */

struct binder *
binder_new(const struct binder_options *options)
{
    struct binder *b = calloc(1, sizeof *b);

    if (b == NULL)
        return NULL;
    b->own_rules = options->rules == NULL;
    b->rules = options->rules != NULL ? options->rules : bindings_new();
    b->learn = options->learn;
    b->take_ambiguous = options->take_ambiguous;
    b->window = options->window > 0 ? options->window : LIMIT_REPLAY_WINDOW;
    b->buckets = b->live_buckets = FIRST_BUCKETS;
    b->traces = calloc(b->window, sizeof(struct trace));
    b->table = calloc(b->buckets, sizeof(struct known *));
    b->live = calloc(b->live_buckets, sizeof(struct live *));
    b->scratch = arena_new(64 * LIMIT_KIB, LIMIT_EXCHANGE_ARENA);
    if (b->rules != NULL && b->traces != NULL && b->table != NULL && b->live != NULL && b->scratch != NULL)
        return b;
    binder_free(b);
    return NULL;
}

void
binder_free(struct binder *b)
{
    if (b == NULL)
        return;
    for (uint32_t i = 0; b->traces != NULL && i < b->window; i++)
        if (b->traces[i].number > 0)
            forget_trace(b, &b->traces[i]);
    if (b->own_rules)
        bindings_free(b->rules);
    free(b->traces);
    free(b->table);
    free(b->live);
    free(b->newest);
    arena_free(b->scratch);
    free(b);
}

struct binder_counts
binder_counts(const struct binder *b)
{
    struct binder_counts counts = b->counts;

    counts.not_learned = b->rules->full;
    counts.values = b->known_count;
    counts.bytes = b->bytes;
    return counts;
}
