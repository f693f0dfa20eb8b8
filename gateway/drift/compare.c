/* compare.c -- the comparison of two contracts as a whole: memory, the list of changes, and in how many operations each
 * of them is. */
#include "drift/compare_internal.h"

#include "json/write.h"

#define ARENA_CEILING (4096 * LIMIT_MIB)
#define SHOWN         72    /* bytes of a value */
#define COUNTED       20000 /* changes whose operations are counted */

/* ---- memory ---- */

void *
compare_take(struct compare *c, size_t count, size_t size)
{
    void *memory = arena_zalloc(c->arena, count, size);

    c->failed = c->failed || memory == NULL;
    return memory;
}

void *
compare_grow(struct compare *c, void *list, uint32_t count, uint32_t *room, size_t size)
{
    uint32_t wanted = *room == 0 ? 4 : *room * 2;
    void *grown;

    if (count < *room)
        return list;
    grown = arena_grow(c->arena, list, *room * size, wanted * size);
    if (grown == NULL) {
        c->failed = true;
        return NULL;
    }
    *room = wanted;
    return grown;
}

void
place_list_add(struct compare *c, struct place_list *list, struct compare_place place)
{
    struct compare_place *items = compare_grow(c, list->items, list->count, &list->room, sizeof *items);

    if (items == NULL)
        return;
    list->items = items;
    items[list->count++] = place;
}

struct text
compare_print(struct compare *c, const char *format, ...)
{
    struct text t;
    va_list arguments;

    va_start(arguments, format);
    t = arena_vprint(c->arena, format, arguments);
    va_end(arguments);
    c->failed = c->failed || t.data == NULL;
    return t;
}

struct text
compare_show(struct compare *c, const struct value *v)
{
    struct json_writer w;
    struct buffer b;
    struct text t;

    if (v == NULL || c->quiet > 0)
        return TEXT("");
    if ((v->type == VALUE_ARRAY || v->type == VALUE_OBJECT) && v->span > 64)
        return compare_print(c, "%s of %u", v->type == VALUE_ARRAY ? "an array" : "an object", v->count);
    buffer_init(&b, LIMIT_FILE_BYTES);
    json_begin(&w, &b, 0);
    json_value(&w, v);
    t = buffer_text(&b);
    if (t.data != NULL && t.length > SHOWN) {
        size_t at = SHOWN;

        while (at > 0 && ((unsigned char)t.data[at] & 0xC0) == 0x80)
            at--;
        t = compare_print(c, "%.*s…", (int)at, t.data);
    } else {
        t = arena_text(c->arena, t);
    }
    buffer_release(&b);
    return t;
}

/* ---- changes ---- */

void
compare_begin_side(struct compare *c, enum side side)
{
    c->side = side;
    c->as = c->turned == (side == SIDE_REQUEST) ? SIDE_RESPONSE : SIDE_REQUEST;
}

void
compare_note_at(struct compare *c, enum change_id id, struct text instance, struct compare_place old,
                struct compare_place now, struct text old_value, struct text new_value)
{
    struct change_entry *changes;

    c->effect |= change_effect(id);
    if (c->quiet > 0)
        return;
    changes = compare_grow(c, c->changes, c->change_count, &c->change_room, sizeof *changes);
    if (changes == NULL)
        return;
    c->changes = changes;
    changes[c->change_count++] = (struct change_entry){
        .change = { .id = id,
                    .level = change_level(id, c->as),
                    .side = c->side,
                    .as = c->as,
                    .operation = c->operation,
                    .instance = instance,
                    .places = { place_or(old, c->around[OLD]), place_or(now, c->around[NEW]) },
                    .values = { old_value, new_value },
                    .operations = 1 },
        .pair = c->pair,
    };
}

void
compare_note(struct compare *c, enum change_id id, struct compare_place old, struct compare_place now,
             struct text old_value, struct text new_value)
{
    compare_note_at(c, id, c->instance, old, now, old_value, new_value);
}

/* ---- in how many operations ---- */

/* A set of operations for one count: marked with the number of the count. */
struct counting {
    uint32_t *marks; /* by operation */
    uint32_t mark;
    uint32_t found;
};

