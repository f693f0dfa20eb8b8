/* lifecycle_read_event.c -- what one operation says about an entity, and whether the contract knows its places. */
#include "rules/lifecycle_internal.h"

#include "json/number.h"

#define NEAREST_CANDIDATES 1024

/* ---- operations ---- */

static const struct operation *
unknown_service(const struct lifecycle_reader *r, const struct value *at, struct text service)
{
    const char *names[NEAREST_CANDIDATES];
    struct text name;
    uint32_t count = 0;

    while (r->services->name != NULL && count < NEAREST_CANDIDATES && r->services->name(r->services->arg, count, &name))
        names[count++] = arena_text(r->rules->arena, name).data;
    lifecycle_fail(r, at, "there is no service '%.*s'%.*s", TEXT_PRINT(service),
                   TEXT_PRINT(lifecycle_nearest(r, service, names, count)));
    return NULL;
}

static const struct operation *
unknown_operation(const struct lifecycle_reader *r, const struct value *at, const struct contract *contract,
                  struct text service, struct text name)
{
    const char *names[NEAREST_CANDIDATES];
    uint32_t count = contract_operation_count(contract);

    if (count > NEAREST_CANDIDATES)
        count = NEAREST_CANDIDATES;
    for (uint32_t i = 0; i < count; i++)
        names[i] = arena_text(r->rules->arena, operation_id(contract_operation(contract, i))).data;
    lifecycle_fail(r, at, "service '%.*s' has no operation '%.*s'%.*s", TEXT_PRINT(service), TEXT_PRINT(name),
                   TEXT_PRINT(lifecycle_nearest(r, name, names, count)));
    return NULL;
}

/* "getOrder", "GET /orders", "shop getOrder", "shop GET /orders" */
const struct operation *
lifecycle_read_operation(const struct lifecycle_reader *r, const struct value *at, struct text written,
                         struct text *service)
{
    size_t space = text_find(written, ' ');
    struct text rest = text_from(written, space < written.length ? space + 1 : space);
    bool names_service = rest.length > 0 && rest.data[0] != '/';
    struct text name = names_service ? rest : written;
    const struct contract *contract;
    const struct operation *operation;

    if (!names_service && r->service == NULL) {
        lifecycle_fail(r, at, "which service has '%.*s'? Write service: NAME, or \"NAME %.*s\"", TEXT_PRINT(written),
                       TEXT_PRINT(written));
        return NULL;
    }
    *service = arena_text(r->rules->arena, names_service ? text_slice(written, 0, space) : value_text(r->service));
    if ((contract = r->services->contract(r->services->arg, *service)) == NULL)
        return unknown_service(r, names_service ? at : r->service, *service);
    operation = contract_operation_named(contract, name);
    return operation != NULL ? operation : unknown_operation(r, at, contract, *service, name);
}

static int
read_operation_bit(const struct lifecycle_reader *r, const struct value *v, uint64_t *bits)
{
    const struct lifecycle *l = r->lifecycle;
    struct text service;
    const struct operation *operation = lifecycle_read_operation(r, v, value_text(v), &service);

    if (operation == NULL)
        return -1;
    for (uint32_t i = 0; i < l->operation_count; i++)
        if (l->operations[i] == operation) {
            *bits |= BIT(i);
            return 0;
        }
    return lifecycle_fail(r, v, "'%.*s' is not in `on`: say there where its key is", TEXT_PRINT(value_text(v)));
}

int
lifecycle_read_operations(const struct lifecycle_reader *r, const struct value *v, uint64_t *bits)
{
    *bits = 0;
    if (!value_is(v, VALUE_ARRAY))
        return read_operation_bit(r, v, bits);
    for (VALUE_EACH_ITEM(item, v))
        if (read_operation_bit(r, item, bits) < 0)
            return -1;
    return 0;
}

/* ---- places ---- */

static const struct {
    struct text prefix;
    enum source source;
} sources[] = {
    { TEXT("request:"), FROM_REQUEST }, { TEXT("response:"), FROM_RESPONSE }, { TEXT("path:"), FROM_PATH },
    { TEXT("query:"), FROM_QUERY },     { TEXT("header:"), FROM_HEADER },
};

static bool
split_place(struct text written, struct place_rule *place)
{
    for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++)
        if (text_starts(written, sources[i].prefix)) {
            *place = (struct place_rule){ sources[i].source, text_from(written, sources[i].prefix.length) };
            return true;
        }
    *place = (struct place_rule){ FROM_ITEM, written };
    return text_starts(written, TEXT("/"));
}

static int
judge_field(const struct lifecycle_reader *r, const struct value *v, const struct lifecycle_event *event,
            enum side side, struct text pointer)
{
    struct text near;
    struct text operation = operation_id(event->operation);

    if (operation_has_field(event->operation, side, pointer, r->rules->arena, &near))
        return 0;
    return lifecycle_fail(r, v, "the %s of '%.*s' has no '%.*s'%s%.*s%s", side_name(side), TEXT_PRINT(operation),
                          TEXT_PRINT(pointer), near.length > 0 ? "; did you mean '" : "", TEXT_PRINT(near),
                          near.length > 0 ? "'?" : "");
}

