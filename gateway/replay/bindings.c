/* bindings.c -- rules by place: kept, counted, judged. */
#include <stdlib.h>

#include "base/hash.h"
#include "base/limits.h"
#include "replay/bind_internal.h"

#define FIRST_BUCKETS 256

struct bindings *
bindings_new(void)
{
    struct bindings *b = calloc(1, sizeof *b);

    if (b == NULL)
        return NULL;
    b->arena = arena_new(0, LIMIT_REPLAY_BINDINGS);
    b->view_arena = arena_new(0, LIMIT_REPLAY_BINDINGS);
    b->buckets = FIRST_BUCKETS;
    b->table = calloc(b->buckets, sizeof(struct place *));
    b->stale = true;
    if (b->arena != NULL && b->view_arena != NULL && b->table != NULL)
        return b;
    bindings_free(b);
    return NULL;
}

void
bindings_free(struct bindings *b)
{
    if (b == NULL)
        return;
    arena_free(b->arena);
    arena_free(b->view_arena);
    free(b->table);
    free(b->pairs);
    free(b);
}

/* ---- places ---- */

uint64_t
bindings_operation_hash(struct text operation)
{
    return hash_text(operation, hash_seed());
}

static uint64_t
place_hash(uint64_t operation_hash, struct text place)
{
    return hash_text(place, operation_hash);
}

struct place *
bindings_find(const struct bindings *b, uint64_t operation_hash, struct text place)
{
    uint64_t hash = place_hash(operation_hash, place);
    struct place *p = b->table[hash & (b->buckets - 1)];

    while (p != NULL && !(p->hash == hash && text_equal(p->place, place)))
        p = p->next;
    return p;
}

/* Twice as many buckets; where there is no memory for them, lists get longer. */
static void
grow_table(struct bindings *b)
{
    uint32_t buckets = b->buckets * 2;
    struct place **table = calloc(buckets, sizeof(struct place *));

    if (table == NULL)
        return;
    for (uint32_t i = 0; i < b->buckets; i++)
        while (b->table[i] != NULL) {
            struct place *p = b->table[i], **head = &table[p->hash & (buckets - 1)];

            b->table[i] = p->next;
            p->next = *head;
            *head = p;
        }
    free(b->table);
    b->table = table;
    b->buckets = buckets;
}

/* The last word of the operation's path that is no template: whose things it is about. */
static struct text
owner_of(struct text operation)
{
    struct text_split split = text_split_start(text_from(operation, text_find(operation, '/')));
    struct text part, owner = text_make(NULL, 0);

    while (text_split_next(&split, '/', &part))
        if (part.length > 0 && text_find(part, '{') == part.length && !text_equal(part, TEXT("*")))
            owner = text_slice(part, 0, text_find(part, '.'));
    return owner;
}

/* "items" of a collection are what the collection is called after. */
static bool
is_list_word(struct text operation, struct text owner)
{
    static const struct text words[] = {
        TEXT("items"),   TEXT("data"), TEXT("results"), TEXT("content"), TEXT("records"),
        TEXT("entries"), TEXT("list"), TEXT("rows"),    TEXT("values"),
    };

    if (text_ends(operation, TEXT("}")) || text_ends(operation, TEXT("*")))
        return false;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (text_equal_nocase(owner, words[i]))
            return true;
    return false;
}

struct place *
bindings_place(struct bindings *b, struct text operation, uint64_t operation_hash, struct text place, struct text name,
               struct text owner)
{
    struct place *p = bindings_find(b, operation_hash, place), **head;
    char folded[NAME_MOST];

    if (p != NULL)
        return p;
    if (b->place_count == LIMIT_REPLAY_PLACES || (p = ARENA_NEW(b->arena, struct place)) == NULL) {
        b->full++;
        return NULL;
    }
    if (owner.length == 0 || is_list_word(operation, owner))
        owner = owner_of(operation);
    p->hash = place_hash(operation_hash, place);
    p->operation_hash = operation_hash;
    p->operation = arena_text(b->arena, operation);
    p->place = arena_text(b->arena, place);
    p->name = arena_text(b->arena, text_make(folded, shape_name(name, owner, folded, sizeof folded)));
    if (p->operation.data == NULL || p->place.data == NULL || p->name.data == NULL) {
        b->full++;
        return NULL;
    }
    p->index = b->place_count++;
    if (b->place_count > b->buckets)
        grow_table(b);
    head = &b->table[p->hash & (b->buckets - 1)];
    p->next = *head;
    *head = p;
    return p;
}

/* ---- pairs ---- */

struct pair *
bindings_pair(const struct place *from, const struct place *to)
{
    struct pair *p = to->to;

    while (p != NULL && p->from != from)
        p = p->next;
    return p;
}

