/* yaml_write.c -- a document as YAML 1.2 in block style. */
#include "json/yaml_write.h"

#include "json/write.h"

#define INDENT 2

static bool
is_word(struct text t, const char *list)
{
    struct text_split split = text_split_start(text_of(list));
    struct text word;

    while (text_split_next(&split, '|', &word))
        if (text_equal_nocase(t, word))
            return true;
    return false;
}

/* Begins with a letter, '/', '$' or '_', has nothing that YAML means something by, and is no word of YAML 1.1 either.
 */
bool
yaml_is_plain(struct text t)
{
    if (t.length == 0 || t.length > 200 || is_word(t, "null|true|false|yes|no|on|off|y|n|nan|inf"))
        return false;
    for (size_t i = 0; i < t.length; i++) {
        char c = t.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        bool other = (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '(' || c == ')' ||
                     (c == ' ' && i > 0 && i + 1 < t.length && t.data[i - 1] != ' ');

        if (!letter && c != '/' && c != '$' && (i == 0 || !other))
            return false;
    }
    return true;
}

static void
write_string(struct buffer *out, struct text t)
{
    if (yaml_is_plain(t))
        buffer_add(out, t);
    else
        json_escape(out, t);
}

static void
begin_line(struct buffer *out, unsigned depth)
{
    for (unsigned i = 0; i < depth * INDENT; i++)
        buffer_byte(out, ' ');
}

static void
write_scalar(struct buffer *out, const struct value *v)
{
    static const struct text words[] = { { "null", 4 }, { "false", 5 }, { "true", 4 } };

    if (v->type == VALUE_STRING)
        write_string(out, value_text(v));
    else if (v->type == VALUE_NUMBER)
        buffer_add(out, value_text(v));
    else if (v->type == VALUE_OBJECT)
        buffer_add(out, TEXT("{}"));
    else
        buffer_add(out, v->type == VALUE_ARRAY ? TEXT("[]") : words[v->type]);
    buffer_byte(out, '\n');
}

static bool
is_block(const struct value *v)
{
    return (v->type == VALUE_OBJECT || v->type == VALUE_ARRAY) && v->count > 0;
}

/* `hangs`: the line has its indentation and a dash already. */
static void
write_block(struct buffer *out, const struct value *v, unsigned depth, bool hangs)
{
    if (v->type == VALUE_OBJECT) {
        for (VALUE_EACH_MEMBER(key, v)) {
            const struct value *member = value_next(key);

            if (!hangs)
                begin_line(out, depth);
            hangs = false;
            write_string(out, value_text(key));
            buffer_add(out, is_block(member) ? TEXT(":\n") : TEXT(": "));
            if (is_block(member))
                write_block(out, member, depth + 1, false);
            else
                write_scalar(out, member);
        }
        return;
    }
    for (VALUE_EACH_ITEM(item, v)) {
        if (!hangs)
            begin_line(out, depth);
        hangs = false;
        buffer_add(out, TEXT("- "));
        if (is_block(item))
            write_block(out, item, depth + 1, true);
        else
            write_scalar(out, item);
    }
}

void
yaml_write(struct buffer *out, const struct value *value)
{
    if (is_block(value))
        write_block(out, value, 0, false);
    else
        write_scalar(out, value);
}
