/* generation.c -- building one, closing it. */
#include "proxy/generation.h"

#include <stdlib.h>

#include "drift/tally.h"
#include "net/upstream.h"
#include "proxy/documented.h"
#include "proxy/responder.h"
#include "proxy/secure.h"
#include "proxy/stale.h"
#include "proxy/watching.h"
#include "replay/playback.h"
#include "rules/fault.h"
#include "rules/script.h"
#include "sandbox/sandbox.h"

#define POOL_IDLE (50 * LOOP_SECOND)

static int
resolve_all(struct generation *g, const struct proxy_options *options, struct error *err)
{
    const struct responder_ports simulators = { .sandbox = sandbox_port(g->sandbox),
                                                .recording = playback_port(g->playback) };
    uint32_t count = ruleset_service_count(g->ruleset);

    g->responders = calloc(count + 1, sizeof(struct responder));
    if (g->responders == NULL)
        return error_memory(err);
    for (uint32_t i = 0; i < count; i++) {
        const struct service *s = ruleset_service(g->ruleset, i);

        if (responder_resolve(&g->responders[i], s, &simulators, err) < 0 ||
            secure_upstream(s->settings, options, &g->responders[i].upstream.tls, err) < 0)
            return -1;
    }
    return 0;
}

/* Where a rule answers with earlier answers. */
static int
remember_answers(struct generation *g, struct error *err)
{
    const struct faults *faults = ruleset_faults(g->ruleset);

    for (uint32_t i = 0; i < fault_count(faults) && g->stale == NULL; i++) {
        if (fault_at(faults, i)->effect != FAULT_STALE)
            continue;
        g->stale = stale_new();
        if (g->stale == NULL)
            return error_memory(err);
    }
    return 0;
}

struct generation *
generation_new(struct ruleset *ruleset, uint64_t number, const struct proxy_options *options,
               struct sandbox_state **state, struct error *err)
{
    struct generation *g = calloc(1, sizeof *g);
    const struct playback_options playback = { .say = options->say, .arg = options->arg };

    if (g == NULL) {
        error_memory(err);
        return NULL;
    }
    g->number = number;
    g->ruleset = ruleset_hold(ruleset);
    if (sandbox_start(&g->sandbox, ruleset, state, err) < 0 ||
        playback_start(&g->playback, ruleset, &playback, err) < 0 || resolve_all(g, options, err) < 0 ||
        documented_new(ruleset, &g->documented, err) < 0 || remember_answers(g, err) < 0 ||
        watching_new(&g->watching, ruleset, options, number == 1, err) < 0) {
        generation_free(g);
        return NULL;
    }
    return g;
}

/* ---- shares ---- */

static void
share_free(struct share *s)
{
    if (s == NULL)
        return;
    if (s->pools != NULL)
        share_close(s);
    counters_free(s->counters);
    script_free(s->fault_script);
    tally_free(s->tally);
    free(s);
}

/* All simulated services are one server, which takes so many connections and no more. */
static uint32_t
most_idle(const struct ruleset *ruleset, uint32_t index)
{
    uint32_t share = LIMIT_SANDBOX_IDLE / ruleset_service_count(ruleset);

    if (ruleset_service(ruleset, index)->settings->upstream.kind != UPSTREAM_SANDBOX)
        return LIMIT_UPSTREAM_IDLE;
    return share > 0 ? share : 1;
}

static int
open_pools(struct share *s, struct stream_kit *kit, struct loop *loop)
{
    uint32_t count = ruleset_service_count(s->ruleset);

    s->pools = calloc(count + 1, sizeof(struct pool *));
    if (s->pools == NULL)
        return -1;
    for (uint32_t i = 0; i < count; i++) {
        s->pools[i] = pool_new(kit, loop, &s->generation->responders[i].upstream, most_idle(s->ruleset, i), POOL_IDLE);
        if (s->pools[i] == NULL)
            return -1;
    }
    return 0;
}

int
generation_share(struct generation *g, struct stream_kit *kit, struct loop *loop, struct error *err)
{
    struct share *s = calloc(1, sizeof *s);
    struct error why = { .kind = ERROR_NONE };

    if (s == NULL)
        return error_memory(err);
    s->generation = g;
    s->ruleset = g->ruleset;
    if (watching_lane_new(g->watching, &s->watching, err) < 0) {
        share_free(s);
        return -1;
    }
    s->fault_script = faults_script(ruleset_faults(g->ruleset), &why);
    if (s->fault_script == NULL && why.kind != ERROR_NONE) {
        share_free(s);
        *err = why;
        return -1;
    }
    s->counters = counters_new(g->ruleset);
    s->tally = tally_new(g->ruleset);
    if (s->counters == NULL || s->tally == NULL || open_pools(s, kit, loop) < 0) {
        share_free(s);
        return error_memory(err);
    }
    g->shares[g->share_count++] = s;
    return 0;
}

void
share_close(struct share *s)
{
    uint32_t count = ruleset_service_count(s->ruleset);

    for (uint32_t i = 0; i < count; i++)
        pool_free(s->pools[i]);
    free(s->pools);
    s->pools = NULL;
    atomic_fetch_add_explicit(&s->generation->closed, 1, memory_order_release); /* now it may be freed */
}

/* ---- the end ---- */

bool
generation_is_over(struct generation *g)
{
    return atomic_load_explicit(&g->closed, memory_order_acquire) == g->share_count;
}

void
generation_free(struct generation *g)
{
    if (g == NULL)
        return;
    for (uint32_t i = 0; i < g->share_count; i++)
        share_free(g->shares[i]);
    for (uint32_t i = 0; g->responders != NULL && i < ruleset_service_count(g->ruleset); i++)
        tls_context_drop(g->responders[i].upstream.tls);
    free(g->responders);
    for (uint32_t i = 0; i < g->listener_count; i++)
        tls_context_drop(g->tls[i]);
    free(g->tls);
    free(g->listeners);
    sandbox_stop(g->sandbox);
    playback_stop(g->playback);
    documented_free(g->documented);
    stale_free(g->stale);
    watching_free(g->watching);
    ruleset_drop(g->ruleset);
    free(g);
}
