/* fault_explain.c -- plumbline fault explain: why each rule did or did not act on an exchange.
 *
 * What an exchange's ordinal was is not recorded: the rules are asked about every exchange that was recorded before it,
 * so that each entity is counted as it was live. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "cli/command.h"
#include "cli/fault_commands.h"
#include "net/fetch.h"
#include "proxy/fault_counts.h"
#include "report/exchange_text.h"
#include "rules/fault.h"
#include "rules/ruleset.h"
#include "rules/script.h"
#include "schema/schema.h"
#include "traffic/recheck.h"
#include "traffic/record.h"
#include "traffic/segment.h"

#define SETTINGS_FILE "rules/gateway.yaml"

struct explaining {
    const char *id; /* how it begins */
    struct ruleset *ruleset;
    const struct faults *faults;
    struct fault_counts *counts;
    struct script *script;
    struct schema_scratch *scratch;
    struct arena *arena;
    struct buffer out;

    /* of the exchange that is looked at */
    const struct exchange *exchange;
    struct document bodies[2]; /* by side; root NULL: no JSON */
    bool found;
};

/* ---- one exchange as the rules see it ---- */

static bool
keep_body(void *arg, enum side side, const struct document *document)
{
    struct explaining *e = arg;

    e->bodies[side] = *document;
    return true;
}

static void
find_route(const struct explaining *e, const struct exchange *x, struct route *route)
{
    const struct service *service = ruleset_service_named(e->ruleset, x->service);
    const struct message *m = &x->request;

    ruleset_route(e->ruleset, m->authority, m->method, m->path, x->arena, route);
    if (route->service != NULL || service == NULL)
        return;
    route->service = service;
    contract_find(service->contract, m->method, m->path, true, x->arena, &route->match);
}

/* The bodies are read as they are when they are checked. */
static void
read_bodies(struct explaining *e, struct exchange *x, const struct route *route)
{
    struct check check = { .arena = x->arena,
                           .scratch = e->scratch,
                           .policy = &route->service->settings->policy.check,
                           .request_budget = LIMIT_CHECK_BUDGET,
                           .response_budget = LIMIT_CHECK_BUDGET,
                           .parsed = keep_body,
                           .parsed_arg = e };

    e->bodies[SIDE_REQUEST].root = e->bodies[SIDE_RESPONSE].root = NULL;
    recheck_exchange(&check, &route->match, NULL, x);
}

static struct fault_look
look_of(struct explaining *e, const struct exchange *x, const struct route *route)
{
    return (struct fault_look){ .exchange = x,
                                .service = route->service,
                                .match = &route->match,
                                .request = e->bodies[SIDE_REQUEST].root,
                                .response = e->bodies[SIDE_RESPONSE].root,
                                .now = x->started,
                                .asked = message_value(&x->request, HEADER_PLUMBLINE_INJECT),
                                .count = e->counts != NULL ? fault_counts_next : NULL,
                                .count_arg = e->counts,
                                .script = e->script,
                                .arena = x->arena };
}

/* ---- what is told ---- */

static bool
was_recorded(const struct exchange *x, struct text name)
{
    for (uint32_t i = 0; i < x->fault_count; i++)
        if (text_equal(x->faults[i], name))
            return true;
    return false;
}

static void
tell_rule(void *arg, const struct fault_rule *rule, bool fires, struct text why)
{
    struct explaining *e = arg;
    bool recorded = was_recorded(e->exchange, rule->name);

    buffer_print(&e->out, "  %-5s  %.*s (%.*s): ", fires ? "acts" : "no", TEXT_PRINT(rule->name),
                 TEXT_PRINT(fault_does_text(rule, e->arena)));
    exchange_text_visible(&e->out, why, false); /* it may show what a client sent */
    if (recorded != fires && fault_ends(rule->effect))
        buffer_print(&e->out, recorded ? "; but the recording says that it was injected"
                                       : "; but the recording does not say that it was injected");
    buffer_byte(&e->out, '\n');
}

