/* path_run.c -- running a query: each value that a segment selects is handed to the next segment at once.
 *
 * So there are no lists between the segments, a test of existence stops at the first value, and the order comes out as
 * the standard wants it (2.1.2, 2.5.2.2). Names and indexes are followed in a loop; calls nest where a segment may give
 * several values, and those were counted when the query was read. */
#include "base/limits.h"
#include "json/path_internal.h"

#define FIRST_RESULTS 16

static int
visit(struct path_walk *walk, const struct path_segment *segment, const struct value *v, struct path_sink *sink);

bool
path_spend(struct path_walk *walk, uint32_t units)
{
    if (*walk->budget < units) {
        *walk->budget = 0;
        return false;
    }
    *walk->budget -= units;
    return true;
}

/* ---- one value ---- */

static const struct value *
item_at(const struct value *array, int64_t index)
{
    if (index < 0)
        index += array->count;
    return index >= 0 && index < array->count ? value_item(array, (uint32_t)index) : NULL;
}

/* What a name or an index leads to: *found is NULL where there is nothing. -1: the budget is used up. Every key of the
 * object is looked at, and every item before the one in question. */
static int
step(struct path_walk *walk, const struct path_selector *s, const struct value *v, const struct value **found)
{
    *found = NULL;
    if (v->type == (s->kind == SELECT_NAME ? VALUE_OBJECT : VALUE_ARRAY)) {
        if (!path_spend(walk, v->span == v->count + 1 ? 1 : 1 + v->count))
            return -1;
        *found = s->kind == SELECT_NAME ? value_member(v, s->name) : item_at(v, s->start);
        return 0;
    }
    return path_spend(walk, 1) ? 0 : -1;
}

/* ---- several values ---- */

/* Does the child go on to the next segment? All children are looked at one after the other. */
static int
visit_child(struct path_walk *walk, const struct path_segment *segment, const struct path_selector *s,
            const struct value *child, struct path_sink *sink)
{
    if (!path_spend(walk, 1))
        return -1;
    if (s->kind == SELECT_FILTER) {
        int holds = path_holds(walk, s->filter, child);

        if (holds != 1)
            return holds;
    }
    return visit(walk, segment->next, child, sink);
}

/* '*' and filters: all items, or the values of all members. */
static int
visit_children(struct path_walk *walk, const struct path_segment *segment, const struct path_selector *s,
               const struct value *v, struct path_sink *sink)
{
    int result = 0;

    if (v->type == VALUE_ARRAY) {
        for (VALUE_EACH_ITEM(item, v)) {
            if ((result = visit_child(walk, segment, s, item, sink)) != 0)
                return result;
        }
    } else if (v->type == VALUE_OBJECT) {
        for (VALUE_EACH_MEMBER(key, v)) {
            if ((result = visit_child(walk, segment, s, key + 1, sink)) != 0)
                return result;
        }
    }
    return result;
}

static int64_t
clamp(int64_t i, int64_t low, int64_t high)
{
    return i < low ? low : i > high ? high : i;
}

/* Which indexes a slice selects: from *first on in its steps, as long as they are on this side of *end (2.3.4.2.2). */
static void
slice_bounds(const struct path_selector *s, int64_t length, int64_t *first, int64_t *end)
{
    int64_t from = s->has_start ? s->start : s->step > 0 ? 0 : length - 1;
    int64_t to = s->has_end ? s->end : s->step > 0 ? length : -length - 1;

    from = from < 0 ? from + length : from;
    to = to < 0 ? to + length : to;
    if (s->step > 0) {
        *first = clamp(from, 0, length);
        *end = clamp(to, 0, length);
    } else {
        *first = clamp(from, -1, length - 1);
        *end = clamp(to, -1, length - 1);
    }
}

/* From the item at one index to the one at another. Backwards, the tape is looked through for what is as deep: only
 * items are. NULL: the budget is used up. */
static const struct value *
go_to(struct path_walk *walk, const struct value *array, const struct value *item, int64_t from, int64_t to)
{
    const struct value *start = item;

    if (array->span == array->count + 1) /* nothing but scalars */
        return array + 1 + to;
    if (from < to && !path_spend(walk, (uint32_t)(to - from)))
        return NULL;
    for (; from < to; from++)
        item = value_next(item);
    for (; from > to; from--) {
        do
            item--;
        while (item->depth != start->depth);
    }
    return item >= start || path_spend(walk, (uint32_t)(start - item)) ? item : NULL;
}

