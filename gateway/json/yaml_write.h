/* yaml_write.h -- a document as YAML 1.2 in block style, for people: what yaml.c reads back as the same values. Keys
 * and strings stand plain where nobody could take them for something else, and as JSON strings elsewhere. */
#ifndef JSON_YAML_WRITE_H
#define JSON_YAML_WRITE_H

#include "base/buffer.h"
#include "json/document.h"

/* Append the value, with the end of its last line. */
void yaml_write(struct buffer *out, const struct value *value);

/* May this string stand without quotes, whoever reads it? */
bool yaml_is_plain(struct text t);

#endif
