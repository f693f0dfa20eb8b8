/* index_layout.h -- numbers of the index file that its writer and its reader share. */
#ifndef TRAFFIC_INDEX_LAYOUT_H
#define TRAFFIC_INDEX_LAYOUT_H

#define INDEX_MAGIC       "PLMBINDX"
#define INDEX_HEAD_BYTES  48
#define INDEX_FRAME_BYTES 16
#define INDEX_LINE_BYTES  88
#define INDEX_TEXTS       4096 /* services, operations and methods in one segment */
#define INDEX_TEXT_BYTES  128

#endif
