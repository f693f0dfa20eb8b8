/* bind_request.c -- the request of a new run: recorded bytes, with the new run's values where some were taken. */
#include "base/limits.h"
#include "json/document.h"
#include "json/write.h"
#include "replay/bind_edit.h"
#include "replay/bind_internal.h"

struct making {
    struct binder *b;
    const struct trace *trace;
    const struct exchange *x;
    struct arena *arena;
    struct text operation;
    struct bound_request *request;
    uint32_t leaf, next; /* of the walk; of what was taken */
    struct edits edits;
    bool out_of_memory;
};

/* ---- what is sent instead ---- */

/* What another answer of the new run has in place of the value. */
static struct issue *
another_source(const struct making *m, struct text recorded)
{
    const struct known *v = binder_find(m->b, recorded);

    for (struct issue *i = v != NULL ? v->newest : NULL; i != NULL; i = i->older)
        if (i->answered && i->trace->number < m->trace->number && i->trace->number > 0)
            return i;
    return NULL;
}

static const char *
because(struct making *m, const char *format, struct text what, uint64_t number)
{
    struct text why = arena_print(m->arena, format, TEXT_PRINT(what), (unsigned long long)number);

    return why.data != NULL ? why.data : "no memory";
}

/* "/order_id" of "response:/order_id", "Location#2" of "header:Location#2". */
static struct text
inside(struct text place)
{
    return text_from(place, text_find(place, ':') + 1);
}

/* Line ends in a field would be other fields (RFC 9110 5.5). */
static bool
fits(enum leaf_form form, struct text now)
{
    for (size_t i = 0; i < now.length && (form == LEAF_FIELD || form == LEAF_COOKIE); i++) {
        unsigned char c = (unsigned char)now.data[i];

        if (c < ' ' || c == 0x7f || (form == LEAF_COOKIE && (c == ';' || c == ',' || c == ' ')))
            return false;
    }
    return true;
}

/* Fill in what is known of the bound value; its issue, or NULL: it stays as it was recorded. */
static struct issue *
resolve(struct making *m, const struct taken *t, enum leaf_form form, struct bound *bound)
{
    const struct trace *from = binder_trace(m->b, t->number);
    struct issue *i = from != NULL && t->issue < from->issue_count ? &from->issues[t->issue] : NULL;

    bound->from = t->number;
    if (!t->needed) {
        bound->why = t->pair->use == BINDING_NO ? "the rule says no"
                                                : because(m, "ambiguous: %.*s", bindings_why(t->pair, m->arena), 0);
        return NULL;
    }
    if (i == NULL || !i->answered) {
        struct issue *other = another_source(m, bound->recorded);

        if (other == NULL) {
            bound->unresolved = true;
            if (from == NULL)
                bound->why = "the exchange that answered with it has left the window";
            else if (!from->done)
                bound->why = because(m, "%.*s%llu is not answered yet", TEXT("exchange "), t->number);
            else if (from->failed)
                bound->why = because(m, "%.*s%llu was not answered in the new run", TEXT("exchange "), t->number);
            else
                bound->why = because(m, "the new answer has nothing at %.*s", inside(t->pair->from->place), 0);
            return NULL;
        }
        i = other;
        bound->from = i->trace->number;
    }
    if (!fits(form, binder_now(i))) {
        bound->unresolved = true;
        bound->why = "the new value has characters that cannot stand there";
        return NULL;
    }
    bound->now = arena_text(m->arena, binder_now(i));
    if (bound->now.data == NULL || binder_live(m->b, i) < 0)
        m->out_of_memory = true;
    return i;
}

/* ---- how it is written ---- */

static bool
is_number(struct text value)
{
    return value.length > 0 && ((value.data[0] >= '0' && value.data[0] <= '9') || value.data[0] == '-') &&
           document_is_json(value);
}

struct piece {
    size_t offset, length;
    struct text now;
};

/* The raw bytes of the leaf with the pieces in it. Where raw and value are the same bytes, the others stay as they
 * were. */
