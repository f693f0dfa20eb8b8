/* lifecycle_feed.c -- exchanges come in, and are held against what is known of their entity as soon as nothing can
 * overlap them any more. */
#include "rules/lifecycle_memory.h"

#define SETTLED_AT_ONCE     2 /* entities that wait, looked at with every note: so nobody has to tick for them */

#define WAITING_OF(pointer) ((struct entity *)((char *)(pointer)-offsetof(struct entity, waiting)))
#define TIMED_OF(pointer)   ((struct entity *)((char *)(pointer)-offsetof(struct entity, timed)))

/* ---- states that last ---- */

/* It came to another state, at `since`, or is not known to be in this one any more. */
static void
set_timer(struct lifecycle_memory *m, struct entity *e, bool changed, int64_t since)
{
    uint64_t states = e->branches[0].states;
    bool single = e->branch_count == 1 && (states & (states - 1)) == 0;
    uint32_t state = (uint32_t)__builtin_ctzll(states);

    if (!single || e->lifecycle->states[state].lasts == 0) {
        entity_link_remove(&e->timed);
    } else if (changed) {
        e->lasting = state;
        e->deadline = since + e->lifecycle->states[state].lasts;
        entity_link_add(&m->timed[e->lifecycle->first_timed + state], &e->timed);
    }
}

/* Did its state last too long before anything else was seen? Told once. */
static void
judge_time(struct lifecycle_memory *m, struct entity *e, int64_t now)
{
    if (e->timed.list == NULL || e->deadline >= now)
        return;
    lifecycle_found_lasting(m, e, e->lasting);
    entity_link_remove(&e->timed);
}

/* ---- an exchange has its place ---- */

static void
remember_repeat(struct entity *e, uint64_t repeat)
{
    if (repeat != 0)
        e->repeats[e->repeat_next++ % REPEATS] = repeat;
}

static bool
is_repeated(const struct entity *e, uint64_t repeat)
{
    for (uint32_t i = 0; repeat != 0 && i < REPEATS; i++)
        if (e->repeats[i] == repeat)
            return true;
    return false;
}

/* Was this field fixed already when the exchange showed it? */
static bool
is_fixed(const struct entity *e, const struct slot *slot, const struct fixed_rule *rule)
{
    uint8_t state = slot->item.shows < STATE_MAX ? slot->item.shows : slot->item.sets;

    if (state < STATE_MAX)
        return (rule->states & BIT(state)) != 0;
    return e->branch_count == 1 && (e->branches[0].states & ~rule->states) == 0;
}

static void
judge_fields(struct lifecycle_memory *m, struct entity *e, const struct slot *slot)
{
    struct fixed_value *known = slot->field_count > 0 ? entity_fixed(m, e) : NULL;

    for (uint32_t i = 0; known != NULL && i < slot->field_count; i++) {
        const struct slot_field *field = &slot->fields[i];
        struct fixed_value *fixed = &known[field->index];

        if (!is_fixed(e, slot, &e->lifecycle->fixed[field->index]))
            continue;
        if (fixed->known && fixed->hash == field->hash)
            continue;
        if (fixed->known)
            lifecycle_found_changed(m, e, slot, field, fixed);
        fixed->known = true;
        fixed->hash = field->hash;
        fixed->begin = slot->item.begin;
        memcpy(fixed->text, field->text, sizeof(fixed->text));
        memcpy(fixed->id, slot->id, sizeof(fixed->id));
    }
}

static void
retire_one(struct lifecycle_memory *m, struct entity *e, const struct slot *slot)
{
    if (slot->item.kind != NOTE_SUCCESS)
        return;
    e->done |= slot->item.event->bit;
    if (is_repeated(e, slot->item.repeat))
        return;
    remember_repeat(e, slot->item.repeat);
    judge_fields(m, e, slot);
}

/* When it begins, or begins anew, what was before is over: what could be done once can be done again. */
static void
begin_anew(struct entity *e, uint64_t closed)
{
    for (const struct slot *slot = e->slots; slot != NULL; slot = slot->next) {
        if ((closed & BIT(slot->index)) == 0 || slot->item.kind != NOTE_SUCCESS || !slot->item.event->creates ||
            is_repeated(e, slot->item.repeat))
            continue;
        e->done &= ~slot->item.event->lifecycle->once;
        e->from_birth = true;
        if (e->fixed != NULL)
            memset(e->fixed, 0, e->lifecycle->fixed_count * sizeof(e->fixed[0]));
    }
}

