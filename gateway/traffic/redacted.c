#include "traffic/redacted.h"

#include "base/limits.h"

bool
redacted_place(struct text place, enum side side, struct text *rest)
{
    struct text name = text_of(side_name(side));

    if (!text_starts(place, name) || place.length <= name.length)
        return false;
    *rest = text_from(place, name.length + 1);
    return true;
}

bool
redacted_path(const struct exchange *x)
{
    for (uint32_t i = 0; i < x->redacted_count; i++)
        if (text_equal(x->redacted[i], TEXT("request path")))
            return true;
    return false;
}

/* Was it whole for the live check, but cut for the record? */
static bool
is_cut(const struct exchange *x, enum side side)
{
    return side == SIDE_REQUEST ? x->request.body_cut : x->response.body_cut;
}

/* Is the pointer `outer` the same as `inner` or above it? "*" in outer stands for any step. */
static bool
pointer_contains(struct text outer, struct text inner)
{
    struct text_split steps, others;
    struct text step, other;

    if (outer.length == 0)
        return true;
    steps = text_split_start(outer);
    others = text_split_start(inner);
    while (text_split_next(&steps, '/', &step))
        if (!text_split_next(&others, '/', &other) ||
            !(text_equal(step, other) || text_equal(step, TEXT("*")) || text_equal(other, TEXT("*"))))
            return false;
    return true;
}

/* Is it about the content? Many others have an empty place, too. */
static bool
is_about_body(const struct violation *v)
{
    switch (v->id) {
    case VIOLATION_BODY_MISSING:
    case VIOLATION_BODY_SCHEMA:
    case VIOLATION_BODY_EXTRA:
    case VIOLATION_JSON_SYNTAX:
    case VIOLATION_JSON_DUPLICATE_KEY:
    case VIOLATION_FORM_SYNTAX:
    case VIOLATION_ITEM_SCHEMA:
    case VIOLATION_INVARIANT_BROKEN:
        return v->instance.length == 0 || v->instance.data[0] == '/';
    default:
        return false;
    }
}

/* Places in the head: "header X", "query limit", "path"; credentials are in any of them. */
static bool
head_covers(struct text place, const struct violation *v)
{
    if (v->id == VIOLATION_SECURITY_MISSING) /* there are some, and what is left of them looks wrong */
        return !text_equal(v->found, TEXT("none")) &&
               (text_starts(place, TEXT("header ")) || text_starts(place, TEXT("query")));
    if (text_equal(place, TEXT("path")) || text_equal(place, TEXT("query"))) /* the whole of it */
        return text_starts(v->instance, place);
    if (text_equal_nocase(place, TEXT("header Cookie")))
        return text_starts(v->instance, TEXT("cookie ")) || text_equal_nocase(place, v->instance);
    return text_equal_nocase(place, v->instance);
}

static bool
matches(const struct exchange *x, const struct violation *v, bool inside_too)
{
    if (is_cut(x, v->side) && is_about_body(v))
        return true;
    for (uint32_t i = 0; i < x->redacted_count; i++) {
        struct text place;

        if (!redacted_place(x->redacted[i], v->side, &place))
            continue;
        if (!text_starts(place, TEXT("body"))) {
            if (head_covers(place, v))
                return true;
            continue;
        }
        place = text_from(place, place.length > 4 ? 5 : 4);
        if (is_about_body(v) &&
            (pointer_contains(place, v->instance) || (inside_too && pointer_contains(v->instance, place))))
            return true;
    }
    return false;
}

bool
redacted_covers(const struct exchange *x, const struct violation *v)
{
    return matches(x, v, false);
}

bool
redacted_touches(const struct exchange *x, const struct violation *v)
{
    return matches(x, v, true);
}

bool
redacted_names_place(const struct exchange *x, struct text place)
{
    for (uint32_t i = 0; i < x->redacted_count; i++) {
        struct text redacted;

        if (redacted_place(x->redacted[i], SIDE_REQUEST, &redacted) &&
            (text_equal_nocase(redacted, place) ||
             (text_equal(redacted, TEXT("query")) && text_starts(place, redacted)) ||
             (text_equal(redacted, TEXT("path")) && text_starts(place, redacted))))
            return true;
    }
    return false;
}

/* ---- in a document ---- */

static void
mark(const struct value *v, uint32_t span)
{
    struct value *own = (struct value *)(uintptr_t)v;

    for (uint32_t i = 0; i < span; i++)
        own[i].flags |= VALUE_REDACTED;
}

/* The first token of a pointer, unescaped into `out`; what follows it in *rest. False: it does not fit. */
static bool
first_token(struct text pointer, char *out, struct text *token, struct text *rest)
{
    size_t n = 0, i = 1;

    for (; i < pointer.length && pointer.data[i] != '/'; i++) {
        char c = pointer.data[i];

        if (n == LIMIT_POINTER_BYTES)
            return false;
        if (c == '~' && i + 1 < pointer.length)
            c = pointer.data[++i] == '1' ? '/' : '~';
        out[n++] = c;
    }
    *token = text_make(out, n);
    *rest = text_from(pointer, i);
    return true;
}

/* Stop at what is not there: what is around it is marked, but not what else is inside. */
static void
mark_place(const struct value *v, struct text pointer)
{
    char name[LIMIT_POINTER_BYTES];
    struct text token, rest;
    const struct value *member;

    if (pointer.length == 0) {
        mark(v, v->span);
        return;
    }
    if (v->type == VALUE_ARRAY) {
        size_t end = text_find(text_from(pointer, 1), '/') + 1;

        for (VALUE_EACH_ITEM(item, v)) /* whichever it was */
            mark_place(item, text_from(pointer, end));
        return;
    }
    if (!first_token(pointer, name, &token, &rest) || (member = value_member(v, token)) == NULL)
        mark(v, 1);
    else
        mark_place(member, rest);
}

void
redacted_mark(const struct exchange *x, enum side side, const struct value *root)
{
    if (is_cut(x, side))
        mark(root, root->span);
    for (uint32_t i = 0; i < x->redacted_count; i++) {
        struct text place;

        if (redacted_place(x->redacted[i], side, &place) && text_starts(place, TEXT("body")))
            mark_place(root, text_from(place, place.length > 4 ? 5 : 4));
    }
}
