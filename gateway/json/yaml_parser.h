/* yaml_parser.h -- the door to libfyaml: a text as events. For yaml*.c of this folder. */
#ifndef JSON_YAML_PARSER_H
#define JSON_YAML_PARSER_H

#include <libfyaml.h>
#include <stdbool.h>

#include "base/text.h"

struct yaml_parser {
    struct fy_parser *events; /* fy_parser_parse */
    struct fy_diag *diag;     /* its complaints, which are collected, not printed */
};

/* The source is borrowed. Strictly, or sloppy: where brackets are not indented as the standard wants, as most other
 * readers do. False: no memory; to be closed all the same. */
bool yaml_parser_open(struct yaml_parser *parser, struct text source, bool sloppy);
void yaml_parser_close(struct yaml_parser *parser);

#endif
