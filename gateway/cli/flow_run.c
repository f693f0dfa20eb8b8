/* flow_run.c -- plumbline flow run: the command line, and what is put together from it. The runner tells what happens;
 * it is masked once, and goes to the console, the recording and the report. */
#include <inttypes.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "cli/command.h"
#include "cli/flow_choice.h"
#include "cli/flow_commands.h"
#include "cli/flow_config.h"
#include "cli/flow_console.h"
#include "cli/flow_inputs.h"
#include "cli/flow_mask.h"
#include "cli/flow_record.h"
#include "report/flow_report.h"
#include "rules/ruleset.h"
#include "rules/units.h"

#define REPEAT_MOST      1000000
#define CONCURRENCY_MOST 10000

struct asked {
    const char *file, *config, *environment, *rules, *record, *log_file, *timeout;
    struct option_list workflows, inputs, data, servers, tokens, reports;
    long repeat, concurrency; /* 0: not said */
    bool fail_fast, unchecked, verbose;
};

struct running {
    struct flow_plan plan;
    struct flow *flow;
    struct ruleset *ruleset; /* NULL: none */
    const struct value *inputs;
    const struct workflow *const *workflows;
    uint32_t workflow_count;
    struct report_plan report_plan;
    struct flow_mask *mask;
    struct flow_console *console;
    struct flow_record *record;
    struct flow_report *report;
    struct arena *arena; /* of one thing that happened */
    uint64_t done, failed, bad_inputs, defects;
};

/* ---- stopping ---- */

static volatile sig_atomic_t stopped;

static void
on_signal(int number)
{
    (void)number;
    stopped = 1;
    runner_stop();
}

/* Once: an orderly end. The second one ends the process. */
static void
catch_signals(void)
{
    struct sigaction action = { .sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND };

    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}

/* ---- what happens ---- */

static void
on_begin(void *arg, const struct workflow *w, uint64_t run, uint32_t depth)
{
    struct running *r = arg;

    flow_console_begin(r->console, w, run, depth);
    flow_report_begin(r->report, w, run, depth);
}

static void
on_sending(void *arg, const struct flow_try *t)
{
    struct running *r = arg;
    struct flow_try safe;
    struct exchange x;

    arena_reset(r->arena);
    if (flow_mask_try(r->mask, t, r->arena, &safe, &x) == 0)
        flow_console_sending(r->console, &safe);
}

static void
on_tried(void *arg, const struct flow_try *t)
{
    struct running *r = arg;
    struct flow_try safe;
    struct exchange x;

    arena_reset(r->arena);
    if (flow_mask_try(r->mask, t, r->arena, &safe, &x) < 0) {
        flow_console_say(r->console, "there is no memory to take secrets out of an exchange: it is not told");
        return;
    }
    flow_console_tried(r->console, &safe);
    flow_report_tried(r->report, &safe);
    if (safe.exchange != NULL)
        flow_record_add(r->record, &x);
}

static void
on_found(void *arg, const struct watch_finding *f)
{
    struct running *r = arg;
    struct watch_finding safe;

    arena_reset(r->arena);
    (void)flow_mask_finding(r->mask, f, r->arena, &safe);
    flow_console_found(r->console, &safe);
    flow_report_found(r->report, &safe);
}

static void
on_end(void *arg, const struct flow_result *result, uint32_t depth)
{
    struct running *r = arg;
    struct flow_result safe;

    arena_reset(r->arena);
    (void)flow_mask_result(r->mask, result, r->arena, &safe);
    flow_console_end(r->console, &safe, depth);
    flow_report_end(r->report, &safe, depth);
    if (depth > 0)
        return;
    r->done++;
    r->failed += result->failure != FLOW_FINE;
    r->bad_inputs += result->failure == FLOW_INPUT;
}

/* ---- what is needed ---- */

static int
take_counts(struct flow_plan *plan, const struct asked *asked, struct error *err)
{
    if (asked->repeat > REPEAT_MOST)
        return error_set(err, ERROR_USAGE, "--repeat", "at most %d runs", REPEAT_MOST);
    if (asked->concurrency > CONCURRENCY_MOST)
        return error_set(err, ERROR_USAGE, "--concurrency", "at most %d at a time", CONCURRENCY_MOST);
    if (asked->repeat > 0)
        plan->repeat = (uint32_t)asked->repeat;
    if (asked->concurrency > 0)
        plan->concurrency = (uint32_t)asked->concurrency;
    if (asked->timeout != NULL && (!units_duration(text_of(asked->timeout), &plan->timeout) || plan->timeout <= 0))
        return error_set(err, ERROR_USAGE, "--timeout", "'%s' is no duration, such as 200ms, 2s or 1m", asked->timeout);
    return 0;
}

