/* ledger.c -- counters found by name: a table with open addressing over the operations, a short list of services. */
#include "proxy/ledger.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/limits.h"

struct ledger *
ledger_new(void)
{
    struct ledger *l = calloc(1, sizeof *l);

    if (l == NULL)
        return NULL;
    l->arena = arena_new(0, LIMIT_LEDGER_BYTES);
    if (l->arena != NULL)
        return l;
    free(l);
    return NULL;
}

void
ledger_free(struct ledger *l)
{
    if (l == NULL)
        return;
    free(l->operations);
    free(l->services);
    free(l->places);
    arena_free(l->arena);
    free(l);
}

/* ---- finding ---- */

static uint32_t *
place_of(const struct ledger *l, struct text service, struct text operation)
{
    uint64_t hash = hash_mix(hash_text(service, hash_seed()), hash_text(operation, hash_seed()));
    uint32_t i = (uint32_t)hash & (l->place_count - 1);

    for (; l->places[i] != 0; i = (i + 1) & (l->place_count - 1)) {
        const struct ledger_operation *o = &l->operations[l->places[i] - 1];

        if (text_equal(o->service, service) && text_equal(o->operation, operation))
            break;
    }
    return &l->places[i];
}

/* Twice the room, and all places anew. */
static bool
grow_operations(struct ledger *l)
{
    uint32_t room = l->operation_room > 0 ? 2 * l->operation_room : 16;
    struct ledger_operation *operations = realloc(l->operations, room * sizeof *operations);
    uint32_t *places;

    if (operations == NULL)
        return false;
    l->operations = operations;
    places = calloc((size_t)room * 2, sizeof *places);
    if (places == NULL)
        return false;
    free(l->places);
    l->places = places;
    l->place_count = room * 2;
    l->operation_room = room;
    for (uint32_t i = 0; i < l->operation_count; i++)
        *place_of(l, operations[i].service, operations[i].operation) = i + 1;
    return true;
}

static struct operation_counters *
operation_row(struct ledger *l, struct text service, struct text operation)
{
    struct ledger_operation *row;
    uint32_t *place;

    if (l->operation_count == l->operation_room && !grow_operations(l))
        return NULL;
    place = place_of(l, service, operation);
    if (*place != 0)
        return &l->operations[*place - 1].counters;
    row = &l->operations[l->operation_count];
    memset(row, 0, sizeof *row);
    row->service = arena_text(l->arena, service);
    row->operation = arena_text(l->arena, operation);
    if (row->service.length != service.length || row->operation.length != operation.length)
        return NULL;
    *place = ++l->operation_count;
    return &row->counters;
}

static struct service_counters *
service_row(struct ledger *l, struct text name)
{
    struct ledger_service *row;

    for (uint32_t i = 0; i < l->service_count; i++) {
        if (text_equal(l->services[i].name, name))
            return &l->services[i].counters;
    }
    if (l->service_count == l->service_room) {
        uint32_t room = l->service_room > 0 ? 2 * l->service_room : 8;

        row = realloc(l->services, room * sizeof *row);
        if (row == NULL)
            return NULL;
        l->services = row;
        l->service_room = room;
    }
    row = &l->services[l->service_count];
    memset(row, 0, sizeof *row);
    row->name = arena_text(l->arena, name);
    if (row->name.length != name.length)
        return NULL;
    l->service_count++;
    return &row->counters;
}

/* ---- adding ---- */

/* Both are nothing but counters. */
static void
add_counters(counter *to, const counter *from, size_t bytes)
{
    for (size_t i = 0; i < bytes / sizeof(counter); i++)
        count_add(&to[i], count_of(&from[i]));
}

static bool
add_operation(struct ledger *l, struct text service, struct text operation, const struct operation_counters *from)
{
    struct operation_counters *to;

    if (from == NULL)
        return true;
    to = operation_row(l, service, operation);
    if (to != NULL)
        add_counters((counter *)to, (const counter *)from, sizeof *to);
    return to != NULL;
}

static bool
add_service(struct ledger *l, struct text name, const struct service_counters *from)
{
    struct service_counters *to = service_row(l, name);

    if (to != NULL)
        add_counters((counter *)to, (const counter *)from, sizeof *to);
    return to != NULL;
}

bool
ledger_add(struct ledger *l, const struct ruleset *ruleset, const struct counters *c)
{
    const struct text none = { NULL, 0 };
    bool good = true;

    for (uint32_t i = 0; i < c->service_count; i++) {
        const struct service *s = ruleset_service(ruleset, i);
        struct text name = s->settings->name;

        good = add_service(l, name, &c->services[i]) && good;
        for (uint32_t o = 0; o < contract_operation_count(s->contract); o++)
            good = add_operation(l, name, operation_id(contract_operation(s->contract, o)),
                                 counters_of(c, s->first_operation + o)) &&
                   good;
        good = add_operation(l, name, none, counters_of(c, c->operation_count + i)) && good;
    }
    good = add_service(l, none, &c->services[c->service_count]) && good;
    good = add_operation(l, none, none, counters_of(c, c->operation_count + c->service_count)) && good;
    metrics_totals_add(&l->totals, c);
    return good;
}

bool
ledger_merge(struct ledger *l, const struct ledger *other)
{
    uint64_t *to = (uint64_t *)&l->totals;
    const uint64_t *from = (const uint64_t *)&other->totals;
    bool good = true;

    for (uint32_t i = 0; i < other->operation_count; i++) {
        const struct ledger_operation *o = &other->operations[i];

        good = add_operation(l, o->service, o->operation, &o->counters) && good;
    }
    for (uint32_t i = 0; i < other->service_count; i++)
        good = add_service(l, other->services[i].name, &other->services[i].counters) && good;
    for (size_t i = 0; i < sizeof l->totals / sizeof *to; i++)
        to[i] += from[i];
    return good;
}
