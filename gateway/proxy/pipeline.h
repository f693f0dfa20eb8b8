/* pipeline.h -- the way of an exchange: route, check request, answer, check response, deliver, refuse, finish.
 *
 * The steps stand in a table at the top of pipeline.c. The client's connection and the call to the responder tell
 * what happened; the pipeline decides what comes next. A transit ends at the end of the turn in which its last
 * step ran, so that callbacks on the way may still look at it. */
#ifndef PROXY_PIPELINE_H
#define PROXY_PIPELINE_H

#include "proxy/transit.h"

/* A new transit for a request that begins; NULL when there is no memory. */
struct transit *pipeline_new(struct worker *w, struct client *c);

/* Nothing came of it (no byte of a request was read): give it back unrecorded. */
void pipeline_discard(struct transit *t);

/* The head is complete. When `whole`, so is the body, in exchange.request.body. */
void pipeline_request(struct transit *t, bool whole);

/* A piece of the body; kept: it lives in the exchange's arena. The last piece was there. */
void pipeline_request_body(struct transit *t, struct text piece, bool kept);
void pipeline_request_end(struct transit *t);

/* What was read at once is used up. */
void pipeline_request_pause(struct transit *t);

/* The request is no HTTP/1.1, or did not come in time: refuse and close. */
void pipeline_request_bad(struct transit *t, uint16_t status, const char *reason, const char *detail);

/* The client left. It must not be touched any more. */
void pipeline_client_gone(struct transit *t);

/* The worker stops. */
void pipeline_drain(struct transit *t);

/* Everything written so far reached the client's socket. */
void pipeline_client_drained(struct transit *t);

#endif
