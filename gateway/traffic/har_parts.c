#include "traffic/har_parts.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/time_text.h"
#include "json/number.h"
#include "schema/format.h"

/* ---- times ---- */

#define TIME_BYTES 64

/* Where the zone of "…T12:00:00.5+0200" begins; the length where there is none. */
static size_t
zone_at(struct text t)
{
    for (size_t i = 11; i < t.length; i++)
        if (t.data[i] == '+' || t.data[i] == '-' || t.data[i] == 'Z' || t.data[i] == 'z')
            return i;
    return t.length;
}

static bool
read_odd_time(struct text t, int64_t *ns)
{
    char zone[8] = "Z", all[TIME_BYTES + 16];
    size_t at;
    struct text rest;

    t = text_trim(t);
    if (t.length < 19 || t.length > TIME_BYTES)
        return false;
    at = zone_at(t);
    rest = text_from(t, at);
    if (rest.length == 5) /* +0200 */
        snprintf(zone, sizeof(zone), "%.3s:%.2s", rest.data, rest.data + 3);
    else if (rest.length == 3) /* +02 */
        snprintf(zone, sizeof(zone), "%.3s:00", rest.data);
    else if (rest.length == 6)
        snprintf(zone, sizeof(zone), "%.6s", rest.data);
    rest = text_trim(text_slice(t, 0, at));
    snprintf(all, sizeof(all), "%.10sT%.*s%s", rest.data, (int)(rest.length > 11 ? rest.length - 11 : 0),
             rest.data + 11, zone);
    for (char *c = all; *c != '\0'; c++)
        if (*c == ',')
            *c = '.';
    return time_text_read(text_of(all), ns);
}

bool
har_time_read(const struct value *v, int64_t *ns)
{
    struct decimal number;
    double ms;

    if (value_is(v, VALUE_STRING))
        return time_text_read(value_text(v), ns) || read_odd_time(value_text(v), ns);
    if (!value_is(v, VALUE_NUMBER))
        return false;
    decimal_read(&number, value_text(v));
    ms = decimal_to_double(&number);
    if (!(ms > 0 && ms < 9e12))
        return false;
    *ns = (int64_t)ms * 1000000 + (int64_t)((ms - (double)(int64_t)ms) * 1e6);
    return true;
}

/* ---- URLs ---- */

static bool
is_uri(struct text t)
{
    return format_check_text(format_find(TEXT("uri"), false), t);
}

static void
encode_byte(struct buffer *out, char c)
{
    static const char digits[] = "0123456789ABCDEF";

    buffer_byte(out, '%');
    buffer_byte(out, digits[(unsigned char)c >> 4]);
    buffer_byte(out, digits[(unsigned char)c & 15]);
}

/* Copy t; what is none of letters, digits and `allowed` is encoded. A valid %XX stays. */
static void
encode_part(struct buffer *out, struct text t, const char *allowed)
{
    for (size_t i = 0; i < t.length; i++) {
        char c = t.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        bool encoded =
            c == '%' && i + 2 < t.length && text_hex_digit(t.data[i + 1]) >= 0 && text_hex_digit(t.data[i + 2]) >= 0;

        if (letter || encoded || (c != '\0' && c != '%' && strchr(allowed, c) != NULL))
            buffer_byte(out, c);
        else
            encode_byte(out, c);
    }
}

#define SUB_DELIMITERS "-._~!$&'()*+,;="

/* scheme://authority/path?query#fragment, each by its own characters (RFC 3986 appendix A). */
static void
encode_url(struct buffer *out, struct text url, bool keep_authority)
{
    size_t scheme = text_search(url, TEXT("://")), end;
    struct text rest = scheme < url.length ? text_from(url, scheme + 3) : url;
    struct text path, query, fragment;

    for (end = 0; end < rest.length && strchr("/?#", rest.data[end]) == NULL;)
        end++;
    fragment = text_from(rest, end);
    path = text_slice(fragment, 0, text_find(fragment, '#'));
    fragment = text_from(fragment, path.length);
    query = text_from(path, text_find(path, '?'));
    path = text_slice(path, 0, text_find(path, '?'));
    buffer_add(out, scheme < url.length ? text_slice(url, 0, scheme) : TEXT("http"));
    buffer_add(out, TEXT("://"));
    encode_part(out, text_slice(rest, 0, end), keep_authority ? SUB_DELIMITERS ":@[]" : SUB_DELIMITERS);
    encode_part(out, path, SUB_DELIMITERS ":@/");
    if (query.length > 0)
        buffer_byte(out, '?');
    encode_part(out, text_from(query, 1), SUB_DELIMITERS ":@/?");
    if (fragment.length > 0)
        buffer_byte(out, '#');
    encode_part(out, text_from(fragment, 1), SUB_DELIMITERS ":@/?");
}

