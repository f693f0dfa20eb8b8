/* format_check.h -- the checkers behind the table of format.c: is this text of that form? Inside schema/format only.
 *
 * Every one takes any bytes, reads each at most a few times, and allocates nothing (the idn ones: what libidn2
 * allocates). */
#ifndef SCHEMA_FORMAT_CHECK_H
#define SCHEMA_FORMAT_CHECK_H

#include <stdbool.h>

#include "base/text.h"

/* format_time.c: RFC 3339 5.6 and appendix A. The second 60 is one only when it is 23:59 in UTC. */
bool format_is_date_time(struct text t);
bool format_is_date(struct text t);
bool format_is_time(struct text t);
bool format_is_duration(struct text t);

/* format_net.c: RFC 2673 3.2 (no leading zeros); RFC 4291 2.2 (no zone, no prefix length). */
bool format_is_ipv4(struct text t);
bool format_is_ipv6(struct text t);
/* RFC 1123 2.1, RFC 5890 for labels that begin with xn--. At most 253 characters, no dot at the end. */
bool format_is_hostname(struct text t);

/* format_idn.c: RFC 5890 to 5893, with the contextual rules of RFC 5892 A. */
bool format_is_idn_hostname(struct text t);
/* One label with the prefix xn--, which begins like LDH. */
bool format_is_a_label(struct text label);

/* format_email.c: Mailbox of RFC 5321 4.1.2, with RFC 6531 3.3 for idn-email. */
bool format_is_email(struct text t);
bool format_is_idn_email(struct text t);

/* format_uri.c: RFC 3986 appendix A, RFC 3987 2.2. */
bool format_is_uri(struct text t);
bool format_is_uri_reference(struct text t);
bool format_is_iri(struct text t);
bool format_is_iri_reference(struct text t);

/* format_template.c: RFC 6570 2. */
bool format_is_uri_template(struct text t);

/* format_token.c: RFC 4122 3; RFC 6901 3; draft-bhutton-relative-json-pointer-00 3; RFC 4648 4. */
bool format_is_uuid(struct text t);
bool format_is_json_pointer(struct text t);
bool format_is_relative_json_pointer(struct text t);
bool format_is_base64(struct text t);

/* ---- characters ---- */

static inline bool
format_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool
format_is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline bool
format_is_hex(char c)
{
    return text_hex_digit(c) >= 0;
}

/* c is one of the characters of the list; NUL never is. */
static inline bool
format_is_one_of(char c, const char *list)
{
    return c != '\0' && strchr(list, c) != NULL;
}

/* "%" and two hexadecimal digits at `at` (RFC 3986 2.1). */
static inline bool
format_is_percent(struct text t, size_t at)
{
    return t.length - at >= 3 && t.data[at] == '%' && format_is_hex(t.data[at + 1]) && format_is_hex(t.data[at + 2]);
}

#endif
