/* fetcher_job.h -- one request of a fetcher: copied, checked, and its answer collected. Knows nothing of libcurl, nor
 * of threads: a job belongs to one at a time. */
#ifndef NET_FETCHER_JOB_H
#define NET_FETCHER_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "net/fetcher.h"

struct fetcher_job {
    struct fetcher_job *previous, *next; /* in whatever list it is */
    fetch_done_fn *done;
    void *arg;
    struct arena *arena;

    struct fetch_request request; /* copies; each text is followed by NUL */
    struct text socket;           /* "/path" of "unix:/path"; else empty */
    int64_t asked_at, deadline;   /* monotonic */

    struct header *headers; /* of the answer: room for LIMIT_HEADER_FIELDS */
    bool head_done;         /* of the final answer: what comes now are trailers */
    struct buffer body;
    struct fetch_result result;
    void *handle; /* the fetcher's own */
};

/* New; NULL: no memory. */
struct fetcher_job *fetcher_job_new(fetch_done_fn *done, void *arg);

/* Copy and check the request; one that cannot be asked fails (FETCH_URL, FETCH_FULL). */
void fetcher_job_copy(struct fetcher_job *job, const struct fetch_request *request);

/* One line of the answer's head with its end, of the trailers, too. False: it is no HTTP, or too much; the failure is
 * set. */
bool fetcher_job_head_line(struct fetcher_job *job, struct text line);

/* One piece of the answer's body. False: too large; the failure is set. */
bool fetcher_job_body(struct fetcher_job *job, struct text piece);

/* The first failure stays. */
void fetcher_job_fail(struct fetcher_job *job, enum fetch_failure failure, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Tell whoever asked, and free the job. */
void fetcher_job_finish(struct fetcher_job *job);

#endif
