/* query.h -- the query of one request against its operation. For this folder only. */
#ifndef CONTRACT_QUERY_H
#define CONTRACT_QUERY_H

#include "contract/parameters.h"

void check_query(const struct checking *c, const struct operation *o, const struct message *request,
                 const struct parameter_ids *ids);

#endif
