/* fault_commands.h -- the subcommands of `plumbline fault`, one file each. Main thread. */
#ifndef CLI_FAULT_COMMANDS_H
#define CLI_FAULT_COMMANDS_H

int fault_list(int argc, char **argv);
int fault_explain(int argc, char **argv);

#endif
