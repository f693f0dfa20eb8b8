/* marks.c -- sets of evaluated members or items. */
#include "schema/check.h"

bool
marks_begin(struct marks *m, uint32_t count, struct walk *w)
{
    uint32_t words = count / 64 + 1;

    *m = (struct marks){ .count = count };
    m->bits = &m->few;
    if (count <= 64)
        return true;
    /* Many branches over a long array would fill the arena: a word costs a unit of work. */
    if (w->run->arena != NULL && w->budget > words)
        m->bits = ARENA_ARRAY(w->run->arena, uint64_t, words);
    else
        m->bits = NULL;
    if (m->bits == NULL) {
        m->bits = &m->few;
        return false;
    }
    w->budget -= words;
    return true;
}

void
marks_merge(struct marks *into, const struct marks *from)
{
    into->all |= from->all;
    for (uint32_t i = 0; i <= into->count / 64 && !into->all; i++) {
        if (i * 64 < into->count)
            into->bits[i] |= from->bits[i];
    }
}
