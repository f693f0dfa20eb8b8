/* responder.h -- who answers: a service's upstream, or the sandbox or a recording, which are one more address.
 *
 * Names are resolved when the gateway starts, never on a worker. Each worker has its own pool per service. */
#ifndef PROXY_RESPONDER_H
#define PROXY_RESPONDER_H

#include "base/error.h"
#include "net/upstream.h"
#include "rules/ruleset.h"

struct admission_flow;
struct transit;

/* Where the service's answers come from; unchanging once the workers run. */
struct responder {
    struct upstream upstream;
    char authority[ADDRESS_TEXT + 256]; /* host:port, for Host */
    char base[704];     /* in front of the path: "", "/base", "/NAME" of the sandbox or recordings, a whole URI */
    char connect[2048]; /* what asks an HTTP proxy for a tunnel; upstream.proxy points to it */
    const char *name;   /* "upstream", "sandbox", "recording" */
    _Atomic(struct admission_flow *) flow; /* found when the first request needs it (limiting.c) */
};

/* Where they listen on 127.0.0.1; 0: it does not run. */
struct responder_ports {
    uint16_t sandbox;
    uint16_t recording;
};

/* Resolve. Blocks. 0 or -1 with err. */
int responder_resolve(struct responder *r, const struct service *service, const struct responder_ports *ports,
                      struct error *err);

/* Which host and port its connections go to (the proxy's, where there is one), if the host is a name that has to be
 * resolved. False: it is not. Borrowed from the service. */
bool responder_name(const struct service *service, struct text *host, uint16_t *port);

/* Send the request of this transit (t->sent_…) to its service's responder; `more` of the body follows. True: over a
 * kept connection. */
bool responder_start(struct transit *t, bool more, const struct call_events *events);

/* May the request be sent twice (RFC 9110 9.2.2)? */
bool responder_may_repeat(const struct transit *t);

/* What stands in front of the path there. */
struct text responder_base(const struct transit *t);

/* The value of Proxy-Authorization for it; empty: none. */
struct text responder_proxy_authorization(const struct transit *t);

/* What the responder is called in Host. */
struct text responder_authority(const struct transit *t);

#endif
