/* checking.c -- one recorded exchange after the other against its contract, for `plumbline check`: routed as the
 * gateway would have routed it, checked anew, counted. */
#include "cli/checking.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "cli/check_watch.h"
#include "cli/contracts.h"
#include "cli/following.h"
#include "cli/progress.h"
#include "traffic/amend.h"
#include "traffic/recheck.h"
#include "traffic/record.h"
#include "traffic/redacted.h"
#include "traffic/segment.h"

#define BROKEN_TOLD 10   /* broken entries that are told one by one */
#define FOLLOW_LOOK 1000 /* ms between looks where the kernel tells nothing */

/* ---- one exchange ---- */

/* As the gateway would have; where no service is found, the first one, so that it is reported. */
static void
route(const struct checking *c, const struct exchange *x, struct route *route)
{
    contracts_route(c->ruleset, x, x->arena, route);
    if (route->service == NULL)
        contracts_take(ruleset_service(c->ruleset, 0), x, x->arena, route);
}

static void
count_unchecked(struct report_summary *s, const struct exchange *x)
{
    const struct verdict *verdicts[] = { &x->request_verdict, &x->response_verdict };
    uint32_t reasons = 0;

    for (size_t side = 0; side < 2; side++)
        for (uint32_t i = 0; i < verdicts[side]->unchecked_count; i++)
            reasons |= UINT32_C(1) << verdicts[side]->unchecked[i].reason;
    s->unchecked += reasons != 0;
    for (int i = 0; i < UNCHECKED_IDS; i++)
        s->unchecked_reasons[i] += reasons >> i & 1;
}

/* ---- what it makes use of ---- */

/* The bodies are read once, for the check; rules over many exchanges may look at them, too. */
static bool
on_parsed(void *arg, enum side side, const struct document *document)
{
    struct checking *c = arg;

    redacted_mark(c->exchange, side, document->root);
    if (c->inner != NULL)
        (void)c->inner(c->inner_arg, side, document);
    c->bodies[side] = document->root;
    return true;
}

static void
listen(struct checking *c, struct exchange *x, struct check *check, const struct policy *policy)
{
    c->exchange = x;
    c->policy = policy;
    c->bodies[SIDE_REQUEST] = c->bodies[SIDE_RESPONSE] = NULL;
    c->inner = check->parsed;
    c->inner_arg = check->parsed_arg;
    check->parsed = on_parsed;
    check->parsed_arg = c;
}

static void
on_undocumented(void *arg, const struct finding *f)
{
    struct checking *c = arg;

    if ((f->side == SIDE_REQUEST ? c->policy->request : c->policy->response) == MODE_OFF)
        return;
    if (finding_list_add_one(c->findings, f) < 0)
        c->failed = true;
}

/* What Plumbline itself did to an exchange, or answered, says nothing about what services use. */
static int
count_use(struct checking *c, const struct route *route, const struct exchange *x)
{
    const struct tally_exchange use = { .service = route->service,
                                        .match = &route->match,
                                        .exchange = x,
                                        .bodies = { c->bodies[0], c->bodies[1] },
                                        .scratch = c->scratch,
                                        .found = route->policy->undocumented != MODE_OFF ? on_undocumented : NULL,
                                        .arg = c };

    if (route->match.operation == NULL || x->fault_count > 0 || x->outcome == OUTCOME_REFUSED)
        return 0;
    return tally_add(c->tally, &use) < 0 || c->failed ? -1 : 0;
}

static int
add_findings(struct checking *c, const struct exchange *x, const struct segment_entry *entry)
{
    struct text at = { NULL, 0 };

    if (x->request_verdict.count + x->response_verdict.count == 0)
        return 0;
    at = arena_print(x->arena, "%s:%u", entry->file, entry->line);
    return finding_list_add(c->findings, x, at);
}

/* But for what faults have to do with it: rules over many exchanges want to know. */
static void
forget_response(struct exchange *x)
{
    bool injected = verdict_is_injected(&x->response_verdict);

    x->response_verdict = (struct verdict){ .checked = false };
    if (injected)
        verdict_unchecked(&x->response_verdict, UNCHECKED_INJECTED, SIDE_RESPONSE, (struct text){ NULL, 0 });
}

