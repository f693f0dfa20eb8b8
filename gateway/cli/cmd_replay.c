/* cmd_replay.c -- recorded traffic once more: plumbline replay. The run sends, the judge compares and checks, the
 * report tells. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/random.h"
#include "cli/command.h"
#include "cli/contracts.h"
#include "cli/flow_record.h"
#include "cli/gate.h"
#include "cli/replay_console.h"
#include "cli/replay_faults.h"
#include "cli/replay_input.h"
#include "cli/replay_judge.h"
#include "cli/replay_learn.h"
#include "cli/replay_plan.h"
#include "report/replay.h"

#define COMMAND         "replay"
#define CONNECT_TIMEOUT INT64_C(5000000000)

struct replaying {
    const struct replay_asked *asked;
    struct log_filter filter;
    struct option_list recordings;
    struct gate_options gate_options;

    struct replay_given given;
    struct ruleset *ruleset; /* NULL: no contracts */
    struct redaction *own_redaction;
    const struct redaction *redaction;
    struct bindings *bindings;
    struct binder *binder;
    struct noise *noise;
    struct time_shift *shift;
    struct replay_input *input;
    struct finding_list *findings;
    struct replay_judge *judge;
    struct replay_console *console;
    struct flow_record *record;
    struct replay_faults *faults; /* NULL: nothing is broken on purpose */
    struct replay_plan plan;
    struct replay *run;
    struct report_plan report_plan;
    struct gate gate;
    struct report_replay told;
    struct report_summary summary;
    bool no_memory;
};

/* ---- stopping ---- */

static volatile sig_atomic_t stopped;
static struct replay *volatile running;

/* Once: an orderly end. The second one ends the process. */
static void
on_signal(int number)
{
    struct replay *run = running;

    (void)number;
    stopped = 1;
    if (run != NULL)
        replay_stop(run);
}

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
on_ended(void *arg, struct replay_item *item)
{
    struct replaying *r = arg;
    struct exchange made;

    if (r->asked->dry_run) {
        replay_console_rehearsed(r->console, item);
        return;
    }
    if (replay_judge_item(r->judge, item, replay_settled(r->run), &made) < 0)
        r->no_memory = true;
    if (made.arena != NULL)
        flow_record_add(r->record, &made);
}

static void
on_tick(void *arg)
{
    struct replaying *r = arg;

    replay_console_tick(r->console, replay_counts(r->run));
}

/* ---- what is needed ---- */

static struct replay_input_options
input_options(struct replaying *r)
{
    return (struct replay_input_options){ .recordings = r->recordings.items,
                                          .count = r->recordings.count,
                                          .filter = &r->filter,
                                          .most = (uint64_t)r->asked->first,
                                          .ruleset = r->ruleset,
                                          .command = COMMAND };
}

static int
load_contracts(struct replaying *r, struct error *err)
{
    if (r->asked->config != NULL && r->asked->contracts.count > 0)
        return error_set(err, ERROR_USAGE, NULL, "either -c FILE or --contract CONTRACT, not both");
    if (r->asked->config != NULL || r->asked->contracts.count > 0) {
        r->ruleset = contracts_load(COMMAND, r->asked->config, &r->asked->contracts, err);
        if (r->ruleset == NULL)
            return -1;
        r->redaction = ruleset_redaction(r->ruleset);
    }
    if (r->redaction == NULL)
        r->redaction = r->own_redaction = redaction_new(NULL, NULL, err);
    return r->redaction != NULL ? 0 : -1;
}

