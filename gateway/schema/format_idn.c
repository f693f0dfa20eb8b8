/* format_idn.c -- internationalized host names. The one door to libidn2.
 *
 * A name is judged as if it were to be registered (RFC 5891 4): that is the strict reading, with code points that
 * Unicode has not assigned, unnormalized text and broken contexts refused. idn2_register_u8 does it for one label. */
#include <idn2.h>

#include "schema/code_point.h"
#include "schema/format_check.h"

#define NAME_LONGEST  253
#define LABEL_LONGEST 63
#define LABEL_BYTES   (LABEL_LONGEST * 4) /* no longer label can become one of 63 */

/* Copies the label, in lower case if asked, as a C string. */
static bool
copy_label(char *copy, struct text label, bool lower)
{
    if (label.length == 0 || label.length > LABEL_BYTES)
        return false;
    for (size_t i = 0; i < label.length; i++) {
        char c = label.data[i];

        if (c == '\0')
            return false;
        copy[i] = lower && c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    copy[label.length] = '\0';
    return true;
}

bool
format_is_a_label(struct text label)
{
    char copy[LABEL_BYTES + 1];
    uint8_t *made = NULL;
    int result;

    if (label.length > LABEL_LONGEST || !copy_label(copy, label, true) || strncmp(copy, "xn--", 4) != 0)
        return false;
    result = idn2_register_u8(NULL, (const uint8_t *)copy, &made, 0);
    idn2_free(made);
    return result == IDN2_OK;
}

/* A label that is not all ASCII; *length is that of its A-label. */
static bool
is_u_label(struct text label, size_t *length)
{
    char copy[LABEL_BYTES + 1];
    uint8_t *made = NULL;
    bool valid = text_is_utf8(label) && copy_label(copy, label, false) &&
                 idn2_register_u8((const uint8_t *)copy, NULL, &made, 0) == IDN2_OK && made != NULL;

    *length = valid ? strlen((const char *)made) : 0;
    idn2_free(made);
    return valid;
}

static bool
is_ascii(struct text t)
{
    for (size_t i = 0; i < t.length; i++) {
        if ((unsigned char)t.data[i] >= 0x80)
            return false;
    }
    return true;
}

/* Where the next dot is, in any of the four forms that separate labels (RFC 3490 3.1), and how long it is. */
static size_t
find_dot(struct text t, size_t *dot_length)
{
    static const char *const dots[] = { "\xE3\x80\x82", "\xEF\xBC\x8E", "\xEF\xBD\xA1" };
    size_t nearest = text_find(t, '.');

    *dot_length = nearest < t.length ? 1 : 0;
    for (size_t i = 0; i < sizeof(dots) / sizeof(dots[0]); i++) {
        size_t at = text_search(t, text_of(dots[i]));

        if (at < nearest) {
            nearest = at;
            *dot_length = 3;
        }
    }
    return nearest;
}

bool
format_is_idn_hostname(struct text t)
{
    size_t total = 0;

    if (t.length > (size_t)NAME_LONGEST * 4)
        return false;
    for (;;) {
        size_t dot_length, length;
        size_t at = find_dot(t, &dot_length);
        struct text label = text_slice(t, 0, at);

        if (is_ascii(label)) {
            length = label.length;
            if (!format_is_hostname(label))
                return false;
        } else if (!is_u_label(label, &length)) {
            return false;
        }
        total += length;
        if (dot_length == 0)
            return total <= NAME_LONGEST;
        total++;
        t = text_from(t, at + dot_length);
    }
}
