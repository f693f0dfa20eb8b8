/* infer.h -- a contract from traffic: what was seen, and how often.
 *
 * Exchanges are added one by one and forgotten; what stays is a tally of paths, parameters, statuses and shapes of
 * bodies, in bounded memory. Nothing is stated that the traffic does not carry: a member is required only when it was
 * never absent from INFER_LEAST objects or more, an enum is written only when few values came again and again and no
 * new one appeared for a long time, a whole number stays `number` until there are many of them. Every statement says
 * how often it was seen (`x-seen`). Paths that differ in what looks like an id are one template: /orders/ORD123 and
 * /orders/ORD124 are /orders/{orderId}.
 *
 * What Plumbline answered or broke itself, and the requests that a service refused as wrong, are no evidence. No I/O;
 * one thread. */
#ifndef DRIFT_INFER_H
#define DRIFT_INFER_H

#include <stdint.h>

#include "base/buffer.h"
#include "traffic/exchange.h"

#define INFER_LEAST 20u /* objects, or requests, before something that was never absent is required */

struct infer;

struct infer *infer_new(void);
void infer_free(struct infer *infer); /* accepts NULL */

/* Count the exchange; texts are copied. */
void infer_add(struct infer *infer, const struct exchange *x);

struct infer_counts {
    uint64_t exchanges;  /* that were added */
    uint64_t left_out;   /* Plumbline's own answers, injected faults, CONNECT and the like */
    uint64_t operations; /* methods of path templates */
    bool full;           /* memory was used up: what came later is in no shape */
};
struct infer_counts infer_counts(const struct infer *infer);

/* Append an OpenAPI 3.1 document, indented. `from`: what it was made of ("logs/staging"). The tally is finished by
 * that: nothing may be added afterwards. */
void infer_write(struct infer *infer, struct text title, struct text from, struct buffer *out);

#endif
