#include "cli/onlooker.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"

struct onlooker {
    const struct watch_rules *rules;
    struct watch_checker *checker;
    struct watch *memory;
    struct finding_list *findings;
    const char *command;
    int64_t latest; /* end that was fed */
    bool failed;    /* no memory for a finding */

    /* the exchange that is being checked */
    unsigned concern; /* 0: none is */
    const struct route *route;
    struct exchange *exchange;
    const struct value *bodies[2];
    struct recheck_more more;
};

/* ---- begin and end ---- */

static void
on_trouble(void *arg, struct text where, struct text rule, const char *why)
{
    const struct onlooker *l = arg;

    fprintf(stderr, "plumbline %s: %.*s: '%.*s' could not be computed, and says nothing: %s\n", l->command,
            TEXT_PRINT(where), TEXT_PRINT(rule), why);
}

int
onlooker_new(struct onlooker **made, const struct ruleset *ruleset, struct finding_list *findings, const char *command,
             struct error *err)
{
    struct onlooker *l;

    *made = NULL;
    if (ruleset == NULL || ruleset_watch(ruleset) == NULL)
        return 0;
    l = *made = calloc(1, sizeof *l);
    if (l == NULL)
        return error_memory(err);
    l->rules = ruleset_watch(ruleset);
    l->findings = findings;
    l->command = command;
    l->latest = INT64_MIN;
    l->checker = watch_checker_new(l->rules, on_trouble, l, err);
    if (l->checker == NULL)
        return -1;
    l->memory = watch_new(l->rules, 1);
    return l->memory != NULL ? 0 : error_memory(err);
}

void
onlooker_free(struct onlooker *l)
{
    if (l == NULL)
        return;
    watch_free(l->memory);
    watch_checker_free(l->checker);
    free(l);
}

/* ---- one exchange ---- */

/* As live: what is not checked is not read. */
static bool
is_checked(const struct onlooker *l, enum side side)
{
    return (side == SIDE_REQUEST ? l->route->policy->request : l->route->policy->response) != MODE_OFF;
}

static bool
on_parsed(void *arg, enum side side, const struct document *document)
{
    struct onlooker *l = arg;

    if (!is_checked(l, side))
        return false;
    l->bodies[side] = document->root;
    return true;
}

static struct observation
observe(const struct onlooker *l)
{
    struct observation o = watch_observe(l->exchange, l->route->match.operation, &l->route->match);

    o.request = l->bodies[SIDE_REQUEST];
    o.response = l->bodies[SIDE_RESPONSE];
    return o;
}

static void
on_body_checked(void *arg, enum side side, struct verdict *verdict)
{
    struct onlooker *l = arg;
    struct observation o = observe(l);

    if ((l->concern & WATCH_AT_ONCE) && is_checked(l, side))
        watch_check(l->checker, &o, side, l->route->policy->check.ignore, verdict);
}

void
onlooker_begin(struct onlooker *l, const struct route *route, struct exchange *x, struct check *check,
               const struct recheck_more **more)
{
    *more = NULL;
    if (l == NULL)
        return;
    l->concern =
        route->match.operation != NULL ? watch_rules_concern(l->rules, route->service, route->match.operation) : 0;
    if (l->concern == 0)
        return;
    l->route = route;
    l->exchange = x;
    l->bodies[SIDE_REQUEST] = l->bodies[SIDE_RESPONSE] = NULL;
    check->parsed = on_parsed;
    check->parsed_arg = l;
    l->more = (struct recheck_more){ .check = on_body_checked, .arg = l };
    *more = &l->more;
}

/* ---- several ---- */

static void
on_found(void *arg, const struct watch_finding *found)
{
    struct onlooker *l = arg;
    struct arena *arena = arena_new(0, LIMIT_MIB);
    struct finding f;

    if (arena == NULL) {
        l->failed = true;
    } else if (!watch_finding_ignored(l->rules, found)) {
        watch_finding_report(found, arena, &f);
        l->failed = finding_list_add_one(l->findings, &f) < 0 || l->failed;
    }
    arena_free(arena);
}

bool
onlooker_observe(const struct onlooker *l, struct observation *o)
{
    if (l == NULL || !(l->concern & WATCH_MEMORIES) || !watch_reached(l->exchange))
        return false;
    *o = observe(l);
    return true;
}

void
onlooker_feed(struct onlooker *l, const struct observation *o, int64_t settled)
{
    const struct watch_note *note;

    if (l == NULL)
        return;
    if (o->end > l->latest)
        l->latest = o->end;
    for (note = watch_note(l->checker, o, o->exchange->arena); note != NULL; note = watch_note_next(note))
        watch_feed(l->memory, l->checker, note, settled, on_found, l);
}

int
onlooker_finish(struct onlooker *l, struct report_summary *summary)
{
    struct watch_counts counts = { .entities = 0 };

    if (l == NULL)
        return 0;
    if (l->latest > INT64_MIN)
        watch_tick(l->memory, l->checker, l->latest, INT64_MAX, on_found, l);
    watch_counts(l->memory, &counts);
    summary->unchecked += counts.forgotten;
    summary->unchecked_reasons[UNCHECKED_FORGOTTEN] += counts.forgotten;
    return l->failed ? -1 : 0;
}
