/* sandbox_query.h -- which notes or records of the sandbox a page is to show, as its query says. */
#ifndef ADMIN_SANDBOX_QUERY_H
#define ADMIN_SANDBOX_QUERY_H

#include "admin/api.h"
#include "json/document.h"

#define SANDBOX_LIMIT      100 /* unless the query says more */
#define SANDBOX_LIMIT_MOST 1000

/* A name of the query that is none of these is a member that must have the value: text, number, true, false, null. */
struct sandbox_query {
    struct text service, collection, id, order;
    uint64_t after, offset, limit;
    bool newest;
    const struct value *where; /* for store.h; NULL: all */
};

/* `records`: of a collection, otherwise notes of a list. False: it was answered with 400, naming the parameter.
 * Everything lives in the request's arena. */
bool sandbox_query_read(struct sandbox_query *q, struct api_call *call, bool records);

#endif
