/* pattern_parse.c -- the grammar of ECMA-262 22.2.1, top down: alternatives, sequence, term, atom. Classes and escapes
 * are in pattern_class.c. */
#include "schema/pattern_parse.h"

#include "base/limits.h"
#include "schema/pattern_reader.h"

int
pattern_fail(struct pattern_reader *r, size_t place, const char *what)
{
    if (r->problem->what == NULL)
        *r->problem = (struct pattern_problem){ what, (uint32_t)place };
    return -1;
}

struct pattern_node *
pattern_node_new(struct pattern_reader *r, enum pattern_kind kind, size_t place)
{
    struct pattern_node *node = ARENA_NEW(r->arena, struct pattern_node);

    if (node == NULL) {
        pattern_fail(r, place, "the pattern is too large");
        return NULL;
    }
    node->kind = kind;
    node->place = (uint32_t)place;
    return node;
}

bool
pattern_reader_take(struct pattern_reader *r, const char *literal)
{
    if (!text_starts(text_from(r->source, r->at), text_of(literal)))
        return false;
    r->at += strlen(literal);
    return true;
}

/* The newest child of parent. */
static void
adopt(struct pattern_node *parent, struct pattern_node *child)
{
    child->parent = parent;
    child->previous = parent->last;
    if (parent->last != NULL)
        parent->last->next = child;
    else
        parent->child = child;
    parent->last = child;
}

/* ---- quantifiers ---- */

/* A decimal number; what no limit of ours could ever reach is clamped. */
static bool
read_count(struct pattern_reader *r, uint32_t *count)
{
    uint64_t value = 0;
    size_t start = r->at;

    for (; r->at < r->source.length && r->source.data[r->at] >= '0' && r->source.data[r->at] <= '9'; r->at++) {
        value = value * 10 + (uint64_t)(r->source.data[r->at] - '0');
        if (value >= PATTERN_UNLIMITED)
            value = PATTERN_UNLIMITED - 1;
    }
    *count = (uint32_t)value;
    return r->at > start;
}

/* {n}, {n,} or {n,m}. False, and nothing is read, when what stands there is none. */
static bool
read_braces(struct pattern_reader *r, uint32_t *min, uint32_t *max)
{
    size_t start = r->at;

    if (pattern_reader_take(r, "{") && read_count(r, min)) {
        *max = *min;
        if (pattern_reader_take(r, ",") && !read_count(r, max))
            *max = PATTERN_UNLIMITED;
        if (pattern_reader_take(r, "}"))
            return true;
    }
    r->at = start;
    return false;
}

static bool
read_quantifier(struct pattern_reader *r, uint32_t *min, uint32_t *max)
{
    *min = 0;
    *max = PATTERN_UNLIMITED;
    if (pattern_reader_take(r, "*"))
        return true;
    if (pattern_reader_take(r, "+")) {
        *min = 1;
        return true;
    }
    if (pattern_reader_take(r, "?")) {
        *max = 1;
        return true;
    }
    return read_braces(r, min, max);
}

/* ---- groups ---- */

static int
read_name(struct pattern_reader *r, struct text *name)
{
    size_t start = r->at;

    while (r->at < r->source.length && r->source.data[r->at] != '>') {
        uint32_t c = 0;
        size_t length = code_point_read(r->source, r->at, &c);
        bool digit = c >= '0' && c <= '9';
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' || c >= 0x80;

        if (!letter && !(digit && r->at > start))
            return pattern_fail(r, r->at, "a group's name has a character that names cannot have");
        r->at += length;
    }
    *name = text_slice(r->source, start, r->at - start);
    if (name->length == 0 || !pattern_reader_take(r, ">"))
        return pattern_fail(r, start, "a group's name is missing or not closed by '>'");
    return 0;
}

static int
name_group(struct pattern_reader *r, uint32_t number)
{
    struct pattern_name *name = ARENA_NEW(r->arena, struct pattern_name);
    size_t place = r->at;

    if (name == NULL)
        return pattern_fail(r, r->at, "the pattern is too large");
    if (read_name(r, &name->name) < 0)
        return -1;
    for (const struct pattern_name *other = r->names; other != NULL; other = other->next) {
        if (text_equal(other->name, name->name))
            return pattern_fail(r, place, "two groups have the same name");
    }
    name->number = number;
    name->next = r->names;
    r->names = name;
    return 0;
}

static struct pattern_node *read_alternatives(struct pattern_reader *r, unsigned depth);