static void
count_uses(struct counting *n, const struct pair *p)
{
    for (const struct pair_use *u = p->uses; u != NULL; u = u->next) {
        if (n->marks[u->operation] == n->mark)
            continue;
        n->marks[u->operation] = n->mark;
        n->found++;
    }
}

/* From the pair backwards to all operations that lead to it. */
static uint32_t
count_operations(struct counting *n, struct pair *p)
{
    struct pair *todo = p;

    n->mark++;
    n->found = 0;
    p->seen = n->mark;
    p->todo = NULL;
    while (todo != NULL) {
        struct pair *at = todo;

        todo = at->todo;
        count_uses(n, at);
        for (const struct pair_link *l = at->from; l != NULL; l = l->next) {
            if (l->pair->seen == n->mark)
                continue;
            l->pair->seen = n->mark;
            l->pair->todo = todo;
            todo = l->pair;
        }
    }
    return n->found;
}

static void
count_all(struct compare *c)
{
    struct counting n = { .marks = COMPARE_TAKE(c, uint32_t, c->operation_index + 1) };
    const struct pair *last = NULL;
    uint32_t found = 1;

    for (uint32_t i = 0; n.marks != NULL && i < c->change_count && i < COUNTED; i++) {
        struct change_entry *e = &c->changes[i];

        if (e->pair == NULL)
            continue;
        if (e->pair != last)
            found = count_operations(&n, e->pair);
        last = e->pair;
        e->change.operations = found > 0 ? found : 1;
    }
}

/* ---- as a whole ---- */

static void
begin_side(struct compare *c, int which, const struct contract *contract)
{
    struct conjunction *nothing = COMPARE_TAKE(c, struct conjunction, 1);
    struct form *form = COMPARE_TAKE(c, struct form, 1);

    c->sides[which].contract = contract;
    c->sides[which].schemas = contract_schemas(contract);
    c->sides[which].lone = text_starts(contract_dialect(contract), TEXT("3.0"));
    c->nothing[which] = nothing;
    if (nothing == NULL || form == NULL)
        return;
    *form = *c->empty;
    nothing->which = (uint8_t)which;
    nothing->form = form;
}

static struct compare *
compare_new(void)
{
    struct arena *arena = arena_new(256 * LIMIT_KIB, ARENA_CEILING);
    struct compare *c = arena != NULL ? ARENA_NEW(arena, struct compare) : NULL;

    if (c == NULL) {
        arena_free(arena);
        return NULL;
    }
    c->arena = arena;
    c->work = arena_new(0, LIMIT_EXCHANGE_ARENA);
    c->scratch = schema_scratch_new();
    c->pattern_scratch = pattern_scratch_new();
    c->empty = COMPARE_TAKE(c, struct form, 1);
    if (c->work == NULL || c->scratch == NULL || c->pattern_scratch == NULL || c->empty == NULL) {
        compare_free(c);
        return NULL;
    }
    c->empty->types = FORM_ANY;
    c->empty->own_types = FORM_ANY;
    return c;
}

struct compare *
compare_contracts(const struct contract *old, const struct contract *now, const struct compare_options *options,
                  struct error *err)
{
    struct compare *c = compare_new();

    if (c == NULL) {
        (void)error_memory(err);
        return NULL;
    }
    c->options = *options;
    begin_side(c, OLD, old);
    begin_side(c, NEW, now);
    if (!c->failed) {
        compare_servers(c);
        compare_paths(c);
        compare_webhooks(c);
        compare_queue(c);
        count_all(c);
    }
    if (c->failed) {
        compare_free(c);
        (void)error_memory(err);
        return NULL;
    }
    return c;
}

void
compare_free(struct compare *c)
{
    struct arena *arena;

    if (c == NULL)
        return;
    arena = c->arena;
    arena_free(c->work);
    schema_scratch_free(c->scratch);
    for (struct kept_pattern *k = c->kept; k != NULL; k = k->next)
        pattern_free(k->pattern);
    pattern_scratch_free(c->pattern_scratch);
    arena_free(arena);
}

uint32_t
compare_count(const struct compare *c)
{
    return c->change_count;
}

const struct compare_change *
compare_at(const struct compare *c, uint32_t index)
{
    return &c->changes[index].change;
}

uint32_t
compare_operations(const struct compare *c)
{
    return c->operations;
}
