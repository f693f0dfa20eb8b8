/* admin.h -- the admin listener: health, metrics and status of a running gateway.
 *
 * Its own listener and thread, loopback unless a token is set. /healthz, /readyz, /metrics (Prometheus text),
 * /api/v1/status. The Host must be a loopback address, localhost or the listener's own address; a foreign Origin is
 * 403; with a token every request but /healthz and /readyz needs `Authorization: Bearer TOKEN` (compared in constant
 * time). No CORS. Described by a contract of its own (docs/schema/admin.openapi.json). */
#ifndef ADMIN_ADMIN_H
#define ADMIN_ADMIN_H

#include <stdint.h>

#include "base/error.h"
#include "rules/ruleset.h"

struct admin;
struct proxy;
struct reload;

/* Serve on the admin address of the proxy's settings; *admin is NULL afterwards when there is none. Borrows the proxy
 * and what reloads it (may be NULL) until admin_stop. 0, or -1 with err: an address that others can reach needs a token
 * (ERROR_CONFIG). */
int admin_start(struct admin **admin, struct proxy *proxy, struct reload *reload, struct error *err);

/* Where it can be reached ("http://127.0.0.1:9901"). Borrowed. */
const char *admin_url(const struct admin *admin);
uint16_t admin_port(const struct admin *admin);

/* From now on /readyz says no: what is inside is finished, nothing new should come. Any thread. Accepts NULL. */
void admin_drain(struct admin *admin);

/* Accepts NULL. */
void admin_stop(struct admin *admin);

#endif
