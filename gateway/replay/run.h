/* run.h -- recorded requests sent again: in which order, when, where to, and what came back.
 *
 * A run pulls recorded exchanges one by one and keeps a window of them (LIMIT_REPLAY_AHEAD exchanges,
 * LIMIT_REPLAY_BYTES): a recording is in the order in which exchanges ended, requests go out in the order in which they
 * began. One that has a value of an earlier answer waits for that answer. Two that are about the same thing (the same
 * path, or one above it unless that is a POST, or a value of the same earlier answer) keep the order in which one ended
 * before the other began, when one of them changes something; at the speed of the recording (or a multiple of it) all
 * requests to one service do. Everything else goes side by side, as many at a time as
 * the plan allows.
 *
 * Nothing is changed in a service that nobody allowed to be changed: a method that is not safe needs the plan's leave,
 * or a service that answers OPTIONS with `Plumbline-Sandbox`. Redirects are not followed.
 *
 * One thread, one loop; plain HTTP/1.1 and TLS by net/upstream. */
#ifndef REPLAY_RUN_H
#define REPLAY_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "contract/contract.h"
#include "net/upstream.h"
#include "replay/bind.h"
#include "replay/request.h"
#include "traffic/exchange.h"

/* Where requests go: those of a service, those that were recorded with this host, or all. */
struct replay_target {
    struct text name; /* of a service, or a host ("shop.example", "127.0.0.1:8080"); empty: everything else */
    struct text url;  /* as it was given, for people */
    struct text host; /* the Host field */
    struct text base; /* path in front of every recorded one, without '/' at its end; may be empty */
    struct upstream upstream;
};

enum replay_outcome {
    REPLAY_ANSWERED,
    REPLAY_FAILED,     /* no answer: see failure */
    REPLAY_UNRESOLVED, /* not sent: a value of it comes from an answer that did not come, or was another one */
    REPLAY_NO_SECRET,  /* not sent: something was redacted, and nobody gave it anew: see lacking */
    REPLAY_NO_TARGET,  /* not sent: no target has its service */
    REPLAY_TOO_LARGE,  /* not sent: there is no memory for it */
};

/* One recorded exchange on its way through a run, in an arena of its own. */
struct replay_item {
    struct arena *arena;
    /* from the source */
    struct exchange recorded;
    struct contract_match match; /* in today's contract; operation NULL: none is known */
    const void *route;           /* the source's own */
    struct text seen_at;         /* "logs/staging/000007.jsonl:4182" */
    bool no_comparison;          /* the recorded answer is not the service's own */
    /* by the run */
    uint64_t number; /* from 1, in the order of the source */
    const struct replay_target *target;
    struct replay_request request; /* as it was sent */
    enum replay_outcome end;
    enum call_failure failure;
    const char *why;     /* more about the failure, or NULL */
    struct text lacking; /* "request header Authorization" */
    struct message answer;
    int64_t begin;            /* ns since 1970: it was sent */
    int64_t sent, head, over; /* of the loop's clock */
    int64_t late;             /* ns behind the time at which it was due; -1: it waited for others */
    struct replay_slot *slot; /* the run's own */
};

struct replay_listener {
    /* It came to its end; once for each, in the order of their ends. The item is valid until it returns. */
    void (*ended)(void *arg, struct replay_item *item);
    /* Twenty times a second, while it runs. */
    void (*tick)(void *arg);
    void *arg;
};

/* Fill in what is from the source, in item->arena. 1, or 0: there is no more, or -1 with err. */
typedef int replay_source_fn(void *arg, struct replay_item *item, struct error *err);

struct replay_plan {
    const struct replay_target *targets;
    uint32_t target_count;
    struct replay_making making; /* how requests are made of recorded ones */
    const struct text *methods;  /* that are allowed though they are not safe */
    uint32_t method_count;
    double speed;         /* 1: as recorded; 0: without pauses */
    int64_t longest_gap;  /* ns; a longer pause of the recording (at its own speed) is cut to it; 0: none is */
    uint32_t concurrency; /* requests under way */
    double rate;          /* requests per second at most; 0: any */
    int64_t connect_timeout, timeout; /* ns: of a connection; to the first byte, and between two */
    size_t max_body;                  /* of an answer, what is kept of it */
    replay_source_fn *source;
    void *source_arg;
    struct replay_listener listener;
};

struct replay_counts {
    uint64_t read;    /* exchanges that the source gave */
    uint64_t sent;    /* requests */
    uint64_t on_time; /* of those with a time: less than 5 ms late */
    uint64_t timed;
    int64_t latest; /* ns: the one that was latest */
    uint32_t under_way;
    uint64_t connections;
};

struct replay;

/* New, or NULL with err. Borrows the plan and all in it. */
struct replay *replay_new(const struct replay_plan *plan, struct error *err);
void replay_free(struct replay *r); /* accepts NULL */

/* Send everything. 0 (also when it was stopped), or -1 with err: the source failed, or something was not allowed. */
int replay_run(struct replay *r, struct error *err);

/* Send nothing, but give every item with the request that would be sent first. */
int replay_rehearse(struct replay *r, struct error *err);

/* Any thread, a signal handler: what is under way is given up. */
void replay_stop(struct replay *r);

const struct replay_counts *replay_counts(const struct replay *r);

/* When the oldest request that is under way began (ns since 1970), or now. */
int64_t replay_settled(const struct replay *r);

struct replay_trust {
    struct text ca;  /* of https: whom to trust; empty: the system's authorities */
    bool unverified; /* whoever answers is believed */
};

/* Host and base path of "http://host:port/base", "https://…", "unix:/path" go to the target, its name is resolved (this
 * blocks), TLS is made ready; the last two not where trust is NULL. 0, or -1 with err. */
int replay_target_read(struct replay_target *t, struct text url, const struct replay_trust *trust, struct arena *arena,
                       struct error *err);
void replay_target_drop(struct replay_target *t);

/* Is it this machine, or a socket in its file system? */
bool replay_target_is_local(const struct replay_target *t);

#endif
