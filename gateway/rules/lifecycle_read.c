/* lifecycle_read.c -- `lifecycles` of a settings file: states and moves; what operations say is read in
 * lifecycle_read_event.c. The schema has judged types already. */
#include "rules/lifecycle_internal.h"

#include <stdarg.h>
#include <stdlib.h>

#include "base/hash.h"
#include "rules/units.h"

#define RULES_CEILING (64 * LIMIT_MIB)

int
lifecycle_fail(const struct lifecycle_reader *r, const struct value *v, const char *format, ...)
{
    struct text where = document_where(r->document, v, r->rules->arena);
    va_list arguments;

    va_start(arguments, format);
    error_vset(r->err, ERROR_CONFIG, where.data, format, arguments);
    va_end(arguments);
    return -1;
}

struct text
lifecycle_nearest(const struct lifecycle_reader *r, struct text word, const char *const *candidates, uint32_t count)
{
    const char *near = text_nearest(word, candidates, count);

    return near != NULL ? arena_print(r->rules->arena, "; did you mean '%s'?", near) : TEXT("");
}

/* The items of a list, or the one that stands in its place: for (EACH_OF(item, v)) */
#define EACH_OF(item, v)                                                                                               \
    const struct value *item##_of = (v), *item = value_is(item##_of, VALUE_ARRAY) ? item##_of + 1 : item##_of,         \
                       *item##_end = item##_of + item##_of->span;                                                      \
    item < item##_end;                                                                                                 \
    item += item->span

/* ---- states ---- */

static int
add_state(struct lifecycle_reader *r, const struct value *v)
{
    struct lifecycle *l = r->lifecycle;

    if (lifecycle_state_named(l, value_text(v)) != STATE_MISSING)
        return 0;
    if (l->state_count == STATE_MAX)
        return lifecycle_fail(r, v, "a lifecycle has at most %d states", STATE_MAX - STATE_FIRST);
    l->states[l->state_count].name = arena_text(r->rules->arena, value_text(v));
    if (l->states[l->state_count].name.data == NULL)
        return error_memory(r->err);
    l->live |= BIT(l->state_count++);
    return 0;
}

static int
add_states(struct lifecycle_reader *r, const struct value *v)
{
    for (EACH_OF(item, v))
        if (add_state(r, item) < 0)
            return -1;
    return 0;
}

/* In the order in which they are written: `start`, then those of `moves`. */
static int
find_states(struct lifecycle_reader *r, const struct value *v)
{
    const struct value *start = VALUE_MEMBER(v, "start"), *moves = VALUE_MEMBER(v, "moves");
    struct lifecycle *l = r->lifecycle;

    if (start == NULL) { /* no states: it is there, and that is all */
        l->states[l->state_count] = (struct state_rule){ .name = TEXT("there") };
        l->start = l->live = BIT(l->state_count++);
        return 0;
    }
    if (add_states(r, start) < 0)
        return -1;
    l->start = l->live;
    if (moves == NULL || moves->count == 0)
        return 0;
    for (VALUE_EACH_MEMBER(from, moves)) {
        const struct value *to = value_next(from);

        if (add_state(r, from) < 0)
            return -1;
        if (!value_is(to, VALUE_OBJECT)) {
            if (to->type == VALUE_ARRAY && to->count == 0)
                continue;
            if (add_states(r, to) < 0)
                return -1;
            continue;
        }
        if (to->count == 0)
            continue;
        for (VALUE_EACH_MEMBER(state, to))
            if (add_state(r, state) < 0)
                return -1;
    }
    return 0;
}

static int
read_state(const struct lifecycle_reader *r, const struct value *v, uint8_t *state)
{
    const struct lifecycle *l = r->lifecycle;
    const char *names[STATE_MAX];

    if ((*state = lifecycle_state_named(l, value_text(v))) != STATE_MISSING)
        return 0;
    for (uint32_t i = STATE_FIRST; i < l->state_count; i++)
        names[i - STATE_FIRST] = l->states[i].name.data;
    return lifecycle_fail(r, v, "lifecycle '%.*s' has no state '%.*s'%.*s", TEXT_PRINT(l->name),
                          TEXT_PRINT(value_text(v)),
                          TEXT_PRINT(lifecycle_nearest(r, value_text(v), names, l->state_count - STATE_FIRST)));
}

int
lifecycle_read_states(const struct lifecycle_reader *r, const struct value *v, uint64_t *states)
{
    uint8_t state;

    *states = 0;
    for (EACH_OF(item, v)) {
        if (read_state(r, item, &state) < 0)
            return -1;
        *states |= BIT(state);
    }
    return 0;
}

/* ---- moves ---- */

