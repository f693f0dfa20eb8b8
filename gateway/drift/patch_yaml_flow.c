/* patch_yaml_flow.c -- changes between brackets and braces. */
#include "drift/patch_internal.h"

/* As the neighbours are: items like an item, members like a key. */
static enum yaml_style
style_inside(const struct yaml_edit *e)
{
    if (e->parent->count > 0 && (e->parent->kind == YAML_MAP || e->parent[1].kind == YAML_SCALAR))
        return yaml_style_of(e->parent + 1);
    return e->above_key != NULL && e->above->style == YAML_FLOW ? yaml_style_of(e->above_key) : YAML_PLAIN;
}

static void
put_new(struct yaml_edit *e)
{
    enum yaml_style like = style_inside(e);

    if (e->parent->kind == YAML_MAP) {
        yaml_lay_key(e->out, &e->manner, e->name, like, true);
        buffer_add(e->out, TEXT(": "));
    }
    yaml_lay_flow(e->out, &e->manner, e->value,
                  like == YAML_DOUBLE || e->value->type == VALUE_STRING ? like : YAML_PLAIN);
}

/* The line feed and spaces in front of a place, where it is the first of its line; else empty. */
static struct text
line_before(const struct yaml_edit *e, uint32_t at)
{
    uint32_t start = at;

    while (start > 0 && e->yaml.data[start - 1] == ' ')
        start--;
    return start > 0 && e->yaml.data[start - 1] == '\n' ? text_slice(e->yaml, start - 1, at - start + 1) : TEXT("");
}

/* Of the last member its key, of a list the last item itself. */
static uint32_t
start_of_last(const struct yaml_edit *e)
{
    const struct yaml_node *at = e->parent + 1, *last = at;

    for (; at < e->parent + e->parent->span; at = yaml_next(at)) {
        last = at;
        if (e->parent->kind == YAML_MAP)
            at = yaml_next(at);
    }
    return last->start;
}

bool
yaml_flow_insert(struct yaml_edit *e)
{
    uint32_t at = e->before != NULL ? e->before->end : e->parent->start + 1;
    struct text line = e->before != NULL && e->next == NULL ? line_before(e, start_of_last(e)) : TEXT("");
    uint32_t end = at + (uint32_t)text_find(text_from(e->yaml, at), '\n');
    struct text rest = text_trim(text_slice(e->yaml, at, end - at));

    buffer_add(e->out, text_slice(e->yaml, 0, at));
    if (e->before != NULL)
        buffer_byte(e->out, ',');
    if (line.length > 0 && text_starts(rest, TEXT("#"))) { /* a comment stays beside what it is about */
        buffer_add(e->out, text_slice(e->yaml, at, end - at));
        at = end;
    }
    if (line.length > 0)
        buffer_add(e->out, line);
    else if (e->before != NULL)
        buffer_byte(e->out, ' ');
    put_new(e);
    if (e->before == NULL && e->next != NULL)
        buffer_add(e->out, TEXT(", "));
    buffer_add(e->out, text_from(e->yaml, at));
    return true;
}

bool
yaml_flow_remove(struct yaml_edit *e)
{
    uint32_t start = e->key != NULL ? e->key->start : e->node->start, end = e->node->end;
    struct text gone;

    if (e->next != NULL)
        end = e->next->start;
    else if (e->before != NULL)
        start = e->before->end;
    gone = text_slice(e->yaml, start, end - start);
    if (text_find(gone, '\n') < gone.length && text_find(gone, '#') < gone.length)
        return yaml_refuse(e, start, "there may be a comment between what goes and what stays");
    if (e->next != NULL && e->next->property)
        return yaml_refuse(e, start, "what follows has an anchor or a tag");
    buffer_add(e->out, text_slice(e->yaml, 0, start));
    buffer_add(e->out, text_from(e->yaml, end));
    return true;
}
