/* pointer.c -- JSON Pointers, read and written. */
#include "json/pointer.h"

#include <string.h>

#include "base/limits.h"

/* What a token means: ~1 is /, ~0 is ~ (RFC 6901 4). Into out, which has room for as many bytes; false when it is
 * none. */
static bool
unescape(struct text token, char *out, struct text *meaning)
{
    size_t length = 0;

    for (size_t i = 0; i < token.length; i++) {
        char c = token.data[i];

        if (c == '~') {
            i++;
            if (i == token.length || (token.data[i] != '0' && token.data[i] != '1'))
                return false;
            c = token.data[i] == '0' ? '~' : '/';
        }
        out[length++] = c;
    }
    *meaning = text_make(out, length);
    return true;
}

/* An index has no needless zeros; "-" (behind the last item) never leads to a value. */
static const struct value *
item_of(const struct value *array, struct text token)
{
    uint64_t index;

    if (token.length > 1 && token.data[0] == '0')
        return NULL;
    if (!text_to_u64(token, &index) || index >= array->count)
        return NULL;
    return value_item(array, (uint32_t)index);
}

const struct value *
pointer_find(const struct value *root, struct text pointer)
{
    struct text_split split = text_split_start(pointer);
    char memory[LIMIT_POINTER_BYTES];
    const struct value *v = root;
    struct text token;

    if (pointer.length > LIMIT_POINTER_BYTES)
        return NULL;
    (void)text_split_next(&split, '/', &token);
    if (token.length > 0) /* it begins with no slash */
        return NULL;
    while (v != NULL && text_split_next(&split, '/', &token)) {
        if (text_find(token, '~') < token.length && !unescape(token, memory, &token))
            return NULL;
        v = value_is(v, VALUE_ARRAY) ? item_of(v, token) : value_member(v, token);
    }
    return v;
}

const struct value *
pointer_find_fragment(const struct value *root, struct text fragment)
{
    char memory[LIMIT_POINTER_BYTES];
    size_t length = 0;

    for (size_t i = 0; i < fragment.length; i++) {
        char c = fragment.data[i];

        if (c == '%') {
            int high = i + 2 < fragment.length ? text_hex_digit(fragment.data[i + 1]) : -1;
            int low = i + 2 < fragment.length ? text_hex_digit(fragment.data[i + 2]) : -1;

            if (high < 0 || low < 0)
                return NULL;
            c = (char)(high << 4 | low);
            i += 2;
        }
        if (length == sizeof memory)
            return NULL;
        memory[length++] = c;
    }
    return pointer_find(root, text_make(memory, length));
}

void
pointer_add(struct buffer *b, struct text token)
{
    buffer_byte(b, '/');
    while (token.length > 0) {
        size_t plain = 0;

        while (plain < token.length && token.data[plain] != '~' && token.data[plain] != '/')
            plain++;
        buffer_add(b, text_slice(token, 0, plain));
        if (plain == token.length)
            return;
        buffer_add(b, token.data[plain] == '~' ? TEXT("~0") : TEXT("~1"));
        token = text_from(token, plain + 1);
    }
}

/* One level down: the child in which target is; its token is appended. NULL when it is in none. */
static const struct value *
step_towards(const struct value *v, const struct value *target, struct buffer *out)
{
    uint32_t index = 0;

    if (v->type == VALUE_ARRAY) {
        for (VALUE_EACH_ITEM(item, v)) {
            if (target < value_next(item)) {
                buffer_print(out, "/%u", index);
                return item;
            }
            index++;
        }
    } else if (v->type == VALUE_OBJECT) {
        for (VALUE_EACH_MEMBER(key, v)) {
            if (target < value_next(key + 1)) {
                pointer_add(out, value_text(key));
                return key + 1;
            }
        }
    }
    return NULL;
}

struct text
pointer_to(const struct value *root, const struct value *target, struct arena *arena)
{
    const struct value *v = root;
    struct text result;
    struct buffer out;

    buffer_init(&out, LIMIT_POINTER_BYTES);
    while (v != NULL && target > v)
        v = step_towards(v, target, &out);
    if (buffer_failed(&out)) /* the rest of a pointer that long helps nobody */
        result = arena_print(arena, "%.*s…", TEXT_PRINT(buffer_text(&out)));
    else
        result = v != NULL && target >= root ? arena_text(arena, buffer_text(&out)) : text_make(NULL, 0);
    buffer_release(&out);
    return result;
}
