/* clock.h -- what time it is. Nobody else asks, but for net/loop, which asks once per turn.
 *
 * Times are nanoseconds. What must not jump (timeouts, durations) is counted from the monotonic clock, whose zero is
 * any moment; what people read is since 1970-01-01T00:00:00Z. Any thread. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

#include "base/text.h"

#define CLOCK_SECOND INT64_C(1000000000)

int64_t clock_monotonic(void);
int64_t clock_wall(void);

/* "2026-01-31T23:59:59.123456Z": RFC 3339 in UTC with `decimals` (0 to 9) digits of the second, cut, not rounded. Years
 * 0000 to 9999; other times are told as the nearest of those. Borrowed until the thread's next call. The part up to the
 * second is remembered, so that telling many times of one second is cheap. */
struct text clock_rfc3339(int64_t wall, unsigned decimals);

/* "Sat, 31 Jan 2026 23:59:59 GMT": IMF-fixdate (RFC 9110 5.6.7). The same. */
struct text clock_http_date(int64_t wall);

#endif
