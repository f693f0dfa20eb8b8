/* lifecycle_found.c -- what is wrong, in words: what was expected, what was found, and who is at fault. */
#include "rules/lifecycle_memory.h"

#include "base/buffer.h"

#define WORDS_MAX 1000

/* One finding, while it is put together. */
struct wording {
    struct lifecycle_memory *memory;
    const struct entity *entity;
    struct buffer expected, found;
};

static void
begin(struct wording *w, struct lifecycle_memory *m, const struct entity *e)
{
    w->memory = m;
    w->entity = e;
    buffer_init(&w->expected, WORDS_MAX);
    buffer_init(&w->found, WORDS_MAX);
}

/* Tell it and forget it. `id` is the exchange at fault, `by` the one before (empty: not known). */
static void
tell(struct wording *w, enum violation_id id, struct watch_finding *f, const char *fault, const char *by,
     const struct lifecycle_event *event)
{
    f->id = id;
    f->rule = w->entity->lifecycle->name;
    f->service = event->service;
    f->operation = operation_id(event->operation);
    f->file = w->memory->rules->file;
    f->expected = buffer_text(&w->expected);
    f->found = buffer_text(&w->found);
    f->exchanges[f->exchange_count++] = text_of(fault);
    if (by[0] != '\0' && strcmp(by, fault) != 0)
        f->exchanges[f->exchange_count++] = text_of(by);
    if (w->memory->found != NULL)
        w->memory->found(w->memory->arg, f);
    buffer_release(&w->expected);
    buffer_release(&w->found);
}

/* ---- words ---- */

static struct text
state_name(const struct lifecycle *l, uint32_t state)
{
    return state == STATE_NONE ? TEXT("not there") : state == STATE_GONE ? TEXT("gone") : l->states[state].name;
}

/* "pending, confirmed" */
static void
add_states(struct buffer *b, const struct lifecycle *l, uint64_t states)
{
    const char *between = "";

    for (; states != 0; states &= states - 1) {
        buffer_print(b, "%s%.*s", between, TEXT_PRINT(state_name(l, (uint32_t)__builtin_ctzll(states))));
        between = ", ";
    }
}

/* ", confirmed"; nothing where there are no states */
static void
add_present(struct buffer *b, const struct lifecycle *l, uint64_t states)
{
    if (l->live == BIT(STATE_FIRST))
        return;
    buffer_add(b, TEXT(", "));
    add_states(b, l, states);
}

static void
add_operations(struct buffer *b, const struct lifecycle *l, uint64_t operations)
{
    const char *between = "";

    for (; operations != 0; operations &= operations - 1) {
        buffer_print(b, "%s%.*s", between, TEXT_PRINT(operation_id(l->operations[__builtin_ctzll(operations)])));
        between = ", ";
    }
}

/* " (order ORD1)" */
static void
add_entity(struct buffer *b, const struct entity *e)
{
    struct text name = e->name > 0 ? e->lifecycle->names[e->name] : e->lifecycle->name;

    buffer_print(b, " (%.*s %.*s)", TEXT_PRINT(name), (int)e->key_length, e->key);
}

/* Which operations alone cause a move: "shipped by updateStatus". */
static void
add_causes(struct buffer *b, const struct lifecycle *l, uint32_t from, uint32_t to)
{
    uint64_t operations = 0;

    if ((l->states[from].silent & BIT(to)) != 0)
        return;
    for (uint32_t i = 0; i < l->event_count; i++)
        if ((l->events[i]->causes[from] & BIT(to)) != 0)
            operations |= l->events[i]->bit;
    buffer_add(b, TEXT(" by "));
    add_operations(b, l, operations);
}

