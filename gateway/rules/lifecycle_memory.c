/* lifecycle_memory.c -- where entities are kept: found by their keys, and the least recently used are forgotten when
 * there is no more room. */
#include "rules/lifecycle_memory.h"

#include <stdlib.h>

#define TABLE_FIRST  256
#define TEXT_CEILING (64 * LIMIT_KIB)

/* ---- lists ---- */

void
entity_link_add(struct link_list *list, struct link *link)
{
    entity_link_remove(link);
    *link = (struct link){ list->last, NULL, list };
    if (list->last != NULL)
        list->last->after = link;
    else
        list->first = link;
    list->last = link;
}

void
entity_link_remove(struct link *link)
{
    if (link->list == NULL)
        return;
    if (link->before != NULL)
        link->before->after = link->after;
    else
        link->list->first = link->after;
    if (link->after != NULL)
        link->after->before = link->before;
    else
        link->list->last = link->before;
    *link = (struct link){ NULL, NULL, NULL };
}

/* ---- the memory ---- */

struct lifecycle_memory *
lifecycle_memory_new(const struct lifecycles *rules, const struct lifecycle_limits *limits)
{
    struct lifecycle_memory *m = calloc(1, sizeof(*m));

    if (m == NULL)
        return NULL;
    m->rules = rules;
    if (limits != NULL)
        m->limits = *limits;
    if (m->limits.entities == 0)
        m->limits.entities = LIMIT_WATCH_ENTITIES;
    if (m->limits.bytes == 0)
        m->limits.bytes = LIMIT_WATCH_BYTES;
    m->table_size = TABLE_FIRST;
    m->table = calloc(m->table_size, sizeof(m->table[0]));
    m->timed = calloc((size_t)rules->state_count + 1, sizeof(m->timed[0]));
    m->scratch = order_scratch_new();
    m->texts = arena_new(0, TEXT_CEILING);
    if (m->table == NULL || m->timed == NULL || m->scratch == NULL || m->texts == NULL) {
        lifecycle_memory_free(m);
        return NULL;
    }
    return m;
}

/* What malloc gives is counted by what was asked for. */
static void *
take(struct lifecycle_memory *m, size_t size)
{
    void *memory = calloc(1, size);

    if (memory != NULL)
        m->counts.bytes += size;
    return memory;
}

static void
give(struct lifecycle_memory *m, void *memory, size_t size)
{
    if (memory == NULL)
        return;
    m->counts.bytes -= size;
    free(memory);
}

static void
unlink_from_table(struct lifecycle_memory *m, struct entity *e)
{
    struct entity **at = &m->table[e->hash & (m->table_size - 1)];

    while (*at != e)
        at = &(*at)->chain;
    *at = e->chain;
}

static void
free_branches(struct lifecycle_memory *m, struct entity *e)
{
    if (e->branches != &e->only)
        give(m, e->branches, e->branch_count * sizeof(e->branches[0]));
    e->branches = &e->only;
    e->branch_count = 1;
}

static void
forget(struct lifecycle_memory *m, struct entity *e)
{
    while (e->names != NULL) {
        struct entity *name = e->names;

        e->names = name->sibling;
        forget(m, name);
    }
    entity_drop_slots(m, e, e->slots_used);
    free_branches(m, e);
    give(m, e->fixed, e->lifecycle->fixed_count * sizeof(e->fixed[0]));
    entity_link_remove(&e->used);
    entity_link_remove(&e->waiting);
    entity_link_remove(&e->timed);
    unlink_from_table(m, e);
    m->counts.entities--;
    give(m, e, sizeof(*e) + e->key_length);
}

#define ENTITY_OF(link_pointer, member) ((struct entity *)((char *)(link_pointer)-offsetof(struct entity, member)))

void
lifecycle_memory_free(struct lifecycle_memory *memory)
{
    if (memory == NULL)
        return;
    while (memory->used.first != NULL)
        forget(memory, ENTITY_OF(memory->used.first, used));
    order_scratch_free(memory->scratch);
    arena_free(memory->texts);
    free(memory->timed);
    free(memory->table);
    free(memory);
}

