/* bind_shape.c -- what a value looks like. */
#include "replay/bind_shape.h"

#include "base/limits.h"
#include "base/time_text.h"

#define BITS_DIGIT   3.3f
#define BITS_ZERO    1.0f
#define BITS_LETTER  1.5f
#define BITS_RANDOM  4.0f
#define BITS_WORDS   11.0f /* at most: with a name alone, not enough */
#define BITS_DAY     6.0f
#define BITS_SECOND  10.0f
#define BITS_YEAR    4.0f
#define LONG_NUMBER  5  /* digits */
#define MIXED_TURNS  4  /* from letter to digit, or from one case to the other: nobody writes like that */
#define LONG_LETTERS 20 /* without a space: no word */
#define FEW_BITS     8.0f

enum byte_class {
    CLASS_OTHER,
    CLASS_DIGIT,
    CLASS_LOWER,
    CLASS_UPPER,
};

static enum byte_class
class_of(char c)
{
    if (c >= '0' && c <= '9')
        return CLASS_DIGIT;
    if (c >= 'A' && c <= 'Z')
        return CLASS_UPPER;
    return (c >= 'a' && c <= 'z') || (c & 0x80) != 0 ? CLASS_LOWER : CLASS_OTHER;
}

struct census {
    uint32_t digits, letters, spaces, others, turns;
    float digit_bits;
    float last_zeros; /* what the zeros at the end would count less */
};

/* "Order" is no turn, "oRder" is one. */
static bool
is_turn(enum byte_class before, enum byte_class now, bool word_start)
{
    return before != CLASS_OTHER && now != CLASS_OTHER && before != now &&
           !(before == CLASS_UPPER && now == CLASS_LOWER && word_start);
}

static struct census
take_census(struct text value)
{
    struct census c = { .digits = 0 };
    enum byte_class before = CLASS_OTHER, earlier = CLASS_OTHER;
    bool leading = true;

    for (size_t i = 0; i < value.length; i++) {
        enum byte_class now = class_of(value.data[i]);

        c.turns += is_turn(before, now, earlier == CLASS_OTHER);
        if (now == CLASS_DIGIT) {
            bool zero = value.data[i] == '0';

            leading = leading || before != CLASS_DIGIT;
            leading = leading && zero;
            c.digits++;
            c.digit_bits += leading ? BITS_ZERO : BITS_DIGIT;
            c.last_zeros = zero && !leading ? c.last_zeros + BITS_DIGIT - BITS_ZERO : 0;
        } else if (now != CLASS_OTHER) {
            c.letters++;
        } else if (value.data[i] == ' ') {
            c.spaces++;
        } else {
            c.others++;
        }
        earlier = before;
        before = now;
    }
    return c;
}

static bool
is_number(struct text value)
{
    size_t i = value.length > 0 && value.data[0] == '-' ? 1 : 0, points = 0;

    if (i == value.length)
        return false;
    for (; i < value.length; i++) {
        points += value.data[i] == '.';
        if (class_of(value.data[i]) != CLASS_DIGIT && value.data[i] != '.')
            return false;
    }
    return points <= 1;
}

/* "2024-05-17", "2024-05-17T09:31:22Z", "Fri, 17 May 2024 09:31:22 GMT". Fractions of a second are rare. */
static bool
date_of(struct text value, struct shape *s)
{
    size_t point = text_find(value, '.'), digits = point + 1;
    int64_t ns;

    s->kind = SHAPE_DATE;
    s->bits = BITS_SECOND;
    if (value.length == 29 && text_ends(value, TEXT(" GMT")) && value.data[3] == ',')
        return true;
    if (value.length < 10 || value.data[4] != '-' || value.data[7] != '-')
        return false;
    if (value.length == 10) {
        s->bits = BITS_DAY;
        return is_number(text_slice(value, 0, 4)) && is_number(text_from(value, 8));
    }
    if (!time_text_read(value, &ns))
        return false;
    while (digits < value.length && class_of(value.data[digits]) == CLASS_DIGIT)
        digits++;
    if (point < value.length && digits - point > 3) {
        s->kind = SHAPE_MIXED;
        s->bits += BITS_DIGIT * (float)(digits - point - 1);
    }
    return true;
}

static struct shape
letters_of(const struct census *c)
{
    struct shape s = { .kind = SHAPE_WORD, .bits = BITS_LETTER * (float)c->letters };

    if (c->spaces > 0 || (c->turns < MIXED_TURNS && (c->letters < LONG_LETTERS || c->others > 0))) {
        s.bits = s.bits < BITS_WORDS ? s.bits : BITS_WORDS;
        return s;
    }
    s.kind = SHAPE_MIXED;
    if (c->turns >= MIXED_TURNS)
        s.bits = BITS_RANDOM * (float)c->letters;
    return s;
}

