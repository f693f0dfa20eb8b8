/* parse.c -- JSON text onto the tape, in one pass and without recursion.
 *
 * While a container is open, its `span` holds the place on the tape of the container around it: the tape is its own
 * stack, so depth costs nothing. Strings with escapes are decoded into small pools in the arena; everything else points
 * into the source. */
#include "json/document.h"

#include "base/limits.h"
#include "json/scan.h"
#include "json/tape.h"

#define NONE UINT32_MAX

struct parser {
    struct value *tape;
    struct value *next;  /* where the next value goes */
    struct value *limit; /* one past the memory of the tape */
    const char *begin;
    const char *end;
    uint32_t open; /* place on the tape of the innermost open container, or NONE */
    uint32_t depth;
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

static const char *
too_large(struct parser *p, const char *at, const char *what)
{
    p->too_large = true;
    return scan_fail(&p->fault, at, what);
}

/* Room for twice as many values. */
static bool
grow(struct parser *p, const char *at)
{
    size_t had = (size_t)(p->next - p->tape), capacity = had * 2;
    struct value *tape;

    if (capacity > p->max_values)
        capacity = p->max_values;
    if (capacity <= had)
        return too_large(p, at, "there are too many values in one document") != NULL;
    tape = arena_grow(p->arena, p->tape, had * sizeof *tape, capacity * sizeof *tape);
    if (tape == NULL)
        return too_large(p, at, "the document needs more memory than it may have") != NULL;
    p->tape = tape;
    p->next = tape + had;
    p->limit = tape + capacity;
    return true;
}

/* The next value on the tape, not filled in, or NULL. */
static inline struct value *
push(struct parser *p, const char *at)
{
    if (SCAN_UNLIKELY(p->next == p->limit) && !grow(p, at))
        return NULL;
    return p->next++;
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

/* Field by field: a whole struct would be cleared first. */
static inline void
fill(const struct parser *p, struct value *v, enum value_type type, unsigned flags, const char *at)
{
    v->type = (uint8_t)type;
    v->flags = (uint8_t)flags;
    v->depth = (uint16_t)p->depth;
    v->span = 1;
    v->place = (uint32_t)(at - p->begin);
}

static inline struct value *
push_text(struct parser *p, enum value_type type, unsigned flags, const char *at, const char *from, const char *to)
{
    struct value *v = push(p, at);

    if (SCAN_UNLIKELY(v == NULL))
        return NULL;
    fill(p, v, type, flags, at);
    v->count = (uint32_t)(to - from);
    v->data = from;
    return v;
}

/* A string that is more than plain ASCII from `special` on. */
static __attribute__((noinline)) const char *
parse_special_string(struct parser *p, const char *at, const char *special)
{
    bool escaped = false;
    const char *close = scan_string_from(special, p->end, &escaped, &p->fault);
    struct value *v;

    if (close == NULL || (v = push_text(p, VALUE_STRING, 0, at, at + 1, close)) == NULL)
        return NULL;
    if (escaped && !unescape(p, v, at + 1, close))
        return NULL;
    return close + 1;
}

/* A string; at is its opening quote. */
static inline const char *
parse_string(struct parser *p, const char *at)
{
    const char *close = scan_plain(at + 1, p->end);

    if (SCAN_UNLIKELY(close == p->end || *close != '"'))
        return parse_special_string(p, at, close);
    if (push_text(p, VALUE_STRING, 0, at, at + 1, close) == NULL)
        return NULL;
    return close + 1;
}

static inline const char *
parse_number(struct parser *p, const char *at)
{
    bool integer = true;
    const char *behind = scan_digits(at, p->end);

    /* plain digits are most numbers; all that may be special or wrong goes the long way */
    if (*at == '-' || *at == '0' || (behind < p->end && (*behind == '.' || (*behind | 0x20) == 'e')))
        behind = scan_number(at, p->end, &integer, &p->fault);
    if (behind == NULL || push_text(p, VALUE_NUMBER, integer ? VALUE_INTEGER : 0, at, at, behind) == NULL)
        return NULL;
    return behind;
}

static const char *
parse_literal(struct parser *p, const char *at)
{
    const char *behind = scan_literal(at, p->end, &p->fault);
    struct value *v;

    if (behind == NULL || (v = push(p, at)) == NULL)
        return NULL;
    *v = (struct value){ .type = *at == 't'   ? VALUE_TRUE
                                 : *at == 'f' ? VALUE_FALSE
                                              : VALUE_NULL,
                         .depth = (uint16_t)p->depth,
                         .span = 1,
                         .place = (uint32_t)(at - p->begin) };
    return behind;
}

#define SIEVE_BITS (sizeof(uintptr_t) * 8)

/* While an object is open, its `data` is a sieve with a bit for each of its keys so far. Where two share a bit, the
 * whole tape is looked at when it is complete (tape_mark_repeats). The bit comes from what tells keys of one object
 * apart most cheaply: length, first and last byte. */
static inline void
note_key(struct parser *p, const struct value *key)
{
    struct value *object = p->tape + p->open;
    uintptr_t seen = (uintptr_t)object->data, bit;
    uint32_t sum = key->count;

    if (sum > 0)
        sum += (uint32_t)(unsigned char)key->data[0] * 7 + (uint32_t)(unsigned char)key->data[sum - 1] * 31;
    bit = (uintptr_t)1 << (sum & (SIEVE_BITS - 1));
    if (SCAN_UNLIKELY((seen & bit) != 0) && !p->repeats)
        p->repeats = object->count > SIEVE_MEMBERS || tape_key_repeats(object, key);
    object->data = (const char *)(seen | bit);
}

/* A key and its colon, in front of a member's value. Inline, because half of all values are keys. */
static inline __attribute__((always_inline)) const char *
parse_key(struct parser *p, const char *at)
{
    at = scan_space(at, p->end);
    if (SCAN_UNLIKELY(at == p->end))
        return scan_fail(&p->fault, at, "the text ends where a key is due");
    if (SCAN_UNLIKELY(*at != '"'))
        return scan_fail(&p->fault, at, "a key in double quotes is missing");
    at = parse_string(p, at);
    if (at == NULL)
        return NULL;
    if (p->duplicates)
        note_key(p, p->next - 1);
    at = scan_space(at, p->end);
    if (SCAN_UNLIKELY(at == p->end))
        return scan_fail(&p->fault, at, "the text ends where a colon is due");
    if (SCAN_UNLIKELY(*at != ':'))
        return scan_fail(&p->fault, at, "a colon is missing behind the key");
    return at + 1;
}

static inline bool
open_container(struct parser *p, const char *at)
{
    struct value *v;

    if (SCAN_UNLIKELY(p->depth == p->max_depth))
        return too_large(p, at, "arrays and objects are nested too deeply") != NULL;
    if ((v = push(p, at)) == NULL)
        return false;
    *v = (struct value){ .type = *at == '{' ? VALUE_OBJECT : VALUE_ARRAY,
                         .depth = (uint16_t)p->depth,
                         .span = p->open,
                         .place = (uint32_t)(at - p->begin) };
    p->open = (uint32_t)(v - p->tape);
    p->depth++;
    return true;
}

static inline void
close_container(struct parser *p)
{
    struct value *v = p->tape + p->open;

    p->open = v->span;
    p->depth--;
    v->span = (uint32_t)(p->next - v);
    v->data = NULL; /* the sieve */
}

/* Behind a value: close what ends here, up to a comma (then the next value is due) or the end of the root. */
static inline const char *
parse_between(struct parser *p, const char *at)
{
    while (p->open != NONE) {
        struct value *container = p->tape + p->open;
        bool object = container->type == VALUE_OBJECT;

        at = scan_space(at, p->end);
        if (SCAN_UNLIKELY(at == p->end))
            return scan_fail(&p->fault, at,
                             object ? "the text ends inside of an object: '}' is missing"
                                    : "the text ends inside of an array: ']' is missing");
        if (*at == ',') {
            container->count++;
            return object ? parse_key(p, at + 1) : at + 1;
        }
        if (SCAN_UNLIKELY(*at != (object ? '}' : ']')))
            return scan_fail(&p->fault, at, object ? "a comma or '}' is missing" : "a comma or ']' is missing");
        close_container(p);
        at++;
    }
    return at;
}

/* The root value; gives the place behind it. */
static const char *
parse_root(struct parser *p, const char *at)
{
    do {
        at = scan_space(at, p->end);
        if (at == p->end)
            return parse_literal(p, at); /* which says what is missing */
        if (*at == '"') {
            at = parse_string(p, at);
        } else if (*at == '{' || *at == '[') {
            bool object = *at == '{';

            if (!open_container(p, at))
                return NULL;
            at = scan_space(at + 1, p->end);
            if (at == p->end || *at != (object ? '}' : ']')) {
                p->tape[p->open].count = 1;
                if (object && (at = parse_key(p, at)) == NULL)
                    return NULL;
                continue;
            }
            close_container(p);
            at++;
        } else if (*at == '-' || (unsigned char)(*at - '0') <= 9) {
            at = parse_number(p, at);
        } else {
            at = parse_literal(p, at);
        }
        if (at == NULL || (at = parse_between(p, at)) == NULL)
            return NULL;
    } while (p->open != NONE);
    return at;
}

/* Nothing but white space may come before and behind the root. */
static bool
parse_text(struct parser *p)
{
    const char *at;

    if (scan_space(p->begin, p->end) == p->end)
        return scan_fail(&p->fault, p->end, "the text is empty") != NULL;
    at = parse_root(p, p->begin);
    if (at == NULL)
        return false;
    at = scan_space(at, p->end);
    if (at != p->end)
        return scan_fail(&p->fault, at, "something follows behind the value") != NULL;
    return true;
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
                          .open = NONE,
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
    if (capacity > p->max_values)
        capacity = p->max_values;
    p->tape = p->next = arena_alloc(arena, capacity * sizeof *p->tape);
    if (p->tape == NULL)
        return too_large(p, p->begin, "the document needs more memory than it may have") != NULL;
    p->limit = p->tape + capacity;
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

    if (!begin(&p, source, options, arena) || !parse_text(&p)) {
        describe(&p, source, error);
        return -1;
    }
    result.root = p.tape;
    result.values = (uint32_t)(p.next - p.tape);
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
