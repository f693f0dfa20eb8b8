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

/* Append whole lines with one write(2); a new segment is begun first when the current one is full. 0, or -1: the disk
 * is full or failing. The whole lines that it took stay (*kept bytes of them; all where this is 0), a torn one is cut
 * off, so that the next append begins on a fresh line. A folder that has disappeared is made again. */
int segment_writer_append(struct segment_writer *w, struct text lines, size_t *kept, struct error *err);

/* The last whole line of the current segment, in the arena; empty where there is none, or it cannot be read. */
struct text segment_writer_last(const struct segment_writer *w, struct arena *arena);

/* The current segment: its number, and the bytes of its whole lines. */
unsigned segment_writer_number(const struct segment_writer *w);
uint64_t segment_writer_length(const struct segment_writer *w);

/* Would this many bytes begin a new segment? */
bool segment_writer_is_full(const struct segment_writer *w, size_t more);

/* fdatasync the current segment. -1 also when somebody has removed it: the next append begins another. */
int segment_writer_sync(struct segment_writer *w, struct error *err);

/* After a failure: could lines be written again? Writes some bytes behind the last line, syncs and cuts them off. 0, or
 * -1 with err. */
int segment_writer_probe(struct segment_writer *w, struct error *err);

/* Cut off what the current segment got since it was synced last. */
int segment_writer_take_back(struct segment_writer *w, struct error *err);

/* Closes and unlocks. Accepts NULL. */
void segment_writer_close(struct segment_writer *w);

struct amendments;
struct exchange;
struct index;
struct index_line;
struct segment_reader;

/* Read a recording folder, in bounded memory, one segment (.jsonl, .jsonl.zst), or a HAR file, entry by entry in order.
 * New or NULL. */
struct segment_reader *segment_reader_open(const char *path, struct error *err);

/* Amendments (amend.h) are given like other lines, not applied. Before the first segment_reader_next. */
void segment_reader_keep_amendments(struct segment_reader *r);

/* Leave out what is surely not wanted, as far as indexes tell; other entries may come, too. Before the first
 * segment_reader_next. */
typedef bool segment_wants_fn(const void *arg, const struct index *index, const struct index_line *line);
void segment_reader_choose(struct segment_reader *r, segment_wants_fn *wants, const void *arg);

/* Of a folder that is being written: behind the last line segment_reader_next gives 2, and goes on later with what came
 * since, new segments included. Before the first segment_reader_next. */
void segment_reader_follow(struct segment_reader *r);

/* The file is a copy of what is called `name` (borrowed) in messages, and can be opened again and again: of its lines,
 * one is in memory at a time. For a single file. Before the first segment_reader_next. */
void segment_reader_is_copy(struct segment_reader *r, const char *name);

/* So many exchanges were lost, as amendments said that were left out so far. */
uint64_t segment_reader_lost(const struct segment_reader *r);

/* One entry; everything is valid until the next call. */
struct segment_entry {
    const struct value *value; /* the entry, or NULL when the line is no JSON: then `broken` says why */
    struct document_error broken;
    struct text text; /* the line, without its newline; of a HAR file, the entry */
    const char *file;
    uint32_t line;       /* from 1; in a HAR file, the line at which the entry begins, or is broken */
    uint32_t column;     /* the same; 1 in a recording */
    struct text pointer; /* "/log/entries/17" in a HAR file, else empty */
    const struct amendments *amendments;
    bool torn; /* the last line of a recording, without its newline: being written, or cut by a crash */
};

/* The exchange of an entry with a value, as record_read reads it, and what a later line, of its segment or one of
 * the next, amends. 0, or -1 with err. */
int segment_entry_read(const struct segment_entry *entry, struct exchange *x, struct error *err);

/* 1 an entry, 0 the end, 2 nothing for now (segment_reader_follow), -1 an error. */
int segment_reader_next(struct segment_reader *r, struct segment_entry *entry, struct error *err);

/* Accepts NULL. */
void segment_reader_close(struct segment_reader *r);

#endif
