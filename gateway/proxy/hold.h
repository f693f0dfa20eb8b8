/* hold.h -- `sync: always`: the end of an answer waits until the exchange is on the disk.
 *
 * A whole answer waits with its head; of a stream its last byte (or its last chunk, or the end of the connection). The
 * recorder writes the line first, so it says what is about to be delivered; when the client then leaves before that, a
 * second line amends it (`_plumbline.amends`, docs/recordings.md). While the recorder has the exchange its worker may
 * touch nothing of it but the members that transit.h names. On the worker's thread. */
#ifndef PROXY_HOLD_H
#define PROXY_HOLD_H

#include "proxy/transit.h"

/* Must the end of this answer wait? */
bool hold_is_wanted(const struct transit *t);

/* Where what waits is put together: the head. */
struct buffer *hold_open(struct transit *t);

/* Of a piece that goes on at once, keep the last byte of a body whose length is known. */
struct text hold_last_byte(struct transit *t, struct text piece);

/* Everything that the client is to get stands in t->hold_head, hold_body and hold_tail: hand the exchange over at the
 * end of this turn. */
void hold_begin(struct transit *t);

/* The recorder gave it back: deliver, or refuse. */
void hold_end(struct transit *t);

/* Give the memory of what waited back. */
void hold_release(struct transit *t);

#endif
