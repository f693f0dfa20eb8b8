/* violation.c -- the tables of violation.h, and the list that a verdict is. */
#include "contract/violation.h"

#include "base/limits.h"

struct row {
    struct text name;
    enum level level;
    const char *what;
    const char *source;
};

static const struct row violations[] = {
#define V(name, id, level, what, source) { { id, sizeof(id) - 1 }, level, what, source },
    VIOLATIONS(V)
#undef V
};

static const struct row reasons[] = {
#define U(name, id, what) { { id, sizeof(id) - 1 }, LEVEL_INFO, what, "" },
    UNCHECKED_REASONS(U)
#undef U
};

const char *
violation_name(enum violation_id id)
{
    return id < VIOLATION_IDS ? violations[id].name.data : "unknown";
}

enum level
violation_level(enum violation_id id)
{
    return id < VIOLATION_IDS ? violations[id].level : LEVEL_ERROR;
}

const char *
violation_what(enum violation_id id)
{
    return id < VIOLATION_IDS ? violations[id].what : "";
}

const char *
violation_source(enum violation_id id)
{
    return id < VIOLATION_IDS ? violations[id].source : "";
}

enum violation_id
violation_of(struct text name)
{
    for (unsigned i = 0; i < VIOLATION_IDS; i++)
        if (text_equal(violations[i].name, name))
            return (enum violation_id)i;
    return VIOLATION_IDS;
}

const char *
unchecked_name(enum unchecked_id id)
{
    return id < UNCHECKED_IDS ? reasons[id].name.data : "unknown";
}

const char *
unchecked_what(enum unchecked_id id)
{
    return id < UNCHECKED_IDS ? reasons[id].what : "";
}

enum unchecked_id
unchecked_of(struct text name)
{
    for (unsigned i = 0; i < UNCHECKED_IDS; i++)
        if (text_equal(reasons[i].name, name))
            return (enum unchecked_id)i;
    return UNCHECKED_IDS;
}

const char *
side_name(enum side side)
{
    return side == SIDE_REQUEST ? "request" : "response";
}

const char *
level_name(enum level level)
{
    static const char *const names[] = { "info", "warn", "error" };

    return names[level];
}

/* Doubles the list, up to LIMIT_VIOLATIONS. */
static bool
grow(struct verdict *v, struct arena *arena)
{
    uint32_t capacity = v->capacity == 0 ? 4 : v->capacity * 2;
    struct violation *list;

    if (v->count >= LIMIT_VIOLATIONS)
        return false;
    if (capacity > LIMIT_VIOLATIONS)
        capacity = LIMIT_VIOLATIONS;
    list = arena_grow(arena, v->list, v->capacity * sizeof *list, capacity * sizeof *list);
    if (list == NULL)
        return false;
    v->list = list;
    v->capacity = capacity;
    return true;
}

struct violation *
verdict_add(struct verdict *v, struct arena *arena, enum violation_id id, enum side side)
{
    struct violation *added;

    if (v->count == v->capacity && !grow(v, arena)) {
        v->dropped++;
        return NULL;
    }
    added = &v->list[v->count++];
    *added = (struct violation){ .id = id, .side = side };
    return added;
}

void
verdict_unchecked(struct verdict *v, enum unchecked_id reason, enum side side, struct text instance)
{
    for (uint32_t i = 0; i < v->unchecked_count; i++) {
        const struct unchecked *u = &v->unchecked[i];

        if (u->reason == reason && u->side == side && text_equal(u->instance, instance))
            return;
    }
    if (v->unchecked_count < VERDICT_UNCHECKED_MAX)
        v->unchecked[v->unchecked_count++] = (struct unchecked){ reason, side, instance };
}

bool
verdict_is_injected(const struct verdict *v)
{
    for (uint32_t i = 0; i < v->unchecked_count; i++)
        if (v->unchecked[i].reason == UNCHECKED_INJECTED)
            return true;
    return false;
}

struct text
violation_line(const struct violation *v, struct arena *arena)
{
    struct text line;

    line = arena_print(arena, "%s %s%s%.*s", side_name(v->side), violation_name(v->id),
                       v->instance.length > 0 ? " " : "", TEXT_PRINT(v->instance));
    if (v->expected.length > 0 && v->found.length > 0)
        line = arena_print(arena, "%.*s: expected %.*s, found %.*s", TEXT_PRINT(line), TEXT_PRINT(v->expected),
                           TEXT_PRINT(v->found));
    else if (v->expected.length > 0)
        line = arena_print(arena, "%.*s: expected %.*s", TEXT_PRINT(line), TEXT_PRINT(v->expected));
    else if (v->found.length > 0)
        line = arena_print(arena, "%.*s: found %.*s", TEXT_PRINT(line), TEXT_PRINT(v->found));
    else
        line = arena_print(arena, "%.*s: %s", TEXT_PRINT(line), violation_what(v->id));
    if (v->hint.length > 0)
        line = arena_print(arena, "%.*s; %.*s", TEXT_PRINT(line), TEXT_PRINT(v->hint));
    return line;
}