/* "pending → confirmed, cancelled" */
static void
add_moves(struct buffer *b, const struct lifecycle *l, uint32_t from)
{
    uint64_t moves = from == STATE_NONE ? l->start : from == STATE_GONE ? 0 : l->states[from].moves;
    const char *between = "";

    if (moves == 0) {
        buffer_print(b, "%.*s, which nothing follows", TEXT_PRINT(state_name(l, from)));
        return;
    }
    buffer_print(b, "%.*s → ", TEXT_PRINT(state_name(l, from)));
    for (; moves != 0; moves &= moves - 1) {
        uint32_t to = (uint32_t)__builtin_ctzll(moves);

        buffer_print(b, "%s%.*s", between, TEXT_PRINT(state_name(l, to)));
        if (from != STATE_NONE)
            add_causes(b, l, from, to);
        between = ", ";
    }
}

/* The same of each state it may have been in. */
static void
add_all_moves(struct buffer *b, const struct lifecycle *l, uint64_t states)
{
    const char *between = "";

    for (; states != 0; states &= states - 1) {
        buffer_add(b, text_of(between));
        add_moves(b, l, (uint32_t)__builtin_ctzll(states));
        between = "; ";
    }
}

static void
add_duration(struct buffer *b, int64_t nanoseconds)
{
    static const struct {
        int64_t size;
        const char *unit;
    } units[] = { { INT64_C(86400000000000), "d" },
                  { INT64_C(3600000000000), "h" },
                  { INT64_C(60000000000), "m" },
                  { INT64_C(1000000000), "s" },
                  { INT64_C(1000000), "ms" },
                  { INT64_C(1000), "us" },
                  { 1, "ns" } };
    size_t i = 0;

    while (nanoseconds % units[i].size != 0)
        i++;
    buffer_print(b, "%lld%s", (long long)(nanoseconds / units[i].size), units[i].unit);
}

/* ---- an exchange that fits nowhere ---- */

/* Where the rule is: the moves of the state, or the operation. */
static void
place_at_moves(struct watch_finding *f, const struct lifecycle *l, uint64_t states, const struct lifecycle_event *event)
{
    const struct state_rule *rule = &l->states[__builtin_ctzll(states)];

    f->line = rule->line > 0 ? rule->line : event->line;
    f->column = rule->line > 0 ? rule->column : event->column;
}

/* Which state it came with, and where that stands. */
static void
place_state(struct watch_finding *f, const struct slot *slot, struct buffer *found, const struct lifecycle *l)
{
    const struct lifecycle_event *event = slot->item.event;
    bool shown = slot->item.shows != STATE_MISSING;
    uint8_t state = shown ? slot->item.shows : slot->item.sets;
    const struct place_rule *place = shown ? &event->state : &event->sets;

    f->side = shown || place->source == FROM_RESPONSE || place->source == FROM_ITEM ? SIDE_RESPONSE : SIDE_REQUEST;
    if (place->source == FROM_REQUEST || place->source == FROM_RESPONSE || place->source == FROM_ITEM)
        f->instance = place->name;
    if (state < STATE_MAX)
        buffer_add(found, l->states[state].name);
    else
        buffer_add(found, state == STATE_STRANGE ? text_of(slot->word) : TEXT("success"));
}

/* Why it had not its turn. */
enum why {
    WHY_PRESENT,
    WHY_STRANGE,
    WHY_BEGUN,
    WHY_BEGINS,
    WHY_GONE,
    WHY_TWICE,
    WHY_EARLY,
    WHY_FROM,
    WHY_OUTCOME,
    WHY_MOVE,
};

static enum why
why_not(const struct order_problem *p, const struct order_branch *branch, const struct order_item *item)
{
    const struct lifecycle_event *event = item->event;
    uint64_t live = branch->states & p->lifecycle->live;
    struct order_past past = order_past(p, branch->applied);

    if (item->kind == NOTE_ABSENT)
        return WHY_PRESENT;
    if (item->shows == STATE_STRANGE || item->sets == STATE_STRANGE)
        return WHY_STRANGE;
    if (event->once && (past.done & event->bit) != 0 && !past.begun)
        return WHY_TWICE;
    if (past.from_birth && (event->after & ~(past.done | p->perhaps)) != 0)
        return WHY_EARLY;
    if (event->creates)
        return live == branch->states ? WHY_BEGUN : WHY_BEGINS;
    if (live == 0)
        return WHY_GONE;
    if (event->has_from && (live & event->from) == 0)
        return WHY_FROM;
    if (event->sets_one != STATE_MISSING && item->shows != STATE_MISSING && item->shows != item->sets)
        return WHY_MOVE; /* it had its turn, and shows another state than it leads to */
    return event->deletes || event->sets_one != STATE_MISSING ? WHY_OUTCOME : WHY_MOVE;
}

