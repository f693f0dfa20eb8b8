/* pattern_class.c -- sets of characters: escapes (ECMA-262 22.2.1, AtomEscape) and classes in brackets. */
#include "schema/pattern_property.h"
#include "schema/pattern_reader.h"

struct range {
    uint32_t low;
    uint32_t high;
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* In order, so that the complement is what lies between. */
static const struct range digits[] = { { '0', '9' } };
static const struct range words[] = { { '0', '9' }, { 'A', 'Z' }, { '_', '_' }, { 'a', 'z' } };
/* WhiteSpace and LineTerminator (ECMA-262 12.2, 12.3) */
static const struct range spaces[] = {
    { 0x09, 0x0D },     { 0x20, 0x20 },     { 0xA0, 0xA0 },     { 0x1680, 0x1680 }, { 0x2000, 0x200A },
    { 0x2028, 0x2029 }, { 0x202F, 0x202F }, { 0x205F, 0x205F }, { 0x3000, 0x3000 }, { 0xFEFF, 0xFEFF },
};
static const struct range line_terminators[] = { { '\n', '\n' }, { '\r', '\r' }, { 0x2028, 0x2029 } };

static struct pattern_item *
item_new(struct pattern_reader *r, struct pattern_node *set)
{
    struct pattern_item *item = ARENA_NEW(r->arena, struct pattern_item);

    if (item == NULL) {
        pattern_fail(r, r->at, "the pattern is too large");
        return NULL;
    }
    item->next = set->items;
    set->items = item;
    return item;
}

int
pattern_set_add(struct pattern_reader *r, struct pattern_node *set, uint32_t low, uint32_t high)
{
    struct pattern_item *item = item_new(r, set);

    if (item == NULL)
        return -1;
    item->low = low;
    item->high = high;
    return 0;
}

static int
add_ranges(struct pattern_reader *r, struct pattern_node *set, const struct range *ranges, size_t count,
           bool complement)
{
    uint32_t from = 0;

    for (size_t i = 0; i < count; i++) {
        if (!complement && pattern_set_add(r, set, ranges[i].low, ranges[i].high) < 0)
            return -1;
        if (complement && ranges[i].low > from && pattern_set_add(r, set, from, ranges[i].low - 1) < 0)
            return -1;
        from = ranges[i].high + 1;
    }
    return complement ? pattern_set_add(r, set, from, PATTERN_HIGHEST) : 0;
}

/* ---- escapes ---- */

static bool
read_hex(struct pattern_reader *r, size_t count, uint32_t *value)
{
    *value = 0;
    if (r->source.length - r->at < count)
        return false;
    for (size_t i = 0; i < count; i++) {
        int digit = text_hex_digit(r->source.data[r->at + i]);

        if (digit < 0)
            return false;
        *value = *value << 4 | (uint32_t)digit;
    }
    r->at += count;
    return true;
}

/* \u{...}, after the brace. */
static bool
read_braced_hex(struct pattern_reader *r, uint32_t *c)
{
    size_t start = r->at;

    for (*c = 0; r->at < r->source.length && text_hex_digit(r->source.data[r->at]) >= 0; r->at++) {
        *c = *c << 4 | (uint32_t)text_hex_digit(r->source.data[r->at]);
        if (*c > PATTERN_HIGHEST)
            return false;
    }
    return r->at > start && pattern_reader_take(r, "}");
}

/* After "\u". Two escapes that are a surrogate pair are one character. */
static bool
read_unicode(struct pattern_reader *r, uint32_t *c)
{
    size_t start;
    uint32_t low;

    if (pattern_reader_take(r, "{"))
        return read_braced_hex(r, c);
    if (!read_hex(r, 4, c))
        return false;
    if (*c < 0xD800 || *c > 0xDBFF)
        return true;
    start = r->at;
    if (pattern_reader_take(r, "\\u") && read_hex(r, 4, &low) && low >= 0xDC00 && low <= 0xDFFF)
        *c = 0x10000 + ((*c - 0xD800) << 10) + (low - 0xDC00);
    else
        r->at = start;
    return true;
}

/* After "\p" or "\P". */
static int
read_property(struct pattern_reader *r, struct pattern_node *set, bool negated)
{
    size_t place = r->at - 2, length;
    struct pattern_property property;
    struct pattern_item *item;

    if (!pattern_reader_take(r, "{"))
        return pattern_fail(r, place, "'\\p' needs the name of a Unicode property, as in \\p{Letter}");
    length = text_find(text_from(r->source, r->at), '}');
    if (r->at + length == r->source.length)
        return pattern_fail(r, place, "the name of a Unicode property is not closed by '}'");
    if (!pattern_property_find(&property, text_slice(r->source, r->at, length), r->arena))
        return pattern_fail(r, place, "ECMAScript has no Unicode property of this name");
    r->at += length + 1;
    if (property.name.length == 0) {
        if (!r->strict)
            return pattern_fail(r, place, "PCRE2 has no data for this Unicode property");
        property.name = TEXT("Any"); /* valid; a strict tree is never run */
    }
    if ((item = item_new(r, set)) == NULL)
        return -1;
    item->property = property.name;
    item->negated = negated != property.negated;
    return 0;
}

/* \d \w \s \p and their complements. 1: it was none of them. */
static int
read_set_escape(struct pattern_reader *r, struct pattern_node *set, char letter)
{
    r->at++;
    switch (letter) {
    case 'd':
    case 'D':
        return add_ranges(r, set, digits, COUNT(digits), letter == 'D');
    case 'w':
    case 'W':
        return add_ranges(r, set, words, COUNT(words), letter == 'W');
    case 's':
    case 'S':
        return add_ranges(r, set, spaces, COUNT(spaces), letter == 'S');
    case 'p':
    case 'P':
        return read_property(r, set, letter == 'P');
    default:
        r->at--;
        return 1;
    }
}

static bool
is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* IdentityEscape: with the u flag only SyntaxCharacter and '/', in a class also '-'. */
static bool
means_itself(const struct pattern_reader *r, char c, bool in_class)
{
    if (c == '\0')
        return false;
    if (strchr("^$\\.*+?()[]{}|/", c) != NULL || (in_class && c == '-'))
        return true;
    return !r->strict && !is_letter(c) && !(c >= '0' && c <= '9');
}

/* ControlEscape, \c, \0, \x, \u: 0 and the character, 1 when it is none of them, -1 when malformed. */
static int
read_character_escape(struct pattern_reader *r, char letter, uint32_t *c)
{
    static const char controls[] = "tnvfr", meanings[] = "\t\n\v\f\r";
    size_t place = r->at - 1;
    const char *control = strchr(controls, letter);
    char next = r->at + 1 < r->source.length ? r->source.data[r->at + 1] : '\0';

    r->at++;
    if (letter != '\0' && control != NULL) {
        *c = (uint32_t)meanings[control - controls];
        return 0;
    }
    switch (letter) {
    case 'c':
        if (!is_letter(next))
            return pattern_fail(r, place, "'\\c' needs a letter");
        r->at++;
        *c = (uint32_t)next % 32;
        return 0;
    case '0':
        if (next >= '0' && next <= '9')
            return pattern_fail(r, place, "octal escapes are not ECMAScript");
        *c = 0;
        return 0;
    case 'x':
        return read_hex(r, 2, c) ? 0 : pattern_fail(r, place, "'\\x' needs two hexadecimal digits");
    case 'u':
        return read_unicode(r, c) ? 0 : pattern_fail(r, place, "'\\u' needs four hexadecimal digits, or {...}");
    default:
        r->at--;
        return 1;
    }
}

int
pattern_escape_read(struct pattern_reader *r, struct pattern_node *set, bool in_class, bool *single, uint32_t *c)
{
    size_t place = r->at - 1;
    char letter = r->at < r->source.length ? r->source.data[r->at] : '\0';
    int result;

    *single = false;
    if (r->at == r->source.length)
        return pattern_fail(r, place, "a backslash at the end");
    if ((result = read_set_escape(r, set, letter)) <= 0)
        return result;
    *single = true;
    if (in_class && letter == 'b') {
        *c = '\b';
        r->at++;
        return 0;
    }
    if ((result = read_character_escape(r, letter, c)) <= 0)
        return result;
    if (!means_itself(r, letter, in_class))
        return pattern_fail(r, place, "ECMAScript has no such escape");
    r->at += code_point_read(r->source, r->at, c);
    return 0;
}

/* ---- classes ---- */

struct class_atom {
    bool single; /* else a set, whose items were added */
    uint32_t c;
};

static int
read_class_atom(struct pattern_reader *r, struct pattern_node *set, struct class_atom *atom)
{
    if (r->at == r->source.length)
        return pattern_fail(r, set->place, "a '[' is not closed");
    if (r->source.data[r->at] == '\\') {
        r->at++;
        return pattern_escape_read(r, set, true, &atom->single, &atom->c);
    }
    atom->single = true;
    r->at += code_point_read(r->source, r->at, &atom->c);
    return 0;
}

static int
add_atom(struct pattern_reader *r, struct pattern_node *set, const struct class_atom *atom)
{
    return atom->single ? pattern_set_add(r, set, atom->c, atom->c) : 0;
}

/* One atom, or a range of two. */
static int
read_class_member(struct pattern_reader *r, struct pattern_node *set)
{
    struct class_atom low = { false, 0 }, high = { false, 0 };
    size_t place = r->at;
    bool range;

    if (read_class_atom(r, set, &low) < 0)
        return -1;
    range = r->source.length - r->at >= 2 && r->source.data[r->at] == '-' && r->source.data[r->at + 1] != ']';
    if (!range)
        return add_atom(r, set, &low);
    r->at++;
    if (read_class_atom(r, set, &high) < 0)
        return -1;
    if (low.single && high.single) {
        if (low.c > high.c)
            return pattern_fail(r, place, "a range in a class is out of order");
        return pattern_set_add(r, set, low.c, high.c);
    }
    if (r->strict)
        return pattern_fail(r, place, "a set such as \\d cannot begin or end a range");
    if (add_atom(r, set, &low) < 0 || add_atom(r, set, &high) < 0)
        return -1;
    return pattern_set_add(r, set, '-', '-');
}

struct pattern_node *
pattern_class_read(struct pattern_reader *r)
{
    struct pattern_node *set = pattern_node_new(r, PATTERN_SET, r->at);

    if (set == NULL)
        return NULL;
    r->at++;
    set->negated = pattern_reader_take(r, "^");
    while (!pattern_reader_take(r, "]")) {
        if (read_class_member(r, set) < 0)
            return NULL;
    }
    return set;
}

struct pattern_node *
pattern_dot_read(struct pattern_reader *r)
{
    struct pattern_node *set = pattern_node_new(r, PATTERN_SET, r->at);

    if (set == NULL || add_ranges(r, set, line_terminators, COUNT(line_terminators), true) < 0)
        return NULL;
    r->at++;
    return set;
}
