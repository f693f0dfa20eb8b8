/* write.c -- JSON text, appended to a buffer. */
#include "json/write.h"

#include <math.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define PLAIN_PIECE 4096 /* bytes of a string that are escaped in one go */
#define SHORT       64   /* strings that mostly need no escape at all */

void
json_begin(struct json_writer *w, struct buffer *out, unsigned indent)
{
    *w = (struct json_writer){ .out = out, .indent = (uint8_t)indent };
}

static void
new_line(struct json_writer *w)
{
    if (w->indent == 0)
        return;
    buffer_byte(w->out, '\n');
    for (unsigned i = 0; i < (unsigned)w->depth * w->indent; i++)
        buffer_byte(w->out, ' ');
}

/* What is due before a value or a key. */
static inline void
before(struct json_writer *w)
{
    if (w->after_key) {
        w->after_key = false;
        return;
    }
    if (w->comma)
        buffer_byte(w->out, ',');
    if (w->indent > 0 && w->depth > 0)
        new_line(w);
}

static void
begin_container(struct json_writer *w, char bracket)
{
    before(w);
    buffer_byte(w->out, bracket);
    w->depth++;
    w->comma = false;
}

static void
end_container(struct json_writer *w, char bracket)
{
    w->depth--;
    if (w->comma) /* something was in it */
        new_line(w);
    buffer_byte(w->out, bracket);
    w->comma = true;
}

void
json_object(struct json_writer *w)
{
    begin_container(w, '{');
}

void
json_end_object(struct json_writer *w)
{
    end_container(w, '}');
}

void
json_array(struct json_writer *w)
{
    begin_container(w, '[');
}

void
json_end_array(struct json_writer *w)
{
    end_container(w, ']');
}

void
json_key(struct json_writer *w, struct text key)
{
    before(w);
    json_escape(w->out, key);
    buffer_add(w->out, w->indent > 0 ? TEXT(": ") : TEXT(":"));
    w->after_key = true;
}

void
json_key_literal(struct json_writer *w, struct text quoted)
{
    before(w);
    buffer_add(w->out, quoted);
    if (w->indent > 0)
        buffer_byte(w->out, ' ');
    w->after_key = true;
}

void
json_raw(struct json_writer *w, struct text json)
{
    before(w);
    buffer_add(w->out, json);
    w->comma = true;
}

void
json_string(struct json_writer *w, struct text value)
{
    before(w);
    json_escape(w->out, value);
    w->comma = true;
}

void
json_integer(struct json_writer *w, int64_t value)
{
    before(w);
    if (value < 0)
        buffer_byte(w->out, '-');
    buffer_unsigned(w->out, value < 0 ? (uint64_t)0 - (uint64_t)value : (uint64_t)value);
    w->comma = true;
}

void
json_double(struct json_writer *w, double value, int decimals)
{
    if (!isfinite(value)) { /* JSON has no words for these */
        json_null(w);
        return;
    }
    before(w);
    buffer_print(w->out, "%.*f", decimals, value);
    w->comma = true;
}

void
json_bool(struct json_writer *w, bool value)
{
    json_raw(w, value ? TEXT("true") : TEXT("false"));
}

void
json_null(struct json_writer *w)
{
    json_raw(w, TEXT("null"));
}

void
json_value(struct json_writer *w, const struct value *value)
{
    switch ((enum value_type)value->type) {
    case VALUE_NULL:
        json_null(w);
        break;
    case VALUE_FALSE:
    case VALUE_TRUE:
        json_bool(w, value->type == VALUE_TRUE);
        break;
    case VALUE_NUMBER:
        json_raw(w, value_text(value));
        break;
    case VALUE_STRING:
        json_string(w, value_text(value));
        break;
    case VALUE_ARRAY:
        json_array(w);
        for (VALUE_EACH_ITEM(item, value))
            json_value(w, item); /* as deep as the document, which is bounded */
        json_end_array(w);
        break;
    case VALUE_OBJECT:
        json_object(w);
        for (VALUE_EACH_MEMBER(key, value)) {
            json_key(w, value_text(key));
            json_value(w, value_next(key));
        }
        json_end_object(w);
        break;
    }
}

/* ---- strings ---- */

