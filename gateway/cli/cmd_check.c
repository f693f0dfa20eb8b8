/* cmd_check.c -- recorded traffic against contracts: plumbline check. Each entry is routed as the gateway would have
 * routed it, checked anew, and its violations are counted as findings. */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "cli/check_watch.h"
#include "cli/command.h"
#include "cli/contract_url.h"
#include "net/fetch.h"
#include "report/report.h"
#include "rules/ruleset.h"
#include "traffic/amend.h"
#include "traffic/recheck.h"
#include "traffic/record.h"
#include "traffic/redacted.h"
#include "traffic/segment.h"

#define SETTINGS_FILE  "rules/gateway.yaml"
#define CONTRACT_SNIFF 4096 /* bytes of a file that tell whether it is a contract */
#define BROKEN_TOLD    10   /* broken entries that are told one by one */

struct checking {
    struct ruleset *ruleset;
    struct finding_list *findings;
    struct schema_scratch *scratch;
    struct arena *arena; /* of one exchange */
    uint64_t *seen;      /* exchanges of each operation, over all services */
    struct report_operation *seen_named;
    struct check_watch *watch; /* NULL: there are no rules over several exchanges */
    struct report_summary summary;
    uint64_t broken;  /* entries that could not be read */
    uint64_t foreign; /* entries that are no HTTP */
};

struct asked {
    const char *settings;
    struct option_list contracts;
    struct option_list reports;
    const char *fail_on;
    const char *min_coverage;
    struct option_list recordings;
};

/* ---- one exchange ---- */

static void
set_policy(struct route *route)
{
    route->policy = route->match.operation != NULL ? &route->service->policies[operation_index(route->match.operation)]
                                                   : &route->service->settings->policy;
}

/* What is left of a redacted path may lead elsewhere: the operation is the one that was found live. */
static bool
route_as_recorded(const struct checking *c, const struct exchange *x, struct route *route)
{
    const struct service *service = ruleset_service_named(c->ruleset, x->service);
    const struct operation *operation =
        service != NULL ? contract_operation_named(service->contract, x->operation) : NULL;

    if (operation == NULL || !redacted_path(x))
        return false;
    *route = (struct route){ .service = service, .path = x->request.path };
    route->match = (struct contract_match){ .operation = operation, .path_known = true };
    set_policy(route);
    return true;
}

/* As the gateway would have; where no service is found, the one that is named in the recording, else the first, so that
 * it is reported. */
