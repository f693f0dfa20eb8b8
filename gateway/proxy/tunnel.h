/* tunnel.h -- an exchange that became a connection of another protocol: WebSocket, or whatever else was asked for by
 * Upgrade (RFC 9110 7.8).
 *
 * The handshake is an exchange like any other: checked, forwarded with Connection and Upgrade, its 101 checked. Once
 * the 101 is delivered bytes go both ways as they come, with back-pressure, and a side that closes is closed on the
 * other one, too. The exchange is over, and recorded, when the tunnel ends.
 *
 * Not passed on is an upgrade to what is HTTP again (h2c, HTTP/…, TLS/…): requests would go past the contract. Neither
 * is one with a body: what follows it could be read as either protocol. On the thread of the worker that has the
 * exchange. */
#ifndef PROXY_TUNNEL_H
#define PROXY_TUNNEL_H

#include "proxy/steps.h"

/* The protocols that the client asks for and that the upstream may see, as they are to be written; empty: none, the
 * request is an ordinary one. In the arena, or the field's own value. */
struct text tunnel_asked(const struct transit *t);

/* The option `upgrade` as it was written, out of a value of Connection; empty: it has none. */
struct text tunnel_option(struct text connection);

/* Does the upstream's 101 switch to a protocol that it was asked for? */
bool tunnel_answers(struct transit *t);

/* The step behind a 101: deliver it, and open the tunnel. */
enum step tunnel_open(struct transit *t);

/* ---- once it is open (t->tunnel) ---- */

void tunnel_from_client(struct transit *t, struct text bytes);
void tunnel_from_upstream(struct transit *t, struct text bytes);

/* The side sends no more. */
void tunnel_client_ended(struct transit *t);
void tunnel_upstream_ended(struct transit *t);

/* The side took all that was queued for it. */
void tunnel_client_drained(struct transit *t);
void tunnel_upstream_drained(struct transit *t);

/* It is over: a connection broke, or time is up. */
void tunnel_finish(struct transit *t, enum tunnel_end end);

#endif
