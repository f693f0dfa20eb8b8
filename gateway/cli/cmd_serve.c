/* cmd_serve.c -- `plumbline serve`: the gateway, from its configuration. */
#include "cli/command.h"
#include "cli/serving.h"

int
cmd_serve(int argc, char **argv)
{
    const char *file = "rules/gateway.yaml";
    struct settings_overrides overrides = { .listen = NULL };
    struct option_list arguments;
    struct error err = { .kind = ERROR_NONE };
    struct settings *settings;
    int code;
    const struct option options[] = {
        { "--config", 'c', OPTION_TEXT, "FILE", NULL, "the configuration (rules/gateway.yaml)", &file },
        { "--listen", 0, OPTION_TEXT, "ADDRESS", NULL, "where clients connect, instead of the file's `listen`",
          &overrides.listen },
        { "--admin", 0, OPTION_TEXT, "ADDRESS", NULL, "where the admin listener is, instead of the file's `admin`",
          &overrides.admin },
        { "--workers", 0, OPTION_NUMBER, "N", NULL, "worker threads, instead of the file's `workers`",
          &overrides.workers },
        { "--record", 0, OPTION_TEXT, "DIR", NULL, "where to record, instead of the file's `record.to`",
          &overrides.record },
        { .name = NULL },
    };
    const struct usage usage = {
        .name = "serve",
        .summary = "Check, forward and record every exchange between clients and the services of a configuration.",
        .arguments = "[-c FILE] [--listen ADDRESS] [--admin ADDRESS] [--workers N]",
        .example = "plumbline serve -c rules/gateway.yaml",
        .options = options,
        .more = "SIGTERM and SIGINT stop accepting, let what is inside finish, and end with exit code 0.\n"
                "Exit: 0 stopped, 2 usage or configuration, 3 environment (a port in use, a folder not writable).",
    };

    if (!options_read(&usage, argc, argv, &arguments, &code))
        return code;
    settings = settings_load(file, &overrides, &err);
    if (settings == NULL)
        return command_fail("serve", &err);
    return serving_run("serve", settings);
}
