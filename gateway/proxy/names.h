/* names.h -- the names of upstreams, looked up again and again while the gateway runs, off the workers.
 *
 * One thread asks (getaddrinfo blocks, and tells nothing about how long an answer is good for) every `resolve`. Other
 * addresses than before are handed to each worker through a box of its own: no lock on the hot path. A name that
 * cannot be resolved keeps its addresses, which is said once, and once more when it works again. */
#ifndef PROXY_NAMES_H
#define PROXY_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "net/upstream.h"

struct names;
struct proxy;

/* Start its thread. Borrows the proxy. New, or NULL with err. */
struct names *names_start(struct proxy *p, struct error *err);

/* Any thread: there are other names or another interval. Accepts NULL. */
void names_wake(struct names *n);

/* End the thread, free. A look-up that is under way is waited for LIMIT_NAME_PATIENCE; after that the thread goes on
 * alone, with a ruleset that it holds, and frees what is its own. Accepts NULL. */
void names_stop(struct names *n);

/* ---- one look-up, without a thread ---- */

/* As address_resolve. */
typedef int
names_resolver(void *arg, struct text host, uint16_t port, struct address *out, int most, struct error *err);

enum names_outcome {
    NAMES_SAME,    /* in whatever order */
    NAMES_CHANGED, /* *upstream has the new addresses */
    NAMES_FAILED,  /* err says why; *upstream is as it was */
};

enum names_outcome names_look(struct upstream *upstream, struct text host, uint16_t port, names_resolver *resolver,
                              void *arg, struct error *err);

/* Is this a name that somebody must be asked about, and no address? */
bool names_is_name(struct text host);

#endif
