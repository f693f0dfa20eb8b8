/* recording.h -- a recording as a list of segments, and what is done with those that are finished: they get an index,
 * are compressed, and removed when there are too many.
 *
 * Every file appears whole or not at all (written beside, synced, renamed). While 000001.jsonl is there, it is what
 * counts: a crash between compressing and removing leaves both, and the compressed one is made anew. Any thread; those
 * that change something one at a time, and never on the segment that is being written. */
#ifndef TRAFFIC_RECORDING_H
#define TRAFFIC_RECORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "traffic/index.h"

struct recording_segment {
    unsigned number;
    char name[32];       /* "000001.jsonl", "000001.jsonl.zst" */
    bool compressed;     /* there is no plain one */
    bool twice;          /* both are there: name is the plain one */
    bool open;           /* it is the newest, and somebody is writing it */
    bool indexed;        /* there is an index that fits; only then: */
    uint64_t lines;      /* amendments included */
    uint64_t plain;      /* bytes of its lines */
    int64_t first, last; /* nanoseconds since 1970: when the first exchange began, and the last one ended */
    uint64_t bytes;      /* of its files, index included */
    int64_t modified;    /* nanoseconds since 1970 */
};

/* The segments in a folder, in the order of their numbers, in the arena. 0, or -1 with err. `with_indexes`: look into
 * them (else indexed only says that there is one). */
int recording_list(const char *folder, bool with_indexes, struct arena *arena, struct recording_segment **list,
                   size_t *count, struct error *err);

/* The index of a segment, in the arena, if there is one and it fits. 0, or -1 with err. */
int recording_index(const char *folder, const struct recording_segment *s, struct index *index, struct arena *arena,
                    struct error *err);

/* One line of a segment, without its newline, in the arena. 0, or -1 with err. */
int recording_line(const char *folder, const struct recording_segment *s, const struct index *index, uint64_t line,
                   struct text *text, struct arena *arena, struct error *err);

/* Make an index by reading the segment. New, or NULL with err. */
struct index_builder *recording_read_lines(const char *folder, const struct recording_segment *s, struct error *err);

/* Write the index of a plain segment. 0, or -1 with err. */
int recording_put_index(const char *folder, const struct recording_segment *s, const struct index_builder *lines,
                        struct error *err);

/* Compress a plain segment, with its index. 0, or -1 with err: then it is as it was. */
int recording_compress(const char *folder, const struct recording_segment *s, const struct index_builder *lines,
                       struct error *err);

/* Remove a segment and its index. 0, or -1 with err. */
int recording_remove(const char *folder, const struct recording_segment *s, struct error *err);

#endif
