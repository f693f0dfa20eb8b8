/* patch_yaml_lay.c -- new values in the manner of the document. */
#include "drift/patch_internal.h"

#include <ctype.h>

#include "base/limits.h"
#include "json/write.h"
#include "json/yaml_write.h"

uint32_t
yaml_line_start(struct text yaml, uint32_t place)
{
    while (place > 0 && yaml.data[place - 1] != '\n')
        place--;
    return place;
}

unsigned
yaml_column(struct text yaml, uint32_t place)
{
    return place - yaml_line_start(yaml, place);
}

enum yaml_style
yaml_style_of(const struct yaml_node *node)
{
    return node != NULL && node->kind == YAML_SCALAR ? (enum yaml_style)node->style : YAML_PLAIN;
}

static bool
is_list_of_scalars(const struct yaml_node *n)
{
    return n->kind == YAML_SEQUENCE && n->count > 0 && n->span == n->count + 1;
}

/* How much further in than its map the first collection is that stands in one, where it is in block style. */
static void
note_indent(struct yaml_manner *m, struct text yaml, const struct yaml_node *map)
{
    const struct yaml_node *key = map + 1;
    unsigned column = yaml_column(yaml, map->start);

    for (uint32_t i = 0; i < map->count; i++, key = yaml_next(yaml_next(key))) {
        const struct yaml_node *value = yaml_next(key);
        unsigned inside = yaml_column(yaml, value->start);

        if (value->style != YAML_BLOCK || inside < column)
            continue;
        if (value->kind == YAML_MAP && m->step == 0)
            m->step = inside - column;
        if (value->kind == YAML_SEQUENCE && m->dash == UINT32_MAX)
            m->dash = inside - column;
    }
}

struct yaml_manner
yaml_manner_of(struct text yaml, const struct yaml_node *root)
{
    struct yaml_manner m = { .dash = UINT32_MAX, .eol = TEXT("\n") };
    uint32_t flow = 0, block = 0, singles = 0, doubles = 0;
    size_t line = text_find(yaml, '\n');

    for (uint32_t i = 0; i < root->span; i++) {
        const struct yaml_node *n = root + i;

        if (n->kind == YAML_MAP && n->style == YAML_BLOCK)
            note_indent(&m, yaml, n);
        if (is_list_of_scalars(n)) {
            flow += n->style == YAML_FLOW;
            block += n->style == YAML_BLOCK;
        }
        singles += n->kind == YAML_SCALAR && n->style == YAML_SINGLE;
        doubles += n->kind == YAML_SCALAR && n->style == YAML_DOUBLE;
    }
    m.step = m.step == 0 ? 2 : m.step;
    m.dash = m.dash == UINT32_MAX ? m.step : m.dash;
    m.flow_lists = flow >= block;
    m.singles = singles > doubles;
    if (line > 0 && line < yaml.length && yaml.data[line - 1] == '\r')
        m.eol = TEXT("\r\n");
    return m;
}

/* ---- scalars ---- */

static bool
fits_single(struct text t)
{
    for (size_t i = 0; i < t.length; i++)
        if ((unsigned char)t.data[i] < ' ' || t.data[i] == '\'' || t.data[i] == 0x7f)
            return false;
    return true;
}

static void
put_string(struct buffer *out, const struct yaml_manner *m, struct text t, enum yaml_style like)
{
    bool plain = like != YAML_SINGLE && like != YAML_DOUBLE && yaml_is_plain(t);

    if (plain) {
        buffer_add(out, t);
    } else if ((like == YAML_SINGLE || (like != YAML_DOUBLE && m->singles)) && fits_single(t)) {
        buffer_byte(out, '\'');
        buffer_add(out, t);
        buffer_byte(out, '\'');
    } else {
        json_escape(out, t);
    }
}

static void
put_scalar(struct buffer *out, const struct yaml_manner *m, const struct value *v, enum yaml_style like)
{
    struct json_writer w;

    if (v->type == VALUE_STRING) {
        put_string(out, m, value_text(v), like);
        return;
    }
    json_begin(&w, out, 0);
    json_value(&w, v);
}

/* Paths and media types stand plain as keys where their neighbours do, or where there are none; statuses, which the
 * specification wants in quotes, where their neighbours do. */
