#include "cli/check_watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "base/time_text.h"
#include "report/report.h"
#include "rules/watch.h"
#include "traffic/har_parts.h"
#include "traffic/redacted.h"
#include "traffic/segment.h"

#define FOLLOW_SLACK INT64_C(60000000000) /* ns between the beginning of an exchange and its line */
#define CHUNK        64                   /* entries whose earliest beginning is kept together */
#define HAR_SLACK    INT64_C(1000000)     /* ns: HAR files of others tell milliseconds */

/* What the first reading found. */
struct plan {
    int64_t *begins; /* of each chunk and all behind it, the earliest beginning */
    size_t count, room;
    uint64_t entries;
    bool blind;    /* something can be read once only */
    bool followed; /* the lines come as time goes by */
};

struct check_watch {
    const struct ruleset *ruleset;
    const struct watch_rules *rules;
    struct watch_checker *checker;
    struct watch *memory;
    struct finding_list *findings;
    struct plan plan;
    uint64_t entry; /* that is at hand, from 1 */
    int64_t latest; /* end that was seen */
    bool failed;    /* no memory for a finding */

    /* the exchange that is being checked */
    unsigned concern; /* 0: none is */
    const struct route *route;
    struct exchange *exchange;
    const struct value *bodies[2];
    struct recheck_more more;
};

/* ---- the first reading ---- */

/* When an entry began, or before that. */
static int64_t
begin_of(const struct value *entry)
{
    const struct value *own = VALUE_MEMBER(VALUE_MEMBER(entry, "_plumbline"), "start");
    const struct value *har = VALUE_MEMBER(entry, "startedDateTime");
    int64_t begin = 0;

    if (!value_is(own, VALUE_STRING) || !time_text_read(value_text(own), &begin))
        (void)har_time_read(har, &begin); /* as record_read has it */
    return begin;
}

static int
add_begin(struct plan *plan, int64_t begin)
{
    if (plan->entries++ % CHUNK == 0) {
        if (plan->count == plan->room) {
            size_t room = plan->room > 0 ? plan->room * 2 : 256;
            int64_t *begins = realloc(plan->begins, room * sizeof begins[0]);

            if (begins == NULL)
                return -1;
            plan->begins = begins;
            plan->room = room;
        }
        plan->begins[plan->count++] = INT64_MAX;
    }
    if (begin < plan->begins[plan->count - 1])
        plan->begins[plan->count - 1] = begin;
    return 0;
}

/* Whatever cannot be read is told by the second reading. */
static int
plan_recording(struct plan *plan, const char *path, struct error *err)
{
    struct segment_reader *reader;
    struct segment_entry entry;
    struct stat file;
    int result = 0;

    if (stat(path, &file) < 0 || !(S_ISREG(file.st_mode) || S_ISDIR(file.st_mode))) {
        plan->blind = true;
        return 0;
    }
    reader = segment_reader_open(path, NULL);
    while (reader != NULL && result == 0 && segment_reader_next(reader, &entry, NULL) == 1)
        result = add_begin(plan, value_is(entry.value, VALUE_OBJECT) ? begin_of(entry.value) : INT64_MAX);
    segment_reader_close(reader);
    return result == 0 ? 0 : error_memory(err);
}

static int
plan_all(struct plan *plan, const char *const *recordings, size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++)
        if (plan_recording(plan, recordings[i], err) < 0)
            return -1;
    for (size_t i = plan->count; i > 1; i--)
        if (plan->begins[i - 1] < plan->begins[i - 2])
            plan->begins[i - 2] = plan->begins[i - 1];
    return 0;
}

/* Nothing that is read after the entry at hand begins before this. */
static int64_t
settled_by(const struct check_watch *w)
{
    if (w->plan.followed)
        return w->latest > INT64_MIN ? w->latest - FOLLOW_SLACK : INT64_MIN;
    if (w->plan.blind)
        return INT64_MIN;
    return w->entry >= w->plan.entries ? INT64_MAX : w->plan.begins[w->entry / CHUNK];
}

/* ---- begin and end ---- */

