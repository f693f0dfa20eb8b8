/* checking.h -- recorded exchanges against contracts, one after the other, for `plumbline check`. Main thread. */
#ifndef CLI_CHECKING_H
#define CLI_CHECKING_H

#include "contract/check.h"
#include "drift/tally.h"
#include "report/report.h"
#include "rules/ruleset.h"

struct check_watch;
struct progress;

struct checking {
    struct ruleset *ruleset;
    struct finding_list *findings;
    struct schema_scratch *scratch;
    struct arena *arena; /* of one exchange */
    struct tally *tally;
    struct check_watch *watch; /* NULL: there are no rules over several exchanges */
    struct report_summary summary;
    uint64_t broken;  /* entries that could not be read */
    uint64_t foreign; /* entries that are no HTTP */
    bool follow;      /* the recording is being written: go on until a signal comes */
    struct progress *progress;

    /* the exchange at hand */
    struct exchange *exchange; /* NULL between two of them */
    const struct policy *policy;
    const struct value *bodies[2];
    bool (*inner)(void *arg, enum side side, const struct document *document);
    void *inner_arg;
    bool failed; /* no memory for a finding */
};

/* All of a recording, a segment or a HAR file. 0, or -1 with err. */
int checking_recording(struct checking *c, const char *path, struct error *err);

#endif