/* The states from which the operation leads where it led. */
static uint64_t
right_states(const struct lifecycle *l, const struct order_item *item)
{
    uint64_t states = 0;

    if (item->event->deletes)
        return item->event->from;
    for (uint32_t i = STATE_FIRST; i < l->state_count; i++)
        if ((item->event->from & BIT(i)) != 0 && (item->event->causes[i] & BIT(item->sets & 63)) != 0)
            states |= BIT(i);
    return states;
}

static void
word_order(struct wording *w, enum why why, const struct order_problem *p, const struct order_branch *branch,
           const struct slot *slot)
{
    const struct lifecycle_event *event = slot->item.event;
    const struct lifecycle *l = p->lifecycle;
    struct text operation = operation_id(event->operation);

    if (why == WHY_PRESENT) {
        buffer_add(&w->expected, TEXT("it is there"));
        add_present(&w->expected, l, branch->states);
        buffer_print(&w->found, "%u", slot->status);
    } else if (why == WHY_BEGUN) {
        buffer_print(&w->expected, "%.*s once", TEXT_PRINT(operation));
        buffer_add(&w->found, TEXT("twice: it is there already"));
        add_present(&w->found, l, branch->states);
    } else if (why == WHY_GONE) {
        buffer_add(&w->expected, TEXT("no success: it is gone"));
        buffer_print(&w->found, "%u", slot->status);
    } else if (why == WHY_TWICE) {
        buffer_print(&w->expected, "%.*s once", TEXT_PRINT(operation));
        buffer_add(&w->found, TEXT("twice"));
    } else if (why == WHY_EARLY) {
        buffer_print(&w->expected, "%.*s after ", TEXT_PRINT(operation));
        add_operations(&w->expected, l, event->after);
        buffer_add(&w->found, TEXT("not yet: "));
        add_operations(&w->found, l, event->after & ~(order_past(p, branch->applied).done | p->perhaps));
    } else {
        buffer_print(&w->expected, "%.*s in ", TEXT_PRINT(operation));
        add_states(&w->expected, l, why == WHY_FROM ? event->from : right_states(l, &slot->item));
        add_states(&w->found, l, branch->states);
    }
}

static void
word_move(struct wording *w, enum why why, const struct lifecycle *l, const struct order_branch *branch,
          const struct slot *slot, struct watch_finding *f)
{
    if (why == WHY_STRANGE) {
        buffer_add(&w->expected, TEXT("one of "));
        add_states(&w->expected, l, l->live);
    } else if (why == WHY_BEGINS) {
        buffer_add(&w->expected, TEXT("it begins as "));
        add_states(&w->expected, l, l->start);
    } else {
        add_all_moves(&w->expected, l, branch->states & l->live);
    }
    place_state(f, slot, &w->found, l);
}

/* The earliest beginning of what it rests on. */
static int64_t
rests_on(const struct entity *e, const struct order_problem *p, const struct order_branch *branch,
         const struct slot *fault, enum why why)
{
    int64_t since = fault->item.begin;

    if (why == WHY_STRANGE)
        return since;
    if (why == WHY_TWICE || why == WHY_EARLY || e->by == NULL)
        since = e->first < since ? e->first : since;
    else if (e->by_begin < since)
        since = e->by_begin;
    for (uint64_t left = branch->applied; left != 0; left &= left - 1)
        if (p->items[__builtin_ctzll(left)]->begin < since)
            since = p->items[__builtin_ctzll(left)]->begin;
    return since;
}

