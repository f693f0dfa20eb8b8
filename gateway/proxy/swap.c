/* swap.c -- another ruleset while everything runs: built on the side, then handed to the workers. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/listener.h"
#include "proxy/generation.h"
#include "proxy/ledger.h"
#include "proxy/names.h"
#include "proxy/recent.h"
#include "proxy/secure.h"
#include "proxy/server_internal.h"
#include "proxy/watching.h"
#include "proxy/worker.h"
#include "sandbox/sandbox.h"

/* ---- addresses ---- */

static bool
is_listed(const struct generation *g, const struct listener *l)
{
    for (uint32_t i = 0; i < g->listener_count; i++) {
        if (g->listeners[i] == l)
            return true;
    }
    return false;
}

/* The one of the present generation that was opened first, unless this one has it already: with port 0 one address may
 * be there twice. One that a late worker still accepts on has lost the sockets of the others: it is opened anew. */
static struct listener *
find_listener(const struct proxy *p, const struct generation *g, struct text written)
{
    struct listener *found = NULL;

    for (const struct listening *l = p->listening; l != NULL; l = l->next) {
        if (text_equal(text_of(l->written), written) && is_listed(p->newest, l->listener) && !is_listed(g, l->listener))
            found = l->listener;
    }
    return found;
}

void
server_tell_sandbox(struct generation *g)
{
    uint32_t chosen = 0;

    while (chosen < g->listener_count && g->tls[chosen] != NULL)
        chosen++;
    if (chosen == g->listener_count)
        chosen = 0;
    if (g->listener_count > 0)
        sandbox_set_gateway(g->sandbox, listener_url(g->listeners[chosen]));
}

static void
close_one(struct proxy *p, struct listening **link)
{
    struct listening *l = *link;

    (void)pthread_mutex_lock(&p->lock);
    *link = l->next;
    (void)pthread_mutex_unlock(&p->lock);
    listener_free(l->listener);
    free(l->written);
    free(l);
}

static struct listener *
open_one(struct proxy *p, struct text written, struct tls_context *tls, struct error *err)
{
    struct listening *l = calloc(1, sizeof *l);

    if (l == NULL || (l->written = strndup(written.data, written.length)) == NULL) {
        free(l);
        error_memory(err);
        return NULL;
    }
    l->listener = listener_open(written, p->worker_count, tls, err);
    if (l->listener == NULL) {
        free(l->written);
        free(l);
        return NULL;
    }
    l->next = p->listening;
    p->listening = l;
    return l->listener;
}

/* Close the addresses that are no longer listened on, once no worker accepts there any more. */
static void
close_unused(struct proxy *p)
{
    struct listening **link = &p->listening;

    if (atomic_load(&p->newest->taken) < p->worker_count)
        return;
    while (*link != NULL) {
        if (is_listed(p->newest, (*link)->listener))
            link = &(*link)->next;
        else
            close_one(p, link);
    }
}

/* The listener for one entry of `listen`, its context in *tls. NULL with err. */
static struct listener *
listen_one(struct proxy *p, const struct generation *g, const struct listen_setting *setting, struct tls_context **tls,
           struct error *err)
{
    struct listener *l = find_listener(p, g, setting->address);
    struct tls_context *now;

    if (secure_listener(setting, &p->options, tls, err) < 0)
        return NULL;
    if (l == NULL) {
        l = open_one(p, setting->address, *tls, err);
        if (l == NULL)
            error_at(err, setting->where.data);
        return l;
    }
    now = listener_tls(l);
    tls_context_drop(now);
    if ((now == NULL) == (*tls == NULL))
        return l;
    error_set(err, ERROR_ENVIRONMENT, setting->address.data,
              "an address cannot change between TLS and none while the gateway runs: restart it for that");
    return NULL;
}

int
server_listen(struct proxy *p, struct generation *g, struct error *err)
{
    const struct settings *s = ruleset_settings(g->ruleset);

    g->listeners = calloc(s->listen_count + 1, sizeof(struct listener *));
    g->tls = calloc(s->listen_count + 1, sizeof(struct tls_context *));
    if (g->listeners == NULL || g->tls == NULL)
        return error_memory(err);
    for (uint32_t i = 0; i < s->listen_count; i++) {
        g->listeners[i] = listen_one(p, g, &s->listen[i], &g->tls[i], err);
        if (g->listeners[i] == NULL) {
            tls_context_drop(g->tls[i]);
            return -1;
        }
        g->listener_count++;
    }
    return 0;
}

void
server_listen_no_more(struct proxy *p)
{
    while (p->listening != NULL)
        close_one(p, &p->listening);
}

/* ---- what cannot change ---- */

static int
refuse_change(const char *what, struct error *err)
{
    return error_set(err, ERROR_ENVIRONMENT, NULL, "%s cannot change while the gateway runs: restart it for that",
                     what);
}

static bool
same_recording(const struct record_settings *a, const struct record_settings *b)
{
    return text_equal(a->to, b->to) && a->segment == b->segment && a->keep == b->keep && a->keep_for == b->keep_for &&
           a->compress == b->compress && a->sync == b->sync && a->on_error_refuse == b->on_error_refuse &&
           a->full == b->full && a->max_body == b->max_body;
}

