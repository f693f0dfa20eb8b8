#include "cli/replay_watch.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "rules/watch.h"

struct replay_watch {
    const struct watch_rules *rules;
    struct watch_checker *checker;
    struct watch *memory;
    struct finding_list *findings;
    const char *command;
    int64_t latest; /* end that was seen */
    bool failed;    /* no memory for a finding */

    /* the exchange that is being checked */
    unsigned concern; /* 0: none is */
    const struct route *route;
    struct exchange *exchange;
    const struct value *bodies[2];
    struct recheck_more more;
};

static void
on_trouble(void *arg, struct text where, struct text rule, const char *why)
{
    const struct replay_watch *w = arg;

    fprintf(stderr, "plumbline %s: %.*s: '%.*s' could not be computed, and says nothing: %s\n", w->command,
            TEXT_PRINT(where), TEXT_PRINT(rule), why);
}

int
replay_watch_new(struct replay_watch **made, const struct ruleset *ruleset, struct finding_list *findings,
                 const char *command, struct error *err)
{
    struct replay_watch *w;

    *made = NULL;
    if (ruleset == NULL || ruleset_watch(ruleset) == NULL)
        return 0;
    w = *made = calloc(1, sizeof *w);
    if (w == NULL)
        return error_memory(err);
    w->rules = ruleset_watch(ruleset);
    w->findings = findings;
    w->command = command;
    w->latest = INT64_MIN;
    w->checker = watch_checker_new(w->rules, on_trouble, w, err);
    if (w->checker == NULL)
        return -1;
    w->memory = watch_new(w->rules, 1);
    return w->memory != NULL ? 0 : error_memory(err);
}

void
replay_watch_free(struct replay_watch *w)
{
    if (w == NULL)
        return;
    watch_free(w->memory);
    watch_checker_free(w->checker);
    free(w);
}

/* ---- one exchange ---- */

static bool
is_checked(const struct replay_watch *w, enum side side)
{
    return (side == SIDE_REQUEST ? w->route->policy->request : w->route->policy->response) != MODE_OFF;
}

static bool
on_parsed(void *arg, enum side side, const struct document *document)
{
    struct replay_watch *w = arg;

    if (!is_checked(w, side))
        return false;
    w->bodies[side] = document->root;
    return true;
}

static struct observation
observe(const struct replay_watch *w)
{
    struct observation o = watch_observe(w->exchange, w->route->match.operation, &w->route->match);

    o.request = w->bodies[SIDE_REQUEST];
    o.response = w->bodies[SIDE_RESPONSE];
    return o;
}

static void
on_body_checked(void *arg, enum side side, struct verdict *verdict)
{
    struct replay_watch *w = arg;
    struct observation o = observe(w);

    if ((w->concern & WATCH_AT_ONCE) && is_checked(w, side))
        watch_check(w->checker, &o, side, w->route->policy->check.ignore, verdict);
}

void
replay_watch_begin(struct replay_watch *w, const struct route *route, struct exchange *x, struct check *check,
                   const struct recheck_more **more)
{
    *more = NULL;
    if (w == NULL)
        return;
    w->concern =
        route->match.operation != NULL ? watch_rules_concern(w->rules, route->service, route->match.operation) : 0;
    if (w->concern == 0)
        return;
    w->route = route;
    w->exchange = x;
    w->bodies[SIDE_REQUEST] = w->bodies[SIDE_RESPONSE] = NULL;
    check->parsed = on_parsed;
    check->parsed_arg = w;
    w->more = (struct recheck_more){ .check = on_body_checked, .arg = w };
    *more = &w->more;
}

static void
on_found(void *arg, const struct watch_finding *found)
{
    struct replay_watch *w = arg;
    struct arena *arena = arena_new(0, LIMIT_MIB);
    struct finding f;

    if (arena == NULL) {
        w->failed = true;
    } else if (!watch_finding_ignored(w->rules, found)) {
        watch_finding_report(found, arena, &f);
        w->failed = finding_list_add_one(w->findings, &f) < 0 || w->failed;
    }
    arena_free(arena);
}

void
replay_watch_end(struct replay_watch *w, int64_t settled)
{
    const struct watch_note *note;
    struct observation o;

    if (w == NULL || !(w->concern & WATCH_MEMORIES) || !watch_reached(w->exchange))
        return;
    o = observe(w);
    if (o.end > w->latest)
        w->latest = o.end;
    for (note = watch_note(w->checker, &o, w->exchange->arena); note != NULL; note = watch_note_next(note))
        watch_feed(w->memory, w->checker, note, settled, on_found, w);
}

int
replay_watch_finish(struct replay_watch *w, struct report_summary *summary)
{
    struct watch_counts counts = { .entities = 0 };

    if (w == NULL)
        return 0;
    if (w->latest > INT64_MIN)
        watch_tick(w->memory, w->checker, w->latest, INT64_MAX, on_found, w);
    watch_counts(w->memory, &counts);
    summary->unchecked += counts.forgotten;
    summary->unchecked_reasons[UNCHECKED_FORGOTTEN] += counts.forgotten;
    return w->failed ? -1 : 0;
}
