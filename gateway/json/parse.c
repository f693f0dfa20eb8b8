/* parse.c -- JSON text onto the tape, in one pass and without recursion.
 *
 * While a container is open, its `span` leads to the container around it: the tape is its own stack, so depth costs
 * nothing. Strings with escapes are decoded into small pools in the arena; everything else points
 * into the source. */
#include "json/document.h"

#include "base/limits.h"
#include "json/scan.h"
#include "json/tape.h"

#define ALWAYS_INLINE inline __attribute__((always_inline))

/* What is rarely needed while reading. */
struct parser {
    struct value *tape;
    size_t capacity; /* of the tape, in values */
    const char *begin;
    const char *end;
    uint32_t max_depth;
    size_t max_values;
    struct arena *arena;
    char *pool; /* where the next decoded string goes */
    size_t pool_left;
    struct scan_fault fault;
    bool too_large;
    bool duplicates; /* repeated keys are asked for */
    bool repeats;    /* there may be some */
};

/* Where reading is. Its address goes to inlined functions only, so that it stays in registers. */
struct cursor {
    struct value *next;   /* where the next value goes */
    struct value *limit;  /* one past the memory of the tape */
    struct value *inside; /* the innermost open container, or NULL */
    const char *begin;
    const char *end;
    struct scan_marks marks;
    uintptr_t seen; /* the sieve of the keys of that container, see note_key */
    uint32_t depth;
};

static const char *
too_large(struct parser *p, const char *at, const char *what)
{
    p->too_large = true;
    return scan_fail(&p->fault, at, what);
}

/* Room for twice as many values, and one more, because the check is for two: a value, and the key that may follow. */
static __attribute__((noinline)) bool
grow(struct parser *p, size_t had, const char *at)
{
    size_t capacity = p->capacity * 2;
    struct value *tape;

    if (capacity > p->max_values + 1)
        capacity = p->max_values + 1;
    if (capacity <= p->capacity)
        return too_large(p, at, "there are too many values in one document") != NULL;
    tape = arena_grow(p->arena, p->tape, had * sizeof *tape, capacity * sizeof *tape);
    if (tape == NULL)
        return too_large(p, at, "the document needs more memory than it may have") != NULL;
    p->tape = tape;
    p->capacity = capacity;
    return true;
}

/* Room for two values. */
static ALWAYS_INLINE bool
reserve(struct parser *p, struct cursor *c, const char *at)
{
    const struct value *old = p->tape;

    if (SCAN_LIKELY(c->limit - c->next >= 2))
        return true;
    if (!grow(p, (size_t)(c->next - old), at))
        return false;
    c->next = p->tape + (c->next - old);
    c->limit = p->tape + p->capacity;
    if (c->inside != NULL)
        c->inside = p->tape + (c->inside - old);
    return true;
}

static inline uint32_t
hex4(const char *at)
{
    uint32_t unit = 0;

    for (int i = 0; i < 4; i++)
        unit = unit << 4 | (uint32_t)((at[i] & 15) + (at[i] > '9' ? 9 : 0));
    return unit;
}