static uint32_t
count_pairs(const struct place *to)
{
    uint32_t count = 0;

    for (const struct pair *p = to->to; p != NULL; p = p->next)
        count++;
    return count;
}

static bool
grow_pairs(struct bindings *b)
{
    uint32_t room = b->pair_room > 0 ? b->pair_room * 2 : 64;
    struct pair **pairs = realloc(b->pairs, room * sizeof(struct pair *));

    if (pairs == NULL)
        return false;
    b->pairs = pairs;
    b->pair_room = room;
    return true;
}

/* ---- what of an operation is wanted ---- */

const struct operation_use *
bindings_use_of(const struct bindings *b, uint64_t operation_hash)
{
    static const struct operation_use nothing = { .next = NULL };
    const struct operation_use *u = b->operations[operation_hash % OPERATION_BUCKETS];

    while (u != NULL && u->hash != operation_hash)
        u = u->next;
    return u != NULL ? u : &nothing;
}

static struct operation_use *
use_to_change(struct bindings *b, uint64_t operation_hash)
{
    struct operation_use *u = b->operations[operation_hash % OPERATION_BUCKETS];

    while (u != NULL && u->hash != operation_hash)
        u = u->next;
    if (u != NULL || (u = ARENA_NEW(b->arena, struct operation_use)) == NULL)
        return u;
    u->hash = operation_hash;
    u->next = b->operations[operation_hash % OPERATION_BUCKETS];
    b->operations[operation_hash % OPERATION_BUCKETS] = u;
    return u;
}

static bool
note_use(struct bindings *b, const struct place *from, const struct place *to)
{
    struct operation_use *u = use_to_change(b, from->operation_hash);

    if (u == NULL)
        return false;
    u->in_answer = true;
    u->in_answer_body = u->in_answer_body || text_starts(from->place, TEXT("response:"));
    u->in_parts = u->in_parts || text_find(from->place, '#') < from->place.length;
    u = use_to_change(b, to->operation_hash);
    if (u == NULL)
        return false;
    u->in_request_body = u->in_request_body || text_starts(to->place, TEXT("body:"));
    return true;
}

/* ---- adding ---- */

struct pair *
bindings_add(struct bindings *b, struct place *from, struct place *to)
{
    struct pair *p = bindings_pair(from, to), **end = &to->to;

    if (p != NULL)
        return p;
    if (b->pair_count == LIMIT_REPLAY_PAIRS || count_pairs(to) >= PAIRS_OF_ONE ||
        (b->pair_count == b->pair_room && !grow_pairs(b)) || !note_use(b, from, to) ||
        (p = ARENA_NEW(b->arena, struct pair)) == NULL) {
        b->full++;
        return NULL;
    }
    *p = (struct pair){ .from = from, .to = to, .use = BINDING_AMBIGUOUS, .weak = true };
    p->alike = shape_names_alike(from->name, to->name);
    while (*end != NULL)
        end = &(*end)->next;
    *end = p;
    b->pairs[b->pair_count++] = p;
    from->source = true;
    b->stale = true;
    return p;
}

/* ---- judging ---- */

static bool
is_constant(const struct pair *p)
{
    return p->value_count == 1 && p->shape.bits < PAIR_UNIQUE && !p->from->varies && p->from->same >= PAIR_CONSTANT;
}

static void
judge(struct pair *p)
{
    uint32_t many = p->alike ? PAIR_FEW : PAIR_MANY;

    if (p->said)
        return;
    if (is_constant(p))
        p->use = BINDING_AMBIGUOUS;
    else if (p->weak)
        p->use = p->missed == 0 && p->value_count >= many ? BINDING_YES : BINDING_AMBIGUOUS;
    else if (p->bits >= PAIR_ENOUGH && p->missed * 4 <= p->seen)
        p->use = BINDING_YES;
    else
        p->use = BINDING_AMBIGUOUS;
    p->from->used = p->from->used || p->use == BINDING_YES;
}

static bool
is_new_value(struct pair *p, struct text value)
{
    uint64_t hash = hash_text(value, hash_seed());

    for (uint32_t i = 0; i < p->value_count; i++)
        if (p->values[i] == hash)
            return false;
    if (p->value_count == PAIR_VALUES)
        return false;
    p->values[p->value_count++] = hash;
    return true;
}

void
bindings_hit(struct bindings *b, struct pair *p, struct text value, struct shape shape, double bits)
{
    b->stale = true;
    p->seen++;
    if (p->seen == 1 || shape.bits < p->shape.bits)
        p->shape = shape;
    p->weak = p->weak && shape_is_weak(shape) && bits < PAIR_ENOUGH;
    if (is_new_value(p, value))
        p->bits += bits;
    judge(p);
}

void
bindings_miss(struct bindings *b, struct pair *p)
{
    b->stale = true;
    p->missed++;
    judge(p);
}