/* Of these slots, the one that ended first; NULL when there is none. */
static const struct slot *
first_ended(const struct entity *e, uint64_t slots)
{
    const struct slot *first = NULL;

    for (const struct slot *slot = e->slots; slot != NULL; slot = slot->next)
        if ((slots & BIT(slot->index)) != 0 && (first == NULL || slot->item.end < first->item.end))
            first = slot;
    return first;
}

/* In the order of their ends, which is as good as any. */
static void
retire_all(struct lifecycle_memory *m, struct entity *e, uint64_t closed)
{
    const struct slot *slot;

    begin_anew(e, closed);
    for (uint64_t left = closed; (slot = first_ended(e, left)) != NULL; left &= ~BIT(slot->index))
        retire_one(m, e, slot);
    entity_drop_slots(m, e, closed);
}

/* The branches without what is closed, which has happened in each of them. */
static void
settle(struct lifecycle_memory *m, struct entity *e, uint64_t closed)
{
    const struct slot *last = (closed & BIT(e->branches[0].last & 63)) != 0 && e->branches[0].last < ORDER_SLOTS
                                  ? entity_slot(e, e->branches[0].last)
                                  : NULL;
    bool changed = last != NULL;

    if (changed) {
        e->by_begin = last->item.begin;
        e->by = last->item.event;
        memcpy(e->by_id, last->id, ID_BYTES);
    }
    for (uint32_t i = 0; i < e->branch_count; i++) {
        struct order_branch *branch = &e->branches[i];

        branch->applied &= ~closed;
        if (branch->last < ORDER_SLOTS && (closed & BIT(branch->last)) != 0)
            branch->last = ORDER_SLOTS;
    }
    if (e->branch_count == 1 && (e->branches[0].states & (e->branches[0].states - 1)) == 0)
        e->adrift &= ~e->branches[0].states;
    set_timer(m, e, changed, changed ? last->item.end : 0);
    retire_all(m, e, closed);
}

/* ---- the order ---- */

static void
pose(struct order_problem *p, const struct entity *e, int64_t settled, int64_t *begin)
{
    p->lifecycle = e->lifecycle;
    p->used = e->slots_used;
    p->closed = 0;
    p->done = e->done;
    p->perhaps = e->perhaps;
    p->adrift = e->adrift;
    p->from_birth = e->from_birth;
    memcpy(p->repeats, e->repeats, sizeof(p->repeats));
    *begin = INT64_MAX;
    for (const struct slot *slot = e->slots; slot != NULL; slot = slot->next) {
        p->items[slot->index] = &slot->item;
        if (slot->item.end >= settled)
            continue;
        p->closed |= BIT(slot->index);
        if (slot->item.begin < *begin)
            *begin = slot->item.begin;
    }
}

static void
give_up(struct lifecycle_memory *m, struct entity *e)
{
    entity_unknown(m, e);
    m->counts.overflow++;
}

/* What fits nowhere is told, and believed from then on. */
static bool
believe(struct lifecycle_memory *m, struct entity *e, const struct order_problem *p, const struct order_branch *branch,
        uint8_t fault)
{
    struct order_branch after = { branch->applied | BIT(fault), order_force(p, branch->states, fault), fault };

    lifecycle_found_misplaced(m, e, p, branch, entity_slot(e, fault));
    return entity_set_branches(m, e, &after, 1);
}

/* What ended before `settled` gets its place. False: there was nothing, or no way to go on. */
static bool
resolve_until(struct lifecycle_memory *m, struct entity *e, int64_t settled)
{
    const struct order_branch *result;
    enum order_result found;
    struct order_problem p;
    uint32_t count;
    int64_t begin;
    uint8_t fault;

    pose(&p, e, settled, &begin);
    if (p.closed == 0)
        return false;
    judge_time(m, e, begin);
    do {
        count = e->branch_count;
        found = order_search(&p, e->branches, &count, m->scratch, &result, &fault);
        if (found == ORDER_TOO_MANY) {
            give_up(m, e);
            return false;
        }
        if (found == ORDER_WRONG ? !believe(m, e, &p, result, fault) : !entity_set_branches(m, e, result, count))
            return false;
    } while (found == ORDER_WRONG);
    settle(m, e, p.closed);
    return true;
}

/* The earliest time before `settled` at which something has ended and the next one has not begun: what comes of it is
 * the same whether time went on step by step or all at once. */
