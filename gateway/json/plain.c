/* plain.c -- plain YAML scalars by the core schema. */
#include "json/plain.h"

#include "json/scan.h"

#define RADIX_DIGITS 256 /* hexadecimal and octal numbers longer than this are strings */

static bool
is_one_of(struct text t, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (text_equal(t, text_of(*words)))
            return true;
    }
    return false;
}

static const char *const nulls[] = { "", "~", "null", "Null", "NULL", NULL };
static const char *const trues[] = { "true", "True", "TRUE", NULL };
static const char *const falses[] = { "false", "False", "FALSE", NULL };

/* The parts of [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )? */
struct parts {
    bool negative;
    bool point;
    struct text whole;
    struct text fraction;
    struct text exponent; /* with its e */
};

static struct text
between(const char *from, const char *to)
{
    return text_make(from, (size_t)(to - from));
}

static bool
split_number(struct text t, struct parts *n)
{
    const char *at = t.data, *end = t.data + t.length, *from;

    *n = (struct parts){ .negative = t.length > 0 && *at == '-' };
    if (at < end && (*at == '-' || *at == '+'))
        at++;
    from = at;
    at = scan_digits(at, end);
    n->whole = between(from, at);
    if (at < end && *at == '.') {
        n->point = true;
        from = ++at;
        at = scan_digits(at, end);
        n->fraction = between(from, at);
    }
    if (n->whole.length + n->fraction.length == 0)
        return false;
    from = at;
    if (at < end && (*at | 0x20) == 'e') {
        const char *digits;

        at++;
        if (at < end && (*at == '-' || *at == '+'))
            at++;
        digits = at;
        at = scan_digits(at, end);
        if (at == digits)
            return false;
    }
    n->exponent = between(from, at);
    return at == end;
}

static bool
set_number(struct value *v, struct text t, bool integer)
{
    v->type = VALUE_NUMBER;
    v->flags = integer ? VALUE_INTEGER : 0;
    v->data = t.data;
    v->count = (uint32_t)t.length;
    return t.data != NULL;
}

/* 0x1F and 0o17: digits of another base, multiplied up on a decimal as on paper. */
static bool
read_radix(struct value *v, struct text digits, unsigned base, struct arena *arena)
{
    char decimal[RADIX_DIGITS * 2]; /* the lowest digit first */
    size_t length = 1;
    char *out;

    decimal[0] = 0;
    for (size_t i = 0; i < digits.length; i++) {
        char c = digits.data[i];
        unsigned carry = (unsigned)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);

        for (size_t j = 0; j < length; j++) {
            carry += (unsigned)decimal[j] * base;
            decimal[j] = (char)(carry % 10);
            carry /= 10;
        }
        for (; carry > 0; carry /= 10)
            decimal[length++] = (char)(carry % 10);
    }
    out = arena_alloc(arena, length);
    if (out == NULL)
        return false;
    for (size_t i = 0; i < length; i++)
        out[i] = (char)('0' + decimal[length - 1 - i]);
    return set_number(v, text_make(out, length), true);
}

static unsigned
radix_of(struct text t)
{
    unsigned base = text_starts(t, TEXT("0x")) ? 16 : text_starts(t, TEXT("0o")) ? 8 : 0;

    if (base == 0 || t.length < 3 || t.length - 2 > RADIX_DIGITS)
        return 0;
    for (size_t i = 2; i < t.length; i++) {
        char c = t.data[i], letter = (char)(c | 0x20);

        if (!(c >= '0' && c <= (base == 16 ? '9' : '7')) && !(base == 16 && letter >= 'a' && letter <= 'f'))
            return 0;
    }
    return base;
}

/* As JSON writes it: no plus, no needless zeros in front, digits on both sides of a point. */
static bool
read_decimal(struct value *v, struct text plain, const struct parts *n, struct arena *arena)
{
    struct text whole = n->whole, fraction = n->fraction;
    bool integer = !n->point && n->exponent.length == 0;

    while (whole.length > 1 && whole.data[0] == '0')
        whole = text_from(whole, 1);
    if (plain.data[0] != '+' && whole.length > 0 && whole.length == n->whole.length &&
        (!n->point || fraction.length > 0))
        return set_number(v, plain, integer);
    if (whole.length == 0)
        whole = TEXT("0");
    if (n->point && fraction.length == 0)
        fraction = TEXT("0");
    return set_number(v,
                      arena_print(arena, "%s%.*s%s%.*s%.*s", n->negative ? "-" : "", TEXT_PRINT(whole),
                                  n->point ? "." : "", TEXT_PRINT(fraction), TEXT_PRINT(n->exponent)),
                      integer);
}

bool
plain_read(struct value *v, struct text plain, struct arena *arena)
{
    struct parts parts;

    v->data = NULL;
    v->count = 0;
    v->flags = 0;
    if (is_one_of(plain, nulls)) {
        v->type = VALUE_NULL;
    } else if (is_one_of(plain, trues)) {
        v->type = VALUE_TRUE;
    } else if (is_one_of(plain, falses)) {
        v->type = VALUE_FALSE;
    } else if (radix_of(plain) > 0) {
        return read_radix(v, text_from(plain, 2), radix_of(plain), arena);
    } else if (split_number(plain, &parts)) {
        return read_decimal(v, plain, &parts, arena);
    } else {
        v->type = VALUE_STRING;
        v->data = plain.data;
        v->count = (uint32_t)plain.length;
    }
    return true;
}