static int
load_noise(struct replaying *r, struct error *err)
{
    const struct replay_asked *asked = r->asked;
    struct replay_input_options options = input_options(r);
    uint64_t pairs;

    r->noise = noise_new(asked->strict);
    if (r->noise == NULL)
        return error_memory(err);
    if (asked->bindings != NULL && noise_load(r->noise, asked->bindings, err) < 0)
        return -1;
    for (size_t i = 0; i < asked->noise.count; i++)
        if (noise_take(r->noise, asked->noise.items[i], err) < 0)
            return -1;
    if (asked->learn_noise == NULL)
        return 0;
    if (replay_learn_noise(r->noise, &options, asked->learn_noise, &pairs, err) < 0)
        return -1;
    fprintf(stderr, "plumbline replay: %" PRIu64 " pairs of answers, %u places where they differ: noise\n", pairs,
            noise_learned(r->noise));
    return 0;
}

static int
load_shift(struct replaying *r, struct error *err)
{
    const struct replay_asked *asked = r->asked;

    r->shift = time_shift_new();
    if (r->shift == NULL)
        return error_memory(err);
    if (asked->bindings != NULL && time_shift_load(r->shift, asked->bindings, err) < 0)
        return -1;
    for (size_t i = 0; i < asked->shift_time.count; i++)
        if (time_shift_take(r->shift, asked->shift_time.items[i], err) < 0)
            return -1;
    return 0;
}

/* What is learned goes on top of what people decided in the file that it is written to. */
static int
load_bindings(struct replaying *r, struct error *err)
{
    const struct replay_asked *asked = r->asked;
    const char *file = asked->bindings;

    if (file == NULL && asked->learn != NULL && access(asked->learn, F_OK) == 0)
        file = asked->learn;
    r->bindings = file != NULL ? bindings_load(file, err) : bindings_new();
    if (r->bindings != NULL)
        return 0;
    return file != NULL ? -1 : error_memory(err);
}

static int
learn(struct replaying *r, struct error *err)
{
    struct replay_input_options options = input_options(r);
    uint32_t ambiguous = 0;

    if (replay_learn_bindings(r->bindings, &options, err) < 0 ||
        replay_learn_write(r->asked->learn, r->bindings, r->noise, err) < 0)
        return -1;
    for (uint32_t i = 0; i < bindings_count(r->bindings); i++)
        ambiguous += bindings_at(r->bindings, i)->use == BINDING_AMBIGUOUS;
    fprintf(stderr, "plumbline replay: %s: %u binding%s, ambiguous: %u, places of noise: %u\n", r->asked->learn,
            bindings_count(r->bindings), bindings_count(r->bindings) == 1 ? "" : "s", ambiguous,
            noise_learned(r->noise));
    return 0;
}

static struct text
to_recorded(void *arg, struct text text, struct arena *arena)
{
    return binder_to_recorded(arg, text, arena);
}

static int
open_judge(struct replaying *r, struct error *err)
{
    struct replay_judge_options options = { .ruleset = r->ruleset, .redaction = r->redaction, .command = COMMAND };

    r->findings = finding_list_new();
    if (r->findings == NULL)
        return error_memory(err);
    options.findings = r->findings;
    options.recorded = r->asked->record != NULL;
    options.comparison = (struct comparison){ .noise = r->noise,
                                              .headers = r->given.headers.list,
                                              .header_count = r->given.headers.count,
                                              .unordered = r->given.unordered.list,
                                              .unordered_count = r->given.unordered.count,
                                              .to_recorded = to_recorded,
                                              .arg = r->binder };
    r->judge = replay_judge_new(&options, err);
    return r->judge != NULL ? 0 : -1;
}

static int
open_all(struct replaying *r, struct error *err)
{
    struct replay_input_options options = input_options(r);
    const struct binder_options binding = { .rules = r->bindings,
                                            .learn = r->asked->bindings == NULL,
                                            .take_ambiguous = r->asked->bind_ambiguous };

    r->binder = binder_new(&binding);
    if (r->binder == NULL)
        return error_memory(err);
    r->input = replay_input_new(&options, err);
    if (r->input == NULL || open_judge(r, err) < 0)
        return -1;
    if (r->asked->record != NULL && (r->record = flow_record_open(r->asked->record, err)) == NULL)
        return -1;
    r->console = replay_console_new(r->input, r->judge);
    return r->console != NULL ? 0 : error_memory(err);
}

