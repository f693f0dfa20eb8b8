/* problem.h -- the answers that Plumbline gives itself: application/problem+json (RFC 9457) with an `errors` list. Any
 * thread. */
#ifndef HTTP_PROBLEM_H
#define HTTP_PROBLEM_H

#include <stdint.h>

#include "base/buffer.h"
#include "base/text.h"

struct problem_item {
    struct text pointer;  /* JSON Pointer in the body, or empty */
    struct text place;    /* "header X", "query limit", … where it is no body pointer; or empty */
    struct text keyword;  /* violation id or schema keyword */
    struct text detail;   /* one sentence */
    struct text expected; /* may be empty */
    struct text found;    /* may be empty */
};

struct problem {
    uint16_t status;
    struct text type;  /* empty: left out, which means about:blank (RFC 9457 4.2.1) */
    struct text title; /* empty: the reason phrase of the status */
    struct text detail;
    struct text exchange; /* id; may be empty */
    const struct problem_item *items;
    size_t item_count;
};

/* Append the JSON body. */
void problem_write(struct buffer *out, const struct problem *p);

/* "Not Found" for 404; "Unknown" for what RFC 9110 does not list. */
struct text status_reason(uint16_t status);

#endif
