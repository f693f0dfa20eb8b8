/* tally_headers.c -- response headers that no contract has to name: what HTTP itself, its caches, browsers and proxies
 * say (IANA, Hypertext Transfer Protocol (HTTP) Field Name Registry), and what gateways add on their way. */
#include "drift/tally_headers.h"

#include <stddef.h>
#include <stdlib.h>

/* In the order of bytes, lower case. */
static const char *const usual[] = {
    "accept-ch",
    "accept-patch",
    "accept-post",
    "accept-ranges",
    "access-control-allow-credentials",
    "access-control-allow-headers",
    "access-control-allow-methods",
    "access-control-allow-origin",
    "access-control-expose-headers",
    "access-control-max-age",
    "age",
    "allow",
    "alt-svc",
    "cache-control",
    "cache-status",
    "cdn-cache-control",
    "clear-site-data",
    "connection",
    "content-digest",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-length",
    "content-location",
    "content-range",
    "content-security-policy",
    "content-security-policy-report-only",
    "content-type",
    "cross-origin-embedder-policy",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "date",
    "digest",
    "etag",
    "expires",
    "keep-alive",
    "last-modified",
    "link",
    "location",
    "nel",
    "p3p",
    "permissions-policy",
    "pragma",
    "priority",
    "proxy-authenticate",
    "proxy-status",
    "referrer-policy",
    "report-to",
    "reporting-endpoints",
    "repr-digest",
    "retry-after",
    "server",
    "server-timing",
    "set-cookie",
    "strict-transport-security",
    "timing-allow-origin",
    "traceparent",
    "tracestate",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "vary",
    "via",
    "warning",
    "www-authenticate",
    "x-cache",
    "x-cache-hits",
    "x-content-type-options",
    "x-dns-prefetch-control",
    "x-frame-options",
    "x-powered-by",
    "x-robots-tag",
    "x-served-by",
    "x-timer",
    "x-xss-protection",
};

static int
by_name(const void *key, const void *row)
{
    return text_compare(*(const struct text *)key, text_of(*(const char *const *)row));
}

bool
tally_header_is_usual(struct text name)
{
    char lower[64];
    struct text key = { lower, name.length };

    if (name.length == 0 || name.length > sizeof lower)
        return false;
    for (size_t i = 0; i < name.length; i++)
        lower[i] = name.data[i] >= 'A' && name.data[i] <= 'Z' ? (char)(name.data[i] + ('a' - 'A')) : name.data[i];
    return text_starts(key, TEXT("plumbline-")) ||
           bsearch(&key, usual, sizeof usual / sizeof usual[0], sizeof usual[0], by_name) != NULL;
}
