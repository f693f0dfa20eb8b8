/* infer_paths.c -- the tree of path segments: literal ones, and one variable where they are values. */
#include "drift/infer_internal.h"

static struct infer_node *
child_variable(const struct infer_node *node)
{
    for (struct infer_node *child = node->children; child != NULL; child = child->next)
        if (child->variable)
            return child;
    return NULL;
}

static struct infer_node *
child_literal(const struct infer_node *node, struct text segment)
{
    for (struct infer_node *child = node->children; child != NULL; child = child->next)
        if (!child->variable && text_equal(child->segment, segment))
            return child;
    return NULL;
}

static struct infer_node *
add_child(struct infer *infer, struct infer_node *node, struct text segment, bool variable)
{
    struct infer_node *child = ARENA_NEW(infer->arena, struct infer_node), **end = &node->children;

    if (child == NULL)
        return NULL;
    child->segment = variable ? TEXT("") : arena_text(infer->arena, segment);
    child->variable = variable;
    if (variable && (child->values = infer_shape_new(infer->arena)) == NULL)
        return NULL;
    while (*end != NULL)
        end = &(*end)->next;
    *end = child;
    node->literals += !variable;
    return child;
}

static struct infer_node *
variable_of(struct infer *infer, struct infer_node *node)
{
    struct infer_node *child = child_variable(node);

    return child != NULL ? child : add_child(infer, node, TEXT(""), true);
}

struct infer_operation *
infer_operation_of(struct infer *infer, struct infer_node *node, struct text method)
{
    struct infer_operation **end = &node->operations;

    for (; *end != NULL; end = &(*end)->next)
        if (text_equal((*end)->method, method))
            return *end;
    *end = ARENA_NEW(infer->arena, struct infer_operation);
    if (*end != NULL)
        (*end)->method = arena_text(infer->arena, method);
    return *end;
}

/* ---- literals that become values ---- */

static void
merge_node(struct infer *infer, struct infer_node *into, const struct infer_node *from)
{
    for (const struct infer_operation *o = from->operations; o != NULL; o = o->next) {
        struct infer_operation *own = infer_operation_of(infer, into, o->method);

        if (own != NULL)
            infer_operation_merge(infer, own, o);
    }
    for (const struct infer_node *child = from->children; child != NULL; child = child->next) {
        struct infer_node *own = child->variable ? variable_of(infer, into) : child_literal(into, child->segment);

        if (own == NULL)
            own = add_child(infer, into, child->segment, false);
        if (own != NULL && child->values != NULL)
            infer_shape_merge(own->values, child->values, infer->arena);
        if (own != NULL)
            merge_node(infer, own, child);
    }
}

/* All literal children are values of one variable. */
static void
collapse(struct infer *infer, struct infer_node *node)
{
    struct infer_node *variable = variable_of(infer, node), *old = node->children;

    if (variable == NULL)
        return;
    node->children = variable;
    node->literals = 0;
    node->collapsed = true;
    for (struct infer_node *child = old, *next; child != NULL; child = next) {
        next = child->next;
        if (child == variable)
            continue;
        infer_shape_add_text(variable->values, child->segment, infer->arena);
        merge_node(infer, variable, child);
    }
    variable->next = NULL;
}

struct infer_node *
infer_node_of(struct infer *infer, struct text path)
{
    struct infer_node *node = &infer->root;
    struct text_split split = text_split_start(text_from(path, 1));
    struct text segment;

    for (unsigned depth = 0; node != NULL && text_split_next(&split, '/', &segment); depth++) {
        struct infer_node *child;
        bool value = infer_is_value(segment);

        if (depth == INFER_DEPTH)
            return NULL;
        child = value ? variable_of(infer, node) : child_literal(node, segment);
        if (child == NULL && node->literals >= INFER_SIBLINGS)
            collapse(infer, node);
        if (child == NULL)
            child = node->collapsed ? variable_of(infer, node) : add_child(infer, node, segment, false);
        if (child != NULL && child->variable)
            infer_shape_add_text(child->values, segment, infer->arena);
        node = child;
    }
    return node;
}

