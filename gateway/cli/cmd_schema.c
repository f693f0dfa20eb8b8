/* cmd_schema.c -- the validator alone: plumbline schema check, suite. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/schema_check.h"
#include "cli/schema_suite.h"

#define DRAFTS "2020-12|draft4|oas3.0|oas3.1"

static int
run_suite(int argc, char **argv)
{
    struct suite_options options = { .dialect = SCHEMA_2020_12 };
    const char *draft = NULL, *format = "annotate";
    const struct option table[] = {
        { "--draft", 0, OPTION_CHOICE, "D", DRAFTS,
          "2020-12, draft4, oas3.0 or oas3.1, where no $schema says otherwise (needed)", &draft },
        { "--format", 0, OPTION_CHOICE, "F", "assert|annotate",
          "assert or annotate: is 'format' checked? (annotate: no; OpenAPI always does)", &format },
        { "--remotes", 0, OPTION_TEXT, "DIR", NULL, "the folder that stands for http://localhost:1234/",
          &options.remotes },
        { 0 },
    };
    const struct usage usage = {
        .name = "schema suite",
        .summary = "Run files of the JSON Schema test suite; a line of results per test, separated by tabs.",
        .arguments = "--draft D FILE.json...",
        .example = "plumbline schema suite --draft 2020-12 --remotes remotes tests/draft2020-12/*.json",
        .options = table,
        .least = 1,
        .most = SIZE_MAX,
        .more = "Exit: 0 every file was run, whatever came of its tests; 2 one is no suite, 3 environment.",
    };
    struct option_list files = { 0 };
    struct error err = { 0 };
    int code;

    if (!options_read(&usage, argc, argv, &files, &code))
        return code;
    if (draft == NULL) {
        fprintf(stderr, "plumbline schema suite: --draft is missing: " DRAFTS "\n");
        return EXIT_CONFIG;
    }
    (void)schema_files_dialect(draft, &options.dialect);
    options.assert_formats = strcmp(format, "assert") == 0;
    for (size_t i = 0; i < files.count; i++) {
        if (schema_suite_run(files.items[i], &options, &err) < 0)
            return command_fail("schema suite", &err);
    }
    return EXIT_FINE;
}

static const struct command commands[] = {
    { "check", "does an instance satisfy a schema?", schema_check_command },
    { "suite", "run files of the JSON Schema test suite", run_suite },
};

int
cmd_schema(int argc, char **argv)
{
    static const struct command_group group = {
        .name = "plumbline schema",
        .summary = "The JSON Schema validator alone.",
        .example = "plumbline schema check order.schema.json order.json",
        .commands = commands,
        .count = sizeof(commands) / sizeof(commands[0]),
    };

    return command_dispatch(&group, argc, argv);
}
