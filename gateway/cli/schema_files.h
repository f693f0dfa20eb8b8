/* schema_files.h -- the schemas that `plumbline schema` reads: from files, never from the network.
 *
 * A file is known by its file: URI, so that a relative $ref leads to the file beside it. With a remotes folder,
 * what is below it stands for http://localhost:1234/, as in the official suite. Main thread. */
#ifndef CLI_SCHEMA_FILES_H
#define CLI_SCHEMA_FILES_H

#include "base/arena.h"
#include "json/document.h"
#include "schema/schema.h"

struct schema_files {
    struct arena *arena;
    const char *remotes; /* may be NULL */
    enum schema_dialect dialect;
    const char *trouble; /* a file that was there but could not be read: why; in the arena */
};

/* For schema_set_options.load, with a struct schema_files as arg. */
schema_load_fn schema_files_load;

/* The file: URI of a path that exists. In the arena. */
struct text schema_files_uri(const char *path, struct arena *arena, struct error *err);

/* "2020-12", "draft4", "oas3.0", "oas3.1". False when it is none of them. */
bool schema_files_dialect(const char *word, enum schema_dialect *dialect);

#endif
