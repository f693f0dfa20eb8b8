/* replay_plan.h -- where a replay sends to, what it may, and what it is given: the options that are more than a word.
 * Main thread. */
#ifndef CLI_REPLAY_PLAN_H
#define CLI_REPLAY_PLAN_H

#include "cli/command.h"
#include "replay/run.h"
#include "rules/ruleset.h"

#define REPLAY_NAMES 64

struct replay_asked {
    const char *config, *speed, *rate, *longest_pause, *timeout, *ca, *record;
    const char *bindings, *learn, *learn_noise, *faults;
    struct option_list to, hosts, methods, tokens, contracts, reports, noise, headers, unordered, shift_time;
    long concurrency, first; /* 0: not said */
    bool insecure, dry_run, keep_keys, strict, bind_ambiguous;
};

struct replay_texts {
    struct text list[REPLAY_NAMES];
    uint32_t count;
};

/* All of it lives in the arena. */
struct replay_given {
    struct arena *arena;
    struct replay_target targets[REPLAY_NAMES];
    uint32_t target_count;
    struct replay_texts methods, headers, unordered;
    struct replay_secret secrets[REPLAY_NAMES];
    uint32_t secret_count;
    double speed, rate;
    int64_t longest_pause, timeout;
    uint32_t concurrency;
};

/* Read and judge all of it. The ruleset (may be NULL) says which names are security schemes. 0, or -1 with err;
 * replay_given_end in either case. */
int replay_given_read(struct replay_given *g, const struct replay_asked *asked, const struct ruleset *ruleset,
                      struct error *err);
void replay_given_end(struct replay_given *g);

#endif
