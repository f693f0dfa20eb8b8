/* extract.h -- a draft contract from documents that people wrote: Markdown, or plain text.
 *
 * Endpoints are found in headings, code, bold, tables, labelled lines, HTTP messages and curl commands; what belongs to
 * them by where it stands: examples of bodies (mended where they are not JSON), tables and lists of fields, statuses,
 * credentials. Each statement of the draft has x-source (file and line) and x-confidence (high, medium, low); what
 * could not be read is a list of notes, in the draft as x-unread. It is a draft: a person reads it before it is used.
 *
 * Documents are hostile input: linear time, ceilings in base/limits.h. One thread at a time. The same documents in the
 * same order give the same bytes. */
#ifndef EXTRACT_EXTRACT_H
#define EXTRACT_EXTRACT_H

#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/text.h"

struct extract;

enum extract_note_kind {
    EXTRACT_UNREAD,  /* left out of the draft */
    EXTRACT_MENDED,  /* in the draft, read with a change */
    EXTRACT_ASSUMED, /* not in the document, or unclear there: how the draft has it */
};

struct extract_note {
    const struct extract_note *next;
    enum extract_note_kind kind;
    struct text file;
    uint32_t line;
    struct text what; /* "an example belongs to no endpoint: {"a": …" */
};

struct extract_notes {
    const struct extract_note *first;
    struct extract_note *last;
    uint32_t count; /* those that are not kept included */
};

/* NULL: no memory. */
struct extract *extract_new(void);

/* Accepts NULL. */
void extract_free(struct extract *x);

/* Read one document; `name` is what x-source calls it. Both are copied. 0, or -1 with err: it is no text (ERROR_INPUT),
 * too large, or there is no memory. A document that names no endpoint is fine. */
int extract_document(struct extract *x, struct text name, struct text source, struct error *err);

/* Append the draft, an OpenAPI 3.1 document in JSON. The title is that of the first document unless one is given (not
 * empty). 0, or -1: no memory. */
int extract_write(struct extract *x, struct text title, struct buffer *out);

/* What was found, in the order of the documents. extract_write adds what it had to assume. */
uint32_t extract_operations(const struct extract *x);
const struct extract_notes *extract_notes(const struct extract *x);

/* "unread", "mended", "assumed" */
const char *extract_note_name(enum extract_note_kind kind);

#endif
