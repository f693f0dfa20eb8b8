/* runner.h -- flows, run: steps in order, their requests sent, their answers judged.
 *
 * One thread (the caller's) runs any number of runs at a time; requests go through the fetcher. Every exchange is
 * checked against its contract, given to lifecycles and invariants, and handed to the listener, who prints, records,
 * reports. Nothing here prints. Ends by itself: jumps, retries, nesting and bytes have ceilings (limits.h, FLOW_…). */
#ifndef FLOW_RUNNER_H
#define FLOW_RUNNER_H

#include "flow/request.h"
#include "rules/ruleset.h"
#include "rules/watch.h"
#include "traffic/exchange.h"

enum flow_failure {
    FLOW_FINE,
    FLOW_NETWORK, /* no connection, or it broke */
    FLOW_TIMED_OUT,
    FLOW_INVALID,   /* request or answer break the contract */
    FLOW_CRITERION, /* a criterion is not met */
    FLOW_EXHAUSTED, /* retries are used up */
    FLOW_MISSING,   /* an expression gave nothing: there was nothing to send */
    FLOW_INPUT,     /* the inputs do not satisfy their schema */
    FLOW_LIMIT,     /* too many jumps, too deep, too large */
    FLOW_RULE,      /* a lifecycle or an invariant is broken */
    FLOW_STOPPED,   /* by the user, or by --fail-fast */
};
const char *flow_failure_name(enum flow_failure f); /* "network" …, stable: they are in reports */

/* One try of a step. Borrowed until the callback returns. */
struct flow_try {
    const struct workflow *workflow;
    const struct step *step;
    uint64_t run;         /* number, from 1 */
    uint32_t depth;       /* of nested workflows: 0 */
    const uint32_t *path; /* the calls of workflows that it is inside of, depth + 1 of them, from the outermost: numbers
                           * from 1 within a run */
    uint32_t called;      /* the call that this step made; 0: none */
    int64_t element;      /* of x-for-each; -1: none */
    uint32_t attempt, limit; /* 1 of limit + 1 tries; limit 0: no retry was asked for (so far) */
    int64_t next;            /* nanoseconds until the next try; 0: none */
    enum flow_failure failure;
    struct text why;                   /* one sentence */
    const struct criterion *criterion; /* the one that is not met; NULL */
    struct text criterion_told;
    const struct exchange *exchange; /* with verdicts; NULL: nothing was sent */
    const struct value *outputs;     /* NULL: none */
    int64_t took;
    const char *then;    /* "", "end", "goto", "retry", literal */
    struct text then_to; /* step or workflow of a goto */
};

struct flow_result {
    const struct workflow *workflow;
    uint64_t run;
    enum flow_failure failure;
    struct text why;
    const struct step *step; /* at which it failed; NULL */
    const struct value *outputs, *inputs;
    uint32_t steps, tries;
    int64_t took;
};

struct flow_listener {
    void (*begin)(void *arg, const struct workflow *w, uint64_t run, uint32_t depth);
    void (*sending)(void *arg, const struct flow_try *t); /* the request is ready, the answer not there */
    void (*tried)(void *arg, const struct flow_try *t);
    void (*found)(void *arg, const struct watch_finding *finding);
    void (*end)(void *arg, const struct flow_result *r, uint32_t depth);
    void *arg;
};

struct runner_options {
    const struct flow *flow;
    const struct workflow *const *workflows; /* to be run, with what they depend on; NULL: all */
    uint32_t workflow_count;
    const struct value *inputs; /* an object, or NULL */
    const struct flow_server *servers;
    uint32_t server_count;
    const struct flow_token *tokens;
    uint32_t token_count;
    const struct ruleset *ruleset; /* whose services, by the names of sources' contracts, have policies, lifecycles and
                                      invariants; NULL: none */
    bool unchecked;                /* do not hold exchanges against contracts */
    uint32_t repeat, concurrency;  /* 1, 1 */
    bool fail_fast;
    int64_t timeout; /* of a request, unless its step says one; 0: 30 s */
    struct flow_listener listener;
};

/* Run to the end. 0: everything was run (failed or not: the listener knows), or -1 with err: it could not begin. */
int runner_run(const struct runner_options *options, struct error *err);

/* Signal handler, any thread: end as soon as possible. */
void runner_stop(void);

#endif
