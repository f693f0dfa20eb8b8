/* replay.h -- what the report of a replay tells beside its findings. Main thread. */
#ifndef REPORT_REPLAY_H
#define REPORT_REPLAY_H

#include "json/write.h"
#include "report/report.h"

#define REPORT_REPLAY_ROWS 32

struct report_replay {
    uint64_t sent;
    uint64_t equal, different, partly, uncompared, unanswered; /* of them */
    uint64_t injected; /* broken on purpose by a gateway in between: not compared */
    struct {
        const char *key;    /* of JSON: "tunnel" */
        const char *reason; /* "a tunnel (WebSocket and the like)" */
        uint64_t count;
    } left_out[REPORT_REPLAY_ROWS]; /* recorded exchanges that were not sent; those of 0 are not told */
    uint32_t left_out_count;
    uint64_t bound, ambiguous, unresolved; /* values; unresolved: requests */
    uint64_t renewed, given;               /* idempotency keys, secrets */
    uint64_t timed, on_time;               /* requests with a time of their own, and those less than 5 ms late */
    int64_t latest;                        /* ns */
    int64_t took;                          /* ns */
    bool stopped;                          /* by a signal */
};

/* The most telling findings, and the rest as a number. */
void report_replay_findings(struct buffer *out, struct finding_list *findings, const struct report_style *style);

/* The lines at the end. */
void report_replay_text(struct buffer *out, const struct report_replay *r);

/* "replay": { … } */
void report_replay_json(struct json_writer *w, const struct report_replay *r);

#endif
