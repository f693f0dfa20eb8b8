/* peer.h -- who a client really is: the other end of its connection, or whom a trusted proxy there speaks for.
 *
 * A trusted proxy (trusted_proxies) tells its client's address in X-Forwarded-For or Forwarded (RFC 7239). Each proxy
 * appends what it saw itself, so the list is to be believed from its right end as far as trusted proxies wrote it: the
 * client is the right-most address that is not trusted. What stands left of that is the client's own invention. Any
 * thread. */
#ifndef PROXY_PEER_H
#define PROXY_PEER_H

#include "base/ip.h"
#include "http/message.h"
#include "rules/settings.h"

/* May the X-Forwarded-… and Forwarded fields of this peer be believed? An unknown address is a unix socket's. */
bool peer_is_trusted(const struct settings *s, const struct ip *ip);

/* The client behind the peer of a connection. Where all of the list is trusted, its left-most address; where an entry
 * is no address ("unknown"), the one that wrote it. X-Forwarded-For is read where there is one, and Forwarded
 * otherwise: a proxy must replace the one that it does not write. */
struct ip peer_client(const struct settings *s, const struct ip *peer, const struct message *m);

#endif
