/* pattern_build.c -- from a tree to an automaton, in three steps: kinds of characters, a net of states that may be in
 * several places at once (Thompson), and the table of its sets of places (subset construction). Every step gives up at
 * a limit. */
#include <stdlib.h>

#include "base/limits.h"
#include "schema/pattern_automaton.h"
#include "schema/pattern_kinds.h"
#include "schema/pattern_table.h"

#define MAX_PLACES 2048 /* of the net */
#define WORDS      (MAX_PLACES / 64)
#define MAX_WORK   (4u * 1000 * 1000) /* visits of places; some milliseconds */
#define NOWHERE    UINT32_MAX

/* A place of the net: waits for a character, or is a fork, or the end. */
struct place {
    uint64_t kinds; /* 0: a fork */
    uint32_t next;
    uint32_t other; /* fork: the second way; else NOWHERE */
};

struct places {
    uint64_t bits[WORDS];
};

struct builder {
    struct pattern_kinds characters;
    uint32_t kinds; /* how many */
    struct place net[MAX_PLACES];
    uint32_t net_count;
    uint32_t work;
    bool failed;
    struct places *sets; /* per state of the table */
    uint64_t *hashes;    /* of the sets */
    uint32_t state_count;
    uint32_t stack[2 * MAX_PLACES + 1]; /* places to be visited: each fork is entered once and adds two */
    struct automaton *made;
};

static void
work(struct builder *b, uint32_t units)
{
    b->work += units;
    if (b->work > MAX_WORK)
        b->failed = true;
}

/* ---- which trees ---- */

static const struct pattern_node *
unwrapped(const struct pattern_node *node)
{
    for (;;) {
        if (node->kind == PATTERN_GROUP || (node->kind == PATTERN_SEQUENCE && node->child->next == NULL))
            node = node->child;
        else
            return node;
    }
}

/* Nothing inside that a net cannot express, and no anchors. */
static bool
is_regular(const struct pattern_node *node)
{
    if (node->kind == PATTERN_LOOK || node->kind == PATTERN_BACKREFERENCE || node->kind == PATTERN_BOUNDARY ||
        node->kind == PATTERN_START || node->kind == PATTERN_END)
        return false;
    for (const struct pattern_item *item = node->items; item != NULL; item = item->next) {
        if (item->property.length > 0)
            return false;
    }
    for (const struct pattern_node *child = node->child; child != NULL; child = child->next) {
        if (!is_regular(child))
            return false;
    }
    return true;
}

/* An alternative of the whole: maybe ^, regular parts, maybe $. */
static bool
is_anchored_regular(const struct pattern_node *node)
{
    if (node->kind == PATTERN_START || node->kind == PATTERN_END)
        return true;
    if (node->kind != PATTERN_SEQUENCE)
        return is_regular(node);
    for (const struct pattern_node *child = node->child; child != NULL; child = child->next) {
        bool anchor = (child->kind == PATTERN_START && child == node->child) ||
                      (child->kind == PATTERN_END && child->next == NULL);

        if (!anchor && !is_regular(child))
            return false;
    }
    return true;
}

static bool
is_everyday(const struct pattern_node *node)
{
    node = unwrapped(node);
    if (node->kind != PATTERN_ALTERNATIVES)
        return is_anchored_regular(node);
    for (const struct pattern_node *child = node->child; child != NULL; child = child->next) {
        if (!is_everyday(child))
            return false;
    }
    return true;
}

/* ---- the net: each part is built in front of what follows it ---- */

static uint32_t
add_place(struct builder *b, uint64_t kinds, uint32_t next, uint32_t other)
{
    if (b->net_count == MAX_PLACES) {
        b->failed = true;
        return 0;
    }
    b->net[b->net_count] = (struct place){ kinds, next, other };
    return b->net_count++;
}

static uint32_t net_of(struct builder *b, const struct pattern_node *node, uint32_t next);

static uint32_t
net_of_repeat(struct builder *b, const struct pattern_node *repeat, uint32_t next)
{
    uint32_t entry = next;

    if (repeat->max == PATTERN_UNLIMITED) {
        entry = add_place(b, 0, NOWHERE, next);
        uint32_t body = net_of(b, repeat->child, entry);
        b->net[entry].next = body;
    } else {
        for (uint32_t i = repeat->min; i < repeat->max && !b->failed; i++)
            entry = add_place(b, 0, net_of(b, repeat->child, entry), next);
    }
    for (uint32_t i = 0; i < repeat->min && !b->failed; i++)
        entry = net_of(b, repeat->child, entry);
    return entry;
}

