/* pattern_translate.c -- from the tree to PCRE2. Every character is written as itself (letters, digits) or as \x{...},
 * and every set as ranges, so nothing that PCRE2 reads in its own way is left. */
#include "schema/pattern_translate.h"

#include "base/limits.h"

struct writer {
    struct buffer *out;
    bool counted;
    bool captures;   /* no group needs to, without backreferences and if nobody asks */
    size_t wanted;   /* pattern_translated_from: this byte */
    uint32_t source; /* ... comes from this place */
    bool found;
};

static void
write_character(struct writer *w, uint32_t c)
{
    bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';

    if (plain)
        buffer_byte(w->out, (char)c);
    else
        buffer_print(w->out, "\\x{%x}", c);
}

static void
write_set(struct writer *w, const struct pattern_node *set)
{
    const struct pattern_item *only = set->items;

    if (only != NULL && only->next == NULL && !set->negated && only->property.length == 0 && only->low == only->high) {
        write_character(w, only->low);
        return;
    }
    if (only == NULL) { /* [] matches nothing, [^] everything */
        buffer_print(w->out, set->negated ? "[\\x{0}-\\x{10ffff}]" : "[^\\x{0}-\\x{10ffff}]");
        return;
    }
    buffer_print(w->out, set->negated ? "[^" : "[");
    for (const struct pattern_item *item = set->items; item != NULL; item = item->next) {
        if (item->property.length > 0) {
            buffer_print(w->out, "\\%c{%.*s}", item->negated ? 'P' : 'p', TEXT_PRINT(item->property));
            continue;
        }
        write_character(w, item->low);
        if (item->high > item->low) {
            buffer_byte(w->out, '-');
            write_character(w, item->high);
        }
    }
    buffer_byte(w->out, ']');
}

static void write_node(struct writer *w, const struct pattern_node *node);

static void
write_quantifier(struct writer *w, const struct pattern_node *repeat)
{
    if (repeat->max == PATTERN_UNLIMITED && repeat->min <= 1)
        buffer_byte(w->out, repeat->min == 0 ? '*' : '+');
    else if (repeat->max == PATTERN_UNLIMITED)
        buffer_print(w->out, "{%u,}", repeat->min);
    else if (repeat->max == repeat->min)
        buffer_print(w->out, "{%u}", repeat->min);
    else
        buffer_print(w->out, "{%u,%u}", repeat->min, repeat->max);
    if (repeat->lazy)
        buffer_byte(w->out, '?');
}

/* Work multiplies where the number of rounds is large; a few rounds are bounded by the match limit. */
static bool
worth_counting(const struct writer *w, const struct pattern_node *repeat)
{
    return w->counted && repeat->max > 16;
}

static void
write_repeat(struct writer *w, const struct pattern_node *repeat)
{
    const struct pattern_node *child = repeat->child;

    if (worth_counting(w, repeat) && child->kind == PATTERN_GROUP) {
        buffer_print(w->out, child->number > 0 && w->captures ? "((?C)" : "(?:(?C)");
        write_node(w, child->child);
        buffer_byte(w->out, ')');
    } else if (child->kind == PATTERN_BACKREFERENCE) {
        /* PCRE2 10.42 fails on \1+ when the group is unset, in spite of PCRE2_MATCH_UNSET_BACKREF; on (?:\1)+ it does
         * not. */
        buffer_add(w->out, TEXT("(?:"));
        write_node(w, child);
        buffer_byte(w->out, ')');
    } else {
        write_node(w, child);
    }
    write_quantifier(w, repeat);
    if (worth_counting(w, repeat))
        buffer_add(w->out, TEXT("(?C)"));
}

static void
write_group(struct writer *w, const struct pattern_node *group)
{
    if (group->kind == PATTERN_LOOK)
        buffer_print(w->out, "(?%s%c", group->behind ? "<" : "", group->negated ? '!' : '=');
    else
        buffer_print(w->out, group->number > 0 && w->captures ? "(" : "(?:");
    write_node(w, group->child);
    buffer_byte(w->out, ')');
}

static void
write_children(struct writer *w, const struct pattern_node *node, const char *between)
{
    for (const struct pattern_node *child = node->child; child != NULL; child = child->next) {
        if (child != node->child)
            buffer_print(w->out, "%s", between);
        write_node(w, child);
    }
}

