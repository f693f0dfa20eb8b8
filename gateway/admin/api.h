/* api.h -- the pages of the admin listener, as one table. Answers on the listener's thread, from what the proxy
 * counts. */
#ifndef ADMIN_API_H
#define ADMIN_API_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/service.h"
#include "rules/ruleset.h"

struct proxy;

/* What the pages know. */
struct api {
    const struct proxy *proxy;
    const struct ruleset *ruleset;
    int64_t started; /* clock_wall */
    atomic_bool draining;
};

struct api_page {
    const char *path;
    const char *summary;
    bool open; /* needs no token: for probes */
    void (*answer)(struct api *api, const struct service_request *request, struct service_answer *answer);
};

extern const struct api_page api_pages[];
extern const size_t api_page_count;

/* The page at this path, or NULL. */
const struct api_page *api_find(struct text path);

/* problem+json with this status. */
void api_problem(struct service_answer *answer, uint16_t status, struct text detail);

/* 404, with the list of what there is. */
void api_not_found(const struct service_request *request, struct service_answer *answer);

/* status.c: the state of the gateway as JSON. */
void api_status(struct api *api, const struct service_request *request, struct service_answer *answer);

#endif