static int
visit_slice(struct path_walk *walk, const struct path_segment *segment, const struct path_selector *s,
            const struct value *v, struct path_sink *sink)
{
    const struct value *item = v + 1;
    int64_t i, end, at = 0;
    int result;

    if (v->type != VALUE_ARRAY || s->step == 0)
        return path_spend(walk, 1) ? 0 : -1;
    slice_bounds(s, v->count, &i, &end);
    for (; s->step > 0 ? i < end : i > end; i += s->step) {
        if ((item = go_to(walk, v, item, at, i)) == NULL)
            return -1;
        at = i;
        if ((result = visit_child(walk, segment, s, item, sink)) != 0)
            return result;
    }
    return 0;
}

/* All that the segment's selectors select of the children of v. */
static int
select_of(struct path_walk *walk, const struct path_segment *segment, const struct value *v, struct path_sink *sink)
{
    int result = 0;

    for (const struct path_selector *s = segment->selectors; s != NULL && result == 0; s = s->next) {
        const struct value *found;

        switch (s->kind) {
        case SELECT_NAME:
        case SELECT_INDEX:
            result = step(walk, s, v, &found);
            if (result == 0 && found != NULL)
                result = visit(walk, segment->next, found, sink);
            break;
        case SELECT_SLICE:
            result = visit_slice(walk, segment, s, v, sink);
            break;
        default:
            result = visit_children(walk, segment, s, v, sink);
            break;
        }
    }
    return result;
}

/* The same of v and of all below it, in the order of the tape. A key looks like any string there: what matters is
 * whether the value around it, one level up, is an object. Then what comes next is a key, its value behind it. */
static int
select_below(struct path_walk *walk, const struct path_segment *segment, const struct value *top,
             struct path_sink *sink)
{
    const struct value *end = top + top->span;
    uint8_t objects[LIMIT_JSON_DEPTH / 8] = { 0 }; /* a bit for each level */

    for (const struct value *v = top; v < end; v++) {
        uint32_t level = (uint32_t)(v->depth - top->depth), above = level - 1;
        uint8_t bit = (uint8_t)(1u << level % 8);
        int result;

        if (level > 0 && (objects[above / 8] >> above % 8 & 1) != 0)
            v++;
        if (!path_spend(walk, 1))
            return -1;
        if (v->type < VALUE_ARRAY)
            continue;
        if (level >= LIMIT_JSON_DEPTH) /* no tape is that deep */
            return -1;
        objects[level / 8] = (uint8_t)(v->type == VALUE_OBJECT ? objects[level / 8] | bit : objects[level / 8] & ~bit);
        if ((result = select_of(walk, segment, v, sink)) != 0)
            return result;
    }
    return 0;
}

static int
visit(struct path_walk *walk, const struct path_segment *segment, const struct value *v, struct path_sink *sink)
{
    for (; segment != NULL && segment->singular; segment = segment->next) {
        const struct value *found;

        if (step(walk, segment->selectors, v, &found) < 0)
            return -1;
        if (found == NULL)
            return 0;
        v = found;
    }
    if (segment == NULL)
        return sink->take(sink, v);
    return segment->descendant ? select_below(walk, segment, v, sink) : select_of(walk, segment, v, sink);
}

int
path_visit(struct path_walk *walk, const struct path *path, const struct value *current, struct path_sink *sink)
{
    return path_spend(walk, 1) ? visit(walk, path->segments, path->relative ? current : walk->root, sink) : -1;
}

/* ---- the list ---- */

struct list {
    struct path_sink sink;
    struct arena *arena;
    const struct value **values;
    uint32_t capacity;
};

static int
take_into_list(struct path_sink *sink, const struct value *v)
{
    struct list *list = (struct list *)sink;

    if (sink->count == list->capacity) {
        uint32_t capacity = list->capacity == 0 ? FIRST_RESULTS : list->capacity * 2;
        const struct value **grown =
            arena_grow(list->arena, list->values, list->capacity * sizeof(*grown), capacity * sizeof(*grown));

        if (grown == NULL || capacity < list->capacity)
            return -1;
        list->values = grown;
        list->capacity = capacity;
    }
    list->values[sink->count++] = v;
    return 0;
}

int
path_select(const struct path *path, const struct value *root, struct path_run *run, const struct value *const **list,
            uint32_t *count)
{
    struct path_walk walk = { .root = root, .regex = run->regex, .budget = &run->budget };
    struct list all = { .sink = { .take = take_into_list }, .arena = run->arena };

    if (path_visit(&walk, path, root, &all.sink) < 0)
        return -1;
    *list = all.values;
    *count = all.sink.count;
    return 0;
}
