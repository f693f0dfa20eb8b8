/* infer_formats.h -- the formats that are recognised in strings. For infer_shape.c and infer_schema.c. */
#ifndef DRIFT_INFER_FORMATS_H
#define DRIFT_INFER_FORMATS_H

#include <stdint.h>

#include "base/text.h"

/* The name of the format with this bit; NULL behind the last one. */
const char *infer_format_name(unsigned bit);

/* Bits of the formats that the text is not of. */
uint8_t infer_formats_lost(struct text text);

#endif
