/* server.h -- the data path as a whole: listeners, generations, recorder, workers.
 *
 * Started, drained and stopped by the main thread; the ruleset is swapped by one thread (reload.h); whoever asks how it
 * is may do so on any thread. */
#ifndef PROXY_SERVER_H
#define PROXY_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "proxy/metrics.h"
#include "rules/ruleset.h"

struct fault_counts;
struct live_findings;
struct proxy;
struct recent;
struct playback_counts;
struct sandbox_state;

struct proxy_options {
    /* Things an operator should know ("recording fails: …"), one line each, without newline; from any thread. May
     * be NULL. */
    void (*say)(void *arg, const char *line);
    void *arg;
};

/* Open the listeners, start the sandbox where it is asked for, resolve the upstreams, open the recording, start the
 * workers: when it returns, clients are served. Holds the ruleset. New, or NULL with err (a port in use, an unreadable
 * folder: ERROR_ENVIRONMENT). */
struct proxy *proxy_start(struct ruleset *ruleset, const struct proxy_options *options, struct error *err);

/* Stop accepting, finish what is inside (drain_timeout), write what is to be recorded. What was counted can still be
 * read. Nobody swaps any more. Accepts NULL. */
void proxy_drain(struct proxy *p);

/* Any thread, also a signal handler: while it drains, break off what is inside. */
void proxy_hurry(struct proxy *p);

/* The same as proxy_drain where it has not been done, then free. Accepts NULL. */
void proxy_stop(struct proxy *p);

/* ---- another ruleset ---- */

/* Let this ruleset take effect: all of it, or nothing and -1 with err. New addresses are listened on before anything
 * changes; those that are gone stop accepting, their clients stay until they are finished. Exchanges end with the
 * ruleset that they began with. When it returns every worker uses the new one (or is busy beyond
 * LIMIT_TAKE_OVER_TIME, and will as soon as it can: *late counts them). Blocks. Holds the ruleset. */
int proxy_swap(struct proxy *p, struct ruleset *ruleset, uint32_t *late, struct error *err);

/* What cannot change while it runs: 0, or -1 with err, which names the setting. */
int proxy_may_swap(struct proxy *p, const struct settings *next, struct error *err);

/* Readable (an eventfd) when a generation may have come out of use; proxy_reap reads it and frees what is. The thread
 * that swaps. */
int proxy_news(const struct proxy *p);
void proxy_reap(struct proxy *p);

/* ---- how it is ---- */

/* The address that clients can use ("http://127.0.0.1:8080"), copied. False behind the last one. */
bool proxy_url(struct proxy *p, uint32_t index, char *out, size_t size);

/* Prometheus text, sums, and what the recorder did. */
void proxy_metrics(struct proxy *p, struct buffer *out);
struct metrics_totals proxy_totals(struct proxy *p);
struct recorder_totals proxy_recorded(const struct proxy *p);

/* What the admin listener shows; NULL where there is none. Any thread. */
struct recent *proxy_recent(const struct proxy *p);

/* How many rulesets are in memory, for whatever reason. */
uint32_t proxy_rules_held(struct proxy *p);
struct live_findings *proxy_findings(const struct proxy *p);

/* Ordinals and firings of faults. Any thread. */
struct fault_counts *proxy_fault_counts(const struct proxy *p);

/* How the upstream of a service did last, over all workers; times are wall clock, 0: never since the last reload. */
struct proxy_health {
    int64_t answered, failed;
    const char *why; /* it failed (an id of docs/refusals.md), literal; NULL: it never did */
};
struct proxy_health proxy_health(struct proxy *p, uint32_t service);

/* Is it ready for traffic (and recording, where it was asked to)? *why is literal when it is not. */
bool proxy_ready(const struct proxy *p, const char **why);

/* What the simulated services remember, with a reference for the caller (sandbox_state_drop). NULL: none has a script.
 */
struct sandbox_state *proxy_sandbox(struct proxy *p);

/* The simulated services of the newest ruleset: name, and how many operations have a function. False behind the last.
 */
bool proxy_sandbox_service(struct proxy *p, uint32_t index, char *name, size_t size, uint32_t *handlers);

/* What the newest ruleset answered from recordings; and a new start. False: no service is answered from one. */
bool proxy_playback(struct proxy *p, struct playback_counts *counts);
bool proxy_playback_reset(struct proxy *p);

uint32_t proxy_workers(const struct proxy *p);

/* The newest ruleset, with a reference for the caller (ruleset_drop), and its generation's number, from 1. */
struct ruleset *proxy_ruleset(struct proxy *p);
uint64_t proxy_generation(struct proxy *p);

#endif
