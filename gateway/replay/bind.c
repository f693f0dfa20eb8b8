/* bind.c -- reading a recording: what a request takes from earlier answers, and what its answer gives to later ones. */
#include "replay/bind.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/limits.h"
#include "replay/bind_internal.h"

#define TAKEN_MOST 1024 /* of one request */

/* A value of the request that may be bound. */
struct wanted {
    struct leaf leaf;
    struct place *to; /* NULL: no rule has it yet */
    uint32_t number;  /* of the leaf, from 0 */
    bool taken;       /* something of it */
};

struct reading {
    struct binder *b;
    const struct exchange *x;
    struct trace *trace;
    struct text operation;
    uint64_t operation_hash;
    const struct operation_use *use;
    uint32_t walked; /* values of the request */

    struct wanted *leaves; /* of the request */
    uint32_t leaf_count, leaf_room;

    struct taken *taken;
    uint32_t taken_count, taken_room;
    struct known **refs;
    uint32_t ref_count, ref_room;
    struct issue *issues;
    uint32_t issue_count, issue_room;

    /* while spans are looked for */
    const struct leaf *now;
    struct place *to;
    uint32_t number;
    bool out_of_memory;
};

static bool
no_memory(struct reading *r)
{
    r->out_of_memory = true;
    return false;
}

/* Room for one more in an array of the scratch. */
static void *
room_for(struct reading *r, void *array, uint32_t count, uint32_t *room, size_t size)
{
    uint32_t more = *room > 0 ? *room * 2 : 32;
    void *grown;

    if (count < *room)
        return array;
    grown = arena_grow(r->b->scratch, array, *room * size, more * size);
    if (grown != NULL)
        *room = more;
    else
        r->out_of_memory = true;
    return grown;
}

static bool
keep_ref(struct reading *r, struct known *v)
{
    struct known **refs = room_for(r, r->refs, r->ref_count, &r->ref_room, sizeof(struct known *));

    if (refs == NULL) {
        binder_forget(r->b, v);
        return false;
    }
    r->refs = refs;
    r->refs[r->ref_count++] = v;
    return true;
}

/* ---- what the request takes ---- */

/* Values that say which entity the request is about: not who sends it. */
static bool
names_entity(const struct leaf *leaf, const struct known *v)
{
    return leaf->form != LEAF_FIELD && leaf->form != LEAF_COOKIE && v->shape.bits >= 10;
}

static bool
take(struct reading *r, size_t offset, size_t length, struct known *v, struct issue *i, double bits)
{
    struct pair *p = bindings_pair(i->place, r->to);
    struct taken *t;

    if (p == NULL)
        p = bindings_add(r->b->rules, i->place, r->to);
    t = room_for(r, r->taken, r->taken_count, &r->taken_room, sizeof *t);
    if (p == NULL || t == NULL || r->taken_count == TAKEN_MOST)
        return false;
    r->taken = t;
    if (r->b->learn)
        bindings_hit(r->b->rules, p, known_text(v), v->shape, bits);
    t = &r->taken[r->taken_count++];
    *t = (struct taken){ .leaf = r->number,
                         .offset = (uint32_t)offset,
                         .length = (uint32_t)length,
                         .pair = p,
                         .number = i->trace->number,
                         .issue = (uint32_t)(i - i->trace->issues),
                         .needed = bindings_usable(p, r->b->take_ambiguous) };
    if (names_entity(r->now, v)) {
        v->refs++;
        if (!keep_ref(r, v))
            return false;
        r->trace->refs = r->refs; /* the next values are asked about by them */
        r->trace->bound_count = r->ref_count;
    }
    return true;
}

/* Look for a known value at this place of the leaf. */
static bool
try_span(void *arg, size_t offset, size_t length)
{
    struct reading *r = arg;
    struct text value = text_slice(r->now->value, offset, length);
    struct known *v = binder_find(r->b, value);
    struct asking a = {
        .binder = r->b, .trace = r->trace, .to = r->to, .leaf = r->now, .whole = length == r->now->value.length
    };
    struct issue *i;
    double bits = 0;

    if (v == NULL || v->newest == NULL)
        return false;
    i = choose_issue(&a, v, &bits);
    return i != NULL && take(r, offset, length, v, i, bits);
}

