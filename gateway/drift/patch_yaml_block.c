/* patch_yaml_block.c -- changes of whole lines, and of what stands behind a key. */
#include "drift/patch_internal.h"

#include "base/limits.h"

/* ---- lines ---- */

/* The line feed at the end of the line, or the end of the text. */
static uint32_t
line_end(struct text yaml, uint32_t at)
{
    return at + (uint32_t)text_find(text_from(yaml, at), '\n');
}

/* Is nothing but spaces in front of it on its line? */
static bool
begins_line(struct text yaml, uint32_t at)
{
    for (uint32_t i = yaml_line_start(yaml, at); i < at; i++)
        if (yaml.data[i] != ' ')
            return false;
    return true;
}

/* Behind the last line of a value, its comment included; empty lines at the end of a text block are not counted. */
static uint32_t
behind_lines(const struct yaml_edit *e, const struct yaml_node *n)
{
    uint32_t end = n->end;

    while (end > n->start && text_find(TEXT(" \t\r\n"), e->yaml.data[end - 1]) < 4)
        end--;
    end = line_end(e->yaml, end);
    return end < e->yaml.length ? end + 1 : end;
}

/* Everything up to here; a last line without its end gets one. */
static void
put_up_to(struct yaml_edit *e, uint32_t at)
{
    buffer_add(e->out, text_slice(e->yaml, 0, at));
    if (at > 0 && e->yaml.data[at - 1] != '\n')
        buffer_add(e->out, e->manner.eol);
}

/* Where the dash of an item is. */
static uint32_t
dash_of(const struct yaml_edit *e, const struct yaml_node *item)
{
    unsigned column = yaml_column(e->yaml, e->parent->start);
    uint32_t line = yaml_line_start(e->yaml, item->start);

    if (item == e->parent + 1)
        return e->parent->start;
    while (line > e->parent->start && !(line + column < e->yaml.length && e->yaml.data[line + column] == '-' &&
                                        begins_line(e->yaml, line + column)))
        line = yaml_line_start(e->yaml, line - 1);
    return line + column;
}

/* ---- something new ---- */

/* The keys of a map are quoted as the one that is nearest. */
static enum yaml_style
style_of_keys(const struct yaml_edit *e)
{
    const struct yaml_node *key = e->parent + 1, *last = NULL;

    for (uint32_t i = 0; i < e->parent->count; i++, key = yaml_next(yaml_next(key)))
        last = key;
    return yaml_style_of(last);
}

static void
put_line(struct yaml_edit *e, unsigned column)
{
    struct buffer key;

    yaml_lay_spaces(e->out, column);
    if (e->parent->kind == YAML_MAP) {
        buffer_init(&key, LIMIT_MIB);
        yaml_lay_key(&key, &e->manner, e->name, e->parent->count > 0 ? style_of_keys(e) : YAML_BLOCK, false);
        yaml_lay_member(e->out, &e->manner, buffer_text(&key), e->value, column);
        buffer_release(&key);
    } else if (e->before != NULL && e->value->type == VALUE_STRING) { /* quoted like its neighbour */
        buffer_add(e->out, TEXT("- "));
        yaml_lay_flow(e->out, &e->manner, e->value, yaml_style_of(e->before));
        buffer_add(e->out, e->manner.eol);
    } else {
        yaml_lay_item(e->out, &e->manner, e->value, column);
    }
}

bool
yaml_block_insert(struct yaml_edit *e)
{
    uint32_t at;

    if (e->before != NULL) {
        at = behind_lines(e, e->before);
    } else {
        at = yaml_line_start(e->yaml, e->parent->start);
        if (!begins_line(e->yaml, e->parent->start))
            return yaml_refuse(e, e->parent->start, "there is no line of its own for what comes first");
    }
    put_up_to(e, at);
    put_line(e, yaml_column(e->yaml, e->parent->start));
    buffer_add(e->out, text_from(e->yaml, at));
    return true;
}

