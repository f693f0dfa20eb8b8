/* record.h -- an exchange as one line of a recording, and back.
 *
 * A line is a HAR 1.2 entry plus one `_plumbline` object (docs/recordings.md, format version RECORD_VERSION). What
 * HAR's text cannot carry is kept beside it: bodies that are not UTF-8 as base64, heads whose bytes would be lost, the
 * raw target. Any thread; one exchange at a time. */
#ifndef TRAFFIC_RECORD_H
#define TRAFFIC_RECORD_H

#include <stddef.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "json/document.h"
#include "traffic/exchange.h"

#define RECORD_VERSION 1

/* How each enum outcome is written: "delivered", "refused", … */
extern const char *const record_outcomes[];

/* How each enum tunnel_end is written. */
extern const char *const record_tunnel_ends[];

/* How each enum body_state of a body that is not whole is written. */
extern const char *const record_truncations[];

/* The moments of an exchange by name. */
#define RECORD_TIMES 7
struct record_time {
    const char *name;
    const char *key; /* the same as a line has it: in quotes, with its colon */
    size_t offset;   /* in struct exchange_times */
};
extern const struct record_time record_times[RECORD_TIMES];

/* Append the line, its newline included. `max_body` bytes of each body are kept; more is marked truncated. When the
 * buffer has failed, part of the line may be in it: cut it back. */
void record_write(struct buffer *out, const struct exchange *x, size_t max_body);

/* Append a line with this number that amends x's, written earlier: the entry without headers and bodies, and what came
 * of it. `lost`: so many exchanges after the line before this one are not in the recording. */
void record_write_amendment(struct buffer *out, const struct exchange *x, uint64_t sequence, uint64_t lost);

/* Read an entry (a line of ours, or an entry of any HAR file) into *x, whose arena is set; texts borrow from the
 * document or live in the arena. Tolerant: what is missing stays empty. 0, or -1 with err (where: the JSON Pointer in
 * the entry). */
int record_read(struct exchange *x, const struct value *entry, struct error *err);

/* Browsers list data:, blob:, about: and the like beside what they fetched: that is no HTTP. */
bool record_is_foreign(const struct value *entry);

#endif
