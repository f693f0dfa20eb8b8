/* plain.h -- what a plain YAML scalar means in JSON (the core schema, YAML 1.2.2 10.3.2). Private to json/.
 *
 * Numbers become JSON number texts of the same value: +1 is 1, 007 is 7, .5 is 0.5, 1. is 1.0, 0o17 is 15, 0x1F is 31.
 * .inf and .nan, for which JSON has no number, stay the strings they are, and so do hexadecimal and octal numbers of
 * more than 256 digits. */
#ifndef JSON_PLAIN_H
#define JSON_PLAIN_H

#include "base/arena.h"
#include "json/document.h"

/* Sets type, flags, data and count of *v; the text becomes the value's data unless another writing is needed, which is
 * put in the arena. false: no memory. */
bool plain_read(struct value *v, struct text plain, struct arena *arena);

#endif
