/* recorder.h -- the thread that writes finished exchanges down.
 *
 * Each worker gives whole exchanges, with their arenas, through a ring of its own and gets the arenas back through
 * another. The recorder redacts, writes lines in batches and syncs as the settings say. When the disk is slower
 * than the traffic workers wait (full: block) or count what they drop. With `sync: always` exchanges come back whole,
 * once they are on the disk, and are answered then (hold.h). */
#ifndef PROXY_RECORDER_H
#define PROXY_RECORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "proxy/metrics.h"
#include "rules/ruleset.h"

struct recorder;
struct ring;
struct transit;

/* Open the recording of the ruleset's settings. New, or NULL with err. `repaired` is set to the bytes of a torn
 * line that were cut off. `say` is called from the recorder's thread when writing begins to fail and
 * when it works again. */
struct recorder *recorder_new(const struct ruleset *ruleset, uint64_t *repaired,
                              void (*say)(void *arg, const char *line), void *arg, struct error *err);

/* Before it runs: the rings of one worker. */
int recorder_attach(struct recorder *r, struct ring *finished, struct ring *emptied);

/* Start its thread. 0 or -1 with err. */
int recorder_run(struct recorder *r, struct error *err);

/* Writes what is left, syncs, ends the thread. The workers must have ended. Its totals can still be read. Accepts
 * NULL. */
void recorder_finish(struct recorder *r);

/* Closes what recorder_finish has finished. Accepts NULL. */
void recorder_free(struct recorder *r);

/* Any thread. */
struct recorder_totals recorder_totals(struct recorder *r);

/* Worker: is this exchange to be recorded? */
bool recorder_wants(const struct transit *t);

/* Worker: must it be refused, because it cannot be recorded (record.on_error: refuse)? */
bool recorder_refuses(const struct transit *t);

/* Worker: must its answer wait until its line is on the disk (record.sync: always)? Then recorder_give hands it over
 * with t->hold HOLD_OUT, and worker_release gives it back: t->exchange.sequence is 0 where it could not be written. */
bool recorder_holds(const struct transit *t);

/* Worker: must what could not be written be refused? */
bool recorder_insists(const struct transit *t);

/* Worker: hand over the transit's exchange and arena. False: it was dropped (counted), the arena is still the
 * worker's. May wait. */
bool recorder_give(struct transit *t);

#endif