static uint32_t
net_of(struct builder *b, const struct pattern_node *node, uint32_t next)
{
    uint64_t kinds;
    uint32_t entry;

    work(b, 1); /* repetitions of nothing cost no places */
    if (b->failed)
        return next;
    switch (node->kind) {
    case PATTERN_SET:
        kinds = pattern_kinds_of(&b->characters, node);
        b->failed = b->failed || b->characters.failed;
        /* No kinds: a class that matches nothing. A fork that leads nowhere says the same. */
        return add_place(b, kinds, kinds != 0 ? next : NOWHERE, NOWHERE);
    case PATTERN_SEQUENCE:
        for (const struct pattern_node *child = node->last; child != NULL && !b->failed; child = child->previous)
            next = net_of(b, child, next);
        return next;
    case PATTERN_ALTERNATIVES:
        entry = NOWHERE;
        for (const struct pattern_node *child = node->child; child != NULL && !b->failed; child = child->next)
            entry = add_place(b, 0, net_of(b, child, next), entry);
        return entry;
    case PATTERN_REPEAT:
        return net_of_repeat(b, node, next);
    case PATTERN_GROUP:
        return net_of(b, node->child, next);
    default:
        return next; /* PATTERN_EMPTY; anchors are dealt with by net_of_whole */
    }
}

/* Any characters, then `next`. */
static uint32_t
net_of_anything(struct builder *b, uint32_t next)
{
    uint32_t loop = add_place(b, 0, NOWHERE, next);
    uint32_t any = add_place(b, (UINT64_C(1) << b->kinds) - 1, loop, NOWHERE);

    b->net[loop].next = any;
    return loop;
}

/* The language of whole subjects in which the pattern matches somewhere. */
static uint32_t
net_of_whole(struct builder *b, const struct pattern_node *node, uint32_t end, uint32_t rest)
{
    const struct pattern_node *last, *first;
    uint32_t entry = NOWHERE;

    node = unwrapped(node);
    if (node->kind == PATTERN_ALTERNATIVES) {
        for (const struct pattern_node *child = node->child; child != NULL && !b->failed; child = child->next)
            entry = add_place(b, 0, net_of_whole(b, child, end, rest), entry);
        return entry;
    }
    first = last = node->kind == PATTERN_SEQUENCE ? node->child : node;
    while (node->kind == PATTERN_SEQUENCE && last->next != NULL)
        last = last->next;
    entry = net_of(b, node, last->kind == PATTERN_END ? end : rest);
    return first->kind == PATTERN_START ? entry : net_of_anything(b, entry);
}

/* ---- the table ---- */

static bool
has(const struct places *set, uint32_t place)
{
    return (set->bits[place / 64] >> (place % 64) & 1) != 0;
}

/* Add a place and whatever forks lead to. */
static void
reach(struct builder *b, struct places *set, uint32_t from)
{
    uint32_t waiting = 0;

    b->stack[waiting++] = from;
    while (waiting > 0) {
        uint32_t at = b->stack[--waiting];

        work(b, 1);
        if (at == NOWHERE || has(set, at))
            continue;
        set->bits[at / 64] |= UINT64_C(1) << (at % 64);
        if (b->net[at].kinds != 0)
            continue;
        b->stack[waiting++] = b->net[at].next;
        b->stack[waiting++] = b->net[at].other;
    }
}

/* The state for this set of places; a new one if it is new. */
static uint32_t
state_for(struct builder *b, const struct places *set)
{
    uint64_t hash = 0;

    for (uint32_t i = 0; i < WORDS; i++)
        hash = (hash ^ set->bits[i]) * UINT64_C(0x9E3779B97F4A7C15);
    for (uint32_t i = 0; i < b->state_count; i++) {
        if (b->hashes[i] == hash && memcmp(&b->sets[i], set, sizeof(*set)) == 0)
            return i;
    }
    if (b->state_count == LIMIT_PATTERN_STATES) {
        b->failed = true;
        return 0;
    }
    b->sets[b->state_count] = *set;
    b->hashes[b->state_count] = hash;
    return b->state_count++;
}

