/* tape.h -- what the makers of tapes (JSON text, YAML events) share. Private to json/. */
#ifndef JSON_TAPE_H
#define JSON_TAPE_H

#include "json/document.h"

/* Flag every object that says a key twice with VALUE_DUPLICATE_KEY and count them. *first is the first key that was
 * said before, or NULL. The arena gives a table for objects with many members. 0, or -1 when it has no memory. */
int tape_mark_repeats(struct value *tape, uint32_t values, struct arena *arena, uint32_t *objects,
                      const struct value **first);

#define SIEVE_MEMBERS 32 /* above, too many keys share a bit of the parser's sieve */

/* Does a member of the object in front of this key have the same key? The object may be open still. */
bool tape_key_repeats(const struct value *object, const struct value *key);

/* Build the table of line beginnings of document->source. 0, or -1 when the arena has no memory. */
int tape_lines(struct document *document, struct arena *arena);

/* YAML onto a tape (yaml.c). source and name stay borrowed. 0, or -1 with err. */
int
tape_from_yaml(struct document *document, struct text source, const char *name, struct arena *arena, struct error *err);

#endif
