/* fetch.h -- one file from the network: the requests that Plumbline itself makes, libcurl behind one door.
 *
 * For contracts that the command line names by URL, and for what a running gateway's admin listener knows; never for
 * traffic that passes through (upstream.h), and never for what a document asks for ($ref). Blocks: main thread, before
 * any worker starts. */
#ifndef NET_FETCH_H
#define NET_FETCH_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/error.h"

/* Does it begin with http:// or https://? Anything else is taken for a path. */
bool fetch_is_url(const char *word);

/* GET url and append its body to *out, at most to the buffer's ceiling. Certificates and names are verified;
 * SSL_CERT_FILE names other authorities. At most LIMIT_FETCH_REDIRECTS redirects (RFC 9110 15.4) to http and https, and
 * none from https to http. Only 200 is an answer. 0, or -1 with err: ERROR_USAGE for a URL that cannot be one or holds
 * a password (other users see command lines), else ERROR_ENVIRONMENT; then what is in *out means nothing. */
int fetch_get(const char *url, struct buffer *out, struct error *err);

/* The same with "Authorization: Bearer TOKEN" (RFC 6750 2.1), which no redirect gets; without it where it is empty. */
int fetch_get_as(const char *url, const char *token, struct buffer *out, struct error *err);

#endif