/* As many bytes as go through as they are: ASCII but quotes, backslashes and control bytes, and well-formed UTF-8. */
static size_t
plain_length(struct text t)
{
    size_t i = 0;

    while (i < t.length) {
        unsigned char c = (unsigned char)t.data[i];

        if (c >= 0x80) {
            size_t sequence = text_utf8_sequence(text_from(t, i));

            if (sequence == 0)
                break;
            i += sequence;
        } else if (c < ' ' || c == '"' || c == '\\') {
            break;
        } else {
            i++;
        }
    }
    return i;
}

/* The three bytes of a lone surrogate (WTF-8), which only an escape can say. */
static bool
is_surrogate(struct text t)
{
    const unsigned char *s = (const unsigned char *)t.data;

    return t.length >= 3 && s[0] == 0xED && s[1] >= 0xA0 && s[1] <= 0xBF && (s[2] & 0xC0) == 0x80;
}

/* What t begins with cannot stand as it is; gives the bytes that are done. */
static size_t
escape_one(struct buffer *out, struct text t)
{
    static const char letters[] = "\"\"\\\\\bb\ff\nn\rr\tt";
    unsigned char c = (unsigned char)t.data[0];

    for (const char *l = letters; *l != '\0'; l += 2) {
        if (*l == (char)c) {
            buffer_byte(out, '\\');
            buffer_byte(out, l[1]);
            return 1;
        }
    }
    if (c < ' ') {
        buffer_print(out, "\\u%04x", c);
        return 1;
    }
    if (is_surrogate(t)) {
        unsigned unit = 0xD000u | ((unsigned char)t.data[1] & 0x3Fu) << 6 | ((unsigned char)t.data[2] & 0x3Fu);

        buffer_print(out, "\\u%04x", unit);
        return 3;
    }
    buffer_add(out, TEXT("\xEF\xBF\xBD"));
    return 1;
}

/* Is one of the eight bytes of a word a quote, a backslash, a control byte or not ASCII? (May be wrong about a byte
 * behind the first that is, never about whether there is one.) */
static bool
word_is_special(uint64_t word)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), high = ones << 7;
    uint64_t quote = word ^ ones * '"', backslash = word ^ ones * '\\';

    return ((word | (word - ones * ' ') | (quote - ones) | (backslash - ones)) & high) != 0;
}

#ifdef __SSE2__
#define BLOCK 16

static void
copy_block(char *out, const char *in)
{
    _mm_storeu_si128((__m128i *)(void *)out, _mm_loadu_si128((const __m128i *)(const void *)in));
}

/* escape_plain by blocks, as far as whole ones go. `*stop`: the next byte needs more. Each copy is of a whole block:
 * what is not wanted of it is written over by the next. */
static size_t
escape_blocks(char **room, struct text in, bool *stop)
{
    const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\'), space = _mm_set1_epi8(' ');
    char *out = *room;
    size_t done = 0;

    for (size_t block = 0; block + 2 * BLOCK <= in.length && !*stop; block += BLOCK) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(in.data + block));
        unsigned found =
            (unsigned)_mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash)));
        /* signed: what is not ASCII is less than a space, too */
        unsigned more = (unsigned)_mm_movemask_epi8(_mm_cmplt_epi8(bytes, space));
        size_t end = block + BLOCK;

        if (more != 0) {
            end = block + (unsigned)__builtin_ctz(more);
            found &= (more & -more) - 1;
            *stop = true;
        }
        for (; found != 0; found &= found - 1) {
            size_t at = block + (unsigned)__builtin_ctz(found);

            copy_block(out, in.data + done);
            out += at - done;
            *out++ = '\\';
            done = at;
        }
        copy_block(out, in.data + done);
        out += end - done;
        done = end;
    }
    *room = out;
    return done;
}
#else
#define BLOCK 0

static size_t
escape_blocks(char **room, struct text in, bool *stop)
{
    (void)room, (void)in, (void)stop;
    return 0;
}
#endif

/* Copies ASCII, quotes and backslashes escaped; stops at the first byte that needs more. Gives how many bytes of `in`
 * are done. There must be room for twice as many, and a block. */
