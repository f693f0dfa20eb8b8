/* refusal.h -- why Plumbline answers itself instead of the service, and the page that lists every reason.
 *
 * Four tables give reasons: what is no HTTP/1.1 (PARSE_FAULTS of http/parse.h), what the upstream did (CALL_FAILURES of
 * net/upstream.h), what the contract says (VIOLATIONS of contract/violation.h, by the statuses of judge.h), and this
 * one: what is left. Ids are a promise: they stand in answers, recordings and access lines. Any thread. */
#ifndef PROXY_REFUSAL_H
#define PROXY_REFUSAL_H

#include <stdint.h>

#include "base/buffer.h"

/* Name, id, status of the answer, one sentence. */
#define REFUSALS(R)                                                                                                    \
    R(SERVICE_UNKNOWN, "service-unknown", 404, "no service is configured for this host and path")                      \
    R(PATH_AMBIGUOUS, "path-ambiguous", 400, "two programs could read the path differently")                           \
    R(RECORDING, "recording", 503, "the recording cannot be written (record.on_error: refuse)")                        \
    R(RATE_LIMITED, "rate-limited", 429, "the caller sent more requests than its rate allows (rate_limit)")            \
    R(OVERLOADED, "overloaded", 503, "the service has as many requests at a time as it may have (max_in_flight)")      \
    R(HEADER_TIMEOUT, "header-timeout", 408, "the request's head did not come in time")                                \
    R(BODY_TIMEOUT, "body-timeout", 408, "the request's body did not come in time")                                    \
    R(TOTAL_TIMEOUT, "total-timeout", 504, "the exchange took longer than its total timeout")                          \
    R(UPGRADE, "upstream-upgrade", 502, "the upstream switched to a protocol that it was not asked for")               \
    R(FAULT, "fault", 503, "a rule of this gateway breaks the exchange on purpose (with the rule's status)")           \
    R(MEMORY, "memory", 503, "no memory is left for this exchange")

#define REFUSAL_ENUM(NAME, id, status, what) REFUSAL_##NAME,
enum refusal_id { REFUSALS(REFUSAL_ENUM) REFUSAL_IDS };

const char *refusal_name(enum refusal_id id);
uint16_t refusal_status(enum refusal_id id);
const char *refusal_what(enum refusal_id id);

/* Append docs/refusals.md. */
void refusal_page(struct buffer *out);

#endif
