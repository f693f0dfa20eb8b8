/* http_proxy.h -- which HTTP proxy leads to an upstream (`proxy` of a service): none, one that is named, or what the
 * environment says for the upstream's scheme and host.
 *
 * The environment is read as curl reads it: http_proxy or https_proxy by the upstream's scheme, else all_proxy, unless
 * no_proxy has the host; lower case first, then upper case. Any thread, as long as nobody changes the environment. */
#ifndef RULES_HTTP_PROXY_H
#define RULES_HTTP_PROXY_H

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "rules/settings.h"

/* `written` is "env", "off", or "http://USER:PASSWORD@HOST:PORT". 0, or -1 with err, which never tells the user or
 * the password. */
int http_proxy_read(struct http_proxy *p, struct text written, const struct upstream_settings *to, const char *where,
                    struct arena *arena, struct error *err);

/* Does a no_proxy list have this host? "*": every one; "example.org" and ".example.org": it and all below it; an
 * address, a network ("10.0.0.0/8"); each may end in ":PORT". */
bool http_proxy_exempts(struct text list, struct text host, uint16_t port);

#endif
