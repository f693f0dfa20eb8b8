/* limiting.h -- the limits that a request meets on its way: the rate of its caller, and how many may be on their way to
 * its service.
 *
 * What the client is told about it are the fields RateLimit and RateLimit-Policy of
 * draft-ietf-httpapi-ratelimit-headers-10 (structured fields, RFC 9651): "NAME";q=50;w=1 and "NAME";r=49;t=1. An
 * upstream that sends either of them speaks about limits of its own, and a client cannot tell two speakers apart: then
 * ours are left out. On the thread of the worker that has the exchange. */
#ifndef PROXY_LIMITING_H
#define PROXY_LIMITING_H

#include "base/buffer.h"
#include "proxy/transit.h"

/* Count the routed request under its policy's rate. False: it is over. */
bool limiting_passes(struct transit *t);

/* Whole seconds, at least one, until a request that was over its rate would pass. */
unsigned limiting_retry_after(const struct transit *t);

/* Count the request as on its way to its service. False: there are max_in_flight. Until limiting_leaves, which may be
 * called at any time. */
bool limiting_enters(struct transit *t);
void limiting_leaves(struct transit *t);

/* Append the two fields to the head of the answer m, where a rate holds and m says nothing itself. */
void limiting_add_fields(struct buffer *out, const struct transit *t, const struct message *m);

#endif
