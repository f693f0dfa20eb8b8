/* flow_record.h -- the exchanges of a run as a recording, which check, log and replay read. What comes in is redacted
 * already (flow_mask.h). One thread. */
#ifndef CLI_FLOW_RECORD_H
#define CLI_FLOW_RECORD_H

#include "base/error.h"
#include "traffic/exchange.h"

struct flow_record;

/* Begin the recording, or continue the one that is there. New, or NULL with err. */
struct flow_record *flow_record_open(const char *folder, struct error *err);

/* Changes x's number in the recording alone. What cannot be written is remembered until the end. Accepts NULL. */
void flow_record_add(struct flow_record *r, struct exchange *x);

/* Writes and syncs all of it, and closes. *count: how many exchanges are in it. 0, or -1 with err: some are not.
 * Accepts NULL. */
int flow_record_close(struct flow_record *r, uint64_t *count, struct error *err);

#endif
