/* page.h -- an HTML page on its own: no script, nothing from outside, one style (report/ui/page.css), whose hash is all
 * that the page's content security policy lets in. */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

#include <stdint.h>

#include "contract/violation.h"
#include "report/markup.h"

/* Up to <body>. */
void page_begin(struct buffer *out, struct text title);
/* "everything", "only what is wrong": hides what has the class is-fine. */
void page_filter(struct buffer *out);
/* `note` is a sentence behind who wrote it, or empty. */
void page_end(struct buffer *out, struct text note);

/* In <dl class="tiles">: a number with its name; `kind` colours it unless it is 0: "bad", "warn", "fine" or "". */
void page_tile(struct buffer *out, struct text name, uint64_t number, const char *kind);

/* "bad", "warn", "info": the class of a level. */
const char *page_level_class(enum level level);

#endif
