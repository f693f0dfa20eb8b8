/* bind_span.c -- where in a text a value may stand. */
#include "base/limits.h"
#include "replay/bind_internal.h"

#define SPAN_ATOMS 8 /* of one value inside of a text: a UUID has five */

/* What may be between the atoms of one value. */
static bool
may_join(char c)
{
    return c == '-' || c == '_' || c == '.' || c == '~' || c == ':';
}

struct atom {
    uint32_t start, end;
    bool joined; /* to the one before, by one character */
};

static uint32_t
find_atoms(struct text value, struct atom *atoms)
{
    uint32_t count = 0;
    size_t at = 0, end = 0;
    struct text atom;

    while (count < LIMIT_REPLAY_ATOMS && shape_next_atom(value, &at, &atom)) {
        size_t start = (size_t)(atom.data - value.data);

        atoms[count] = (struct atom){ .start = (uint32_t)start, .end = (uint32_t)at };
        atoms[count].joined = count > 0 && start == end + 1 && may_join(value.data[end]);
        end = at;
        count++;
    }
    return count;
}

void
span_each(struct text value, span_fn *fn, void *arg)
{
    struct atom atoms[LIMIT_REPLAY_ATOMS];
    uint32_t count;

    if (value.length > UINT32_MAX || shape_is_token(value))
        return;
    count = find_atoms(value, atoms);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t last = i;

        while (last + 1 < count && last + 1 - i < SPAN_ATOMS && atoms[last + 1].joined)
            last++;
        for (uint32_t j = last + 1; j-- > i;) {
            uint32_t start = atoms[i].start, length = atoms[j].end - start;

            if (length == value.length || !fn(arg, start, length))
                continue;
            i = j; /* go on behind it */
            break;
        }
    }
}