static int
check_exchange(struct checking *c, struct exchange *x, const struct segment_entry *entry)
{
    struct check check = { .arena = x->arena,
                           .scratch = c->scratch,
                           .request_budget = LIMIT_CHECK_BUDGET,
                           .response_budget = LIMIT_CHECK_BUDGET };
    const struct recheck_more *more;
    struct route found;

    if (x->request.method.length == 0) { /* no head that could be read: it never came to a service */
        c->summary.exchanges++;
        return 0;
    }
    route(c, x, &found);
    check.policy = &found.policy->check;
    x->service = found.service->settings->name;
    x->operation = text_make(NULL, 0);
    if (found.match.operation != NULL) {
        x->operation = operation_id(found.match.operation);
    }
    check_watch_begin(c->watch, &found, x, &check, &more);
    listen(c, x, &check, found.policy);
    recheck_exchange(&check, &found.match, more, x);
    if (found.policy->request == MODE_OFF)
        x->request_verdict = (struct verdict){ .checked = false };
    if (found.policy->response == MODE_OFF)
        forget_response(x);
    c->summary.exchanges++;
    count_unchecked(&c->summary, x);
    if (add_findings(c, x, entry) < 0 || count_use(c, &found, x) < 0)
        return -1;
    check_watch_end(c->watch, x, entry->pointer);
    c->exchange = NULL;
    return 0;
}

/* ---- recordings ---- */

static void
tell_broken(struct checking *c, const struct segment_entry *entry, const char *where, const char *what)
{
    if (++c->broken <= BROKEN_TOLD)
        fprintf(stderr, "plumbline check: %s:%u: %s%s%s\n", entry->file, entry->line, where,
                where[0] != '\0' ? ": " : "", what);
}

static int
check_entry(struct checking *c, const struct segment_entry *entry, struct error *err)
{
    struct exchange x = { .arena = c->arena };
    struct error broken = { .kind = ERROR_NONE };

    arena_reset(c->arena);
    if (entry->value == NULL && entry->torn) {
        fprintf(stderr, "plumbline check: %s:%u: the last line is torn (being written, or cut by a crash): left out\n",
                entry->file, entry->line);
        return 0;
    }
    if (entry->value == NULL) {
        char column[32];

        snprintf(column, sizeof(column), "column %u", entry->broken.column);
        tell_broken(c, entry, column, entry->broken.what);
        return 0;
    }
    if (record_is_foreign(entry->value)) {
        c->foreign++;
        return 0;
    }
    if (segment_entry_read(entry, &x, &broken) < 0) {
        tell_broken(c, entry, broken.where, broken.what);
        return 0;
    }
    c->summary.amended += entry->amendments != NULL && amend_find(entry->amendments, x.sequence) != NULL;
    c->summary.lost += x.lost;
    return check_exchange(c, &x, entry) < 0 ? error_memory(err) : 0;
}

/* What is there by now. As segment_reader_next. */
static int
check_entries(struct checking *c, struct segment_reader *reader, struct error *err)
{
    struct segment_entry entry;
    int result;

    while ((result = segment_reader_next(reader, &entry, err)) == 1) {
        check_watch_next(c->watch);
        if (check_entry(c, &entry, err) < 0)
            return -1;
        progress_step(c->progress, entry.text.length + 1, finding_list_count(c->findings), entry.file);
    }
    return result;
}

static int
follow(struct checking *c, struct segment_reader *reader, struct following *following, struct error *err)
{
    int result = check_entries(c, reader, err);

    while (result == 2 && !following_is_over()) {
        if (following_wait(following, FOLLOW_LOOK, err) < 0)
            return -1;
        result = check_entries(c, reader, err);
    }
    return result == 2 ? 0 : result;
}

static void
tell_left_out(struct checking *c, const char *path, bool empty)
{
    if (c->foreign > 0)
        fprintf(stderr, "plumbline check: %s: %" PRIu64 " entr%s no HTTP (data: and the like): left out\n", path,
                c->foreign, c->foreign == 1 ? "y is" : "ies are");
    c->foreign = 0;
    if (empty)
        fprintf(stderr, "plumbline check: %s: there is no exchange in it; nothing was checked\n", path);
}

int
checking_recording(struct checking *c, const char *path, struct error *err)
{
    struct following following = { .watch = -1 };
    uint64_t before = c->summary.exchanges + c->broken;
    struct segment_reader *reader = NULL;
    int result = c->follow ? following_start(&following, path, err) : 0;

    if (result < 0 || (reader = segment_reader_open(path, err)) == NULL) {
        following_end(&following);
        return -1;
    }
    if (c->follow)
        segment_reader_follow(reader);
    result = c->follow ? follow(c, reader, &following, err) : check_entries(c, reader, err);
    c->summary.lost += segment_reader_lost(reader);
    segment_reader_close(reader);
    following_end(&following);
    progress_pause(c->progress);
    if (result == 0)
        tell_left_out(c, path, c->summary.exchanges + c->broken == before);
    return result;
}