/* { shipped: updateStatus }: a move that these operations alone cause; without any it is anybody's. */
static int
read_caused_moves(struct lifecycle_reader *r, const struct value *to, uint8_t from)
{
    struct lifecycle *l = r->lifecycle;
    uint64_t operations;
    uint8_t state;

    if (to->count == 0)
        return 0;
    for (VALUE_EACH_MEMBER(name, to)) {
        if (read_state(r, name, &state) < 0)
            return -1;
        l->states[from].moves |= BIT(state);
        if (value_is(value_next(name), VALUE_NULL)) {
            l->states[from].silent |= BIT(state);
            continue;
        }
        if (lifecycle_read_operations(r, value_next(name), &operations) < 0)
            return -1;
        for (uint32_t i = 0; i < l->event_count; i++)
            if ((l->events[i]->bit & operations) != 0)
                l->events[i]->causes[from] |= BIT(state);
    }
    return 0;
}

static int
read_moves(struct lifecycle_reader *r, const struct value *v)
{
    struct lifecycle *l = r->lifecycle;
    uint64_t states;
    uint8_t from;

    if (v == NULL || v->count == 0)
        return 0;
    for (VALUE_EACH_MEMBER(name, v)) {
        const struct value *to = value_next(name);

        if (read_state(r, name, &from) < 0)
            return -1;
        document_position(r->document, name->place, &l->states[from].line, &l->states[from].column);
        if (value_is(to, VALUE_OBJECT)) {
            if (read_caused_moves(r, to, from) < 0)
                return -1;
        } else if (to->type != VALUE_ARRAY || to->count > 0) {
            if (lifecycle_read_states(r, to, &states) < 0)
                return -1;
            l->states[from].moves |= states;
            l->states[from].silent |= states;
        }
    }
    for (uint32_t i = 0; i < l->event_count; i++)
        for (uint32_t state = STATE_FIRST; state < l->state_count; state++)
            l->events[i]->causes[state] |= l->states[state].silent;
    return 0;
}

/* ---- the rest of a lifecycle ---- */

static int
read_unseen(struct lifecycle_reader *r, const struct value *v)
{
    if (v == NULL)
        return 0;
    if (v->type == VALUE_TRUE) {
        r->lifecycle->unseen = r->lifecycle->live;
        return 0;
    }
    return lifecycle_read_states(r, v, &r->lifecycle->unseen);
}

static int
read_lasts(struct lifecycle_reader *r, const struct value *v)
{
    uint8_t state;

    if (v == NULL || v->count == 0)
        return 0;
    for (VALUE_EACH_MEMBER(name, v)) {
        const struct value *time = value_next(name);

        if (read_state(r, name, &state) < 0)
            return -1;
        if (!units_duration(value_text(time), &r->lifecycle->states[state].lasts) ||
            r->lifecycle->states[state].lasts <= 0)
            return lifecycle_fail(r, time, "'%.*s' is no time that a state may last; write 30s, 5m or 1h",
                                  TEXT_PRINT(value_text(time)));
    }
    return 0;
}

static int
read_fixed(struct lifecycle_reader *r, const struct value *v)
{
    struct lifecycle *l = r->lifecycle;

    if (v == NULL || v->count == 0)
        return 0;
    for (VALUE_EACH_MEMBER(name, v)) {
        struct fixed_rule *f = &l->fixed[l->fixed_count];

        if (l->fixed_count == LIFECYCLE_FIELDS)
            return lifecycle_fail(r, name, "a lifecycle has at most %d fixed fields", LIFECYCLE_FIELDS);
        if ((f->name = arena_text(r->rules->arena, value_text(name))).data == NULL)
            return error_memory(r->err);
        document_position(r->document, name->place, &f->line, &f->column);
        if (lifecycle_read_states(r, value_next(name), &f->since) < 0)
            return -1;
        l->fixed_count++;
    }
    return 0;
}

/* ---- `on` ---- */

static struct lifecycle_event *
new_event(struct lifecycle_reader *r, const struct value *v, const struct value *name)
{
    struct lifecycle_event *event = ARENA_NEW(r->rules->arena, struct lifecycle_event);
    const struct operation *operation;
    struct lifecycle *l = r->lifecycle;
    uint32_t bit = 0;

    if (event == NULL) {
        error_memory(r->err);
        return NULL;
    }
    operation = lifecycle_read_operation(r, name, value_text(name), &event->service);
    if (operation == NULL)
        return NULL;
    while (bit < l->operation_count && l->operations[bit] != operation)
        bit++;
    if (bit == l->operation_count)
        l->operations[l->operation_count++] = operation; /* the schema allows 64 */
    event->lifecycle = l;
    event->operation = operation;
    event->bit = BIT(bit);
    document_position(r->document, v->place, &event->line, &event->column);
    return event;
}

/* First all operations, so that they can be named by moves and by each other. */
static int
find_operations(struct lifecycle_reader *r, const struct value *on)
{
    struct lifecycle *l = r->lifecycle;
    uint32_t count = 0;

    for (VALUE_EACH_MEMBER(name, on))
        count += value_is(value_next(name), VALUE_ARRAY) ? value_next(name)->count : 1;
    if ((l->events = ARENA_ARRAY(r->rules->arena, struct lifecycle_event *, count)) == NULL)
        return error_memory(r->err);
    for (VALUE_EACH_MEMBER(name, on))
        for (EACH_OF(item, value_next(name))) {
            if ((l->events[l->event_count] = new_event(r, item, name)) == NULL)
                return -1;
            l->event_count++;
        }
    return 0;
}

