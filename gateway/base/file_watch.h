/* file_watch.h -- something happened to files that are watched (inotify).
 *
 * Folders are watched, not files: editors and deployments replace a file by renaming another one over it, or change
 * where a symbolic link on the way to it points. So the folder of each file is watched, that of the real file behind
 * links, and that of every link on the way; events with other names are ignored. What happened is for the caller to
 * find out (file_trace_is_stale): an event is only a reason to look. Where the kernel tells nothing (some network file
 * systems) nothing is noticed. Belongs to one thread. */
#ifndef BASE_FILE_WATCH_H
#define BASE_FILE_WATCH_H

#include <stdbool.h>

#include "base/error.h"

struct file_watch;

/* New, or NULL with err. Accepts NULL for freeing. */
struct file_watch *file_watch_new(struct error *err);
void file_watch_free(struct file_watch *w);

/* One more file; it need not be there, but its folder must. 0 or -1 with err. */
int file_watch_add(struct file_watch *w, const char *path, struct error *err);

/* Readable when there are events. */
int file_watch_fd(const struct file_watch *w);

/* Read what is there. Does any of it concern a watched file? Never blocks. */
bool file_watch_read(struct file_watch *w);

#endif
