/* noise.h -- what may differ between two answers to the same request without telling anything.
 *
 * Rules by place ("response:/created_at", "response:/items/<any>/id" with '*' for an index, also with an operation in
 * front: "POST /api/orders response:/created_at"), by member name anywhere, by format of both values (date-time, uuid
 * …) and by header. A rule by place, name or format is about values: a member that is missing, or of another type, is
 * told all the same, unless the rule says `presence: true`. Built in: fields that every server writes anew, and, unless
 * `strict`, values that are a date-time or a UUID on both sides. One thread; no I/O but the named file. */
#ifndef REPLAY_NOISE_H
#define REPLAY_NOISE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/text.h"

struct noise;

/* New, or NULL (no memory). */
struct noise *noise_new(bool strict);
void noise_free(struct noise *n); /* accepts NULL */

/* The `noise` of a bindings file that satisfies its schema. 0, or -1 with err ("file:line:column"). */
int noise_load(struct noise *n, const char *path, struct error *err);

/* "response:/created_at", "format:date-time", "name:created_at", "header:Date". 0, or -1 with err. */
int noise_take(struct noise *n, const char *word, struct error *err);

/* A place that was seen to differ; the same one again is counted. 0, or -1 (no memory). */
int noise_learn(struct noise *n, struct text operation, struct text place, bool presence);

/* Where a difference is: the operation ("POST /api/orders"), the place with '*' for indices, and the name of its last
 * member; "header X" has the name X alone. */
struct noise_place {
    struct text operation;
    struct text pointer;
    struct text name;
};

/* Is a different value there noise? Both may be NULL texts where they are no strings. */
bool noise_has_value(const struct noise *n, const struct noise_place *place, struct text recorded, struct text now);

/* Is a missing or additional member noise, or one of another type? */
bool noise_has_presence(const struct noise *n, const struct noise_place *place);

/* Is there a rule about one operation alone? Else nobody needs to know which one it is. */
bool noise_asks_operation(const struct noise *n);

bool noise_has_header(const struct noise *n, struct text name);

/* Fields that every server writes anew. */
bool noise_is_builtin_header(struct text name);

/* The `noise:` part of a bindings file: what was learned, most seen first. */
void noise_write(const struct noise *n, struct buffer *out);
uint32_t noise_learned(const struct noise *n);

#endif
