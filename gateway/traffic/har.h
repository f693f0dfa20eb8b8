/* har.h -- HAR 1.2 files: read entry by entry in bounded memory, and written strictly.
 *
 * The reader takes what tools really export (a byte order mark, any layout, members in any order, pages and custom
 * fields) and holds one entry at a time, so that a file may be as large as it likes. The writer makes of any entry,
 * ours or foreign, one that keeps to HAR 1.2 (http://www.softwareishard.com/blog/har-12-spec/): required members are
 * there with their types, custom ones begin with an underscore. Neither knows exchanges: see record.h. One thread. */
#ifndef TRAFFIC_HAR_H
#define TRAFFIC_HAR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/text.h"
#include "json/document.h"

struct har_reader;

/* Begin to read a file ("-": standard input). New or NULL. */
struct har_reader *har_reader_open(const char *path, struct error *err);

/* Accepts NULL. */
void har_reader_close(struct har_reader *r);

/* Does it begin like a HAR file? An object that begins like an entry does not: it is a line of a recording. */
bool har_reader_is_har(const struct har_reader *r);

/* All of it, in the arena, for what is no HAR file; before the first har_reader_next. 0, or -1 with err. */
int har_reader_take_all(struct har_reader *r, struct text *content, struct arena *arena, struct error *err);

#define HAR_OUTSIDE UINT64_MAX

/* One item of /log/entries, or the place at which the file cannot be read on. */
struct har_entry {
    struct text text;      /* its JSON, valid until the next call; empty when it is broken */
    const char *broken;    /* why it cannot be given (a literal), or NULL */
    uint64_t index;        /* in /log/entries, or HAR_OUTSIDE: behind them */
    uint32_t line, column; /* where it begins, or where it is broken; from 1 */
};

/* 1 an entry, 0 the end, -1 it is no HAR file or cannot be read (where: FILE:LINE:COLUMN). An entry of more than
 * LIMIT_RECORD_LINE is broken and the next one follows; where brackets do not match or the file is cut, a broken one is
 * the last. */
int har_reader_next(struct har_reader *r, struct har_entry *entry, struct error *err);

/* ---- writing ---- */

/* What comes before the first entry and behind the last one; entries are separated by ",\n". */
void har_write_begin(struct buffer *out);
void har_write_end(struct buffer *out);

/* Append the entry, strictly: what is missing or of a wrong type gets the value that HAR has for "unknown", names that
 * HAR does not know get their underscore, the URL is made valid, and the server's address is added where our own object
 * knows it. `entry` is an object with a `request`. `scratch` may be reset by the caller afterwards. */
void har_write_entry(struct buffer *out, const struct value *entry, struct arena *scratch);

#endif
