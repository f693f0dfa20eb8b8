/* batch.h -- the recorder's lines on their way to the disk: redacted, written together, synced together.
 *
 * A line counts as written once write(2) took it; with `sync: always` once it is synced, because only then is its
 * exchange answered (group commit). What a failing disk did not take is counted, and the next line that is written
 * says so (`_plumbline.lost`); the numbers of lines that are not there are given again. Belongs to the recorder's
 * thread, but for batch_totals and batch_is_failing: any. */
#ifndef PROXY_BATCH_H
#define PROXY_BATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "proxy/metrics.h"
#include "rules/ruleset.h"

struct batch;
struct exchange;
struct redaction_scratch;

/* Open the recording. Borrows the settings. New, or NULL with err. `repaired` is set to the bytes of a torn line
 * that were cut off. `say` is called when writing begins to fail and when it works again. */
struct batch *batch_new(const struct record_settings *settings, uint64_t *repaired,
                        void (*say)(void *arg, const char *line), void *arg, struct error *err);
void batch_free(struct batch *b);

/* Redact it as its own ruleset says, unless that was done (*redacted), and add its line. `dropped`: how many were ever
 * dropped before they came here. Its x->sequence is 0 where that failed (counted). */
void batch_add(struct batch *b, struct exchange *x, const struct redaction *how, bool *redacted, uint64_t dropped);

/* For others on the recorder's thread. */
struct redaction_scratch *batch_scratch(struct batch *b);

/* Add a line that says what came of one whose line is written already: its outcome. */
void batch_amend(struct batch *b, const struct exchange *x);

/* At the end, when everything is written: where no line said of the last exchanges that they are not in the recording,
 * one more does, which amends the last one; if it cannot be written, either, that is said. `dropped` as above. */
void batch_tell_lost(struct batch *b, uint64_t dropped);

/* Is there so much that it should be written? */
bool batch_is_large(const struct batch *b);

/* Write what was added. False: it failed, and the lines of this number (*from) and higher are not in the recording. */
bool batch_write(struct batch *b, uint64_t *from);

/* Sync what was written. False: it failed, and with `sync: always` the lines of this number (*from) and higher are not
 * in the recording. */
bool batch_sync(struct batch *b, uint64_t *from);

/* While writing fails and nothing comes that would try it: try it, once a second. */
void batch_probe(struct batch *b);

/* Is something not synced yet? When is that due, in nanoseconds from now? */
bool batch_is_unsynced(const struct batch *b);
int64_t batch_sync_due(const struct batch *b);

/* Any thread. */
bool batch_is_failing(const struct batch *b);
void batch_totals(struct batch *b, struct recorder_totals *totals);

#endif
