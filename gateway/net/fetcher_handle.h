/* fetcher_handle.h -- one request of a fetcher as libcurl is told, and what libcurl says about it. Only for fetcher.c.
 */
#ifndef NET_FETCHER_HANDLE_H
#define NET_FETCHER_HANDLE_H

#include <stdbool.h>

#include "net/fetcher_job.h"

/* Prepare job->handle, an easy handle without options, whose private pointer becomes the job. False: no memory. */
bool fetcher_handle_set(struct fetcher_job *job, const char *authorities);

/* It ended with this CURLcode; 0 is no failure. */
void fetcher_handle_failed(struct fetcher_job *job, int code);

#endif
