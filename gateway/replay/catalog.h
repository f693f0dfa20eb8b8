/* catalog.h -- what a recording holds, as a table in memory; the exchanges themselves stay on disk.
 *
 * A recording is a folder of segments (compressed or not, with an index or without), one segment, or a HAR file. Of
 * each exchange that can be answered from, the table has some 64 bytes: where its line is, its method, service and
 * operation, and a hash of its target. A segment with an index is not read; one without is, once. A HAR file and a
 * compressed segment without an index have no places to read from: their lines are put into a temporary file, which is
 * gone with the catalog.
 *
 * Entries are numbered from 0 in the order in which they were recorded. What cannot be answered from is left out and
 * counted. The files stay open: a segment that is removed meanwhile is still there. One thread at a time. */
#ifndef REPLAY_CATALOG_H
#define REPLAY_CATALOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "traffic/exchange.h"

struct catalog;

#define CATALOG_NONE UINT32_MAX

struct catalog_entry {
    uint64_t offset;      /* of its line in the lines of its file */
    uint64_t target;      /* hash_stable(target, 0), the target as it was recorded */
    uint64_t key;         /* of match.h; only where `matched` */
    uint32_t length;      /* of its line, newline included */
    uint32_t line;        /* from 1, in its file; in a HAR file the number of the entry */
    uint32_t group;       /* service, method and operation */
    uint32_t next_target; /* the next entry with this target, or CATALOG_NONE */
    uint32_t next_group;  /* of this group */
    uint32_t next_key;    /* with this key: match.h's */
    uint32_t uses;        /* answers that were made of it */
    uint16_t file;
    uint8_t loose; /* parts of its request that are not on record: match.h's */
    bool matched;  /* the key is known */
};

/* Exchanges of one service, method and operation. */
struct catalog_group {
    struct text service; /* of whoever may be asked for it */
    struct text method;
    struct text operation; /* empty: the path was in no contract */
    uint32_t first, last;  /* of its entries */
    uint32_t count;
    bool matched; /* the keys of all its entries are known */
};

/* What was left out. */
struct catalog_left_out {
    uint64_t broken;     /* no JSON */
    uint64_t unreadable; /* no exchange, or of another version */
    uint64_t torn;       /* the last line, without its newline */
    uint64_t refused;    /* Plumbline answered itself */
    uint64_t unanswered; /* there was no answer, or only a tunnel */
    uint64_t unplaced;   /* of no service that is answered for */
    char first[400];     /* the first one that was broken or unreadable: where, and why */
};

struct catalog_options {
    /* Whose is an exchange without a service of its own (of a HAR file)? False: nobody's. The names are copied. */
    bool (*place)(void *arg, const struct exchange *x, struct text *service, struct text *operation);
    void *arg;
};

/* New, or NULL with err: there is no such file, it is no recording, there is no memory. */
struct catalog *catalog_open(const char *path, const struct catalog_options *options, struct error *err);

/* Accepts NULL. */
void catalog_free(struct catalog *c);

uint32_t catalog_count(const struct catalog *c);
const struct catalog_left_out *catalog_left_out(const struct catalog *c);

/* The entry of this number, to look at and to write match.h's members of. */
struct catalog_entry *catalog_at(struct catalog *c, uint32_t number);

uint32_t catalog_group_count(const struct catalog *c);
struct catalog_group *catalog_group(struct catalog *c, uint32_t number);

/* The first entry whose target has this hash, or CATALOG_NONE; the others by next_target. */
uint32_t catalog_target(const struct catalog *c, uint64_t target);

/* Read the exchange. Everything is in the arena, which x has. 0, or -1 with err: the file has changed, or failed. */
int catalog_read(struct catalog *c, uint32_t number, struct exchange *x, struct arena *arena, struct error *err);

/* What to call it: its id, or "trace.har:17" where it has none. In the arena. */
struct text catalog_name(const struct catalog *c, uint32_t number, const struct exchange *x, struct arena *arena);

/* No exchange was used. */
void catalog_forget_uses(struct catalog *c);

#endif
