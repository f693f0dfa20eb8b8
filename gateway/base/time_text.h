/* time_text.h -- times as text in UTC, and back. Asks no clock; any thread.
 *
 * Times are nanoseconds since 1970-01-01T00:00:00Z. What is written is borrowed until the thread's next call of the
 * same function; the part up to the second is remembered, so that telling many times of one second is cheap. */
#ifndef BASE_TIME_TEXT_H
#define BASE_TIME_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

/* "2026-01-31T23:59:59.123456Z": RFC 3339 with `decimals` (0 to 9) digits of the second, cut, not rounded. */
struct text time_text_rfc3339(int64_t wall, unsigned decimals);

/* "Sat, 31 Jan 2026 23:59:59 GMT": IMF-fixdate (RFC 9110 5.6.7). */
struct text time_text_http_date(int64_t wall);

/* Any RFC 3339 date-time, any offset, any number of fraction digits (those behind the ninth are dropped). */
bool time_text_read(struct text t, int64_t *ns);

/* A date of HTTP in any of its three forms: IMF-fixdate, and the obsolete ones of RFC 850 and asctime (RFC 9110 5.6.7).
 */
bool time_text_read_http_date(struct text t, int64_t *ns);

#endif
