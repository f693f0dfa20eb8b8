/* sample_pattern.c -- a text that a regular expression matches, by walking its syntax.
 *
 * Looks ahead and behind are not built but tried: the walk makes texts until one matches. Lengths are steered by a
 * number of characters that repetitions may add to what they must have. */
#include "sandbox/sample_make.h"

#include "base/limits.h"
#include "schema/pattern.h"
#include "schema/pattern_parse.h"

#define PATTERN_TRIES    200
#define PATTERN_CAPTURES 32

struct walk {
    struct sample_maker *maker;
    struct buffer *out;
    size_t begin;   /* of this text in out */
    uint64_t spare; /* characters that repetitions may still add */
    bool varied;    /* punctuation too */
    bool failed;
    struct {
        size_t start, end;
    } captures[PATTERN_CAPTURES];
};

/* ---- characters ---- */

static bool
has_property(struct text property, uint32_t c)
{
    bool upper = c >= 'A' && c <= 'Z', lower = c >= 'a' && c <= 'z', digit = c >= '0' && c <= '9';
    char first = property.length > 0 ? property.data[0] : '\0', second = property.length > 1 ? property.data[1] : '\0';

    if (property.length > 2) /* scripts, and properties with a name: those of ASCII letters */
        return upper || lower;
    switch (first) {
    case 'L':
        return second == '\0' || second == '&' ? upper || lower : (second == 'u' && upper) || (second == 'l' && lower);
    case 'N':
        return (second == '\0' || second == 'd') && digit;
    case 'Z':
        return (second == '\0' || second == 's') && c == ' ';
    case 'P':
        return c == '.' || c == '!' || c == '-' || c == '_';
    case 'S':
        return c == '$' || c == '+';
    default:
        return false;
    }
}

static bool
set_has(const struct pattern_node *set, uint32_t c)
{
    bool in = false;

    for (const struct pattern_item *item = set->items; item != NULL && !in; item = item->next)
        in = item->property.length > 0 ? has_property(item->property, c) != item->negated
                                       : c >= item->low && c <= item->high;
    return in != set->negated;
}

static void
add_code_point(struct buffer *out, uint32_t c)
{
    if (c < 0x80) {
        buffer_byte(out, (char)c);
    } else if (c < 0x800) {
        buffer_byte(out, (char)(0xC0 | c >> 6));
        buffer_byte(out, (char)(0x80 | (c & 0x3F)));
    } else if (c < 0x10000) {
        buffer_byte(out, (char)(0xE0 | c >> 12));
        buffer_byte(out, (char)(0x80 | (c >> 6 & 0x3F)));
        buffer_byte(out, (char)(0x80 | (c & 0x3F)));
    } else {
        buffer_byte(out, (char)(0xF0 | c >> 18));
        buffer_byte(out, (char)(0x80 | (c >> 12 & 0x3F)));
        buffer_byte(out, (char)(0x80 | (c >> 6 & 0x3F)));
        buffer_byte(out, (char)(0x80 | (c & 0x3F)));
    }
}

