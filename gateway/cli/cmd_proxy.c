/* cmd_proxy.c -- `plumbline proxy`: the gateway without a configuration file. */
#include <stdint.h>
#include <stdio.h>

#include "cli/command.h"
#include "cli/contract_url.h"
#include "cli/serving.h"

struct proxy_source {
    const char *to;
    bool enforce;
    struct settings_overrides overrides;
    struct option_list contracts;
};

static struct settings *
load(void *arg, struct error *err)
{
    const struct proxy_source *p = arg;
    struct settings *settings =
        settings_proxy(p->contracts.items, p->contracts.count, p->to, p->enforce, &p->overrides, err);

    if (settings == NULL || contract_url_fetch(settings, err) == 0)
        return settings;
    settings_free(settings);
    return NULL;
}

int
cmd_proxy(int argc, char **argv)
{
    struct proxy_source p = { .to = NULL };
    struct serving_source source = { .command = "proxy", .load = load, .arg = &p };
    int code;
    const struct option options[] = {
        { "--to", 0, OPTION_TEXT, "URL", NULL, "the service behind: http(s)://HOST:PORT/BASE or unix:/PATH", &p.to },
        { "--ca", 0, OPTION_TEXT, "FILE", NULL, "whom to trust behind https:// (the system's authorities)",
          &p.overrides.ca },
        { "--insecure", 0, OPTION_FLAG, NULL, NULL, "believe whoever answers behind https://", &p.overrides.insecure },
        { "--listen", 0, OPTION_TEXT, "ADDRESS", NULL, "where clients connect (127.0.0.1:8080)", &p.overrides.listen },
        { "--admin", 0, OPTION_TEXT, "ADDRESS", NULL, "where the admin listener is (none)", &p.overrides.admin },
        { "--enforce", 0, OPTION_FLAG, NULL, NULL, "refuse what breaks the contract (observe: report it)", &p.enforce },
        { "--record", 0, OPTION_TEXT, "DIR", NULL, "record every exchange in this folder (nothing)",
          &p.overrides.record },
        { "--replay", 0, OPTION_TEXT, "RECORDING", NULL, "answer from this recording, instead of a service behind",
          &p.overrides.replay },
        { "--workers", 0, OPTION_TEXT, "N", NULL, "worker threads (one per core)", &p.overrides.workers },
        { "--no-watch", 0, OPTION_FLAG, NULL, NULL, "do not reload when a contract has changed, only on SIGHUP",
          &source.no_watch },
        { .name = NULL },
    };
    const struct usage usage = {
        .name = "proxy",
        .summary = "Put a contract in front of a service: forward everything, report what breaks the contract.",
        .arguments = "CONTRACT... --to URL|--replay RECORDING [--listen ADDRESS] [--enforce] [--record DIR]",
        .example = "plumbline proxy contracts/erp.openapi.json --to http://127.0.0.1:9000",
        .options = options,
        .least = 1,
        .most = SIZE_MAX,
        .more =
            "A CONTRACT is a file or an http(s) URL, which is fetched at the start and by each reload. Paths outside "
            "the\n"
            "contracts pass and are reported. SIGHUP, and a changed contract, reload: all of it takes effect, or the\n"
            "previous one stays. Exit: 0 stopped by a signal, 2 usage or contract, 3 environment.",
    };

    if (!options_read(&usage, argc, argv, &p.contracts, &code))
        return code;
    if (p.to == NULL && p.overrides.replay == NULL) {
        fprintf(stderr, "plumbline proxy: --to URL is missing: where the service is\n");
        return EXIT_CONFIG;
    }
    if (p.to != NULL && p.overrides.replay != NULL) {
        fprintf(stderr, "plumbline proxy: --to and --replay: a service answers, or a recording, not both\n");
        return EXIT_CONFIG;
    }
    return serving_run(&source);
}