/* The command line over the configuration. */
static int
take_flags(struct flow_plan *plan, const struct asked *asked, struct error *err)
{
    if (asked->workflows.count > 0)
        plan->workflow_count = 0;
    for (size_t i = 0; i < asked->workflows.count && i < FLOW_PLAN_NAMES; i++)
        plan->workflows[plan->workflow_count++] = asked->workflows.items[i];
    for (size_t i = 0; i < asked->servers.count; i++)
        if (flow_plan_server(plan, asked->servers.items[i], err) < 0)
            return -1;
    for (size_t i = 0; i < asked->tokens.count; i++)
        if (flow_plan_token(plan, asked->tokens.items[i], err) < 0)
            return -1;
    for (size_t i = 0; i < asked->data.count; i++)
        if (flow_plan_data(plan, asked->data.items[i], err) < 0)
            return -1;
    if (asked->reports.count > 0)
        plan->reports = asked->reports;
    plan->rules = asked->rules != NULL ? asked->rules : plan->rules;
    plan->record = asked->record != NULL ? asked->record : plan->record;
    plan->log_file = asked->log_file != NULL ? asked->log_file : plan->log_file;
    plan->fail_fast = plan->fail_fast || asked->fail_fast;
    plan->unchecked = plan->unchecked || asked->unchecked;
    return take_counts(plan, asked, err);
}

static int
read_plan(struct running *r, const struct asked *asked, struct error *err)
{
    if (flow_plan_begin(&r->plan) < 0)
        return error_memory(err);
    if (asked->environment != NULL && asked->config == NULL)
        return error_set(err, ERROR_USAGE, "--env", "this is an environment of a configuration; say --config FILE");
    if (asked->config != NULL && flow_config_read(&r->plan, asked->config, asked->environment, err) < 0)
        return -1;
    if (take_flags(&r->plan, asked, err) < 0)
        return -1;
    return report_plan_read(&r->report_plan, r->plan.reports.items, r->plan.reports.count, err);
}

static void
on_defect(void *arg, const struct flow_defect *d)
{
    struct running *r = arg;
    struct text where = text_make(NULL, 0);

    r->defects += d->level == LEVEL_ERROR;
    if (d->level != LEVEL_WARN)
        return;
    if (d->place.document != NULL && d->place.value != NULL)
        where = document_where(d->place.document, d->place.value, r->arena);
    fprintf(stderr, "plumbline flow run: %.*s: warning: %.*s\n", TEXT_PRINT(where), TEXT_PRINT(d->what));
}

static int
load(struct running *r, const struct asked *asked, struct error *err)
{
    const struct flow_options options = { .defect = on_defect, .arg = r, .files = r->plan.sources };
    struct settings *settings;

    r->flow = flow_load(asked->file, &options, err);
    if (r->flow == NULL && r->defects > 1)
        fprintf(stderr,
                "plumbline flow run: %" PRIu64 " errors, the first one below; 'plumbline flow lint %s' lists "
                "them\n",
                r->defects, asked->file);
    if (r->flow == NULL || flow_judge_servers(&r->plan, r->flow, err) < 0 ||
        flow_choose(&r->plan, r->flow, &r->workflows, &r->workflow_count, err) < 0)
        return -1;
    r->inputs = flow_inputs_read(&r->plan, r->flow, &asked->inputs, err);
    if (r->inputs == NULL)
        return -1;
    if (r->plan.rules == NULL)
        return 0;
    settings = settings_load(r->plan.rules, NULL, err);
    if (settings == NULL)
        return -1;
    r->ruleset = ruleset_new(settings, NULL, NULL, err);
    return r->ruleset != NULL ? 0 : -1;
}

static void
on_secret(void *arg, struct text secret)
{
    flow_mask_secret(arg, secret);
}

