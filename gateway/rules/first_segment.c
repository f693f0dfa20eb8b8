#include "rules/first_segment.h"

#include <stdlib.h>

#include "schema/names.h"

struct first_segments {
    struct names names;
    struct service_places *lists; /* by index in names: the services with that segment, and the wild ones */
    struct service_places all;
    struct service_places wild; /* may have any first segment */
};

struct pair {
    struct text segment;
    uint32_t place;
};

/* What is collected while building. */
struct collection {
    struct pair *pairs;
    uint32_t count;
    bool *wild; /* by place */
};

/* Of a path with its slash; without it when there is none. */
static struct text
first_of(struct text path)
{
    if (path.length > 0 && path.data[0] == '/')
        path = text_from(path, 1);
    return text_slice(path, 0, text_find(path, '/'));
}

/* Variables, and what would have to be decoded first. */
static bool
is_open(struct text segment)
{
    return text_find(segment, '{') < segment.length || text_find(segment, '%') < segment.length;
}

static void
add(struct collection *c, uint32_t place, struct text path)
{
    struct text segment = first_of(path);

    if (is_open(segment))
        c->wild[place] = true;
    else if (c->count == 0 || c->pairs[c->count - 1].place != place ||
             !text_equal(c->pairs[c->count - 1].segment, segment)) /* most follow one with the same */
        c->pairs[c->count++] = (struct pair){ segment, place };
}

static void
collect(struct collection *c, uint32_t place, const struct contract *contract)
{
    for (uint32_t b = 0; b < contract_base_count(contract); b++) {
        struct text base = contract_base(contract, b);

        if (base.length > 0) {
            add(c, place, base);
            continue;
        }
        for (uint32_t o = 0; o < contract_operation_count(contract); o++)
            add(c, place, operation_path(contract_operation(contract, o)));
    }
}

static size_t
most_pairs(const struct service *const *services, uint32_t count)
{
    size_t most = 0;

    for (uint32_t i = 0; i < count; i++)
        most +=
            (size_t)contract_base_count(services[i]->contract) * (contract_operation_count(services[i]->contract) + 1);
    return most;
}

static int
by_segment(const void *left, const void *right)
{
    const struct pair *a = left, *b = right;
    int order = text_compare(a->segment, b->segment);

    if (order != 0)
        return order;
    return a->place < b->place ? -1 : a->place > b->place;
}

/* The places of pairs[from..to), which are of one segment, and the wild ones. */
static bool
merge(struct service_places *list, const struct collection *c, uint32_t from, uint32_t to, uint32_t services,
      struct arena *arena)
{
    uint32_t *places = ARENA_ARRAY(arena, uint32_t, services);

    if (places == NULL)
        return false;
    for (uint32_t place = 0; place < services; place++) {
        bool has = c->wild[place];

        for (; from < to && c->pairs[from].place <= place; from++)
            has |= c->pairs[from].place == place;
        if (has)
            places[list->count++] = place;
    }
    list->places = places;
    return true;
}

/* A list for each segment. */
static bool
build_lists(struct first_segments *index, const struct collection *c, uint32_t services, struct arena *arena)
{
    struct text *segments = ARENA_ARRAY(arena, struct text, c->count);
    uint32_t lists = 0;

    index->lists = ARENA_ARRAY(arena, struct service_places, c->count);
    if (segments == NULL || index->lists == NULL)
        return false;
    for (uint32_t from = 0, to; from < c->count; from = to) {
        to = from + 1;
        while (to < c->count && text_equal(c->pairs[to].segment, c->pairs[from].segment))
            to++;
        segments[lists] = c->pairs[from].segment;
        if (!merge(&index->lists[lists++], c, from, to, services, arena))
            return false;
    }
    return names_build(&index->names, segments, lists, arena) == 0;
}

struct first_segments *
first_segments_new(const struct service *const *services, uint32_t count, struct arena *arena)
{
    struct first_segments *index = ARENA_NEW(arena, struct first_segments);
    struct collection c = { .pairs = ARENA_ARRAY(arena, struct pair, most_pairs(services, count)),
                            .wild = ARENA_ARRAY(arena, bool, count) };
    uint32_t *all = ARENA_ARRAY(arena, uint32_t, count);

    if (index == NULL || c.pairs == NULL || c.wild == NULL || all == NULL)
        return NULL;
    for (uint32_t i = 0; i < count; i++) {
        all[i] = i;
        collect(&c, i, services[i]->contract);
    }
    index->all = (struct service_places){ all, count };
    if (c.count > 0)
        qsort(c.pairs, c.count, sizeof c.pairs[0], by_segment);
    if (!merge(&index->wild, &c, 0, 0, count, arena) || !build_lists(index, &c, count, arena))
        return NULL;
    return index;
}

const struct service_places *
first_segments_find(const struct first_segments *index, struct text path)
{
    struct text segment = first_of(path);
    uint32_t at;

    if (text_find(segment, '%') < segment.length)
        return &index->all;
    at = names_find(&index->names, segment.data, (uint32_t)segment.length);
    return at != NAMES_NONE ? &index->lists[at] : &index->wild;
}