static void
tell(struct explaining *e, const struct fault_look *look)
{
    const struct exchange *x = e->exchange;

    exchange_text_line(&e->out, x);
    buffer_print(&e->out, "recorded as injected:");
    for (uint32_t i = 0; i < x->fault_count; i++)
        buffer_print(&e->out, "%s %.*s", i > 0 ? "," : "", TEXT_PRINT(x->faults[i]));
    buffer_print(&e->out, "%s\nbefore the service is asked\n", x->fault_count > 0 ? "" : " nothing");
    faults_explain(e->faults, look, SIDE_REQUEST, tell_rule, e);
    if (!x->has_response)
        return;
    buffer_print(&e->out, "once it has answered\n");
    faults_explain(e->faults, look, SIDE_RESPONSE, tell_rule, e);
}

/* Count it, or tell of it where it is the one. */
static void
meet(struct explaining *e, struct exchange *x)
{
    struct fault_firing firings[FAULT_MOST];
    struct route route = { .service = NULL };
    struct fault_look look;
    uint32_t count;

    e->exchange = x;
    e->found = text_starts(text_of(x->id), text_of(e->id));
    if (x->request.method.length > 0)
        find_route(e, x, &route);
    if (route.service == NULL) {
        if (e->found)
            buffer_print(&e->out, "no service of the configuration takes this exchange, so no rule is about it\n");
        return;
    }
    if (!e->found && fault_concern(e->faults, route.service, route.match.operation) == 0)
        return;
    read_bodies(e, x, &route);
    look = look_of(e, x, &route);
    if (e->found) {
        tell(e, &look);
        return;
    }
    count = faults_choose(e->faults, &look, SIDE_REQUEST, firings);
    if (x->has_response && (count == 0 || !fault_ends(firings[count - 1].rule->effect)))
        (void)faults_choose(e->faults, &look, SIDE_RESPONSE, firings);
}

/* ---- the recording ---- */

static int
read_recording(struct explaining *e, const char *path, struct error *err)
{
    struct segment_reader *reader = segment_reader_open(path, err);
    struct segment_entry entry;
    int result = reader != NULL ? 1 : -1;

    while (result == 1 && !e->found && (result = segment_reader_next(reader, &entry, err)) == 1) {
        struct exchange x = { .arena = e->arena };
        struct error broken = { .kind = ERROR_NONE };

        arena_reset(e->arena);
        if (entry.value != NULL && segment_entry_read(&entry, &x, &broken) == 0)
            meet(e, &x);
    }
    segment_reader_close(reader);
    if (result < 0)
        return -1;
    if (!e->found)
        return error_set(err, ERROR_INPUT, path, "there is no exchange whose id begins with '%s'", e->id);
    return 0;
}

/* Of a HAR document with one entry; NULL: it is none. */
static const struct value *
entry_of(struct document *har, struct text text, struct arena *arena)
{
    const struct value *entries;

    if (document_parse(har, text, NULL, arena, NULL) < 0)
        return NULL;
    entries = VALUE_MEMBER(VALUE_MEMBER(har->root, "log"), "entries");
    return value_is(entries, VALUE_ARRAY) && entries->count > 0 ? value_first(entries) : NULL;
}

static int
meet_fetched(struct explaining *e, const char *page, struct text text, struct error *err)
{
    struct exchange x = { .arena = e->arena };
    struct document har;
    const struct value *entry = entry_of(&har, text, e->arena);

    if (entry == NULL)
        return error_set(err, ERROR_ENVIRONMENT, page, "this is no exchange; is it an admin listener?");
    if (record_read(&x, entry, err) < 0)
        return -1;
    meet(e, &x);
    return 0;
}

/* One of the last exchanges of a running gateway; what came before it is not known. */
static int
read_admin(struct explaining *e, const char *url, struct error *err)
{
    struct text token = arena_text(e->arena, ruleset_settings(e->ruleset)->admin_token);
    struct text page = arena_print(e->arena, "%s/api/v1/exchanges/%s?format=har", url, e->id);
    struct buffer body;
    int result;

    fault_counts_free(e->counts);
    e->counts = NULL;
    if (page.data == NULL)
        return error_memory(err);
    buffer_init(&body, LIMIT_FILE_BYTES);
    result = fetch_get_as(page.data, token.length > 0 ? token.data : "", &body, err);
    if (result == 0)
        result = meet_fetched(e, page.data, buffer_text(&body), err);
    buffer_release(&body);
    return result;
}