static uint32_t
step(struct builder *b, const struct places *set, uint32_t kind, uint32_t rest)
{
    struct places next = { { 0 } };

    for (uint32_t word = 0; word < WORDS; word++) {
        for (uint64_t bits = set->bits[word]; bits != 0; bits &= bits - 1) {
            uint32_t at = word * 64 + (uint32_t)__builtin_ctzll(bits);

            if ((b->net[at].kinds >> kind & 1) != 0)
                reach(b, &next, b->net[at].next);
        }
    }
    /* Whoever has reached the rest has matched, whatever else there is. */
    return has(&next, rest) ? 1 : state_for(b, &next);
}

static void
fill_table(struct builder *b, uint32_t entry, uint32_t end, uint32_t rest)
{
    struct automaton *a = b->made;
    struct places set = { { 0 } };

    (void)state_for(b, &set); /* 0: nowhere */
    reach(b, &set, rest);
    (void)state_for(b, &set); /* 1: matched; its places are those of the rest, and all of them stay */
    memset(&set, 0, sizeof(set));
    reach(b, &set, entry);
    a->start = (has(&set, rest) ? 1 : state_for(b, &set)) * b->kinds;
    for (uint32_t state = 0; state < b->state_count && !b->failed; state++) {
        a->accepts[state] = state == 1 || has(&b->sets[state], end);
        for (uint32_t kind = 0; kind < b->kinds && !b->failed; kind++)
            a->table[state * b->kinds + kind] = (state == 1 ? 1 : step(b, &b->sets[state], kind, rest)) * b->kinds;
    }
}

static void
describe_kinds(struct builder *b)
{
    const struct pattern_kinds *k = &b->characters;
    struct automaton *a = b->made;

    for (uint32_t i = 0; i < k->count; i++) {
        uint32_t until = i + 1 < k->count ? k->cuts[i + 1] : 128;

        a->boundaries[i] = (struct automaton_boundary){ k->cuts[i], k->kinds[i] };
        for (uint32_t c = k->cuts[i]; c < until && c < 128; c++)
            a->ascii[c] = k->kinds[i];
    }
    a->boundary_count = k->count;
    a->kinds = b->kinds;
    a->final = b->kinds;
}

/* Room for the largest table; automaton_new gives back what is not needed. */
static bool
make_room(struct builder *b)
{
    struct automaton *a = b->made = calloc(1, sizeof(*a));

    if (a == NULL)
        return false;
    a->boundaries = calloc((size_t)b->characters.count + 1, sizeof(*a->boundaries));
    a->table = calloc((size_t)LIMIT_PATTERN_STATES * b->kinds, sizeof(*a->table));
    a->accepts = calloc(LIMIT_PATTERN_STATES, sizeof(*a->accepts));
    b->sets = calloc(LIMIT_PATTERN_STATES, sizeof(*b->sets));
    b->hashes = calloc(LIMIT_PATTERN_STATES, sizeof(*b->hashes));
    return a->boundaries != NULL && a->table != NULL && a->accepts != NULL && b->sets != NULL && b->hashes != NULL;
}

static void
give_back(struct automaton *a, uint32_t states)
{
    uint32_t *table = realloc(a->table, (size_t)states * a->kinds * sizeof(*table));
    uint8_t *accepts = realloc(a->accepts, states);

    if (table != NULL)
        a->table = table;
    if (accepts != NULL)
        a->accepts = accepts;
}

static bool
build(struct builder *b, const struct pattern_node *root)
{
    uint32_t end, rest, entry;

    if (!pattern_kinds_find(&b->characters, root))
        return false;
    b->kinds = b->characters.number;
    if (!make_room(b))
        return false;
    describe_kinds(b);
    end = add_place(b, 0, NOWHERE, NOWHERE);
    rest = add_place(b, 0, end, NOWHERE);
    entry = net_of_whole(b, root, end, rest);
    if (!b->failed)
        fill_table(b, entry, end, rest);
    return !b->failed;
}

struct automaton *
automaton_new(const struct pattern_tree *tree)
{
    struct builder *b;
    struct automaton *made = NULL;

    if (!is_everyday(tree->root) || (b = calloc(1, sizeof(*b))) == NULL)
        return NULL;
    if (build(b, tree->root)) {
        made = b->made;
        give_back(made, b->state_count);
    } else {
        automaton_free(b->made);
    }
    pattern_kinds_release(&b->characters);
    free(b->sets);
    free(b->hashes);
    free(b);
    return made;
}
