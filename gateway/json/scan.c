/* scan.c -- the rarer words of JSON, and everything that can be wrong with one. */
#include "json/scan.h"

#include "base/text.h"

/* An escape; at is its backslash (RFC 8259 7). */
static const char *
scan_escape(const char *at, const char *end, struct scan_fault *fault)
{
    if (end - at < 2)
        return scan_fail(fault, end, "the text ends inside of a string");
    switch (at[1]) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
        return at + 2;
    case 'u':
        break;
    default:
        return scan_fail(fault, at, "no such escape: a backslash goes before one of \"\\/bfnrtu");
    }
    for (const char *digit = at + 2; digit < at + 6; digit++) {
        if (digit == end)
            return scan_fail(fault, end, "the text ends inside of a string");
        if (text_hex_digit(*digit) < 0)
            return scan_fail(fault, digit, "four hexadecimal digits are needed behind \\u");
    }
    return at + 6;
}

const char *
scan_special(const char *at, const char *end, bool *escaped, struct scan_fault *fault)
{
    if (at == end)
        return scan_fail(fault, end, "the text ends inside of a string: its closing quote is missing");
    if (*at == '\\') {
        *escaped = true;
        return scan_escape(at, end, fault);
    }
    if ((unsigned char)*at < ' ')
        return scan_fail(fault, at,
                         "a control character in a string must be written as an escape such as \\n or \\u0001");
    do {
        size_t length = text_utf8_sequence(text_make(at, (size_t)(end - at)));

        if (length == 0)
            return scan_fail(fault, at, "a string holds bytes that are not UTF-8");
        at += length;
    } while (at < end && (unsigned char)*at >= 0x80);
    return at;
}

const char *
scan_number(const char *at, const char *end, bool *integer, struct scan_fault *fault)
{
    const char *digits;

    *integer = true;
    if (*at == '-')
        at++;
    digits = at;
    at = scan_digits(at, end);
    if (at == digits)
        return scan_fail(fault, at, "a digit is missing behind '-'");
    if (*digits == '0' && at - digits > 1)
        return scan_fail(fault, digits, "a number must not begin with a needless 0");
    if (at < end && *at == '.') {
        *integer = false;
        digits = ++at;
        at = scan_digits(at, end);
        if (at == digits)
            return scan_fail(fault, at, "a digit is missing behind the decimal point");
    }
    if (at < end && (*at | 0x20) == 'e') {
        *integer = false;
        at++;
        if (at < end && (*at == '+' || *at == '-'))
            at++;
        digits = at;
        at = scan_digits(at, end);
        if (at == digits)
            return scan_fail(fault, at, "a digit is missing in the exponent");
    }
    return at;
}

/* What stands where a value should: as helpful as one byte allows. */
static const char *
no_value(const char *at, const char *end, struct scan_fault *fault)
{
    if (at == end)
        return scan_fail(fault, at, "the text ends where a value is due");
    switch (*at) {
    case ']':
    case '}':
    case ',':
    case ':':
        return scan_fail(fault, at, "a value is missing");
    case '\'':
    case '`':
        return scan_fail(fault, at, "strings are written in double quotes");
    case '/':
    case '#':
        return scan_fail(fault, at, "JSON has no comments");
    case '+':
    case '.':
        return scan_fail(fault, at, "a number begins with a digit or '-'");
    case '\xEF':
        if (end - at >= 3 && at[1] == '\xBB' && at[2] == '\xBF')
            return scan_fail(fault, at, "a byte order mark is not allowed");
        break;
    default:
        break;
    }
    return scan_fail(fault, at, "this is no JSON value");
}

const char *
scan_literal(const char *at, const char *end, struct scan_fault *fault)
{
    size_t left = (size_t)(end - at);

    if (left >= 4 && (memcmp(at, "true", 4) == 0 || memcmp(at, "null", 4) == 0))
        return at + 4;
    if (left >= 5 && memcmp(at, "false", 5) == 0)
        return at + 5;
    return no_value(at, end, fault);
}
