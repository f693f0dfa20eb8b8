/* server.c -- starting in the order in which things can fail, stopping in the order in which things depend. */
#include "proxy/server.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/limits.h"
#include "net/listener.h"
#include "proxy/admission.h"
#include "proxy/fault_counts.h"
#include "proxy/generation.h"
#include "proxy/ledger.h"
#include "proxy/live_findings.h"
#include "proxy/names.h"
#include "proxy/rate_limit.h"
#include "proxy/recent.h"
#include "proxy/recorder.h"
#include "proxy/server_internal.h"
#include "proxy/watching.h"
#include "proxy/worker.h"
#include "rules/redaction.h"
#include "replay/playback.h"
#include "sandbox/sandbox.h"

static uint32_t
workers_wanted(const struct settings *s)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);

    if (s->workers > 0)
        return s->workers < LIMIT_WORKERS ? s->workers : LIMIT_WORKERS;
    if (cores < 1)
        return 1;
    return cores < LIMIT_WORKERS ? (uint32_t)cores : LIMIT_WORKERS;
}

static int
open_recording(struct proxy *p, struct ruleset *ruleset, struct error *err)
{
    const struct settings *s = ruleset_settings(ruleset);
    uint64_t repaired = 0;

    if (s->record.to.length == 0)
        return 0;
    p->recorder = recorder_new(ruleset, &repaired, p->options.say, p->options.arg, err);
    if (p->recorder == NULL)
        return error_at(err, s->record_where.data);
    if (repaired > 0 && p->options.say != NULL) {
        char line[128];

        (void)snprintf(line, sizeof line, "the recording ended in a torn line, which was cut off (%llu bytes)",
                       (unsigned long long)repaired);
        p->options.say(p->options.arg, line);
    }
    return 0;
}

/* Only for who looks at them: the admin listener. */
static int
open_memory(struct proxy *p, const struct settings *s, struct error *err)
{
    if (s->admin.length == 0)
        return 0;
    p->findings = live_findings_new(p->worker_count);
    if (s->recent_exchanges > 0)
        p->recent = recent_new(p->worker_count, s->recent_exchanges, s->recent_bytes);
    if (p->findings == NULL || (s->recent_exchanges > 0 && p->recent == NULL))
        return error_memory(err);
    return 0;
}

static int
start_workers(struct proxy *p, struct generation *g, struct error *err)
{
    const struct worker_shared shared = {
        .recorder = p->recorder,
        .recent = p->recent,
        .findings = p->findings,
        .rates = p->rates,
        .fault_counts = p->fault_counts,
        .admission = p->admission,
        .news = p->news,
    };

    for (uint32_t i = 0; i < p->worker_count; i++) {
        p->workers[i] = worker_new(i, g, &shared, err);
        if (p->workers[i] == NULL)
            return -1;
    }
    if (p->recorder != NULL && recorder_run(p->recorder, err) < 0)
        return -1;
    for (uint32_t i = 0; i < p->worker_count; i++) {
        if (worker_start(p->workers[i], err) < 0)
            return -1;
    }
    p->names = names_start(p, err);
    return p->names != NULL ? 0 : -1;
}

static int
start_all(struct proxy *p, struct ruleset *ruleset, struct error *err)
{
    p->news = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (p->news < 0)
        return error_system(err, errno, NULL, "cannot start");
    p->past = ledger_new();
    p->rates = rate_table_new(LIMIT_RATE_CALLERS);
    p->fault_counts = fault_counts_new(LIMIT_FAULT_COUNTS);
    p->admission = admission_new(p->options.say, p->options.arg);
    if (p->past == NULL || p->rates == NULL || p->fault_counts == NULL || p->admission == NULL)
        return error_memory(err);
    admission_judge_descriptors(p->admission, ruleset_settings(ruleset)->max_connections);
    p->newest = generation_new(ruleset, 1, &p->options, &p->sandbox_state, err);
    if (p->newest == NULL || server_listen(p, p->newest, err) < 0 || open_recording(p, ruleset, err) < 0 ||
        open_memory(p, ruleset_settings(ruleset), err) < 0)
        return -1;
    server_tell_sandbox(p->newest);
    return start_workers(p, p->newest, err);
}

