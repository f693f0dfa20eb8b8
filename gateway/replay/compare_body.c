/* compare_body.c -- bodies: JSON by its structure, everything else by its bytes. */
#include "base/limits.h"
#include "http/coding.h"
#include "json/compare.h"
#include "json/pointer.h"
#include "replay/compare_internal.h"
#include "traffic/redacted.h"

/* ---- telling ---- */

static bool
spend(struct compare_state *s, uint32_t work)
{
    if (s->budget < work) {
        s->budget = 0;
        s->partly = true;
        return false;
    }
    s->budget -= work;
    return true;
}

static struct text
shown(struct compare_state *s, const struct value *v)
{
    if (v == NULL)
        return TEXT("nothing");
    switch (v->type) {
    case VALUE_OBJECT:
        return arena_print(s->arena, "an object of %u", v->count);
    case VALUE_ARRAY:
        return arena_print(s->arena, "an array of %u", v->count);
    case VALUE_STRING:
        return compare_shown(s, value_text(v));
    case VALUE_NUMBER:
        return arena_print(s->arena, "%.*s", v->count < 80 ? (int)v->count : 80, v->data);
    default:
        return text_of(v->type == VALUE_NULL ? "null" : v->type == VALUE_TRUE ? "true" : "false");
    }
}

static void
tell(struct compare_state *s, const char *keyword, const struct value *a, const struct value *b)
{
    if (s->quiet)
        s->different = true;
    else
        compare_tell(s, DIFFERENCE_BODY, keyword, buffer_text(&s->pointer), shown(s, a), shown(s, b));
}

static struct noise_place
here(const struct compare_state *s)
{
    return (struct noise_place){ s->c->operation, buffer_text(&s->pointer), s->name };
}

/* There on one side alone, or of another type. */
static void
tell_presence(struct compare_state *s, const char *keyword, const struct value *a, const struct value *b)
{
    struct noise_place place = here(s);

    if (s->c->noise == NULL || !noise_has_presence(s->c->noise, &place))
        tell(s, keyword, a, b);
}

/* ---- going down ---- */

struct step {
    size_t length;
    struct text name;
};

static struct step
step_in(struct compare_state *s, struct text key, bool index)
{
    struct step step = { buffer_length(&s->pointer), s->name };

    pointer_add(&s->pointer, index ? TEXT("*") : key);
    if (!index)
        s->name = key;
    return step;
}

static void
step_out(struct compare_state *s, struct step step)
{
    buffer_truncate(&s->pointer, step.length);
    s->pointer.failed = false;
    s->name = step.name;
}

/* ---- scalars ---- */

static void
compare_scalars(struct compare_state *s, const struct value *a, const struct value *b)
{
    struct noise_place place = here(s);
    struct text x = value_text(a), y = value_text(b);

    if (a->type == VALUE_STRING || a->type == VALUE_NUMBER) {
        if (text_equal(x, y) || (a->type == VALUE_NUMBER && value_equal(a, b, NULL) == 1) ||
            text_equal(x, compare_back(s, y)))
            return;
    } else if (a->type == b->type) {
        return;
    }
    if (s->c->noise != NULL && noise_has_value(s->c->noise, &place, x, y))
        return;
    tell(s, "value", a, b);
}

/* ---- objects ---- */

static void
compare_member(struct compare_state *s, struct text key, const struct value *a, const struct value *b)
{
    struct step step = step_in(s, key, false);

    if (a == NULL || b == NULL)
        tell_presence(s, a != NULL ? "missing" : "extra", a, b);
    else
        compare_values(s, a, b);
    step_out(s, step);
}

/* Services write members in the same order nearly always: look where the last one was first. */
static const struct value *
find_member(struct compare_state *s, const struct value *object, struct text key, const struct value **next)
{
    if (*next < value_next(object) && text_equal(value_text(*next), key)) {
        const struct value *v = value_next(*next);

        *next = value_next(v);
        return v;
    }
    return spend(s, object->count) ? value_member(object, key) : NULL;
}

static void
compare_objects(struct compare_state *s, const struct value *a, const struct value *b)
{
    const struct value *next = value_first(b);

    for (VALUE_EACH_MEMBER(key, a)) {
        const struct value *other = find_member(s, b, value_text(key), &next);

        if (s->budget == 0)
            return;
        if (other != NULL || !(value_next(key)->flags & VALUE_REDACTED))
            compare_member(s, value_text(key), value_next(key), other);
    }
    if (a->flags & VALUE_REDACTED)
        return;
    next = value_first(a);
    for (VALUE_EACH_MEMBER(more, b)) {
        const struct value *other = find_member(s, a, value_text(more), &next);

        if (s->budget == 0)
            return;
        if (other == NULL)
            compare_member(s, value_text(more), NULL, value_next(more));
    }
}

/* ---- arrays ---- */

static bool
is_unordered(const struct compare_state *s)
{
    for (uint32_t i = 0; i < s->c->unordered_count; i++)
        if (text_equal(s->c->unordered[i], buffer_text(&s->pointer)))
            return true;
    return false;
}

static bool
are_alike(struct compare_state *s, const struct value *a, const struct value *b)
{
    bool quiet = s->quiet, different = s->different, alike;

    s->quiet = true;
    s->different = false;
    compare_values(s, a, b);
    alike = !s->different && s->budget > 0;
    s->quiet = quiet;
    s->different = different;
    return alike;
}

