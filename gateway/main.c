/* main.c -- look up the subcommand, run it, return its exit code. */
#include "cli/command.h"

int
main(int argc, char **argv)
{
    return command_run(argc, argv);
}
