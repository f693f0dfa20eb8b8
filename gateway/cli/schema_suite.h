/* schema_suite.h -- `plumbline schema suite`: files in the shape of the official JSON Schema test suite, one line
 * per test. Main thread. */
#ifndef CLI_SCHEMA_SUITE_H
#define CLI_SCHEMA_SUITE_H

#include "cli/schema_files.h"

struct suite_options {
    enum schema_dialect dialect;
    bool assert_formats;
    const char *remotes;
};

/* Run a file. 0, or -1 with err when the file is no suite. What the tests expect is not looked at. */
int schema_suite_run(const char *path, const struct suite_options *options, struct error *err);

#endif