struct proxy *
proxy_start(struct ruleset *ruleset, const struct proxy_options *options, struct error *err)
{
    struct proxy *p = calloc(1, sizeof *p);

    if (p == NULL) {
        error_memory(err);
        return NULL;
    }
    arena_keep_freed();
    p->options = *options;
    p->worker_count = workers_wanted(ruleset_settings(ruleset));
    (void)pthread_mutex_init(&p->lock, NULL);
    if (start_all(p, ruleset, err) < 0) {
        proxy_stop(p);
        return NULL;
    }
    return p;
}

/* ---- the end ---- */

void
server_finish_watching(struct proxy *p, struct generation *g)
{
    struct watching_teller teller = { .findings = live_lane(p->findings, 0) };

    if (g->watching == NULL || g->share_count == 0 || (teller.scratch = redaction_scratch_new()) == NULL)
        return;
    teller.counters = g->shares[0]->counters;
    watching_finish(g->watching, &teller);
    redaction_scratch_free(teller.scratch);
}

void
proxy_drain(struct proxy *p)
{
    if (p == NULL || p->drained)
        return;
    p->drained = true;
    for (uint32_t i = 0; i < p->worker_count && p->workers[i] != NULL; i++)
        worker_stop(p->workers[i]);
    for (uint32_t i = 0; i < p->worker_count && p->workers[i] != NULL; i++)
        worker_join(p->workers[i]);
    for (struct generation *g = p->newest; g != NULL; g = g->older)
        server_finish_watching(p, g);
    recorder_finish(p->recorder); /* before the rings go */
    names_stop(p->names);         /* a look-up that is under way must not keep the others waiting */
    p->names = NULL;
}

void
proxy_hurry(struct proxy *p)
{
    for (uint32_t i = 0; i < p->worker_count && p->workers[i] != NULL; i++)
        worker_hurry(p->workers[i]);
}

void
proxy_stop(struct proxy *p)
{
    struct generation *older;

    if (p == NULL)
        return;
    proxy_drain(p);
    recorder_free(p->recorder);
    for (uint32_t i = 0; i < p->worker_count; i++)
        worker_free(p->workers[i]);
    recent_free(p->recent);
    live_findings_free(p->findings);
    for (struct generation *g = p->newest; g != NULL; g = older) {
        older = g->older;
        generation_free(g);
    }
    sandbox_state_drop(p->sandbox_state);
    server_listen_no_more(p);
    ledger_free(p->past);
    rate_table_free(p->rates);
    fault_counts_free(p->fault_counts);
    admission_free(p->admission);
    if (p->news > 0)
        (void)close(p->news);
    (void)pthread_mutex_destroy(&p->lock);
    free(p);
}

/* ---- how it is ---- */

bool
proxy_url(struct proxy *p, uint32_t index, char *out, size_t size)
{
    bool there;

    (void)pthread_mutex_lock(&p->lock);
    there = index < p->newest->listener_count;
    if (there)
        (void)snprintf(out, size, "%s", listener_url(p->newest->listeners[index]));
    (void)pthread_mutex_unlock(&p->lock);
    return there;
}

static void
write_playback(struct proxy *p, struct buffer *out)
{
    (void)pthread_mutex_lock(&p->lock);
    playback_metrics(p->newest->playback, out);
    (void)pthread_mutex_unlock(&p->lock);
}

void
proxy_metrics(struct proxy *p, struct buffer *out)
{
    struct recorder_totals recorded = recorder_totals(p->recorder);
    struct ledger *sum = ledger_new();

    if (sum == NULL)
        return;
    (void)pthread_mutex_lock(&p->lock);
    (void)ledger_merge(sum, p->past);
    for (const struct generation *g = p->newest; g != NULL; g = g->older) {
        watching_totals(g->watching, false, &sum->totals);
        for (uint32_t i = 0; i < g->share_count; i++)
            (void)ledger_add(sum, g->ruleset, g->shares[i]->counters);
    }
    (void)pthread_mutex_unlock(&p->lock);
    metrics_write(out, sum, &recorded);
    write_playback(p, out);
    admission_metrics(p->admission, out);
    rate_table_metrics(p->rates, out);
    fault_counts_metrics(p->fault_counts, out);
    ledger_free(sum);
}