/* After "(". */
static struct pattern_node *
read_group(struct pattern_reader *r, unsigned depth)
{
    size_t place = r->at - 1;
    struct pattern_node *group = pattern_node_new(r, PATTERN_GROUP, place);
    struct pattern_node *inside;

    if (group == NULL)
        return NULL;
    if (pattern_reader_take(r, "?=") || pattern_reader_take(r, "?!")) {
        group->kind = PATTERN_LOOK;
        group->negated = r->source.data[r->at - 1] == '!';
    } else if (pattern_reader_take(r, "?<=") || pattern_reader_take(r, "?<!")) {
        group->kind = PATTERN_LOOK;
        group->behind = true;
        group->negated = r->source.data[r->at - 1] == '!';
    } else if (pattern_reader_take(r, "?<")) {
        group->number = ++r->tree->captures;
        if (name_group(r, group->number) < 0)
            return NULL;
    } else if (!pattern_reader_take(r, "?:")) {
        if (pattern_reader_take(r, "?")) {
            pattern_fail(r, place, "ECMAScript has no such group: after '(?' comes one of : = ! <= <! <name>");
            return NULL;
        }
        group->number = ++r->tree->captures;
    }
    if ((inside = read_alternatives(r, depth + 1)) == NULL)
        return NULL;
    if (!pattern_reader_take(r, ")")) {
        pattern_fail(r, place, "a '(' is not closed");
        return NULL;
    }
    adopt(group, inside);
    return group;
}

/* ---- terms ---- */

/* \1 or \k<name>, after the backslash. */
static struct pattern_node *
read_backreference(struct pattern_reader *r, size_t place)
{
    struct pattern_node *node = pattern_node_new(r, PATTERN_BACKREFERENCE, place);
    struct pattern_reference *reference = ARENA_NEW(r->arena, struct pattern_reference);

    if (node == NULL || reference == NULL) {
        pattern_fail(r, place, "the pattern is too large");
        return NULL;
    }
    if (pattern_reader_take(r, "k")) {
        if (!pattern_reader_take(r, "<")) {
            pattern_fail(r, place, "'\\k' needs the name of a group, as in \\k<name>");
            return NULL;
        }
        if (read_name(r, &reference->name) < 0)
            return NULL;
    } else {
        (void)read_count(r, &node->number);
    }
    reference->node = node;
    reference->next = r->references;
    r->references = reference;
    r->tree->backreferences = true;
    return node;
}

static struct pattern_node *
read_literal(struct pattern_reader *r)
{
    struct pattern_node *set = pattern_node_new(r, PATTERN_SET, r->at);
    uint32_t c = 0;

    if (set == NULL)
        return NULL;
    r->at += code_point_read(r->source, r->at, &c);
    return pattern_set_add(r, set, c, c) < 0 ? NULL : set;
}

/* A backslash outside of a class. */
static struct pattern_node *
read_escape(struct pattern_reader *r)
{
    size_t place = r->at++;
    char next = r->at < r->source.length ? r->source.data[r->at] : '\0';
    struct pattern_node *node;
    bool single;
    uint32_t c;

    if (next == 'b' || next == 'B') {
        if ((node = pattern_node_new(r, PATTERN_BOUNDARY, place)) == NULL)
            return NULL;
        node->negated = next == 'B';
        r->at++;
        return node;
    }
    if (next == 'k' || (next >= '1' && next <= '9'))
        return read_backreference(r, place);
    if ((node = pattern_node_new(r, PATTERN_SET, place)) == NULL)
        return NULL;
    if (pattern_escape_read(r, node, false, &single, &c) < 0)
        return NULL;
    return single && pattern_set_add(r, node, c, c) < 0 ? NULL : node;
}

/* One character, class, group or assertion. */
static struct pattern_node *
read_atom(struct pattern_reader *r, unsigned depth)
{
    size_t place = r->at;
    uint32_t min, max;

    switch (r->source.data[r->at]) {
    case '^':
        r->at++;
        return pattern_node_new(r, PATTERN_START, place);
    case '$':
        r->at++;
        return pattern_node_new(r, PATTERN_END, place);
    case '(':
        r->at++;
        return read_group(r, depth);
    case '[':
        return pattern_class_read(r);
    case '.':
        return pattern_dot_read(r);
    case '\\':
        return read_escape(r);
    case '*':
    case '+':
    case '?':
        pattern_fail(r, place, "there is nothing to repeat");
        return NULL;
    case '{':
        if (read_braces(r, &min, &max)) {
            pattern_fail(r, place, "there is nothing to repeat");
            return NULL;
        }
        /* fall through */
    case '}':
    case ']':
        if (r->strict) {
            pattern_fail(r, place, "a bracket or brace stands alone; write a backslash before it");
            return NULL;
        }
        return read_literal(r);
    default:
        return read_literal(r);
    }
}

