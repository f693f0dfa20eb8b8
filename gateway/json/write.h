/* write.h -- JSON text, appended to a buffer.
 *
 * Small and flat: the caller keeps the order, the writer the commas and escapes. A failure of the buffer is remembered
 * by the buffer. Strings are written as valid UTF-8 JSON; bytes that are no UTF-8 become U+FFFD, but the three bytes of
 * a lone surrogate (document.h) become its escape again. One thread at a time. */
#ifndef JSON_WRITE_H
#define JSON_WRITE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "json/document.h"

struct json_writer {
    struct buffer *out;
    uint16_t depth;
    uint8_t indent; /* 0: one line */
    bool comma;     /* a comma is due before the next value */
    bool after_key;
};

void json_begin(struct json_writer *w, struct buffer *out, unsigned indent);
void json_object(struct json_writer *w);
void json_end_object(struct json_writer *w);
void json_array(struct json_writer *w);
void json_end_array(struct json_writer *w);
void json_key(struct json_writer *w, struct text key);
void json_string(struct json_writer *w, struct text value);
void json_integer(struct json_writer *w, int64_t value);
void json_double(struct json_writer *w, double value, int decimals);
void json_bool(struct json_writer *w, bool value);
void json_null(struct json_writer *w);

/* A value as it stands on a tape: numbers as written, keys in order. */
void json_value(struct json_writer *w, const struct value *value);

/* Text that is already JSON. */
void json_raw(struct json_writer *w, struct text json);

/* The quoted, escaped string alone; and without its quotes. */
void json_escape(struct buffer *out, struct text value);
void json_escape_inside(struct buffer *out, struct text value);

/* A key that is a literal: quoted and followed by its colon already, so that it needs no looking at. */
void json_key_literal(struct json_writer *w, struct text quoted);

#define JSON_KEY(w, key) json_key_literal((w), TEXT("\"" key "\":"))

#endif
