/* member_order.h -- in which order the members of an object are written: that of the contract.
 *
 * Lua tables have no order. Of two names the one goes first that stands first in the first `properties` of the contract
 * that has both; names that no object has together go as they first stand anywhere; names that the contract does not
 * have come behind, by name. Unchanging; any thread. */
#ifndef SANDBOX_MEMBER_ORDER_H
#define SANDBOX_MEMBER_ORDER_H

#include "contract/contract.h"

struct member_order;

/* New or NULL (no memory). Borrows the contract. */
struct member_order *member_order_new(const struct contract *contract);
void member_order_free(struct member_order *o); /* accepts NULL */

/* For script_options: arg is the order. */
int member_order_compare(void *arg, struct text a, struct text b);

#endif
