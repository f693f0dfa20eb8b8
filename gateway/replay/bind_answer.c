/* bind_answer.c -- what the new run answered in place of recorded values, and the way back from it. */
#include <stdlib.h>

#include "base/hash.h"
#include "base/limits.h"
#include "replay/bind_internal.h"

struct answering {
    struct binder *b;
    struct trace *trace;
    uint32_t *table; /* issue + 1 by the hash of its place */
    uint32_t mask;
    struct buffer text;
    bool out_of_memory;
};

/* ---- where the recorded answer had values ---- */

static bool
make_table(struct answering *a)
{
    uint32_t size = 16;

    while (size < a->trace->issue_count * 2)
        size *= 2;
    a->table = ARENA_ARRAY(a->b->scratch, uint32_t, size);
    a->mask = size - 1;
    if (a->table == NULL)
        return false;
    for (uint32_t i = 0; i < a->trace->issue_count; i++) {
        uint32_t slot = (uint32_t)a->trace->issues[i].at & a->mask;

        while (a->table[slot] != 0)
            slot = (slot + 1) & a->mask;
        a->table[slot] = i + 1;
    }
    return true;
}

/* Repeated fields have one place: the first that is not answered yet. */
static struct issue *
issue_at(const struct answering *a, struct text at)
{
    uint64_t hash = hash_text(at, hash_seed());

    for (uint32_t slot = (uint32_t)hash & a->mask; a->table[slot] != 0; slot = (slot + 1) & a->mask) {
        struct issue *i = &a->trace->issues[a->table[slot] - 1];

        if (i->at == hash && !i->answered)
            return i;
    }
    return NULL;
}

static bool
answer_leaf(void *arg, const struct leaf *leaf)
{
    struct answering *a = arg;
    struct issue *i = issue_at(a, leaf->at);

    if (i == NULL || leaf->value.length > LIMIT_REPLAY_VALUE)
        return true;
    i->now = (uint32_t)buffer_length(&a->text);
    i->now_length = (uint32_t)leaf->value.length;
    i->answered = true;
    buffer_add(&a->text, leaf->value);
    return true;
}

/* ---- the new answer ---- */

static void
keep_text(struct answering *a)
{
    struct trace *t = a->trace;
    size_t length = buffer_length(&a->text);

    t->now = length > 0 && !buffer_failed(&a->text) ? malloc(length) : NULL;
    if (t->now != NULL) {
        memcpy(t->now, buffer_text(&a->text).data, length);
        t->bytes += length;
        a->b->bytes += length;
    }
    for (uint32_t i = 0; i < t->issue_count; i++) {
        struct issue *issue = &t->issues[i];

        if (t->now == NULL)
            issue->answered = false;
        else if (issue->place->used)
            (void)binder_live(a->b, issue); /* without memory, it is not known on the way back */
    }
}

void
binder_answer(struct binder *b, uint64_t number, const struct exchange *recorded, const struct message *answer)
{
    struct trace *t = binder_trace(b, number);
    struct answering a = { .b = b, .trace = t };
    struct walk w = { .message = answer, .fn = answer_leaf, .arg = &a };

    const struct operation_use *use;

    (void)recorded;
    if (t == NULL || t->done)
        return;
    t->done = true;
    t->failed = answer == NULL;
    if (answer == NULL || t->issue_count == 0)
        return;
    arena_reset(b->scratch);
    w.arena = b->scratch;
    use = bindings_use_of(b->rules, t->operation);
    w.no_body = !b->learn && !use->in_answer_body;
    w.no_parts = !b->learn && !use->in_parts;
    if (!make_table(&a))
        return;
    buffer_init(&a.text, LIMIT_EXCHANGE_ARENA);
    (void)walk_answer(&w);
    keep_text(&a);
    buffer_release(&a.text);
}

/* ---- the way back ---- */

struct going_back {
    struct binder *b;
    struct text text;
    struct buffer out;
    size_t at;
    bool link; /* it is a path or a URL */
    bool any;
};

static bool
back_span(void *arg, size_t offset, size_t length)
{
    struct going_back *g = arg;
    const struct issue *i = binder_live_find(g->b, text_slice(g->text, offset, length));

    if (i == NULL || (!g->link && shape_is_weak(shape_of(binder_now(i)))))
        return false; /* short ones stand for themselves, except in a path */
    buffer_add(&g->out, text_slice(g->text, g->at, offset - g->at));
    buffer_add(&g->out, known_text(i->value));
    g->at = offset + length;
    g->any = true;
    return true;
}

struct text
binder_to_recorded(struct binder *b, struct text text, struct arena *arena)
{
    struct going_back g = { .b = b, .text = text };
    const struct issue *i;
    struct text result = text;

    if (b->live_count == 0 || text.length == 0)
        return text;
    i = binder_live_find(b, text);
    if (i != NULL)
        return arena_text(arena, known_text(i->value));
    g.link = text.data[0] == '/' || text_search(text_slice(text, 0, 16), TEXT("://")) < 16;
    buffer_init(&g.out, LIMIT_EXCHANGE_ARENA);
    span_each(text, back_span, &g);
    if (g.any) {
        buffer_add(&g.out, text_from(text, g.at));
        if (!buffer_failed(&g.out)) {
            struct text copy = arena_text(arena, buffer_text(&g.out));

            result = copy.data != NULL ? copy : text;
        }
    }
    buffer_release(&g.out);
    return result;
}
