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

    return command_dispatch("plumbline log", commands, sizeof(commands) / sizeof(commands[0]), argc, argv);
}
