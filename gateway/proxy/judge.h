/* judge.h -- from verdicts to decisions: what is refused in `enforce`, with which status.
 *
 * Refused is what breaks the contract (level error), what repeats a key, an unexpected body, and what stays
 * unchecked, as the service's policy says. Warnings and remarks pass and are reported. On the thread of the worker that
 * has the exchange. */
#ifndef PROXY_JUDGE_H
#define PROXY_JUDGE_H

#include "proxy/transit.h"

/* Must the message be refused for what was found so far? True: t->refusal says how. Only asked in `enforce`. */
bool judge_verdict(struct transit *t, enum side side);

/* The body is larger than max_body. True: refuse, t->refusal says how; false: it passes unchecked. */
bool judge_size(struct transit *t, enum side side);

/* The body as far as it may be checked: what is larger than max_body counts as too large, also where more is kept
 * for recording. */
void judge_body_state(struct transit *t, enum side side);

/* The status with which a request is refused for this violation. */
uint16_t judge_status(enum violation_id id);

/* The same for what stays unchecked; 0: it is not refused, because nothing was there to be checked. */
uint16_t judge_unchecked_status(enum unchecked_id reason);

/* An OPTIONS request that the contract does not know, and that may pass (CORS preflights). */
bool judge_options_pass(const struct transit *t);

#endif
