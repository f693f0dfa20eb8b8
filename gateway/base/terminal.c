#include "base/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool
terminal_is_there(int fd)
{
    const char *term = getenv("TERM");

    return isatty(fd) != 0 && (term == NULL || strcmp(term, "dumb") != 0);
}

bool
terminal_is_coloured(int fd)
{
    const char *no = getenv("NO_COLOR");

    return terminal_is_there(fd) && (no == NULL || no[0] == '\0');
}