void
lifecycle_counts(const struct lifecycle_memory *memory, struct lifecycle_counts *counts)
{
    *counts = memory->counts;
}

/* ---- entities ---- */

struct entity *
entity_find(const struct lifecycle_memory *m, uint64_t hash, const struct lifecycle *l, uint32_t name, struct text key)
{
    struct entity *e = m->table[hash & (m->table_size - 1)];

    while (e != NULL && (e->hash != hash || e->lifecycle != l || e->name != name ||
                         !text_equal(text_make(e->key, e->key_length), key)))
        e = e->chain;
    return e != NULL && e->main != NULL ? e->main : e;
}

/* Twice the table; without memory the chains grow longer. */
static void
grow_table(struct lifecycle_memory *m)
{
    struct entity **table;
    uint32_t size = m->table_size * 2;

    if (m->counts.entities < m->table_size || (table = calloc(size, sizeof(table[0]))) == NULL)
        return;
    for (uint32_t i = 0; i < m->table_size; i++)
        while (m->table[i] != NULL) {
            struct entity *e = m->table[i];

            m->table[i] = e->chain;
            e->chain = table[e->hash & (size - 1)];
            table[e->hash & (size - 1)] = e;
        }
    free(m->table);
    m->table = table;
    m->table_size = size;
}

/* The least recently used one, out of its list; NULL when there is none but `keep`, which has just been used. */
static struct entity *
take_oldest(struct lifecycle_memory *m, const struct entity *keep)
{
    struct link *oldest = m->used.first;

    if (oldest == NULL || ENTITY_OF(oldest, used) == keep)
        return NULL;
    m->used.first = oldest->after;
    if (oldest->after != NULL)
        oldest->after->before = NULL;
    else
        m->used.last = NULL;
    oldest->list = NULL;
    return ENTITY_OF(oldest, used);
}

static void
make_room(struct lifecycle_memory *m, size_t size, const struct entity *keep)
{
    while (m->counts.entities >= m->limits.entities || m->counts.bytes + size > m->limits.bytes) {
        struct entity *oldest = take_oldest(m, keep);

        if (oldest == NULL)
            return;
        forget(m, oldest);
        m->counts.forgotten++;
    }
}

struct entity *
entity_add(struct lifecycle_memory *m, uint64_t hash, const struct lifecycle *l, uint32_t name, struct text key,
           struct entity *keep)
{
    size_t size = sizeof(struct entity) + key.length;
    struct entity *e;

    make_room(m, size, keep);
    grow_table(m);
    if ((e = take(m, size)) == NULL)
        return NULL;
    e->hash = hash;
    e->lifecycle = l;
    e->name = name;
    e->key_length = (uint32_t)key.length;
    memcpy(e->key, key.data, key.length);
    e->chain = m->table[hash & (m->table_size - 1)];
    m->table[hash & (m->table_size - 1)] = e;
    m->counts.entities++;
    e->branches = &e->only;
    e->first = INT64_MAX;
    entity_unknown(m, e);
    return e;
}

void
entity_used(struct lifecycle_memory *m, struct entity *e)
{
    entity_link_add(&m->used, &e->used);
}

/* ---- slots ---- */

struct slot *
entity_slot(const struct entity *e, uint32_t index)
{
    struct slot *slot = e->slots;

    while (slot != NULL && slot->index != index)
        slot = slot->next;
    return slot;
}

static void
copy_shown(char *to, struct text t)
{
    t = text_slice(t, 0, SHOWN_BYTES - 1);
    if (t.length > 0)
        memcpy(to, t.data, t.length);
    to[t.length] = '\0';
}

static void
add_slot(struct lifecycle_memory *m, struct entity *e, struct slot *slot)
{
    slot->index = (uint8_t)__builtin_ctzll(~e->slots_used);
    slot->next = e->slots;
    e->slots = slot;
    e->slots_used |= BIT(slot->index);
    if (e->waiting.list == NULL)
        entity_link_add(&m->waiting, &e->waiting);
}

