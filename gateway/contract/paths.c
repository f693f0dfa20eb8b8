/* paths.c -- path templates as a tree of segments; the look-up of an operation.
 *
 * A node has literal children (sorted, found by bisection), then templated children in the order in which they are
 * tried: those with more literal text first, "{all}" last. A path is cut at '/' before it is decoded. Every node is
 * visited at most once per look-up, because its depth is the number of the segment: no path can make it take long. */
#include "contract/model.h"

#include <stdlib.h>

#include "base/buffer.h"
#include "http/query.h"

#define SEGMENT_VARIABLES 8 /* variables in one segment: "{a}-{b}.{c}" */

/* "report-{year}.{kind}": literals[0] variable literals[1] variable … literals[variables]. */
struct segment {
    struct text text; /* decoded, when it is a literal */
    struct text literals[SEGMENT_VARIABLES + 1];
    uint32_t variables; /* 0: a literal */
    uint32_t fixed;     /* bytes of literal text */
};

/* The operations of one template. */
struct entry {
    const struct operation *operation;
    struct entry *next;
};

struct node {
    struct segment segment;
    struct node *literals; /* while building: a list; children of a finished node are in sorted */
    struct node *templates;
    struct node *next;
    const struct node **sorted;
    uint32_t literal_count;
    struct entry *entries;
    struct text allow;
};

struct path_tree {
    struct node root;
    struct index literals; /* (parent, decoded text) to node, while building */
};

/* ---- templates ---- */

uint32_t
path_template_variables(struct text template, struct text *names, uint32_t max)
{
    uint32_t count = 0;

    for (;;) {
        size_t open = text_find(template, '{');
        size_t close = open < template.length ? open + text_find(text_from(template, open), '}') : template.length;

        if (close >= template.length)
            return count;
        if (count < max)
            names[count] = text_slice(template, open + 1, close - open - 1);
        count++;
        template = text_from(template, close + 1);
    }
}

struct text
path_template_form(struct text template, struct arena *arena)
{
    char *out = arena_alloc(arena, template.length + 1);
    size_t n = 0;
    bool inside = false;

    if (out == NULL)
        return (struct text){ NULL, 0 };
    for (size_t i = 0; i < template.length; i++) {
        char c = template.data[i];

        if (c == '}')
            inside = false;
        if (!inside)
            out[n++] = c;
        if (c == '{')
            inside = true;
    }
    return (struct text){ out, n };
}

/* Decoded if it can be; as written otherwise. */
static struct text
decoded(struct text t, struct arena *arena)
{
    struct text out;

    return percent_decode(t, false, arena, &out) ? out : t;
}

static void
read_segment(struct segment *s, struct text t, struct arena *arena)
{
    *s = (struct segment){ .text = decoded(t, arena) };
    for (;;) {
        size_t open = text_find(t, '{');
        size_t close = open < t.length ? open + text_find(text_from(t, open), '}') : t.length;

        if (close >= t.length || s->variables == SEGMENT_VARIABLES)
            break;
        s->literals[s->variables] = decoded(text_slice(t, 0, open), arena);
        s->fixed += (uint32_t)s->literals[s->variables++].length;
        t = text_from(t, close + 1);
    }
    s->literals[s->variables] = decoded(t, arena);
    s->fixed += (uint32_t)s->literals[s->variables].length;
}

/* ---- building ---- */

struct path_tree *
path_tree_new(struct arena *arena)
{
    return ARENA_NEW(arena, struct path_tree);
}

static bool
same_segment(const struct segment *a, const struct segment *b)
{
    if (a->variables != b->variables)
        return false;
    if (a->variables == 0)
        return text_equal(a->text, b->text);
    for (uint32_t i = 0; i <= a->variables; i++)
        if (!text_equal(a->literals[i], b->literals[i]))
            return false;
    return true;
}

/* Templates: those with more literal text first, then those with fewer variables; equal ones as they came. */
static void
insert(struct node **list, struct node *child)
{
    const struct segment *s = &child->segment;

    if (s->variables == 0) {
        child->next = *list;
        *list = child;
        return;
    }
    while (*list != NULL && ((*list)->segment.fixed > s->fixed ||
                             ((*list)->segment.fixed == s->fixed && (*list)->segment.variables <= s->variables)))
        list = &(*list)->next;
    child->next = *list;
    *list = child;
}

static struct node *
find_child(const struct path_tree *tree, struct node *parent, const struct segment *segment)
{
    if (segment->variables == 0)
        return (struct node *)(uintptr_t)index_find(&tree->literals, parent, segment->text);
    for (struct node *child = parent->templates; child != NULL; child = child->next)
        if (same_segment(&child->segment, segment))
            return child;
    return NULL;
}

