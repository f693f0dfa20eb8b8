/* format_template.c -- URI templates: literals and expressions in braces (RFC 6570 2, with erratum 6937: ' is a
 * literal). */
#include "schema/code_point.h"
#include "schema/format_check.h"

/* How many bytes the literal character at `at` takes; 0 when it is none. */
static size_t
literal_length(struct text t, size_t at)
{
    uint32_t c = 0;
    size_t length;

    if (t.data[at] == '%')
        return format_is_percent(t, at) ? 3 : 0;
    length = code_point_read(t, at, &c);
    if (length > 1) /* ucschar and iprivate: all but C1 controls, surrogates and noncharacters */
        return c >= 0xA0 && !code_point_is_surrogate(c) && (c & 0xFFFE) != 0xFFFE && !(c >= 0xFDD0 && c <= 0xFDEF)
                   ? length
                   : 0;
    return c > ' ' && c < 0x7F && !format_is_one_of((char)c, "\"<>\\^`{|}") ? length : 0;
}

/* varname = varchar *( ["."] varchar ) */
static size_t
name_length(struct text t)
{
    size_t at = 0;

    while (at < t.length) {
        size_t dot = at > 0 && t.data[at] == '.' && at + 1 < t.length ? 1 : 0;
        char c = t.data[at + dot];

        if (format_is_letter(c) || format_is_digit(c) || c == '_')
            at += dot + 1;
        else if (format_is_percent(t, at + dot))
            at += dot + 3;
        else
            break;
    }
    return at;
}

/* varname, then maybe "*" or ":" and a length from 1 to 9999 */
static bool
is_variable(struct text t)
{
    size_t name = name_length(t);
    struct text modifier = text_from(t, name);

    if (name == 0)
        return false;
    if (modifier.length == 0 || text_equal(modifier, TEXT("*")))
        return true;
    if (modifier.data[0] != ':' || modifier.length < 2 || modifier.length > 5 || modifier.data[1] == '0')
        return false;
    for (size_t i = 1; i < modifier.length; i++) {
        if (!format_is_digit(modifier.data[i]))
            return false;
    }
    return true;
}

/* What stands between the braces. */
static bool
is_expression(struct text t)
{
    struct text_split split;
    struct text variable;

    if (t.length > 0 && format_is_one_of(t.data[0], "+#./;?&=,!@|"))
        t = text_from(t, 1);
    split = text_split_start(t);
    while (text_split_next(&split, ',', &variable)) {
        if (!is_variable(variable))
            return false;
    }
    return true;
}

bool
format_is_uri_template(struct text t)
{
    size_t at = 0;

    while (at < t.length) {
        if (t.data[at] == '{') {
            size_t length = text_find(text_from(t, at), '}');

            if (at + length == t.length || !is_expression(text_slice(t, at + 1, length - 1)))
                return false;
            at += length + 1;
        } else {
            size_t length = literal_length(t, at);

            if (length == 0)
                return false;
            at += length;
        }
    }
    return true;
}