static struct replay_plan
plan_of(struct replaying *r)
{
    const struct replay_given *g = &r->given;

    return (struct replay_plan){
        .targets = g->targets,
        .target_count = g->target_count,
        .making = { .binder = r->binder,
                    .secrets = g->secrets,
                    .secret_count = g->secret_count,
                    .rules = r->bindings,
                    .shift = time_shift_count(r->shift) > 0 ? r->shift : NULL,
                    .seed = random_system(),
                    .keep_keys = r->asked->keep_keys },
        .methods = g->methods.list,
        .method_count = g->methods.count,
        .speed = r->asked->dry_run ? 0 : g->speed,
        .longest_gap = g->longest_pause,
        .concurrency = g->concurrency,
        .rate = r->asked->dry_run ? 0 : g->rate,
        .connect_timeout = CONNECT_TIMEOUT < g->timeout ? CONNECT_TIMEOUT : g->timeout,
        .timeout = g->timeout,
        .max_body = LIMIT_REPLAY_BODY,
        .source = replay_input_next,
        .source_arg = r->input,
        .listener = { on_ended, on_tick, r },
    };
}

static int
run_all(struct replaying *r, struct error *err)
{
    int64_t began = clock_monotonic();
    int result;

    r->plan = plan_of(r);
    r->run = replay_new(&r->plan, err);
    if (r->run == NULL)
        return -1;
    running = r->run;
    catch_signals();
    if (stopped)
        replay_stop(r->run);
    result = r->asked->dry_run ? replay_rehearse(r->run, err) : replay_run(r->run, err);
    running = NULL;
    r->told.took = clock_monotonic() - began;
    if (result == 0 && r->no_memory)
        result = error_memory(err);
    return result;
}

/* ---- what came of it ---- */

static void
left_out(struct report_replay *told, const char *key, const char *reason, uint64_t count)
{
    told->left_out[told->left_out_count].key = key;
    told->left_out[told->left_out_count].reason = reason;
    told->left_out[told->left_out_count++].count = count;
}

static void
count_left_out(struct replaying *r)
{
    static const char *const keys[REPLAY_SKIPS] = {
        "no_request", "foreign", "tunnel", "truncated", "refused", "amendment", "torn", "broken",
    };
    const struct replay_verdicts *v = replay_judge_verdicts(r->judge);

    for (int i = 0; i < REPLAY_SKIPS; i++)
        left_out(&r->told, keys[i], replay_skip_what((enum replay_skip)i),
                 replay_input_skipped(r->input, (enum replay_skip)i));
    left_out(&r->told, "unresolved", "a value of an earlier answer was not there", v->unresolved);
    left_out(&r->told, "redacted", "something was redacted, and no --token gives it", v->no_secret);
    left_out(&r->told, "no_target", "no --to has the service", v->no_target);
    left_out(&r->told, "too_large", "too large", v->too_large);
}

static void
fill_summary(struct replaying *r)
{
    const struct replay_verdicts *v = replay_judge_verdicts(r->judge);
    const struct replay_counts *counts = replay_counts(r->run);
    struct report_replay *told = &r->told;

    told->sent = counts->sent;
    told->equal = v->equal;
    told->different = v->different;
    told->partly = v->partly;
    told->uncompared = v->uncompared;
    told->injected = v->injected;
    told->unanswered = v->unanswered;
    told->bound = v->bound;
    told->ambiguous = v->ambiguous;
    told->unresolved = v->unresolved;
    told->renewed = v->renewed;
    told->given = v->given;
    told->timed = counts->timed;
    told->on_time = counts->on_time;
    told->latest = counts->latest;
    told->stopped = stopped != 0;
    count_left_out(r);
    r->summary.command = COMMAND;
    r->summary.exchanges = counts->sent;
    r->summary.lost = replay_input_lost(r->input);
    r->summary.replay = told;
}

