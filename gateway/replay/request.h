/* request.h -- the request that is sent in place of a recorded one.
 *
 * Values of the new run by bind.h; then secrets that were redacted and are given anew; idempotency keys are renewed
 * (equal recorded ones stay equal, so a repeated request stays a repeated one); the Host of the target; fields of the
 * recorded connection stay behind (RFC 9110 7.6.1), the body is framed by its length. Everything is in the arena, or
 * borrowed. No I/O. */
#ifndef REPLAY_REQUEST_H
#define REPLAY_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "replay/bind.h"
#include "replay/bind_time.h"
#include "traffic/exchange.h"

/* What is given anew: "Authorization", "query:access_token", "body:/card/number", "cookie:sid" would be its Cookie
 * field. An empty value leaves the field or key out. */
struct replay_secret {
    struct text name;
    struct text value;
};

struct replay_making {
    struct binder *binder; /* NULL: as recorded */
    const struct replay_secret *secrets;
    uint32_t secret_count;
    const struct bindings *rules; /* say which fields are keys of one request; NULL: the usual ones */
    struct time_shift *shift;     /* dates that move with the run, or NULL; knows when it began from run.h */
    uint64_t seed;                /* of renewed keys: another one for each run */
    bool keep_keys;               /* idempotency keys stay */
};

struct replay_request {
    struct message message; /* as it is sent, Host and Content-Length included */
    struct bound *bounds;   /* what was bound, and what could not be */
    uint32_t bound_count;
    uint32_t unresolved;
    struct text lacking; /* "request header Authorization": it was redacted, and nobody gave it; empty: nothing is */
    uint32_t renewed;    /* idempotency keys */
    uint32_t given;      /* secrets */
    uint32_t moved;      /* dates */
};

/* The request of the recorded exchange with this number, for this host, below this base path. 0, or -1: no memory. */
int replay_request_make(const struct replay_making *making, uint64_t number, const struct exchange *x,
                        const struct contract_match *match, struct text host, struct text base, struct arena *arena,
                        struct replay_request *request);

/* Its head, as bytes: request line, fields, empty line. */
void replay_request_head(const struct replay_request *request, struct buffer *out);

#endif
