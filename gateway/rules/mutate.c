/* mutate.c -- choosing what to change, and changing it only where the checker agrees. */
#include "rules/mutate_internal.h"

#include <stdlib.h>

#include "base/limits.h"
#include "http/media_type.h"
#include "json/write.h"

static const struct {
    const char *name, *what;
    bool valid;
} table[MUTATIONS_COUNT] = {
#define M(name, id, valid, what) [MUTATION_##name] = { id, what, valid },
    MUTATIONS(M)
#undef M
};

const char *
mutation_name(enum mutation m)
{
    return table[m].name;
}

const char *
mutation_what(enum mutation m)
{
    return table[m].what;
}

bool
mutation_is_valid(enum mutation m)
{
    return table[m].valid;
}

enum mutation
mutation_of(struct text name)
{
    unsigned i = 0;

    while (i < MUTATIONS_COUNT && !text_equal(name, text_of(table[i].name)))
        i++;
    return (enum mutation)i;
}

static bool
refuse(struct mutated *out, const char *why)
{
    out->why_not = why;
    return false;
}

static bool
may_try(const struct mutating *m)
{
    return m->tries < MUTATE_TRIES && m->tried < MUTATE_TRIED;
}

/* The one violation that was wanted, kept for the caller. */
static bool
accept(struct mutating *m, struct mutated *out, const struct violation *v)
{
    out->breaks = v->id;
    out->keyword = arena_text(m->in->arena, v->keyword);
    out->place = arena_text(m->in->arena, v->instance);
    return true;
}

/* ---- the head ---- */

static bool
change_status(struct mutating *m, struct mutated *out)
{
    static const uint16_t strange[] = { 418, 299, 226, 507, 599, 451, 208, 530 };
    const size_t count = sizeof strange / sizeof strange[0];
    size_t first = (size_t)random_below(&m->random, count);

    if (m->in->side == SIDE_REQUEST)
        return refuse(out, "a request has no status");
    for (size_t i = 0; i < count; i++) {
        uint16_t status = strange[(first + i) % count];
        struct verdict v = mutate_check_head(m, status, m->in->content_type);

        if (status == m->in->status || v.count != 1 || v.list[0].id != VIOLATION_STATUS_UNKNOWN)
            continue;
        out->status = status;
        return accept(m, out, &v.list[0]);
    }
    return refuse(out, "the contract takes any status here");
}

static bool
change_media_type(struct mutating *m, struct mutated *out)
{
    static const char *const strange[] = { "text/html",  "application/xml",
                                           "text/csv",   "application/octet-stream",
                                           "text/plain", "application/x-unlisted+json" };
    const size_t count = sizeof strange / sizeof strange[0];
    size_t first = (size_t)random_below(&m->random, count);

    if (m->in->body == NULL && m->in->content_type.length == 0)
        return refuse(out, "there is no body");
    for (size_t i = 0; i < count; i++) {
        struct text type = text_of(strange[(first + i) % count]);
        struct verdict v = mutate_check_head(m, m->in->status, type);

        if (v.count != 1 || v.list[0].id != VIOLATION_CONTENT_TYPE_UNKNOWN)
            continue;
        out->content_type = type;
        return accept(m, out, &v.list[0]);
    }
    return refuse(out, "the contract lists no media types here, or takes any");
}

/* ---- the body ---- */

static bool
keep_body(struct mutating *m, struct mutated *out, struct text body)
{
    out->body = arena_text(m->in->arena, body);
    out->body_changed = out->body.data != NULL;
    return out->body_changed || refuse(out, "there is no memory for it");
}

/* Cut where what is left is no JSON: anywhere inside of an object, an array or a string. */
static bool
cut(struct mutating *m, struct mutated *out)
{
    struct text whole;

    mutate_write(m);
    whole = arena_text(m->work, buffer_text(&m->trial));
    for (unsigned i = 0; i < 8 && whole.length > 1; i++) {
        struct text part = text_slice(whole, 0, 1 + (size_t)random_below(&m->random, whole.length - 1));
        struct verdict v = mutate_check_body(m, part);

        if (v.count == 1 && v.list[0].id == VIOLATION_JSON_SYNTAX)
            return accept(m, out, &v.list[0]) && keep_body(m, out, part);
    }
    return refuse(out, "the body is too short to be cut");
}

