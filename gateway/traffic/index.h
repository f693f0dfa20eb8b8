/* index.h -- what stands where in a finished segment: `000001.index` beside `000001.jsonl` or `000001.jsonl.zst`
 * (docs/recordings.md, "The index", format version INDEX_VERSION).
 *
 * The recorder adds lines as it writes them; whoever has only the segment makes the same index by reading it. A reader
 * trusts an index only where it fits its segment; without one the segment itself is read. Little-endian. One thread. */
#ifndef TRAFFIC_INDEX_H
#define TRAFFIC_INDEX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/text.h"
#include "traffic/exchange.h"

#define INDEX_VERSION    1
#define INDEX_TEXT_OTHER 0xffff /* there were too many different ones: read the line */

struct index_line {
    char id[EXCHANGE_ID_BYTES]; /* as in the exchange, NUL-padded */
    uint32_t length;            /* with its newline */
    uint64_t offset;            /* in the lines, whether they are compressed or not */
    uint64_t sequence;
    uint64_t amends;  /* it is an amendment of that line (amend.h); else 0 */
    int64_t started;  /* nanoseconds since 1970 */
    int64_t duration; /* nanoseconds; -1: unknown */
    uint64_t target;  /* hash_stable(target, 0) */
    uint16_t status;  /* 0: no response */
    uint16_t method;  /* numbers of texts; 0 is the empty one */
    uint16_t service;
    uint16_t operation;
    uint8_t outcome;
    uint8_t flags;       /* enum index_flag */
    uint16_t violations; /* 0xffff: that many or more */
};

enum index_flag {
    INDEX_BROKEN = 1,  /* no line that can be read: everything but offset and length is 0 */
    INDEX_FOREIGN = 2, /* an entry that Plumbline did not write */
};

/* A compressed segment is a row of zstd frames, each of whole lines. */
struct index_frame {
    uint64_t plain; /* offset in the lines */
    uint64_t file;  /* offset in the file */
};

/* ---- making one ---- */

struct index_builder;

/* New or NULL. */
struct index_builder *index_builder_new(void);

/* Accepts NULL. */
void index_builder_free(struct index_builder *b);

/* The next line. Without memory the index is given up: index_builder_is_whole says so. */
void index_add(struct index_builder *b, const struct exchange *x, uint64_t offset, size_t length);
void index_add_broken(struct index_builder *b, uint64_t offset, size_t length);

/* Forget the lines from this offset on. */
void index_cut(struct index_builder *b, uint64_t offset);

/* Lines from this offset on begin another segment. */
void index_move(struct index_builder *from, uint64_t offset, struct index_builder *to);

bool index_builder_is_whole(const struct index_builder *b);

/* Append the file. `plain` and `file`: bytes of the lines, and of the segment's file. */
void index_write(const struct index_builder *b, uint64_t plain, uint64_t file, const struct index_frame *frames,
                 uint32_t frame_count, struct buffer *out);

/* ---- reading one ---- */

struct index {
    struct index_line *lines;
    uint64_t line_count;
    struct text *texts; /* services, operations, methods; the first is empty */
    uint32_t text_count;
    struct index_frame *frames; /* count 0: the segment is not compressed */
    uint32_t frame_count;
    uint64_t plain_bytes, file_bytes;
    int64_t first, last; /* when the first exchange began and the last one ended; 0: there is none */
};

/* Read an index file's bytes; everything is copied to the arena. 0, or -1 with err: cut, damaged, or of another
 * version. */
int index_read(struct index *index, struct text bytes, struct arena *arena, struct error *err);

/* The frame in which the line at this offset is, or NULL where the segment is not compressed. */
const struct index_frame *index_frame_at(const struct index *index, uint64_t offset);

/* The text of this number; empty for INDEX_TEXT_OTHER. */
struct text index_text(const struct index *index, uint16_t number);

#endif
