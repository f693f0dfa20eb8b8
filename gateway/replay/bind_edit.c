/* bind_edit.c -- other bytes for stretches of a request. */
#include "replay/bind_edit.h"

#include "base/limits.h"
#include "http/query.h"
#include "json/write.h"

void
edits_add(struct edits *e, struct text raw, struct text now)
{
    if (e->count == e->room) {
        uint32_t room = e->room > 0 ? e->room * 2 : 16;
        struct edit *list = arena_grow(e->arena, e->list, e->room * sizeof(struct edit), room * sizeof(struct edit));

        if (list == NULL) {
            e->out_of_memory = true;
            return;
        }
        e->list = list;
        e->room = room;
    }
    e->list[e->count++] = (struct edit){ raw, now };
}

void
edits_encode(struct buffer *out, enum leaf_form form, struct text value)
{
    switch (form) {
    case LEAF_SEGMENT:
    case LEAF_QUERY:
        percent_encode(out, value);
        break;
    case LEAF_JSON_STRING:
        json_escape_inside(out, value);
        break;
    case LEAF_FIELD:
    case LEAF_COOKIE:
    case LEAF_JSON_NUMBER:
    case LEAF_TEXT:
        buffer_add(out, value);
        break;
    }
}

static bool
is_inside(struct text part, struct text whole)
{
    return whole.data != NULL && part.data >= whole.data && part.data <= whole.data + whole.length;
}

/* The text with its edits; itself where there are none. */
static struct text
edited(struct edits *e, struct text whole)
{
    size_t at = 0;
    struct buffer out;
    struct text result = whole;
    bool any = false;

    buffer_init(&out, LIMIT_EXCHANGE_ARENA);
    for (uint32_t i = 0; i < e->count; i++) {
        const struct edit *edit = &e->list[i];
        size_t start;

        if (!is_inside(edit->raw, whole))
            continue;
        start = (size_t)(edit->raw.data - whole.data);
        buffer_add(&out, text_slice(whole, at, start - at));
        buffer_add(&out, edit->now);
        at = start + edit->raw.length;
        any = true;
    }
    if (any) {
        buffer_add(&out, text_from(whole, at));
        result = arena_text(e->arena, buffer_text(&out));
        e->out_of_memory = e->out_of_memory || buffer_failed(&out) || result.data == NULL;
    }
    buffer_release(&out);
    return result;
}

static void
edit_fields(struct edits *e, struct bound_request *request, bool drop_coding)
{
    struct header *headers = ARENA_ARRAY(e->arena, struct header, request->header_count + 1);
    uint32_t count = 0;

    if (headers == NULL) {
        e->out_of_memory = true;
        return;
    }
    for (uint32_t i = 0; i < request->header_count; i++) {
        if (drop_coding && request->headers[i].id == HEADER_CONTENT_ENCODING)
            continue;
        headers[count] = request->headers[i];
        headers[count].value = edited(e, headers[count].value);
        count++;
    }
    request->headers = headers;
    request->header_count = count;
}

int
edits_apply(struct edits *e, struct bound_request *request, struct text body)
{
    struct text changed;

    if (e->count == 0)
        return e->out_of_memory ? -1 : 0;
    request->target = edited(e, request->target);
    changed = edited(e, body);
    edit_fields(e, request, changed.data != body.data && body.data != request->body.data);
    if (changed.data != body.data)
        request->body = changed;
    return e->out_of_memory ? -1 : 0;
}
