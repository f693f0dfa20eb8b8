/* recording_files.h -- how the files of a recording are called; for recording*.c. */
#ifndef TRAFFIC_RECORDING_FILES_H
#define TRAFFIC_RECORDING_FILES_H

#define RECORDING_PATH   4200
#define RECORDING_PLAIN  ".jsonl"
#define RECORDING_PACKED ".jsonl.zst"
#define RECORDING_INDEX  ".index"

void recording_path(char out[RECORDING_PATH], const char *folder, unsigned number, const char *ending);

#endif
