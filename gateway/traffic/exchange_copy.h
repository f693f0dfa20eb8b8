/* exchange_copy.h -- an exchange that outlives what it was read from. Any thread. */
#ifndef TRAFFIC_EXCHANGE_COPY_H
#define TRAFFIC_EXCHANGE_COPY_H

#include "traffic/exchange.h"

/* Everything but the verdicts, in to's arena, which is set. 0, or -1: no memory. */
int exchange_copy(struct exchange *to, const struct exchange *from);

#endif
