/* time_text.h -- nanoseconds since 1970 as RFC 3339 text in UTC, and back. Asks no clock; any thread. */
#ifndef TRAFFIC_TIME_TEXT_H
#define TRAFFIC_TIME_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

#define TIME_TEXT_BYTES 32

/* "2026-11-21T05:12:03.123456789Z" with as many fraction digits (0, 3, 6, 9) as asked for. Returns the length. */
size_t time_text_write(char out[TIME_TEXT_BYTES], int64_t ns, int digits);

/* Any RFC 3339 date-time, any offset, any number of fraction digits. */
bool time_text_read(struct text t, int64_t *ns);

#endif
