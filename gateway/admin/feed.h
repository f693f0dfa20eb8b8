/* feed.h -- exchanges as they end, to everyone who listens (server-sent events, WHATWG HTML 9.2).
 *
 * One thread of its own, which sleeps while nobody listens. Each listener has a filter and a bounded queue; what no
 * longer fits is counted and told. */
#ifndef ADMIN_FEED_H
#define ADMIN_FEED_H

#include <stdbool.h>
#include <stdint.h>

#include "admin/filter.h"
#include "base/error.h"

struct feed;
struct recent;
struct service_stream;

/* *feed is NULL afterwards when recent is. 0, or -1 with err. */
int feed_start(struct feed **feed, struct recent *recent, struct error *err);

/* All streams end, nobody may listen any more; its thread with them. Then free it, once no request can come. Both
 * accept NULL. */
void feed_stop(struct feed *feed);
void feed_free(struct feed *feed);

/* Is there room for one more listener? */
bool feed_has_room(struct feed *feed);

/* One more listener; takes the stream. The filter's texts are copied. `last` is the id of the last event that it has
 * seen, or empty: then it gets what ends from now on. False: there was no room after all, the stream is closed. */
bool feed_join(struct feed *feed, struct service_stream *stream, const struct filter *filter, struct text last);

#endif
