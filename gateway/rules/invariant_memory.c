/* invariant_memory.c -- keys and their messages in a bounded table; what was longest unused goes first. */
#include "rules/invariant_memory.h"

#include <stdlib.h>

#define BUCKETS_FIRST 64
#define SCRATCH_BYTES (32 * LIMIT_MIB) /* the documents of the messages of one equation */

struct invariant_memory *
invariant_memory_new(const struct invariants *rules, const struct invariant_limits *limits)
{
    struct invariant_memory *m = calloc(1, sizeof *m);

    if (m == NULL)
        return NULL;
    m->rules = rules;
    if (limits != NULL)
        m->limits = *limits;
    if (m->limits.entities == 0)
        m->limits.entities = LIMIT_WATCH_ENTITIES;
    if (m->limits.bytes == 0)
        m->limits.bytes = LIMIT_WATCH_BYTES;
    m->bucket_count = BUCKETS_FIRST;
    m->buckets = calloc(m->bucket_count, sizeof(struct entity *));
    m->scratch = arena_new(0, SCRATCH_BYTES);
    if (m->buckets == NULL || m->scratch == NULL) {
        invariant_memory_free(m);
        return NULL;
    }
    return m;
}

/* ---- the pending ones ---- */

/* Nearly always at the end: exchanges are fed about as they end. */
static void
add_pending(struct invariant_memory *m, struct candidate *c)
{
    struct candidate *before = m->pending_last;

    while (before != NULL && before->end > c->end)
        before = before->pending_before;
    c->pending = true;
    c->entity->pending++;
    c->pending_before = before;
    c->pending_after = before != NULL ? before->pending_after : m->pending_first;
    *(before != NULL ? &before->pending_after : &m->pending_first) = c;
    *(c->pending_after != NULL ? &c->pending_after->pending_before : &m->pending_last) = c;
}

void
invariant_memory_judged(struct invariant_memory *m, struct candidate *c)
{
    if (!c->pending)
        return;
    *(c->pending_before != NULL ? &c->pending_before->pending_after : &m->pending_first) = c->pending_after;
    *(c->pending_after != NULL ? &c->pending_after->pending_before : &m->pending_last) = c->pending_before;
    c->pending = false;
    c->entity->pending--;
}

/* ---- keys ---- */

static void
unlink_use(struct invariant_memory *m, struct entity *e)
{
    *(e->before != NULL ? &e->before->after : &m->latest) = e->after;
    *(e->after != NULL ? &e->after->before : &m->longest_unused) = e->before;
}

static void
link_use(struct invariant_memory *m, struct entity *e)
{
    e->before = NULL;
    e->after = m->latest;
    *(m->latest != NULL ? &m->latest->before : &m->longest_unused) = e;
    m->latest = e;
}

static struct entity **
bucket_of(struct invariant_memory *m, struct hash_tag tag)
{
    return &m->buckets[tag.a & (m->bucket_count - 1)];
}

static void
drop_candidate(struct invariant_memory *m, struct candidate **at)
{
    struct candidate *c = *at;
    size_t size = sizeof *c + c->length;

    invariant_memory_judged(m, c);
    *at = c->older;
    c->entity->parts[c->part].count--;
    c->entity->bytes -= (uint32_t)size;
    m->counts.bytes -= size;
    free(c);
}

static void
drop_entity(struct invariant_memory *m, struct entity *e)
{
    struct entity **at = bucket_of(m, e->tag);

    for (uint32_t i = 0; i < e->invariant->part_count; i++)
        while (e->parts[i].newest != NULL)
            drop_candidate(m, &e->parts[i].newest);
    while (*at != e)
        at = &(*at)->next;
    *at = e->next;
    unlink_use(m, e);
    m->counts.entities--;
    m->counts.bytes -= e->bytes;
    free(e);
}

static void
forget(struct invariant_memory *m, struct entity *e)
{
    for (uint32_t i = 0; i < e->invariant->part_count; i++)
        m->counts.forgotten += e->parts[i].count;
    drop_entity(m, e);
}

void
invariant_memory_free(struct invariant_memory *m)
{
    if (m == NULL)
        return;
    while (m->latest != NULL)
        drop_entity(m, m->latest);
    free(m->buckets);
    arena_free(m->scratch);
    free(m);
}

/* Twice as many buckets; with no memory for them the old ones do. */
static void
grow(struct invariant_memory *m)
{
    uint32_t count = m->bucket_count * 2;
    struct entity **buckets = calloc(count, sizeof(struct entity *));

    if (buckets == NULL)
        return;
    free(m->buckets);
    m->buckets = buckets;
    m->bucket_count = count;
    for (struct entity *e = m->latest; e != NULL; e = e->after) {
        struct entity **at = bucket_of(m, e->tag);

        e->next = *at;
        *at = e;
    }
}

static struct entity *
find_entity(struct invariant_memory *m, struct hash_tag tag)
{
    struct entity *e = *bucket_of(m, tag);

    while (e != NULL && (e->tag.a != tag.a || e->tag.b != tag.b))
        e = e->next;
    return e;
}