static int
read_events(struct lifecycle_reader *r, const struct value *on)
{
    uint32_t at = 0;

    for (VALUE_EACH_MEMBER(name, on))
        for (EACH_OF(item, value_next(name)))
            if (lifecycle_read_event(r, item, r->lifecycle->events[at++]) < 0)
                return -1;
    return 0;
}

/* Whoever names an entity otherwise must have it told somewhere. */
static int
judge_names(struct lifecycle_reader *r, const struct value *on)
{
    const struct lifecycle *l = r->lifecycle;
    uint32_t told = 0, at = 0;

    for (uint32_t i = 0; i < l->event_count; i++)
        for (uint32_t n = 0; n < l->events[i]->also_count; n++)
            told |= UINT32_C(1) << l->events[i]->also[n].index;
    for (VALUE_EACH_MEMBER(name, on))
        for (EACH_OF(item, value_next(name))) {
            uint8_t as = l->events[at++]->as;

            if (as != 0 && (told & (UINT32_C(1) << as)) == 0)
                return lifecycle_fail(
                    r, VALUE_MEMBER(item, "as"),
                    "no operation tells which %.*s an entity has; write also: { %.*s: … } where it is told",
                    TEXT_PRINT(l->names[as]), TEXT_PRINT(l->names[as]));
        }
    return 0;
}

static int
read_lifecycle(struct lifecycle_reader *r, const struct value *v)
{
    const struct value *on = VALUE_MEMBER(v, "on"), *repeats = VALUE_MEMBER(v, "repeats");
    struct lifecycle *l = r->lifecycle;

    r->service = VALUE_MEMBER(v, "service");
    l->repeats = repeats != NULL ? arena_text(r->rules->arena, value_text(repeats)) : TEXT("Idempotency-Key");
    if (find_states(r, v) < 0 || find_operations(r, on) < 0 || read_moves(r, VALUE_MEMBER(v, "moves")) < 0 ||
        read_unseen(r, VALUE_MEMBER(v, "unseen")) < 0 || read_lasts(r, VALUE_MEMBER(v, "lasts")) < 0 ||
        read_fixed(r, VALUE_MEMBER(v, "fixed")) < 0 || read_events(r, on) < 0 || judge_names(r, on) < 0)
        return -1;
    lifecycle_derive(l);
    return 0;
}

/* ---- all of them ---- */

static int
build_table(struct lifecycles *rules)
{
    uint32_t size = 16, count = 0;

    for (uint32_t i = 0; i < rules->count; i++)
        count += rules->list[i]->event_count;
    while (size < 2 * count)
        size *= 2;
    if ((rules->table = ARENA_ARRAY(rules->arena, struct lifecycle_event *, size)) == NULL)
        return -1;
    rules->table_mask = size - 1;
    for (uint32_t i = rules->count; i-- > 0;) /* from the end, so that chains have the order of the file */
        for (uint32_t e = rules->list[i]->event_count; e-- > 0;) {
            struct lifecycle_event *event = rules->list[i]->events[e];
            uint32_t at = (uint32_t)hash_fold((uintptr_t)event->operation) & rules->table_mask;

            while (rules->table[at] != NULL && rules->table[at]->operation != event->operation)
                at = (at + 1) & rules->table_mask;
            event->next = rules->table[at];
            rules->table[at] = event;
        }
    return 0;
}

static int
read_all(struct lifecycle_reader *r, const struct value *value)
{
    struct lifecycles *rules = r->rules;

    rules->file = arena_text(rules->arena, text_of(r->document->name));
    if ((rules->list = ARENA_ARRAY(rules->arena, struct lifecycle *, value->count)) == NULL)
        return error_memory(r->err);
    if (value->count > 0)
        for (VALUE_EACH_MEMBER(name, value)) {
            struct lifecycle *l = ARENA_NEW(rules->arena, struct lifecycle);

            if (l == NULL || (l->name = arena_text(rules->arena, value_text(name))).data == NULL)
                return error_memory(r->err);
            document_position(r->document, name->place, &l->line, &l->column);
            l->rules = rules;
            l->index = rules->count;
            l->state_count = STATE_FIRST;
            l->first_timed = rules->state_count;
            r->lifecycle = rules->list[rules->count++] = l;
            if (read_lifecycle(r, value_next(name)) < 0)
                return -1;
            rules->state_count += l->state_count;
        }
    return build_table(rules) < 0 ? error_memory(r->err) : 0;
}

struct lifecycles *
lifecycles_read(const struct document *document, const struct value *value, const struct lifecycle_services *services,
                struct error *err)
{
    struct lifecycles *rules = calloc(1, sizeof(*rules));
    struct lifecycle_reader r = { .rules = rules, .document = document, .services = services, .err = err };

    if (rules == NULL || (rules->arena = arena_new(0, RULES_CEILING)) == NULL) {
        free(rules);
        error_memory(err);
        return NULL;
    }
    if (read_all(&r, value) < 0) {
        lifecycles_free(rules);
        return NULL;
    }
    return rules;
}
