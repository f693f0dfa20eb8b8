/* clock.h -- what time it is. Nobody else asks, but for net/loop, which asks once per turn.
 *
 * Times are nanoseconds. What must not jump (timeouts, durations) is counted from the monotonic clock, whose zero is
 * any moment; what people read is since 1970-01-01T00:00:00Z. Any thread. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

#define CLOCK_SECOND INT64_C(1000000000)
#define CLOCK_MILLI  INT64_C(1000000)

int64_t clock_monotonic(void);
int64_t clock_wall(void);

#endif
