/* exchange_text.h -- an exchange for a person at a terminal: as one line, or as a page. Control characters of what was
 * sent are shown, never sent to the terminal. Main thread. */
#ifndef REPORT_EXCHANGE_TEXT_H
#define REPORT_EXCHANGE_TEXT_H

#include <stdbool.h>

#include "base/buffer.h"
#include "traffic/exchange.h"

/* "2026-11-21T05:12:03.123Z 0ABC… GET /orders?limit=1  200  4.2ms shop/getOrder ok", in columns. */
void exchange_text_line(struct buffer *out, const struct exchange *x);

/* Both bodies, each behind a line that says which. */
void exchange_text_bodies(struct buffer *out, const struct exchange *x);

/* Everything: who and when, heads, bodies, violations with their place in the contract. */
void exchange_text_page(struct buffer *out, const struct exchange *x);

/* Of that, the heads, bodies and violations alone. */
void exchange_text_messages(struct buffer *out, const struct exchange *x);

/* "ok", "2 violations: body-schema, header-missing", "unchecked: size", "refused: parameter-missing" or "-" (nobody
 * looked). */
void exchange_text_verdict(struct buffer *out, const struct exchange *x);

/* A text that somebody sent: UTF-8 stays; what could move a cursor is written as \x1b. `lines`: newlines and tabs stay,
 * too. */
void exchange_text_visible(struct buffer *out, struct text t, bool lines);

/* "tunnel: websocket 120B up 4096B down, ended by client". */
void exchange_text_tunnel(struct buffer *out, const struct exchange_tunnel *t);

#endif
