/* style.h -- how arrays and objects are written in one parameter (OAS 3.1 4.8.12.3, after RFC 6570), read back.
 *
 * Separators are looked for in the raw text, then each piece is decoded: an encoded separator is data. In the arena. */
#ifndef CONTRACT_STYLE_H
#define CONTRACT_STYLE_H

#include "contract/model.h"
#include "contract/part.h"

enum decoding {
    DECODE_NOTHING, /* headers */
    DECODE_PATH,    /* %XX */
    DECODE_QUERY,   /* %XX and '+' */
    DECODE_COOKIE,  /* %XX where it is well-formed, else as it came */
};

struct style_reader {
    struct arena *arena;
    struct text name; /* of the parameter: matrix repeats it */
    enum style style;
    bool explode;
    enum decoding decoding;
    const char *wrong; /* set when something cannot be read: a literal that begins with what was expected */
};

/* One raw text decoded; false with r->wrong. */
bool style_decode(struct style_reader *r, struct text raw, struct text *out);

/* A value that is neither array nor object. */
bool style_scalar(struct style_reader *r, struct text raw, struct text *out);

/* The occurrences of one parameter (more than one only in queries, headers and cookies) as an array or object. NULL
 * with r->wrong, or without memory. */
struct part *style_array(struct style_reader *r, const struct text *raws, uint32_t count);
struct part *style_object(struct style_reader *r, const struct text *raws, uint32_t count);

/* Add the value of "name[a][b]" to the object; `keys` is the decoded "[a][b]". "[]" and "[0]" make arrays. False with
 * r->wrong. */
bool style_deep(struct style_reader *r, struct part *object, struct text keys, struct text raw, struct index *members);

#endif
