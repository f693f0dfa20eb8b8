/* markup.h -- text inside of XML and HTML: whatever it is, it stays text.
 *
 * The five characters that markup is made of are escaped; what XML 1.0 forbids (2.2) or what could command a terminal
 * or turn the direction of reading is written so that it can be seen (\x1b, \u202e); bytes that are no UTF-8 become
 * U+FFFD. Right in content and in quoted attributes. Any thread. */
#ifndef REPORT_MARKUP_H
#define REPORT_MARKUP_H

#include "base/buffer.h"

void markup_text(struct buffer *out, struct text t);

/* A literal in which each {} stands for the next of the texts, escaped: MARKUP(out, "<b id=\"{}\">{}</b>", id, name).
 */
void markup_fill(struct buffer *out, const char *literal, const struct text *texts, size_t count);

#define MARKUP(out, literal, ...)                                                                                      \
    markup_fill((out), "" literal, (const struct text[]){ __VA_ARGS__ },                                               \
                sizeof((const struct text[]){ __VA_ARGS__ }) / sizeof(struct text))

/* The literal alone. */
#define MARKUP_RAW(out, literal) buffer_add((out), TEXT(literal))

#endif