static int
report(struct replaying *r, struct error *err)
{
    struct finding_list *open;
    uint64_t recorded = 0;

    if (flow_record_close(r->record, &recorded, err) < 0) {
        r->record = NULL;
        return -1;
    }
    r->record = NULL;
    if (replay_judge_finish(r->judge, &r->summary) < 0)
        return error_memory(err);
    fill_summary(r);
    open = gate_sift(&r->gate, r->findings, stopped == 0, &r->summary);
    if (open == NULL)
        return error_memory(err);
    report_count(&r->summary, open);
    if (report_write(&r->report_plan, &r->summary, open, err) < 0 || gate_update(&r->gate, r->findings, err) < 0)
        return -1;
    if (r->asked->record != NULL)
        fprintf(stderr, "%" PRIu64 " exchange%s recorded: plumbline log show %s\n", recorded, recorded == 1 ? "" : "s",
                r->asked->record);
    return gate_exit(&r->gate, open);
}

/* What was not sent for want of something is no success, and what to do about it is said. */
static bool
tell_lacking(const struct replaying *r)
{
    uint64_t broken = replay_input_skipped(r->input, REPLAY_SKIP_BROKEN), count;
    const char *place;

    for (uint32_t i = 0; (place = replay_judge_lacking(r->judge, i, &count)) != NULL; i++) {
        const char *name = place + strlen("request ");
        bool query = strncmp(name, "query ", 6) == 0, body = strncmp(name, "body /", 6) == 0;
        bool header = strncmp(name, "header ", 7) == 0;

        if (header || query || body)
            fprintf(stderr,
                    "plumbline replay: %" PRIu64 " not sent, because their %s was redacted: --token %s%s=VALUE (or "
                    "env:VARIABLE, file:PATH) gives it, --token %s%s= leaves it out\n",
                    count, place,
                    query  ? "query:"
                    : body ? "body:"
                           : "",
                    name + (header  ? 7
                            : query ? 6
                                    : 5),
                    query  ? "query:"
                    : body ? "body:"
                           : "",
                    name + (header  ? 7
                            : query ? 6
                                    : 5));
        else
            fprintf(stderr, "plumbline replay: %" PRIu64 " not sent, because their %s was redacted\n", count, place);
    }
    if (broken > 0)
        fprintf(stderr, "plumbline replay: %" PRIu64 " entr%s could not be read\n", broken, broken == 1 ? "y" : "ies");
    return broken > 0 || replay_judge_verdicts(r->judge)->no_secret > 0;
}

static void
tell_faults(const struct replaying *r)
{
    struct buffer told;

    buffer_init(&told, LIMIT_MIB);
    replay_faults_told(r->faults, &told);
    if (buffer_length(&told) > 0)
        fprintf(stderr, "plumbline replay: %.*s\n", TEXT_PRINT(buffer_text(&told)));
    buffer_release(&told);
}

static int
finish(struct replaying *r, struct error *err)
{
    int code;

    replay_console_free(r->console);
    r->console = NULL;
    if (r->asked->dry_run)
        return replay_input_skipped(r->input, REPLAY_SKIP_BROKEN) > 0 ? EXIT_CONFIG : EXIT_FINE;
    tell_faults(r);
    code = report(r, err);
    if (code < 0)
        return -1;
    if (tell_lacking(r))
        return EXIT_CONFIG;
    if (r->told.sent == 0 && !stopped) {
        fprintf(stderr, "plumbline replay: nothing was sent: there is nothing to be sent in what was chosen\n");
        return EXIT_CONFIG;
    }
    return stopped ? EXIT_FINDINGS : code;
}

