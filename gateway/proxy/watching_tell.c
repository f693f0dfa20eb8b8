#include "proxy/watching_tell.h"

#include <stdatomic.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "proxy/live_findings.h"
#include "proxy/server.h"
#include "proxy/watching.h"
#include "rules/severity.h"

#define LINES_OF_A_MINUTE 20

struct watching_one {
    struct watching_one *next;
    struct watch_finding finding;
};

/* ---- the list ---- */

static void
keep(struct text *t, struct arena *arena)
{
    *t = arena_text(arena, *t);
}

void
watching_on_found(void *arg, const struct watch_finding *finding)
{
    struct watching_found *found = arg;
    struct watching_one *one = ARENA_NEW(found->arena, struct watching_one);
    struct watch_finding *f = one != NULL ? &one->finding : NULL;

    if (one == NULL)
        return;
    *f = *finding;
    keep(&f->rule, found->arena);
    keep(&f->service, found->arena);
    keep(&f->operation, found->arena);
    keep(&f->instance, found->arena);
    keep(&f->expected, found->arena);
    keep(&f->found, found->arena);
    keep(&f->file, found->arena);
    for (uint32_t i = 0; i < f->exchange_count; i++)
        keep(&f->exchanges[i], found->arena);
    if (found->last != NULL)
        found->last->next = one;
    else
        found->first = one;
    found->last = one;
}

/* ---- the log ---- */

void
watching_log_init(struct watching_log *log, const struct ruleset *ruleset, const struct proxy_options *options)
{
    *log = (struct watching_log){ .ruleset = ruleset, .options = options, .minute = clock_monotonic() };
    (void)pthread_mutex_init(&log->lock, NULL);
}

void
watching_log_end(struct watching_log *log)
{
    (void)pthread_mutex_destroy(&log->lock);
}

/* How many lines were left out before this one, or -1: it is left out, too. */
static int64_t
may_say(struct watching_log *log)
{
    int64_t now = clock_monotonic(), more = -1;

    (void)pthread_mutex_lock(&log->lock);
    if (now - log->minute >= 60 * CLOCK_SECOND) {
        log->minute = now;
        log->lines = 0;
    }
    if (log->lines++ < LINES_OF_A_MINUTE) {
        more = (int64_t)log->more;
        log->more = 0;
    } else {
        log->more++;
    }
    (void)pthread_mutex_unlock(&log->lock);
    return more;
}

static void
say(struct watching_log *log, const struct watch_finding *f, struct arena *arena)
{
    int64_t more = log->options->say != NULL ? may_say(log) : -1;
    struct buffer line;
    struct text whole;

    if (more < 0)
        return;
    buffer_init(&line, LOG_LINE);
    buffer_print(&line, "%.*s:%u:%u: %s '%.*s' %s %.*s %.*s %.*s: expected %.*s, found %.*s; exchanges",
                 TEXT_PRINT(f->file), (unsigned)f->line, (unsigned)f->column, violation_name(f->id),
                 TEXT_PRINT(f->rule), side_name(f->side), TEXT_PRINT(f->service), TEXT_PRINT(f->operation),
                 TEXT_PRINT(f->instance), TEXT_PRINT(f->expected), TEXT_PRINT(f->found));
    for (uint32_t i = 0; i < f->exchange_count; i++)
        buffer_print(&line, " %.*s", TEXT_PRINT(f->exchanges[i]));
    if (more > 0)
        buffer_print(&line, " (and %lld before it that were not written)", (long long)more);
    whole = arena_text(arena, buffer_text(&line));
    if (whole.data != NULL)
        log->options->say(log->options->arg, whole.data);
    buffer_release(&line);
}

void
watching_trouble(void *arg, struct text where, struct text rule, const char *why)
{
    struct watching_log *log = arg;
    char line[1024];

    if (log->options->say == NULL)
        return;
    (void)snprintf(line, sizeof line, "%.*s: '%.*s' could not be computed, and says nothing: %s", TEXT_PRINT(where),
                   TEXT_PRINT(rule), why);
    log->options->say(log->options->arg, line);
}

/* ---- telling ---- */

static void
tell_one(struct watching_log *log, struct watch_finding *f, struct arena *arena, const struct watching_teller *teller)
{
    const struct redaction *redaction = ruleset_redaction(log->ruleset);
    struct finding report;

    counters_finding(teller->counters, log->ruleset, f);
    f->found = redaction_quoted(redaction, f->found, f->instance, teller->scratch, arena);
    watch_finding_report(f, arena, &report);
    if (!severities_judge(ruleset_severities(log->ruleset), &report))
        return;
    live_findings_add_one(teller->findings, &report);
    say(log, f, arena);
}

void
watching_tell(struct watching_log *log, struct watching_found *found, int64_t sure,
              const struct watching_teller *teller)
{
    for (struct watching_one *one = found->first; one != NULL; one = one->next) {
        if (watch_finding_ignored(ruleset_watch(log->ruleset), &one->finding))
            continue;
        if (one->finding.since < sure)
            atomic_fetch_add_explicit(&log->untold, 1, memory_order_relaxed);
        else
            tell_one(log, &one->finding, found->arena, teller);
    }
}
