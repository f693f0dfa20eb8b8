/* keeper.h -- the thread that looks after finished segments: writes their indexes, compresses them, removes the oldest.
 *
 * It has the lowest priority and may be as late as it likes; what a crash left undone is done at the next start. The
 * recorder hands over what it knows of a segment's lines, so that nothing need be read again. */
#ifndef PROXY_KEEPER_H
#define PROXY_KEEPER_H

#include <stdint.h>

#include "base/error.h"
#include "rules/settings.h"

struct index_builder;
struct keeper;

/* New, with its thread, or NULL with err. `open` is the number of the segment that is being written. `say` is called
 * from its thread. */
struct keeper *keeper_new(const struct record_settings *settings, unsigned open,
                          void (*say)(void *arg, const char *line), void *arg, struct error *err);

/* Any one thread: a segment is finished and synced, and another one is open. `lines` becomes the keeper's; NULL where
 * they are not all known. */
void keeper_finished(struct keeper *k, unsigned number, struct index_builder *lines, unsigned open);

/* Ends its thread after the file it is at. Accepts NULL. */
void keeper_free(struct keeper *k);

#endif
