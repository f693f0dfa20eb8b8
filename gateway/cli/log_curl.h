/* log_curl.h -- a recorded request as a command line for curl. Main thread. */
#ifndef CLI_LOG_CURL_H
#define CLI_LOG_CURL_H

#include "base/buffer.h"
#include "traffic/exchange.h"

/* Append the command, ready for a POSIX shell. What is not on record (redacted, cut) is said in comments before it. */
void log_curl(struct buffer *out, const struct exchange *x);

#endif
