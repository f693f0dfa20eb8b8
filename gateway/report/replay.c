#include "report/replay.h"

#include <inttypes.h>
#include <stdlib.h>

#include "report/report_json.h"

#define TOLD 20 /* findings, for a person */

/* ---- the most telling ones first ---- */

/* What explains the others comes before them: no answer, then another one, then another shape, then other values. */
static int
rank(const struct finding *f)
{
    static const struct {
        struct text rule;
        const char *keyword; /* NULL: any */
    } order[] = {
        { TEXT("replay-unanswered"), NULL }, { TEXT("replay-status"), NULL }, { TEXT("replay-unresolved"), NULL },
        { TEXT("replay-body"), "missing" },  { TEXT("replay-body"), "type" }, { TEXT("replay-body"), "value" },
        { TEXT("replay-header"), NULL },     { TEXT("replay-body"), NULL },
    };
    int i = 0, count = sizeof order / sizeof order[0];

    if (!text_starts(f->rule, TEXT("replay-"))) /* a broken contract: behind another status */
        return 2;
    while (i < count && !(text_equal(f->rule, order[i].rule) &&
                          (order[i].keyword == NULL || text_equal(f->keyword, text_of(order[i].keyword)))))
        i++;
    return i;
}

static int
telling_first(const void *a, const void *b)
{
    const struct finding *x = *(const struct finding *const *)a, *y = *(const struct finding *const *)b;
    int order = rank(x) - rank(y);

    if (order != 0)
        return order;
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return text_compare(text_of(x->fingerprint), text_of(y->fingerprint));
}

void
report_replay_findings(struct buffer *out, struct finding_list *findings, const struct report_style *style)
{
    uint32_t count = finding_list_count(findings);
    const struct finding **sorted = calloc((size_t)count + 1, sizeof *sorted);

    if (sorted == NULL) {
        out->failed = true;
        return;
    }
    for (uint32_t i = 0; i < count; i++)
        sorted[i] = finding_list_at(findings, i);
    qsort(sorted, count, sizeof *sorted, telling_first);
    for (uint32_t i = 0; i < count && i < TOLD; i++)
        report_text_finding(out, sorted[i], style);
    if (count > TOLD)
        buffer_print(out, "and %u more: --report json, junit or html has all of them\n\n", count - TOLD);
    free(sorted);
}

/* ---- the end ---- */

static void
add_part(struct buffer *out, const char **between, uint64_t count, const char *what)
{
    if (count == 0)
        return;
    buffer_print(out, "%s%" PRIu64 " %s", *between, count, what);
    *between = ", ";
}

static void
add_left_out(struct buffer *out, const struct report_replay *r)
{
    uint64_t all = 0;

    for (uint32_t i = 0; i < r->left_out_count; i++)
        all += r->left_out[i].count;
    if (all == 0)
        return;
    buffer_print(out, "not sent: %" PRIu64 "\n", all);
    for (uint32_t i = 0; i < r->left_out_count; i++)
        if (r->left_out[i].count > 0)
            buffer_print(out, "  %8" PRIu64 "  %s\n", r->left_out[i].count, r->left_out[i].reason);
}

void
report_replay_text(struct buffer *out, const struct report_replay *r)
{
    const char *between = ": ";

    buffer_print(out, "%s%" PRIu64 " request%s sent in ", r->stopped ? "stopped by a signal: " : "", r->sent,
                 r->sent == 1 ? "" : "s");
    if (r->took < 1000000000)
        buffer_print(out, "%.0f ms", (double)r->took / 1e6);
    else
        buffer_print(out, "%.1f s", (double)r->took / 1e9);
    add_part(out, &between, r->equal, "answered as recorded");
    add_part(out, &between, r->partly, "as far as could be compared");
    add_part(out, &between, r->different, "answered differently");
    add_part(out, &between, r->uncompared, "with nothing to compare");
    add_part(out, &between, r->injected, "broken on purpose");
    add_part(out, &between, r->unanswered, "not answered");
    buffer_byte(out, '\n');
    add_left_out(out, r);
    if (r->bound + r->ambiguous + r->unresolved > 0)
        buffer_print(out,
                     "values of earlier answers: %" PRIu64 " bound, %" PRIu64 " ambiguous (sent as recorded), %" PRIu64
                     " request%s not sent for want of one\n",
                     r->bound, r->ambiguous, r->unresolved, r->unresolved == 1 ? "" : "s");
    if (r->renewed > 0)
        buffer_print(out, "idempotency keys renewed: %" PRIu64 "\n", r->renewed);
    if (r->timed > 0)
        buffer_print(out, "on time to within 5 ms: %" PRIu64 " of %" PRIu64 ", the latest %.1f ms late\n", r->on_time,
                     r->timed, (double)r->latest / 1e6);
}

void
report_replay_json(struct json_writer *w, const struct report_replay *r)
{
    const struct {
        const char *key;
        uint64_t number;
    } numbers[] = {
        { "sent", r->sent },
        { "equal", r->equal },
        { "partly", r->partly },
        { "different", r->different },
        { "uncompared", r->uncompared },
        { "injected", r->injected },
        { "unanswered", r->unanswered },
        { "bound", r->bound },
        { "ambiguous", r->ambiguous },
        { "unresolved", r->unresolved },
        { "renewed", r->renewed },
        { "given", r->given },
        { "timed", r->timed },
        { "on_time", r->on_time },
    };

    JSON_KEY(w, "replay");
    json_object(w);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        report_json_number(w, numbers[i].key, numbers[i].number);
    JSON_KEY(w, "latest_ms");
    json_double(w, (double)r->latest / 1e6, 3);
    JSON_KEY(w, "seconds");
    json_double(w, (double)r->took / 1e9, 3);
    JSON_KEY(w, "stopped");
    json_bool(w, r->stopped);
    JSON_KEY(w, "not_sent");
    json_object(w);
    for (uint32_t i = 0; i < r->left_out_count; i++)
        if (r->left_out[i].count > 0)
            report_json_number(w, r->left_out[i].key, r->left_out[i].count);
    json_end_object(w);
    json_end_object(w);
}
