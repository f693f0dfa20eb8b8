/* cmd_log.c -- recordings for people: plumbline log show, tail, export, import, verify. */
#include "cli/command.h"
#include "cli/log_commands.h"

int
cmd_log(int argc, char **argv)
{
    static const struct command commands[] = {
        { "show", "one line per exchange, or all of one exchange", log_show },
        { "tail", "the last exchanges, and those that come", log_tail },
        { "export", "recordings as one HAR 1.2 file", log_export },
        { "import", "HAR files of other tools as a recording", log_import },
        { "verify", "is every line whole, known and in order?", log_verify },
    };
    static const struct command_group group = {
        .name = "plumbline log",
        .summary = "Recordings: look at them, follow them, export, import and verify them.",
        .example = "plumbline log show logs/staging --where verdict=violations",
        .commands = commands,
        .count = sizeof(commands) / sizeof(commands[0]),
    };

    return command_dispatch(&group, argc, argv);
}
