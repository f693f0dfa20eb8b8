/* line_file.h -- the lines of a segment, one by one: a file of lines, or a row of zstd frames of them, however large.
 * It takes no more memory than the longest line (at most LIMIT_RECORD_LINE). One thread. */
#ifndef TRAFFIC_LINE_FILE_H
#define TRAFFIC_LINE_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"
#include "traffic/index.h"

struct line_file;

/* Compressed when its name ends with .zst. New, or NULL with err. */
struct line_file *line_file_open(const char *path, struct error *err);

/* The file may still grow: a last line without its newline is not given yet, and the end is the end for now. Not for
 * compressed ones. */
void line_file_follow(struct line_file *f);

/* Accepts NULL. */
void line_file_close(struct line_file *f);

/* The next line, without its newline; valid until the next call. *torn: it is the last one and has none. 1 a line, 0
 * the end, -1 an error. */
int line_file_next(struct line_file *f, struct text *line, bool *torn, struct error *err);

/* Go on with the line that begins at this offset in the lines, which is not behind us. Only what is needed of a
 * compressed segment is decoded: its index says where frames begin. 0, or -1 with err. */
int line_file_forward(struct line_file *f, const struct index *index, uint64_t offset, struct error *err);

#endif
