/* tally_headers.h -- which response headers need no contract. Any thread. */
#ifndef DRIFT_TALLY_HEADERS_H
#define DRIFT_TALLY_HEADERS_H

#include <stdbool.h>

#include "base/text.h"

bool tally_header_is_usual(struct text name);

#endif
