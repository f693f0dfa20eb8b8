/* cmd_proxy.c -- `plumbline proxy`: the gateway without a configuration file. */
#include <stdint.h>
#include <stdio.h>

#include "cli/command.h"
#include "cli/contract_url.h"
#include "cli/serving.h"

int
cmd_proxy(int argc, char **argv)
{
    const char *to = NULL;
    bool enforce = false;
    struct settings_overrides overrides = { .listen = NULL };
    struct option_list contracts;
    struct error err = { .kind = ERROR_NONE };
    struct settings *settings;
    int code;
    const struct option options[] = {
        { "--to", 0, OPTION_TEXT, "URL", NULL, "the service behind: http(s)://HOST:PORT/BASE or unix:/PATH", &to },
        { "--ca", 0, OPTION_TEXT, "FILE", NULL, "whom to trust behind https:// (the system's authorities)",
          &overrides.ca },
        { "--insecure", 0, OPTION_FLAG, NULL, NULL, "believe whoever answers behind https://", &overrides.insecure },
        { "--listen", 0, OPTION_TEXT, "ADDRESS", NULL, "where clients connect (127.0.0.1:8080)", &overrides.listen },
        { "--admin", 0, OPTION_TEXT, "ADDRESS", NULL, "where the admin listener is (none)", &overrides.admin },
        { "--enforce", 0, OPTION_FLAG, NULL, NULL, "refuse what breaks the contract (observe: report it)", &enforce },
        { "--record", 0, OPTION_TEXT, "DIR", NULL, "record every exchange in this folder (nothing)",
          &overrides.record },
        { "--workers", 0, OPTION_NUMBER, "N", NULL, "worker threads (one per core)", &overrides.workers },
        { .name = NULL },
    };
    const struct usage usage = {
        .name = "proxy",
        .summary = "Put a contract in front of a service: forward everything, report what breaks the contract.",
        .arguments = "CONTRACT... --to URL [--listen ADDRESS] [--admin ADDRESS] [--enforce] [--record DIR]",
        .example = "plumbline proxy contracts/erp.openapi.json --to http://127.0.0.1:9000",
        .options = options,
        .least = 1,
        .most = SIZE_MAX,
        .more =
            "A CONTRACT is a file or an http(s) URL, which is fetched once. Paths outside the contracts pass and are\n"
            "reported. Exit: 0 stopped by a signal, 2 usage or contract, 3 environment.",
    };

    if (!options_read(&usage, argc, argv, &contracts, &code))
        return code;
    if (to == NULL) {
        fprintf(stderr, "plumbline proxy: --to URL is missing: where the service is\n");
        return EXIT_CONFIG;
    }
    settings = settings_proxy(contracts.items, contracts.count, to, enforce, &overrides, &err);
    if (settings == NULL || contract_url_fetch(settings, &err) < 0) {
        settings_free(settings);
        return command_fail("proxy", &err);
    }
    return serving_run("proxy", settings);
}