struct shape
shape_of(struct text value)
{
    struct shape s = { .kind = SHAPE_NONE };
    struct census c;

    if (value.length == 0 || value.length > LIMIT_REPLAY_VALUE || text_equal(value, TEXT("true")) ||
        text_equal(value, TEXT("false")) || text_equal(value, TEXT("null")))
        return s;
    if (date_of(value, &s))
        return s;
    c = take_census(value);
    if (c.digits + c.letters == 0)
        return (struct shape){ .kind = SHAPE_NONE };
    if (is_number(value)) {
        s.kind = c.digits >= LONG_NUMBER && c.others == 0 ? SHAPE_NUMBER : SHAPE_SHORT_NUMBER;
        s.bits = c.digit_bits - c.last_zeros;
        if (c.digits == 1)
            s.bits = BITS_LETTER;
        else if (value.length == 4 && (text_starts(value, TEXT("19")) || text_starts(value, TEXT("20"))))
            s.bits = BITS_YEAR;
        return s;
    }
    if (c.digits == 0)
        return letters_of(&c);
    s.kind = c.spaces >= 2 ? SHAPE_WORD : SHAPE_MIXED;
    s.bits = c.digit_bits + (c.turns >= MIXED_TURNS ? BITS_RANDOM : BITS_LETTER) * (float)c.letters;
    if (s.kind == SHAPE_WORD && s.bits > BITS_WORDS)
        s.bits = BITS_WORDS;
    return s;
}

bool
shape_is_weak(struct shape s)
{
    return s.kind == SHAPE_SHORT_NUMBER || s.kind == SHAPE_WORD || s.kind == SHAPE_DATE || s.bits < FEW_BITS;
}

const char *
shape_why(struct shape s)
{
    switch (s.kind) {
    case SHAPE_SHORT_NUMBER:
        return "short number";
    case SHAPE_NUMBER:
        return "a number";
    case SHAPE_WORD:
        return "a word";
    case SHAPE_DATE:
        return "a date";
    case SHAPE_MIXED:
        return "short text";
    case SHAPE_NONE:
        break;
    }
    return "says nothing";
}

bool
shape_is_token(struct text value)
{
    unsigned points = 0;

    if (value.length < 20 || !text_starts(value, TEXT("ey")))
        return false;
    for (size_t i = 0; i < value.length; i++) {
        char c = value.data[i];

        points += c == '.';
        if (class_of(c) == CLASS_OTHER && c != '.' && c != '-' && c != '_' && c != '=')
            return false;
    }
    return points == 2 || points == 4;
}

bool
shape_next_atom(struct text value, size_t *at, struct text *atom)
{
    size_t start = *at;

    while (start < value.length && class_of(value.data[start]) == CLASS_OTHER)
        start++;
    *at = start;
    while (*at < value.length && class_of(value.data[*at]) != CLASS_OTHER)
        (*at)++;
    *atom = text_slice(value, start, *at - start);
    return atom->length > 0;
}

/* ---- names ---- */

#define TAIL 4 /* so many letters that two names end with make them alike: "customerId" and "billing_customer_id" */

static size_t
fold(struct text name, char *out, size_t size)
{
    size_t n = 0;

    for (size_t i = 0; i < name.length && n < size; i++) {
        enum byte_class class = class_of(name.data[i]);

        if (class != CLASS_OTHER)
            out[n++] = class == CLASS_UPPER ? (char)(name.data[i] | 0x20) : name.data[i];
    }
    return n;
}

/* "orders" is "order", "entries" is "entry". */
static size_t
singular(char *name, size_t n)
{
    struct text t = { name, n };

    if (n > 4 && text_ends(t, TEXT("ies"))) {
        name[n - 3] = 'y';
        return n - 2;
    }
    return n > 3 && text_ends(t, TEXT("s")) && !text_ends(t, TEXT("ss")) ? n - 1 : n;
}

/* Names that every thing has. */
static bool
is_common(struct text folded)
{
    static const struct text names[] = {
        TEXT("id"),  TEXT("uuid"), TEXT("key"),  TEXT("number"), TEXT("no"),   TEXT("nr"),
        TEXT("ref"), TEXT("code"), TEXT("name"), TEXT("slug"),   TEXT("href"), TEXT("reference"),
    };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (text_equal(folded, names[i]))
            return true;
    return false;
}

size_t
shape_name(struct text name, struct text owner, char *out, size_t size)
{
    size_t n = fold(name, out, size), front;

    if (!is_common(text_make(out, n)))
        return n;
    front = singular(out, fold(owner, out, size));
    return front + fold(name, out + front, size - front);
}

/* What an entity tag is called elsewhere (RFC 9110 8.8.3, 13.1). */
static struct text
version_name(struct text name)
{
    static const struct text names[] = {
        TEXT("etag"), TEXT("ifmatch"), TEXT("ifnonematch"), TEXT("ifrange"), TEXT("revision"),
    };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (text_equal(name, names[i]))
            return TEXT("version");
    if (text_equal(name, TEXT("ifmodifiedsince")) || text_equal(name, TEXT("ifunmodifiedsince")))
        return TEXT("lastmodified");
    return name;
}

bool
shape_names_alike(struct text a, struct text b)
{
    a = version_name(a);
    b = version_name(b);
    if (a.length == 0 || b.length == 0)
        return false;
    if (a.length >= TAIL && b.length >= TAIL)
        return text_ends(a, b) || text_ends(b, a);
    return text_equal(a, b);
}
