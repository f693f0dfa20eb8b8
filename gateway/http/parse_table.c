/* parse_table.c -- the tables of the parser: byte classes and faults. */
#include "http/parse_table.h"

#include "base/limits.h"

/* Written out by the rules of parse_table.h; tests/unit/http/parse_test.c compares every byte with them. */
const uint8_t parse_class[256] = {
    0,  0,  0,  0,  0,  0,  0,  0,  0,  4,  0,  0,  0,  0,  0,  0,  /* 0x00 */
    0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  /* 0x10 */
    4,  15, 6,  5,  15, 15, 15, 15, 14, 14, 15, 15, 6,  15, 15, 6,  /* 0x20 */
    31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 14, 14, 6,  14, 6,  6,  /* 0x30 */
    6,  31, 31, 31, 31, 31, 31, 15, 15, 15, 15, 15, 15, 15, 15, 15, /* 0x40 */
    15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 14, 6,  14, 7,  15, /* 0x50 */
    7,  31, 31, 31, 31, 31, 31, 15, 15, 15, 15, 15, 15, 15, 15, 15, /* 0x60 */
    15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 6,  7,  6,  15, 0,  /* 0x70 */
    4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  /* 0x80 */
    4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  /* 0x90 */
    4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  /* 0xa0 */
    4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  /* 0xb0 */
    4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  /* 0xc0 */
    4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  /* 0xd0 */
    4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  /* 0xe0 */
    4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  /* 0xf0 */
};

const struct parse_limits parse_limits_default = {
    .line = LIMIT_REQUEST_LINE,
    .header = LIMIT_HEADER_BYTES,
    .fields = LIMIT_HEADER_FIELDS,
    .trailer = LIMIT_TRAILER_BYTES,
};

#define FAULT_ROW(NAME, fault_id, fault_status, sentence, rule)                                                        \
    [PARSE_FAULT_##NAME] = { .status = (fault_status), .id = (fault_id), .what = (sentence), .source = (rule) },

static const struct parse_fault faults[PARSE_FAULT_KINDS] = { PARSE_FAULTS(FAULT_ROW) };

enum parse_result
parse_refuse(struct parse_fault *fault, enum parse_fault_kind kind, size_t place, bool is_request)
{
    *fault = faults[kind];
    fault->place = place;
    if (!is_request)
        fault->status = 502; /* the upstream's fault, whatever it was */
    return PARSE_BAD;
}
