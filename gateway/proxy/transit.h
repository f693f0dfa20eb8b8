/* transit.h -- an exchange on its way through a worker: what the steps of the pipeline share.
 *
 * It lives in the exchange's arena and goes with it: finished, the arena is handed to the recorder or reset.
 * Belongs to its worker's thread. Only pipeline.c decides what happens next; the other files of proxy/ do one
 * thing each to a transit. */
#ifndef PROXY_TRANSIT_H
#define PROXY_TRANSIT_H

#include <stdbool.h>
#include <stdint.h>

#include "contract/check.h"
#include "http/parse.h"
#include "net/upstream.h"
#include "proxy/rate_limit.h"
#include "rules/ruleset.h"
#include "traffic/exchange.h"

struct admission_flow;
struct client;
struct injection;
struct live_lane;
struct recent_lane;
struct share;
struct tunnel;
struct watched;
struct worker;

/* A body being kept for checking and recording: at most `ceiling` bytes from its beginning. */
struct body_copy {
    char *data;
    size_t length;
    size_t capacity;
    size_t ceiling;  /* 0: nothing is kept */
    size_t expected; /* bytes that are known to come, up to the ceiling */
    size_t sent;     /* bytes of it that went on already (held bodies that became streams) */
    bool cut;        /* there was more */
    bool failed;     /* no memory */
};

/* What happens with a body while it comes in. */
enum passing {
    PASSING_WAIT,    /* not decided yet, or nobody to give it to yet: kept */
    PASSING_HOLD,    /* kept until it is complete, then checked, then it goes on */
    PASSING_STREAM,  /* goes on at once, with back-pressure; a copy may be kept */
    PASSING_DISCARD, /* read, so that the connection may live; nobody wants it */
};

/* With `sync: always` the end of an answer waits for the recording (hold.h). */
enum hold {
    HOLD_NOT,
    HOLD_SOON, /* handed over at the end of this turn */
    HOLD_OUT,  /* the recorder has the exchange: nothing of it may be touched but client and next */
    HOLD_OVER, /* exchange.sequence is its line, 0 where there is none */
};

struct transit {
    struct exchange exchange; /* first: the recorder gets its address */
    struct worker *worker;
    struct client *client;   /* NULL: gone */
    struct share *share;     /* of the generation that it began with, and ends with */
    struct ruleset *ruleset; /* the share's */
    const struct policy *policy;
    struct route route;
    struct check check;
    struct call call;
    struct recent_lane *recent;        /* where it is kept for the admin listener; NULL: there is none */
    struct live_lane *findings;        /* where its violations are counted; NULL: there is no admin listener */
    size_t weight;                     /* bytes of the arena, while the exchange waits for the recorder */
    struct watched *watched;           /* for rules over many exchanges; NULL: none looks at it (any more) */
    struct undocumented *undocumented; /* what the contract does not name, found so far */
    uint32_t undocumented_count;
    struct injection *injection;      /* faults that may act on it; NULL: there are none (inject.h) */
    const struct message *altered[2]; /* by side: what goes on instead of what came; NULL: that does */
    struct text upgrade;              /* what the upstream was asked to switch to; empty: nothing */
    struct tunnel *tunnel;            /* it did, and bytes go both ways; NULL: not (yet) */
    struct transit *next;             /* of those that the recorder has, or gave back */
    enum hold hold;
    bool hold_sent;          /* the answer's beginning went to the client before */
    char hold_byte;          /* its last byte */
    struct buffer hold_head; /* what waits: this, then hold_body as a piece, then hold_tail */
    struct text hold_body;
    struct buffer hold_tail;
    struct deferred holding;
    struct text sent_head; /* what the responder was sent, kept for another try */
    struct text sent_line; /* in front of sent_body: of its chunk */
    struct text sent_body;
    struct text sent_tail; /* behind it */
    bool call_last;        /* the upstream connection is not used again */
    uint32_t tries;        /* of the policy's retries that were used */

    enum passing request_passing;
    enum passing response_passing;
    struct body_copy request_copy;
    struct body_copy response_copy;
    struct check_items *items;   /* the response is a stream of items, each judged as it passes; NULL: it is not */
    struct text request_at_once; /* the whole body, where it came with the head; the copy may have only its beginning */
    bool request_complete;       /* its last byte was read */
    bool request_checked;        /* its body was */
    bool response_complete;      /* its last byte came from the responder */
    bool response_checked;       /* its body was */
    bool own_response;           /* exchange.response is what we wrote ourselves */
    bool response_started;       /* bytes of it went to the client */
    bool response_delivered;     /* its last byte was handed to the client's stream */
    bool response_chunked;       /* towards the client */
    bool continued;              /* 100 Continue was sent to the client */
    bool drop_expect;            /* the upstream gets the body without asking for it */
    bool close;                  /* the client's connection ends with this response */
    bool abort;                  /* it ends in the middle of it */
    bool upstream_full;          /* the client is paused until the upstream drained */
    bool client_full;            /* the call is paused until the client drained */
    bool keep;                   /* for the admin listener */
    bool redacted;               /* what the exchange holds may be shown and written down */
    bool finishing;              /* the end is on its way: nothing else may happen any more */

    const struct rate_settings *rate; /* that the request was counted under; NULL: none */
    struct rate_answer rate_answer;
    struct admission_flow *flow; /* that the request is counted in on its way to the upstream; NULL: none */

    int64_t started;      /* by the loop's monotonic clock */
    struct refusal_plan { /* what step refuse is to say */
        uint16_t status;
        enum side side;
        const char *reason; /* literal */
        const char *detail; /* literal, or in the arena */
        uint16_t own;       /* enum refusal_id + 1 of a reason of our own */
    } refusal;
    const char *upstream_fault; /* id of what was wrong with the upstream's HTTP; literal or NULL */
    struct timer total;         /* policy.total_timeout */
    struct deferred ending;
};

/* Nanoseconds since it started. */
int64_t transit_time(const struct transit *t);

/* The exchange is what it will be: say so in it, for the recorder. */
void transit_complete(struct transit *t);

/* Is the side checked at all? (a contract, an operation or not, and a mode that is not off) */
bool transit_checks(const struct transit *t, enum side side);

#endif
