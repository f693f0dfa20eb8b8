/* exchange_id.h -- names of exchanges: 20 letters and digits that sort by time and never come twice. */
#ifndef PROXY_EXCHANGE_ID_H
#define PROXY_EXCHANGE_ID_H

#include <stdint.h>

#include "traffic/exchange.h"

struct worker;

/* The next one of this worker: 9 of the time (ms), 5 of the process, 2 of the worker, 4 counted; base 32
 * (Crockford). */
void exchange_id_next(struct worker *w, int64_t wall, char id[EXCHANGE_ID_BYTES + 1]);

#endif