static bool
unproven(const struct verdict *v)
{
    for (uint32_t i = 0; i < v->unchecked_count; i++)
        if (v->unchecked[i].reason == UNCHECKED_BUDGET)
            return true;
    return false;
}

/* The body with those edits that are on, and what the checker says of it. */
static struct verdict
try_edits(struct mutating *m)
{
    mutate_write(m);
    if (buffer_failed(&m->trial))
        return (struct verdict){ .dropped = 1 };
    return mutate_check_body(m, buffer_text(&m->trial));
}

/* One edit after the other, from a chosen one on, until one breaks what it should and nothing else. */
static bool
break_one(struct mutating *m, struct mutated *out)
{
    uint32_t first = (uint32_t)random_below(&m->random, m->edit_count);

    for (uint32_t i = 0; i < m->edit_count && may_try(m); i++) {
        struct edit *edit = &m->edits[(first + i) % m->edit_count];
        struct verdict v;

        edit->on = true;
        v = try_edits(m);
        edit->on = false;
        if (v.count == 1 && v.dropped == 0 && mutate_breaks(m->mutation, v.list[0].keyword))
            return accept(m, out, &v.list[0]) && keep_body(m, out, buffer_text(&m->trial));
    }
    return refuse(out, "wherever it was tried, something else broke as well, or nothing did");
}

static bool
holds(struct mutating *m)
{
    struct verdict v = try_edits(m);

    return v.checked && v.count == 0 && v.dropped == 0 && !unproven(&v);
}

static void
switch_edits(struct mutating *m, uint32_t from, uint32_t to, bool on)
{
    for (uint32_t i = from; i < to; i++)
        m->edits[i].on = on;
}

/* All edits of the range that can be had together with those before: all, or what its halves allow. How many. */
static uint32_t
take(struct mutating *m, uint32_t from, uint32_t to)
{
    uint32_t middle = from + (to - from) / 2, taken;

    if (!may_try(m))
        return 0;
    switch_edits(m, from, to, true);
    if (holds(m))
        return to - from;
    switch_edits(m, from, to, false);
    if (to - from < 2)
        return 0;
    taken = take(m, from, middle);
    return taken + take(m, middle, to);
}

/* One place where the schema is open. */
static bool
add_one(struct mutating *m)
{
    uint32_t first = (uint32_t)random_below(&m->random, m->edit_count);

    for (uint32_t i = 0; i < m->edit_count && may_try(m); i++) {
        struct edit *edit = &m->edits[(first + i) % m->edit_count];

        edit->on = true;
        if (holds(m))
            return true;
        edit->on = false;
    }
    return false;
}

static bool
keep_valid(struct mutating *m, struct mutated *out)
{
    bool done = m->mutation == MUTATION_UNKNOWN_MEMBER ? add_one(m) : take(m, 0, m->edit_count) > 0;

    if (!done)
        return refuse(out, "wherever it was tried, the contract was broken");
    mutate_write(m);
    return keep_body(m, out, buffer_text(&m->trial));
}

static int
by_target(const void *a, const void *b)
{
    const struct edit *x = a, *y = b;

    return x->target != y->target ? (x->target < y->target ? -1 : 1) : text_compare(x->json, y->json);
}

static const char *
nothing_there(enum mutation mutation)
{
    static const char *const why[MUTATIONS_COUNT] = {
        [MUTATION_DROP_REQUIRED] = "the schema requires no member",
        [MUTATION_OUTSIDE_ENUM] = "the schema has no enum",
        [MUTATION_PAST_BOUND] = "the schema has no bounds",
        [MUTATION_TOO_LONG] = "the schema bounds no length",
        [MUTATION_TOO_SHORT] = "the schema bounds no length",
        [MUTATION_BAD_FORMAT] = "the schema has no format and no pattern",
        [MUTATION_EXTRA_MEMBER] = "there is no object",
        [MUTATION_ONLY_REQUIRED] = "there is no optional member",
        [MUTATION_EMPTY_ARRAYS] = "there is no array, or it is empty",
        [MUTATION_LONGEST_STRINGS] = "the schema bounds no length, or the strings are that long",
        [MUTATION_LARGEST_NUMBERS] = "there is no number that could be larger",
        [MUTATION_REORDERED] = "there is no object of two members",
        [MUTATION_UNKNOWN_MEMBER] = "there is no object",
    };

    return why[mutation] != NULL ? why[mutation] : "the schema says nothing about the body";
}

