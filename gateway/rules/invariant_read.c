/* invariant_read.c -- `invariants` of a settings file. Its schema has judged types and words already; here it is held
 * against the contracts, and against itself. */
#include <stdlib.h>

#include "json/pointer.h"
#include "rules/invariant_internal.h"
#include "rules/units.h"

#define RULES_BYTES (64 * LIMIT_MIB)

int
invariant_fail(const struct invariant_reader *r, const struct value *v, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    error_vset(r->err, ERROR_CONFIG, document_where(r->document, v, r->rules->arena).data, format, arguments);
    va_end(arguments);
    return -1;
}

struct text
invariant_copy(const struct invariant_reader *r, const struct value *v)
{
    return v != NULL ? arena_text(r->rules->arena, value_text(v)) : text_make(NULL, 0);
}

/* ---- expressions ---- */

static int
read_expression(struct invariant_reader *r, const struct value *v, const struct name_space *space, struct expression *e)
{
    if (v == NULL)
        return 0;
    e->source = invariant_copy(r, v);
    e->where = document_where(r->document, v, r->rules->arena);
    if (e->source.data == NULL || e->where.data == NULL)
        return error_memory(r->err);
    return invariant_names_find(e, space, r->rules->arena, r->err);
}

/* Its number, or 0 where there is none; -1 with err. */
static int
compile(struct script *script, const struct expression *e, const struct text *names, uint32_t count, struct error *err)
{
    if (e->source.length == 0)
        return 0;
    return script_expression(script, e->source, e->where.data, names, count, err);
}

/* The names that scripts get: those of an exchange, or the parts. */
static uint32_t
space_names(const struct name_space *space, struct text names[NAME_COUNT])
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < space->part_count && space->parts != NULL; i++)
        names[count++] = space->parts[i].name;
    for (unsigned i = 0; i < NAME_COUNT && space->parts == NULL; i++)
        if (space->allowed & NAME_BIT(i))
            names[count++] = invariant_name_text((enum invariant_name)i);
    return count;
}

/* For `when` of a part, and all of an invariant on one exchange. */
static struct name_space
exchange_space(const struct invariant *invariant)
{
    struct name_space space = { .allowed = NAMES_OF_EXCHANGE, .side = invariant->side };

    if (invariant->side == ON_REQUEST)
        space.allowed = NAMES_OF_REQUEST | NAME_BIT(NAME_BODY);
    else if (invariant->side == ON_EXCHANGE)
        space.allowed &= ~NAME_BIT(NAME_BODY);
    return space;
}

static struct name_space
hold_space(const struct invariant *invariant)
{
    struct name_space space = exchange_space(invariant);

    if (invariant->join) {
        space.parts = invariant->parts;
        space.part_count = invariant->part_count;
    }
    return space;
}

#define NUMBERS (LIMIT_INVARIANT_PARTS + 1)

/* All expressions of an invariant, in the order that every script has them in: `when` of each part, then `hold`. */
static int
compile_all(const struct invariant *invariant, struct script *script, int numbers[NUMBERS], struct error *err)
{
    struct name_space space = exchange_space(invariant);
    struct text names[NAME_COUNT];
    uint32_t count = space_names(&space, names), parts = invariant->part_count;

    for (uint32_t i = 0; i < parts; i++)
        if ((numbers[i] = compile(script, &invariant->parts[i].when, names, count, err)) < 0)
            return -1;
    space = hold_space(invariant);
    count = space_names(&space, names);
    numbers[parts] = compile(script, &invariant->hold, names, count, err);
    return numbers[parts] < 0 ? -1 : 0;
}

static int
compile_first(struct invariant *invariant, struct script *script, struct error *err)
{
    int numbers[NUMBERS] = { 0 };

    if (compile_all(invariant, script, numbers, err) < 0)
        return -1;
    for (uint32_t i = 0; i < invariant->part_count; i++)
        invariant->parts[i].when.number = numbers[i];
    invariant->hold.number = numbers[invariant->part_count];
    return 0;
}

int
invariants_compile(const struct invariants *rules, struct script *script, struct error *err)
{
    int numbers[NUMBERS] = { 0 };

    for (uint32_t i = 0; rules != NULL && i < rules->count; i++) {
        const struct invariant *invariant = &rules->list[i];

        if (compile_all(invariant, script, numbers, err) < 0)
            return -1;
        if (numbers[invariant->part_count] != invariant->hold.number)
            return error_set(err, ERROR_ENVIRONMENT, invariant->hold.where.data,
                             "this script has compiled other expressions before");
    }
    return 0;
}