static struct entity *
entity_of(struct invariant_memory *m, const struct invariant_note *note)
{
    struct entity *e = find_entity(m, note->tag), **at;
    uint32_t parts = note->invariant->part_count;

    if (e != NULL) {
        unlink_use(m, e);
        link_use(m, e);
        return e;
    }
    if (m->counts.entities >= m->limits.entities)
        forget(m, m->longest_unused);
    if (m->counts.entities >= m->bucket_count)
        grow(m);
    e = calloc(1, sizeof *e + parts * sizeof e->parts[0]);
    if (e == NULL)
        return NULL;
    e->invariant = note->invariant;
    e->tag = note->tag;
    e->bytes = (uint32_t)(sizeof *e + parts * sizeof e->parts[0]);
    for (uint32_t i = 0; i < parts; i++)
        e->parts[i].dropped = e->parts[i].changed = INT64_MIN;
    at = bucket_of(m, e->tag);
    e->next = *at;
    *at = e;
    link_use(m, e);
    m->counts.entities++;
    m->counts.bytes += e->bytes;
    return e;
}

/* ---- messages ---- */

/* No more than a few of a part: the oldest goes, and that there was one is kept in mind. */
static void
make_room(struct invariant_memory *m, struct part_memory *p)
{
    struct candidate **at = &p->newest;

    if (p->count < LIMIT_WATCH_OVERLAP)
        return;
    while ((*at)->older != NULL)
        at = &(*at)->older;
    if ((*at)->end > p->dropped)
        p->dropped = (*at)->end;
    m->counts.forgotten++;
    drop_candidate(m, at);
}

struct candidate *
invariant_memory_add(struct invariant_memory *m, const struct invariant_note *note)
{
    struct entity *e = entity_of(m, note);
    struct part_memory *p;
    struct candidate *c, **at;
    size_t size = sizeof *c + note->message.length;

    if (note->lost)
        m->counts.forgotten++;
    if (e == NULL)
        return NULL;
    p = &e->parts[note->part];
    make_room(m, p);
    c = calloc(1, size);
    if (c == NULL) {
        forget(m, e);
        return NULL;
    }
    c->entity = e;
    c->part = note->part;
    c->operation = note->operation;
    c->begin = note->begin;
    c->end = note->end;
    c->known = note->known;
    c->changes = note->changes;
    memcpy(c->id, note->id.data, note->id.length < sizeof c->id ? note->id.length : sizeof c->id - 1);
    c->length = (uint32_t)note->message.length;
    if (c->length > 0)
        memcpy(c->message, note->message.data, c->length);
    for (at = &p->newest; *at != NULL && (*at)->begin > c->begin; at = &(*at)->older)
        ;
    c->older = *at;
    *at = c;
    if (c->changes && c->end > p->changed && (p->count > 0 || p->dropped != INT64_MIN))
        p->changed = c->end;
    p->count++;
    e->bytes += (uint32_t)size;
    m->counts.bytes += size;
    add_pending(m, c);
    while (m->counts.bytes > m->limits.bytes && m->longest_unused != e)
        forget(m, m->longest_unused);
    return c;
}

/* The earliest beginning of what may still be compared. */
static int64_t
earliest(const struct entity *e, int64_t settled)
{
    if (e->pending == 0)
        return settled;
    for (uint32_t i = 0; i < e->invariant->part_count; i++)
        for (const struct candidate *c = e->parts[i].newest; c != NULL; c = c->older)
            if (c->pending && c->begin < settled)
                settled = c->begin;
    return settled;
}

void
invariant_memory_prune(struct invariant_memory *m, struct entity *e, int64_t settled)
{
    int64_t first = earliest(e, settled);

    for (uint32_t i = 0; i < e->invariant->part_count; i++) {
        struct candidate **at = &e->parts[i].newest;
        int64_t bar = INT64_MIN; /* the latest beginning of one that ended before `first` */

        while (*at != NULL) {
            if (!(*at)->pending && (*at)->end < bar) {
                drop_candidate(m, at);
                continue;
            }
            if ((*at)->end < first && (*at)->begin > bar)
                bar = (*at)->begin;
            at = &(*at)->older;
        }
    }
}

/* ---- from outside ---- */

/* Those that nothing under way can overlap any more, in the order of their ends. */
static void
judge_settled(struct invariant_memory *m, const struct invariant_worker *worker, int64_t settled, watch_found_fn *found,
              void *arg)
{
    struct candidate *c = m->pending_first, *after;

    for (; c != NULL && c->end < settled; c = after) {
        after = c->pending_after;
        if (!invariant_judge(m, worker, c, settled, found, arg))
            continue;
        invariant_memory_judged(m, c);
        invariant_memory_prune(m, c->entity, settled);
    }
}

void
invariant_feed(struct invariant_memory *memory, const struct invariant_worker *worker,
               const struct invariant_note *note, int64_t settled, watch_found_fn *found, void *arg)
{
    (void)invariant_memory_add(memory, note);
    judge_settled(memory, worker, settled, found, arg);
}

void
invariant_tick(struct invariant_memory *memory, const struct invariant_worker *worker, int64_t settled,
               watch_found_fn *found, void *arg)
{
    judge_settled(memory, worker, settled, found, arg);
}

void
invariant_counts(const struct invariant_memory *memory, struct invariant_counts *counts)
{
    *counts = memory->counts;
}
