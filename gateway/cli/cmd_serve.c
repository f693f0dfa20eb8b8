/* cmd_serve.c -- `plumbline serve`: the gateway, from its configuration. */
#include "cli/command.h"
#include "cli/serving.h"

struct serve_options {
    const char *file;
    struct settings_overrides overrides;
    bool check;
};

static struct settings *
load(void *arg, struct error *err)
{
    const struct serve_options *o = arg;

    return settings_load(o->file, &o->overrides, err);
}

int
cmd_serve(int argc, char **argv)
{
    struct serve_options o = { .file = "rules/gateway.yaml" };
    struct serving_source source = { .command = "serve", .load = load, .arg = &o };
    struct option_list arguments;
    int code;
    const struct option options[] = {
        { "--config", 'c', OPTION_TEXT, "FILE", NULL, "the configuration (rules/gateway.yaml)", &o.file },
        { "--listen", 0, OPTION_TEXT, "ADDRESS", NULL, "where clients connect, instead of the file's `listen`",
          &o.overrides.listen },
        { "--admin", 0, OPTION_TEXT, "ADDRESS", NULL, "where the admin listener is, instead of the file's `admin`",
          &o.overrides.admin },
        { "--workers", 0, OPTION_TEXT, "N", NULL, "worker threads or auto, instead of the file's `workers`",
          &o.overrides.workers },
        { "--record", 0, OPTION_TEXT, "DIR", NULL, "where to record, instead of the file's `record.to`",
          &o.overrides.record },
        { "--state", 0, OPTION_TEXT, "FILE", NULL, "what simulated services remember, instead of `sandbox.state`",
          &o.overrides.state },
        { "--replay", 0, OPTION_TEXT, "RECORDING", NULL,
          "answer for every service from this recording, whatever its `upstream`", &o.overrides.replay },
        { "--faults", 0, OPTION_TEXT, "FILE", NULL, "break what this file says, instead of the file's `faults`",
          &o.overrides.faults },
        { "--no-watch", 0, OPTION_FLAG, NULL, NULL, "do not reload when a file has changed, only on SIGHUP",
          &source.no_watch },
        { "--check", 0, OPTION_FLAG, NULL, NULL, "read everything, say what is wrong or that nothing is, and end",
          &o.check },
        { .name = NULL },
    };
    const struct usage usage = {
        .name = "serve",
        .summary = "Check, forward and record every exchange between clients and the services of a configuration.",
        .arguments = "[-c FILE] [--listen ADDRESS] [--admin ADDRESS] [--workers N] [--replay RECORDING] [--check]",
        .example = "plumbline serve -c rules/gateway.yaml",
        .options = options,
        .more =
            "SIGHUP, and a changed file, reload the configuration: all of it takes effect, or the previous one stays\n"
            "and the reason is said. SIGTERM and SIGINT stop accepting, let what is inside finish, and end with exit\n"
            "code 0; once more, what is inside is broken off.\n"
            "Exit: 0 stopped (with --check: fine), 2 usage or configuration, 3 environment (a port in use, a folder "
            "not writable).",
    };

    if (!options_read(&usage, argc, argv, &arguments, &code))
        return code;
    return o.check ? serving_check(&source, o.file) : serving_run(&source);
}
