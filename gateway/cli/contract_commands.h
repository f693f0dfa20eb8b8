/* contract_commands.h -- the commands of plumbline contract that have files of their own. */
#ifndef CLI_CONTRACT_COMMANDS_H
#define CLI_CONTRACT_COMMANDS_H

int contract_infer(int argc, char **argv);
int contract_extract(int argc, char **argv);

#endif
