/* source.h -- the lines of contracts and rules that findings point to, for reports that show them.
 *
 * A file is read when it is first asked for, and kept until the end. Where it cannot be read (a URL, a file that is
 * gone) there is no line, and nothing is shown: the place alone has to do. Columns are those of findings, in bytes
 * from 1. One thread. */
#ifndef REPORT_SOURCE_H
#define REPORT_SOURCE_H

#include <stdint.h>

#include "base/buffer.h"

struct sources;

/* New, or NULL: no memory. All that follow accept NULL, and then know no line. */
struct sources *sources_new(void);
void sources_free(struct sources *s);

/* The line, from 1, without its end; empty when it is not there. Borrowed from `s`. */
struct text sources_line(struct sources *s, struct text file, uint32_t line);

/* The column in UTF-16 code units, as SARIF and editors count; as it was where the line is not there. */
uint32_t sources_utf16_column(struct sources *s, struct text file, uint32_t line, uint32_t column);

/* What there is to see of a line: without the white space in front, cut at both ends so that the column stays inside.
 */
struct source_view {
    struct text shown;
    size_t at; /* of `shown`: the byte that the column means */
    bool cut_before, cut_behind;
};

struct source_view source_view_of(struct text line, uint32_t column);

/* Two lines of text: "   84 | "minimum": 0," and a caret below the column; nothing where there is no line. Behind
 * `indent` spaces; the caret is coloured if asked for. */
void source_quote(struct buffer *out, struct sources *s, struct text file, uint32_t line, uint32_t column, int indent,
                  bool coloured);

#endif
