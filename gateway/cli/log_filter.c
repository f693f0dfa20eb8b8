#include "cli/log_filter.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/time_text.h"
#include "traffic/index.h"

#define MINUTE (60 * CLOCK_SECOND)

/* "15m" before now. */
static bool
read_age(struct text t, int64_t *ns)
{
    static const struct {
        char unit;
        int64_t length;
    } units[] = { { 's', CLOCK_SECOND }, { 'm', MINUTE }, { 'h', 60 * MINUTE }, { 'd', 24 * 60 * MINUTE } };
    uint64_t number;

    if (t.length < 2 || t.length > 6 || !text_to_u64(text_slice(t, 0, t.length - 1), &number))
        return false;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (t.data[t.length - 1] != units[i].unit)
            continue;
        *ns = clock_wall() - (int64_t)number * units[i].length;
        return true;
    }
    return false;
}

static int
read_time(const char *option, const char *word, int64_t *ns, struct error *err)
{
    struct text t = text_of(word);
    char day[32];

    if (word == NULL)
        return 0;
    snprintf(day, sizeof(day), "%.10sT00:00:00Z", word);
    if (read_age(t, ns) || time_text_read(t, ns) || (t.length == 10 && time_text_read(text_of(day), ns)))
        return 0;
    return error_set(err, ERROR_USAGE, option, "'%s' is no time: 2026-11-21, 2026-11-21T06:47:04Z, or 15m, 2h, 7d ago",
                     word);
}

int
log_filter_judge(struct log_filter *f, struct error *err)
{
    const char *const names[LOG_FILTER_WORDS] = { "service", "operation", "status" };
    const char *const values[LOG_FILTER_WORDS] = { f->service, f->operation, f->status };

    f->from = INT64_MIN;
    f->to = INT64_MAX;
    for (size_t i = 0; i < LOG_FILTER_WORDS; i++) {
        if (values[i] == NULL)
            continue;
        if (f->where.count == OPTION_LIST_MAX)
            return error_set(err, ERROR_USAGE, "--where", "there are too many conditions");
        snprintf(f->words[i], sizeof(f->words[i]), "%s=%s", names[i], values[i]);
        f->where.items[f->where.count++] = f->words[i];
    }
    if (read_time("--since", f->since, &f->from, err) < 0 || read_time("--until", f->until, &f->to, err) < 0)
        return -1;
    return log_where_judge(&f->where, err);
}

bool
log_filter_holds(const struct log_filter *f, const struct exchange *x)
{
    return x->started >= f->from && x->started < f->to && log_where_holds(&f->where, x);
}

static bool
may_hold(const void *arg, const struct index *index, const struct index_line *line)
{
    const struct log_filter *f = arg;

    if (line->flags != 0)
        return true; /* the line tells */
    return line->amends == 0 && line->started >= f->from && line->started < f->to &&
           memcmp(line->id, f->id.data, f->id.length) == 0 && log_where_may_hold(&f->where, index, line);
}

void
log_filter_choose(struct log_filter *f, const char *id, struct segment_reader *reader)
{
    f->id = text_of(id != NULL ? id : "");
    if (f->id.length > EXCHANGE_ID_BYTES)
        f->id.length = EXCHANGE_ID_BYTES; /* then none is it, as will be seen */
    if (f->id.length > 0 || f->where.count > 0 || f->from != INT64_MIN || f->to != INT64_MAX)
        segment_reader_choose(reader, may_hold, f);
}