static int64_t
next_step(const struct entity *e, int64_t settled)
{
    int64_t end = INT64_MAX;

    for (const struct slot *slot = e->slots; slot != NULL; slot = slot->next)
        if (slot->item.end < end)
            end = slot->item.end;
    for (const struct slot *slot = e->slots; slot != NULL; slot = slot->next)
        if (slot->item.begin > end && slot->item.begin < settled)
            settled = slot->item.begin;
    return settled;
}

static void
resolve(struct lifecycle_memory *m, struct entity *e, int64_t settled)
{
    while (resolve_until(m, e, next_step(e, settled)))
        ;
}

/* ---- a note ---- */

/* A poll ends, or does not. */
static void
count_try(struct lifecycle_memory *m, struct entity *e, const struct lifecycle_note *note)
{
    if (note->event->tries == 0 || (!note->vain && note->kind != NOTE_SUCCESS))
        return;
    if (!note->vain || e->polled != note->event)
        e->tries = 0;
    e->polled = note->event;
    if (!note->vain)
        return;
    if (e->tries == 0) {
        memcpy(e->first_try, note->id, ID_BYTES);
        e->first_try_begin = note->begin;
    }
    if (++e->tries == note->event->tries)
        lifecycle_found_vain(m, e, note);
}

/* It may have happened, or may still: from now on that is allowed, and nothing is asked. */
static void
leave_open(struct entity *e, const struct lifecycle_note *note)
{
    e->perhaps |= note->event->bit;
    e->adrift |= note->event->deletes             ? BIT(STATE_GONE)
                 : note->sets < STATE_MAX         ? BIT(note->sets)
                 : note->event->creates           ? note->event->lifecycle->start
                 : lifecycle_changes(note->event) ? note->event->lifecycle->live
                                                  : 0;
    remember_repeat(e, note->repeat);
}

/* NULL: not known, and nothing to begin with; or no memory. */
static struct entity *
entity_of(struct lifecycle_memory *m, const struct lifecycle_note *note)
{
    const struct lifecycle_event *event = note->event;
    struct entity *e = entity_find(m, note->hash, event->lifecycle, event->as, note->key);

    if (e != NULL || (note->kind == NOTE_ABSENT && !note->vain)) /* that there is none says nothing of one to come */
        return e;
    return entity_add(m, note->hash, event->lifecycle, event->as, note->key, NULL);
}

static void
settle_waiting(struct lifecycle_memory *m, int64_t settled)
{
    for (int i = 0; i < SETTLED_AT_ONCE && m->waiting.first != NULL; i++) {
        struct entity *e = WAITING_OF(m->waiting.first);

        resolve(m, e, settled);
        if (e->waiting.list != NULL) /* behind the others */
            entity_link_add(&m->waiting, &e->waiting);
    }
}

void
lifecycle_feed(struct lifecycle_memory *memory, const struct lifecycle_note *note, int64_t settled,
               watch_found_fn *found, void *arg)
{
    struct entity *e = entity_of(memory, note);

    memory->found = found;
    memory->arg = arg;
    if (e != NULL) {
        entity_used(memory, e);
        if (note->begin < e->first)
            e->first = note->begin;
        count_try(memory, e, note);
        for (uint32_t i = 0; i < note->name_count; i++)
            entity_name(memory, e, &note->names[i]);
        if (note->kind == NOTE_OPEN)
            leave_open(e, note);
        else if (note->kind != NOTE_VAIN && !entity_keep(memory, e, note))
            give_up(memory, e);
        resolve(memory, e, settled);
    }
    settle_waiting(memory, settled);
}

/* States that last too long. What began before the deadline and still waits may have ended them. */
static void
judge_times(struct lifecycle_memory *m, struct link_list *list, int64_t now)
{
    for (struct link *link = list->first, *after; link != NULL; link = after) {
        struct entity *e = TIMED_OF(link);

        after = link->after;
        if (e->deadline >= now)
            return;
        if (e->slots == NULL)
            judge_time(m, e, now);
    }
}

void
lifecycle_tick(struct lifecycle_memory *memory, int64_t now, int64_t settled, watch_found_fn *found, void *arg)
{
    memory->found = found;
    memory->arg = arg;
    for (struct link *link = memory->waiting.first, *after; link != NULL; link = after) {
        after = link->after;
        resolve(memory, WAITING_OF(link), settled);
    }
    for (uint32_t i = 0; i < memory->rules->state_count; i++)
        if (memory->timed[i].first != NULL)
            judge_times(memory, &memory->timed[i], now < settled ? now : settled);
}
