/* command.c -- the table of subcommands, and dispatch by name. */
#include "cli/command.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "base/version.h"

static int cmd_help(int argc, char **argv);
static int cmd_version(int argc, char **argv);

/* In the order in which a newcomer needs them. */
static const struct command commands[] = {
    { "serve", "the gateway, from its configuration", cmd_serve },
    { "proxy", "a gateway without configuration: contracts, and where the service is", cmd_proxy },
    { "sandbox", "simulated services, from contracts or from a configuration", cmd_sandbox },
    { "check", "recorded traffic against contracts", cmd_check },
    { "flow", "journeys over several services: run, lint, show", cmd_flow },
    { "replay", "send recorded requests again, and compare the answers", cmd_replay },
    { "fault", "what is broken on purpose: list, explain", cmd_fault },
    { "log", "recordings: show, tail, export, import, verify", cmd_log },
    { "contract", "OpenAPI documents: lint, show; the ids of violations and refusals", cmd_contract },
    { "schema", "the JSON Schema validator alone: check, suite", cmd_schema },
    { "help", "this list", cmd_help },
    { "version", "the version", cmd_version },
};

static const struct command_group program = {
    .name = "plumbline",
    .summary = "Plumbline tells you when your services are out of true with their contracts.",
    .example = "plumbline proxy contracts/erp.openapi.json --to http://127.0.0.1:9000",
    .commands = commands,
    .count = sizeof(commands) / sizeof(commands[0]),
};

#define NAMES_MAX 32

static void
print_list(FILE *out, const struct command_group *group)
{
    fprintf(out, "%s\n\nusage: %s COMMAND ...\n\n  $ %s\n\n", group->summary, group->name, group->example);
    for (size_t i = 0; i < group->count; i++)
        fprintf(out, "  %-11s %s\n", group->commands[i].name, group->commands[i].summary);
    fprintf(out,
            "\n'%s COMMAND --help' tells more. Exit: 0 fine, 1 findings, 2 usage or configuration, 3 environment.\n",
            group->name);
}

int
command_dispatch(const struct command_group *group, int argc, char **argv)
{
    const char *names[NAMES_MAX];
    const char *near;

    if (argc < 2) {
        print_list(stderr, group);
        return EXIT_CONFIG;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_list(stdout, group);
        return EXIT_FINE;
    }
    for (size_t i = 0; i < group->count; i++) {
        if (strcmp(argv[1], group->commands[i].name) == 0)
            return group->commands[i].run(argc - 1, argv + 1);
        if (i < NAMES_MAX)
            names[i] = group->commands[i].name;
    }
    near = text_nearest(text_of(argv[1]), names, group->count < NAMES_MAX ? group->count : NAMES_MAX);
    fprintf(stderr, "%s: there is no command '%s'%s%s%s\n", group->name, argv[1],
            near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
            near != NULL ? "'?" : "; 'plumbline help' lists them");
    return EXIT_CONFIG;
}

static int
cmd_help(int argc, char **argv)
{
    static const struct usage usage = {
        .name = "help", .summary = "List the commands.", .arguments = "", .example = "plumbline help"
    };
    struct option_list none;
    int code;

    if (!options_read(&usage, argc, argv, &none, &code))
        return code;
    print_list(stdout, &program);
    return EXIT_FINE;
}

static int
cmd_version(int argc, char **argv)
{
    static const struct usage usage = {
        .name = "version", .summary = "Print the version.", .arguments = "", .example = "plumbline version"
    };
    struct option_list none;
    int code;

    if (!options_read(&usage, argc, argv, &none, &code))
        return code;
    printf("plumbline %s\n", PLUMBLINE_VERSION);
    return EXIT_FINE;
}

/* Whoever started us may have closed them: no socket or file of ours may get their numbers. Opened for reading only, so
 * that writing still fails and is noticed. */
static void
hold_standard_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0)
            (void)open("/dev/null", O_RDONLY);
}

int
command_run(int argc, char **argv)
{
    int code;

    hold_standard_streams();
    if (argc == 2 && strcmp(argv[1], "--version") == 0)
        code = cmd_version(1, argv);
    else
        code = command_dispatch(&program, argc, argv);
    if ((fflush(stdout) != 0 || ferror(stdout)) && code < EXIT_CONFIG) {
        fputs("plumbline: standard output cannot be written; what was to be said is not complete\n", stderr);
        code = EXIT_ENVIRONMENT;
    }
    return code;
}

int
command_fail(const char *command, const struct error *err)
{
    fflush(stdout);
    fprintf(stderr, "plumbline %s: %s%s%s\n", command, err->where, err->where[0] != '\0' ? ": " : "", err->what);
    return error_exit_code(err);
}