static int
start(struct explaining *e, struct settings *settings_take, struct error *err)
{
    e->ruleset = settings_take != NULL ? ruleset_new(settings_take, NULL, NULL, err) : NULL;
    if (e->ruleset == NULL)
        return -1;
    e->faults = ruleset_faults(e->ruleset);
    if (fault_count(e->faults) == 0)
        return error_set(err, ERROR_CONFIG, ruleset_settings(e->ruleset)->file.data,
                         "there are no fault rules; add some below 'faults:', or name a file by --faults");
    e->script = faults_script(e->faults, err);
    e->counts = fault_counts_new(16 * LIMIT_FAULT_COUNTS);
    e->scratch = schema_scratch_new();
    e->arena = arena_new(0, LIMIT_EXCHANGE_ARENA);
    return e->counts != NULL && e->scratch != NULL && e->arena != NULL ? 0 : error_memory(err);
}

static const char *
recording_of(const struct explaining *e, const char *asked, struct error *err)
{
    const struct settings *s = ruleset_settings(e->ruleset);

    if (asked == NULL && s->record.to.length == 0)
        error_set(err, ERROR_CONFIG, s->file.data, "it records nothing; name a recording by --recording");
    return asked != NULL ? asked : s->record.to.data;
}

static int
read_source(struct explaining *e, const char *recording, const char *admin, struct error *err)
{
    if (admin != NULL && recording != NULL)
        return error_set(err, ERROR_USAGE, "--admin", "it is looked up in one place; leave --recording out");
    if (admin != NULL)
        return read_admin(e, admin, err);
    recording = recording_of(e, recording, err);
    return recording != NULL ? read_recording(e, recording, err) : -1;
}

static int
run(struct explaining *e, struct settings *settings, const char *recording, const char *admin)
{
    struct error err = { .kind = ERROR_NONE };
    struct text text;

    buffer_init(&e->out, LIMIT_FILE_BYTES);
    if (start(e, settings, &err) == 0 && read_source(e, recording, admin, &err) == 0) {
        text = buffer_text(&e->out);
        if (fwrite(text.data, 1, text.length, stdout) != text.length)
            error_system(&err, errno, "standard output", "cannot write");
    }
    buffer_release(&e->out);
    arena_free(e->arena);
    schema_scratch_free(e->scratch);
    fault_counts_free(e->counts);
    script_free(e->script);
    ruleset_drop(e->ruleset);
    return err.kind == ERROR_NONE ? EXIT_FINE : command_fail("fault explain", &err);
}

int
fault_explain(int argc, char **argv)
{
    const char *file = SETTINGS_FILE, *recording = NULL, *admin = NULL;
    struct settings_overrides overrides = { .faults = NULL };
    struct error err = { .kind = ERROR_NONE };
    struct option_list ids;
    struct settings *settings;
    int code;
    const struct option options[] = {
        { "--config", 'c', OPTION_TEXT, "FILE", NULL, "the configuration (" SETTINGS_FILE ")", &file },
        { "--faults", 0, OPTION_TEXT, "FILE", NULL, "the faults of this file, instead of the configuration's",
          &overrides.faults },
        { "--recording", 0, OPTION_TEXT, "DIR", NULL, "a recording or HAR file, instead of the configuration's",
          &recording },
        { "--admin", 0, OPTION_TEXT, "URL", NULL,
          "look at the last exchanges of a running gateway instead, with the configuration's token", &admin },
        { .name = NULL },
    };
    const struct usage usage = {
        .name = "fault explain",
        .summary = "Say which fault rules were considered for a recorded exchange, and why each did or did not act.",
        .arguments = "EXCHANGE [-c FILE] [--recording DIR|--admin URL]",
        .example = "plumbline fault explain 0k3f --recording logs/staging",
        .options = options,
        .least = 1,
        .most = 1,
        .more =
            "EXCHANGE is the beginning of an exchange's id, as `log show` prints it. Ordinals are those that the\n"
            "exchanges of the recording have: what came before it, and is not in it, is not counted. With --admin the\n"
            "whole id is wanted, and ordinals are not known.\n"
            "Exit: 0 told, 2 usage, configuration, or no such exchange.",
    };

    if (!options_read(&usage, argc, argv, &ids, &code))
        return code;
    settings = settings_load(file, &overrides, &err);
    if (settings == NULL)
        return command_fail("fault explain", &err);
    return run(&(struct explaining){ .id = ids.items[0] }, settings, recording, admin);
}
