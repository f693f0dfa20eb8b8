/* names.c -- a thread that looks up names. */
#include "proxy/names.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/limits.h"
#include "proxy/generation.h"
#include "proxy/responder.h"
#include "proxy/server_internal.h"
#include "proxy/worker.h"

#define NEVER_NS (INT64_C(1000000) * CLOCK_SECOND)

/* A name that could not be resolved, until it can be. */
struct trouble {
    char host[256];
    struct trouble *next;
};

struct names {
    struct proxy *proxy;
    pthread_t thread;
    pthread_mutex_t lock; /* of the flags */
    pthread_cond_t changed;
    bool stopping, awake;
    bool asking;    /* the system is asked, which may take as long as its resolver has patience */
    bool abandoned; /* meanwhile the proxy was stopped: the thread frees what is its own, and touches no more */
    struct trouble *troubles; /* the thread's own */
};

/* ---- one look-up ---- */

bool
names_is_name(struct text host)
{
    char text[ADDRESS_TEXT];
    struct in6_addr any;

    if (host.length == 0 || host.length >= sizeof text)
        return host.length > 0;
    (void)snprintf(text, sizeof text, "%.*s", TEXT_PRINT(host));
    return inet_pton(AF_INET, text, &any) != 1 && inet_pton(AF_INET6, text, &any) != 1;
}

enum names_outcome
names_look(struct upstream *upstream, struct text host, uint16_t port, names_resolver *resolver, void *arg,
           struct error *err)
{
    struct address found[UPSTREAM_ADDRESSES];
    struct targets before = { .count = 0 };
    int count;

    memset(found, 0, sizeof found);
    count = resolver(arg, host, port, found, UPSTREAM_ADDRESSES, err);
    if (count <= 0)
        return NAMES_FAILED;
    (void)targets_set(&before, upstream->addresses, upstream->count);
    if (targets_are(&before, found, count))
        return NAMES_SAME;
    memcpy(upstream->addresses, found, sizeof found);
    upstream->count = count;
    return NAMES_CHANGED;
}

/* ---- all of them ---- */

static int
ask_system(void *arg, struct text host, uint16_t port, struct address *out, int most, struct error *err)
{
    (void)arg;
    return address_resolve(host, port, out, most, err);
}

/* Around a look-up. False: nobody waits for what it says. */
static bool
set_asking(struct names *n, bool asking)
{
    bool go_on;

    (void)pthread_mutex_lock(&n->lock);
    n->asking = asking;
    go_on = !n->stopping;
    (void)pthread_cond_broadcast(&n->changed);
    (void)pthread_mutex_unlock(&n->lock);
    return go_on;
}

static void
say(const struct names *n, const char *line)
{
    if (n->proxy->options.say != NULL)
        n->proxy->options.say(n->proxy->options.arg, line);
}

static struct trouble **
find_trouble(struct names *n, struct text host)
{
    struct trouble **link = &n->troubles;

    while (*link != NULL && !text_equal(text_of((*link)->host), host))
        link = &(*link)->next;
    return link;
}

/* Say what is new, once. */
static void
note(struct names *n, struct text host, enum names_outcome outcome, const struct error *err)
{
    struct trouble **link = find_trouble(n, host), *known = *link;
    char line[1024];

    if (outcome == NAMES_FAILED && known == NULL && host.length < sizeof known->host &&
        (known = calloc(1, sizeof *known)) != NULL) {
        (void)snprintf(known->host, sizeof known->host, "%.*s", TEXT_PRINT(host));
        *link = known;
        (void)snprintf(line, sizeof line, "%s: %s; its last addresses are used on", err->where, err->what);
        say(n, line);
    } else if (outcome != NAMES_FAILED && known != NULL) {
        *link = known->next;
        free(known);
        (void)snprintf(line, sizeof line, "%.*s: this name can be resolved again", TEXT_PRINT(host));
        say(n, line);
    }
}

/* Hand the addresses to every worker, unless there is a newer generation by now, which has looked for itself. */
static void
publish(struct names *n, uint64_t generation, uint32_t service, const struct upstream *fresh)
{
    struct proxy *p = n->proxy;

    (void)pthread_mutex_lock(&p->lock); /* so that no generation comes in between */
    if (p->newest->number == generation) {
        struct upstream *known = &p->newest->responders[service].upstream;

        memcpy(known->addresses, fresh->addresses, sizeof known->addresses);
        known->count = fresh->count;
        for (uint32_t i = 0; i < p->worker_count; i++)
            worker_readdress(p->workers[i], generation, service, fresh);
    }
    (void)pthread_mutex_unlock(&p->lock);
}

static bool
is_stopping(struct names *n)
{
    bool stopping;

    (void)pthread_mutex_lock(&n->lock);
    stopping = n->stopping;
    (void)pthread_mutex_unlock(&n->lock);
    return stopping;
}

/* What the present generation knows of one service. False: there is a newer one by now. */
static bool
read_known(struct proxy *p, uint64_t generation, uint32_t service, struct upstream *known)
{
    bool same;

    (void)pthread_mutex_lock(&p->lock);
    same = p->newest->number == generation;
    if (same)
        *known = p->newest->responders[service].upstream;
    (void)pthread_mutex_unlock(&p->lock);
    return same;
}