static void
end(struct replaying *r)
{
    struct error ignored = { .kind = ERROR_NONE };
    uint64_t recorded;

    replay_free(r->run);
    replay_faults_stop(r->faults);
    (void)flow_record_close(r->record, &recorded, &ignored);
    replay_console_free(r->console);
    replay_judge_free(r->judge);
    replay_input_free(r->input);
    finding_list_free(r->findings);
    binder_free(r->binder);
    bindings_free(r->bindings);
    noise_free(r->noise);
    time_shift_free(r->shift);
    gate_close(&r->gate);
    replay_given_end(&r->given);
    redaction_free(r->own_redaction);
    ruleset_drop(r->ruleset);
}

/* The target is known and allowed; what is sent there goes through the gateway that breaks it. */
static int
go_through_faults(struct replaying *r, struct error *err)
{
    const struct replay_asked *asked = r->asked;
    const struct replay_trust trust = { .unverified = false };
    const struct replay_faults_options options = { .file = asked->faults,
                                                   .to = asked->to.count > 0 ? asked->to.items[0] : "",
                                                   .ruleset = r->ruleset,
                                                   .ca = asked->ca,
                                                   .insecure = asked->insecure };

    if (asked->faults == NULL || asked->dry_run)
        return 0;
    if (r->given.target_count != 1 || r->given.targets[0].name.length > 0)
        return error_set(err, ERROR_USAGE, "--faults", "goes with one target for all requests: --to URL");
    if (replay_faults_start(&r->faults, &options, err) < 0)
        return -1;
    return replay_target_read(&r->given.targets[0], text_of(replay_faults_url(r->faults)), &trust, r->given.arena, err);
}

static int
run(struct replaying *r)
{
    const struct replay_asked *asked = r->asked;
    struct error err = { .kind = ERROR_NONE };
    int code = -1;

    if (report_plan_read(&r->report_plan, asked->reports.items, asked->reports.count, &err) < 0 ||
        log_filter_judge(&r->filter, &err) < 0 || load_contracts(r, &err) < 0 ||
        gate_open(&r->gate, &r->gate_options, COMMAND, &err) < 0 || load_bindings(r, &err) < 0 ||
        load_noise(r, &err) < 0 || load_shift(r, &err) < 0)
        goto out;
    if (asked->learn != NULL) {
        code = learn(r, &err) < 0 ? -1 : EXIT_FINE;
        goto out;
    }
    if (replay_given_read(&r->given, asked, r->ruleset, &err) == 0 && go_through_faults(r, &err) == 0 &&
        open_all(r, &err) == 0) {
        if (run_all(r, &err) == 0) {
            code = finish(r, &err);
        } else if (r->run != NULL && replay_counts(r->run)->sent > 0) {
            struct error of_report = { .kind = ERROR_NONE };

            (void)finish(r, &of_report); /* what was done is told all the same */
        }
    }

out:
    if (code < 0)
        code = command_fail(COMMAND, &err);
    end(r);
    return code;
}

/* ---- the command line ---- */

