/* address.h -- where to listen and where to connect, as people write it: host:port, [v6]:port, :port, unix:/path.
 *
 * Numeric addresses are read at once; names are resolved by getaddrinfo, which blocks: never call address_resolve on a
 * worker. Addresses are plain values. Any thread. */
#ifndef NET_ADDRESS_H
#define NET_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <netinet/in.h>

#include "base/error.h"
#include "base/ip.h"
#include "base/text.h"

struct address {
    socklen_t length; /* 0: none */
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
        struct sockaddr_un local;
    } as;
};

/* "[" + the longest IPv6 with scope + "]:65535", or "unix:" + a path */
#define ADDRESS_TEXT 128

/* Split "host:port", "[v6]:port" or ":port" (host is then empty). False when it is none of these. */
bool address_split(struct text written, struct text *host, uint16_t *port);

/* All addresses of host (a name or numeric; empty: any address, for listening) with this port, at most `most`.
 * Returns how many, or -1 with err. */
int address_resolve(struct text host, uint16_t port, struct address *out, int most, struct error *err);

/* A socket in the file system. -1 with err when the path is too long. */
int address_local(struct text path, struct address *out, struct error *err);

/* The error of an address that bind or listen did not take. Returns -1. */
int address_refused(struct error *err, int errno_value, const char *where);

/* Write it as text ("127.0.0.1:8080", "[::1]:8080", "unix:/path"; a nameless unix peer is "unix:"). Returns the
 * length. */
size_t address_print(const struct address *a, char out[ADDRESS_TEXT]);

/* The address without port, for X-Forwarded-For ("127.0.0.1", "::1"; a mapped IPv4 is shown as IPv4). Empty for
 * unix. */
size_t address_print_host(const struct address *a, char out[ADDRESS_TEXT]);

/* The address alone; unknown for unix. */
struct ip address_ip(const struct address *a);

/* The port, or 0. */
uint16_t address_port(const struct address *a);

#endif
