/* format_token.c -- the short ones: UUIDs, pointers, Base64. */
#include "base/base64.h"
#include "schema/code_point.h"
#include "schema/format_check.h"

bool
format_is_uuid(struct text t)
{
    if (t.length != 36)
        return false;
    for (size_t i = 0; i < t.length; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;

        if (dash ? t.data[i] != '-' : !format_is_hex(t.data[i]))
            return false;
    }
    return true;
}

bool
format_is_json_pointer(struct text t)
{
    if (t.length > 0 && t.data[0] != '/')
        return false;
    for (size_t i = 0; i < t.length; i++) {
        if (t.data[i] == '~' && (i + 1 == t.length || (t.data[i + 1] != '0' && t.data[i + 1] != '1')))
            return false;
    }
    return code_points_well_formed(t);
}

/* Takes a number without leading zeros off the front. */
static bool
take_count(struct text *t, bool zero)
{
    size_t digits = 0;

    while (digits < t->length && format_is_digit(t->data[digits]))
        digits++;
    if (digits == 0 || (t->data[0] == '0' && (digits > 1 || !zero)))
        return false;
    *t = text_from(*t, digits);
    return true;
}

bool
format_is_relative_json_pointer(struct text t)
{
    if (!take_count(&t, true))
        return false;
    if (t.length > 0 && (t.data[0] == '+' || t.data[0] == '-')) {
        t = text_from(t, 1);
        if (!take_count(&t, false))
            return false;
    }
    return text_equal(t, TEXT("#")) || format_is_json_pointer(t);
}

/* With padding, without line breaks; bits that no byte needs are zero, as every encoder must make them (RFC 4648
 * 3.5). */
bool
format_is_base64(struct text t)
{
    size_t digits = t.length;
    int last;

    if (t.length == 0)
        return true;
    if (t.length % 4 != 0)
        return false;
    while (digits > t.length - 2 && t.data[digits - 1] == '=')
        digits--;
    for (size_t i = 0; i < digits; i++) {
        if (base64_digit(t.data[i]) < 0)
            return false;
    }
    last = base64_digit(t.data[digits - 1]);
    return (t.length - digits == 0) || (last & (t.length - digits == 1 ? 3 : 15)) == 0;
}
