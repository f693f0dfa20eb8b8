/* inject.h -- faults carried out: what rules/fault.h chooses is done to the exchange, on the wire.
 *
 * Two steps of the pipeline: `inject`, between the check of the request and the answer, for what is done before the
 * service is asked; `inject response`, between the check of the response and its delivery. In between, bodies that are
 * shaped (cut, slowed down, broken) go through inject_takes. Both sides are judged, recorded and watched as they were
 * before; what was done stands beside them (exchange.faults). What answers a request that was changed on purpose is
 * `unchecked: injected`.
 *
 * t->injection is NULL where no rule may act: then nothing here is called. On the thread of the worker that has the
 * exchange. */
#ifndef PROXY_INJECT_H
#define PROXY_INJECT_H

#include "base/buffer.h"
#include "proxy/transit.h"

struct document;
struct documented_body;

/* It is routed, and there are faults: find out what they want of it. */
void inject_begin(struct transit *t);

/* Bytes of this side's body that are to be kept for it. */
size_t inject_ceiling(const struct transit *t, enum side side);

/* A JSON body was read for its check. True: its tape must stay. */
bool inject_parsed(struct transit *t, enum side side, const struct document *document);

/* Was the request changed on its way to the service? Then the answer is not judged. */
bool inject_is_altered(const struct transit *t);

/* ---- the request ---- */

/* The request is framed (t->sent_…): send it, if it is to be sent in another way than as it stands. */
bool inject_sends(struct transit *t, const struct call_events *events);

/* Set the side's body up as its faults want it. False: nothing is done to it. */
bool inject_flow_begin(struct transit *t, enum side side);

/* ---- bodies on their way ---- */

/* A piece that is about to go on, and the end. True: it is taken care of. */
bool inject_takes(struct transit *t, enum side side, struct text piece);
bool inject_takes_end(struct transit *t, enum side side);

/* Whoever is to get that side's message took all that was queued. */
void inject_drained(struct transit *t, enum side side);

/* The call is over: what was left of the request need not go. */
void inject_call_over(struct transit *t);

/* Is the response's body shaped piece by piece? And will its end be missing? */
bool inject_shapes(const struct transit *t);
bool inject_cuts(const struct transit *t);

/* ---- what the responder's side tells ---- */

/* Is something going on that what just came must wait for: a delay, or an end that was decided on? */
bool inject_waits(const struct transit *t);

/* The response is complete; or it will never be, or more of it came than is kept: true, where that is of no matter any
 * more. */
void inject_response_over(struct transit *t);
bool inject_response_failed(struct transit *t);
bool inject_response_grew(struct transit *t);

/* ---- answers and ends ---- */

/* What is answered instead, where that is an answer of the service (`stale`); NULL: a refusal is made up. */
const struct message *inject_answer(const struct transit *t);

/* The body that the contract documents for a status that is injected. False: there is none. */
bool inject_documented(struct transit *t, struct documented_body *made);

/* Is the connection to end by a reset? */
bool inject_resets(const struct transit *t);

/* Append Plumbline-Fault. */
void inject_add_fields(struct buffer *out, const struct transit *t);

/* The worker stops: who would never be answered is let go. */
void inject_drain(struct transit *t);

/* Keep what the service answered, for `stale`, before anybody redacts it. */
void inject_keep(struct transit *t);

/* It is refused: nothing more is done to it. The same when it finishes, with inject_keep. */
void inject_stop(struct transit *t);
void inject_over(struct transit *t);

#endif