/* Up to the end of "key:" or "-", without the spaces behind it. */
static void
put_up_to_colon(struct yaml_edit *e, uint32_t at)
{
    while (at > 0 && (e->yaml.data[at - 1] == ' ' || e->yaml.data[at - 1] == '\t'))
        at--;
    buffer_add(e->out, text_slice(e->yaml, 0, at));
}

/* The rest of the line from here, a comment or nothing, with its end; behind that. */
static uint32_t
put_rest_of_line(struct yaml_edit *e, uint32_t at)
{
    uint32_t end = line_end(e->yaml, at);
    struct text rest = text_slice(e->yaml, at, end - at);

    if (text_trim(rest).length > 0)
        buffer_add(e->out, rest);
    else if (text_ends(rest, TEXT("\r")))
        buffer_byte(e->out, '\r');
    if (end == e->yaml.length) {
        buffer_add(e->out, e->manner.eol);
        return end;
    }
    buffer_byte(e->out, '\n');
    return end + 1;
}

bool
yaml_block_open(struct yaml_edit *e)
{
    unsigned column;
    uint32_t behind;

    if (e->above == NULL || e->above->kind != YAML_MAP || e->above->style != YAML_BLOCK || e->parent->property ||
        yaml_lays_flat(&e->manner, e->value))
        return false;
    if (yaml_line_start(e->yaml, e->parent->start) != yaml_line_start(e->yaml, e->above_key->start) ||
        e->above_key->start > e->parent->start)
        return false;
    column = yaml_column(e->yaml, e->above->start);
    put_up_to_colon(e, e->parent->start);
    behind = put_rest_of_line(e, e->parent->end);
    put_line(e, column + (e->parent->kind == YAML_MAP ? e->manner.step : e->manner.dash));
    buffer_add(e->out, text_from(e->yaml, behind));
    return true;
}

/* ---- something less ---- */

/* The only one of its parent goes: an empty parent is left, on the line of its key or dash. */
static bool
empty_parent(struct yaml_edit *e)
{
    uint32_t from = yaml_line_start(e->yaml, e->parent->start), to = behind_lines(e, e->parent), colon;

    if (e->above == NULL || e->above->kind != YAML_MAP) {
        buffer_add(e->out, text_slice(e->yaml, 0, e->parent->start));
        buffer_add(e->out, e->parent->kind == YAML_MAP ? TEXT("{}") : TEXT("[]"));
        buffer_add(e->out, e->manner.eol);
        buffer_add(e->out, text_from(e->yaml, to));
        return true;
    }
    if (!begins_line(e->yaml, e->parent->start))
        return yaml_refuse(e, e->parent->start, "what would be left empty has no line of its own");
    colon = e->above_key->end;
    while (colon < from && e->yaml.data[colon] != ':')
        colon++;
    buffer_add(e->out, text_slice(e->yaml, 0, colon + 1));
    buffer_add(e->out, e->parent->kind == YAML_MAP ? TEXT(" {}") : TEXT(" []"));
    buffer_add(e->out, text_slice(e->yaml, colon + 1, from - colon - 1));
    buffer_add(e->out, text_from(e->yaml, to));
    return true;
}

bool
yaml_block_remove(struct yaml_edit *e)
{
    uint32_t start = e->parent->kind == YAML_MAP ? e->key->start : dash_of(e, e->node), behind;

    if (e->parent->count == 1)
        return empty_parent(e);
    if (begins_line(e->yaml, start)) {
        buffer_add(e->out, text_slice(e->yaml, 0, yaml_line_start(e->yaml, start)));
        buffer_add(e->out, text_from(e->yaml, behind_lines(e, e->node)));
        return true;
    }
    if (e->next == NULL || e->parent->kind != YAML_MAP)
        return yaml_refuse(e, start, "it has no line of its own");
    behind = behind_lines(e, e->node);
    if (text_find(text_slice(e->yaml, behind, e->next->start - behind), '#') < e->next->start - behind) {
        put_up_to_colon(e, start); /* a comment in between: the dash stays alone */
        buffer_add(e->out, e->manner.eol);
        buffer_add(e->out, text_from(e->yaml, behind));
    } else {
        buffer_add(e->out, text_slice(e->yaml, 0, start)); /* "- a: 1", where b follows: "- b: 2" */
        buffer_add(e->out, text_from(e->yaml, e->next->start));
    }
    return true;
}

