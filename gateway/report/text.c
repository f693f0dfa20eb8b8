/* text.c -- findings for a person at a terminal: operation by operation, the worst first, and what was looked at. */
#include <inttypes.h>
#include <stdlib.h>

#include "report/coverage.h"
#include "report/replay.h"
#include "report/source.h"

/* ---- groups ---- */

struct told {
    const struct finding *finding;
    uint32_t order; /* in the list, which is by level and place */
};

/* The findings of one operation. */
struct group {
    const struct told *first;
    uint32_t count;
    enum level worst;
    uint64_t worst_times; /* how often the findings of that level were met */
};

static int
by_operation(const struct finding *x, const struct finding *y)
{
    int order = text_compare(x->service, y->service);

    return order != 0 ? order : text_compare(x->operation, y->operation);
}

/* Within an operation the worst first, then the most frequent, then as the list has them. */
static int
in_group_order(const void *a, const void *b)
{
    const struct told *one = a, *other = b;
    const struct finding *x = one->finding, *y = other->finding;
    int order = by_operation(x, y);

    if (order != 0)
        return order;
    if (x->level != y->level)
        return x->level > y->level ? -1 : 1;
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return one->order < other->order ? -1 : 1;
}

static int
worst_group_first(const void *a, const void *b)
{
    const struct group *x = a, *y = b;

    if (x->worst != y->worst)
        return x->worst > y->worst ? -1 : 1;
    if (x->worst_times != y->worst_times)
        return x->worst_times > y->worst_times ? -1 : 1;
    return by_operation(x->first->finding, y->first->finding);
}

static uint32_t
make_groups(struct group *groups, const struct told *sorted, uint32_t count)
{
    uint32_t made = 0;

    for (uint32_t i = 0; i < count; i++) {
        const struct finding *f = sorted[i].finding;
        bool same = i > 0 && by_operation(sorted[i - 1].finding, f) == 0;
        struct group *g = same ? &groups[made - 1] : &groups[made++];

        if (g->count++ == 0) {
            g->first = &sorted[i];
            g->worst = f->level;
        }
        g->worst_times += f->level == g->worst ? f->count : 0;
    }
    return made;
}

static void
add_count(struct buffer *out, const char **between, uint32_t count, const char *one)
{
    if (count == 0)
        return;
    buffer_print(out, "%s%u %s%s", *between, count, one, count > 1 ? "s" : "");
    *between = ", ";
}

/* "── shop getOrder ── 2 errors, 1 warning" */
static void
add_heading(struct buffer *out, const struct group *g, bool coloured)
{
    const struct finding *f = g->first->finding;
    uint32_t levels[LEVEL_ERROR + 1] = { 0 };
    const char *between = "";

    for (uint32_t i = 0; i < g->count; i++)
        levels[g->first[i].finding->level]++;
    buffer_print(out, "%s── %.*s", coloured ? "\033[1m" : "", TEXT_PRINT(f->service.length > 0 ? f->service : f->file));
    if (f->operation.length > 0)
        buffer_print(out, " %.*s", TEXT_PRINT(f->operation));
    buffer_print(out, " ──%s ", coloured ? "\033[0m" : "");
    add_count(out, &between, levels[LEVEL_ERROR], "error");
    add_count(out, &between, levels[LEVEL_WARN], "warning");
    if (levels[LEVEL_INFO] > 0)
        buffer_print(out, "%s%u info", between, levels[LEVEL_INFO]);
    buffer_add(out, TEXT("\n\n"));
}

/* A heading tells groups apart; one group needs none. */
void
report_text_findings(struct buffer *out, struct finding_list *findings, const struct report_style *style)
{
    uint32_t count = finding_list_count(findings), group_count;
    struct told *sorted = calloc((size_t)count + 1, sizeof *sorted);
    struct group *groups = calloc((size_t)count + 1, sizeof *groups);

    if (sorted == NULL || groups == NULL) {
        out->failed = true;
        goto out;
    }
    for (uint32_t i = 0; i < count; i++)
        sorted[i] = (struct told){ finding_list_at(findings, i), i };
    qsort(sorted, count, sizeof *sorted, in_group_order);
    group_count = make_groups(groups, sorted, count);
    qsort(groups, group_count, sizeof *groups, worst_group_first);
    for (uint32_t g = 0; g < group_count; g++) {
        if (group_count > 1)
            add_heading(out, &groups[g], style->coloured);
        for (uint32_t i = 0; i < groups[g].count; i++)
            report_text_finding(out, groups[g].first[i].finding, style);
    }
out:
    free(sorted);
    free(groups);
}

/* ---- what was looked at ---- */

static void
add_unchecked(struct buffer *out, const struct report_summary *s)
{
    const char *between = ": ";

    if (s->unchecked == 0)
        return;
    buffer_print(out, "unchecked in part: %" PRIu64 " of them", s->unchecked);
    for (int i = 0; i < UNCHECKED_IDS; i++) {
        if (s->unchecked_reasons[i] == 0)
            continue;
        buffer_print(out, "%s%s %" PRIu64, between, unchecked_name((enum unchecked_id)i), s->unchecked_reasons[i]);
        between = ", ";
    }
    buffer_byte(out, '\n');
}

static void
add_summary(struct buffer *out, const struct report_summary *s)
{
    buffer_print(out, "%" PRIu64 " %s, %" PRIu64 " error%s, %" PRIu64 " warning%s, %" PRIu64 " info\n", s->exchanges,
                 s->unit != NULL ? s->unit : "exchanges", s->errors, s->errors == 1 ? "" : "s", s->warnings,
                 s->warnings == 1 ? "" : "s", s->infos);
    if (s->accepted + s->expired + s->vanished > 0)
        buffer_print(out, "baseline: %" PRIu64 " accepted, %" PRIu64 " expired, %" PRIu64 " not found any more\n",
                     s->accepted, s->expired, s->vanished);
    if (s->replay != NULL)
        report_replay_text(out, s->replay);
    add_unchecked(out, s);
    if (s->amended > 0)
        buffer_print(out, "amended by a later line: %" PRIu64 " of them\n", s->amended);
    if (s->lost > 0)
        buffer_print(out, "not recorded, and so not checked: %" PRIu64 "\n", s->lost);
    if (s->operations > 0)
        buffer_print(out, "coverage: %u of %u operations\n", s->operations_seen, s->operations);
    if (s->list_coverage && s->tally != NULL) {
        buffer_add(out, TEXT("          "));
        coverage_line(out, s);
        buffer_byte(out, '\n');
    }
}

void
report_text(struct buffer *out, const struct report_summary *s, struct finding_list *findings)
{
    struct report_style style = { .sources = sources_new(), .coloured = s->coloured };

    if (s->replay != NULL)
        report_replay_findings(out, findings, &style);
    else
        report_text_findings(out, findings, &style);
    sources_free(style.sources);
    if (s->list_coverage)
        coverage_text(out, s);
    add_summary(out, s);
}
