/* playback.h -- services that are answered from recordings, over real loopback HTTP.
 *
 * One server for all services of a ruleset whose upstream is `recording:PATH`. Like the sandbox it finds a service by
 * the first segment of the path, which is its name; what follows is the path of its contract. So the gateway reaches it
 * as one more upstream: what it answers is checked and recorded like everybody's answers.
 *
 * What answers is in playback_find.h. Answers are as they were recorded: status, fields (hop-by-hop ones and
 * Content-Length aside), body with its coding; ids that the client made up are put in (playback_bind.h). Each says in
 * Plumbline-Replay which exchange it is: "ID; step 3 of 5", with "; bound 2" where ids were replaced and "; redacted"
 * where something is missing that was redacted. A miss is a 404 problem document, "miss", that names the closest
 * recorded request and what differs; or it is sent on (`miss: forward`, "forwarded"). A recorded answer that is not
 * whole is refused with 502, "ID; unusable".
 *
 * The server has a thread, and one more looks and waits: it alone has the catalogs (one for each path, however many
 * services share it) and what the run remembers. That begins anew with each generation, and with playback_reset. */
#ifndef REPLAY_PLAYBACK_H
#define REPLAY_PLAYBACK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "rules/ruleset.h"

struct playback;

struct playback_options {
    void (*say)(void *arg, const char *line); /* what a recording holds that cannot be answered from; may be NULL */
    void *arg;
};

/* Read the recordings and serve. Holds a reference to the ruleset. *playback is NULL afterwards when no service asks
 * for one. 0, or -1 with err. */
int playback_start(struct playback **playback, struct ruleset *ruleset, const struct playback_options *options,
                   struct error *err);

/* Where it listens, on 127.0.0.1. 0 for NULL. */
uint16_t playback_port(const struct playback *p);

/* Any thread: the next request begins anew with every sequence and without bindings. Accepts NULL. */
void playback_reset(struct playback *p);

/* What it answered so far. Any thread. */
struct playback_counts {
    uint64_t exchanges; /* that can be answered from */
    uint64_t hits, misses, forwarded;
};
struct playback_counts playback_counts(struct playback *p);

/* Append plumbline_playback_total and plumbline_playback_exchanges, for /metrics. Accepts NULL: nothing was asked. */
void playback_metrics(struct playback *p, struct buffer *out);

/* Accepts NULL. */
void playback_stop(struct playback *p);

#endif
