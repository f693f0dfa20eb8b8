/* security.h -- are credentials there, and do they look like what the contract asks for? For this folder only.
 *
 * Nobody here can know whether a token is good: presence and shape are checked (RFC 7617, RFC 6750 2.1, RFC 9110
 * 11.4). */
#ifndef CONTRACT_SECURITY_H
#define CONTRACT_SECURITY_H

#include "contract/report.h"

void check_security(const struct checking *c, const struct operation *o, const struct message *request);

#endif
