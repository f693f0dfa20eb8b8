/* har_parts.h -- parts of a HAR entry that are made from others: valid URLs, cookies from the header fields, the
 * server's address, times however they were written. Any thread. */
#ifndef TRAFFIC_HAR_PARTS_H
#define TRAFFIC_HAR_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "json/document.h"
#include "json/write.h"

/* Nanoseconds since 1970. RFC 3339, and what tools write instead: a space for the T, zones as +0200 or +02 or none
 * (UTC), a comma before the fraction, milliseconds since 1970 as a number. */
bool har_time_read(const struct value *v, int64_t *ns);

/* The URL as RFC 3986 has it: bytes that may not stand in one are percent-encoded. In the arena where it changes; empty
 * when nothing helps. */
struct text har_url(struct text url, struct arena *arena);

/* The URL as it was on the wire: spaces, controls and letters beyond ASCII, which some tools write as people see them,
 * are encoded; the rest stays, also where it is no valid URI. The URL itself when there is no memory. */
struct text har_wire_url(struct text url, struct arena *arena);

/* The array of cookies that the header fields carry: Cookie of a request, Set-Cookie of a response. */
void har_write_cookies(struct json_writer *w, const struct value *headers, bool request);

/* The member serverIPAddress, if `upstream` ("192.0.2.1:80", "[::1]:80") is an IP address. */
void har_write_server(struct json_writer *w, const struct value *upstream);

#endif
