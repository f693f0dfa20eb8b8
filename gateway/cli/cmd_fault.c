/* cmd_fault.c -- what is broken on purpose: plumbline fault list, explain. */
#include "cli/command.h"
#include "cli/fault_commands.h"

int
cmd_fault(int argc, char **argv)
{
    static const struct command commands[] = {
        { "list", "the rules, what they do and when; and the presets", fault_list },
        { "explain", "why each rule did or did not act on a recorded exchange", fault_explain },
    };
    static const struct command_group group = {
        .name = "plumbline fault",
        .summary = "Faults: what is broken on purpose, and why.",
        .example = "plumbline fault list -c rules/gateway.yaml",
        .commands = commands,
        .count = sizeof(commands) / sizeof(commands[0]),
    };

    return command_dispatch(&group, argc, argv);
}
