#include "report/marked_json.h"

#include "json/pointer.h"
#include "json/write.h"

#define DEEPEST 60 /* below it, values are only told to be there */

struct marking {
    struct buffer *out;
    const struct json_mark *marks;
    size_t count;
};

/* The first element of each `*` from which the rest leads on. */
static const struct value *
find_any(const struct value *root, struct text pointer)
{
    size_t star = text_search(pointer, TEXT("/*")), behind = star + 2;
    const struct value *array, *element, *found = NULL;

    if (star == pointer.length || (behind < pointer.length && pointer.data[behind] != '/'))
        return pointer_find(root, pointer);
    array = pointer_find(root, text_slice(pointer, 0, star));
    if (!value_is(array, VALUE_ARRAY))
        return pointer_find(root, pointer);
    element = value_first(array);
    for (uint32_t i = 0; i < array->count && found == NULL; i++, element = value_next(element))
        found = find_any(element, text_from(pointer, behind));
    return found;
}

const struct value *
json_mark_find(const struct value *root, struct text pointer)
{
    const struct value *found = NULL;

    if (pointer.length > 0 && pointer.data[0] != '/')
        return NULL;
    while ((found = find_any(root, pointer)) == NULL && pointer.length > 0) {
        do
            pointer.length--;
        while (pointer.length > 0 && pointer.data[pointer.length] != '/');
    }
    return found;
}

static const struct json_mark *
mark_of(const struct marking *m, const struct value *v)
{
    for (size_t i = 0; i < m->count; i++)
        if (m->marks[i].value == v)
            return &m->marks[i];
    return NULL;
}

/* A string as JSON writes it, so that a line feed in it is no line's end. */
static void
add_string(struct marking *m, const char *kind, struct text t)
{
    struct buffer quoted;

    buffer_init(&quoted, SIZE_MAX);
    json_escape(&quoted, t);
    MARKUP(m->out, "<span class=\"{}\">{}</span>", text_of(kind), buffer_text(&quoted));
    m->out->failed = m->out->failed || buffer_failed(&quoted);
    buffer_release(&quoted);
}

static void
add_scalar(struct marking *m, const struct value *v)
{
    if (v->type == VALUE_STRING)
        add_string(m, "s", value_text(v));
    else if (v->type == VALUE_NUMBER)
        MARKUP(m->out, "<span class=\"n\">{}</span>", value_text(v));
    else
        MARKUP(m->out, "<span class=\"w\">{}</span>",
               v->type == VALUE_NULL   ? TEXT("null")
               : v->type == VALUE_TRUE ? TEXT("true")
                                       : TEXT("false"));
}

static void
begin_mark(struct marking *m, const struct json_mark *mark)
{
    if (mark != NULL)
        MARKUP(m->out, "<mark class=\"{}\">", text_of(mark->kind));
}

static void
end_mark(struct marking *m, const struct json_mark *mark)
{
    if (mark != NULL)
        MARKUP_RAW(m->out, "</mark>");
}

/* All that is said of this value, at the end of its (first) line. */
static void
add_remarks(struct marking *m, const struct value *v)
{
    for (size_t i = 0; i < m->count; i++)
        if (m->marks[i].value == v && m->marks[i].remark.length > 0)
            MARKUP(m->out, "<em class=\"remark {}\">{}</em>", text_of(m->marks[i].kind), m->marks[i].remark);
}

static void
new_line(struct marking *m, unsigned depth)
{
    buffer_print(m->out, "\n%*s", (int)depth * 2, "");
}

static void add_value(struct marking *m, const struct value *v, unsigned depth, const char *behind);

static void
add_inside(struct marking *m, const struct value *v, unsigned depth)
{
    const struct value *one = value_first(v);

    for (uint32_t i = 0; i < v->count; i++) {
        new_line(m, depth + 1);
        if (v->type == VALUE_OBJECT) {
            add_string(m, "k", value_text(one));
            MARKUP_RAW(m->out, ": ");
            one = value_next(one);
        }
        add_value(m, one, depth + 1, i + 1 < v->count ? "," : "");
        one = value_next(one);
    }
    new_line(m, depth);
}

static void
add_value(struct marking *m, const struct value *v, unsigned depth, const char *behind)
{
    const struct json_mark *mark = mark_of(m, v);
    bool object = v->type == VALUE_OBJECT, compound = object || v->type == VALUE_ARRAY;

    begin_mark(m, mark);
    if (!compound)
        add_scalar(m, v);
    else if (v->count == 0 || depth >= DEEPEST)
        buffer_add(m->out, v->count > 0 ? (object ? TEXT("{…}") : TEXT("[…]")) : (object ? TEXT("{}") : TEXT("[]")));
    else
        buffer_byte(m->out, object ? '{' : '[');
    end_mark(m, mark);
    if (!compound || v->count == 0 || depth >= DEEPEST) {
        buffer_add(m->out, text_of(behind));
        add_remarks(m, v);
        return;
    }
    add_remarks(m, v);
    add_inside(m, v, depth);
    buffer_byte(m->out, object ? '}' : ']');
    buffer_add(m->out, text_of(behind));
}

void
marked_json(struct buffer *out, const struct value *root, const struct json_mark *marks, size_t count)
{
    struct marking m = { out, marks, count };

    add_value(&m, root, 0, "");
}
