/* server.h -- the data path as a whole: listeners, responders, recorder, workers. Started and stopped by the main
 * thread. */
#ifndef PROXY_SERVER_H
#define PROXY_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "proxy/metrics.h"
#include "rules/ruleset.h"

struct live_findings;
struct proxy;
struct recent;

struct proxy_options {
    uint16_t sandbox_port; /* where the sandbox answers on 127.0.0.1, each service below "/NAME"; 0: it does not run */
    /* Things an operator should know ("recording fails: …"), one line each, without newline; from any thread. May
     * be NULL. */
    void (*say)(void *arg, const char *line);
    void *arg;
};

/* Open the listeners, resolve the upstreams, open the recording, start the workers: when it returns, clients are
 * served. Holds the ruleset. New, or NULL with err (a port in use, an unreadable folder: ERROR_ENVIRONMENT). */
struct proxy *proxy_start(struct ruleset *ruleset, const struct proxy_options *options, struct error *err);

/* Stop accepting, finish what is inside (drain_timeout), write what is to be recorded. What was counted can still be
 * read. Accepts NULL. */
void proxy_drain(struct proxy *p);

/* The same where it has not been done, then free. Accepts NULL. */
void proxy_stop(struct proxy *p);

/* Addresses that clients can use ("http://127.0.0.1:8080"). Borrowed; NULL behind the last one. */
const char *proxy_url(const struct proxy *p, uint32_t index);

/* Any thread, while it runs: Prometheus text, sums, and what the recorder did. */
void proxy_metrics(const struct proxy *p, struct buffer *out);
struct metrics_totals proxy_totals(const struct proxy *p);
struct recorder_totals proxy_recorded(const struct proxy *p);

/* Is it ready for traffic (and recording, where it was asked to)? *why is literal when it is not. */
bool proxy_ready(const struct proxy *p, const char **why);

/* What the admin listener shows; NULL where there is no admin listener. Any thread. */
struct recent *proxy_recent(const struct proxy *p);
struct live_findings *proxy_findings(const struct proxy *p);

uint32_t proxy_workers(const struct proxy *p);
const struct ruleset *proxy_ruleset(const struct proxy *p);

#endif
