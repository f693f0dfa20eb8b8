/* contract_diff.h -- plumbline contract diff OLD NEW. */
#ifndef CLI_CONTRACT_DIFF_H
#define CLI_CONTRACT_DIFF_H

int contract_diff(int argc, char **argv);

#endif