static int
open_all(struct running *r, bool verbose, struct error *err)
{
    struct flow_report_options options = { .redaction = NULL };

    if (r->ruleset != NULL)
        options.redaction = ruleset_redaction(r->ruleset);
    if (r->ruleset != NULL)
        options.severities = ruleset_severities(r->ruleset);
    r->mask = flow_mask_new(options.redaction, err);
    if (r->mask == NULL)
        return -1;
    for (uint32_t i = 0; i < r->plan.token_count; i++)
        flow_mask_secret(r->mask, r->plan.tokens[i].value);
    flow_inputs_secrets(r->flow, r->inputs, on_secret, r->mask);
    options.secrets = flow_mask_secrets(r->mask, &options.secret_count);
    r->report = flow_report_new(r->flow, &options, err);
    if (r->report == NULL)
        return -1;
    if (r->plan.record != NULL && (r->record = flow_record_open(r->plan.record, err)) == NULL)
        return -1;
    r->console = flow_console_new(r->flow, &r->plan, (uint64_t)r->workflow_count * r->plan.repeat, verbose, err);
    return r->console != NULL ? 0 : -1;
}

static int
run_flows(struct running *r, struct error *err)
{
    const struct runner_options options = {
        .flow = r->flow,
        .workflows = r->workflows,
        .workflow_count = r->workflow_count,
        .inputs = r->inputs,
        .servers = r->plan.servers,
        .server_count = r->plan.server_count,
        .tokens = r->plan.tokens,
        .token_count = r->plan.token_count,
        .ruleset = r->ruleset,
        .unchecked = r->plan.unchecked,
        .repeat = r->plan.repeat,
        .concurrency = r->plan.concurrency,
        .fail_fast = r->plan.fail_fast,
        .timeout = r->plan.timeout,
        .listener = { on_begin, on_sending, on_tried, on_found, on_end, r },
    };

    catch_signals();
    return runner_run(&options, err);
}

/* ---- what came of it ---- */

/* The table alone: failures were told as they happened. Where a report has standard output, it is for whoever watches.
 */
static void
tell_summary(struct running *r)
{
    bool taken = false;
    struct buffer out;

    for (size_t i = 0; i < r->plan.reports.count; i++)
        taken = taken || r->report_plan.targets[i].file == NULL;
    for (size_t i = 0; i < r->plan.reports.count; i++)
        if (text_equal(text_of(r->plan.reports.items[i]), TEXT("text")))
            return;
    buffer_init(&out, LIMIT_FILE_BYTES);
    flow_report_summary(&out, r->report);
    fputc('\n', stderr); /* the results themselves begin with their first line */
    (void)fflush(stderr);
    (void)fwrite(buffer_text(&out).data, 1, buffer_length(&out), taken ? stderr : stdout);
    (void)fflush(stdout);
    buffer_release(&out);
}

static void
tell_files(const struct running *r, uint64_t recorded)
{
    if (r->plan.record != NULL)
        fprintf(stderr, "%" PRIu64 " exchange%s recorded: plumbline log show %s\n", recorded, recorded == 1 ? "" : "s",
                r->plan.record);
    for (size_t i = 0; i < r->report_plan.count && r->plan.reports.count > 0; i++)
        if (r->report_plan.targets[i].file != NULL)
            fprintf(stderr, "report written: %s\n", r->report_plan.targets[i].file);
    if (r->plan.log_file != NULL)
        fprintf(stderr, "log written: %s\n", r->plan.log_file);
}

static int
finish(struct running *r, struct error *err)
{
    struct flow_console *console = r->console;
    struct flow_record *record = r->record;
    uint64_t recorded = 0;
    char sentence[160];
    int result = 0;

    if (stopped) {
        (void)snprintf(sentence, sizeof sentence, "stopped by a signal: %" PRIu64 " of %" PRIu64 " runs had ended",
                       r->done, (uint64_t)r->workflow_count * r->plan.repeat);
        flow_console_say(console, sentence);
    }
    r->console = NULL;
    r->record = NULL;
    if (flow_console_free(console, err) < 0)
        result = -1;
    if (flow_record_close(record, &recorded, err) < 0)
        result = -1;
    (void)fflush(stderr);
    if (r->plan.reports.count > 0 && flow_report_write(r->report, &r->report_plan, err) < 0)
        result = -1;
    (void)fflush(stdout);
    tell_summary(r);
    if (result == 0)
        tell_files(r, recorded);
    return result;
}

static void
end(struct running *r)
{
    struct error ignored = { .kind = ERROR_NONE };
    uint64_t recorded;

    (void)flow_console_free(r->console, &ignored);
    (void)flow_record_close(r->record, &recorded, &ignored);
    flow_report_free(r->report);
    flow_mask_free(r->mask);
    flow_free(r->flow);
    ruleset_drop(r->ruleset);
    arena_free(r->arena);
    flow_plan_end(&r->plan);
}

