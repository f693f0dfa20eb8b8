#include "cli/check_watch.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/time_text.h"
#include "cli/onlooker.h"
#include "traffic/har_parts.h"
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
    struct onlooker *onlooker;
    struct plan plan;
    uint64_t entry; /* that is at hand, from 1 */
    int64_t latest; /* end that was seen */
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
    w->latest = INT64_MIN;
    if (onlooker_new(&w->onlooker, ruleset, findings, "check", err) < 0)
        return -1;
    return count > 0 ? plan_all(&w->plan, recordings, count, err) : 0;
}

void
check_watch_free(struct check_watch *w)
{
    if (w == NULL)
        return;
    onlooker_free(w->onlooker);
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

void
check_watch_begin(struct check_watch *w, const struct route *route, struct exchange *x, struct check *check,
                  const struct recheck_more **more)
{
    onlooker_begin(w != NULL ? w->onlooker : NULL, route, x, check, more);
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
check_watch_end(struct check_watch *w, struct exchange *x, struct text name)
{
    struct observation o;

    if (w == NULL || !onlooker_observe(w->onlooker, &o))
        return;
    if (!w->plan.blind && w->entry > w->plan.entries)
        return; /* written since the first reading: nobody knows what else was under way */
    adopt(x, name, &o);
    if (o.end > w->latest)
        w->latest = o.end;
    onlooker_feed(w->onlooker, &o, settled_by(w));
}

int
check_watch_finish(struct check_watch *w, struct report_summary *summary)
{
    return onlooker_finish(w != NULL ? w->onlooker : NULL, summary);
}
