/* yaml_nodes.c -- libfyaml's marks of events, made whole. */
#include "json/yaml_nodes.h"

#include "json/yaml_parser.h"

#define NONE UINT32_MAX

struct name {
    struct text text;
    uint32_t node; /* that it was set at; NONE: an alias means it */
    struct name *next;
};

struct nodes {
    struct text source;
    struct arena *arena;
    struct yaml_node *list;
    uint32_t count, capacity;
    uint32_t open;      /* the innermost open collection; its span is the one around it meanwhile */
    struct name *names; /* newest first */
};

/* ---- names ---- */

static void
note_name(struct nodes *n, struct text text, uint32_t node)
{
    struct name *name = ARENA_NEW(n->arena, struct name);

    if (name == NULL)
        return;
    *name = (struct name){ text, node, n->names };
    n->names = name;
}

/* The text of a token that stands in the source as it is. */
static struct text
word_of(const struct nodes *n, struct fy_token *token)
{
    const struct fy_mark *start = token != NULL ? fy_token_start_mark(token) : NULL;
    const struct fy_mark *end = token != NULL ? fy_token_end_mark(token) : NULL;

    if (start == NULL || end == NULL || end->input_pos < start->input_pos || end->input_pos > n->source.length)
        return TEXT("");
    return text_slice(n->source, start->input_pos, end->input_pos - start->input_pos);
}

/* An alias means the newest anchor of its name. */
static void
use_name(struct nodes *n, struct text text)
{
    for (const struct name *name = n->names; name != NULL; name = name->next)
        if (text_equal(name->text, text)) {
            n->list[name->node].shared = true;
            return;
        }
}

/* ---- nodes ---- */

static struct yaml_node *
push(struct nodes *n, enum yaml_kind kind, struct fy_token *anchor, struct fy_token *tag)
{
    struct yaml_node *node;

    if (n->count == n->capacity) {
        uint32_t capacity = n->capacity > 0 ? 2 * n->capacity : 256;

        n->list = arena_grow(n->arena, n->list, n->capacity * sizeof *n->list, capacity * sizeof *n->list);
        if (n->list == NULL)
            return NULL;
        n->capacity = capacity;
    }
    if (anchor != NULL)
        note_name(n, word_of(n, anchor), n->count);
    if (n->open != NONE)
        n->list[n->open].count++;
    node = &n->list[n->count++];
    *node = (struct yaml_node){ .kind = (uint8_t)kind, .span = 1, .property = anchor != NULL || tag != NULL };
    return node;
}

/* Behind white space and comments. */
static uint32_t
skip_space(struct text t, uint32_t at)
{
    while (at < t.length && text_find(TEXT(" \t\r\n#"), t.data[at]) < 5)
        if (t.data[at] == '#')
            at += (uint32_t)text_find(text_from(t, at), '\n');
        else
            at++;
    return at;
}

/* Where a scalar of no text is: behind its key's colon, or its dash. */
static uint32_t
place_of_nothing(const struct nodes *n)
{
    const struct yaml_node *before = n->count > 1 ? &n->list[n->count - 2] : NULL;
    const struct yaml_node *around = n->open != NONE ? &n->list[n->open] : NULL;
    uint32_t at, sign;

    if (before == NULL || around == NULL)
        return 0;
    at = before == around ? before->start : before->end;
    sign = skip_space(n->source, at);
    if (sign < n->source.length && n->source.data[sign] == (around->kind == YAML_MAP ? ':' : '-'))
        return sign + 1;
    return at;
}

/* A mark's place, which is in the text whatever the parser says. */
static uint32_t
place_of(const struct nodes *n, const struct fy_mark *mark)
{
    return (uint32_t)(mark->input_pos < n->source.length ? mark->input_pos : n->source.length);
}