/* b's items in the order of a's: each behind the one that it is like, then those that are left, in their own order. */
static const struct value **
paired(struct compare_state *s, const struct value *a, const struct value *b)
{
    const struct value **pairs = ARENA_ARRAY(s->arena, const struct value *, (size_t)a->count + b->count + 1);
    bool *used = ARENA_ARRAY(s->arena, bool, (size_t)b->count + 1);
    uint32_t i = 0, free_pair = 0;

    if (pairs == NULL || used == NULL)
        return NULL;
    for (VALUE_EACH_ITEM(item, a)) {
        uint32_t k = 0;

        for (VALUE_EACH_ITEM(other, b)) {
            if (!used[k] && pairs[i] == NULL && are_alike(s, item, other)) {
                pairs[i] = other;
                used[k] = true;
            }
            k++;
        }
        i++;
    }
    i = 0;
    for (VALUE_EACH_ITEM(left, b)) {
        while (pairs[free_pair] != NULL)
            free_pair++;
        if (!used[i++])
            pairs[free_pair] = left;
    }
    return pairs;
}

static void
compare_arrays(struct compare_state *s, const struct value *a, const struct value *b)
{
    const struct value **pairs = is_unordered(s) ? paired(s, a, b) : NULL;
    const struct value *x = value_first(a), *y = value_first(b);
    uint32_t most = a->count > b->count ? a->count : b->count;
    struct step step = step_in(s, text_make(NULL, 0), true);

    for (uint32_t i = 0; i < most && s->budget > 0; i++) {
        const struct value *left = i < a->count ? x : NULL;
        const struct value *right = pairs != NULL ? pairs[i] : i < b->count ? y : NULL;

        if (left == NULL || right == NULL) {
            if (left != NULL || !(a->flags & VALUE_REDACTED))
                tell_presence(s, left != NULL ? "missing" : "extra", left, right);
            if (left != NULL && pairs == NULL) /* one for all that are not there */
                break;
        } else {
            compare_values(s, left, right);
        }
        if (left != NULL)
            x = value_next(x);
        if (pairs == NULL && right != NULL)
            y = value_next(y);
        if (left == NULL && pairs == NULL)
            break;
    }
    step_out(s, step);
}

void
compare_values(struct compare_state *s, const struct value *a, const struct value *b)
{
    bool scalar = a->type != VALUE_OBJECT && a->type != VALUE_ARRAY;

    if (!spend(s, 1) || (scalar && (a->flags & VALUE_REDACTED)))
        return;
    if (a->type != b->type && !(value_is_boolean(a) && value_is_boolean(b)))
        tell_presence(s, "type", a, b);
    else if (a->type == VALUE_OBJECT)
        compare_objects(s, a, b);
    else if (a->type == VALUE_ARRAY)
        compare_arrays(s, a, b);
    else
        compare_scalars(s, a, b);
}

/* ---- whole bodies ---- */

static bool
is_whole(const struct message *m)
{
    return (m->body_state == BODY_WHOLE || m->body_state == BODY_NONE) && !m->body_cut && m->body_digest.length == 0;
}

/* Was all of it replaced or left out? */
static bool
is_redacted(const struct exchange *x)
{
    for (uint32_t i = 0; i < x->redacted_count; i++)
        if (text_equal(x->redacted[i], TEXT("response body")))
            return true;
    return false;
}

static bool
plain(struct compare_state *s, const struct message *m, struct text *body)
{
    *body = m->body;
    return m->body_plain || coding_decode(m, LIMIT_REPLAY_BODY, s->arena, body) == CODING_OK;
}

static void
compare_bytes(struct compare_state *s, struct text a, struct text b)
{
    size_t at = 0;
    struct text back = b, found;

    if (text_is_utf8(b) && b.length <= LIMIT_MIB)
        back = compare_back(s, b);
    if (text_equal(a, back))
        return;
    while (at < a.length && at < b.length && a.data[at] == b.data[at])
        at++;
    found = a.length == 0 || b.length == 0 ? arena_print(s->arena, "%zu bytes", b.length)
                                           : arena_print(s->arena, "%zu bytes, another one at %zu", b.length, at);
    compare_tell(s, DIFFERENCE_BODY,
                 a.length == 0   ? "extra"
                 : b.length == 0 ? "missing"
                                 : "value",
                 text_make(NULL, 0), arena_print(s->arena, "%zu bytes", a.length), found);
}

void
compare_body(struct compare_state *s)
{
    const struct message *before = &s->x->response;
    struct document recorded, now;
    struct text a, b;

    if (!is_whole(before) || !is_whole(s->answer) || is_redacted(s->x) || !plain(s, before, &a) ||
        !plain(s, s->answer, &b)) {
        s->partly = true;
        return;
    }
    if (text_equal(a, b))
        return;
    if (a.length == 0 || b.length == 0 || document_parse(&recorded, a, NULL, s->arena, NULL) < 0 ||
        document_parse(&now, b, NULL, s->arena, NULL) < 0) {
        compare_bytes(s, a, b);
        return;
    }
    redacted_mark(s->x, SIDE_RESPONSE, recorded.root);
    compare_values(s, recorded.root, now.root);
}
