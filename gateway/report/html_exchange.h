/* html_exchange.h -- both messages of an exchange as a part of a page, with marks where something is wrong in a body.
 * Main thread. */
#ifndef REPORT_HTML_EXCHANGE_H
#define REPORT_HTML_EXCHANGE_H

#include "report/markup.h"
#include "traffic/finding.h"

struct html_mark {
    enum side side;
    struct text instance; /* a JSON Pointer into the body; where it leads nowhere, the place it was looked for in */
    const char *kind;     /* the class: "bad", "warn", "info" */
    struct text remark;   /* stands behind the line */
};

/* A mark for what is wrong at a place of a body. False: it is about something else of the message. */
bool html_mark_of(struct html_mark *mark, const struct finding *f, struct text instance, struct arena *arena);

/* Side by side where there is room: line, header fields, body. Documents are read into the arena. */
void html_exchange(struct buffer *out, const struct exchange *x, const struct html_mark *marks, size_t count,
                   struct arena *arena);

/* A body that is text: JSON indented and coloured, anything else as it is; nothing where there is none. All marks are
 * its own. */
void html_body(struct buffer *out, struct text body, const struct html_mark *marks, size_t count, struct arena *arena);

#endif
