/* log_colour.h -- colours of exchanges at a terminal: red what is wrong, yellow what is not sure. Main thread. */
#ifndef CLI_LOG_COLOUR_H
#define CLI_LOG_COLOUR_H

#include "base/buffer.h"
#include "traffic/exchange.h"

/* exchange_text_line, in colour when it is wanted (base/terminal.h). */
void log_colour_line(struct buffer *out, const struct exchange *x, bool wanted);

#endif
