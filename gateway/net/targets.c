#include "net/targets.h"

#include <string.h>

static bool
is_listed(const struct targets *t, const struct address *a)
{
    for (int i = 0; i < t->count; i++) {
        if (t->list[i].address.length == a->length && memcmp(&t->list[i].address.as, &a->as, a->length) == 0)
            return true;
    }
    return false;
}

bool
targets_are(const struct targets *t, const struct address *addresses, int count)
{
    bool same = t->count == count;

    for (int i = 0; i < count && same; i++)
        same = is_listed(t, &addresses[i]);
    return same;
}

int
targets_find(const struct targets *t, const char *text)
{
    for (int i = 0; i < t->count; i++) {
        if (strcmp(t->list[i].text, text) == 0)
            return i;
    }
    return -1;
}

bool
targets_set(struct targets *t, const struct address *addresses, int count)
{
    struct targets next = { .preferred = -1, .version = t->version + 1 };

    if (t->count > 0 && targets_are(t, addresses, count))
        return false;
    for (int i = 0; i < count && i < TARGETS_MOST; i++) {
        struct target *target = &next.list[next.count++];
        int before;

        target->address = addresses[i];
        (void)address_print(&addresses[i], target->text);
        before = targets_find(t, target->text);
        if (before < 0)
            continue;
        target->back = t->list[before].back;
        if (before == t->preferred)
            next.preferred = i;
    }
    *t = next;
    return true;
}

/* The preferred one, then those that are not put back, then the others: the one that comes back first. */
int
targets_next(const struct targets *t, uint32_t tried, int64_t now)
{
    int last = -1;

    if (t->preferred >= 0 && (tried & UINT32_C(1) << t->preferred) == 0)
        return t->preferred;
    for (int i = 0; i < t->count; i++) {
        if ((tried & UINT32_C(1) << i) != 0)
            continue;
        if (t->list[i].back <= now)
            return i;
        if (last < 0 || t->list[i].back < t->list[last].back)
            last = i;
    }
    return last;
}

void
targets_failed(struct targets *t, int i, int64_t now)
{
    t->list[i].back = now + TARGET_BACK;
    if (t->preferred == i)
        t->preferred = -1;
}

void
targets_worked(struct targets *t, int i)
{
    t->list[i].back = 0;
    t->preferred = i;
}

int64_t
targets_share(int64_t left, int others)
{
    int64_t share = left / (others + 1);

    if (share < TARGET_LEAST)
        share = TARGET_LEAST;
    return share < left ? share : left;
}
