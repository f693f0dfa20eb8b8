#include "cli/replay_faults.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/command.h"
#include "net/address.h"
#include "proxy/fault_counts.h"
#include "proxy/server.h"
#include "rules/fault.h"

struct replay_faults {
    struct ruleset *ruleset;
    struct proxy *proxy;
    char url[ADDRESS_TEXT + 16];
};

static void
on_say(void *arg, const char *line)
{
    (void)arg;
    fprintf(stderr, "plumbline replay: %s\n", line);
}

/* Found by the same paths, under the same name. Borrows from the other one. */
static void
be_like(struct service_settings *s, const struct service_settings *other)
{
    s->name = other->name;
    s->contract_text = other->contract_text;
    s->paths = other->paths;
    s->path_count = other->path_count;
    s->hosts = other->hosts;
    s->host_count = other->host_count;
    s->host_upstream = true;
}

/* The same services under the same names, all in front of the one target; nothing is refused, nothing recorded. */
static struct settings *
make_settings(const struct replay_faults_options *o, struct error *err)
{
    const struct settings_overrides overrides = {
        .listen = "127.0.0.1:0", .workers = "1", .faults = o->file, .ca = o->ca, .insecure = o->insecure
    };
    const char *contracts[OPTION_LIST_MAX];
    uint32_t count = ruleset_service_count(o->ruleset);
    struct settings *s;

    if (count > OPTION_LIST_MAX)
        count = OPTION_LIST_MAX;
    for (uint32_t i = 0; i < count; i++)
        contracts[i] = ruleset_service(o->ruleset, i)->settings->contract.data;
    s = settings_proxy(contracts, count, o->to, false, &overrides, err);
    for (uint32_t i = 0; s != NULL && i < count; i++)
        be_like(&s->services[i], ruleset_service(o->ruleset, i)->settings);
    if (s != NULL)
        s->access = ACCESS_OFF;
    return s;
}

static int
start(struct replay_faults *f, const struct replay_faults_options *o, struct error *err)
{
    const struct proxy_options options = { .say = on_say };
    struct settings *settings = make_settings(o, err);

    if (settings == NULL || (f->ruleset = ruleset_new(settings, NULL, NULL, err)) == NULL ||
        (f->proxy = proxy_start(f->ruleset, &options, err)) == NULL)
        return -1;
    if (!proxy_url(f->proxy, 0, f->url, sizeof f->url))
        return error_set(err, ERROR_ENVIRONMENT, "--faults", "the gateway in between listens nowhere");
    return 0;
}

int
replay_faults_start(struct replay_faults **made, const struct replay_faults_options *options, struct error *err)
{
    *made = NULL;
    if (options->ruleset == NULL)
        return error_set(err, ERROR_USAGE, "--faults",
                         "rules name operations: say by -c FILE or --contract CONTRACT where those are described");
    if ((*made = calloc(1, sizeof **made)) == NULL)
        return error_memory(err);
    if (start(*made, options, err) == 0)
        return 0;
    replay_faults_stop(*made);
    *made = NULL;
    return -1;
}

const char *
replay_faults_url(const struct replay_faults *f)
{
    return f->url;
}

void
replay_faults_told(const struct replay_faults *f, struct buffer *out)
{
    const struct faults *faults = f != NULL ? ruleset_faults(f->ruleset) : NULL;
    const char *between = "injected: ";

    for (uint32_t i = 0; faults != NULL && i < fault_count(faults); i++) {
        const struct fault_rule *rule = fault_at(faults, i);
        uint64_t times = fault_counts_firings(proxy_fault_counts(f->proxy), rule);

        if (times == 0)
            continue;
        buffer_print(out, "%s%.*s %" PRIu64 " time%s", between, TEXT_PRINT(rule->name), times, times == 1 ? "" : "s");
        between = ", ";
    }
}

void
replay_faults_stop(struct replay_faults *f)
{
    if (f == NULL)
        return;
    proxy_stop(f->proxy);
    ruleset_drop(f->ruleset);
    free(f);
}
