/* recording_size.h -- how much there is to read, for those who tell how far they are. Any thread. */
#ifndef TRAFFIC_RECORDING_SIZE_H
#define TRAFFIC_RECORDING_SIZE_H

#include <stdint.h>

/* Bytes of a recording's plain segments, of one of them or of a HAR file; 0 where that is not known: what is
 * compressed, a pipe, nothing at all. */
uint64_t recording_size(const char *path);

#endif