/* ---- something else ---- */

/* May the new value stand where the old one is, between what is around it on its lines? */
static bool
fits_in_place(const struct yaml_edit *e)
{
    const struct yaml_manner lists = { .flow_lists = true };

    return e->node->style != YAML_BLOCK &&
           (e->parent->style == YAML_FLOW || e->key == NULL || yaml_lays_flat(&lists, e->value));
}

static enum yaml_style
style_for(const struct yaml_edit *e)
{
    if (e->node->kind == YAML_SCALAR && e->value->type < VALUE_ARRAY)
        return yaml_style_of(e->node);
    if (e->node->kind == YAML_SEQUENCE && e->node->count > 0)
        return yaml_style_of(e->node + 1);
    return e->parent->style == YAML_FLOW && e->key != NULL ? yaml_style_of(e->key) : YAML_PLAIN;
}

/* Lines in the place of lines, or behind a key in the place of what is there. */
static bool
replace_lines(struct yaml_edit *e)
{
    bool old_block = e->node->style == YAML_BLOCK, map = e->value->type == VALUE_OBJECT;
    unsigned column = yaml_column(e->yaml, e->parent->start) + (map ? e->manner.step : e->manner.dash);
    uint32_t from = yaml_line_start(e->yaml, e->node->start), to, colon = e->key->end;

    while (colon < e->yaml.length && e->yaml.data[colon] != ':')
        colon++;
    colon++;
    if (old_block ? !begins_line(e->yaml, e->node->start) || from <= colon : colon > e->node->start)
        return yaml_refuse(e, e->node->start, "it has no lines of its own");
    if (old_block && e->node->kind == YAML_SEQUENCE) /* a list stays as it is written */
        e->manner.flow_lists = false;
    buffer_add(e->out, text_slice(e->yaml, 0, colon));
    if (yaml_lays_flat(&e->manner, e->value)) {
        buffer_byte(e->out, ' ');
        yaml_lay_flow(e->out, &e->manner, e->value, style_for(e));
    }
    if (old_block) {
        buffer_add(e->out, text_slice(e->yaml, colon, from - colon));
        to = behind_lines(e, e->node);
    } else {
        to = put_rest_of_line(e, e->node->end);
    }
    if (!yaml_lays_flat(&e->manner, e->value))
        yaml_lay_inside(e->out, &e->manner, e->value, column, false);
    buffer_add(e->out, text_from(e->yaml, to));
    return true;
}

/* Behind its dash. */
static bool
replace_item(struct yaml_edit *e)
{
    buffer_add(e->out, text_slice(e->yaml, 0, e->node->start));
    if (yaml_lays_flat(&e->manner, e->value)) {
        yaml_lay_flow(e->out, &e->manner, e->value, style_for(e));
        buffer_add(e->out, e->manner.eol);
    } else {
        yaml_lay_inside(e->out, &e->manner, e->value, yaml_column(e->yaml, e->node->start), true);
    }
    buffer_add(e->out, text_from(e->yaml, behind_lines(e, e->node)));
    return true;
}

bool
yaml_replace(struct yaml_edit *e)
{
    if (e->node->style == YAML_LITERAL)
        return yaml_refuse(e, e->node->start, "this is a text block");
    if (fits_in_place(e)) {
        buffer_add(e->out, text_slice(e->yaml, 0, e->node->start));
        if (e->node->start == e->node->end && e->node->start > 0 && e->yaml.data[e->node->start - 1] == ':')
            buffer_byte(e->out, ' ');
        yaml_lay_flow(e->out, &e->manner, e->value, style_for(e));
        buffer_add(e->out, text_from(e->yaml, e->node->end));
        return true;
    }
    if (e->node->property)
        return yaml_refuse(e, e->node->start, "it has an anchor or a tag");
    return e->key != NULL ? replace_lines(e) : replace_item(e);
}