static bool
is_plain(uint32_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* Letters and digits if it has some, then other visible ASCII, then whatever it begins with. */
static void
add_of_set(struct walk *w, const struct pattern_node *set)
{
    uint32_t list[128], plain = 0, count = 0, c;

    for (c = '0'; c <= 'z'; c++)
        if (is_plain(c) && set_has(set, c))
            list[count++] = c;
    plain = count;
    for (c = ' '; c <= '~' && (plain == 0 || w->varied); c++)
        if (!is_plain(c) && set_has(set, c))
            list[count++] = c;
    if (count > 0) {
        add_code_point(w->out, list[random_below(&w->maker->random, count)]);
        return;
    }
    for (const struct pattern_item *item = set->items; item != NULL && !set->negated; item = item->next)
        if (item->property.length == 0 && !(item->low >= 0xD800 && item->low <= 0xDFFF)) {
            add_code_point(w->out, item->low);
            return;
        }
    for (c = 0x80; c < 0x3000; c++) /* a set without ASCII */
        if (set_has(set, c)) {
            add_code_point(w->out, c);
            return;
        }
    w->failed = true;
}

/* ---- the walk ---- */

static void walk(struct walk *w, const struct pattern_node *node);

static void
walk_one_of(struct walk *w, const struct pattern_node *node)
{
    const struct pattern_node *child = node->child;
    uint32_t count = 0;

    for (; child != NULL; child = child->next)
        count++;
    count = (uint32_t)random_below(&w->maker->random, count);
    for (child = node->child; child != NULL && count > 0; child = child->next)
        count--;
    if (child != NULL)
        walk(w, child);
}

static void
walk_repeat(struct walk *w, const struct pattern_node *node)
{
    uint64_t more = node->max == PATTERN_UNLIMITED ? w->spare : node->max - node->min, times = node->min;

    more = more < w->spare ? more : w->spare;
    if (more > 0) /* the last one in line should get what is left, so each takes a good part */
        more = more > 8 ? more - random_below(&w->maker->random, more / 4) : random_below(&w->maker->random, more + 1);
    w->spare -= more;
    for (times += more; times > 0 && !w->failed; times--) {
        walk(w, node->child);
        if (buffer_failed(w->out) || buffer_length(w->out) - w->begin > 4 * SAMPLE_STRING)
            w->failed = true;
    }
}

static void
walk_group(struct walk *w, const struct pattern_node *node)
{
    size_t start = buffer_length(w->out);

    walk(w, node->child);
    if (node->number > 0 && node->number < PATTERN_CAPTURES) {
        w->captures[node->number].start = start;
        w->captures[node->number].end = buffer_length(w->out);
    }
}

static void
walk_again(struct walk *w, uint32_t number)
{
    struct text captured;
    char *room;

    if (number >= PATTERN_CAPTURES)
        return;
    captured.length = w->captures[number].end - w->captures[number].start;
    if (captured.length == 0 || (room = buffer_room(w->out, captured.length)) == NULL)
        return;
    captured =
        text_slice(buffer_text(w->out), w->captures[number].start, captured.length); /* after it may have moved */
    memcpy(room, captured.data, captured.length);
    buffer_wrote(w->out, captured.length);
}

static void
walk(struct walk *w, const struct pattern_node *node)
{
    if (node == NULL || w->failed)
        return;
    switch (node->kind) {
    case PATTERN_SET:
        add_of_set(w, node);
        break;
    case PATTERN_SEQUENCE:
        for (const struct pattern_node *child = node->child; child != NULL; child = child->next)
            walk(w, child);
        break;
    case PATTERN_ALTERNATIVES:
        walk_one_of(w, node);
        break;
    case PATTERN_REPEAT:
        walk_repeat(w, node);
        break;
    case PATTERN_GROUP:
        walk_group(w, node);
        break;
    case PATTERN_BACKREFERENCE:
        walk_again(w, node->number);
        break;
    case PATTERN_EMPTY:
    case PATTERN_LOOK:
    case PATTERN_START:
    case PATTERN_END:
    case PATTERN_BOUNDARY:
        break;
    }
}

/* ---- lengths ---- */

static bool
anchored(const struct pattern_node *node, enum pattern_kind anchor)
{
    if (node == NULL)
        return false;
    switch (node->kind) {
    case PATTERN_SEQUENCE:
        return anchored(anchor == PATTERN_START ? node->child : node->last, anchor);
    case PATTERN_GROUP:
        return anchored(node->child, anchor);
    case PATTERN_ALTERNATIVES:
        for (const struct pattern_node *child = node->child; child != NULL; child = child->next)
            if (anchored(child, anchor))
                return true;
        return false;
    default:
        return node->kind == anchor;
    }
}

/* One text; the length decides how much the next one may spare. */
static bool
walk_once(struct walk *w, const struct pattern_tree *tree, uint64_t least, uint64_t most, uint64_t *spare)
{
    uint64_t length;

    w->failed = false;
    w->spare = *spare;
    memset(w->captures, 0, sizeof(w->captures));
    buffer_truncate(w->out, w->begin);
    walk(w, tree->root);
    if (w->failed || buffer_failed(w->out))
        return false;
    length = text_code_points(text_from(buffer_text(w->out), w->begin));
    while (length < least && !anchored(tree->root, PATTERN_END)) { /* anything may follow */
        buffer_byte(w->out, (char)('a' + (int)random_below(&w->maker->random, 26)));
        length++;
    }
    if (length < least)
        *spare += least - length < 4 ? least - length : (least - length + 1) / 2;
    else if (length > most)
        *spare /= 2;
    return length >= least && length <= most;
}

bool
sample_pattern(struct sample_maker *m, struct text pattern, uint64_t least, uint64_t most, struct buffer *out)
{
    struct walk w = { .maker = m, .out = out, .begin = buffer_length(out) };
    struct arena *arena = arena_new(0, LIMIT_PATTERN_TREE);
    uint64_t spare = 4;
    struct pattern_problem problem;
    struct pattern_tree tree;
    struct pattern *compiled = NULL;
    bool made = false;

    if (arena == NULL || pattern_parse(&tree, pattern, false, arena, &problem) < 0)
        goto done;
    compiled = pattern_new(pattern, NULL);
    for (int i = 0; i < PATTERN_TRIES && !made && m->work > 0; i++) {
        w.varied = i % 3 == 2;
        made = walk_once(&w, &tree, least, most, &spare) &&
               (compiled == NULL ||
                pattern_matches(compiled, text_from(buffer_text(out), w.begin), m->patterns, NULL) != 0);
    }

done:
    if (!made)
        buffer_truncate(out, w.begin);
    pattern_free(compiled);
    arena_free(arena);
    return made;
}