bool
entity_keep(struct lifecycle_memory *m, struct entity *e, const struct lifecycle_note *note)
{
    struct slot *slot;

    if (~e->slots_used == 0 || (slot = take(m, sizeof(*slot))) == NULL)
        return false;
    slot->item = (struct order_item){ note->event,         note->begin, note->end, note->repeat,
                                      (uint8_t)note->kind, note->shows, note->sets };
    slot->status = note->status;
    (void)memcpy(slot->id, note->id, ID_BYTES);
    copy_shown(slot->word, note->word);
    if (note->field_count > 0 && (slot->fields = take(m, note->field_count * sizeof(slot->fields[0]))) != NULL)
        for (; slot->field_count < note->field_count; slot->field_count++) {
            const struct note_field *from = &note->fields[slot->field_count];
            struct slot_field *to = &slot->fields[slot->field_count];

            to->index = from->index;
            to->hash = from->hash;
            to->instance = from->instance;
            copy_shown(to->text, from->text);
        }
    add_slot(m, e, slot);
    return true;
}

void
entity_drop_slots(struct lifecycle_memory *m, struct entity *e, uint64_t slots)
{
    struct slot **at = &e->slots;

    while (*at != NULL) {
        struct slot *slot = *at;

        if ((slots & BIT(slot->index)) == 0) {
            at = &slot->next;
            continue;
        }
        *at = slot->next;
        give(m, slot->fields, slot->field_count * sizeof(slot->fields[0]));
        give(m, slot, sizeof(*slot));
    }
    e->slots_used &= ~slots;
    if (e->slots_used == 0)
        entity_link_remove(&e->waiting);
}

/* ---- what is known ---- */

bool
entity_set_branches(struct lifecycle_memory *m, struct entity *e, const struct order_branch *branches, uint32_t count)
{
    struct order_branch *copy = &e->only;

    if (count > 1 && (copy = take(m, count * sizeof(copy[0]))) == NULL) {
        entity_unknown(m, e);
        return false;
    }
    free_branches(m, e);
    memcpy(copy, branches, count * sizeof(copy[0]));
    e->branches = copy;
    e->branch_count = count;
    return true;
}

void
entity_unknown(struct lifecycle_memory *m, struct entity *e)
{
    entity_drop_slots(m, e, e->slots_used);
    free_branches(m, e);
    e->only.applied = 0;
    e->only.states = e->lifecycle->live | BIT(STATE_NONE) | BIT(STATE_GONE);
    e->only.last = ORDER_SLOTS;
    e->from_birth = false;
    e->by = NULL;
    e->by_id[0] = '\0';
    entity_link_remove(&e->timed);
}

struct fixed_value *
entity_fixed(struct lifecycle_memory *m, struct entity *e)
{
    if (e->fixed == NULL)
        e->fixed = take(m, e->lifecycle->fixed_count * sizeof(e->fixed[0]));
    return e->fixed;
}

/* ---- other names ---- */

/* Exchanges that named it before anybody knew what it was. */
static void
take_over_slots(struct lifecycle_memory *m, struct entity *e, struct entity *other)
{
    while (other->slots != NULL) {
        struct slot *slot = other->slots;

        if (~e->slots_used == 0)
            break;
        other->slots = slot->next;
        other->slots_used &= ~BIT(slot->index);
        add_slot(m, e, slot);
    }
}

void
entity_name(struct lifecycle_memory *m, struct entity *e, const struct note_name *name)
{
    struct entity *other = entity_find(m, name->hash, e->lifecycle, name->index, name->key);

    if (other == NULL) {
        if ((other = entity_add(m, name->hash, e->lifecycle, name->index, name->key, e)) == NULL)
            return;
    } else if (other == e || other->name == 0 || other->names != NULL) {
        return; /* it is so already; or another entity has that name, and keeps it */
    } else {
        take_over_slots(m, e, other);
        entity_unknown(m, other);
        entity_link_remove(&other->used);
    }
    other->main = e;
    other->sibling = e->names;
    e->names = other;
}
