/* contract_url.h -- contracts that the command line names by URL, fetched before they are loaded.
 *
 * The domain band opens no socket, so the text is brought to it. Messages name the URL, and a $ref in it that leads
 * over the network is refused like any other. Main thread. */
#ifndef CLI_CONTRACT_URL_H
#define CLI_CONTRACT_URL_H

#include "contract/contract.h"
#include "rules/settings.h"

/* contract_load, for a path or a URL. */
struct contract *contract_url_load(const char *path_or_url, const struct contract_options *options, struct error *err);

/* Fetch the contracts of these settings that are URLs; their text is in the settings' arena. 0, or -1 with err. */
int contract_url_fetch(struct settings *settings, struct error *err);

#endif
