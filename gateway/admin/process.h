/* process.h -- what this process uses, for Prometheus, by the names that its client libraries have for it. */
#ifndef ADMIN_PROCESS_H
#define ADMIN_PROCESS_H

#include <stdint.h>

#include "base/buffer.h"

/* Append version, start, CPU time, memory and descriptors. What /proc does not tell is left out. */
void process_metrics(struct buffer *out, int64_t started);

#endif