static int
want(const struct invariant_reader *r, struct invariant_part *part, const struct named *named)
{
    struct wanted *w = &part->wanted[named->name];

    w->used = true;
    if (named->member.length == 0) {
        w->whole = true;
        return 0;
    }
    for (uint32_t i = 0; i < w->count; i++)
        if (text_equal(w->members[i], named->member))
            return 0;
    w->members =
        arena_grow(r->rules->arena, w->members, w->count * sizeof w->members[0], (w->count + 1) * sizeof w->members[0]);
    if (w->members == NULL)
        return error_memory(r->err);
    w->members[w->count++] = named->member;
    return 0;
}

static int
want_all(const struct invariant_reader *r, struct invariant *invariant)
{
    const struct expression *hold = &invariant->hold;

    for (uint32_t i = 0; i < hold->named_count; i++)
        if (want(r, &invariant->parts[hold->named[i].part], &hold->named[i]) < 0)
            return -1;
    for (uint32_t p = 0; p < invariant->part_count; p++)
        for (uint32_t i = 0; i < invariant->parts[p].when.named_count; i++)
            if (want(r, &invariant->parts[p], &invariant->parts[p].when.named[i]) < 0)
                return -1;
    return 0;
}

/* ---- invariants ---- */

static int
read_part(struct invariant_reader *r, struct invariant *invariant, uint32_t index, const struct value *key)
{
    struct invariant_part *part = &invariant->parts[index];
    const struct value *v = value_next(key), *each = VALUE_MEMBER(v, "each");
    struct name_space space = exchange_space(invariant);

    part->name = invariant_copy(r, key);
    part->each = each != NULL;
    if (each != NULL)
        invariant_read_place(r, each, &part->list);
    if (invariant_read_on(r, invariant, index, VALUE_MEMBER(v, "on")) < 0 ||
        invariant_read_keys(r, invariant, index, VALUE_MEMBER(v, "key")) < 0)
        return -1;
    return read_expression(r, VALUE_MEMBER(v, "when"), &space, &part->when);
}

static int
read_at(const struct invariant_reader *r, struct invariant *invariant, const struct value *at)
{
    const char *names[LIMIT_INVARIANT_PARTS], *nearest;

    invariant->at = -1;
    for (uint32_t i = 0; at != NULL && i < invariant->part_count; i++) {
        if (text_equal(invariant->parts[i].name, value_text(at)))
            invariant->at = (int)i;
        names[i] = arena_text(r->rules->arena, invariant->parts[i].name).data;
    }
    if (at == NULL || invariant->at >= 0)
        return 0;
    nearest = text_nearest(value_text(at), names, invariant->part_count);
    if (nearest != NULL)
        return invariant_fail(r, at, "there is no part '%.*s'; did you mean '%s'?", TEXT_PRINT(value_text(at)),
                              nearest);
    return invariant_fail(r, at, "there is no part '%.*s'", TEXT_PRINT(value_text(at)));
}

static int
read_join(struct invariant_reader *r, struct invariant *invariant, const struct value *v)
{
    const struct value *parts = VALUE_MEMBER(v, "parts"), *within = VALUE_MEMBER(v, "within");

    if (VALUE_MEMBER(v, "on") != NULL)
        return invariant_fail(r, VALUE_MEMBER(v, "on"),
                              "an invariant is about one exchange ('on') or about 'parts', not both");
    if (VALUE_MEMBER(v, "when") != NULL)
        return invariant_fail(r, VALUE_MEMBER(v, "when"), "each part has a 'when' of its own; move it there");
    invariant->join = true;
    invariant->parts = ARENA_ARRAY(r->rules->arena, struct invariant_part, parts->count);
    if (invariant->parts == NULL)
        return error_memory(r->err);
    for (VALUE_EACH_MEMBER(key, parts))
        if (read_part(r, invariant, invariant->part_count++, key) < 0)
            return -1;
    if (within != NULL && !units_duration(value_text(within), &invariant->within))
        return invariant_fail(r, within, "'%.*s' is no duration; write 200ms, 2s, 1m or 1h",
                              TEXT_PRINT(value_text(within)));
    return read_at(r, invariant, VALUE_MEMBER(v, "at"));
}

/* The first place of the blamed body that the equation names. */
static struct text
find_instance(const struct invariant *invariant)
{
    enum invariant_name body = invariant->side == ON_REQUEST ? NAME_REQUEST_BODY : NAME_RESPONSE_BODY;

    for (uint32_t i = 0; i < invariant->hold.named_count; i++)
        if (invariant->hold.named[i].name == body || invariant->hold.named[i].name == NAME_BODY)
            return invariant->hold.named[i].pointer;
    return text_make(NULL, 0);
}

