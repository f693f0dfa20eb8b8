/* segment.h -- a recording on disk: a folder of segments 000001.jsonl, 000002.jsonl … of whole lines.
 *
 * Append only, one writer at a time (.lock), modes 0700 and 0600. A torn last line after a crash is cut off when the
 * next writer opens the folder; every whole line before it survives. A writer belongs to one thread; readers may read
 * while it writes. */
#ifndef TRAFFIC_SEGMENT_H
#define TRAFFIC_SEGMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "json/document.h"

struct segment_writer;

struct segment_repair {
    uint64_t bytes; /* cut off the torn last line; 0: it was whole */
    uint64_t next;  /* sequence number that the next line gets */
};

/* Open or make the folder and continue its last segment. New or NULL; ERROR_ENVIRONMENT when another writer holds
 * it. */
struct segment_writer *
segment_writer_open(const char *folder, uint64_t segment_bytes, struct segment_repair *repair, struct error *err);

/* Append whole lines with one write(2); a new segment is begun first when the current one is full. 0, or -1 (disk full
 * or failing: what was written partly is cut off again, so that the next append begins on a fresh line). */
int segment_writer_append(struct segment_writer *w, struct text lines, struct error *err);

/* fdatasync the current segment. */
int segment_writer_sync(struct segment_writer *w, struct error *err);

/* Closes and unlocks. Accepts NULL. */
void segment_writer_close(struct segment_writer *w);

struct segment_reader;

/* Read a recording folder, one segment (.jsonl, .jsonl.zst), or a HAR file, entry by entry in order. New or NULL. */
struct segment_reader *segment_reader_open(const char *path, struct error *err);

/* One entry; everything is valid until the next call. */
struct segment_entry {
    const struct value *value; /* the entry, or NULL when the line is no JSON: then `broken` says why */
    struct document_error broken;
    struct text text; /* the line, without its newline; of a HAR file, the entry */
    const char *file;
    uint32_t line;       /* from 1; in a HAR file, the line at which the entry begins, or is broken */
    uint32_t column;     /* the same; 1 in a recording */
    struct text pointer; /* "/log/entries/17" in a HAR file, else empty */
    bool torn;           /* the last line of a recording, without its newline: being written, or cut by a crash */
};

/* 1 an entry, 0 the end, -1 an error. */
int segment_reader_next(struct segment_reader *r, struct segment_entry *entry, struct error *err);

/* Accepts NULL. */
void segment_reader_close(struct segment_reader *r);

#endif
