/* flow_commands.h -- the subcommands of `plumbline flow`, one file each. Main thread. */
#ifndef CLI_FLOW_COMMANDS_H
#define CLI_FLOW_COMMANDS_H

int flow_run(int argc, char **argv);
int flow_lint(int argc, char **argv);
int flow_show(int argc, char **argv);

#endif