static int
read_exchange(struct invariant_reader *r, struct invariant *invariant, const struct value *v)
{
    static const char *const keys[] = { "at", "within" };
    const struct value *on = VALUE_MEMBER(v, "on"), *side = VALUE_MEMBER(on, "side");
    struct name_space space;

    for (unsigned i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (value_member(v, text_of(keys[i])) != NULL)
            return invariant_fail(r, value_member(v, text_of(keys[i])), "'%s' is for invariants with 'parts'", keys[i]);
    invariant->parts = ARENA_NEW(r->rules->arena, struct invariant_part);
    if (invariant->parts == NULL)
        return error_memory(r->err);
    invariant->part_count = 1;
    invariant->at = -1;
    invariant->side = side == NULL                                     ? ON_RESPONSE
                      : text_equal(value_text(side), TEXT("request"))  ? ON_REQUEST
                      : text_equal(value_text(side), TEXT("exchange")) ? ON_EXCHANGE
                                                                       : ON_RESPONSE;
    space = exchange_space(invariant);
    if (invariant_read_on(r, invariant, 0, on) < 0)
        return -1;
    return read_expression(r, VALUE_MEMBER(v, "when"), &space, &invariant->parts[0].when);
}

static int
refuse_same_name(const struct invariant_reader *r, const struct invariant *invariant, const struct value *name)
{
    for (uint32_t i = 0; i < invariant->index; i++)
        if (text_equal(r->rules->list[i].name, invariant->name))
            return invariant_fail(r, name, "two invariants have the name '%.*s', by which findings are known",
                                  TEXT_PRINT(invariant->name));
    return 0;
}

static int
read_invariant(struct invariant_reader *r, struct invariant *invariant, const struct value *v)
{
    const struct value *hold = VALUE_MEMBER(v, "hold");
    struct name_space space;

    invariant->name = invariant_copy(r, VALUE_MEMBER(v, "name"));
    invariant->hint = invariant_copy(r, VALUE_MEMBER(v, "hint"));
    invariant->require = value_is(VALUE_MEMBER(v, "require"), VALUE_TRUE);
    invariant->within = INT64_MAX;
    invariant->file = arena_text(r->rules->arena, text_of(r->document->name));
    invariant->pointer = pointer_to(r->document->root, hold, r->rules->arena);
    document_position(r->document, hold->place, &invariant->line, &invariant->column);
    if (refuse_same_name(r, invariant, VALUE_MEMBER(v, "name")) < 0)
        return -1;
    if (VALUE_MEMBER(v, "on") == NULL && VALUE_MEMBER(v, "parts") == NULL)
        return invariant_fail(
            r, v, "say which exchanges it is about: 'on: service operation', or 'parts' of several services");
    if ((VALUE_MEMBER(v, "parts") != NULL ? read_join(r, invariant, v) : read_exchange(r, invariant, v)) < 0)
        return -1;
    space = hold_space(invariant);
    if (read_expression(r, hold, &space, &invariant->hold) < 0 || compile_first(invariant, r->compiler, r->err) < 0 ||
        want_all(r, invariant) < 0)
        return -1;
    if (!invariant->join)
        invariant->instance = find_instance(invariant);
    return 0;
}

static int
by_operation(const void *a, const void *b)
{
    const struct concern *x = a, *y = b;

    if (x->operation != y->operation)
        return (uintptr_t)x->operation < (uintptr_t)y->operation ? -1 : 1;
    return x->invariant->index < y->invariant->index ? -1 : x->invariant->index > y->invariant->index;
}

struct invariants *
invariants_read(const struct document *document, const struct value *value, const struct invariant_services *services,
                struct script *compiler, struct error *err)
{
    struct invariant_reader r = { .document = document, .services = services, .compiler = compiler, .err = err };
    struct arena *arena = arena_new(0, RULES_BYTES);
    struct invariants *rules = arena != NULL ? ARENA_NEW(arena, struct invariants) : NULL;

    if (rules == NULL || (rules->list = ARENA_ARRAY(arena, struct invariant, value->count)) == NULL) {
        arena_free(arena);
        error_memory(err);
        return NULL;
    }
    rules->arena = arena;
    rules->key = (struct hash_key){ hash_seed(), hash_mix(hash_seed(), 1) };
    r.rules = rules;
    for (VALUE_EACH_ITEM(item, value)) {
        struct invariant *invariant = &rules->list[rules->count];

        invariant->index = rules->count++;
        if (read_invariant(&r, invariant, item) < 0) {
            invariants_free(rules);
            return NULL;
        }
    }
    if (rules->concern_count > 0)
        qsort(rules->concerns, rules->concern_count, sizeof rules->concerns[0], by_operation);
    return rules;
}

void
invariants_free(struct invariants *rules)
{
    if (rules != NULL)
        arena_free(rules->arena);
}

uint32_t
invariants_count(const struct invariants *rules)
{
    return rules != NULL ? rules->count : 0;
}
