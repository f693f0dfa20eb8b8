/* bind_choose.c -- of all answers that had a value, the one that a request has it from.
 *
 * It was complete before the request began, and the client had not sent the value by itself before. Weak values (short
 * numbers, words, dates) are everywhere: there only the newest answer counts that is about the same entity, which is
 * one that shares a value which the request was already bound by, or else the same connection or path. */
#include "base/hash.h"
#include "replay/bind_internal.h"

#define LOOK_NEWEST 48 /* issues of one value that are looked at, from the newest on */
#define LOOK_OLDEST 16 /* and from the oldest on: who made it */
#define LOOK_WEAK   24
#define LOOK_THERE  16               /* issues of one place */
#define SLACK       INT64_C(1000000) /* HAR files tell milliseconds */

static bool
was_before(const struct trace *t, const struct issue *i)
{
    return i->trace != t && (t->started == 0 || i->trace->answered == 0 || i->trace->answered <= t->started + SLACK);
}

static bool
has_value(const struct trace *t, const struct known *v)
{
    int looked = 0;

    for (uint32_t i = 0; i < t->bound_count; i++)
        if (t->refs[i] == v)
            return true;
    for (const struct issue *i = v->newest; i != NULL && looked < LOOK_NEWEST; i = i->older, looked++)
        if (i->trace == t)
            return true;
    return false;
}

/* Is one path the other, or below it? */
static bool
paths_meet(const struct trace *a, const struct trace *b)
{
    const struct trace *low = a->path_length < b->path_length ? a : b, *high = low == a ? b : a;

    return low->path_length > 0 && memcmp(low->path, high->path, low->path_length) == 0 &&
           (low->path_length == high->path_length || high->path[low->path_length] == '/');
}

static bool
is_related(const struct trace *t, const struct trace *other)
{
    for (uint32_t i = 0; i < t->bound_count; i++)
        if (has_value(other, t->refs[i]))
            return true;
    if (t->bound_count > 0)
        return false;
    return (t->client != 0 && t->client == other->client) || paths_meet(t, other);
}

struct issue *
choose_foretold(const struct binder *b, const struct trace *t, const struct place *from)
{
    struct issue *i = from->index < b->newest_room ? b->newest[from->index] : NULL;

    for (int look = 0; i != NULL && look < LOOK_THERE; i = i->older_there, look++)
        if (was_before(t, i) && !i->echo && is_related(t, i->trace))
            return i;
    return NULL;
}

/* ---- what speaks for one ---- */

/* The path up to the segment is that of the request which was answered with the value. */
static bool
follows(const struct asking *a, const struct issue *i)
{
    size_t front = a->leaf->reach.length - a->leaf->raw.length;
    const struct trace *t = i->trace;

    return a->whole && a->leaf->form == LEAF_SEGMENT && a->leaf->reach.length > a->leaf->raw.length &&
           t->path_length > 0 && front == (size_t)t->path_length + 1 &&
           memcmp(t->path, a->leaf->reach.data, t->path_length) == 0;
}

/* The path as far as here stood in the answer, or the end of it, where somebody in between puts something in front. */
static bool
is_linked(const struct asking *a, const struct issue *i)
{
    struct text reach = a->leaf->reach;

    return a->leaf->form == LEAF_SEGMENT && i->reach_length > 0 && i->reach_length <= reach.length &&
           i->reach == hash_text(text_from(reach, reach.length - i->reach_length), hash_seed());
}

static double
bits_of(const struct asking *a, const struct issue *i)
{
    double bits = (double)i->value->shape.bits;

    if (shape_names_alike(i->place->name, a->to->name))
        bits +=
            PAIR_ALIKE + (text_ends(i->place->name, TEXT("id")) && text_ends(a->to->name, TEXT("id")) ? PAIR_ID : 0);
    if (follows(a, i))
        bits += PAIR_FOLLOWS;
    if (is_linked(a, i))
        bits += PAIR_LINK;
    return bits;
}

/* Of what looks like an id: the answer that had it first, when something was changed. Of anything else, the newest
 * counts. */
static bool
is_maker(const struct issue *i)
{
    return !shape_is_weak(i->value->shape) && i->trace->changes && i->value->oldest->trace == i->trace &&
           text_starts(i->place->place, TEXT("response:"));
}

static int
rank_of(const struct asking *a, const struct issue *i)
{
    int rank = 0;

    rank += i->echo ? 0 : 16;
    rank += i->indexed ? 0 : 8;
    rank += shape_names_alike(i->place->name, a->to->name) ? 4 : 0;
    rank += is_maker(i) ? 2 : 0;
    rank += i->part ? 0 : 1;
    return i->trace->status >= 400 ? rank - 20 : rank;
}

/* ---- which may be chosen ---- */

static bool
is_allowed(const struct asking *a, const struct issue *i)
{
    struct pair *p = bindings_pair(i->place, a->to);

    if (p != NULL && p->use == BINDING_NO)
        return false;
    return a->binder->learn || p != NULL;
}

/* A weak value counts where places have one name, the path says it, or a rule does. */
static bool
weak_may(const struct asking *a, const struct issue *i)
{
    const struct pair *p = bindings_pair(i->place, a->to);
    const struct issue *foretold;

    if (follows(a, i) || is_linked(a, i))
        return true;
    if (i->echo ||
        (!(p != NULL && (p->said || p->use == BINDING_YES)) && !shape_names_alike(i->place->name, a->to->name)))
        return false;
    if (!is_related(a->trace, i->trace))
        return false;
    foretold = choose_foretold(a->binder, a->trace, i->place);
    return foretold != NULL && (foretold->value == i->value || foretold->trace == i->trace);
}

/* Parts of texts must be told from other words. */
static bool
is_telling(const struct asking *a, const struct known *v)
{
    return a->whole || (!shape_is_weak(v->shape) && v->shape.bits >= 10);
}

/* The client had it by itself. A short number is only then its own when it was sent under the same name. */
static bool
is_own(const struct asking *a, const struct known *v)
{
    char key[OWN_KEY];
    struct text own;

    if (!a->binder->learn)
        return false;
    if (v->shape.kind != SHAPE_SHORT_NUMBER)
        return v->own;
    own = binder_own_key(a->to->name, known_text(v), key);
    return own.length > 0 && binder_find(a->binder, own) != NULL;
}

struct chosen {
    struct issue *issue;
    int rank;
};

static void
consider(const struct asking *a, struct issue *i, bool weak, struct chosen *best)
{
    int rank;

    if (!was_before(a->trace, i) || !is_allowed(a, i) || (weak && !weak_may(a, i)))
        return;
    rank = rank_of(a, i);
    if (best->issue == NULL || rank > best->rank) {
        best->issue = i;
        best->rank = rank;
    }
}

struct issue *
choose_issue(const struct asking *a, struct known *v, double *bits)
{
    bool weak = shape_is_weak(v->shape);
    int most = weak ? LOOK_WEAK : LOOK_NEWEST, looked = 0;
    struct chosen best = { .issue = NULL };
    struct issue *i = v->newest;

    if (!is_telling(a, v) || is_own(a, v))
        return NULL;
    for (; i != NULL && looked < most; i = i->older, looked++)
        consider(a, i, weak, &best);
    if (i != NULL && !weak)
        for (i = v->oldest, looked = 0; i != NULL && looked < LOOK_OLDEST; i = i->newer, looked++)
            consider(a, i, weak, &best);
    if (best.issue != NULL)
        *bits = bits_of(a, best.issue);
    return best.issue;
}
