/* scan_internal.h -- what the parts of the scanner share. Private to extract/scan*. */
#ifndef EXTRACT_SCAN_INTERNAL_H
#define EXTRACT_SCAN_INTERNAL_H

#include "extract/scan.h"

struct scanner {
    struct text source;
    struct arena *arena;
    struct blocks *blocks;
    uint32_t *starts; /* where each line begins; one more at the end */
    uint32_t count;   /* lines */
    uint32_t room;    /* of blocks->list */
    uint32_t number;  /* of the last heading that begins with a number */
    bool apart;
    bool failed;        /* no memory */
    struct block spare; /* written to then */
};

/* A line without its end; whether it is empty (as are those behind the last); lines from..to-1 as they are. */
struct text scan_line_at(const struct scanner *s, uint32_t i);
bool scan_is_empty(const struct scanner *s, uint32_t i);
struct text scan_stretch(const struct scanner *s, uint32_t from, uint32_t to);

struct block *scan_add(struct scanner *s, enum block_kind kind, uint32_t line, struct text text);

/* Take what begins at line i and give the line behind it; i itself when there is no such thing.
 * scan_code.c: code behind the words that a page shows above it; JSON, curl in the text. scan_table.c: tables. */
uint32_t scan_lost_code(struct scanner *s, uint32_t i);
uint32_t scan_bare_code(struct scanner *s, uint32_t i);
uint32_t scan_table(struct scanner *s, uint32_t i);

#endif
