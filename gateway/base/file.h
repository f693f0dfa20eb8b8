/* file.h -- whole files and folders, with errors that name them. Any thread. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"

/* Read the file at path ("-": standard input) into the arena, with a NUL behind it that is not counted. At most
 * LIMIT_FILE_BYTES. 0, or -1 with err, whose where is the path. */
int file_read(struct text *content, const char *path, struct arena *arena, struct error *err);

/* Write the file so that a reader sees the old content or the new, never a part: a new file beside it, synced, then
 * renamed over it. 0, or -1 with err; then the old file is as it was. */
int file_write(const char *path, struct text content, mode_t mode, struct error *err);

/* Make the folder and those above it that are missing, each with this mode. It is fine when it is there already. */
int file_make_folder(const char *path, mode_t mode, struct error *err);

bool file_exists(const char *path);
bool file_is_folder(const char *path);

/* The names in a folder in the order of bytes, without "." and "..". They live in the arena. */
int file_list(const char *path, struct arena *arena, const char ***names, size_t *count, struct error *err);

/* The path without links, "." and ".."; the file must be there. In the arena; NULL with err. */
const char *file_real_path(const char *path, struct arena *arena, struct error *err);

/* Is the real path `inside` the real path `folder`, or the same? Both from file_real_path. */
bool file_is_below(const char *inside, const char *folder);

/* `path` as seen from the folder of the file `from`: an absolute path stays. In the arena; NULL: no memory. */
const char *file_beside(const char *from, const char *path, struct arena *arena);

/* What follows the last slash. */
const char *file_name(const char *path);

#endif
