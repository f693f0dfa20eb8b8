/* ip.h -- an IP address as bytes, and networks of them, as people write them: 10.1.2.3, 2001:db8::1, 10.0.0.0/8.
 *
 * An IPv4 address is kept as the IPv6 address that stands for it (RFC 4291 2.5.5.2), so that one client has one
 * address on whichever socket it comes. Names are never looked up. Plain values. Any thread. */
#ifndef BASE_IP_H
#define BASE_IP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

struct ip {
    uint8_t bytes[16];
    bool known; /* false: none (a unix socket, an address that could not be read) */
};

struct ip_network {
    struct ip ip;
    uint8_t bits; /* of the 16 bytes that must be equal */
};

#define IP_TEXT 64 /* the longest address that is read, with its brackets and port */

/* False when it is no address. Brackets around IPv6 and a port behind the address are allowed, because proxies write
 * them (RFC 7239 6); a zone ("%eth0") is not. */
bool ip_read(struct text written, struct ip *ip);

/* From the bytes of a socket's address: 4 or 16 of them. */
struct ip ip_from_bytes(const void *bytes, size_t count);

/* "10.0.0.0/8", or an address alone for itself. False when it is none; bits behind the prefix must be zero, because
 * 10.1.2.3/8 is more likely a mistake than a wish. */
bool ip_network_read(struct text written, struct ip_network *network);

bool ip_network_has(const struct ip_network *network, const struct ip *ip);

/* What counts as one client: an IPv4 address; of IPv6 the first 64 bits, because every host may choose the others
 * itself (RFC 4291 2.5.1, RFC 6177). */
struct ip ip_client(const struct ip *ip);

bool ip_same(const struct ip *a, const struct ip *b);

#endif
