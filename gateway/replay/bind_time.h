/* bind_time.h -- dates of recorded requests moved to the time of the run.
 *
 * Rules name places ("body:/due", "POST /orders query:since"; '*' for an index), formats, or both, and how far: so that
 * the recording's start becomes now, unless they say a duration. A date stays written as it was: offset, fractions of
 * the second, number or text. By format alone only values are moved that are a date from top to end and, where they
 * are numbers, within five years of the recording's start; those that were bound to the new run's answers stay. One
 * thread; asks no clock. */
#ifndef REPLAY_BIND_TIME_H
#define REPLAY_BIND_TIME_H

#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "replay/bind.h"

enum time_format {
    TIME_ANY,       /* whatever it looks like */
    TIME_DATE_TIME, /* RFC 3339 */
    TIME_DATE,      /* RFC 3339 full-date: moved by whole days */
    TIME_HTTP,      /* RFC 9110 IMF-fixdate */
    TIME_EPOCH,     /* seconds since 1970, maybe with a fraction */
    TIME_EPOCH_MS,
};

/* Append the date, moved by so many nanoseconds. False, and nothing appended: it is no such date. */
bool time_shift_text(struct text date, enum time_format format, int64_t by, struct buffer *out);

struct time_shift;

/* Without rules. NULL: no memory. */
struct time_shift *time_shift_new(void);
void time_shift_free(struct time_shift *s); /* accepts NULL */

/* The `shift_time` of a bindings file that satisfies its schema. 0, or -1 with err ("file:line:column"). */
int time_shift_load(struct time_shift *s, const char *path, struct error *err);

/* One rule as options have it: a format or a place, and maybe "=" and a duration: "date-time", "body:/due=-2h". 0, or
 * -1 with err. */
int time_shift_take(struct time_shift *s, const char *word, struct error *err);

uint32_t time_shift_count(const struct time_shift *s);

/* When the recording began, and what becomes of it; nanoseconds since 1970. */
void time_shift_begin(struct time_shift *s, int64_t recorded, int64_t now);

/* Move the dates of a request that binder_request made (or that has what was recorded, and no bounds). *moved: how
 * many. 0, or -1 (no memory). */
int time_shift_request(const struct time_shift *s, const struct exchange *x, const struct contract_match *match,
                       struct arena *arena, struct bound_request *request, uint32_t *moved);

#endif
