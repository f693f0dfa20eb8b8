/* server_internal.h -- the proxy's parts, for server.c (begin, end, questions) and swap.c (another ruleset). */
#ifndef PROXY_SERVER_INTERNAL_H
#define PROXY_SERVER_INTERNAL_H

#include <pthread.h>

#include "base/limits.h"
#include "proxy/server.h"

struct admission;
struct fault_counts;
struct generation;
struct ledger;
struct listener;
struct names;
struct live_findings;
struct rate_table;
struct recent;
struct recorder;
struct sandbox_state;
struct worker;

/* An address that clients come in on. */
struct listening {
    struct listener *listener;
    char *written; /* as in the settings: the same text is the same address */
    struct listening *next;
};

struct proxy {
    struct proxy_options options;
    pthread_mutex_t lock;      /* for generations and addresses, taken by who swaps and who asks; never by workers */
    struct generation *newest; /* and those before it that are still used */
    struct ledger *past;       /* what generations counted that are gone */
    struct listening *listening;
    struct recorder *recorder;
    struct names *names;
    struct recent *recent; /* NULL: there is no admin listener that shows them */
    struct live_findings *findings;
    struct rate_table *rates;
    struct fault_counts *fault_counts;
    struct admission *admission;
    struct sandbox_state *sandbox_state; /* NULL: no service has a script; made and used by who swaps */
    struct worker *workers[LIMIT_WORKERS];
    uint32_t worker_count;
    int news; /* eventfd that workers write to; 0: not open */
    bool drained;
};

/* Give the generation its listeners, opening those that are not open yet. 0, or -1 with err: then nothing is open that
 * was not before. */
int server_listen(struct proxy *p, struct generation *g, struct error *err);

/* The newest ruleset, with a reference for the caller, and its generation's number. Any thread. */
struct ruleset *server_newest(struct proxy *p, uint64_t *generation);

/* Tell the generation's sandbox where its services reach each other: the first address that asks for no TLS, else the
 * first one. */
void server_tell_sandbox(struct generation *g);

/* No exchange uses the generation any more: tell what its rules over many exchanges waited for. */
void server_finish_watching(struct proxy *p, struct generation *g);

/* Close everything. */
void server_listen_no_more(struct proxy *p);

#endif