static struct node *
child_of(struct path_tree *tree, struct node *parent, struct text text, struct arena *arena)
{
    struct segment segment;
    struct node *child;

    read_segment(&segment, text, arena);
    child = find_child(tree, parent, &segment);
    if (child != NULL)
        return child;
    child = ARENA_NEW(arena, struct node);
    if (child == NULL)
        return NULL;
    child->segment = segment;
    insert(segment.variables == 0 ? &parent->literals : &parent->templates, child);
    if (segment.variables == 0) {
        parent->literal_count++;
        if (index_put(&tree->literals, arena, parent, child->segment.text, child) < 0)
            return NULL;
    }
    return child;
}

uint32_t
path_segments(struct text path)
{
    uint32_t count = 0;

    for (size_t i = 0; i < path.length; i++)
        count += path.data[i] == '/';
    return count;
}

int
path_tree_add(struct path_tree *tree, struct arena *arena, const struct operation *operation)
{
    struct text_split split = text_split_start(text_from(operation->path, 1));
    struct node *node = &tree->root;
    struct entry *entry = ARENA_NEW(arena, struct entry), **last;
    struct text segment;

    if (path_segments(operation->path) > PATH_SEGMENTS) /* no path is that long: lint said so */
        return 0;
    while (node != NULL && text_split_next(&split, '/', &segment))
        node = child_of(tree, node, segment, arena);
    if (node == NULL || entry == NULL)
        return -1;
    for (last = &node->entries; *last != NULL; last = &(*last)->next)
        continue;
    entry->operation = operation;
    *last = entry;
    return 0;
}

static bool
has_method(const struct node *node, struct text method)
{
    for (const struct entry *e = node->entries; e != NULL; e = e->next)
        if (text_equal(e->operation->method, method))
            return true;
    return false;
}

/* "GET, HEAD, POST": HEAD is there where GET is (RFC 9110 9.3.2). */
static int
write_allow(struct node *node, struct arena *arena)
{
    static const struct text get = { "GET", 3 }, head = { "HEAD", 4 };
    struct buffer b;

    buffer_init(&b, 4096);
    for (const struct entry *e = node->entries; e != NULL; e = e->next) {
        struct text method = e->operation->method;

        if (text_search(buffer_text(&b), method) < buffer_length(&b))
            continue;
        buffer_print(&b, "%s%.*s", buffer_length(&b) > 0 ? ", " : "", TEXT_PRINT(method));
        if (text_equal(method, get) && !has_method(node, head))
            buffer_add(&b, TEXT(", HEAD"));
    }
    node->allow = arena_text(arena, buffer_text(&b));
    buffer_release(&b);
    return node->allow.data == NULL ? -1 : 0;
}

static int
by_text(const void *left, const void *right)
{
    const struct node *const *a = left, *const *b = right;

    return text_compare((*a)->segment.text, (*b)->segment.text);
}

static int
finish_node(struct node *node, struct arena *arena)
{
    uint32_t n = 0;

    if (node->entries != NULL && write_allow(node, arena) < 0)
        return -1;
    node->sorted = ARENA_ARRAY(arena, const struct node *, node->literal_count + 1);
    if (node->sorted == NULL)
        return -1;
    for (struct node *child = node->literals; child != NULL; child = child->next) {
        node->sorted[n++] = child;
        if (finish_node(child, arena) < 0)
            return -1;
    }
    for (struct node *child = node->templates; child != NULL; child = child->next)
        if (finish_node(child, arena) < 0)
            return -1;
    if (n > 1)
        qsort(node->sorted, n, sizeof node->sorted[0], by_text);
    return 0;
}

int
path_tree_finish(struct path_tree *tree, struct arena *arena)
{
    return finish_node(&tree->root, arena);
}

/* ---- finding ---- */

struct search {
    struct text segments[PATH_SEGMENTS + 1]; /* raw */
    struct text decoded[PATH_SEGMENTS + 1];
    uint32_t count;
    struct text method;
    uint64_t bases; /* the operation must lie below one of these; all bits: any */
    struct text values[MATCH_PARAMETERS];
    uint32_t value_count;
    struct contract_match *match;
};

/* Where the byte of the decoded text stands in the raw one: each %XX is one byte. */
static size_t
raw_offset(struct text raw, size_t offset)
{
    size_t at = 0;

    for (; offset > 0 && at < raw.length; offset--)
        at += raw.data[at] == '%' ? 3 : 1;
    return at;
}

/* The value of a variable as it was sent. */
static struct text
raw_value(struct text raw, struct text decoded_segment, struct text value)
{
    size_t from, to;

    if (raw.length == decoded_segment.length)
        return value;
    from = raw_offset(raw, (size_t)(value.data - decoded_segment.data));
    to = raw_offset(raw, (size_t)(value.data - decoded_segment.data) + value.length);
    return text_slice(raw, from, to - from);
}

