/* command.c -- the table of subcommands, and dispatch by name. */
#include "cli/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/version.h"

static int cmd_help(int argc, char **argv);
static int cmd_version(int argc, char **argv);

/* In the order in which a newcomer needs them. */
static const struct command commands[] = {
    { "serve", "the gateway, from its configuration", cmd_serve },
    { "proxy", "a gateway without configuration: contracts, and where the service is", cmd_proxy },
    { "check", "recorded traffic against contracts", cmd_check },
    { "log", "recordings: show, tail, verify", cmd_log },
    { "contract", "OpenAPI documents: lint, show", cmd_contract },
    { "schema", "the JSON Schema validator alone: check, suite", cmd_schema },
    { "help", "this list", cmd_help },
    { "version", "the version", cmd_version },
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))
#define NAMES_MAX     32

static void
print_list(FILE *out, const char *prefix, const struct command *list, size_t count)
{
    if (strcmp(prefix, "plumbline") == 0)
        fprintf(out, "Plumbline tells you when your services are out of true with their contracts.\n\n");
    fprintf(out, "usage: %s COMMAND ...\n\n", prefix);
    for (size_t i = 0; i < count; i++)
        fprintf(out, "  %-10s %s\n", list[i].name, list[i].summary);
    fprintf(out,
            "\n'%s COMMAND --help' tells more. Exit: 0 fine, 1 findings, 2 usage or configuration, 3 environment.\n",
            prefix);
}

int
command_dispatch(const char *prefix, const struct command *list, size_t count, int argc, char **argv)
{
    const char *names[NAMES_MAX];
    const char *near;

    if (argc < 2) {
        print_list(stderr, prefix, list, count);
        return EXIT_CONFIG;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_list(stdout, prefix, list, count);
        return EXIT_FINE;
    }
    for (size_t i = 0; i < count; i++) {
        if (strcmp(argv[1], list[i].name) == 0)
            return list[i].run(argc - 1, argv + 1);
        if (i < NAMES_MAX)
            names[i] = list[i].name;
    }
    near = text_nearest(text_of(argv[1]), names, count < NAMES_MAX ? count : NAMES_MAX);
    fprintf(stderr, "%s: there is no command '%s'%s%s%s\n", prefix, argv[1], near != NULL ? "; did you mean '" : "",
            near != NULL ? near : "", near != NULL ? "'?" : "; 'plumbline help' lists them");
    return EXIT_CONFIG;
}

static int
cmd_help(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    print_list(stdout, "plumbline", commands, COMMAND_COUNT);
    return EXIT_FINE;
}

static int
cmd_version(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    printf("plumbline %s\n", PLUMBLINE_VERSION);
    return EXIT_FINE;
}

int
command_run(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--version") == 0)
        return cmd_version(argc, argv);
    return command_dispatch("plumbline", commands, COMMAND_COUNT, argc, argv);
}

int
command_fail(const char *command, const struct error *err)
{
    fflush(stdout);
    fprintf(stderr, "plumbline %s: %s%s%s\n", command, err->where, err->where[0] != '\0' ? ": " : "", err->what);
    return error_exit_code(err);
}
