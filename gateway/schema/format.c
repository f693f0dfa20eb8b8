/* format.c -- the table of formats: name, whom it belongs to, checker, and what a person is told. */
#include "schema/format.h"

#include <float.h>
#include <math.h>

#include "json/number.h"
#include "schema/format_check.h"
#include "schema/pattern.h"

struct format {
    const char *name;
    bool oas;                          /* OpenAPI's own */
    bool (*check_text)(struct text);   /* of strings; NULL: any string */
    bool (*check_number)(struct text); /* of the text of a JSON number; NULL: any number */
    const char *expected;
};

static bool
is_int32(struct text number)
{
    struct decimal d;
    int64_t value;

    decimal_read(&d, number);
    return decimal_to_i64(&d, &value) && value >= INT32_MIN && value <= INT32_MAX;
}

static bool
is_int64(struct text number)
{
    struct decimal d;
    int64_t value;

    decimal_read(&d, number);
    return decimal_to_i64(&d, &value);
}

static bool
is_float(struct text number)
{
    struct decimal d;

    decimal_read(&d, number);
    return d.digits + d.exponent <= FLT_MAX_10_EXP || fabs(decimal_to_double(&d)) <= (double)FLT_MAX;
}

static bool
is_double(struct text number)
{
    struct decimal d;

    decimal_read(&d, number);
    return d.digits + d.exponent <= DBL_MAX_10_EXP || isfinite(decimal_to_double(&d)) != 0;
}

#define TEXTUAL(name, check, expected)                                                                                 \
    {                                                                                                                  \
        name, false, check, NULL, expected                                                                             \
    }
#define OAS_TEXTUAL(name, check, expected)                                                                             \
    {                                                                                                                  \
        name, true, check, NULL, expected                                                                              \
    }
#define OAS_NUMERIC(name, check, expected)                                                                             \
    {                                                                                                                  \
        name, true, NULL, check, expected                                                                              \
    }

/* In the order of JSON Schema Validation 2020-12 section 7.3, then OpenAPI's (OAS 3.0 4.7.2, OAS 3.1 4.7.2). */
static const struct format formats[] = {
    TEXTUAL("date-time", format_is_date_time, "a date-time (RFC 3339), like 2025-06-27T12:00:00Z"),
    TEXTUAL("date", format_is_date, "a date (RFC 3339), like 2025-06-27"),
    TEXTUAL("time", format_is_time, "a time with its offset (RFC 3339), like 12:00:00Z"),
    TEXTUAL("duration", format_is_duration, "a duration (RFC 3339 appendix A), like P3DT12H"),
    TEXTUAL("email", format_is_email, "an e-mail address (RFC 5321), like ann@example.com"),
    TEXTUAL("idn-email", format_is_idn_email, "an e-mail address (RFC 6531), like ann@example.com"),
    TEXTUAL("hostname", format_is_hostname, "a host name (RFC 1123), like www.example.com"),
    TEXTUAL("idn-hostname", format_is_idn_hostname, "an internationalized host name (RFC 5890), like www.example.com"),
    TEXTUAL("ipv4", format_is_ipv4, "an IPv4 address (RFC 2673), like 192.0.2.1"),
    TEXTUAL("ipv6", format_is_ipv6, "an IPv6 address (RFC 4291), like 2001:db8::1"),
    TEXTUAL("uri", format_is_uri, "a URI with its scheme (RFC 3986), like https://example.com/a?b=c"),
    TEXTUAL("uri-reference", format_is_uri_reference, "a URI or relative reference (RFC 3986), like /a?b=c"),
    TEXTUAL("iri", format_is_iri, "an IRI with its scheme (RFC 3987), like https://example.com/a?b=c"),
    TEXTUAL("iri-reference", format_is_iri_reference, "an IRI or relative reference (RFC 3987), like /a?b=c"),
    TEXTUAL("uuid", format_is_uuid, "a UUID (RFC 4122), like 2eb8aa08-aa98-11ea-b4aa-73b441d16380"),
    TEXTUAL("uri-template", format_is_uri_template, "a URI template (RFC 6570), like /a/{b}"),
    TEXTUAL("json-pointer", format_is_json_pointer, "a JSON Pointer (RFC 6901), like /a/0/b"),
    TEXTUAL("relative-json-pointer", format_is_relative_json_pointer, "a relative JSON Pointer, like 1/a"),
    TEXTUAL("regex", pattern_is_valid, "a regular expression (ECMA-262), like ^[a-z]+$"),
    OAS_NUMERIC("int32", is_int32, "an integer of 32 bits, from -2147483648 to 2147483647"),
    OAS_NUMERIC("int64", is_int64, "an integer of 64 bits, from -9223372036854775808 to 9223372036854775807"),
    OAS_NUMERIC("float", is_float, "a number that single precision can hold, at most 3.4e38"),
    OAS_NUMERIC("double", is_double, "a number that double precision can hold, at most 1.8e308"),
    OAS_TEXTUAL("byte", format_is_base64, "Base64 with padding (RFC 4648 section 4), like aGVsbG8="),
    OAS_TEXTUAL("binary", NULL, "any octets"),
    OAS_TEXTUAL("password", NULL, "any text"),
};

const struct format *
format_find(struct text name, bool oas)
{
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        if ((oas || !formats[i].oas) && text_equal(name, text_of(formats[i].name)))
            return &formats[i];
    }
    return NULL;
}

const char *
format_name(const struct format *format)
{
    return format->name;
}

const char *
format_expected(const struct format *format)
{
    return format->expected;
}

bool
format_check(const struct format *format, const struct value *value)
{
    if (value_is(value, VALUE_STRING))
        return format_check_text(format, value_text(value));
    if (value_is(value, VALUE_NUMBER))
        return format->check_number == NULL || format->check_number(value_text(value));
    return true;
}

bool
format_check_text(const struct format *format, struct text text)
{
    return format->check_text == NULL || format->check_text(text);
}