static bool
was_taken(const struct reading *r, uint32_t first_taken, const struct pair *p)
{
    for (uint32_t t = first_taken; t < r->taken_count; t++)
        if (r->taken[t].pair == p)
            return true;
    return false;
}

/* The weak pair whose answer is the newest one about the entity has the word: if it foretold another value, it was
 * wrong. An older one that did was out of date. */
static void
count_misses(struct reading *r, uint32_t first_taken)
{
    const struct issue *newest = NULL;
    struct pair *word = NULL;

    for (struct pair *p = r->to->to; p != NULL; p = p->next) {
        const struct issue *i = p->weak ? choose_foretold(r->b, r->trace, p->from) : NULL;

        if (i != NULL && (newest == NULL || i->trace->number > newest->trace->number)) {
            newest = i;
            word = p;
        }
    }
    for (uint32_t t = first_taken; word != NULL && t < r->taken_count; t++)
        if (r->taken[t].number >= newest->trace->number)
            return;
    if (word != NULL && !word->said && !newest->indexed && !was_taken(r, first_taken, word) &&
        !text_equal(known_text(newest->value), r->now->value))
        bindings_miss(r->b->rules, word);
}

static void
look_at(struct reading *r, struct wanted *wanted)
{
    const struct leaf *leaf = &wanted->leaf;
    uint32_t first = r->taken_count;

    r->now = leaf;
    r->number = wanted->number;
    r->to = wanted->to;
    if (leaf->value.length > LIMIT_REPLAY_VALUE || !try_span(r, 0, leaf->value.length)) {
        if (leaf->form != LEAF_JSON_NUMBER)
            span_each(leaf->value, try_span, r);
    }
    wanted->taken = r->taken_count > first;
    if (r->b->learn)
        count_misses(r, first);
}

/* Places that no rule has are of no use, unless rules are learned: then their names count. */
static bool
collect(void *arg, const struct leaf *leaf)
{
    struct reading *r = arg;
    uint32_t number = r->walked++;
    struct place *to = bindings_find(r->b->rules, r->operation_hash, leaf->place);
    struct wanted *leaves;

    if (leaf->unreadable || leaf->value.length == 0 || ((to == NULL || to->to == NULL) && !r->b->learn))
        return true;
    if (to == NULL)
        to = bindings_place(r->b->rules, r->operation, r->operation_hash, leaf->place, leaf->name, leaf->owner);
    leaves = room_for(r, r->leaves, r->leaf_count, &r->leaf_room, sizeof *leaves);
    if (leaves == NULL)
        return false;
    r->leaves = leaves;
    if (to != NULL)
        r->leaves[r->leaf_count++] = (struct wanted){ .leaf = *leaf, .to = to, .number = number };
    return true;
}

/* ---- what the request brings by itself ---- */

static bool
note(struct reading *r, struct text value)
{
    struct shape shape = shape_of(value);
    struct known *v;

    if (shape.kind == SHAPE_NONE)
        return true;
    v = binder_know(r->b, value, shape, true);
    if (v == NULL)
        return no_memory(r);
    v->sent = r->trace->number;
    return keep_ref(r, v);
}

static bool
note_span(void *arg, size_t offset, size_t length)
{
    struct reading *r = arg;

    (void)note(r, text_slice(r->now->value, offset, length));
    return true;
}

/* A short number is everywhere: what counts is what the client sent it for. */
static void
note_own_number(struct reading *r, const struct wanted *wanted)
{
    char key[OWN_KEY];
    struct shape shape = shape_of(wanted->leaf.value);
    struct text own = binder_own_key(wanted->to->name, wanted->leaf.value, key);
    struct known *v;

    if (shape.kind != SHAPE_SHORT_NUMBER || wanted->taken || own.length == 0)
        return;
    v = binder_know(r->b, own, shape, true);
    if (v == NULL)
        r->out_of_memory = true;
    else
        (void)keep_ref(r, v);
}

