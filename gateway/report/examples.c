#include "report/examples.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/limits.h"
#include "traffic/exchange_copy.h"

#define SLOTS 1024 /* lists of examples, by fingerprint */

struct kept {
    struct example example;
    char fingerprint[FINDING_FINGERPRINT_BYTES + 1];
    struct kept *next;
};

struct examples {
    struct arena *arena;
    struct kept *slots[SLOTS];
};

struct examples *
examples_new(void)
{
    struct examples *e = calloc(1, sizeof *e);

    if (e == NULL || (e->arena = arena_new(0, LIMIT_REPORT_EXAMPLES)) == NULL) {
        free(e);
        return NULL;
    }
    return e;
}

void
examples_free(struct examples *e)
{
    if (e == NULL)
        return;
    arena_free(e->arena);
    free(e);
}

static size_t
slot_of(const char *fingerprint)
{
    return hash_stable(text_make(fingerprint, FINDING_FINGERPRINT_BYTES), 1) % SLOTS;
}

static void
leave_out_large(struct message *m)
{
    if (m->body.length <= LIMIT_REPORT_BODY)
        return;
    m->body = (struct text){ NULL, 0 };
    m->body_digest = TEXT("too large for this page");
}

/* The place of the violation that became this finding: what a finding has is the same for all exchanges. */
static struct text
instance_of(const struct finding *f, const struct exchange *x)
{
    const struct verdict *verdict = f->side == SIDE_REQUEST ? &x->request_verdict : &x->response_verdict;
    struct finding same;

    for (uint32_t i = 0; i < verdict->count; i++) {
        finding_of(&same, x, &verdict->list[i]);
        if (strcmp(same.fingerprint, f->fingerprint) == 0)
            return verdict->list[i].instance;
    }
    return f->instance;
}

void
examples_keep(struct examples *e, const struct finding *f, const struct exchange *x)
{
    struct arena_mark mark;
    struct exchange slim, *copy;
    struct kept *kept;

    if (e == NULL)
        return;
    mark = arena_mark(e->arena);
    kept = ARENA_NEW(e->arena, struct kept);
    copy = ARENA_NEW(e->arena, struct exchange);
    slim = *x;
    leave_out_large(&slim.request);
    leave_out_large(&slim.response);
    if (kept == NULL || copy == NULL || (copy->arena = e->arena, exchange_copy(copy, &slim)) < 0) {
        arena_rewind(e->arena, mark);
        return;
    }
    kept->example = (struct example){ copy, arena_text(e->arena, instance_of(f, x)) };
    memcpy(kept->fingerprint, f->fingerprint, sizeof kept->fingerprint);
    kept->next = e->slots[slot_of(f->fingerprint)];
    e->slots[slot_of(f->fingerprint)] = kept;
}

const struct example *
examples_find(const struct examples *e, const struct finding *f)
{
    const struct kept *kept = e != NULL ? e->slots[slot_of(f->fingerprint)] : NULL;

    while (kept != NULL && strcmp(kept->fingerprint, f->fingerprint) != 0)
        kept = kept->next;
    return kept != NULL ? &kept->example : NULL;
}