static size_t
escape_plain(char **room, struct text in)
{
    bool stop = false;
    size_t i = escape_blocks(room, in, &stop);
    char *out = *room;

    while (i < in.length && !stop) {
        uint64_t word;

        if (in.length - i >= sizeof word) {
            memcpy(&word, in.data + i, sizeof word);
            if (!word_is_special(word)) {
                memcpy(out, &word, sizeof word);
                out += sizeof word;
                i += sizeof word;
                continue;
            }
        }
        for (size_t end = in.length - i > 8 ? i + 8 : in.length; i < end; i++) {
            unsigned char c = (unsigned char)in.data[i];

            if (c < ' ' || c >= 0x80)
                goto done;
            if (c == '"' || c == '\\')
                *out++ = '\\';
            *out++ = (char)c;
        }
    }
done:
    *room = out;
    return i;
}

/* As much of the value as has no need of more than escape_plain, in pieces that the buffer has room for. */
static struct text
add_plain(struct buffer *out, struct text value)
{
    while (value.length > 0) {
        struct text piece = text_slice(value, 0, PLAIN_PIECE);
        char *begin, *end;
        size_t done;

        if (out->failed || buffer_length(out) + 2 * piece.length + BLOCK > out->ceiling)
            return value;
        begin = end = buffer_room(out, 2 * piece.length + BLOCK);
        if (begin == NULL)
            return value;
        done = escape_plain(&end, piece);
        buffer_wrote(out, (size_t)(end - begin));
        value = text_from(value, done);
        if (done < piece.length)
            return value;
    }
    return value;
}

void
json_escape_inside(struct buffer *out, struct text value)
{
    value = add_plain(out, value);
    while (value.length > 0) {
        size_t plain = plain_length(value);

        buffer_add(out, text_slice(value, 0, plain));
        value = text_from(value, plain);
        if (value.length > 0)
            value = add_plain(out, text_from(value, escape_one(out, value)));
    }
}

/* Up to 15 bytes, copied without a call: two words that overlap. False when one of them is special. */
static bool
copy_few(char *out, const char *in, size_t length)
{
    const uint64_t spaces = UINT64_C(0x2020202020202020); /* harmless in places that hold nothing */
    uint64_t first, last;
    uint32_t low, high;

    if (length >= 8) {
        memcpy(&first, in, 8);
        memcpy(&last, in + length - 8, 8);
        memcpy(out, &first, 8);
        memcpy(out + length - 8, &last, 8);
        return !word_is_special(first) && !word_is_special(last);
    }
    if (length >= 4) {
        memcpy(&low, in, 4);
        memcpy(&high, in + length - 4, 4);
        memcpy(out, &low, 4);
        memcpy(out + length - 4, &high, 4);
        return !word_is_special((uint64_t)high << 32 | low);
    }
    first = spaces;
    for (size_t i = 0; i < length; i++) {
        first = first << 8 | (unsigned char)in[i];
        out[i] = in[i];
    }
    return !word_is_special(first);
}

/* The same for any length. */
static bool
copy_plain(char *out, const char *in, size_t length)
{
    size_t i = 0;

#ifdef __SSE2__
    const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\'), space = _mm_set1_epi8(' ');
    __m128i special = _mm_setzero_si128();

    for (; length >= BLOCK && i < length; i += BLOCK) {
        size_t at = i + BLOCK <= length ? i : length - BLOCK; /* the last block overlaps */
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(in + at));

        special = _mm_or_si128(special, _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash)));
        special = _mm_or_si128(special, _mm_cmplt_epi8(bytes, space)); /* signed: and what is not ASCII */
        _mm_storeu_si128((__m128i *)(void *)(out + at), bytes);
    }
    if (i > 0)
        return _mm_movemask_epi8(special) == 0;
#else
    for (; i + 2 * sizeof(uint64_t) <= length; i += sizeof(uint64_t)) {
        if (!copy_few(out + i, in + i, sizeof(uint64_t)))
            return false;
    }
#endif
    return copy_few(out + i, in + i, length - i);
}

/* A short string as it is, quotes included; false when it needs more than that. */
static bool
add_short(struct buffer *out, struct text value)
{
    char *room = buffer_fits(out, value.length + 2) ? out->data + out->end : buffer_room(out, value.length + 2);

    if (room == NULL)
        return true; /* the buffer has failed */
    if (!copy_plain(room + 1, value.data, value.length))
        return false;
    room[0] = '"';
    room[value.length + 1] = '"';
    out->end += value.length + 2;
    return true;
}

void
json_escape(struct buffer *out, struct text value)
{
    if (value.length > 0 && value.length <= SHORT && add_short(out, value))
        return;
    buffer_byte(out, '"');
    json_escape_inside(out, value);
    buffer_byte(out, '"');
}