void
lifecycle_found_misplaced(struct lifecycle_memory *m, const struct entity *e, const struct order_problem *problem,
                          const struct order_branch *branch, const struct slot *fault)
{
    const struct lifecycle_event *event = fault->item.event;
    const struct slot *before = branch->last < ORDER_SLOTS ? entity_slot(e, branch->last) : NULL;
    enum why why = why_not(problem, branch, &fault->item);
    bool moved = why == WHY_STRANGE || why == WHY_BEGINS || why == WHY_MOVE;
    struct watch_finding f = { .line = event->line, .column = event->column, .at = fault->item.end };
    struct wording w;

    begin(&w, m, e);
    f.since = rests_on(e, problem, branch, fault, why);
    f.side = why == WHY_PRESENT || why == WHY_GONE ? SIDE_RESPONSE : SIDE_REQUEST;
    if (moved)
        word_move(&w, why, e->lifecycle, branch, fault, &f);
    else
        word_order(&w, why, problem, branch, fault);
    if (why == WHY_MOVE)
        place_at_moves(&f, e->lifecycle, branch->states, event);
    add_entity(&w.found, e);
    tell(&w, moved ? VIOLATION_LIFECYCLE_MOVE : VIOLATION_LIFECYCLE_ORDER, &f, fault->id,
         before != NULL ? before->id : e->by_id, event);
}

/* ---- the others ---- */

void
lifecycle_found_changed(struct lifecycle_memory *m, const struct entity *e, const struct slot *slot,
                        const struct slot_field *field, const struct fixed_value *fixed)
{
    const struct fixed_rule *rule = &e->lifecycle->fixed[field->index];
    struct watch_finding f = {
        .line = rule->line, .column = rule->column, .at = slot->item.end, .side = SIDE_RESPONSE
    };
    struct wording w;

    begin(&w, m, e);
    f.since = fixed->begin < slot->item.begin ? fixed->begin : slot->item.begin;
    f.instance = field->instance;
    buffer_print(&w.expected, "%.*s stays %s once ", TEXT_PRINT(rule->name), fixed->text);
    add_states(&w.expected, e->lifecycle, rule->since);
    buffer_add(&w.found, text_of(field->text));
    add_entity(&w.found, e);
    tell(&w, VIOLATION_LIFECYCLE_ORDER, &f, slot->id, fixed->id, slot->item.event);
}

void
lifecycle_found_lasting(struct lifecycle_memory *m, const struct entity *e, uint32_t state)
{
    const struct state_rule *rule = &e->lifecycle->states[state];
    struct watch_finding f = { .side = SIDE_RESPONSE, .at = e->deadline, .since = e->by_begin };
    struct wording w;

    begin(&w, m, e);
    place_at_moves(&f, e->lifecycle, BIT(state), e->by);
    buffer_print(&w.expected, "%.*s for at most ", TEXT_PRINT(rule->name));
    add_duration(&w.expected, rule->lasts);
    buffer_add(&w.found, TEXT("longer"));
    add_entity(&w.found, e);
    tell(&w, VIOLATION_LIFECYCLE_TIMEOUT, &f, e->by_id, "", e->by);
}

void
lifecycle_found_vain(struct lifecycle_memory *m, const struct entity *e, const struct lifecycle_note *note)
{
    const struct lifecycle_event *event = note->event;
    struct watch_finding f = { .line = event->line, .column = event->column, .at = note->end, .side = SIDE_RESPONSE };
    struct wording w;

    begin(&w, m, e);
    f.since = e->first_try_begin;
    buffer_print(&w.expected, "%.*s ends within %u tries", TEXT_PRINT(operation_id(event->operation)),
                 (unsigned)event->tries);
    if (event->until != 0) {
        buffer_add(&w.expected, TEXT(", with "));
        add_states(&w.expected, e->lifecycle, event->until);
    }
    buffer_print(&w.found, "%u in vain", (unsigned)e->tries);
    add_entity(&w.found, e);
    tell(&w, VIOLATION_LIFECYCLE_TIMEOUT, &f, note->id, e->first_try, event);
}