int
proxy_may_swap(struct proxy *p, const struct settings *next, struct error *err)
{
    struct ruleset *ruleset = proxy_ruleset(p);
    const struct settings *now = ruleset_settings(ruleset);
    int code = 0;

    if (now->workers != next->workers)
        code = refuse_change("workers", err);
    else if (!text_equal(now->admin, next->admin) || !text_equal(now->admin_token, next->admin_token))
        code = refuse_change("admin (address and token)", err);
    else if (!same_recording(&now->record, &next->record))
        code = refuse_change("record", err);
    else if (!text_equal(now->sandbox.state, next->sandbox.state) ||
             now->sandbox.clock_fixed != next->sandbox.clock_fixed ||
             now->sandbox.clock_start != next->sandbox.clock_start)
        code = refuse_change("sandbox (state and clock)", err);
    ruleset_drop(ruleset);
    return code;
}

/* ---- swapping ---- */

static int
build(struct proxy *p, struct generation *g, struct error *err)
{
    uint32_t alive = 0;

    for (const struct generation *o = p->newest; o != NULL; o = o->older)
        alive++;
    if (alive >= LIMIT_GENERATIONS)
        return error_set(err, ERROR_ENVIRONMENT, NULL,
                         "%u earlier sets of rules are still used by exchanges that do not end: wait for them",
                         (unsigned)alive);
    for (uint32_t i = 0; i < p->worker_count; i++) {
        if (generation_share(g, p->workers[i]->kit, p->workers[i]->loop, err) < 0)
            return -1;
    }
    if (server_listen(p, g, err) < 0)
        return -1;
    server_tell_sandbox(g);
    return 0;
}

static void
hand_over(struct proxy *p, struct generation *g)
{
    for (uint32_t i = 0; i < g->listener_count; i++)
        (void)listener_tls_swap(g->listeners[i], g->tls[i]); /* listen_one has seen to it that it can be */
    (void)pthread_mutex_lock(&p->lock);
    g->older = p->newest;
    p->newest = g;
    for (uint32_t i = 0; i < p->worker_count; i++) {
        struct share *untaken = worker_hand_over(p->workers[i], g->shares[i]);

        if (untaken != NULL)
            share_close(untaken);
    }
    (void)pthread_mutex_unlock(&p->lock);
    names_wake(p->names);
}

/* How many workers have not taken it over in time. */
static uint32_t
await(struct proxy *p, struct generation *g)
{
    int64_t until = clock_monotonic() + LIMIT_TAKE_OVER_TIME, left;

    for (;;) {
        struct pollfd news = { .fd = p->news, .events = POLLIN };
        uint32_t taken = atomic_load(&g->taken);

        left = until - clock_monotonic();
        if (taken == p->worker_count || left <= 0)
            return p->worker_count - taken;
        (void)poll(&news, 1, (int)(left / CLOCK_MILLI) + 1);
        proxy_reap(p);
    }
}

/* Made by the first generation that needs it; it stays, also when that one comes to nothing. */
static void
keep_sandbox_state(struct proxy *p, struct sandbox_state *state)
{
    (void)pthread_mutex_lock(&p->lock);
    p->sandbox_state = state;
    (void)pthread_mutex_unlock(&p->lock);
}

int
proxy_swap(struct proxy *p, struct ruleset *ruleset, uint32_t *late, struct error *err)
{
    const struct listening *before = p->listening;
    struct sandbox_state *state = p->sandbox_state;
    struct generation *g;
    struct ruleset *previous;

    *late = 0;
    if (proxy_may_swap(p, ruleset_settings(ruleset), err) < 0)
        return -1;
    g = generation_new(ruleset, p->newest->number + 1, &p->options, &state, err);
    keep_sandbox_state(p, state);
    if (g == NULL)
        return -1;
    if (build(p, g, err) < 0) {
        while (p->listening != before) /* those that were opened for it */
            close_one(p, &p->listening);
        generation_free(g);
        return -1;
    }
    if (state != NULL)
        sandbox_state_use(state, ruleset);
    previous = ruleset_hold(p->newest->ruleset);
    hand_over(p, g);
    *late = await(p, g);
    proxy_reap(p);
    recent_forget(p->recent, ruleset, previous);
    ruleset_drop(previous);
    return 0;
}

uint32_t
proxy_rules_held(struct proxy *p)
{
    const struct ruleset *list[2 * LIMIT_GENERATIONS];
    uint32_t count = 0;

    (void)pthread_mutex_lock(&p->lock);
    for (const struct generation *g = p->newest; g != NULL && count < LIMIT_GENERATIONS; g = g->older)
        list[count++] = g->ruleset;
    (void)pthread_mutex_unlock(&p->lock);
    return recent_rulesets(p->recent, list, count, 2 * LIMIT_GENERATIONS);
}

/* ---- what is out of use ---- */

int
proxy_news(const struct proxy *p)
{
    return p->news;
}

/* What it counted is kept; what its rules still waited for is told. */
static void
fold(struct proxy *p, struct generation *g)
{
    server_finish_watching(p, g);
    watching_totals(g->watching, true, &p->past->totals);
    for (uint32_t i = 0; i < g->share_count; i++)
        (void)ledger_add(p->past, g->ruleset, g->shares[i]->counters);
}

void
proxy_reap(struct proxy *p)
{
    struct generation **link = &p->newest->older, *over = NULL;
    uint64_t count;

    (void)!read(p->news, &count, sizeof count);
    (void)pthread_mutex_lock(&p->lock);
    while (*link != NULL) {
        struct generation *g = *link;

        if (!generation_is_over(g)) {
            link = &g->older;
            continue;
        }
        fold(p, g);
        *link = g->older;
        g->older = over;
        over = g;
    }
    if (p->newest->older == NULL)
        watching_alone(p->newest->watching);
    (void)pthread_mutex_unlock(&p->lock);
    while (over != NULL) { /* large contracts take their time */
        struct generation *g = over;

        over = g->older;
        generation_free(g);
    }
    close_unused(p);
}
