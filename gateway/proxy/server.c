/* server.c -- starting in the order in which things can fail, stopping in the order in which things depend. */
#include "proxy/server.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/limits.h"
#include "net/listener.h"
#include "proxy/live_findings.h"
#include "proxy/recent.h"
#include "proxy/rate_limit.h"
#include "proxy/recorder.h"
#include "proxy/responder.h"
#include "proxy/secure.h"
#include "proxy/worker.h"

struct proxy {
    struct ruleset *ruleset;
    struct proxy_options options;
    struct listener **listeners;
    uint32_t listener_count;
    struct responder *responders; /* by service index */
    struct recorder *recorder;
    struct recent *recent; /* NULL: there is no admin listener that shows them */
    struct live_findings *findings;
    struct rate_table *rates;
    struct worker *workers[LIMIT_WORKERS];
    struct counters *counters[LIMIT_WORKERS]; /* of the workers */
    uint32_t worker_count;
    bool drained;
};

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
resolve_all(struct proxy *p, struct error *err)
{
    uint32_t count = ruleset_service_count(p->ruleset);

    p->responders = calloc(count + 1, sizeof(struct responder));
    if (p->responders == NULL)
        return error_memory(err);
    for (uint32_t i = 0; i < count; i++) {
        if (responder_resolve(&p->responders[i], ruleset_service(p->ruleset, i), p->options.sandbox_port, err) < 0 ||
            secure_upstream(ruleset_service(p->ruleset, i)->settings, &p->options, &p->responders[i].upstream.tls,
                            err) < 0)
            return -1;
    }
    return 0;
}

static int
listen_all(struct proxy *p, const struct settings *s, uint32_t workers, struct error *err)
{
    p->listeners = calloc(s->listen_count + 1, sizeof(struct listener *));
    if (p->listeners == NULL)
        return error_memory(err);
    for (; p->listener_count < s->listen_count; p->listener_count++) {
        const struct listen_setting *setting = &s->listen[p->listener_count];
        struct tls_context *tls;
        struct listener *l;

        if (secure_listener(setting, &p->options, &tls, err) < 0)
            return -1;
        l = listener_open(setting->address, workers, tls, err);
        tls_context_drop(tls);
        if (l == NULL)
            return -1;
        p->listeners[p->listener_count] = l;
    }
    return 0;
}

static int
open_recording(struct proxy *p, const struct settings *s, struct error *err)
{
    uint64_t repaired = 0;

    if (s->record.to.length == 0)
        return 0;
    p->recorder = recorder_new(p->ruleset, &repaired, p->options.say, p->options.arg, err);
    if (p->recorder == NULL)
        return -1;
    if (repaired > 0 && p->options.say != NULL)
        p->options.say(p->options.arg, "the recording ended in a torn line, which was cut off");
    return 0;
}

/* Only for who looks at them: the admin listener. */
static int
open_memory(struct proxy *p, const struct settings *s, uint32_t workers, struct error *err)
{
    if (s->admin.length == 0)
        return 0;
    p->findings = live_findings_new(workers);
    if (s->recent_exchanges > 0)
        p->recent = recent_new(workers, s->recent_exchanges, s->recent_bytes);
    if (p->findings == NULL || (s->recent_exchanges > 0 && p->recent == NULL))
        return error_memory(err);
    return 0;
}

static int
start_workers(struct proxy *p, uint32_t count, struct error *err)
{
    for (; p->worker_count < count; p->worker_count++) {
        struct worker *w = worker_new(p->worker_count, p->ruleset, p->responders, p->listeners, p->listener_count,
                                      p->recorder, p->rates, err);

        if (w == NULL)
            return -1;
        w->recent = recent_lane(p->recent, w->index);
        w->findings = live_lane(p->findings, w->index);
        p->workers[p->worker_count] = w;
        p->counters[p->worker_count] = w->counters;
    }
    if (p->recorder != NULL && recorder_run(p->recorder, err) < 0)
        return -1;
    for (uint32_t i = 0; i < count; i++) {
        if (worker_start(p->workers[i], err) < 0)
            return -1;
    }
    return 0;
}

struct proxy *
proxy_start(struct ruleset *ruleset, const struct proxy_options *options, struct error *err)
{
    struct proxy *p = calloc(1, sizeof *p);
    const struct settings *s = ruleset_settings(ruleset);
    uint32_t workers = workers_wanted(s);

    if (p == NULL) {
        error_memory(err);
        return NULL;
    }
    arena_keep_freed();
    p->ruleset = ruleset_hold(ruleset);
    p->options = *options;
    p->rates = rate_table_new(LIMIT_RATE_CALLERS);
    if (p->rates == NULL) {
        error_memory(err);
        proxy_stop(p);
        return NULL;
    }
    if (resolve_all(p, err) < 0 || listen_all(p, s, workers, err) < 0 || open_recording(p, s, err) < 0 ||
        open_memory(p, s, workers, err) < 0 || start_workers(p, workers, err) < 0) {
        proxy_stop(p);
        return NULL;
    }
    return p;
}

void
proxy_drain(struct proxy *p)
{
    if (p == NULL || p->drained)
        return;
    p->drained = true;
    for (uint32_t i = 0; i < p->worker_count; i++)
        worker_stop(p->workers[i]);
    for (uint32_t i = 0; i < p->worker_count; i++)
        worker_join(p->workers[i]);
    recorder_finish(p->recorder); /* before the rings go */
}

void
proxy_stop(struct proxy *p)
{
    if (p == NULL)
        return;
    proxy_drain(p);
    recorder_free(p->recorder);
    for (uint32_t i = 0; i < p->worker_count; i++)
        worker_free(p->workers[i]);
    recent_free(p->recent);
    live_findings_free(p->findings);
    for (uint32_t i = 0; i < p->listener_count; i++)
        listener_free(p->listeners[i]);
    free(p->listeners);
    for (uint32_t i = 0; p->responders != NULL && i < ruleset_service_count(p->ruleset); i++)
        tls_context_drop(p->responders[i].upstream.tls);
    free(p->responders);
    rate_table_free(p->rates);
    ruleset_drop(p->ruleset);
    free(p);
}

const char *
proxy_url(const struct proxy *p, uint32_t index)
{
    return index < p->listener_count ? listener_url(p->listeners[index]) : NULL;
}

void
proxy_metrics(const struct proxy *p, struct buffer *out)
{
    struct recorder_totals recorded = recorder_totals(p->recorder);

    metrics_write(out, p->ruleset, p->counters, p->worker_count, &recorded);
}

struct metrics_totals
proxy_totals(const struct proxy *p)
{
    return metrics_totals(p->counters, p->worker_count);
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

uint32_t
proxy_workers(const struct proxy *p)
{
    return p->worker_count;
}

const struct ruleset *
proxy_ruleset(const struct proxy *p)
{
    return p->ruleset;
}
