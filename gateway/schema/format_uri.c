/* format_uri.c -- URIs by the grammar of RFC 3986 appendix A, and IRIs, which are the same with more characters (RFC
 * 3987 2.2). */
#include "schema/code_point.h"
#include "schema/format_check.h"

/* Which characters a component takes beside unreserved ones, sub-delims and percent-encoded ones. */
struct component {
    const char *also;
    bool private_use; /* of IRIs: queries only */
};

static const struct component userinfo = { ":", false };
static const struct component reg_name = { "", false };
static const struct component path = { ":@/", false };
static const struct component query = { ":@/?", true };
static const struct component fragment = { ":@/?", false };

/* ucschar and iprivate of RFC 3987 2.2. */
static bool
is_international(uint32_t c, bool private_use)
{
    if (private_use &&
        ((c >= 0xE000 && c <= 0xF8FF) || (c >= 0xF0000 && c <= 0xFFFFD) || (c >= 0x100000 && c <= 0x10FFFD)))
        return true;
    if (c < 0x10000)
        return (c >= 0xA0 && c <= 0xD7FF) || (c >= 0xF900 && c <= 0xFDCF) || (c >= 0xFDF0 && c <= 0xFFEF);
    return c <= 0xEFFFD && (c & 0xFFFF) <= 0xFFFD && !(c >= 0xE0000 && c <= 0xE0FFF);
}

static bool
is_plain(char c)
{
    return format_is_letter(c) || format_is_digit(c) || format_is_one_of(c, "-._~!$&'()*+,;=");
}

static bool
is_component(struct text t, const struct component *component, bool iri)
{
    size_t at = 0;

    if (t.data == NULL) /* empty */
        return true;
    while (at < t.length) {
        uint32_t c = 0;

        if (is_plain(t.data[at]) || format_is_one_of(t.data[at], component->also)) {
            at++;
        } else if (format_is_percent(t, at)) {
            at += 3;
        } else {
            size_t length = code_point_read(t, at, &c);

            if (!iri || length < 2 || !is_international(c, component->private_use))
                return false;
            at += length;
        }
    }
    return true;
}

/* "[" IPv6address / IPvFuture "]" */
static bool
is_ip_literal(struct text t)
{
    size_t dot;

    if (t.length < 2 || t.data[t.length - 1] != ']')
        return false;
    t = text_slice(t, 1, t.length - 2);
    if (t.length == 0 || (t.data[0] != 'v' && t.data[0] != 'V'))
        return format_is_ipv6(t);
    dot = text_find(t, '.');
    for (size_t i = 1; i < dot; i++) {
        if (!format_is_hex(t.data[i]))
            return false;
    }
    t = text_from(t, dot + 1);
    for (size_t i = 0; i < t.length; i++) {
        if (!is_plain(t.data[i]) && t.data[i] != ':')
            return false;
    }
    return dot >= 2 && t.length > 0;
}

/* [ userinfo "@" ] host [ ":" port ] */
static bool
is_authority(struct text t, bool iri)
{
    size_t at = text_find(t, '@');
    size_t host_end;

    if (at < t.length) {
        if (!is_component(text_slice(t, 0, at), &userinfo, iri))
            return false;
        t = text_from(t, at + 1);
    }
    if (t.data == NULL) /* an empty host, as in file:///etc/hosts */
        return true;
    if (t.length > 0 && t.data[0] == '[') {
        host_end = text_find(t, ']') + 1;
        if (host_end > t.length || !is_ip_literal(text_slice(t, 0, host_end)))
            return false;
    } else {
        host_end = text_find(t, ':');
        if (!is_component(text_slice(t, 0, host_end), &reg_name, iri))
            return false;
    }
    if (host_end == t.length)
        return true;
    if (t.data[host_end] != ':')
        return false;
    for (size_t i = host_end + 1; i < t.length; i++) {
        if (!format_is_digit(t.data[i]))
            return false;
    }
    return true;
}

/* The length of the scheme at the front, without its colon; 0 when there is none. */
static size_t
scheme_length(struct text t)
{
    size_t length = 0;

    if (t.length == 0 || !format_is_letter(t.data[0]))
        return 0;
    while (length < t.length && (format_is_letter(t.data[length]) || format_is_digit(t.data[length]) ||
                                 format_is_one_of(t.data[length], "+-.")))
        length++;
    return length < t.length && t.data[length] == ':' ? length : 0;
}

/* hier-part or relative-part */
static bool
is_hierarchy(struct text t, bool has_scheme, bool iri)
{
    if (text_starts(t, TEXT("//"))) {
        size_t end;

        t = text_from(t, 2);
        end = text_find(t, '/');
        return is_authority(text_slice(t, 0, end), iri) && is_component(text_from(t, end), &path, iri);
    }
    /* Without a scheme a colon in the first segment would make one (path-noscheme). */
    if (!has_scheme && text_find(t, ':') < text_find(t, '/'))
        return false;
    return is_component(t, &path, iri);
}

static bool
is_reference(struct text t, bool needs_scheme, bool iri)
{
    size_t scheme = scheme_length(t), end;

    if (needs_scheme && scheme == 0)
        return false;
    if (scheme > 0)
        t = text_from(t, scheme + 1);
    end = text_find(t, '#');
    if (!is_component(text_from(t, end + 1), &fragment, iri))
        return false;
    t = text_slice(t, 0, end);
    end = text_find(t, '?');
    if (!is_component(text_from(t, end + 1), &query, iri))
        return false;
    return is_hierarchy(text_slice(t, 0, end), scheme > 0, iri);
}

bool
format_is_uri(struct text t)
{
    return is_reference(t, true, false);
}

bool
format_is_uri_reference(struct text t)
{
    return is_reference(t, false, false);
}

bool
format_is_iri(struct text t)
{
    return is_reference(t, true, true);
}

bool
format_is_iri_reference(struct text t)
{
    return is_reference(t, false, true);
}