static void
write_node(struct writer *w, const struct pattern_node *node)
{
    switch (node->kind) {
    case PATTERN_EMPTY:
        break;
    case PATTERN_SET:
        write_set(w, node);
        break;
    case PATTERN_SEQUENCE:
        write_children(w, node, "");
        break;
    case PATTERN_ALTERNATIVES:
        write_children(w, node, "|");
        break;
    case PATTERN_REPEAT:
        write_repeat(w, node);
        break;
    case PATTERN_GROUP:
    case PATTERN_LOOK:
        write_group(w, node);
        break;
    case PATTERN_BACKREFERENCE:
        buffer_print(w->out, "\\g{%u}", node->number);
        break;
    case PATTERN_START:
        buffer_byte(w->out, '^');
        break;
    case PATTERN_END:
        buffer_byte(w->out, '$');
        break;
    case PATTERN_BOUNDARY:
        buffer_print(w->out, "\\%c", node->negated ? 'B' : 'b');
        break;
    }
    /* The innermost node that ends at or behind the wanted byte is the first to notice. */
    if (!w->found && buffer_length(w->out) >= w->wanted) {
        w->found = true;
        w->source = node->place;
    }
}

static void
write_all(struct writer *w, const struct pattern_tree *tree)
{
    w->captures = tree->backreferences || tree->keeps_groups;
    if (w->counted)
        buffer_add(w->out, TEXT("(?C)(?:"));
    write_node(w, tree->root);
    if (w->counted)
        buffer_byte(w->out, ')');
}

void
pattern_translate(const struct pattern_tree *tree, bool counted, struct buffer *out)
{
    struct writer w = { .out = out, .counted = counted, .found = true };

    write_all(&w, tree);
}

uint32_t
pattern_translated_from(const struct pattern_tree *tree, bool counted, size_t offset)
{
    struct buffer out;
    struct writer w = { .out = &out, .counted = counted, .wanted = offset };

    buffer_init(&out, LIMIT_PATTERN_TREE);
    write_all(&w, tree);
    buffer_release(&out);
    return w.found ? w.source : 0;
}

/* ---- what differs ---- */

static bool
inside(const struct pattern_node *node, const struct pattern_node *ancestor)
{
    for (; node != NULL; node = node->parent) {
        if (node == ancestor)
            return true;
    }
    return false;
}

/* May this reference see what ECMAScript would have forgotten? Walk from the group upwards: each repetition around it
 * forgets it. That makes a difference unless every round captures it anew, before the reference. */
static bool
sees_forgotten(const struct pattern_node *group, const struct pattern_node *reference)
{
    bool skippable = false; /* a round may pass without capturing */
    bool looked = false;    /* in a lookaround: a round may capture and match nothing */

    for (const struct pattern_node *node = group; node->parent != NULL; node = node->parent) {
        const struct pattern_node *up = node->parent;

        if (up->kind == PATTERN_ALTERNATIVES)
            skippable = true;
        if (up->kind == PATTERN_LOOK)
            looked = true;
        if (up->kind != PATTERN_REPEAT)
            continue;
        if (looked)
            return true;
        if (up->max > 1 && inside(reference, up) && reference->place < group->end)
            return true;
        if (up->max > 1 && node != group && skippable)
            return true;
        if (up->min == 0)
            skippable = true;
    }
    return false;
}

struct walk {
    const struct pattern_node **groups; /* by number */
    struct pattern_problem *problem;
};

static void
collect_groups(struct walk *walk, const struct pattern_node *node)
{
    if (node->kind == PATTERN_GROUP)
        walk->groups[node->number] = node;
    for (const struct pattern_node *child = node->child; child != NULL; child = child->next)
        collect_groups(walk, child);
}

static int
check_references(struct walk *walk, const struct pattern_node *node)
{
    if (node->kind == PATTERN_BACKREFERENCE && sees_forgotten(walk->groups[node->number], node)) {
        *walk->problem = (struct pattern_problem){
            "a backreference to a group that ECMAScript forgets in each round of a repetition, and PCRE2 does not",
            node->place
        };
        return -1;
    }
    for (const struct pattern_node *child = node->child; child != NULL; child = child->next) {
        if (check_references(walk, child) < 0)
            return -1;
    }
    return 0;
}

int
pattern_translatable(const struct pattern_tree *tree, struct arena *arena, struct pattern_problem *problem)
{
    struct walk walk = { NULL, problem };

    if (!tree->backreferences)
        return 0;
    walk.groups = arena_zalloc(arena, (size_t)tree->captures + 1, sizeof(*walk.groups));
    if (walk.groups == NULL) {
        *problem = (struct pattern_problem){ "the pattern is too large", 0 };
        return -1;
    }
    collect_groups(&walk, tree->root);
    return check_references(&walk, tree->root);
}