static int
judge_parameter(const struct lifecycle_reader *r, const struct value *v, const struct lifecycle_event *event,
                const struct place_rule *place)
{
    struct text in = place->source == FROM_PATH    ? TEXT("path")
                     : place->source == FROM_QUERY ? TEXT("query")
                                                   : TEXT("header");
    struct text operation = operation_id(event->operation), near;

    if (operation_has_parameter(event->operation, in, place->name, r->rules->arena, &near))
        return 0;
    return lifecycle_fail(r, v, "'%.*s' has no %.*s parameter '%.*s'%s%.*s%s", TEXT_PRINT(operation), TEXT_PRINT(in),
                          TEXT_PRINT(place->name), near.length > 0 ? "; did you mean '" : "", TEXT_PRINT(near),
                          near.length > 0 ? "'?" : "");
}

static int
judge_place(const struct lifecycle_reader *r, const struct value *v, const struct lifecycle_event *event,
            const struct place_rule *place)
{
    struct text item;

    if (place->source != FROM_ITEM)
        return place->source == FROM_REQUEST    ? judge_field(r, v, event, SIDE_REQUEST, place->name)
               : place->source == FROM_RESPONSE ? judge_field(r, v, event, SIDE_RESPONSE, place->name)
                                                : judge_parameter(r, v, event, place);
    if (event->each.source == FROM_NOWHERE)
        return lifecycle_fail(r, v, "'%.*s' is a pointer in an item, but there is no `each`; write response:%.*s",
                              TEXT_PRINT(place->name), TEXT_PRINT(place->name));
    item = arena_print(r->rules->arena, "%.*s/0%.*s", TEXT_PRINT(event->each.name), TEXT_PRINT(place->name));
    return judge_field(r, v, event, event->each.source == FROM_REQUEST ? SIDE_REQUEST : SIDE_RESPONSE, item);
}

static int
read_place(const struct lifecycle_reader *r, const struct value *v, const struct lifecycle_event *event,
           struct place_rule *place)
{
    struct text written;

    if (v == NULL)
        return 0;
    if ((written = arena_text(r->rules->arena, value_text(v))).data == NULL)
        return error_memory(r->err);
    (void)split_place(written, place);
    return judge_place(r, v, event, place);
}

static int
read_each(const struct lifecycle_reader *r, const struct value *v, struct lifecycle_event *event)
{
    if (read_place(r, v, event, &event->each) < 0)
        return -1;
    if (v != NULL && event->each.source != FROM_REQUEST && event->each.source != FROM_RESPONSE)
        return lifecycle_fail(r, v, "a list is in a body: request:/pointer or response:/pointer");
    return 0;
}

/* A place, or the state itself. */
static int
read_sets(const struct lifecycle_reader *r, const struct value *v, struct lifecycle_event *event)
{
    struct place_rule place;
    uint64_t states;

    event->sets_one = STATE_MISSING;
    if (v == NULL)
        return 0;
    if (split_place(value_text(v), &place))
        return read_place(r, v, event, &event->sets);
    if (lifecycle_read_states(r, v, &states) < 0)
        return -1;
    event->sets_one = (uint8_t)__builtin_ctzll(states);
    return 0;
}

/* ---- names and fields ---- */

/* Its number, from 1; 0 with an error. */
static uint8_t
name_index(const struct lifecycle_reader *r, const struct value *v)
{
    struct lifecycle *l = r->lifecycle;

    for (uint32_t i = 1; i <= l->name_count; i++)
        if (text_equal(l->names[i], value_text(v)))
            return (uint8_t)i;
    if (l->name_count == LIFECYCLE_NAMES) {
        lifecycle_fail(r, v, "an entity has at most %d other names", LIFECYCLE_NAMES);
        return 0;
    }
    l->names[++l->name_count] = arena_text(r->rules->arena, value_text(v));
    return (uint8_t)l->name_count;
}

static int
read_also(const struct lifecycle_reader *r, const struct value *v, struct lifecycle_event *event)
{
    if (v == NULL || v->count == 0)
        return 0;
    for (VALUE_EACH_MEMBER(name, v)) { /* the schema allows four */
        struct named_place *also = &event->also[event->also_count++];

        if ((also->index = name_index(r, name)) == 0 || read_place(r, value_next(name), event, &also->place) < 0)
            return -1;
    }
    return 0;
}

static int
read_fields(const struct lifecycle_reader *r, const struct value *v, struct lifecycle_event *event)
{
    const struct lifecycle *l = r->lifecycle;
    const char *names[LIFECYCLE_FIELDS];

    if (v == NULL || v->count == 0)
        return 0;
    for (uint32_t i = 0; i < l->fixed_count; i++)
        names[i] = l->fixed[i].name.data;
    for (VALUE_EACH_MEMBER(name, v)) {
        struct named_place *field = &event->fields[event->field_count];

        while (field->index < l->fixed_count && !text_equal(l->fixed[field->index].name, value_text(name)))
            field->index++;
        if (field->index == l->fixed_count)
            return lifecycle_fail(r, name, "`fixed` has no field '%.*s'%.*s", TEXT_PRINT(value_text(name)),
                                  TEXT_PRINT(lifecycle_nearest(r, value_text(name), names, l->fixed_count)));
        if (read_place(r, value_next(name), event, &field->place) < 0)
            return -1;
        event->field_count++;
    }
    return 0;
}

