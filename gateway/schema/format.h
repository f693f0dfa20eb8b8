/* format.h -- the formats of JSON Schema Validation 2020-12 (section 7.3) and of OpenAPI, as one table.
 *
 * Each row names the format, the type of value it speaks about, and the RFC its checker implements: date-time, date,
 * time, duration (RFC 3339), email, idn-email (RFC 5321, 6531), hostname (RFC 1123), idn-hostname (RFC 5890 by
 * libidn2), ipv4 (RFC 2673), ipv6 (RFC 4291), uri, uri-reference, iri, iri-reference (RFC 3986, 3987), uuid (RFC 4122),
 * uri-template (RFC 6570), json-pointer, relative-json-pointer (RFC 6901), regex (ECMA-262); int32, int64, float,
 * double, byte, binary, password (OpenAPI). Leap seconds are accepted where it is 23:59 in UTC; host names that are
 * internationalized follow IDNA2008 as for registration; int32 and int64 want integers, however written (1.0). No
 * state; only regex and the idn ones allocate, and give it back; any thread. */
#ifndef SCHEMA_FORMAT_H
#define SCHEMA_FORMAT_H

#include <stdbool.h>

#include "base/text.h"
#include "json/document.h"

struct format;

/* The format with this name, or NULL when nobody defined it. Borrowed; lives forever. `oas` includes OpenAPI's own. */
const struct format *format_find(struct text name, bool oas);

const char *format_name(const struct format *format);

/* Does it hold? A value of a type that the format does not speak about satisfies it. */
bool format_check(const struct format *format, const struct value *value);

/* The same for a text (parameters, header values). */
bool format_check_text(const struct format *format, struct text text);

/* What a person is told to expect: "a date-time (RFC 3339), like 2025-06-27T12:00:00Z". */
const char *format_expected(const struct format *format);

#endif
