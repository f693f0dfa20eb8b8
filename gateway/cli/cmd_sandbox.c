/* cmd_sandbox.c -- `plumbline sandbox`: simulated services, from contracts alone or from a configuration. What stands
 * in front of them is the gateway: requests are checked, answers too. */
#include <stdint.h>
#include <stdio.h>

#include "cli/command.h"
#include "cli/contract_url.h"
#include "cli/serving.h"

struct sandbox_source {
    const char *file; /* NULL: contracts */
    struct settings_overrides overrides;
    struct option_list contracts;
};

static struct settings *
load(void *arg, struct error *err)
{
    struct sandbox_source *s = arg;
    struct settings *settings;

    if (s->file != NULL) {
        settings = settings_load(s->file, &s->overrides, err);
        if (settings != NULL)
            settings_simulate(settings);
        return settings;
    }
    settings = settings_sandbox(s->contracts.items, s->contracts.count, &s->overrides, err);
    if (settings == NULL || contract_url_fetch(settings, err) == 0)
        return settings;
    settings_free(settings);
    return NULL;
}

int
cmd_sandbox(int argc, char **argv)
{
    struct sandbox_source s = { .file = NULL };
    struct serving_source source = { .command = "sandbox", .load = load, .arg = &s };
    int code;
    const struct option options[] = {
        { "--config", 'c', OPTION_TEXT, "FILE", NULL, "all services of a configuration, instead of contracts",
          &s.file },
        { "--listen", 0, OPTION_TEXT, "ADDRESS", NULL, "where clients connect (127.0.0.1:8080)", &s.overrides.listen },
        { "--admin", 0, OPTION_TEXT, "ADDRESS", NULL, "where the admin listener is (none)", &s.overrides.admin },
        { "--state", 0, OPTION_TEXT, "FILE", NULL, "keep what the services remember in this file (memory)",
          &s.overrides.state },
        { "--reset", 0, OPTION_FLAG, NULL, NULL, "begin with the seed file, whatever the state has",
          &s.overrides.reset },
        { "--seed", 0, OPTION_TEXT, "N", NULL, "of ids and made-up values: the same N, the same values (1)",
          &s.overrides.seed },
        { "--clock", 0, OPTION_TEXT, "CLOCK", NULL,
          "real, fixed (a second per request), or the time it begins with (real)", &s.overrides.clock },
        { "--record", 0, OPTION_TEXT, "DIR", NULL, "record every exchange in this folder (nothing)",
          &s.overrides.record },
        { "--workers", 0, OPTION_TEXT, "N", NULL, "worker threads (one per core)", &s.overrides.workers },
        { "--no-watch", 0, OPTION_FLAG, NULL, NULL, "do not reload when a file has changed, only on SIGHUP",
          &source.no_watch },
        { .name = NULL },
    };
    const struct usage usage = {
        .name = "sandbox",
        .summary = "Serve contracts as working services: what is created is found, changed, listed and deleted again.",
        .arguments = "CONTRACT... | -c FILE [--listen ADDRESS] [--state FILE] [--seed N] [--clock CLOCK]",
        .example = "plumbline sandbox contracts/erp.openapi.json --state erp.db",
        .options = options,
        .most = SIZE_MAX,
        .more = "A CONTRACT is a file or an http(s) URL. Requests that break it are refused in the shape that it "
                "documents;\n"
                "`Prefer: code=404` asks for an answer. With -c every service is simulated, also one with a real\n"
                "upstream. Exit: 0 stopped by a signal, 2 usage or contract, 3 environment.",
    };

    if (!options_read(&usage, argc, argv, &s.contracts, &code))
        return code;
    if ((s.file != NULL) == (s.contracts.count > 0)) {
        fprintf(stderr, "plumbline sandbox: %s\n",
                s.file != NULL ? "either contracts or -c FILE, not both"
                               : "a contract is missing, or -c FILE: plumbline sandbox contracts/erp.openapi.json");
        return EXIT_CONFIG;
    }
    return serving_run(&source);
}
