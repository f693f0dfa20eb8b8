/* cmd_log.c -- recordings for people: plumbline log show, tail, verify. */
#include "cli/command.h"
#include "cli/log_commands.h"

int
cmd_log(int argc, char **argv)
{
    static const struct command commands[] = {
        { "show", "one line per exchange, or all of one exchange", log_show },
        { "tail", "the last exchanges, and those that come", log_tail },
        { "verify", "is every line whole, known and in order?", log_verify },
    };
    static const struct command_group group = {
        .name = "plumbline log",
        .summary = "Recordings: look at them, follow them, verify them.",
        .example = "plumbline log show logs/staging --where verdict=violations",
        .commands = commands,
        .count = sizeof(commands) / sizeof(commands[0]),
    };

    return command_dispatch(&group, argc, argv);
}