/* ---- statuses, polls ---- */

static void
add_status(struct status_rule *rule, const struct value *v)
{
    struct status_range range = { 0, 0 };
    struct decimal number;
    int64_t status;

    if (value_is(v, VALUE_STRING)) { /* "4XX" */
        range.least = (uint16_t)((v->data[0] - '0') * 100);
        range.most = (uint16_t)(range.least + 99);
    } else {
        decimal_read(&number, value_text(v));
        if (decimal_to_i64(&number, &status))
            range.least = range.most = (uint16_t)status;
    }
    if (rule->count < LIFECYCLE_STATUSES)
        rule->ranges[rule->count++] = range;
}

static void
read_statuses(const struct value *v, struct status_rule *rule)
{
    if (v == NULL)
        return;
    if (!value_is(v, VALUE_ARRAY)) {
        add_status(rule, v);
        return;
    }
    for (VALUE_EACH_ITEM(item, v))
        add_status(rule, item);
}

static int
read_poll(const struct lifecycle_reader *r, const struct value *v, struct lifecycle_event *event)
{
    const struct value *until = VALUE_MEMBER(v, "until");
    struct decimal number;
    int64_t tries;

    if (v == NULL)
        return 0;
    decimal_read(&number, value_text(VALUE_MEMBER(v, "tries")));
    event->tries = decimal_to_i64(&number, &tries) ? (uint32_t)tries : 1;
    if (until == NULL)
        return 0;
    if (event->state.source == FROM_NOWHERE)
        return lifecycle_fail(r, until, "the operation shows no state; write state: where the answer has it");
    return lifecycle_read_states(r, until, &event->until);
}

/* ---- the whole ---- */

static int
judge_event(const struct lifecycle_reader *r, const struct value *v, const struct lifecycle_event *event)
{
    bool sets = event->sets.source != FROM_NOWHERE || event->sets_one != STATE_MISSING;
    bool caused = false;

    if (event->creates && event->deletes)
        return lifecycle_fail(r, v, "an operation cannot both create and delete");
    if (event->deletes && (sets || event->state.source != FROM_NOWHERE))
        return lifecycle_fail(r, v, "what is deleted has no state any more; leave out `sets` and `state`");
    for (uint32_t i = STATE_FIRST; i < r->lifecycle->state_count; i++)
        caused = caused || (event->causes[i] & ~r->lifecycle->states[i].silent) != 0;
    if (caused && !sets)
        return lifecycle_fail(r, v, "`moves` says that '%.*s' moves it; say where to: sets",
                              TEXT_PRINT(operation_id(event->operation)));
    return 0;
}

int
lifecycle_read_event(const struct lifecycle_reader *r, const struct value *v, struct lifecycle_event *event)
{
    const struct value *from = VALUE_MEMBER(v, "from"), *after = VALUE_MEMBER(v, "after"), *as = VALUE_MEMBER(v, "as");

    event->creates = value_is(VALUE_MEMBER(v, "creates"), VALUE_TRUE);
    event->deletes = value_is(VALUE_MEMBER(v, "deletes"), VALUE_TRUE);
    event->once = value_is(VALUE_MEMBER(v, "once"), VALUE_TRUE);
    event->has_from = from != NULL;
    event->from = r->lifecycle->live;
    event->success = (struct status_rule){ .ranges = { { 200, 299 } }, .count = 1 };
    if (VALUE_MEMBER(v, "status") != NULL)
        event->success.count = 0;
    read_statuses(VALUE_MEMBER(v, "status"), &event->success);
    read_statuses(VALUE_MEMBER(v, "absent"), &event->absent);
    if (read_each(r, VALUE_MEMBER(v, "each"), event) < 0 ||
        read_place(r, VALUE_MEMBER(v, "key"), event, &event->key) < 0 ||
        (as != NULL && (event->as = name_index(r, as)) == 0) ||
        read_place(r, VALUE_MEMBER(v, "state"), event, &event->state) < 0 ||
        read_sets(r, VALUE_MEMBER(v, "sets"), event) < 0 || read_also(r, VALUE_MEMBER(v, "also"), event) < 0 ||
        read_fields(r, VALUE_MEMBER(v, "fields"), event) < 0 || read_poll(r, VALUE_MEMBER(v, "poll"), event) < 0 ||
        (from != NULL && lifecycle_read_states(r, from, &event->from) < 0) ||
        (after != NULL && lifecycle_read_operations(r, after, &event->after) < 0))
        return -1;
    return judge_event(r, v, event);
}
