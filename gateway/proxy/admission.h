/* admission.h -- how many may be inside: connections over all workers and per client, requests per service.
 *
 * One for the whole gateway, and for all generations of its settings; the limits themselves are arguments, because they
 * are the settings'. Where all places are taken, a worker may note that it waits: it is woken when one becomes free.
 * Any thread: atomic counts, and a lock per shard of the clients, taken once per connection. */
#ifndef PROXY_ADMISSION_H
#define PROXY_ADMISSION_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/ip.h"
#include "base/text.h"
#include "net/loop.h"

struct admission;

/* New or NULL. `say` is told once that descriptors are exhausted, from any thread; it may be NULL. */
struct admission *admission_new(void (*say)(void *arg, const char *line), void *arg);

/* Accepts NULL. */
void admission_free(struct admission *a);

/* ---- connections ---- */

/* A worker that may have to wait. A member of it; gone from the admission before its loop is. */
struct admission_seat {
    struct loop *loop;
    atomic_bool waiting;        /* it found no place */
    atomic_bool crowded;        /* and a client is in its queue */
    _Atomic int64_t idle_since; /* told by it: when its longest-idle connection became so; ADMISSION_BUSY: none is */
    atomic_uint asked;          /* so many of its idle connections are to be closed */
    struct admission_seat *next;
};
#define ADMISSION_BUSY INT64_MAX
void admission_join(struct admission *a, struct admission_seat *seat, struct loop *loop);
void admission_part(struct admission *a, struct admission_seat *seat);

/* One more connection, of at most `most`. False: there is no place. With a seat, its loop is woken when there is one
 * (perhaps for somebody else: ask again). */
bool admission_enter(struct admission *a, uint32_t most, struct admission_seat *seat);
void admission_leave(struct admission *a);

/* There was no place for a client in this seat's queue: the seat whose connection is idle for longest is asked to close
 * it, and its loop is woken. The crowd is over when the seat has looked again (admission_look_again). */
void admission_crowd(struct admission *a, struct admission_seat *seat);
void admission_look_again(struct admission *a, struct admission_seat *seat);

/* Does anybody wait? Cheap. */
bool admission_is_crowded(const struct admission *a);

/* A connection takes up two descriptors, one on each side: say so where the system does not allow as many. */
void admission_judge_descriptors(struct admission *a, uint32_t connections);

/* A client could not be accepted (errno): said the first time. */
void admission_exhausted(struct admission *a, int error);

/* Why a connection was turned away: name, label in the metrics. */
#define ADMISSION_REASONS(R)                                                                                           \
    R(OVER_ALL, "max_connections")                                                                                     \
    R(OVER_CLIENT, "max_connections_per_client")                                                                       \
    R(NO_DESCRIPTOR, "descriptors")
#define ADMISSION_REASON_ENUM(NAME, label) ADMISSION_##NAME,
enum admission_reason { ADMISSION_REASONS(ADMISSION_REASON_ENUM) ADMISSION_REASON_COUNT };

void admission_count(struct admission *a, enum admission_reason reason);

/* Append what was counted, for /metrics. */
void admission_metrics(const struct admission *a, struct buffer *out);

/* One more connection of this client (ip_client), of at most `most`. False: it has as many, or there is no memory. */
bool admission_client_enter(struct admission *a, const struct ip *client, uint32_t most);
void admission_client_leave(struct admission *a, const struct ip *client);

/* ---- requests on their way to a service ---- */

/* Their number, by the service's name: a reload does not begin at zero. It lives as long as the admission. NULL: no
 * memory. */
struct admission_flow;
struct admission_flow *admission_flow(struct admission *a, struct text service);

/* One more of at most `most`; false: there are as many. */
bool admission_flow_enter(struct admission_flow *flow, uint32_t most);
void admission_flow_leave(struct admission_flow *flow);

#endif