static void
note_leaf(struct reading *r, const struct wanted *wanted)
{
    const struct leaf *leaf = &wanted->leaf;

    r->now = leaf;
    note_own_number(r, wanted);
    (void)note(r, leaf->value);
    if (leaf->form != LEAF_JSON_NUMBER && leaf->value.length <= LIMIT_REPLAY_VALUE)
        span_each(leaf->value, note_span, r);
}

/* ---- what the answer gives ---- */

/* Do all answers have this value there, whatever was asked for? Polls ask for one thing. */
static void
note_sameness(const struct reading *r, struct place *place, struct text value)
{
    uint64_t hash = hash_text(value, hash_seed());
    uint64_t path = hash_text(text_make(r->trace->path, r->trace->path_length), hash_seed());

    if (place->path == 0) {
        place->value = hash;
        place->path = path;
    } else if (place->value != hash) {
        place->varies = true;
    } else if ((place->path != path || r->trace->changes) && place->same < PAIR_CONSTANT) {
        place->same++;
    }
}

/* "/17" alone could be anything. */
static uint32_t
reach_of(struct text reach)
{
    return text_find(text_from(reach, 1), '/') + 1 < reach.length ? (uint32_t)reach.length : 0;
}

static bool
issue_leaf(void *arg, const struct leaf *leaf)
{
    struct reading *r = arg;
    struct place *place = bindings_find(r->b->rules, r->operation_hash, leaf->place);
    struct shape shape;
    struct issue *issues;
    struct known *v;

    if (leaf->unreadable || (!r->b->learn && (place == NULL || !place->source)))
        return true;
    shape = shape_of(leaf->value);
    if (shape.kind == SHAPE_NONE)
        return true;
    if (place == NULL)
        place = bindings_place(r->b->rules, r->operation, r->operation_hash, leaf->place, leaf->name, leaf->owner);
    if (place == NULL)
        return true;
    issues = room_for(r, r->issues, r->issue_count, &r->issue_room, sizeof r->issues[0]);
    v = issues != NULL ? binder_know(r->b, leaf->value, shape, false) : NULL;
    if (v == NULL)
        return no_memory(r);
    if (r->b->learn && v->sent != r->trace->number)
        note_sameness(r, place, leaf->value);
    r->issues = issues;
    r->issues[r->issue_count++] = (struct issue){ .value = v,
                                                  .place = place,
                                                  .trace = r->trace,
                                                  .at = hash_text(leaf->at, hash_seed()),
                                                  .reach = hash_text(leaf->reach, hash_seed()),
                                                  .reach_length = reach_of(leaf->reach),
                                                  .echo = v->sent == r->trace->number,
                                                  .indexed = leaf->indexed,
                                                  .part = leaf->part };
    return true;
}

/* ---- an exchange ---- */

static bool
is_safe(struct text method)
{
    return text_equal(method, TEXT("GET")) || text_equal(method, TEXT("HEAD")) || text_equal(method, TEXT("OPTIONS"));
}

static int64_t
answered_at(const struct exchange *x)
{
    const struct exchange_times *t = &x->times;
    int64_t since = t->response_end > 0 ? t->response_end : t->finished > 0 ? t->finished : t->first_byte;

    return x->started > 0 && since > 0 ? x->started + since : 0;
}

static int
describe(struct reading *r, struct trace *t)
{
    struct text path, query;
    bool has_query;

    walk_split_target(r->x->request.target, &path, &query, &has_query);
    while (path.length > 0 && text_ends(path, TEXT("/")))
        path.length--;
    t->operation = r->operation_hash;
    t->client = r->x->client.length > 0 ? hash_text(r->x->client, hash_seed()) : 0;
    t->started = r->x->started;
    t->answered = answered_at(r->x);
    t->status = r->x->has_response ? r->x->response.status : 0;
    t->changes = !is_safe(r->x->request.method);
    t->path = malloc(path.length + 1);
    if (t->path == NULL)
        return -1;
    if (path.length > 0)
        memcpy(t->path, path.data, path.length);
    t->path_length = (uint32_t)path.length;
    t->bytes += path.length + 1;
    return 0;
}

