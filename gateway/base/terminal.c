#include "base/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool
terminal_is_coloured(int fd)
{
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

    return isatty(fd) != 0 && (no == NULL || no[0] == '\0') && (term == NULL || strcmp(term, "dumb") != 0);
}
