/* cmd_check.c -- recorded traffic against contracts: plumbline check. Each entry is routed as the gateway would have
 * routed it, checked anew, and its violations are counted as findings. */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/terminal.h"
#include "cli/check_watch.h"
#include "cli/checking.h"
#include "cli/command.h"
#include "cli/contracts.h"
#include "cli/coverage.h"
#include "cli/gate.h"
#include "cli/progress.h"
#include "net/fetch.h"
#include "report/examples.h"
#include "report/source.h"
#include "rules/severity.h"
#include "traffic/recording_size.h"

#define SETTINGS_FILE  "rules/gateway.yaml"
#define CONTRACT_SNIFF 4096 /* bytes of a file that tell whether it is a contract */

struct asked {
    const char *settings;
    struct option_list contracts;
    struct option_list reports;
    struct gate_options gate;
    const char *min_coverage;
    struct coverage_least least;
    bool coverage; /* tell what was never seen */
    bool follow;
    struct option_list recordings;
};

/* ---- the command ---- */

static int
checking_start(struct checking *c, const struct asked *asked, struct error *err)
{
    const char *file = asked->settings != NULL ? asked->settings : SETTINGS_FILE;

    c->ruleset = contracts_load("check", asked->contracts.count == 0 ? file : NULL, &asked->contracts, err);
    if (c->ruleset == NULL)
        return -1;
    c->findings = finding_list_new();
    if (c->findings != NULL)
        finding_list_judge(c->findings, severities_judge_arg, (void *)(uintptr_t)ruleset_severities(c->ruleset));
    c->scratch = schema_scratch_new();
    c->arena = arena_new(0, LIMIT_EXCHANGE_ARENA);
    c->tally = tally_new(c->ruleset);
    return c->findings != NULL && c->scratch != NULL && c->arena != NULL && c->tally != NULL ? 0 : error_memory(err);
}

static void
checking_end(struct checking *c)
{
    check_watch_free(c->watch);
    tally_free(c->tally);
    arena_free(c->arena);
    schema_scratch_free(c->scratch);
    finding_list_free(c->findings);
    ruleset_drop(c->ruleset);
}

static int
exit_code(struct checking *c, const struct asked *asked, int code)
{
    if (!coverage_suffices(&asked->least, &c->summary))
        code = EXIT_FINDINGS;
    if (c->broken > 0) { /* the rest was checked, but "no findings" would not be the truth */
        fprintf(stderr, "plumbline check: %" PRIu64 " entr%s could not be read\n", c->broken,
                c->broken == 1 ? "y" : "ies");
        code = EXIT_CONFIG;
    }
    return code;
}

/* ---- new findings ---- */

/* Who is told of each when it is met first. */
struct news {
    const struct checking *checking;
    struct examples *examples; /* NULL: no report shows messages */
    struct gate *gate;
    struct report_style style;
};

/* With --follow it is told at once; the report comes at the end. */
static void
print_new(struct news *news, const struct finding *f)
{
    struct buffer told;
    struct text text;

    if (baseline_ask(&news->gate->baseline, f, clock_wall()) == BASELINE_ACCEPTED)
        return;
    buffer_init(&told, LIMIT_MIB);
    report_text_finding(&told, f, &news->style);
    text = buffer_text(&told);
    (void)fwrite(text.data, 1, text.length, stderr);
    buffer_release(&told);
}

/* Rules over several exchanges may be told of later than of the one that broke them. */
static bool
is_of(const struct finding *f, const struct exchange *x)
{
    return x != NULL && (!f->together || (f->example_count > 0 && text_equal(f->examples[0], text_of(x->id))));
}

static void
on_new(void *arg, const struct finding *f)
{
    struct news *news = arg;

    if (is_of(f, news->checking->exchange))
        examples_keep(news->examples, f, news->checking->exchange);
    if (news->checking->follow)
        print_new(news, f);
}

static void
news_begin(struct news *news, struct checking *c, const struct report_plan *plan)
{
    news->examples = report_plan_shows_messages(plan) ? examples_new() : NULL;
    c->summary.examples = news->examples;
    if (c->follow)
        news->style = (struct report_style){ sources_new(), terminal_is_coloured(STDERR_FILENO) };
    if (c->follow || news->examples != NULL)
        finding_list_tell(c->findings, on_new, news);
}

static void
news_end(struct news *news)
{
    sources_free(news->style.sources);
    examples_free(news->examples);
}

/* ---- all of it ---- */

/* 0: of one of them it is not known. */
static uint64_t
bytes_of(const struct option_list *recordings)
{
    uint64_t all = 0;

    for (size_t i = 0; i < recordings->count; i++) {
        uint64_t one = recording_size(recordings->items[i]);

        if (one == 0)
            return 0;
        all += one;
    }
    return all;
}