/* Look up every name of the newest generation. */
static void
refresh(struct names *n, struct ruleset *ruleset, uint64_t generation)
{
    for (uint32_t i = 0; i < ruleset_service_count(ruleset) && !is_stopping(n); i++) {
        struct error err = { .kind = ERROR_NONE };
        struct upstream known;
        enum names_outcome outcome;
        struct text host;
        uint16_t port;

        if (!responder_name(ruleset_service(ruleset, i), &host, &port))
            continue;
        if (!read_known(n->proxy, generation, i, &known) || !set_asking(n, true))
            return;
        outcome = names_look(&known, host, port, ask_system, NULL, &err);
        if (!set_asking(n, false))
            return;
        note(n, host, outcome, &err);
        if (outcome == NAMES_CHANGED)
            publish(n, generation, i, &known);
    }
}

/* How long until the names are to be looked up again; NEVER_NS: there are none, or once was enough. */
static int64_t
interval_of(const struct ruleset *ruleset)
{
    int64_t interval = ruleset_settings(ruleset)->resolve;
    struct text host;
    uint16_t port;

    for (uint32_t i = 0; i < ruleset_service_count(ruleset) && interval > 0; i++) {
        if (responder_name(ruleset_service(ruleset, i), &host, &port))
            return interval;
    }
    return NEVER_NS;
}

/* Until then, or until somebody wakes us. True: the time is over. */
static bool
rest(struct names *n, int64_t interval)
{
    int64_t end = clock_monotonic() + interval;
    struct timespec until = { .tv_sec = end / CLOCK_SECOND, .tv_nsec = end % CLOCK_SECOND };
    int code = 0;

    (void)pthread_mutex_lock(&n->lock);
    while (!n->stopping && !n->awake && code == 0)
        code = pthread_cond_timedwait(&n->changed, &n->lock, &until);
    n->awake = false;
    (void)pthread_mutex_unlock(&n->lock);
    return code != 0;
}

static void
names_free(struct names *n)
{
    struct trouble *next;

    for (struct trouble *t = n->troubles; t != NULL; t = next) {
        next = t->next;
        free(t);
    }
    (void)pthread_cond_destroy(&n->changed);
    (void)pthread_mutex_destroy(&n->lock);
    free(n);
}

static void *
run(void *arg)
{
    struct names *n = arg;
    bool abandoned;

    while (!is_stopping(n)) {
        uint64_t generation;
        struct ruleset *ruleset = server_newest(n->proxy, &generation);

        if (rest(n, interval_of(ruleset)) && !is_stopping(n))
            refresh(n, ruleset, generation);
        ruleset_drop(ruleset);
    }
    (void)pthread_mutex_lock(&n->lock);
    n->asking = false;
    abandoned = n->abandoned;
    (void)pthread_mutex_unlock(&n->lock);
    if (abandoned)
        names_free(n);
    return NULL;
}

/* ---- begin and end ---- */

struct names *
names_start(struct proxy *p, struct error *err)
{
    struct names *n = calloc(1, sizeof *n);
    pthread_condattr_t clock;
    int code;

    if (n == NULL) {
        error_memory(err);
        return NULL;
    }
    n->proxy = p;
    (void)pthread_mutex_init(&n->lock, NULL);
    (void)pthread_condattr_init(&clock);
    (void)pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&n->changed, &clock);
    (void)pthread_condattr_destroy(&clock);
    code = pthread_create(&n->thread, NULL, run, n);
    if (code == 0)
        return n;
    error_system(err, code, NULL, "cannot start the thread that resolves names");
    (void)pthread_cond_destroy(&n->changed);
    (void)pthread_mutex_destroy(&n->lock);
    free(n);
    return NULL;
}

void
names_wake(struct names *n)
{
    if (n == NULL)
        return;
    (void)pthread_mutex_lock(&n->lock);
    n->awake = true;
    (void)pthread_cond_signal(&n->changed);
    (void)pthread_mutex_unlock(&n->lock);
}

/* Until the look-up that is under way has ended, but no longer than LIMIT_NAME_PATIENCE. Under the lock. */
static bool
await_answer(struct names *n)
{
    int64_t end = clock_monotonic() + LIMIT_NAME_PATIENCE;
    struct timespec until = { .tv_sec = end / CLOCK_SECOND, .tv_nsec = end % CLOCK_SECOND };
    int code = 0;

    while (n->asking && code == 0)
        code = pthread_cond_timedwait(&n->changed, &n->lock, &until);
    return !n->asking;
}

void
names_stop(struct names *n)
{
    pthread_t thread;

    if (n == NULL)
        return;
    thread = n->thread;
    (void)pthread_mutex_lock(&n->lock);
    n->stopping = true;
    (void)pthread_cond_broadcast(&n->changed);
    n->abandoned = !await_answer(n);
    if (n->abandoned) { /* while the lock is held the thread cannot end */
        (void)pthread_detach(thread);
        (void)pthread_mutex_unlock(&n->lock);
        return;
    }
    (void)pthread_mutex_unlock(&n->lock);
    (void)pthread_join(thread, NULL);
    names_free(n);
}
