/* names.c -- build a table of names: several seeds are tried, the one with the fewest shared slots is kept. */
#include "schema/names.h"

#define SEEDS     24u
#define SEED_STEP 0xA0761D6478BD642Fu

static uint32_t
fill(struct names *names, const struct text *list, uint32_t count)
{
    uint32_t steps = 0;

    memset(names->slots, 0, ((size_t)names->mask + 1) * sizeof(*names->slots));
    for (uint32_t i = 0; i < count; i++) {
        const char *data = list[i].data != NULL ? list[i].data : "";
        uint32_t length = (uint32_t)list[i].length;
        uint32_t at = (uint32_t)(names_hash(data, length, names->seed) >> names->shift);

        while (names->slots[at].data != NULL &&
               !(names->slots[at].length == length && names_same(names->slots[at].data, data, length))) {
            at = (at + 1) & names->mask;
            steps++;
        }
        if (names->slots[at].data == NULL)
            names->slots[at] = (struct name_slot){ data, length, i };
    }
    return steps;
}

int
names_build(struct names *names, const struct text *list, uint32_t count, struct arena *arena)
{
    uint32_t bits = 1, fewest = UINT32_MAX;
    uint64_t best = 0;
    unsigned tries = count <= 64 ? SEEDS : 1;

    *names = (struct names){ 0 };
    if (count == 0)
        return 0;
    while (bits < 30 && (1u << bits) < count * 2)
        bits++;
    names->mask = (1u << bits) - 1;
    names->shift = 64 - bits;
    names->slots = ARENA_ARRAY(arena, struct name_slot, (size_t)names->mask + 1);
    if (names->slots == NULL)
        return -1;
    for (unsigned i = 0; i < tries && fewest > 0; i++) {
        uint32_t steps;

        names->seed = i * SEED_STEP;
        steps = fill(names, list, count);
        if (steps < fewest) {
            fewest = steps;
            best = names->seed;
        }
    }
    if (names->seed != best) {
        names->seed = best;
        (void)fill(names, list, count);
    }
    return 0;
}
