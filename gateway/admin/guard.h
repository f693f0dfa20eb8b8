/* guard.h -- who may talk to the admin listener.
 *
 * It listens where browsers of this machine can reach it, so a web page must not be able to use it: the Host must be
 * one of ours (a name that was rebound to 127.0.0.1 is not), an Origin must be this very listener, and where a browser
 * says what kind of site a request comes from (Fetch Metadata, Sec-Fetch-Site) it must be this one or none. What
 * changes something has JSON for a body or none: the kinds that a form can send without asking are refused. Called on
 * the thread of the admin listener. */
#ifndef ADMIN_GUARD_H
#define ADMIN_GUARD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "http/message.h"

struct guard {
    struct text host;         /* that the listener was given; empty or 0.0.0.0: any address */
    const struct text *hosts; /* others under which it may be asked */
    uint32_t host_count;
    struct text token; /* empty: none is asked for */
};

/* May it listen there? An address that others can reach needs a token. Resolves the name. 0, or -1 with err. */
int guard_address(const struct guard *guard, const char *written, struct error *err);

/* 0: come in. Otherwise the status to refuse with, and *why (literal). `open`: the page needs no token. */
uint16_t guard_check(const struct guard *guard, const struct message *request, bool open, const char **why);

#endif