int
cmd_replay(int argc, char **argv)
{
    static struct replay_asked asked;
    static struct replaying r = { .asked = &asked };
    int code;
    const struct option options[] = {
        { "--to", 0, OPTION_LIST, "[SERVICE=]URL", NULL,
          "where requests go: all, or those of a service or recorded host; may be repeated", &asked.to },
        { "--allow-host", 0, OPTION_LIST, "HOST", NULL, "a target that is not this machine", &asked.hosts },
        { "--allow-method", 0, OPTION_LIST, "METHOD", NULL,
          "send it to what is no sandbox, though it may change something", &asked.methods },
        { "--dry-run", 0, OPTION_FLAG, NULL, NULL, "print what would be sent; open nothing", &asked.dry_run },
        { "--speed", 0, OPTION_TEXT, "1|N|max", NULL, "as recorded, N times faster, or without pauses (1)",
          &asked.speed },
        { "--longest-pause", 0, OPTION_TEXT, "D", NULL, "cut longer pauses of the recording to this, such as 10s",
          &asked.longest_pause },
        { "--concurrency", 0, OPTION_NUMBER, "N", NULL,
          "requests under way (256; with --speed max 1: one after the other)", &asked.concurrency },
        { "--rate", 0, OPTION_TEXT, "N", NULL, "requests per second at most", &asked.rate },
        { "--timeout", 0, OPTION_TEXT, "D", NULL, "of an answer (30s)", &asked.timeout },
        { "--first", 0, OPTION_NUMBER, "N", NULL, "the first N of those that are chosen", &asked.first },
        LOG_FILTER_OPTIONS(&r.filter),
        { "--bindings", 0, OPTION_TEXT, "FILE", NULL, "bindings and noise from this file (learned on the way)",
          &asked.bindings },
        { "--bind-ambiguous", 0, OPTION_FLAG, NULL, NULL, "bind values that may be alike by chance, too",
          &asked.bind_ambiguous },
        { "--learn", 0, OPTION_TEXT, "FILE", NULL, "send nothing: write bindings and noise to this file",
          &asked.learn },
        { "--learn-noise", 0, OPTION_TEXT, "RECORDING", NULL,
          "another recording of the same traffic: what differs there is noise", &asked.learn_noise },
        { "--noise", 0, OPTION_LIST, "RULE", NULL,
          "response:/POINTER, name:MEMBER, format:FORMAT or header:NAME may differ", &asked.noise },
        { "--strict", 0, OPTION_FLAG, NULL, NULL, "date-times and UUIDs must be the recorded ones", &asked.strict },
        { "--header", 0, OPTION_LIST, "NAME", NULL, "compare this response field, too", &asked.headers },
        { "--unordered", 0, OPTION_LIST, "POINTER", NULL, "an array whose order does not count", &asked.unordered },
        { "--token", 0, OPTION_LIST, "NAME=VALUE", NULL,
          "a security scheme, field, query:KEY, body:/POINTER; VALUE, env:VARIABLE or file:PATH", &asked.tokens },
        { "--shift-time", 0, OPTION_LIST, "RULE", NULL,
          "move dates to now (=30d: by that): date-time, date, http-date, epoch, epoch-ms or a place",
          &asked.shift_time },
        { "--keep-keys", 0, OPTION_FLAG, NULL, NULL, "send idempotency keys as recorded", &asked.keep_keys },
        { "--ca", 0, OPTION_TEXT, "FILE", NULL, "authorities that certificates of targets are signed by", &asked.ca },
        { "--insecure", 0, OPTION_FLAG, NULL, NULL, "believe whoever answers by TLS", &asked.insecure },
        { "--faults", 0, OPTION_TEXT, "FILE", NULL,
          "break on the way what this file of faults says; wants -c or --contract", &asked.faults },
        { "--config", 'c', OPTION_TEXT, "FILE", NULL, "check answers by these gateway settings, rules included",
          &asked.config },
        { "--contract", 0, OPTION_LIST, "CONTRACT", NULL, "check answers against this contract, a file or URL",
          &asked.contracts },
        { "--record", 0, OPTION_TEXT, "DIR", NULL, "record the new exchanges in this folder", &asked.record },
        { "--report", 0, OPTION_LIST, REPORT_HELP, NULL, REPORT_FORMATS "; may be repeated (text)", &asked.reports },
        GATE_OPTIONS(r.gate_options),
        { .name = NULL },
    };
    const struct usage usage = {
        .name = COMMAND,
        .summary = "Send recorded requests again, and compare the answers with the recorded ones.",
        .arguments = "RECORDING|HAR... --to [SERVICE=]URL [--speed 1|N|max] ...",
        .example = "plumbline replay logs/staging --to http://127.0.0.1:8080 --speed max",
        .options = options,
        .least = 1,
        .most = SIZE_MAX,
        .more =
            LOG_FILTER_MORE "Exit: 0 answered as recorded, 1 findings or stopped, 2 usage, or something could not be "
                            "read or sent, 3 environment.",
    };

    if (!options_read(&usage, argc, argv, &r.recordings, &code))
        return code;
    return run(&r);
}
