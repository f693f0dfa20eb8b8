/* scan.h -- a document, Markdown or plain text, as a list of blocks with their lines. Private to extract/.
 *
 * A line scanner of our own: Markdown libraries give no lines, and what is to be read here is often no Markdown. It
 * knows headings (#, underlined, numbered, wiki), fences (``` and ~~~, {code}, <pre>), code whose fence was lost when
 * it was copied from a page ("json", "Copy", "Edit" on lines of their own), JSON and curl that simply stand in the
 * text, lists, tables (pipes, or tabs) and lines of prose. One pass; a line is looked at a bounded number of times.
 * What is inside of comments (<!-- -->) is nothing. */
#ifndef EXTRACT_SCAN_H
#define EXTRACT_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"

enum block_kind {
    BLOCK_HEADING,
    BLOCK_TEXT, /* one line of prose */
    BLOCK_ITEM, /* one line of a list, without its marker */
    BLOCK_CODE,
    BLOCK_TABLE,
};

struct table_row {
    struct table_row *next;
    uint32_t line;
    uint32_t count;
    const struct text *cells; /* trimmed */
};

struct block {
    enum block_kind kind;
    uint32_t line;    /* from 1; of code, where its first line is, not its fence */
    uint32_t level;   /* of a heading, from 1; of an item, how far it is indented */
    struct text text; /* of a heading and a line: without markers; of code: a stretch of the source, as it is */
    struct text info; /* code: the language, as it was said: "json", "http", or empty */
    const struct table_row *rows; /* a table: its header first; a separator is not among them */
    bool open;                    /* code whose fence is never closed */
    bool apart;                   /* a line that stands after an empty line */
};

struct blocks {
    struct block *list;
    uint32_t count;
    bool too_many; /* LIMIT_EXTRACT_BLOCKS was reached: the rest was not read */
};

/* 0, or -1: no memory. The blocks borrow the source. */
int scan_blocks(struct blocks *blocks, struct text source, struct arena *arena);

/* The cells of one row of a table, pipes at its ends or not. At most LIMIT_EXTRACT_CELLS. */
uint32_t scan_cells(struct text line, char separator, struct text *cells);

#endif
