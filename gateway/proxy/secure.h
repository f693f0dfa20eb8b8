/* secure.h -- the TLS of listeners and upstreams, out of the settings. Reads files: not on a worker. */
#ifndef PROXY_SECURE_H
#define PROXY_SECURE_H

#include "base/error.h"
#include "net/tls.h"
#include "proxy/server.h"
#include "rules/settings.h"

/* What clients of this listener speak, new in *tls; NULL there: no TLS. options->say hears what goes on all the same
 * (an expired certificate). 0, or -1 with err, whose place is that of the setting. */
int secure_listener(const struct listen_setting *l, const struct proxy_options *options, struct tls_context **tls,
                    struct error *err);

/* The same for what this service's upstream is spoken to with; says that an upstream is not verified. */
int secure_upstream(const struct service_settings *s, const struct proxy_options *options, struct tls_context **tls,
                    struct error *err);

#endif
