/* sending_style.h -- one value written in one style. For sending*.c only. */
#ifndef CONTRACT_SENDING_STYLE_H
#define CONTRACT_SENDING_STYLE_H

#include "contract/model.h"

#include "base/buffer.h"

enum escaping {
    ESCAPE_ALL,      /* everything but unreserved characters */
    ESCAPE_RESERVED, /* allowReserved: delimiters stay, where they do not end the query or a pair */
    ESCAPE_NOTHING,  /* header fields, and cookies in style cookie */
};

struct style_writer {
    struct buffer *out;
    struct text name;
    enum style style;
    bool explode;
    enum escaping escaping;
    const char *between; /* exploded pairs of style form: "&" or "; " */
    const char *wrong;   /* set when the style cannot hold the value: a literal */
};

/* Append it; nothing for null. False with w->wrong. */
bool style_write(struct style_writer *w, const struct value *value);

/* Append a text, escaped. False with w->wrong: it holds what its place cannot (CR, LF, NUL in fields). */
bool style_write_text(struct style_writer *w, struct text t);

/* The text of a scalar: a string as it is, else as JSON writes it. */
struct text style_scalar_text(const struct value *v);

/* Append JSON, escaped. */
bool style_write_json(struct style_writer *w, const struct value *value);

#endif