static void
route(const struct checking *c, const struct exchange *x, struct route *route)
{
    const struct message *m = &x->request;

    if (route_as_recorded(c, x, route))
        return;
    ruleset_route(c->ruleset, m->authority, m->method, m->path, x->arena, route);
    if (route->service != NULL)
        return;
    route->service = ruleset_service_named(c->ruleset, x->service);
    if (route->service == NULL)
        route->service = ruleset_service(c->ruleset, 0);
    contract_find(route->service->contract, m->method, m->path, true, x->arena, &route->match);
    set_policy(route);
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

static int
add_findings(struct checking *c, const struct exchange *x, const struct segment_entry *entry)
{
    struct text at = { NULL, 0 };

    if (x->request_verdict.count + x->response_verdict.count == 0)
        return 0;
    at = arena_print(x->arena, "%s:%u", entry->file, entry->line);
    return finding_list_add(c->findings, x, at);
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
        c->seen[found.service->first_operation + operation_index(found.match.operation)]++;
    }
    check_watch_begin(c->watch, &found, x, &check, &more);
    recheck_exchange(&check, &found.match, more, x);
    if (found.policy->request == MODE_OFF)
        x->request_verdict = (struct verdict){ .checked = false };
    /* what Plumbline itself did to an answer says nothing about the service */
    if (found.policy->response == MODE_OFF || x->fault_count > 0)
        x->response_verdict = (struct verdict){ .checked = false };
    c->summary.exchanges++;
    count_unchecked(&c->summary, x);
    if (add_findings(c, x, entry) < 0)
        return -1;
    check_watch_end(c->watch, entry->pointer);
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

static int
check_recording(struct checking *c, const char *path, struct error *err)
{
    struct segment_reader *reader = segment_reader_open(path, err);
    uint64_t before = c->summary.exchanges + c->broken;
    struct segment_entry entry;
    int result;

    if (reader == NULL)
        return -1;
    while ((result = segment_reader_next(reader, &entry, err)) == 1) {
        check_watch_next(c->watch);
        if (check_entry(c, &entry, err) < 0) {
            result = -1;
            break;
        }
    }
    c->summary.lost += segment_reader_lost(reader);
    segment_reader_close(reader);
    if (result == 0 && c->foreign > 0)
        fprintf(stderr, "plumbline check: %s: %" PRIu64 " entr%s no HTTP (data: and the like): left out\n", path,
                c->foreign, c->foreign == 1 ? "y is" : "ies are");
    c->foreign = 0;
    if (result == 0 && c->summary.exchanges + c->broken == before)
        fprintf(stderr, "plumbline check: %s: there is no exchange in it; nothing was checked\n", path);
    return result;
}

/* ---- the command ---- */

static void
on_defect(void *arg, const struct contract_defect *d)
{
    (void)arg;
    if (d->level != LEVEL_INFO)
        fprintf(stderr, "plumbline check: %.*s:%u:%u: %.*s\n", TEXT_PRINT(d->file), d->line, d->column,
                TEXT_PRINT(d->what));
}

static struct settings *
settings_asked(const struct asked *asked, struct error *err)
{
    const struct option_list *contracts = &asked->contracts;
    struct settings *settings;

    if (contracts->count == 0)
        return settings_load(asked->settings != NULL ? asked->settings : SETTINGS_FILE, NULL, err);
    /* nobody is asked for an answer: any upstream does */
    settings = settings_proxy(contracts->items, contracts->count, "http://127.0.0.1", false, NULL, err);
    if (settings != NULL && contract_url_fetch(settings, err) < 0) {
        settings_free(settings);
        return NULL;
    }
    return settings;
}

static int
checking_start(struct checking *c, const struct asked *asked, struct error *err)
{
    struct settings *settings = settings_asked(asked, err);

    if (settings == NULL || (c->ruleset = ruleset_new(settings, on_defect, NULL, err)) == NULL)
        return -1;
    c->findings = finding_list_new();
    c->scratch = schema_scratch_new();
    c->arena = arena_new(0, LIMIT_EXCHANGE_ARENA);
    c->seen = calloc(ruleset_operation_count(c->ruleset) + 1, sizeof(c->seen[0]));
    return c->findings != NULL && c->scratch != NULL && c->arena != NULL && c->seen != NULL ? 0 : error_memory(err);
}

static void
checking_end(struct checking *c)
{
    check_watch_free(c->watch);
    free(c->seen_named);
    free(c->seen);
    arena_free(c->arena);
    schema_scratch_free(c->scratch);
    finding_list_free(c->findings);
    ruleset_drop(c->ruleset);
}

static int
count_coverage(struct checking *c)
{
    uint32_t count = ruleset_operation_count(c->ruleset), seen = 0;

    c->seen_named = calloc(count + 1, sizeof(c->seen_named[0]));
    if (c->seen_named == NULL)
        return -1;
    for (uint32_t s = 0; s < ruleset_service_count(c->ruleset); s++) {
        const struct service *service = ruleset_service(c->ruleset, s);

        for (uint32_t i = 0; i < contract_operation_count(service->contract); i++) {
            const struct operation *operation = contract_operation(service->contract, i);
            uint64_t exchanges = c->seen[service->first_operation + operation_index(operation)];

            if (exchanges > 0)
                c->seen_named[seen++] =
                    (struct report_operation){ service->settings->name, operation_id(operation), exchanges };
        }
    }
    c->summary.operations = count;
    c->summary.operations_seen = c->summary.seen_count = seen;
    c->summary.seen = c->seen_named;
    return 0;
}

/* 0 to 100, or -1 for what is none. */
static long
percentage(const char *word)
{
    uint64_t number;

    return text_to_u64(text_of(word), &number) && number <= 100 ? (long)number : -1;
}

static int
exit_code(struct checking *c, const struct asked *asked)
{
    uint64_t least = asked->min_coverage != NULL ? (uint64_t)percentage(asked->min_coverage) : 0;
    int code = report_fails(c->findings, report_level(asked->fail_on)) ? EXIT_FINDINGS : EXIT_FINE;

    if ((uint64_t)c->summary.operations_seen * 100 < least * c->summary.operations) {
        fprintf(stderr, "plumbline check: %u of %u operations were seen, which is less than %" PRIu64 " percent\n",
                c->summary.operations_seen, c->summary.operations, least);
        code = EXIT_FINDINGS;
    }
    if (c->broken > 0) { /* the rest was checked, but "no findings" would not be the truth */
        fprintf(stderr, "plumbline check: %" PRIu64 " entr%s could not be read\n", c->broken,
                c->broken == 1 ? "y" : "ies");
        code = EXIT_CONFIG;
    }
    return code;
}

static int
run(const struct asked *asked)
{
    struct checking c = { .summary = { .command = "check" } };
    struct error err = { .kind = ERROR_NONE };
    struct report_plan plan;
    int code = -1;

    if (report_plan_read(&plan, asked->reports.items, asked->reports.count, &err) < 0 ||
        checking_start(&c, asked, &err) < 0 ||
        check_watch_new(&c.watch, c.ruleset, c.findings, asked->recordings.items, asked->recordings.count, &err) < 0)
        goto out;
    for (size_t i = 0; i < asked->recordings.count; i++)
        if (check_recording(&c, asked->recordings.items[i], &err) < 0)
            goto out;
    if (check_watch_finish(c.watch, &c.summary) < 0 || count_coverage(&c) < 0) {
        error_memory(&err);
        goto out;
    }
    report_count(&c.summary, c.findings);
    if (report_write(&plan, &c.summary, c.findings, &err) < 0)
        goto out;
    code = exit_code(&c, asked);

out:
    if (code < 0)
        code = command_fail("check", &err);
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
    int code;
    const struct option options[] = {
        { "--config", 'c', OPTION_TEXT, "FILE", NULL, "services and contracts (" SETTINGS_FILE ")", &asked.settings },
        { "--contract", 0, OPTION_LIST, "CONTRACT", NULL,
          "check against this contract, a file or http(s) URL, and those behind it", &asked.contracts },
        { "--report", 0, OPTION_LIST, REPORT_HELP, NULL, REPORT_FORMATS "; may be repeated (text)", &asked.reports },
        { "--fail-on", 0, OPTION_CHOICE, "LEVEL", "error|warn|info",
          "exit 1 from this level on: error, warn or info (error)", &asked.fail_on },
        { "--min-coverage", 0, OPTION_TEXT, "P", NULL, "exit 1 when fewer percent of the operations were seen",
          &asked.min_coverage },
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
    if (asked.min_coverage != NULL && percentage(asked.min_coverage) < 0) {
        fprintf(stderr, "plumbline check: --min-coverage wants a percentage from 0 to 100, not '%s'\n",
                asked.min_coverage);
        return EXIT_CONFIG;
    }
    return run(&asked);
}
