#include "cli/schema_check.h"
int
schema_check_command(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return 0;
}
