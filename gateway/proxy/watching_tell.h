/* watching_tell.h -- what becomes of a finding about several exchanges: it is counted, shown among the live findings,
 * and logged; everything redacted. For watching.c. */
#ifndef PROXY_WATCHING_TELL_H
#define PROXY_WATCHING_TELL_H

#include <pthread.h>
#include <stdint.h>

#include "base/arena.h"
#include "proxy/metrics.h"
#include "rules/watch.h"

struct proxy_options;
struct watching_teller;

/* Lines of one generation: the first few of each minute, and how many there were besides. */
struct watching_log {
    const struct ruleset *ruleset;
    const struct proxy_options *options;
    pthread_mutex_t lock;
    int64_t minute; /* began then, monotonic */
    uint32_t lines; /* in it */
    uint64_t more;  /* that were not written */
    counter untold; /* findings that rest on exchanges of which nobody can be sure */
};

void watching_log_init(struct watching_log *log, const struct ruleset *ruleset, const struct proxy_options *options);
void watching_log_end(struct watching_log *log);

/* Findings, copied into the arena while a shard is locked. Starts with the arena alone. */
struct watching_found {
    struct arena *arena;
    struct watching_one *first, *last;
};

/* A watch_found_fn; arg is the list. */
void watching_on_found(void *arg, const struct watch_finding *finding);

/* A watch_trouble_fn; arg is the log. */
void watching_trouble(void *arg, struct text where, struct text rule, const char *why);

/* No lock is held. What rests on exchanges that began before `sure` is counted alone. */
void watching_tell(struct watching_log *log, struct watching_found *found, int64_t sure,
                   const struct watching_teller *teller);

#endif