/* A copy of an array of the scratch that stays with the trace. */
static void *
stay(struct reading *r, const void *array, uint32_t count, size_t size)
{
    void *copy = malloc(count > 0 ? count * size : 1);

    if (copy == NULL) {
        r->out_of_memory = true;
        return NULL;
    }
    if (count > 0)
        memcpy(copy, array, count * size);
    r->trace->bytes += count * size;
    return copy;
}

static void
keep_request(struct reading *r)
{
    struct trace *t = r->trace;

    t->refs = stay(r, r->refs, r->ref_count, sizeof(struct known *));
    t->taken = stay(r, r->taken, r->taken_count, sizeof(struct taken));
    t->ref_count = t->refs != NULL ? r->ref_count : 0;
    t->bound_count = t->refs != NULL ? t->bound_count : 0;
    t->taken_count = t->taken != NULL ? r->taken_count : 0;
    for (uint32_t i = 0; t->refs == NULL && i < r->ref_count; i++)
        binder_forget(r->b, r->refs[i]);
}

static void
keep_answer(struct reading *r)
{
    struct trace *t = r->trace;

    t->issues = stay(r, r->issues, r->issue_count, sizeof(struct issue));
    for (uint32_t i = 0; i < r->issue_count; i++) {
        if (t->issues == NULL || binder_link(r->b, &t->issues[i]) < 0) {
            r->out_of_memory = true;
            for (uint32_t left = i; left < r->issue_count; left++)
                binder_forget(r->b, r->issues[left].value);
            break;
        }
        t->issue_count++;
    }
}

static void
read_request(struct reading *r, const struct contract_match *match)
{
    struct walk w = {
        .arena = r->b->scratch, .x = r->x, .message = &r->x->request, .match = match, .fn = collect, .arg = r
    };

    if (!walk_request(&w))
        r->b->counts.messages_cut++;
    for (uint32_t i = 0; i < r->leaf_count && !r->out_of_memory; i++)
        look_at(r, &r->leaves[i]);
    r->trace->refs = NULL; /* until it is a copy */
    for (uint32_t i = 0; r->b->learn && i < r->leaf_count && !r->out_of_memory; i++)
        note_leaf(r, &r->leaves[i]);
    keep_request(r);
}

static void
read_answer(struct reading *r, const struct contract_match *match)
{
    struct walk w = {
        .arena = r->b->scratch, .x = r->x, .message = &r->x->response, .match = match, .fn = issue_leaf, .arg = r
    };

    if (r->x->has_response && !walk_answer(&w))
        r->b->counts.messages_cut++;
    keep_answer(r);
}

/* The exchanges that it waits for, each once. */
static int
tell_needs(const struct trace *t, struct arena *arena, uint64_t **needs, uint32_t *need_count)
{
    *needs = ARENA_ARRAY(arena, uint64_t, t->taken_count + 1);
    *need_count = 0;
    if (*needs == NULL)
        return -1;
    for (uint32_t i = 0; i < t->taken_count; i++) {
        bool told = !t->taken[i].needed;

        for (uint32_t j = 0; j < *need_count && !told; j++)
            told = (*needs)[j] == t->taken[i].number;
        if (!told)
            (*needs)[(*need_count)++] = t->taken[i].number;
    }
    return 0;
}

int
binder_read(struct binder *b, uint64_t number, const struct exchange *x, const struct contract_match *match,
            struct arena *arena, uint64_t **needs, uint32_t *need_count)
{
    struct reading r = { .b = b, .x = x };

    arena_reset(b->scratch);
    r.trace = binder_begin(b, number);
    r.operation = walk_operation(x, match, b->scratch);
    r.operation_hash = bindings_operation_hash(r.operation);
    r.use = bindings_use_of(b->rules, r.operation_hash);
    if (r.operation.data == NULL || describe(&r, r.trace) < 0)
        return -1;
    read_request(&r, match);
    if (!r.out_of_memory)
        read_answer(&r, match);
    b->bytes += r.trace->bytes;
    return r.out_of_memory || tell_needs(r.trace, arena, needs, need_count) < 0 ? -1 : 0;
}

struct text
binder_operation(const struct exchange *x, const struct contract_match *match, struct arena *arena)
{
    return walk_operation(x, match, arena);
}
