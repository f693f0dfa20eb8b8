#include "sandbox/member_order.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/limits.h"

/* A place of a name: in which `properties`, counted over all files, and where in it. */
struct place {
    const struct place *next; /* in a later one */
    uint32_t object, index;
};

struct named {
    struct text name;          /* data NULL: an empty slot */
    const struct place *first; /* in the order of the document */
    struct place *last;
};

struct member_order {
    struct arena *places;
    struct named *slots; /* open addressing */
    uint32_t size, count, objects;
    bool failed;
};

static struct named *
find(const struct member_order *o, struct text name)
{
    uint64_t slot = hash_text(name, 0) & (o->size - 1);

    while (o->slots[slot].name.data != NULL && !text_equal(o->slots[slot].name, name))
        slot = (slot + 1) & (o->size - 1);
    return &o->slots[slot];
}

static void
make_room(struct member_order *o)
{
    struct named *before = o->slots;
    uint32_t size = o->size;

    o->slots = calloc((size_t)size * 2, sizeof(o->slots[0]));
    if (o->slots == NULL) {
        o->slots = before;
        o->failed = true;
        return;
    }
    o->size = size * 2;
    for (uint32_t i = 0; i < size; i++)
        if (before[i].name.data != NULL)
            *find(o, before[i].name) = before[i];
    free(before);
}

static void
add_name(struct member_order *o, struct text name, uint32_t index)
{
    struct place *place = ARENA_NEW(o->places, struct place);
    struct named *named;

    if (o->count * 2 >= o->size)
        make_room(o);
    if (place == NULL || o->failed) {
        o->failed = true;
        return;
    }
    *place = (struct place){ .object = o->objects, .index = index };
    named = find(o, name);
    if (named->name.data == NULL) {
        *named = (struct named){ .name = name.data != NULL ? name : TEXT(""), .first = place, .last = place };
        o->count++;
    } else if (named->last->object != place->object) { /* a repeated key counts once */
        named->last->next = place;
        named->last = place;
    }
}

static void
add_names(struct member_order *o, const struct value *properties)
{
    uint32_t index = 0;

    o->objects++;
    if (properties->count > 0)
        for (VALUE_EACH_MEMBER(key, properties))
            add_name(o, value_text(key), index++);
}

/* Every object that is the value of a member `properties`; what a contract means by it elsewhere does no harm. */
static void
add_document(struct member_order *o, const struct document *document)
{
    for (uint32_t i = 0; i + 1 < document->values && !o->failed; i++) {
        const struct value *v = &document->root[i];

        if (v->type == VALUE_STRING && v[1].type == VALUE_OBJECT && text_equal(value_text(v), TEXT("properties")))
            add_names(o, &v[1]);
    }
}

/* Problem details go as their RFC has them (RFC 9457 3.1) where the contract says nothing else. */
static void
add_problem(struct member_order *o)
{
    static const char *const members[] = { "type", "title", "status", "detail", "instance", "errors" };

    o->objects++;
    for (uint32_t i = 0; i < sizeof members / sizeof members[0]; i++)
        add_name(o, text_of(members[i]), i);
}

struct member_order *
member_order_new(const struct contract *contract)
{
    struct member_order *o = calloc(1, sizeof(*o));
    const struct document *document;
    uint32_t place = 0;

    if (o == NULL)
        return NULL;
    o->size = 256;
    o->slots = calloc(o->size, sizeof(o->slots[0]));
    o->places = arena_new(0, LIMIT_CONTRACT_BYTES);
    o->failed = o->slots == NULL || o->places == NULL;
    while (!o->failed && (document = contract_document_next(contract, &place)) != NULL)
        add_document(o, document);
    if (!o->failed)
        add_problem(o);
    if (!o->failed)
        return o;
    member_order_free(o);
    return NULL;
}

void
member_order_free(struct member_order *o)
{
    if (o == NULL)
        return;
    arena_free(o->places);
    free(o->slots);
    free(o);
}

/* Their places in the first object that has both; else the first of each. */
static void
places_of(const struct place **x, const struct place **y)
{
    const struct place *a = *x, *b = *y;

    while (a != NULL && b != NULL && a->object != b->object) {
        if (a->object < b->object)
            a = a->next;
        else
            b = b->next;
    }
    if (a != NULL && b != NULL) {
        *x = a;
        *y = b;
    }
}

int
member_order_compare(void *arg, struct text a, struct text b)
{
    const struct member_order *o = arg;
    const struct place *x = find(o, a)->first, *y = find(o, b)->first;

    if (x == y) /* both are unknown, or they are one */
        return text_compare(a, b);
    if (x == NULL || y == NULL)
        return x == NULL ? 1 : -1;
    places_of(&x, &y);
    if (x->object != y->object)
        return x->object < y->object ? -1 : 1;
    return x->index < y->index ? -1 : 1;
}
