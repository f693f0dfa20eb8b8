#include "replay/compare_internal.h"

#include "base/limits.h"
#include "traffic/redacted.h"

#define SHOWN 80 /* bytes of a value that are told */

void
compare_tell(struct compare_state *s, enum difference_kind kind, const char *keyword, struct text place,
             struct text expected, struct text found)
{
    struct difference d = { .kind = kind, .keyword = keyword, .expected = expected, .found = found };

    s->different = true;
    if (s->quiet || s->count == COMPARE_MOST)
        return;
    s->count++;
    d.place = arena_text(s->arena, place);
    if (d.place.data == NULL && place.length > 0)
        s->no_memory = true;
    else
        s->found(s->arg, &d);
}

struct text
compare_back(struct compare_state *s, struct text text)
{
    return s->c->to_recorded != NULL ? s->c->to_recorded(s->c->arg, text, s->arena) : text;
}

struct text
compare_shown(struct compare_state *s, struct text t)
{
    size_t end = t.length <= SHOWN ? t.length : SHOWN;
    bool cut = end < t.length;

    if (s->quiet)
        return t;
    while (cut && end > 0 && ((unsigned char)t.data[end] & 0xc0) == 0x80)
        end--;
    t.length = end;
    if (!text_is_utf8(t))
        return TEXT("bytes that are no text");
    return arena_print(s->arena, "\"%.*s%s\"", TEXT_PRINT(t), cut ? "…" : "");
}

/* ---- the status ---- */

/* What the answer itself says about it. */
static struct text
said(struct compare_state *s)
{
    static const struct text keys[] = { TEXT("detail"), TEXT("title"), TEXT("message"), TEXT("error") };
    struct document document;

    if (s->answer->body.length == 0 || s->answer->body.length > LIMIT_MIB ||
        document_parse(&document, s->answer->body, NULL, s->arena, NULL) < 0)
        return text_make(NULL, 0);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const struct value *v = value_member(document.root, keys[i]);

        if (value_is(v, VALUE_STRING) && v->count > 0)
            return compare_shown(s, value_text(v));
    }
    return text_make(NULL, 0);
}

static bool
status_differs(struct compare_state *s)
{
    struct text why;

    if (s->x->response.status == s->answer->status)
        return false;
    why = said(s);
    compare_tell(s, DIFFERENCE_STATUS, "value", text_make(NULL, 0), arena_print(s->arena, "%u", s->x->response.status),
                 arena_print(s->arena, "%u%s%.*s", s->answer->status, why.length > 0 ? " " : "", TEXT_PRINT(why)));
    return true;
}

/* ---- all of it ---- */

enum compare_result
compare_answers(const struct comparison *c, const struct exchange *recorded, const struct message *answer,
                struct arena *arena, compare_found_fn *found, void *arg)
{
    struct compare_state s = { .c = c,
                               .x = recorded,
                               .answer = answer,
                               .arena = arena,
                               .found = found,
                               .arg = arg,
                               .budget = LIMIT_CHECK_BUDGET };

    if (!status_differs(&s)) {
        buffer_init(&s.pointer, LIMIT_POINTER_BYTES);
        compare_headers(&s);
        compare_body(&s);
        buffer_release(&s.pointer);
    }
    if (s.no_memory)
        return COMPARE_NO_MEMORY;
    if (s.different)
        return COMPARE_DIFFERENT;
    return s.partly ? COMPARE_PARTLY : COMPARE_EQUAL;
}
