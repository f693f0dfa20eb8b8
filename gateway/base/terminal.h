/* terminal.h -- what a terminal shows. Any thread. */
#ifndef BASE_TERMINAL_H
#define BASE_TERMINAL_H

#include <stdbool.h>

/* Is it one on which a line can be written over? TERM=dumb says no. */
bool terminal_is_there(int fd);

/* May what is written to this descriptor be coloured? It is a terminal, and neither NO_COLOR (https://no-color.org) nor
 * TERM=dumb say no. */
bool terminal_is_coloured(int fd);

#endif