static int
run(const struct asked *asked)
{
    struct checking c = { .summary = { .command = "check", .list_coverage = asked->coverage },
                          .follow = asked->follow };
    struct error err = { .kind = ERROR_NONE };
    struct report_plan plan;
    struct report_operation *seen = NULL;
    struct finding_list *open;
    struct gate gate = { .command = "check" };
    struct news news = { .checking = &c, .gate = &gate };
    int code = -1;

    if (report_plan_read(&plan, asked->reports.items, asked->reports.count, &err) < 0 ||
        gate_open(&gate, &asked->gate, "check", &err) < 0 || checking_start(&c, asked, &err) < 0 ||
        check_watch_new(&c.watch, c.ruleset, c.findings, asked->recordings.items,
                        asked->follow ? 0 : asked->recordings.count, &err) < 0)
        goto out;
    if (asked->follow)
        check_watch_follow(c.watch);
    news_begin(&news, &c, &plan);
    c.progress = progress_new(asked->follow ? 0 : bytes_of(&asked->recordings));
    for (size_t i = 0; i < asked->recordings.count; i++)
        if (checking_recording(&c, asked->recordings.items[i], &err) < 0)
            goto out;
    if (check_watch_finish(c.watch, &c.summary) < 0 || coverage_count(c.tally, &c.summary, &seen) < 0 ||
        (open = gate_sift(&gate, c.findings, c.broken == 0, &c.summary)) == NULL) {
        error_memory(&err);
        goto out;
    }
    report_count(&c.summary, open);
    if (report_write(&plan, &c.summary, open, &err) < 0 || gate_update(&gate, c.findings, &err) < 0)
        goto out;
    code = exit_code(&c, asked, gate_exit(&gate, open));

out:
    if (code < 0)
        code = command_fail("check", &err);
    gate_close(&gate);
    news_end(&news);
    free(seen);
    progress_free(c.progress);
    checking_end(&c);
    return code;
}

/* ---- the command line ---- */

/* Is it an OpenAPI document (or a URL), though it stands where recordings do? A shell makes that of
 * `--contract contracts/\*.json`. */
static bool
names_contract(const char *word)
{
    char beginning[CONTRACT_SNIFF];
    struct text t = text_of(word), head;
    FILE *file;

    if (fetch_is_url(word))
        return true;
    if (!text_ends(t, TEXT(".json")) && !text_ends(t, TEXT(".yaml")) && !text_ends(t, TEXT(".yml")))
        return false;
    file = fopen(word, "rb");
    if (file == NULL)
        return false;
    head = text_make(beginning, fread(beginning, 1, sizeof(beginning), file));
    (void)fclose(file);
    if (text_search(head, TEXT("\"startedDateTime\"")) < head.length ||
        text_search(head, TEXT("\"log\"")) < head.length)
        return false;
    return text_search(head, TEXT("\"openapi\"")) < head.length || text_search(head, TEXT("openapi:")) < head.length;
}

/* Words behind `--contract FIRST` that are contracts, too, go there. */
static void
sort_words(struct asked *asked)
{
    size_t kept = 0;

    for (size_t i = 0; i < asked->recordings.count; i++) {
        const char *word = asked->recordings.items[i];

        if (asked->contracts.count > 0 && asked->contracts.count < OPTION_LIST_MAX && names_contract(word))
            asked->contracts.items[asked->contracts.count++] = word;
        else
            asked->recordings.items[kept++] = word;
    }
    asked->recordings.count = kept;
}

int
cmd_check(int argc, char **argv)
{
    struct asked asked = { .settings = NULL };
    struct error err = { .kind = ERROR_NONE };
    int code;
    const struct option options[] = {
        { "--config", 'c', OPTION_TEXT, "FILE", NULL, "services and contracts (" SETTINGS_FILE ")", &asked.settings },
        { "--contract", 0, OPTION_LIST, "CONTRACT", NULL,
          "check against this contract, a file or http(s) URL, and those behind it", &asked.contracts },
        { "--report", 0, OPTION_LIST, REPORT_HELP, NULL, REPORT_FORMATS "; may be repeated (text)", &asked.reports },
        GATE_OPTIONS(asked.gate),
        { "--follow", 0, OPTION_FLAG, NULL, NULL, "go on with what is written to the recording, until SIGINT",
          &asked.follow },
        { "--coverage", 0, OPTION_FLAG, NULL, NULL, "tell what the contracts document and nobody used",
          &asked.coverage },
        { "--min-coverage", 0, OPTION_TEXT, "P", NULL,
          "exit 1 when fewer percent of the operations were seen; or answers=P, members=P …", &asked.min_coverage },
        { .name = NULL },
    };
    const struct usage usage = {
        .name = "check",
        .summary = "Check recorded traffic against contracts.",
        .arguments = "RECORDING|HAR... [-c FILE | --contract CONTRACT...] [--report FORMAT[=FILE]]...",
        .example = "plumbline check logs/staging --contract contracts/erp.openapi.json --report json=report.json",
        .options = options,
        .least = 1,
        .most = SIZE_MAX,
        .more = "A recording is a folder of segments, a segment, or a HAR file; '-' is standard input.\n"
                "Exit: 0 fine, 1 findings or too little coverage, 2 something could not be read, 3 environment.",
    };

    if (!options_read(&usage, argc, argv, &asked.recordings, &code))
        return code;
    sort_words(&asked);
    if (asked.recordings.count == 0) {
        fprintf(stderr, "plumbline check: a recording or HAR file is missing: plumbline check %s\n", usage.arguments);
        return EXIT_CONFIG;
    }
    if (asked.settings != NULL && asked.contracts.count > 0) {
        fprintf(stderr, "plumbline check: either -c FILE or --contract CONTRACT, not both\n");
        return EXIT_CONFIG;
    }
    if (asked.follow && asked.recordings.count > 1) {
        fprintf(stderr, "plumbline check: --follow: only one recording can be followed\n");
        return EXIT_CONFIG;
    }
    if (coverage_read(&asked.least, asked.min_coverage, &err) < 0)
        return command_fail("check", &err);
    return run(&asked);
}
