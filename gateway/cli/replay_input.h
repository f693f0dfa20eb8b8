/* replay_input.h -- recorded exchanges for a replay, one by one: chosen, named as today's contracts name them, copied.
 *
 * What cannot be sent again is left out, and counted by its reason. Main thread. */
#ifndef CLI_REPLAY_INPUT_H
#define CLI_REPLAY_INPUT_H

#include "cli/log_filter.h"
#include "replay/run.h"
#include "rules/ruleset.h"

enum replay_skip {
    REPLAY_SKIP_NO_REQUEST, /* no head that could be read */
    REPLAY_SKIP_FOREIGN,    /* data: and the like */
    REPLAY_SKIP_TUNNEL,
    REPLAY_SKIP_TRUNCATED, /* the request's body is not on record, or not all of it */
    REPLAY_SKIP_REFUSED,   /* by the gateway: no service saw it */
    REPLAY_SKIP_AMENDMENT, /* of an exchange that is not in the recording */
    REPLAY_SKIP_TORN,
    REPLAY_SKIP_BROKEN,
    REPLAY_SKIPS
};
const char *replay_skip_what(enum replay_skip skip); /* "a tunnel (WebSocket and the like)" */

struct replay_input;

struct replay_input_options {
    const char *const *recordings;
    size_t count;
    struct log_filter *filter;
    uint64_t most;                 /* --first; 0: all */
    const struct ruleset *ruleset; /* NULL: as the recording names them */
    const char *command;
};

/* New, or NULL with err. Borrows everything. */
struct replay_input *replay_input_new(const struct replay_input_options *options, struct error *err);
void replay_input_free(struct replay_input *in); /* accepts NULL */

/* A replay_source_fn. */
int replay_input_next(void *arg, struct replay_item *item, struct error *err);

uint64_t replay_input_skipped(const struct replay_input *in, enum replay_skip skip);
uint64_t replay_input_lost(const struct replay_input *in);

/* How far: bytes that were read of those that there are (0: nobody knows). */
void replay_input_progress(const struct replay_input *in, uint64_t *read, uint64_t *all);

/* "createOrder", or "GET /things/<any>" with '*' for what looks like an id; in the arena. */
struct text replay_operation_name(const struct replay_item *item);

/* "POST /api/orders/{order_id}": as bindings and noise name it. */
struct text replay_operation_place(const struct replay_item *item);

#endif