static bool
is_plain_key(struct text t, bool neighbours, bool flow)
{
    if (t.length == 0 || (!isalnum((unsigned char)t.data[0]) && t.data[0] != '/'))
        return false;
    for (size_t i = 0; i < t.length; i++) {
        unsigned char c = (unsigned char)t.data[i];

        if (!isalnum(c) && text_find(TEXT("/_-.+~"), (char)c) == 6 && (flow || (c != '{' && c != '}')))
            return false;
    }
    return isdigit((unsigned char)t.data[0]) ? t.length == 3 && neighbours
                                             : t.data[0] == '/' || text_find(t, '/') < t.length;
}

void
yaml_lay_key(struct buffer *out, const struct yaml_manner *m, struct text key, enum yaml_style like, bool flow)
{
    bool free = like == YAML_PLAIN || like == YAML_BLOCK;

    if (free && is_plain_key(key, like == YAML_PLAIN, flow))
        buffer_add(out, key);
    else /* words that are always plain stay so beside keys that need quotes */
        put_string(out, m, key, !free && (flow || !yaml_is_plain(key)) ? like : YAML_PLAIN);
}

/* ---- on one line ---- */

static bool
is_collection(const struct value *v)
{
    return v->type == VALUE_ARRAY || v->type == VALUE_OBJECT;
}

bool
yaml_lays_flat(const struct yaml_manner *m, const struct value *v)
{
    if (!is_collection(v) || v->count == 0)
        return true;
    return v->type == VALUE_ARRAY && m->flow_lists && v->span == v->count + 1;
}

void
yaml_lay_flow(struct buffer *out, const struct yaml_manner *m, const struct value *v, enum yaml_style like)
{
    bool first = true;

    if (!is_collection(v)) {
        put_scalar(out, m, v, like);
        return;
    }
    buffer_byte(out, v->type == VALUE_ARRAY ? '[' : '{');
    for (const struct value *at = v + 1; at < v + v->span; at = value_next(at), first = false) {
        if (!first)
            buffer_add(out, TEXT(", "));
        if (v->type == VALUE_OBJECT) {
            yaml_lay_key(out, m, value_text(at), like, true);
            buffer_add(out, TEXT(": "));
            at = value_next(at);
        }
        yaml_lay_flow(out, m, at, like);
    }
    buffer_byte(out, v->type == VALUE_ARRAY ? ']' : '}');
}

/* ---- line by line ---- */

void
yaml_lay_spaces(struct buffer *out, unsigned count)
{
    while (count-- > 0)
        buffer_byte(out, ' ');
}

void
yaml_lay_inside(struct buffer *out, const struct yaml_manner *m, const struct value *v, unsigned column, bool hangs)
{
    for (const struct value *at = v + 1; at < v + v->span; at = value_next(at)) {
        if (!hangs)
            yaml_lay_spaces(out, column);
        hangs = false;
        if (v->type == VALUE_ARRAY) {
            yaml_lay_item(out, m, at, column);
            continue;
        }
        struct buffer key;

        buffer_init(&key, LIMIT_MIB);
        yaml_lay_key(&key, m, value_text(at), YAML_BLOCK, false);
        at = value_next(at);
        yaml_lay_member(out, m, buffer_text(&key), at, column);
        buffer_release(&key);
    }
}

void
yaml_lay_member(struct buffer *out, const struct yaml_manner *m, struct text key, const struct value *v,
                unsigned column)
{
    buffer_add(out, key);
    buffer_byte(out, ':');
    if (yaml_lays_flat(m, v)) {
        buffer_byte(out, ' ');
        yaml_lay_flow(out, m, v, YAML_PLAIN);
        buffer_add(out, m->eol);
        return;
    }
    buffer_add(out, m->eol);
    yaml_lay_inside(out, m, v, column + (v->type == VALUE_ARRAY ? m->dash : m->step), false);
}

void
yaml_lay_item(struct buffer *out, const struct yaml_manner *m, const struct value *v, unsigned column)
{
    buffer_add(out, TEXT("- "));
    if (yaml_lays_flat(m, v)) {
        yaml_lay_flow(out, m, v, YAML_PLAIN);
        buffer_add(out, m->eol);
        return;
    }
    yaml_lay_inside(out, m, v, column + 2, true);
}