bool
bindings_usable(const struct pair *p, bool take_ambiguous)
{
    return p->use == BINDING_YES || (p->use == BINDING_AMBIGUOUS && take_ambiguous && bindings_is_told(p));
}

bool
bindings_is_told(const struct pair *p)
{
    if (p->said || p->use != BINDING_AMBIGUOUS || p->why.length > 0)
        return true;
    return p->seen > p->missed && (p->alike || !p->weak || p->value_count >= 3);
}

struct text
bindings_why(const struct pair *p, struct arena *arena)
{
    if (p->value_count == 0)
        return p->why; /* it is only known from the file */
    if (is_constant(p))
        return TEXT("the same in every answer");
    if (p->missed > 0)
        return arena_print(arena, "%s, and another one %llu times", shape_why(p->shape), (unsigned long long)p->missed);
    if (p->value_count > 1)
        return arena_print(arena, "%s, %u different ones%s", shape_why(p->shape), p->value_count,
                           p->value_count == PAIR_VALUES ? " or more" : "");
    return text_of(shape_why(p->shape));
}

/* ---- as others see them ---- */

static int
in_order(const void *a, const void *b)
{
    const struct pair *left = *(struct pair *const *)a, *right = *(struct pair *const *)b;
    int order = left->from->index < right->from->index ? -1 : left->from->index > right->from->index;

    if (order == 0)
        order = (int)left->use - (int)right->use;
    return order != 0 ? order : (left->to->index < right->to->index ? -1 : left->to->index > right->to->index);
}

static int
most_seen_first(const void *a, const void *b)
{
    const struct binding *left = a, *right = b;

    if (left->use != right->use && (left->use == BINDING_AMBIGUOUS || right->use == BINDING_AMBIGUOUS))
        return left->use == BINDING_AMBIGUOUS ? 1 : -1;
    if (left->seen != right->seen)
        return left->seen > right->seen ? -1 : 1;
    return text_compare(left->from, right->from);
}

static struct text
full_name(const struct place *p, struct arena *arena)
{
    return arena_print(arena, "%.*s %.*s", TEXT_PRINT(p->operation), TEXT_PRINT(p->place));
}

/* Pairs of one answer's place that are used in one way are one binding; ambiguous ones stand alone, each has its
 * reason. */
static bool
add_to_view(struct bindings *b, const struct pair *p)
{
    struct binding *v = b->view_count > 0 ? &b->view[b->view_count - 1] : NULL;
    struct text from = full_name(p->from, b->view_arena);
    struct text *to;

    if (v == NULL || p->use == BINDING_AMBIGUOUS || v->use != p->use || !text_equal(v->from, from)) {
        v = &b->view[b->view_count++];
        *v = (struct binding){ .from = from, .use = p->use };
        if (p->use == BINDING_AMBIGUOUS)
            v->why = bindings_why(p, b->view_arena);
        else if (p->use == BINDING_NO)
            v->why = p->why;
        else if (p->weak && !p->said)
            v->why = arena_print(b->view_arena, "%s, seen %llu times with %u%s different values", shape_why(p->shape),
                                 (unsigned long long)p->seen, p->value_count,
                                 p->value_count == PAIR_VALUES ? " or more" : "");
        else
            v->why = p->said ? p->why : text_make(NULL, 0);
    }
    to = arena_grow(b->view_arena, v->to, v->to_count * sizeof v->to[0], (v->to_count + 1) * sizeof v->to[0]);
    if (to == NULL)
        return false;
    v->to = to;
    v->to[v->to_count++] = full_name(p->to, b->view_arena);
    v->seen += p->seen;
    return true;
}

static void
make_view(struct bindings *b)
{
    struct pair **sorted = calloc(b->pair_count + 1, sizeof(struct pair *));
    uint32_t count = 0;

    arena_reset(b->view_arena);
    b->view_count = 0;
    b->stale = false;
    b->view = ARENA_ARRAY(b->view_arena, struct binding, b->pair_count + 1);
    if (sorted == NULL || b->view == NULL) {
        free(sorted);
        return;
    }
    for (uint32_t i = 0; i < b->pair_count; i++)
        if (bindings_is_told(b->pairs[i]))
            sorted[count++] = b->pairs[i];
    qsort(sorted, count, sizeof(struct pair *), in_order);
    for (uint32_t i = 0; i < count && add_to_view(b, sorted[i]); i++)
        ;
    qsort(b->view, b->view_count, sizeof b->view[0], most_seen_first);
    free(sorted);
}

uint32_t
bindings_count(const struct bindings *b)
{
    struct bindings *own = (struct bindings *)(uintptr_t)b; /* the view is made when it is asked for */

    if (own->stale)
        make_view(own);
    return own->view_count;
}

const struct binding *
bindings_at(const struct bindings *b, uint32_t index)
{
    return index < bindings_count(b) ? &b->view[index] : NULL;
}
