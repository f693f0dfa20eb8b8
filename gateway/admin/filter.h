/* filter.h -- which exchanges a page is to show, as its query says. */
#ifndef ADMIN_FILTER_H
#define ADMIN_FILTER_H

#include "admin/api.h"
#include "traffic/exchange.h"

enum filter_verdict {
    FILTER_ANY,
    FILTER_OK,         /* checked, and nothing was found */
    FILTER_VIOLATIONS, /* some were found */
    FILTER_UNCHECKED,  /* a part of it was not checked */
    FILTER_REFUSED,    /* Plumbline answered itself */
};

struct filter {
    struct text service, operation, method; /* empty: any */
    uint16_t status_from, status_to;        /* 0: any */
    enum filter_verdict verdict;
    int64_t since, until; /* started at or after, and before; 0: any time */
    struct text before;   /* id: only what comes behind it in the list */
    uint32_t limit;
};

#define FILTER_LIMIT      100 /* unless the query says more */
#define FILTER_LIMIT_MOST 1000

/* Read the query; `list`: with the keys that only make sense for a list (limit, before). False: it was answered with
 * 400, naming the parameter. Texts live in the request's arena. */
bool filter_read(struct filter *f, struct api_call *call, bool list);

bool filter_matches(const struct filter *f, const struct exchange *x);

/* The status that the client saw; 0: none. */
uint16_t filter_status(const struct exchange *x);

/* "ok", "violations", "unchecked", "refused", or "none" where nobody looked: the word for its worst. */
struct text filter_verdict_of(const struct exchange *x);

#endif