/* The variables of a templated segment: literals anchored at both ends, the first occurrence for those between. */
static bool
match_segment(const struct segment *s, uint32_t depth, struct search *search)
{
    const struct text raw = search->segments[depth], whole = search->decoded[depth];
    struct text rest = whole;
    uint32_t before = search->value_count;

    if (!text_starts(rest, s->literals[0]))
        return false;
    rest = text_from(rest, s->literals[0].length);
    for (uint32_t i = 1; i <= s->variables; i++) {
        struct text literal = s->literals[i];
        size_t end;

        if (rest.length < 1 + literal.length)
            goto no;
        if (i == s->variables) {
            if (!text_ends(rest, literal))
                goto no;
            end = rest.length - literal.length;
        } else {
            size_t at = text_search(text_from(rest, 1), literal);

            if (literal.length == 0) /* "{a}{b}": nothing says where one ends */
                end = 1;
            else if (at == rest.length - 1)
                goto no;
            else
                end = at + 1;
        }
        if (search->value_count < MATCH_PARAMETERS)
            search->values[search->value_count++] = raw_value(raw, whole, text_slice(rest, 0, end));
        rest = text_from(rest, end + literal.length);
    }
    return true;

no:
    search->value_count = before;
    return false;
}

static const struct node *
literal_child(const struct node *node, struct text text)
{
    uint32_t low = 0, high = node->literal_count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = text_compare(text, node->sorted[middle]->segment.text);

        if (order == 0)
            return node->sorted[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

static const struct operation *
operation_at(const struct node *node, struct text method, uint64_t bases, bool *any)
{
    for (const struct entry *e = node->entries; e != NULL; e = e->next) {
        if ((e->operation->bases & bases) == 0)
            continue;
        *any = true;
        if (text_equal(e->operation->method, method))
            return e->operation;
    }
    return NULL;
}

/* The template ends here: has it the method? */
static bool
visit_end(const struct node *node, struct search *search)
{
    struct contract_match *m = search->match;
    bool any = false;
    const struct operation *o = operation_at(node, search->method, search->bases, &any);

    if (o == NULL && any && text_equal(search->method, TEXT("HEAD")))
        o = operation_at(node, TEXT("GET"), search->bases, &any);
    if (any && !m->path_known) {
        m->path_known = true;
        m->allow = node->allow;
    }
    if (o == NULL)
        return false;
    m->operation = o;
    m->allow = node->allow;
    m->parameter_count = search->value_count;
    for (uint32_t i = 0; i < search->value_count; i++)
        m->parameters[i] = (struct operation_parameter_value){ o->slots[i].name, search->values[i] };
    return true;
}

/* Depth first, literals first: the first end with the method is the most specific one. A more general template with
 * the method is used where the specific one lacks it, as routers do. */
static bool
visit(const struct node *node, uint32_t depth, struct search *search)
{
    const struct node *literal;

    if (depth == search->count)
        return visit_end(node, search);
    literal = literal_child(node, search->decoded[depth]);
    if (literal != NULL && visit(literal, depth + 1, search))
        return true;
    for (const struct node *child = node->templates; child != NULL; child = child->next) {
        uint32_t before = search->value_count;

        if (match_segment(&child->segment, depth, search)) {
            if (visit(child, depth + 1, search))
                return true;
            search->value_count = before;
        }
    }
    return false;
}

/* Cut at '/', then decode each. False: more segments than any template has. */
static bool
cut(struct search *search, struct text path, struct arena *arena)
{
    struct text_split split = text_split_start(path);
    struct text segment;

    search->count = 0;
    while (text_split_next(&split, '/', &segment)) {
        if (search->count == PATH_SEGMENTS)
            return false;
        search->segments[search->count] = segment;
        search->decoded[search->count++] = decoded(segment, arena);
    }
    return true;
}

/* Does the path begin with this base, whole segments compared decoded? Then *skip is how many segments it has. */
static bool
below_base(const struct search *search, struct text base, uint32_t *skip, struct arena *arena)
{
    struct text_split split;
    struct text segment;

    *skip = 0;
    if (base.length == 0)
        return true;
    split = text_split_start(text_from(base, 1));
    while (text_split_next(&split, '/', &segment)) {
        if (*skip >= search->count || !text_equal(decoded(segment, arena), search->decoded[*skip]))
            return false;
        (*skip)++;
    }
    return true;
}

void
contract_find(const struct contract *c, struct text method, struct text path, bool bare, struct arena *arena,
              struct contract_match *match)
{
    struct search search; /* large, so only what is read is set */

    search.method = method;
    search.match = match;
    match->operation = NULL;
    match->path_known = false;
    match->allow = TEXT("");
    match->parameter_count = 0;
    if (path.length == 0 || path.data[0] != '/' || !cut(&search, text_from(path, 1), arena))
        return;
    for (uint32_t i = 0; i < c->base_count; i++) {
        uint32_t base = c->base_order[i], count = search.count, skip;
        bool found;

        if (!below_base(&search, c->bases[base], &skip, arena))
            continue;
        search.bases = UINT64_C(1) << base;
        search.value_count = 0;
        if (skip == count) /* "/api" itself is the path "/" below the base "/api" */
            search.segments[count] = search.decoded[count] = TEXT(""), search.count++;
        found = visit(&c->paths->root, skip, &search);
        search.count = count;
        if (found)
            return;
    }
    search.bases = ~UINT64_C(0);
    search.value_count = 0;
    if (bare)
        (void)visit(&c->paths->root, 0, &search);
}