/* Is the body as the contract wants it, and is it looked at? */
static bool
is_sound(struct mutating *m, struct mutated *out)
{
    struct verdict v = try_edits(m);

    if (v.count > 0 || v.dropped > 0)
        return refuse(out, "the message breaks its contract already");
    if (unproven(&v))
        return refuse(out, "the body is too much to check");
    return true;
}

static bool
change_body(struct mutating *m, struct mutated *out)
{
    const struct mutate_input *in = m->in;

    if (in->body == NULL)
        return refuse(out, "there is no JSON body");
    if (!is_sound(m, out))
        return false;
    if (m->mutation == MUTATION_BAD_JSON)
        return cut(m, out);
    if (operation_body_schema(in->operation, in->side, in->status, in->content_type) == NULL)
        return refuse(out, "the contract has no schema for this content");
    mutate_walk(m);
    if (m->edit_count == 0)
        return refuse(out, nothing_there(m->mutation));
    qsort(m->edits, m->edit_count, sizeof *m->edits, by_target);
    return table[m->mutation].valid ? keep_valid(m, out) : break_one(m, out);
}

/* ---- */

static bool
do_one(struct mutating *m, enum mutation mutation, struct mutated *out)
{
    arena_reset(m->work);
    *out = (struct mutated){ .mutation = mutation, .breaks = VIOLATION_IDS };
    m->mutation = mutation;
    m->edits = ARENA_ARRAY(m->work, struct edit, MUTATE_EDITS);
    m->edit_count = m->visited = m->tries = 0;
    m->tried = m->made = 0;
    m->budget = LIMIT_CHECK_BUDGET;
    if (m->edits == NULL)
        return refuse(out, "there is no memory for it");
    random_seed(&m->random, m->in->random);
    switch (mutation) {
    case MUTATION_BAD_STATUS:
        return change_status(m, out);
    case MUTATION_BAD_MEDIA_TYPE:
        return change_media_type(m, out);
    default:
        return change_body(m, out);
    }
}

/* Any that breaks, or any that does not: the first that is possible, in an order that `random` decides. */
static bool
do_any(struct mutating *m, enum mutation wish, struct mutated *out)
{
    unsigned from = wish == MUTATION_ANY ? MUTATION_ANY + 1 : MUTATION_NASTY + 1;
    unsigned count = (wish == MUTATION_ANY ? MUTATION_NASTY : MUTATIONS_COUNT) - from;
    unsigned list[MUTATIONS_COUNT];
    struct random order;

    random_seed(&order, ~m->in->random);
    for (unsigned i = 0; i < count; i++)
        list[i] = from + i;
    for (unsigned left = count; left > 0; left--) {
        unsigned at = (unsigned)random_below(&order, left), chosen = list[at];

        list[at] = list[left - 1];
        if (do_one(m, (enum mutation)chosen, out))
            return true;
    }
    return refuse(out, wish == MUTATION_ANY ? "the contract says too little about this message to break it"
                                            : "the contract leaves no room in this message");
}

bool
mutate(enum mutation mutation, const struct mutate_input *in, struct mutated *out)
{
    struct mutating m = { .in = in,
                          .work = arena_new(0, MUTATE_ARENA),
                          .checks = arena_new(0, MUTATE_ARENA),
                          .old_references =
                              text_starts(contract_dialect(operation_contract(in->operation)), TEXT("3.0")) };
    bool done;

    *out = (struct mutated){ .mutation = mutation, .breaks = VIOLATION_IDS };
    buffer_init(&m.trial, LIMIT_SANDBOX_BODY + MUTATE_MADE);
    if (m.work == NULL || m.checks == NULL)
        done = refuse(out, "there is no memory for it");
    else if (mutation == MUTATION_ANY || mutation == MUTATION_NASTY)
        done = do_any(&m, mutation, out);
    else
        done = do_one(&m, mutation, out);
    buffer_release(&m.trial);
    arena_free(m.work);
    arena_free(m.checks);
    return done;
}
