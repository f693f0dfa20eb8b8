/* flow_mask.h -- what a run tells anyone (console, log, recording, reports) goes through here first: secrets come out.
 *
 * Exchanges are redacted as those of the gateway are (rules/redaction.h). Beside that every known secret is masked
 * wherever it occurs: tokens, passwords among the inputs, and what redaction took out of exchanges (the token of a
 * login, which a criterion may quote later). One thread. */
#ifndef CLI_FLOW_MASK_H
#define CLI_FLOW_MASK_H

#include "flow/runner.h"
#include "rules/redaction.h"

struct flow_mask;

/* New, or NULL with err. redaction NULL: the defaults; borrowed. */
struct flow_mask *flow_mask_new(const struct redaction *redaction, struct error *err);
void flow_mask_free(struct flow_mask *m); /* accepts NULL */

/* Copies. What is shorter than three bytes masks nothing. */
void flow_mask_secret(struct flow_mask *m, struct text secret);

/* Those that were added by flow_mask_secret, as they were. */
const struct text *flow_mask_secrets(const struct flow_mask *m, uint32_t *count);

/* With every secret replaced; in the arena, or the text itself. */
struct text flow_mask_text(const struct flow_mask *m, struct text t, struct arena *arena);

/* Copies whose texts may be told, in the arena; `x` takes the exchange. 0, or -1: no memory, then nothing may be told.
 */
int flow_mask_try(struct flow_mask *m, const struct flow_try *t, struct arena *arena, struct flow_try *safe,
                  struct exchange *x);
int flow_mask_result(struct flow_mask *m, const struct flow_result *r, struct arena *arena, struct flow_result *safe);
int
flow_mask_finding(struct flow_mask *m, const struct watch_finding *f, struct arena *arena, struct watch_finding *safe);

#endif
