/* parse_scan.h -- the grammar of heads and trailer sections, byte by byte, resumable anywhere. Only for parse*.c.
 *
 * The scan finds the end of a head and refuses every byte that the grammar does not allow, as early as it comes. Behind
 * it, parse.c reads a head that is known to be well-formed. */
#ifndef HTTP_PARSE_SCAN_H
#define HTTP_PARSE_SCAN_H

#include "http/parse_table.h"

enum scan_state {
    SCAN_BEGIN, /* of a request: one empty line is skipped */
    SCAN_BEGIN_LF,
    SCAN_METHOD,
    SCAN_TARGET_FIRST,
    SCAN_TARGET,
    SCAN_VERSION,
    SCAN_VERSION_END,
    SCAN_ANSWER_VERSION, /* of a response */
    SCAN_STATUS,
    SCAN_STATUS_END,
    SCAN_REASON,
    SCAN_LINE_LF,
    SCAN_FIELD_FIRST, /* from here on fields, of a head or a trailer section */
    SCAN_FIELD,
    SCAN_NAME,
    SCAN_VALUE,
    SCAN_VALUE_LF,
    SCAN_LAST_LF,
    SCAN_DONE,
};

struct scan {
    const char *data;
    size_t at;  /* the first byte that was not accepted yet */
    size_t end; /* scan no further */
    enum scan_state state;
    enum parse_fault_kind kind; /* of PARSE_BAD; the place is `at` */
};

/* Go on until the state reaches `stop` (PARSE_DONE), the bytes are used up (PARSE_MORE) or wrong (PARSE_BAD). */
enum parse_result scan_run(struct scan *s, enum scan_state stop);

#endif