struct fault_counts *
proxy_fault_counts(const struct proxy *p)
{
    return p->fault_counts;
}

struct metrics_totals
proxy_totals(struct proxy *p)
{
    struct metrics_totals sum;

    (void)pthread_mutex_lock(&p->lock);
    sum = p->past->totals;
    for (const struct generation *g = p->newest; g != NULL; g = g->older) {
        for (uint32_t i = 0; i < g->share_count; i++)
            metrics_totals_add(&sum, g->shares[i]->counters);
    }
    (void)pthread_mutex_unlock(&p->lock);
    return sum;
}

struct proxy_health
proxy_health(struct proxy *p, uint32_t service)
{
    struct proxy_health now = { .why = NULL };

    (void)pthread_mutex_lock(&p->lock);
    for (uint32_t i = 0; i < p->newest->share_count; i++) {
        const struct counters *c = p->newest->shares[i]->counters;
        const struct service_health *h = service < c->service_count ? &c->health[service] : NULL;

        if (h != NULL && (int64_t)count_of(&h->answered) > now.answered)
            now.answered = (int64_t)count_of(&h->answered);
        if (h != NULL && (int64_t)count_of(&h->failed) > now.failed) {
            now.failed = (int64_t)count_of(&h->failed);
            now.why = atomic_load_explicit(&h->why, memory_order_relaxed);
        }
    }
    (void)pthread_mutex_unlock(&p->lock);
    return now;
}

struct recorder_totals
proxy_recorded(const struct proxy *p)
{
    return recorder_totals(p->recorder);
}

bool
proxy_ready(const struct proxy *p, const char **why)
{
    *why = proxy_recorded(p).failing ? "the recording cannot be written" : NULL;
    return *why == NULL;
}

struct recent *
proxy_recent(const struct proxy *p)
{
    return p->recent;
}

struct live_findings *
proxy_findings(const struct proxy *p)
{
    return p->findings;
}

struct sandbox_state *
proxy_sandbox(struct proxy *p)
{
    struct sandbox_state *state;

    (void)pthread_mutex_lock(&p->lock);
    state = p->sandbox_state != NULL ? sandbox_state_hold(p->sandbox_state) : NULL;
    (void)pthread_mutex_unlock(&p->lock);
    return state;
}

bool
proxy_sandbox_service(struct proxy *p, uint32_t index, char *name, size_t size, uint32_t *handlers)
{
    struct text found;
    bool there;

    (void)pthread_mutex_lock(&p->lock);
    there = sandbox_service(p->newest->sandbox, index, &found, handlers);
    if (there)
        (void)snprintf(name, size, "%.*s", TEXT_PRINT(found));
    (void)pthread_mutex_unlock(&p->lock);
    return there;
}

bool
proxy_playback(struct proxy *p, struct playback_counts *counts)
{
    bool there;

    (void)pthread_mutex_lock(&p->lock);
    there = p->newest->playback != NULL;
    if (there)
        *counts = playback_counts(p->newest->playback);
    (void)pthread_mutex_unlock(&p->lock);
    return there;
}

bool
proxy_playback_reset(struct proxy *p)
{
    bool there;

    (void)pthread_mutex_lock(&p->lock);
    there = p->newest->playback != NULL;
    playback_reset(p->newest->playback);
    (void)pthread_mutex_unlock(&p->lock);
    return there;
}

uint32_t
proxy_workers(const struct proxy *p)
{
    return p->worker_count;
}

struct ruleset *
server_newest(struct proxy *p, uint64_t *generation)
{
    struct ruleset *ruleset;

    (void)pthread_mutex_lock(&p->lock);
    ruleset = ruleset_hold(p->newest->ruleset);
    *generation = p->newest->number;
    (void)pthread_mutex_unlock(&p->lock);
    return ruleset;
}

struct ruleset *
proxy_ruleset(struct proxy *p)
{
    uint64_t generation;

    return server_newest(p, &generation);
}

uint64_t
proxy_generation(struct proxy *p)
{
    uint64_t number;

    (void)pthread_mutex_lock(&p->lock);
    number = p->newest->number;
    (void)pthread_mutex_unlock(&p->lock);
    return number;
}
