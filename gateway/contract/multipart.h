/* multipart.h -- the parts of a multipart/form-data body (RFC 7578, RFC 2046 5.1), one after the other; for those who
 * check them, and those who want to know what is in them (form_fields.h). For this folder only.
 *
 * Texts are borrowed from the body or in the arena. What is wrong is a literal that says what was expected. */
#ifndef CONTRACT_MULTIPART_H
#define CONTRACT_MULTIPART_H

#include "base/arena.h"
#include "http/message.h"

#define MULTIPART_HEADERS 32 /* of one part; with more it is wrong */

struct multipart_part {
    struct header headers[MULTIPART_HEADERS];
    uint32_t header_count;
    struct text body;
    struct text type; /* Content-Type, or empty */
    struct text name;
    bool is_file;      /* there is a file name, be it empty */
    const char *wrong; /* this part cannot be read; the next one may */
    struct text found;
};

struct multipart_reader {
    struct arena *arena;
    struct text delimiter; /* "--boundary" */
    struct text rest;
    bool ended;        /* the closing delimiter was read */
    const char *wrong; /* the body cannot be read on */
    struct text found;
};

/* False with r->wrong, or without memory. */
bool multipart_begin(struct multipart_reader *r, struct text content_type, struct text body, struct arena *arena);

/* The next part; false at the end, or with r->wrong. */
bool multipart_next(struct multipart_reader *r, struct multipart_part *part);

#endif
