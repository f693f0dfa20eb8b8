/* contract_revision.h -- contracts as they were: REVISION:PATH, read out of the git repository around.
 *
 * git is started for each file, without a shell. $ref in such a contract reaches files of the same revision. Main
 * thread. */
#ifndef CLI_CONTRACT_REVISION_H
#define CLI_CONTRACT_REVISION_H

#include "contract/contract.h"

/* contract_load, for a path, a URL, or REVISION:PATH where there is no file of that name. */
struct contract *contract_revision_load(const char *name, const struct contract_options *options, struct error *err);

#endif