static bool
has_member(const struct infer_shape *shape, struct text name)
{
    for (const struct infer_member *m = shape->members; m != NULL; m = m->next)
        if (text_equal(m->name, name))
            return true;
    return false;
}

/* Do at least half of all names stand in both? */
static bool
alike_content(const struct infer_content *a, const struct infer_content *b)
{
    uint32_t both = 0;

    if (a == NULL || b == NULL)
        return a == b;
    if (!text_equal_nocase(a->type, b->type))
        return false;
    if (a->form != NULL && b->form != NULL)
        return infer_form_alike(a->form, b->form);
    for (const struct infer_member *m = a->shape->members; m != NULL; m = m->next)
        both += has_member(b->shape, m->name);
    return 3 * both >= a->shape->member_count + b->shape->member_count;
}

static const struct infer_content *
success_of(const struct infer_operation *o)
{
    for (const struct infer_response *r = o->responses; r != NULL; r = r->next)
        if (r->status < 300)
            return r->content;
    return NULL;
}

/* Do both have the same methods, with about the same bodies? */
static bool
alike(const struct infer_node *a, const struct infer_node *b)
{
    const struct infer_operation *x = a->operations, *y;
    unsigned mine = 0, others = 0;

    for (; x != NULL; x = x->next, mine++) {
        for (y = b->operations; y != NULL && !text_equal(x->method, y->method); y = y->next)
            ;
        if (y == NULL || !alike_content(x->content, y->content) || !alike_content(success_of(x), success_of(y)))
            return false;
    }
    for (y = b->operations; y != NULL; y = y->next)
        others++;
    return mine == others && mine > 0;
}

/* user1 and user2: the same but for their digits. */
static bool
differ_in_digits(struct text a, struct text b)
{
    size_t i = 0, k = 0;
    bool any = false;

    while (i < a.length || k < b.length) {
        bool skip_a = i < a.length && a.data[i] >= '0' && a.data[i] <= '9';
        bool skip_b = k < b.length && b.data[k] >= '0' && b.data[k] <= '9';

        any = any || skip_a || skip_b;
        if (!skip_a && !skip_b && (i >= a.length || k >= b.length || a.data[i] != b.data[k]))
            return false;
        i += skip_a || !skip_b;
        k += skip_b || !skip_a;
    }
    return any;
}

static bool
is_version(struct text word)
{
    return word.length > 1 && word.data[0] == 'v' && word.data[1] >= '0' && word.data[1] <= '9';
}

static bool
has_digit(struct text word)
{
    for (size_t i = 0; i < word.length; i++)
        if (word.data[i] >= '0' && word.data[i] <= '9')
            return true;
    return false;
}

/* Does a literal differ from a sibling in its digits alone, or has it digits and stands beside values? */
static bool
is_value_here(const struct infer_node *node, const struct infer_node *child)
{
    if (child->variable || is_version(child->segment) || !has_digit(child->segment))
        return false;
    for (const struct infer_node *other = node->children; other != NULL; other = other->next)
        if (other != child && (other->variable || differ_in_digits(child->segment, other->segment)))
            return true;
    return false;
}

static void
fold_values(struct infer *infer, struct infer_node *node)
{
    struct infer_node **at = &node->children, *variable;

    while (*at != NULL) {
        struct infer_node *child = *at;

        if (!is_value_here(node, child) || (variable = variable_of(infer, node)) == NULL) {
            at = &child->next;
            continue;
        }
        *at = child->next;
        node->literals--;
        infer_shape_add_text(variable->values, child->segment, infer->arena);
        merge_node(infer, variable, child);
    }
}

void
infer_paths_finish(struct infer *infer, struct infer_node *node)
{
    const struct infer_node *first = NULL;
    bool same = node->literals >= INFER_SAME;

    for (const struct infer_node *child = node->children; child != NULL && same; child = child->next) {
        if (child->variable)
            continue;
        first = first == NULL ? child : first;
        same = alike(first, child);
    }
    if (same)
        collapse(infer, node);
    fold_values(infer, node);
    for (struct infer_node *child = node->children; child != NULL; child = child->next)
        infer_paths_finish(infer, child);
}