static bool
on_scalar(struct nodes *n, struct fy_event *event)
{
    static const uint8_t styles[] = { [FYSS_PLAIN] = YAML_PLAIN,
                                      [FYSS_SINGLE_QUOTED] = YAML_SINGLE,
                                      [FYSS_DOUBLE_QUOTED] = YAML_DOUBLE,
                                      [FYSS_LITERAL] = YAML_LITERAL,
                                      [FYSS_FOLDED] = YAML_LITERAL };
    struct yaml_node *node = push(n, YAML_SCALAR, event->scalar.anchor, event->scalar.tag);
    struct fy_token *token = event->scalar.value;
    const struct fy_mark *start = token != NULL ? fy_token_start_mark(token) : NULL;
    const struct fy_mark *end = token != NULL ? fy_token_end_mark(token) : NULL;
    enum fy_scalar_style style = token != NULL ? fy_token_scalar_style(token) : FYSS_PLAIN;

    if (node == NULL)
        return false;
    node->style = style >= FYSS_PLAIN && style <= FYSS_FOLDED ? styles[style] : (uint8_t)YAML_PLAIN;
    if (start == NULL || end == NULL || (node->style == YAML_PLAIN && start->input_pos == end->input_pos)) {
        node->start = node->end = place_of_nothing(n);
        return true;
    }
    node->start = place_of(n, start);
    node->end = place_of(n, end);
    if (node->style == YAML_SINGLE || node->style == YAML_DOUBLE) { /* the marks are inside of the quotes */
        node->start -= node->start > 0;
        node->end += node->end < n->source.length;
    }
    return true;
}

static bool
on_alias(struct nodes *n, struct fy_event *event)
{
    struct yaml_node *node = push(n, YAML_ALIAS, NULL, NULL);
    const struct fy_mark *start = fy_event_start_mark(event), *end = fy_event_end_mark(event);

    if (node == NULL || start == NULL || end == NULL)
        return false;
    node->start = place_of(n, start);
    node->start -= node->start > 0; /* the mark is behind the '*' */
    node->end = place_of(n, end);
    use_name(n, word_of(n, event->alias.anchor));
    return true;
}

static bool
on_start(struct nodes *n, struct fy_event *event, enum yaml_kind kind)
{
    bool map = kind == YAML_MAP;
    struct yaml_node *node = push(n, kind, map ? event->mapping_start.anchor : event->sequence_start.anchor,
                                  map ? event->mapping_start.tag : event->sequence_start.tag);
    const struct fy_mark *start = fy_event_start_mark(event);

    if (node == NULL || start == NULL)
        return false;
    node->style = fy_event_get_node_style(event) == FYNS_FLOW ? YAML_FLOW : YAML_BLOCK;
    node->start = node->end = place_of(n, start);
    node->span = n->open;
    n->open = n->count - 1;
    return true;
}

static bool
on_end(struct nodes *n, struct fy_event *event)
{
    const struct fy_mark *end = fy_event_end_mark(event);
    struct yaml_node *node;

    if (n->open == NONE)
        return false;
    node = &n->list[n->open];
    n->open = node->span;
    node->span = n->count - (uint32_t)(node - n->list);
    if (node->kind == YAML_MAP)
        node->count /= 2;
    if (node->style == YAML_FLOW && end != NULL)
        node->end = place_of(n, end);
    else
        for (const struct yaml_node *inside = node + 1; inside < node + node->span; inside++)
            node->end = inside->end > node->end ? inside->end : node->end;
    return true;
}

static bool
on_event(struct nodes *n, struct fy_event *event)
{
    switch (event->type) {
    case FYET_SCALAR:
        return on_scalar(n, event);
    case FYET_ALIAS:
        return on_alias(n, event);
    case FYET_SEQUENCE_START:
        return on_start(n, event, YAML_SEQUENCE);
    case FYET_MAPPING_START:
        return on_start(n, event, YAML_MAP);
    case FYET_SEQUENCE_END:
    case FYET_MAPPING_END:
        return on_end(n, event);
    default:
        return true;
    }
}

/* ---- the whole ---- */

static bool
read_events(struct nodes *n, struct fy_parser *parser)
{
    bool last = false, good = true;

    while (good && !last) {
        struct fy_event *event = fy_parser_parse(parser);

        if (event == NULL)
            return false;
        last = event->type == FYET_STREAM_END;
        good = on_event(n, event);
        fy_parser_event_free(parser, event);
    }
    return good && !fy_parser_get_stream_error(parser);
}

static bool
read_once(struct nodes *n, bool sloppy)
{
    struct yaml_parser parser;
    bool good = yaml_parser_open(&parser, n->source, sloppy) && read_events(n, parser.events) && n->count > 0;

    yaml_parser_close(&parser);
    return good;
}

bool
yaml_nodes(struct text source, struct arena *arena, const struct yaml_node **nodes)
{
    for (int sloppy = 0; sloppy < 2; sloppy++) {
        struct nodes n = { .source = source, .arena = arena, .open = NONE };

        if (read_once(&n, sloppy)) {
            *nodes = n.list;
            return true;
        }
    }
    *nodes = NULL;
    return false;
}