/* Inputs that do not satisfy their schema are a mistake of the command line; whatever else fails is a finding. */
static int
exit_code(const struct running *r)
{
    if (r->failed > 0 && r->failed == r->bad_inputs && !stopped)
        return EXIT_CONFIG;
    return stopped || r->failed > 0 || flow_report_fails(r->report, LEVEL_ERROR) ? EXIT_FINDINGS : EXIT_FINE;
}

static int
run(const struct asked *asked)
{
    struct running r = { .flow = NULL };
    struct error err = { .kind = ERROR_NONE };
    int code;

    r.arena = arena_new(0, LIMIT_EXCHANGE_ARENA + 16 * LIMIT_RECORD_LINE);
    if (r.arena == NULL)
        error_memory(&err);
    else if (read_plan(&r, asked, &err) == 0 && load(&r, asked, &err) == 0 && open_all(&r, asked->verbose, &err) == 0 &&
             run_flows(&r, &err) == 0)
        (void)finish(&r, &err);
    code = err.kind != ERROR_NONE ? command_fail("flow run", &err) : exit_code(&r);
    end(&r);
    return code;
}

/* ---- the command line ---- */

int
flow_run(int argc, char **argv)
{
    struct asked asked = { .file = NULL };
    struct option_list files;
    int code;
    const struct option options[] = {
        { "--workflow", 0, OPTION_LIST, "ID", NULL, "this workflow; may be repeated (those that no other one calls)",
          &asked.workflows },
        { "--inputs", 0, OPTION_LIST, "FILE", NULL, "inputs from a JSON or YAML file", &asked.data },
        { "--input", 0, OPTION_LIST, "NAME=VALUE", NULL, "an input, read as its schema says; JSON for objects",
          &asked.inputs },
        { "--config", 0, OPTION_TEXT, "FILE", NULL, "servers, tokens, inputs and settings; options beat it",
          &asked.config },
        { "--env", 0, OPTION_TEXT, "NAME", NULL, "which environment of it", &asked.environment },
        { "--server", 0, OPTION_LIST, "[NAME=]URL", NULL, "where a source description's service is, or all of them",
          &asked.servers },
        { "--token", 0, OPTION_LIST, "NAME=VALUE", NULL,
          "of a security scheme or header field; VALUE, env:VARIABLE or file:PATH", &asked.tokens },
        { "--rules", 0, OPTION_TEXT, "FILE", NULL, "redaction, lifecycles and invariants of these gateway settings",
          &asked.rules },
        { "--unchecked", 0, OPTION_FLAG, NULL, NULL, "do not hold requests and answers against their contracts",
          &asked.unchecked },
        { "--record", 0, OPTION_TEXT, "DIR", NULL, "record every exchange in this folder", &asked.record },
        { "--log-file", 0, OPTION_TEXT, "FILE", NULL, "what -v tells, in this file", &asked.log_file },
        { "--report", 0, OPTION_LIST, REPORT_HELP, NULL, REPORT_FORMATS ", may be repeated (a table)", &asked.reports },
        { "--repeat", 0, OPTION_NUMBER, "N", NULL, "run it so often (1)", &asked.repeat },
        { "--concurrency", 0, OPTION_NUMBER, "N", NULL, "runs at a time (1)", &asked.concurrency },
        { "--fail-fast", 0, OPTION_FLAG, NULL, NULL, "stop at the first run that fails", &asked.fail_fast },
        { "--timeout", 0, OPTION_TEXT, "D", NULL, "of a request whose step says none, such as 500ms (30s)",
          &asked.timeout },
        { "--verbose", 'v', OPTION_FLAG, NULL, NULL, "tell every request and answer in full", &asked.verbose },
        { .name = NULL },
    };
    const struct usage usage = {
        .name = "flow run",
        .summary = "Run a flow. Exit: 0 fine, 1 something failed, 2 usage or configuration, 3 environment.",
        .arguments = "FILE [--server [NAME=]URL]... [--input NAME=VALUE]... [--config FILE [--env NAME]] ...",
        .example = "plumbline flow run rules/flows/orderflow.arazzo.yaml --server http://127.0.0.1:8080",
        .options = options,
        .least = 1,
        .most = 1,
    };

    if (!options_read(&usage, argc, argv, &files, &code))
        return code;
    asked.file = files.items[0];
    return run(&asked);
}
