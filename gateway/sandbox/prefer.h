/* prefer.h -- what a client asks of the sandbox by `Prefer: code=404, example=name, dynamic=true` (RFC 7240). Any
 * thread. */
#ifndef SANDBOX_PREFER_H
#define SANDBOX_PREFER_H

#include <stdbool.h>
#include <stdint.h>

#include "http/message.h"

struct prefer {
    uint16_t code;       /* 0: not asked for */
    struct text example; /* borrowed from the request; empty: not asked for */
    bool dynamic;        /* made from the schema although there is an example */
};

/* Unknown preferences and values that make no sense are ignored (RFC 7240 2). */
void prefer_read(struct prefer *prefer, const struct message *request);

#endif
