/* refuse.h -- the answers that Plumbline gives instead: problem+json with one item per violation. On the thread of the
 * worker that has the exchange. */
#ifndef PROXY_REFUSE_H
#define PROXY_REFUSE_H

#include "proxy/transit.h"

/* Write the refusal of t->refusal and note it in the exchange. */
void refuse_write(struct transit *t, struct buffer *out);

#endif