static void
on_trouble(void *arg, struct text where, struct text rule, const char *why)
{
    (void)arg;
    fprintf(stderr, "plumbline check: %.*s: '%.*s' could not be computed, and says nothing: %s\n", TEXT_PRINT(where),
            TEXT_PRINT(rule), why);
}

int
check_watch_new(struct check_watch **made, const struct ruleset *ruleset, struct finding_list *findings,
                const char *const *recordings, size_t count, struct error *err)
{
    struct check_watch *w;

    *made = NULL;
    if (ruleset_watch(ruleset) == NULL)
        return 0;
    w = *made = calloc(1, sizeof *w);
    if (w == NULL)
        return error_memory(err);
    w->ruleset = ruleset;
    w->rules = ruleset_watch(ruleset);
    w->findings = findings;
    w->latest = INT64_MIN;
    w->checker = watch_checker_new(w->rules, on_trouble, NULL, err);
    if (w->checker == NULL)
        return -1;
    w->memory = watch_new(w->rules, 1);
    if (w->memory == NULL)
        return error_memory(err);
    return count > 0 ? plan_all(&w->plan, recordings, count, err) : 0;
}

void
check_watch_free(struct check_watch *w)
{
    if (w == NULL)
        return;
    watch_free(w->memory);
    watch_checker_free(w->checker);
    free(w->plan.begins);
    free(w);
}

void
check_watch_follow(struct check_watch *w)
{
    if (w != NULL)
        w->plan.followed = w->plan.blind = true;
}

void
check_watch_next(struct check_watch *w)
{
    if (w != NULL)
        w->entry++;
}

/* ---- one exchange ---- */

static enum mode
mode_of(const struct check_watch *w, enum side side)
{
    return side == SIDE_REQUEST ? w->route->policy->request : w->route->policy->response;
}

/* As live: what is not checked is not read. */
static bool
on_parsed(void *arg, enum side side, const struct document *document)
{
    struct check_watch *w = arg;

    if (mode_of(w, side) == MODE_OFF)
        return false;
    redacted_mark(w->exchange, side, document->root);
    w->bodies[side] = document->root;
    return true;
}

static struct observation
observe(const struct check_watch *w)
{
    const struct contract_match *match = &w->route->match;
    struct observation o = watch_observe(w->exchange, match->operation, match);

    o.request = w->bodies[SIDE_REQUEST];
    o.response = w->bodies[SIDE_RESPONSE];
    return o;
}

static void
on_body_checked(void *arg, enum side side, struct verdict *verdict)
{
    struct check_watch *w = arg;
    struct observation o = observe(w);

    if ((w->concern & WATCH_AT_ONCE) && mode_of(w, side) != MODE_OFF)
        watch_check(w->checker, &o, side, w->route->policy->check.ignore, verdict);
}

void
check_watch_begin(struct check_watch *w, const struct route *route, struct exchange *x, struct check *check,
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
    struct check_watch *w = arg;
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

/* An entry that is none of ours has no id, and what stands in for it must fit where ids do. */
static void
adopt(struct exchange *x, struct text name, struct observation *o)
{
    if (x->id[0] != '\0')
        return;
    if (name.length <= EXCHANGE_ID_BYTES)
        memcpy(x->id, name.data, name.length);
    o->end += HAR_SLACK;
}

void
check_watch_end(struct check_watch *w, struct text name)
{
    const struct watch_note *note;
    struct observation o;

    if (w == NULL || !(w->concern & WATCH_MEMORIES) || !watch_reached(w->exchange))
        return;
    if (!w->plan.blind && w->entry > w->plan.entries)
        return; /* written since the first reading: nobody knows what else was under way */
    o = observe(w);
    adopt(w->exchange, name, &o);
    if (o.end > w->latest)
        w->latest = o.end;
    for (note = watch_note(w->checker, &o, w->exchange->arena); note != NULL; note = watch_note_next(note))
        watch_feed(w->memory, w->checker, note, settled_by(w), on_found, w);
}

int
check_watch_finish(struct check_watch *w, struct report_summary *summary)
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
