/* parameter_places.h -- path, query, header and cookie parameters of one request; headers of one response. For this
 * folder only. */
#ifndef CONTRACT_PARAMETER_PLACES_H
#define CONTRACT_PARAMETER_PLACES_H

#include "contract/parameters.h"

/* All parameters of a request. */
void check_parameters(const struct checking *c, const struct contract_match *match, const struct message *request);

/* The described headers of a response (or of a part of a form). */
void check_headers(const struct checking *c, const struct parameter *headers, uint32_t count,
                   const struct message *message, const struct parameter_ids *ids);

#endif