/* Three bytes for a lone surrogate too (WTF-8): nothing that was sent is lost. */
static char *
put_code_point(char *out, uint32_t c)
{
    if (c < 0x80) {
        *out++ = (char)c;
    } else if (c < 0x800) {
        *out++ = (char)(0xC0 | c >> 6);
        *out++ = (char)(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        *out++ = (char)(0xE0 | c >> 12);
        *out++ = (char)(0x80 | (c >> 6 & 0x3F));
        *out++ = (char)(0x80 | (c & 0x3F));
    } else {
        *out++ = (char)(0xF0 | c >> 18);
        *out++ = (char)(0x80 | (c >> 12 & 0x3F));
        *out++ = (char)(0x80 | (c >> 6 & 0x3F));
        *out++ = (char)(0x80 | (c & 0x3F));
    }
    return out;
}

/* The code point of the \u escape at `at`, with the second half of a surrogate pair where there is one. */
static uint32_t
unicode_escape(const char **at, const char *end)
{
    uint32_t high = hex4(*at + 2), low;

    *at += 6;
    if (high < 0xD800 || high > 0xDBFF || end - *at < 6 || (*at)[0] != '\\' || (*at)[1] != 'u')
        return high;
    low = hex4(*at + 2);
    if (low < 0xDC00 || low > 0xDFFF)
        return high;
    *at += 6;
    return 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
}

/* Write what the text between the quotes means; it was found valid. The meaning is never longer than the text. */
static char *
decode(char *out, const char *at, const char *end)
{
    while (at < end) {
        const char *backslash = memchr(at, '\\', (size_t)(end - at));
        size_t plain = (size_t)((backslash != NULL ? backslash : end) - at);

        memcpy(out, at, plain);
        out += plain;
        at += plain;
        if (at == end)
            break;
        switch (at[1]) {
        case 'b':
            *out++ = '\b';
            break;
        case 'f':
            *out++ = '\f';
            break;
        case 'n':
            *out++ = '\n';
            break;
        case 'r':
            *out++ = '\r';
            break;
        case 't':
            *out++ = '\t';
            break;
        case 'u':
            out = put_code_point(out, unicode_escape(&at, end));
            continue;
        default:
            *out++ = at[1];
            break;
        }
        at += 2;
    }
    return out;
}

#define POOL_BYTES ((size_t)4096)

/* Decode a string with escapes into the pool. */
static bool
unescape(struct parser *p, struct value *v, const char *from, const char *to)
{
    size_t needed = (size_t)(to - from), rest = (size_t)(p->end - from);
    char *out;

    if (p->pool_left < needed) {
        size_t size = rest < POOL_BYTES ? rest : POOL_BYTES;

        if (size < needed)
            size = needed;
        p->pool = arena_alloc(p->arena, size);
        if (p->pool == NULL)
            return too_large(p, from, "the document needs more memory than it may have") != NULL;
        p->pool_left = size;
    }
    out = decode(p->pool, from, to);
    v->data = p->pool;
    v->count = (uint32_t)(out - p->pool);
    v->flags = VALUE_ESCAPED;
    p->pool_left -= v->count;
    p->pool = out;
    return true;
}

/* The next value on the tape. Field by field: a whole struct would be cleared first. */
static ALWAYS_INLINE struct value *
push(struct cursor *c, enum value_type type, const char *at)
{
    struct value *v = c->next++;

    v->type = (uint8_t)type;
    v->flags = 0;
    v->depth = (uint16_t)c->depth;
    v->span = 1;
    v->place = (uint32_t)(at - c->begin);
    return v;
}

/* A string that is more than plain ASCII from `special` on. */
static __attribute__((noinline)) const char *
parse_special_string(struct parser *p, struct value *v, const char *at, const char *special)
{
    bool escaped = false;
    const char *close = scan_string_from(special, p->end, &escaped, &p->fault);

    if (close == NULL)
        return NULL;
    v->count = (uint32_t)(close - at) - 1;
    v->data = at + 1;
    if (escaped && !unescape(p, v, at + 1, close))
        return NULL;
    return close + 1;
}

/* A string; at is its opening quote. */
static ALWAYS_INLINE const char *
parse_string(struct parser *p, struct cursor *c, const char *at)
{
    const char *close = scan_behind_quote(&c->marks, at, c->end);
    struct value *v = push(c, VALUE_STRING, at);

    if (SCAN_UNLIKELY(close == c->end || *close != '"'))
        return parse_special_string(p, v, at, close);
    v->count = (uint32_t)(close - at) - 1;
    v->data = at + 1;
    return close + 1;
}

static ALWAYS_INLINE const char *
parse_number(struct parser *p, struct cursor *c, const char *at)
{
    struct value *v = push(c, VALUE_NUMBER, at);
    const char *behind = scan_digits(at, c->end), *point = behind;
    bool integer = true;

    /* digits, perhaps a point and digits, are most numbers; all that may be special or wrong goes the long way */
    if (behind < c->end && *behind == '.') {
        integer = false;
        behind = scan_digits(behind + 1, c->end);
    }
    if (SCAN_UNLIKELY(*at == '-' || (*at == '0' && point != at + 1) || behind == point + 1 ||
                      (behind < c->end && (*behind | 0x20) == 'e'))) {
        behind = scan_number(at, c->end, &integer, &p->fault);
        if (behind == NULL)
            return NULL;
    }
    v->flags = integer ? VALUE_INTEGER : 0;
    v->count = (uint32_t)(behind - at);
    v->data = at;
    return behind;
}

static ALWAYS_INLINE const char *
parse_literal(struct parser *p, struct cursor *c, const char *at)
{
    const char *behind = scan_literal(at, c->end, &p->fault);
    struct value *v;

    if (behind == NULL)
        return NULL;
    v = push(c, *at == 't' ? VALUE_TRUE : *at == 'f' ? VALUE_FALSE : VALUE_NULL, at);
    v->count = 0;
    v->data = NULL;
    return behind;
}

#define SIEVE_BITS (sizeof(uintptr_t) * 8)

/* An open object has a sieve with a bit for each of its keys so far. Where two share a bit, the whole tape is looked
 * at when it is complete (tape_mark_repeats). The bit comes from what tells keys of one object apart most cheaply:
 * length, first and last byte; of an empty key these are the quotes around it. */
static ALWAYS_INLINE void
note_key(struct parser *p, struct cursor *c, const struct value *key)
{
    const unsigned char *data = (const unsigned char *)key->data;
    uint32_t sum = key->count + data[0] * 7u + (data + key->count)[-1] * 31u;
    uintptr_t bit = (uintptr_t)1 << (sum & (SIEVE_BITS - 1));

    if (SCAN_UNLIKELY((c->seen & bit) != 0) && !p->repeats)
        p->repeats = c->inside->count > SIEVE_MEMBERS || tape_key_repeats(c->inside, key);
    c->seen |= bit;
}

/* What is not right where it was looked for: white space before it, or a fault. */
static __attribute__((noinline)) const char *
find_key(struct parser *p, const char *at)
{
    at = scan_space(at, p->end);
    if (at == p->end)
        return scan_fail(&p->fault, at, "the text ends where a key is due");
    if (*at != '"')
        return scan_fail(&p->fault, at, "a key in double quotes is missing");
    return at;
}

static __attribute__((noinline)) const char *
find_colon(struct parser *p, const char *at)
{
    at = scan_space(at, p->end);
    if (at == p->end)
        return scan_fail(&p->fault, at, "the text ends where a colon is due");
    if (*at != ':')
        return scan_fail(&p->fault, at, "a colon is missing behind the key");
    return at;
}

/* A key and its colon, in front of a member's value. */
static ALWAYS_INLINE const char *
parse_key(struct parser *p, struct cursor *c, const char *at)
{
    if (SCAN_UNLIKELY(!scan_is(at, c->end, '"')) && (at = find_key(p, at)) == NULL)
        return NULL;
    at = parse_string(p, c, at);
    if (SCAN_UNLIKELY(at == NULL))
        return NULL;
    if (p->duplicates)
        note_key(p, c, c->next - 1);
    if (SCAN_UNLIKELY(!scan_is(at, c->end, ':')) && (at = find_colon(p, at)) == NULL)
        return NULL;
    return at + 1;
}

/* While a container is open, its span is how far in front of it on the tape the container around it is (0: none
 * is), and the data of the one around it keeps that one's sieve. */
static ALWAYS_INLINE bool
open_container(struct parser *p, struct cursor *c, const char *at)
{
    struct value *v;

    if (SCAN_UNLIKELY(c->depth == p->max_depth))
        return too_large(p, at, "arrays and objects are nested too deeply") != NULL;
    v = push(c, *at == '{' ? VALUE_OBJECT : VALUE_ARRAY, at);
    v->span = 0;
    v->count = 0;
    v->data = NULL;
    if (c->inside != NULL) {
        v->span = (uint32_t)(v - c->inside);
        c->inside->data = (const char *)c->seen;
    }
    c->inside = v;
    c->seen = 0;
    c->depth++;
    return true;
}

static ALWAYS_INLINE void
close_container(struct cursor *c)
{
    struct value *v = c->inside;

    c->inside = v->span > 0 ? v - v->span : NULL;
    c->depth--;
    v->span = (uint32_t)(c->next - v);
    v->data = NULL; /* the sieve */
    if (c->inside != NULL)
        c->seen = (uintptr_t)c->inside->data;
}

/* Behind a value: close what ends here, up to a comma (then the next value is due) or the end of the root. */
static ALWAYS_INLINE const char *
parse_between(struct parser *p, struct cursor *c, const char *at)
{
    while (c->inside != NULL) {
        bool object = c->inside->type == VALUE_OBJECT;

        if (!scan_is(at, c->end, ','))
            at = scan_space(at, c->end);
        if (SCAN_UNLIKELY(at == c->end))
            return scan_fail(&p->fault, at,
                             object ? "the text ends inside of an object: '}' is missing"
                                    : "the text ends inside of an array: ']' is missing");
        if (*at == ',') {
            c->inside->count++;
            return object ? parse_key(p, c, at + 1) : at + 1;
        }
        if (SCAN_UNLIKELY(*at != (object ? '}' : ']')))
            return scan_fail(&p->fault, at, object ? "a comma or '}' is missing" : "a comma or ']' is missing");
        close_container(c);
        at++;
    }
    return at;
}

/* The root value; gives the place behind it. */
static ALWAYS_INLINE const char *
parse_values(struct parser *p, struct cursor *c, const char *at)
{
    do {
        if (!scan_is(at, c->end, '"'))
            at = scan_space(at, c->end);
        if (SCAN_UNLIKELY(!reserve(p, c, at)))
            return NULL;
        if (SCAN_UNLIKELY(at == c->end))
            return parse_literal(p, c, at); /* which says what is missing */
        if (*at == '"') {
            at = parse_string(p, c, at);
        } else if (*at == '{' || *at == '[') {
            bool object = *at == '{';

            if (!open_container(p, c, at))
                return NULL;
            at = scan_space(at + 1, c->end);
            if (at == c->end || *at != (object ? '}' : ']')) {
                c->inside->count = 1;
                if (object && (at = parse_key(p, c, at)) == NULL)
                    return NULL;
                continue;
            }
            close_container(c);
            at++;
        } else if (*at == '-' || (unsigned char)(*at - '0') <= 9) {
            at = parse_number(p, c, at);
        } else {
            at = parse_literal(p, c, at);
        }
        if (at == NULL || (at = parse_between(p, c, at)) == NULL)
            return NULL;
    } while (c->inside != NULL);
    return at;
}

/* Nothing but white space may come before and behind the root. Gives the number of values, or 0. */
static size_t
parse_text(struct parser *p)
{
    struct cursor c = { .next = p->tape, .limit = p->tape + p->capacity, .begin = p->begin, .end = p->end };
    const char *at;

    if (scan_space(p->begin, p->end) == p->end) {
        (void)scan_fail(&p->fault, p->end, "the text is empty");
        return 0;
    }
    scan_marks_at(&c.marks, p->begin, p->end);
    at = parse_values(p, &c, p->begin);
    if (at == NULL)
        return 0;
    at = scan_space(at, p->end);
    if (at != p->end) {
        (void)scan_fail(&p->fault, at, "something follows behind the value");
        return 0;
    }
    return (size_t)(c.next - p->tape);
}

/* Bodies have a value in 8 to 12 bytes; pretty-printed files fewer, and for them growing is cheap. */
#define BODY_BYTES (256 * LIMIT_KIB)

static size_t
first_capacity(size_t length)
{
    return length < BODY_BYTES ? length / 8 + 8 : length / 32;
}

static bool
begin(struct parser *p, struct text source, const struct document_options *options, struct arena *arena)
{
    size_t capacity = first_capacity(source.length);

    *p = (struct parser){ .begin = source.data != NULL ? source.data : "",
                          .max_depth = LIMIT_JSON_DEPTH,
                          .max_values = LIMIT_JSON_VALUES,
                          .arena = arena };
    p->end = p->begin + source.length;
    p->duplicates = options != NULL && options->duplicates;
    if (options != NULL && options->max_depth > 0 && options->max_depth < p->max_depth)
        p->max_depth = options->max_depth;
    if (options != NULL && options->max_values > 0 && options->max_values < p->max_values)
        p->max_values = options->max_values;
    if (source.length >= UINT32_MAX)
        return too_large(p, p->begin, "the text is larger than 4 GiB") != NULL;
    if (capacity > p->max_values + 1)
        capacity = p->max_values + 1;
    p->tape = arena_alloc(arena, capacity * sizeof *p->tape);
    if (p->tape == NULL)
        return too_large(p, p->begin, "the document needs more memory than it may have") != NULL;
    p->capacity = capacity;
    return true;
}

static void
describe(const struct parser *p, struct text source, struct document_error *error)
{
    const struct document unfinished = { .source = source };

    if (error == NULL)
        return;
    error->what = p->fault.what;
    error->place = (uint32_t)(p->fault.at - p->begin);
    error->too_large = p->too_large;
    document_position(&unfinished, error->place, &error->line, &error->column);
}

int
document_parse(struct document *document, struct text source, const struct document_options *options,
               struct arena *arena, struct document_error *error)
{
    struct document result = { .source = source, .name = options != NULL ? options->name : NULL };
    const struct value *repeated;
    struct parser p;
    size_t values;

    if (!begin(&p, source, options, arena) || (values = parse_text(&p)) == 0) {
        describe(&p, source, error);
        return -1;
    }
    result.root = p.tape;
    result.values = (uint32_t)values;
    p.fault = (struct scan_fault){ "the document needs more memory than it may have", p.begin };
    p.too_large = true;
    if ((p.repeats && tape_mark_repeats(p.tape, result.values, arena, &result.duplicate_keys, &repeated) < 0) ||
        (options != NULL && options->lines && tape_lines(&result, arena) < 0)) {
        describe(&p, source, error);
        return -1;
    }
    *document = result;
    return 0;
}
