/* log_commands.h -- the subcommands of `plumbline log`, one file each. Main thread. */
#ifndef CLI_LOG_COMMANDS_H
#define CLI_LOG_COMMANDS_H

int log_show(int argc, char **argv);
int log_tail(int argc, char **argv);
int log_export(int argc, char **argv);
int log_import(int argc, char **argv);
int log_verify(int argc, char **argv);

#endif
