/* invariant_where.c -- which exchanges an invariant is about, and where the key stands in them: the services,
 * operations and parameters that it names are those of contracts. */
#include "rules/invariant_internal.h"

/* ---- operations ---- */

#define CANDIDATES 256

static int
fail_service(const struct invariant_reader *r, const struct value *v, struct text service)
{
    const char *names[CANDIDATES], *nearest;
    struct text name;
    uint32_t count = 0;

    while (r->services->name != NULL && count < CANDIDATES && r->services->name(r->services->arg, count, &name))
        names[count++] = arena_text(r->rules->arena, name).data;
    nearest = text_nearest(service, names, count);
    if (nearest != NULL)
        return invariant_fail(r, v, "there is no service '%.*s'; did you mean '%s'?", TEXT_PRINT(service), nearest);
    return invariant_fail(r, v, "there is no service '%.*s'", TEXT_PRINT(service));
}

static int
fail_operation(const struct invariant_reader *r, const struct value *v, const struct contract *contract,
               struct text service, struct text operation)
{
    uint32_t total = contract_operation_count(contract);
    const char *names[CANDIDATES], *nearest;
    uint32_t count = 0;

    while (count < total && count < CANDIDATES) {
        names[count] = arena_text(r->rules->arena, operation_id(contract_operation(contract, count))).data;
        count++;
    }
    nearest = text_nearest(operation, names, count);
    if (nearest != NULL)
        return invariant_fail(r, v, "service '%.*s' has no operation '%.*s'; did you mean '%s'?", TEXT_PRINT(service),
                              TEXT_PRINT(operation), nearest);
    return invariant_fail(r, v, "service '%.*s' has no operation '%.*s'", TEXT_PRINT(service), TEXT_PRINT(operation));
}

static int
add_concern(struct invariant_reader *r, struct invariant *invariant, uint32_t part, const struct operation *operation)
{
    struct invariants *rules = r->rules;
    struct concern *c;

    if (rules->concern_count == r->concern_capacity) {
        uint32_t capacity = r->concern_capacity == 0 ? 16 : r->concern_capacity * 2;

        rules->concerns =
            arena_grow(rules->arena, rules->concerns, r->concern_capacity * sizeof *c, capacity * sizeof *c);
        if (rules->concerns == NULL)
            return error_memory(r->err);
        r->concern_capacity = capacity;
    }
    c = &rules->concerns[rules->concern_count++];
    *c = (struct concern){ .operation = operation, .invariant = invariant, .part = part };
    return 0;
}

static int
read_operation(struct invariant_reader *r, struct invariant *invariant, uint32_t part, const struct value *v,
               struct text operation)
{
    struct text service = invariant->parts[part].service;
    const struct contract *contract = r->services->contract(r->services->arg, service);
    const struct operation *found;

    if (contract == NULL)
        return fail_service(r, v, service);
    found = contract_operation_named(contract, operation);
    if (found == NULL)
        return fail_operation(r, v, contract, service, operation);
    for (uint32_t i = 0; i < r->rules->concern_count; i++) {
        const struct concern *c = &r->rules->concerns[i];

        if (c->invariant == invariant && c->part == part && c->operation == found)
            return invariant_fail(r, v, "'%.*s' is named twice", TEXT_PRINT(operation));
    }
    return add_concern(r, invariant, part, found);
}

int
invariant_read_on(struct invariant_reader *r, struct invariant *invariant, uint32_t part, const struct value *on)
{
    struct text *service = &invariant->parts[part].service;
    const struct value *operations = VALUE_MEMBER(on, "operation");

    if (value_is(on, VALUE_STRING)) {
        struct text whole = invariant_copy(r, on);
        size_t space = text_find(whole, ' ');

        *service = text_slice(whole, 0, space);
        return read_operation(r, invariant, part, on, text_from(whole, space + 1));
    }
    *service = invariant_copy(r, VALUE_MEMBER(on, "service"));
    if (r->services->contract(r->services->arg, *service) == NULL)
        return fail_service(r, VALUE_MEMBER(on, "service"), *service);
    if (!value_is(operations, VALUE_ARRAY))
        return read_operation(r, invariant, part, operations, value_text(operations));
    for (VALUE_EACH_ITEM(item, operations))
        if (read_operation(r, invariant, part, item, value_text(item)) < 0)
            return -1;
    return 0;
}

/* ---- keys ---- */

static const struct {
    struct text word;
    enum key_kind kind;
} key_words[] = {
    { TEXT("request:"), KEY_REQUEST }, { TEXT("response:"), KEY_RESPONSE }, { TEXT("path:"), KEY_PATH },
    { TEXT("query:"), KEY_QUERY },     { TEXT("header:"), KEY_HEADER },
};

static bool
has_path_parameter(const struct operation *o, struct text name)
{
    struct text rest = operation_path(o);

    for (size_t open; (open = text_find(rest, '{')) < rest.length; rest = text_from(rest, open + 1))
        if (text_equal(text_slice(rest, open + 1, text_find(text_from(rest, open + 1), '}')), name))
            return true;
    return false;
}

/* Some operation of the part must have such a parameter. */
static int
check_path_key(const struct invariant_reader *r, const struct invariant *invariant, uint32_t part,
               const struct value *v, struct text name)
{
    const struct operation *any = NULL;

    for (uint32_t i = 0; i < r->rules->concern_count; i++) {
        const struct concern *c = &r->rules->concerns[i];

        if (c->invariant != invariant || c->part != part)
            continue;
        if (has_path_parameter(c->operation, name))
            return 0;
        any = c->operation;
    }
    return invariant_fail(r, v, "the path %.*s has no parameter '%.*s'",
                          TEXT_PRINT(any != NULL ? operation_path(any) : TEXT("of it")), TEXT_PRINT(name));
}

void
invariant_read_place(const struct invariant_reader *r, const struct value *v, struct key_place *place)
{
    struct text written = invariant_copy(r, v);

    *place = (struct key_place){ .kind = KEY_ITEM, .text = written };
    for (unsigned i = 0; i < sizeof key_words / sizeof key_words[0]; i++)
        if (text_starts(written, key_words[i].word))
            *place =
                (struct key_place){ .kind = key_words[i].kind, .text = text_from(written, key_words[i].word.length) };
}

static int
read_key(const struct invariant_reader *r, struct invariant *invariant, uint32_t index, const struct value *v)
{
    struct invariant_part *part = &invariant->parts[index];
    struct key_place *place = &part->keys[part->key_count++];

    invariant_read_place(r, v, place);
    if (place->kind == KEY_ITEM && !part->each)
        return invariant_fail(r, v, "write request:%.*s or response:%.*s; a pointer alone is for parts with 'each'",
                              TEXT_PRINT(place->text), TEXT_PRINT(place->text));
    return place->kind == KEY_PATH ? check_path_key(r, invariant, index, v, place->text) : 0;
}

int
invariant_read_keys(struct invariant_reader *r, struct invariant *invariant, uint32_t index, const struct value *key)
{
    struct invariant_part *part = &invariant->parts[index];
    uint32_t count = value_is(key, VALUE_ARRAY) ? key->count : 1;

    part->keys = ARENA_ARRAY(r->rules->arena, struct key_place, count);
    if (part->keys == NULL)
        return error_memory(r->err);
    if (!value_is(key, VALUE_ARRAY))
        return read_key(r, invariant, index, key);
    for (VALUE_EACH_ITEM(item, key))
        if (read_key(r, invariant, index, item) < 0)
            return -1;
    return 0;
}
