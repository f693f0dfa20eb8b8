/* base64.h -- base64 with padding (RFC 4648 4). Any thread. */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/text.h"

/* The value of a digit, 0 to 63; -1 of any other byte, padding too. */
int base64_digit(char c);

/* Append the encoded form. */
void base64_write(struct buffer *out, struct text bytes);

/* Decode strictly: no white space, right padding, no stray bits. False when it is none, or no memory. */
bool base64_read(struct text t, struct arena *arena, struct text *bytes);

#endif
