/* mutate_edit.c -- edits of a body, and the body with some of them. */
#include "rules/mutate_internal.h"

#include "base/limits.h"
#include "json/write.h"

void
mutate_edit(struct mutating *m, enum edit_kind kind, const struct value *target, struct text json)
{
    if (m->edit_count == MUTATE_EDITS || (kind != EDIT_DROP && kind != EDIT_TURN && json.length == 0))
        return;
    m->edits[m->edit_count++] = (struct edit){ .target = target, .kind = kind, .json = json };
}

struct text
mutate_quote(struct mutating *m, struct text text)
{
    struct buffer b;
    struct text json = { NULL, 0 };

    if (text.length > 4 * MUTATE_TEXT || m->made + text.length > MUTATE_MADE)
        return json;
    buffer_init(&b, 32 * MUTATE_TEXT);
    json_escape(&b, text);
    if (!buffer_failed(&b))
        json = arena_text(m->work, buffer_text(&b));
    m->made += json.length;
    buffer_release(&b);
    return json;
}

/* ---- writing ---- */

/* The edit of a value, of those that are on. They come in the order of the tape but for several at one place. */
static const struct edit *
edit_of(const struct mutating *m, const struct value *target)
{
    uint32_t low = 0, high = m->edit_count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (m->edits[middle].target < target)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < m->edit_count && m->edits[low].target == target; low++)
        if (m->edits[low].on)
            return &m->edits[low];
    return NULL;
}

static void write_value(struct mutating *m, struct json_writer *w, const struct value *v);

static void
write_member(struct mutating *m, struct json_writer *w, const struct value *key)
{
    const struct edit *edit = edit_of(m, key);

    if (edit != NULL && edit->kind == EDIT_DROP)
        return;
    json_key(w, value_text(key));
    write_value(m, w, value_next(key));
}

static void
write_turned(struct mutating *m, struct json_writer *w, const struct value *object)
{
    const struct value **keys = ARENA_ARRAY(m->checks, const struct value *, object->count);
    uint32_t count = 0;

    if (keys == NULL)
        return;
    for (VALUE_EACH_MEMBER(key, object))
        keys[count++] = key;
    while (count > 0)
        write_member(m, w, keys[--count]);
}

static void
write_object(struct mutating *m, struct json_writer *w, const struct value *object, const struct edit *edit)
{
    json_object(w);
    if (edit != NULL && edit->kind == EDIT_TURN)
        write_turned(m, w, object);
    else if (object->count > 0)
        for (VALUE_EACH_MEMBER(key, object))
            write_member(m, w, key);
    if (edit != NULL && edit->kind == EDIT_ADD)
        json_raw(w, edit->json);
    json_end_object(w);
}

static void
write_value(struct mutating *m, struct json_writer *w, const struct value *v)
{
    const struct edit *edit = edit_of(m, v);

    if (edit != NULL && edit->kind == EDIT_REPLACE) {
        json_raw(w, edit->json);
    } else if (v->type == VALUE_OBJECT) {
        write_object(m, w, v, edit);
    } else if (v->type == VALUE_ARRAY && v->count > 0) {
        json_array(w);
        for (VALUE_EACH_ITEM(item, v))
            write_value(m, w, item);
        json_end_array(w);
    } else {
        json_value(w, v);
    }
}

void
mutate_write(struct mutating *m)
{
    struct json_writer w;

    buffer_clear(&m->trial);
    arena_reset(m->checks);
    json_begin(&w, &m->trial, 0);
    write_value(m, &w, m->in->body);
}