static struct text
rewrite(struct making *m, const struct leaf *leaf, const struct piece *pieces, uint32_t count)
{
    bool plain = text_equal(leaf->raw, leaf->value);
    struct buffer out, value;
    struct text result;
    size_t at = 0;

    if (leaf->form == LEAF_JSON_NUMBER && is_number(pieces[0].now))
        return pieces[0].now;
    buffer_init(&out, LIMIT_EXCHANGE_ARENA);
    buffer_init(&value, LIMIT_EXCHANGE_ARENA);
    for (uint32_t i = 0; i < count; i++) {
        buffer_add(&value, text_slice(leaf->value, at, pieces[i].offset - at));
        if (plain && leaf->form != LEAF_JSON_NUMBER)
            edits_encode(&value, leaf->form, pieces[i].now);
        else
            buffer_add(&value, pieces[i].now);
        at = pieces[i].offset + pieces[i].length;
    }
    buffer_add(&value, text_from(leaf->value, at));
    if (leaf->form == LEAF_JSON_NUMBER)
        json_escape(&out, buffer_text(&value)); /* the new run's ids are texts */
    else if (plain)
        buffer_add(&out, buffer_text(&value));
    else
        edits_encode(&out, leaf->form, buffer_text(&value));
    result = arena_text(m->arena, buffer_text(&out));
    m->out_of_memory = m->out_of_memory || buffer_failed(&out) || buffer_failed(&value) || result.data == NULL;
    buffer_release(&out);
    buffer_release(&value);
    return result;
}

static void
tell(struct making *m, const struct bound *bound)
{
    m->request->bounds[m->request->bound_count++] = *bound;
    m->request->unresolved += bound->unresolved;
}

/* All that was taken for one leaf. */
static bool
make_leaf(void *arg, const struct leaf *leaf)
{
    struct making *m = arg;
    const struct trace *t = m->trace;
    struct piece *pieces = NULL;
    uint32_t number = m->leaf++, count = 0;

    if (m->next == t->taken_count)
        return false; /* nothing more was taken */
    if (t->taken[m->next].leaf != number)
        return true;
    pieces = ARENA_ARRAY(m->arena, struct piece, t->taken_count - m->next);
    for (; pieces != NULL && m->next < t->taken_count && t->taken[m->next].leaf == number; m->next++) {
        const struct taken *taken = &t->taken[m->next];
        struct bound bound = { .recorded = text_slice(leaf->value, taken->offset, taken->length) };

        if (bound.recorded.length != taken->length)
            continue; /* another request than the one that was read */
        bound.recorded = arena_text(m->arena, bound.recorded);
        bound.to = arena_print(m->arena, "%.*s %.*s", TEXT_PRINT(m->operation), TEXT_PRINT(leaf->place));
        if (resolve(m, taken, leaf->form, &bound) != NULL && !text_equal(bound.now, bound.recorded))
            pieces[count++] = (struct piece){ taken->offset, taken->length, bound.now };
        if (bindings_is_told(taken->pair))
            tell(m, &bound);
    }
    if (count > 0)
        edits_add(&m->edits, leaf->raw, rewrite(m, leaf, pieces, count));
    m->out_of_memory = m->out_of_memory || pieces == NULL;
    return !m->out_of_memory;
}

/* ---- all of it ---- */

int
binder_request(struct binder *b, uint64_t number, const struct exchange *x, const struct contract_match *match,
               struct arena *arena, struct bound_request *request)
{
    const struct trace *t = binder_trace(b, number);
    struct making m = { .b = b, .trace = t, .x = x, .arena = arena, .request = request, .edits = { .arena = arena } };
    struct walk w = { .arena = arena, .x = x, .message = &x->request, .match = match, .fn = make_leaf, .arg = &m };

    *request = (struct bound_request){ .target = x->request.target,
                                       .headers = x->request.headers,
                                       .header_count = x->request.header_count,
                                       .body = x->request.body };
    if (t != NULL && t->taken_count == 0)
        return 0;
    m.operation = walk_operation(x, match, arena);
    request->bounds = ARENA_ARRAY(arena, struct bound, (t != NULL ? t->taken_count : 0) + 1);
    if (request->bounds == NULL || m.operation.data == NULL)
        return -1;
    if (t == NULL) {
        tell(&m, &(struct bound){ .to = m.operation,
                                  .unresolved = true,
                                  .why = "the exchange left the window of bindings before it was sent" });
        return 0;
    }
    (void)walk_request(&w);
    if (edits_apply(&m.edits, request, w.body) < 0)
        return -1;
    return m.out_of_memory ? -1 : 0;
}