struct text
har_url(struct text url, struct arena *arena)
{
    struct text made = { NULL, 0 };
    struct buffer out;

    if (url.length == 0 || is_uri(url))
        return url;
    buffer_init(&out, LIMIT_RECORD_LINE);
    for (int keep = 1; keep >= 0 && made.length == 0; keep--) {
        buffer_clear(&out);
        encode_url(&out, url, keep != 0);
        if (!buffer_failed(&out) && is_uri(buffer_text(&out)))
            made = arena_text(arena, buffer_text(&out));
    }
    buffer_release(&out);
    return made;
}

static bool
is_on_wire(char c)
{
    return c > ' ' && c < 0x7f;
}

struct text
har_wire_url(struct text url, struct arena *arena)
{
    struct text made = url;
    size_t i = 0;
    struct buffer out;

    while (i < url.length && is_on_wire(url.data[i]))
        i++;
    if (i == url.length)
        return url;
    buffer_init(&out, LIMIT_RECORD_LINE);
    buffer_add(&out, text_slice(url, 0, i));
    for (; i < url.length; i++) {
        if (is_on_wire(url.data[i]))
            buffer_byte(&out, url.data[i]);
        else
            encode_byte(&out, url.data[i]);
    }
    if (!buffer_failed(&out))
        made = arena_text(arena, buffer_text(&out));
    buffer_release(&out);
    return made.data != NULL ? made : url;
}

/* ---- cookies ---- */

static struct text
string_member(const struct value *v, const char *key)
{
    const struct value *member = value_member(v, text_of(key));

    return value_is(member, VALUE_STRING) ? value_text(member) : text_make(NULL, 0);
}

static void
write_pair(struct json_writer *w, struct text pair)
{
    size_t equals = text_find(pair, '=');

    JSON_KEY(w, "name");
    json_string(w, text_trim(text_slice(pair, 0, equals)));
    JSON_KEY(w, "value");
    json_string(w, text_trim(text_from(pair, equals + 1)));
}

/* "a=b; c=d" (RFC 6265 4.2.1). */
static void
write_sent(struct json_writer *w, struct text field)
{
    struct text_split split = text_split_start(field);
    struct text pair;

    while (text_split_next(&split, ';', &pair)) {
        if (text_trim(pair).length == 0)
            continue;
        json_object(w);
        write_pair(w, pair);
        json_end_object(w);
    }
}

static void
write_attribute(struct json_writer *w, struct text attribute)
{
    size_t equals = text_find(attribute, '=');
    struct text name = text_trim(text_slice(attribute, 0, equals)), value = text_trim(text_from(attribute, equals + 1));

    if (text_equal_nocase(name, TEXT("path"))) {
        JSON_KEY(w, "path");
        json_string(w, value);
    } else if (text_equal_nocase(name, TEXT("domain"))) {
        JSON_KEY(w, "domain");
        json_string(w, value);
    } else if (text_equal_nocase(name, TEXT("httponly"))) {
        JSON_KEY(w, "httpOnly");
        json_bool(w, true);
    } else if (text_equal_nocase(name, TEXT("secure"))) {
        JSON_KEY(w, "secure");
        json_bool(w, true);
    }
}

/* "a=b; Path=/; Secure" (RFC 6265 4.1.1). */
static void
write_set(struct json_writer *w, struct text field)
{
    struct text_split split = text_split_start(field);
    struct text part;

    if (!text_split_next(&split, ';', &part) || text_trim(part).length == 0)
        return;
    json_object(w);
    write_pair(w, part);
    while (text_split_next(&split, ';', &part))
        write_attribute(w, part);
    json_end_object(w);
}

void
har_write_cookies(struct json_writer *w, const struct value *headers, bool request)
{
    json_array(w);
    if (value_is(headers, VALUE_ARRAY)) {
        for (VALUE_EACH_ITEM(item, headers)) {
            struct text name = string_member(item, "name"), value = string_member(item, "value");

            if (request && text_equal_nocase(name, TEXT("Cookie")))
                write_sent(w, value);
            else if (!request && text_equal_nocase(name, TEXT("Set-Cookie")))
                write_set(w, value);
        }
    }
    json_end_array(w);
}

void
har_write_server(struct json_writer *w, const struct value *upstream)
{
    struct text t = value_is(upstream, VALUE_STRING) ? value_text(upstream) : text_make(NULL, 0);
    bool bracketed = text_starts(t, TEXT("["));

    t = bracketed ? text_slice(t, 1, text_find(t, ']') - 1) : text_slice(t, 0, text_find(t, ':'));
    if (!format_check_text(format_find(bracketed ? TEXT("ipv6") : TEXT("ipv4"), false), t))
        return;
    JSON_KEY(w, "serverIPAddress");
    json_string(w, t);
}
