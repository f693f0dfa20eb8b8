/* format_email.c -- the Mailbox of RFC 5321 4.1.2; RFC 6531 3.3 adds everything beyond ASCII to it. */
#include "schema/code_point.h"
#include "schema/format_check.h"

#define LOCAL_LONGEST 64 /* octets (RFC 5321 4.5.3.1.1) */

static bool
is_atext(char c, bool international)
{
    return format_is_letter(c) || format_is_digit(c) || format_is_one_of(c, "!#$%&'*+-/=?^_`{|}~") ||
           (international && (unsigned char)c >= 0x80);
}

/* Atoms with single dots between. */
static bool
is_dot_string(struct text local, bool international)
{
    struct text_split split = text_split_start(local);
    struct text atom;

    while (text_split_next(&split, '.', &atom)) {
        if (atom.length == 0)
            return false;
        for (size_t i = 0; i < atom.length; i++) {
            if (!is_atext(atom.data[i], international))
                return false;
        }
    }
    return true;
}

/* The length of a quoted string at the front, with its quotes; 0 when it is none. */
static size_t
quoted_length(struct text t, bool international)
{
    for (size_t i = 1; i < t.length; i++) {
        unsigned char c = (unsigned char)t.data[i];

        if (c == '"')
            return i + 1;
        if (c == '\\' && (++i == t.length || t.data[i] < ' ' || t.data[i] > '~'))
            return 0;
        if (c < ' ' || c == 0x7F || (c >= 0x80 && !international))
            return 0;
    }
    return 0;
}

static bool
is_address_literal(struct text t)
{
    if (t.length < 2 || t.data[0] != '[' || t.data[t.length - 1] != ']')
        return false;
    t = text_slice(t, 1, t.length - 2);
    if (t.length >= 5 && text_equal_nocase(text_slice(t, 0, 5), TEXT("IPv6:")))
        return format_is_ipv6(text_from(t, 5));
    return format_is_ipv4(t); /* no other tag has ever been registered */
}

static bool
is_mailbox(struct text t, bool international)
{
    bool quoted = t.length > 0 && t.data[0] == '"';
    size_t at = quoted ? quoted_length(t, international) : text_find(t, '@');
    struct text local = text_slice(t, 0, at);
    struct text domain = text_from(t, at + 1);

    if (at == 0 || at >= t.length || t.data[at] != '@' || local.length > LOCAL_LONGEST)
        return false;
    if (!quoted && !is_dot_string(local, international))
        return false;
    if (international && !text_is_utf8(t))
        return false;
    if (domain.length > 0 && domain.data[0] == '[')
        return is_address_literal(domain);
    return international ? format_is_idn_hostname(domain) : format_is_hostname(domain);
}

bool
format_is_email(struct text t)
{
    return is_mailbox(t, false);
}

bool
format_is_idn_email(struct text t)
{
    return is_mailbox(t, true);
}
