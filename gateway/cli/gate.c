#include "cli/gate.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "cli/command.h"
#include "rules/judge.h"

#define TOLD 20 /* entries that are told one by one */

static int
read_baseline(struct gate *g, struct error *err)
{
    struct document document;

    if (document_read(&document, g->options.baseline, g->arena, err) < 0 ||
        judge_document(&document, "baseline.schema.json", err) < 0)
        return -1;
    return baseline_read(&g->baseline, &document, g->arena, err);
}

int
gate_open(struct gate *g, const struct gate_options *options, const char *command, struct error *err)
{
    *g = (struct gate){ .options = *options, .command = command };
    g->arena = arena_new(0, LIMIT_FILE_BYTES);
    if (g->arena == NULL)
        return error_memory(err);
    if (options->update && options->baseline == NULL)
        return error_set(err, ERROR_USAGE, "--update-baseline", "--baseline FILE says where it is written");
    if (options->baseline == NULL || (options->update && !file_exists(options->baseline)))
        return 0;
    return read_baseline(g, err);
}

/* "baseline.json:5: expired on 2026-01-31: 5315ed66d891ec74 shop getThing body-schema /price (waits for the release)"
 */
static void
tell(const struct gate *g, const struct baseline_entry *e, const char *what)
{
    const struct text parts[] = { e->fingerprint, e->service, e->operation, e->rule, e->instance };

    fprintf(stderr, "plumbline %s: %s:%u: %s:", g->command, g->options.baseline, e->line, what);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (parts[i].length > 0)
            fprintf(stderr, " %.*s", TEXT_PRINT(parts[i]));
    if (e->reason.length > 0)
        fprintf(stderr, " (%.*s)", TEXT_PRINT(e->reason));
    (void)fputc('\n', stderr);
}

static void
tell_entries(const struct gate *g, int64_t now, bool whole, struct report_summary *summary)
{
    for (uint32_t i = 0; i < g->baseline.count; i++) {
        const struct baseline_entry *e = &g->baseline.entries[i];
        char expired[48];

        if (e->met && now >= e->until) {
            snprintf(expired, sizeof expired, "expired on %.*s", (int)(e->expires.length < 16 ? e->expires.length : 16),
                     e->expires.data);
            if (summary->expired++ < TOLD)
                tell(g, e, expired);
        }
        if (!e->met && whole && summary->vanished++ < TOLD)
            tell(g, e, "not found any more; --update-baseline takes it out");
    }
}

struct finding_list *
gate_sift(struct gate *g, struct finding_list *findings, bool whole, struct report_summary *summary)
{
    int64_t now = clock_wall();

    if (g->baseline.count == 0)
        return findings;
    if ((g->open = finding_list_new()) == NULL)
        return NULL;
    for (uint32_t i = 0; i < finding_list_count(findings); i++) {
        const struct finding *f = finding_list_at(findings, i);

        if (baseline_ask(&g->baseline, f, now) == BASELINE_ACCEPTED)
            summary->accepted++;
        else if (finding_list_add_one(g->open, f) < 0)
            return NULL;
    }
    if (!g->options.update)
        tell_entries(g, now, whole, summary);
    return g->open;
}

int
gate_update(struct gate *g, struct finding_list *findings, struct error *err)
{
    struct buffer out;
    int result = -1;

    if (!g->options.update)
        return 0;
    buffer_init(&out, LIMIT_FILE_BYTES);
    baseline_write(g->baseline.count > 0 ? &g->baseline : NULL, findings, &out);
    if (buffer_failed(&out))
        (void)error_set(err, ERROR_ENVIRONMENT, g->options.baseline, "the baseline is too large");
    else
        result = file_write(g->options.baseline, buffer_text(&out), 0644, err);
    buffer_release(&out);
    if (result == 0)
        fprintf(stderr, "plumbline %s: %s accepts %u findings now\n", g->command, g->options.baseline,
                finding_list_count(findings));
    return result;
}

int
gate_exit(const struct gate *g, struct finding_list *open)
{
    if (g->options.update)
        return EXIT_FINE;
    return report_fails(open, report_level(g->options.fail_on)) ? EXIT_FINDINGS : EXIT_FINE;
}

void
gate_close(struct gate *g)
{
    finding_list_free(g->open);
    arena_free(g->arena);
}
