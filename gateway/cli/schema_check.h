/* schema_check.h -- `plumbline schema check SCHEMA INSTANCE...`. Main thread. */
#ifndef CLI_SCHEMA_CHECK_H
#define CLI_SCHEMA_CHECK_H

/* Exit 0: every instance satisfies the schema; 1: one does not, or is no JSON; 2: usage, or the schema cannot be
 * used; 3: a file. */
int schema_check_command(int argc, char **argv);

#endif
