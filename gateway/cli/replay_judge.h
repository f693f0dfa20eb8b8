/* replay_judge.h -- what a replay found: differences from the recorded answers, and what is wrong with the new ones by
 * their contract, lifecycles and invariants. Findings are listed by place (finding.h). Main thread. */
#ifndef CLI_REPLAY_JUDGE_H
#define CLI_REPLAY_JUDGE_H

#include "replay/compare.h"
#include "replay/run.h"
#include "report/report.h"
#include "rules/ruleset.h"
#include "traffic/finding.h"

struct replay_judge;

struct replay_judge_options {
    const struct ruleset *ruleset; /* NULL: answers are only compared */
    struct finding_list *findings;
    const struct redaction *redaction; /* of what is told, and of `made` where it is recorded */
    bool recorded;                     /* `made` is going to be */
    struct comparison comparison;      /* the operation is filled in */
    const char *command;
};

struct replay_verdicts {
    uint64_t equal, different;
    uint64_t partly;     /* equal, as far as could be compared */
    uint64_t uncompared; /* there is no answer of the service's own to compare with */
    uint64_t injected;   /* a gateway in between broke them on purpose: not compared */
    uint64_t unanswered;
    uint64_t unresolved; /* not sent: a value was not there */
    uint64_t no_secret;  /* not sent: something redacted was not given */
    uint64_t no_target;
    uint64_t too_large;
    uint64_t bound, ambiguous; /* values */
    uint64_t renewed, given;
};

/* New, or NULL with err. Borrows everything. */
struct replay_judge *replay_judge_new(const struct replay_judge_options *options, struct error *err);
void replay_judge_free(struct replay_judge *j); /* accepts NULL */

/* An item came to its end. `settled`: of replay_settled. `made`, of the new run, is filled in where it was answered and
 * lives in the item's arena, redacted where it is going to be recorded. 0, or -1: no memory. */
int replay_judge_item(struct replay_judge *j, struct replay_item *item, int64_t settled, struct exchange *made);

/* All of them did: tell what rests on several. 0, or -1: no memory. */
int replay_judge_finish(struct replay_judge *j, struct report_summary *summary);

const struct replay_verdicts *replay_judge_verdicts(const struct replay_judge *j);

/* What was not given, most often first: "request header Authorization", and how often. NULL behind the last one. */
const char *replay_judge_lacking(const struct replay_judge *j, uint32_t index, uint64_t *count);

#endif
