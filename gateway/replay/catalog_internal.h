/* catalog_internal.h -- between the files of the catalog; nobody else includes it. */
#ifndef REPLAY_CATALOG_INTERNAL_H
#define REPLAY_CATALOG_INTERNAL_H

#include "base/buffer.h"
#include "replay/catalog.h"
#include "traffic/index.h"

struct catalog_file {
    const char *path; /* of the recording, for messages */
    int fd;
    uint32_t frame_count; /* 0: lines stand in it as they are */
    struct index_frame *frames;
    uint64_t plain_bytes, file_bytes;
};

#define CATALOG_FRAMES 4 /* decoded ones that are kept: entries near each other are asked for one after the other */

struct catalog_frame {
    uint16_t file;
    uint64_t plain; /* where it begins */
    struct text lines;
    struct buffer room;
    uint64_t used; /* when it was asked for last */
};

struct catalog {
    struct arena *arena; /* names, groups, frames */
    struct catalog_options options;
    struct catalog_entry *entries;
    uint32_t count, room;
    struct catalog_group *groups;
    uint32_t group_count, group_room;
    uint32_t last_group; /* of the entry that was added last */
    uint32_t *heads;     /* by target; a power of two of them */
    uint32_t head_mask;
    struct catalog_file *files;
    uint32_t file_count, file_room;
    struct catalog_frame frames[CATALOG_FRAMES];
    uint64_t asked;
    struct catalog_left_out left_out;
};

/* One exchange: counted, added, or left out. `found` has what an index says of it, or what its line says. */
struct catalog_found {
    uint64_t offset, target;
    uint32_t length, line;
    uint16_t file;
    struct text service, method, operation;
};
int catalog_add(struct catalog *c, const struct catalog_found *found, struct error *err);

/* A file of lines. Its number, or -1 with err. Takes the descriptor over. */
int catalog_add_file(struct catalog *c, const char *path, int fd, struct error *err);

/* Fill the catalog from the path. 0, or -1 with err. */
int catalog_load(struct catalog *c, const char *path, struct error *err);

/* The line of an entry, without its newline: borrowed until the next call, or in the arena. 0, or -1 with err. */
int catalog_line(struct catalog *c, const struct catalog_entry *e, struct text *line, struct arena *arena,
                 struct error *err);

#endif
