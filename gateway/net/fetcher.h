/* fetcher.h -- many requests at a time that Plumbline itself makes: calls and webhooks of the sandbox, later flows and
 * replay. libcurl's multi interface on a thread of its own.
 *
 * Connections are kept alive and used again. Redirects are never followed. Whoever asks gets one answer through the
 * callback, always, once, on the fetcher's thread, never within fetcher_ask. A callback may ask again; it must not stop
 * the fetcher, nor take its time: the others wait for it. */
#ifndef NET_FETCHER_H
#define NET_FETCHER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "http/message.h"

struct fetcher;

struct fetcher_options {
    uint32_t connections; /* open at a time, all hosts together; 0: LIMIT_FETCHER_CONNECTIONS */
    uint32_t waiting;     /* requests that may be under way or wait; 0: LIMIT_FETCHER_WAITING */
};

struct fetch_request {
    struct text method; /* "GET"; HEAD sends no body */
    struct text url;    /* http or https, or "unix:/path" of a socket with `target` as the request target */
    struct text target; /* sent as it is; empty: the URL's own */
    const struct header
        *headers; /* all that are sent, besides Host (unless it is here) and those that frame the body */
    uint32_t header_count;
    struct text body;
    bool has_body;
    int64_t timeout; /* nanoseconds, from asking to the last byte; 0: LIMIT_FETCH_MS */
    size_t max_body; /* of the answer; a larger one is a failure; 0: LIMIT_BODY_HELD */
    bool unverified; /* https: whoever answers is believed */
};

enum fetch_failure {
    FETCH_OK,
    FETCH_REFUSED, /* no connection */
    FETCH_TIMEOUT,
    FETCH_BROKEN,  /* the answer broke off, or is no HTTP/1, or too large */
    FETCH_URL,     /* the URL or a header field cannot be one */
    FETCH_FULL,    /* too many wait */
    FETCH_STOPPED, /* the fetcher ends */
};
const char *fetch_failure_name(enum fetch_failure failure); /* "refused" … literal */

struct fetch_result {
    enum fetch_failure failure;
    char why[160];           /* a sentence, where it failed */
    struct message response; /* valid until the callback returns */
    int64_t took;            /* nanoseconds */
};

typedef void fetch_done_fn(void *arg, const struct fetch_result *result);

/* New, or NULL with err. options may be NULL. */
struct fetcher *fetcher_start(const struct fetcher_options *options, struct error *err);

/* Any thread. Copies the request. What cannot be tried is told through the callback, too; false, and no callback: there
 * is no memory even for that. */
bool fetcher_ask(struct fetcher *f, const struct fetch_request *request, fetch_done_fn *done, void *arg);

/* Breaks off what is under way (FETCH_STOPPED), calls every callback that is due, frees. Any thread but the fetcher's;
 * nobody asks afterwards. Accepts NULL. */
void fetcher_stop(struct fetcher *f);

#endif
