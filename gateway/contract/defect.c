/* defect.c -- see defect.h. */
#include "contract/defect.h"

#include <stdlib.h>

#include "base/limits.h"
#include "json/pointer.h"

static struct defect *
defect_new(struct defect_list *list)
{
    if (list->count == list->capacity) {
        uint32_t capacity = list->capacity == 0 ? 16 : list->capacity * 2;
        struct defect *items =
            arena_grow(list->arena, list->items, list->capacity * sizeof *items, capacity * sizeof *items);

        if (items == NULL)
            return NULL;
        list->items = items;
        list->capacity = capacity;
    }
    return &list->items[list->count++];
}

void
defect_list_add(struct defect_list *list, enum level level, const struct document *document, uint32_t order,
                const struct value *at, const struct value *value, const char *format, va_list arguments)
{
    struct defect *defect;
    struct text what;

    if (list->count >= LIMIT_CONTRACT_DEFECTS) {
        list->total++;
        return;
    }
    what = arena_vprint(list->arena, format, arguments);
    if (what.data == NULL || index_find(&list->seen, at, what) != NULL)
        return;
    list->total++;
    if ((defect = defect_new(list)) == NULL)
        return;
    *defect = (struct defect){ level, document, at, value != NULL ? value : at, what, order, list->count };
    (void)index_put(&list->seen, list->arena, at, what, what.data); /* without memory it may be said twice */
}

static int
by_place(const void *left, const void *right)
{
    const struct defect *a = left, *b = right;
    uint32_t pa = a->at != NULL ? a->at->place : 0, pb = b->at != NULL ? b->at->place : 0;

    if (a->order != b->order)
        return a->order < b->order ? -1 : 1;
    if (pa != pb)
        return pa < pb ? -1 : 1;
    return a->noted < b->noted ? -1 : 1;
}

void
defect_list_report(struct defect_list *list, contract_defect_fn *report, void *arg)
{
    if (report == NULL)
        return;
    if (list->count > 1)
        qsort(list->items, list->count, sizeof *list->items, by_place);
    for (uint32_t i = 0; i < list->count; i++) {
        const struct defect *d = &list->items[i];
        struct contract_defect out = { .level = d->level, .what = d->what, .line = 1, .column = 1 };

        if (d->document != NULL)
            out.file = text_of(d->document->name);
        if (d->document != NULL && d->at != NULL) {
            document_position(d->document, d->at->place, &out.line, &out.column);
            out.pointer = pointer_to(d->document->root, d->value, list->arena);
        }
        report(arg, &out);
    }
}