static bool
can_be_repeated(const struct pattern_node *atom)
{
    return atom->kind == PATTERN_SET || atom->kind == PATTERN_GROUP || atom->kind == PATTERN_BACKREFERENCE;
}

static struct pattern_node *
read_term(struct pattern_reader *r, unsigned depth)
{
    size_t place = r->at;
    struct pattern_node *atom = read_atom(r, depth);
    struct pattern_node *repeat;
    uint32_t min, max;

    if (atom == NULL)
        return NULL;
    atom->end = (uint32_t)r->at; /* the whole of a group, whose parts end before */
    if (!read_quantifier(r, &min, &max))
        return atom;
    if (!can_be_repeated(atom)) {
        pattern_fail(r, atom->end, "an assertion cannot be repeated");
        return NULL;
    }
    if (min > max) {
        pattern_fail(r, atom->end, "the numbers of a quantifier are out of order");
        return NULL;
    }
    if ((repeat = pattern_node_new(r, PATTERN_REPEAT, place)) == NULL)
        return NULL;
    repeat->min = min;
    repeat->max = max;
    repeat->lazy = pattern_reader_take(r, "?");
    repeat->end = (uint32_t)r->at;
    adopt(repeat, atom);
    return repeat;
}

static struct pattern_node *
read_sequence(struct pattern_reader *r, unsigned depth)
{
    struct pattern_node *sequence = pattern_node_new(r, PATTERN_SEQUENCE, r->at);
    struct pattern_node *term;

    if (sequence == NULL)
        return NULL;
    while (r->at < r->source.length && r->source.data[r->at] != '|' && r->source.data[r->at] != ')') {
        if ((term = read_term(r, depth)) == NULL)
            return NULL;
        adopt(sequence, term);
    }
    sequence->end = (uint32_t)r->at;
    if (sequence->child == NULL)
        sequence->kind = PATTERN_EMPTY;
    return sequence;
}

static struct pattern_node *
read_alternatives(struct pattern_reader *r, unsigned depth)
{
    struct pattern_node *first, *all, *next;

    if (depth > LIMIT_PATTERN_NESTING) {
        pattern_fail(r, r->at, "groups are nested too deeply");
        return NULL;
    }
    if ((first = read_sequence(r, depth)) == NULL)
        return NULL;
    if (r->at == r->source.length || r->source.data[r->at] != '|')
        return first;
    if ((all = pattern_node_new(r, PATTERN_ALTERNATIVES, first->place)) == NULL)
        return NULL;
    adopt(all, first);
    while (pattern_reader_take(r, "|")) {
        if ((next = read_sequence(r, depth)) == NULL)
            return NULL;
        adopt(all, next);
    }
    all->end = (uint32_t)r->at;
    return all;
}

/* Groups may be named and counted after they are referred to, so references are looked up at the end. */
static int
resolve_references(struct pattern_reader *r)
{
    for (struct pattern_reference *reference = r->references; reference != NULL; reference = reference->next) {
        struct pattern_node *node = reference->node;

        for (const struct pattern_name *name = r->names; name != NULL; name = name->next) {
            if (reference->name.length > 0 && text_equal(name->name, reference->name))
                node->number = name->number;
        }
        if (node->number == 0 || node->number > r->tree->captures)
            return pattern_fail(r, node->place, "a backreference to a group that does not exist");
    }
    return 0;
}

int
pattern_parse(struct pattern_tree *tree, struct text source, bool strict, struct arena *arena,
              struct pattern_problem *problem)
{
    struct pattern_reader r = { .source = source, .strict = strict, .arena = arena, .tree = tree, .problem = problem };

    *problem = (struct pattern_problem){ NULL, 0 };
    *tree = (struct pattern_tree){ 0 };
    if (source.length > LIMIT_PATTERN_BYTES)
        return pattern_fail(&r, 0, "the pattern is too long");
    if (!code_points_well_formed(source))
        return pattern_fail(&r, 0, "the pattern is not UTF-8");
    if ((tree->root = read_alternatives(&r, 0)) == NULL)
        return -1;
    if (r.at < source.length)
        return pattern_fail(&r, r.at, "a ')' has no '('");
    return resolve_references(&r);
}
