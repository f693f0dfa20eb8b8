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
          "2020-12, draft4, oas3.0 or oas3.1, where no $schema says otherwise; must be given", &draft },
        { "--format", 0, OPTION_CHOICE, "F", "assert|annotate",
          "what 'format' means where the dialect leaves it open (annotate); OpenAPI asserts", &format },
        { "--remotes", 0, OPTION_TEXT, "DIR", NULL, "the folder that stands for http://localhost:1234/",
          &options.remotes },
        { 0 },
    };
    const struct usage usage = {
        .name = "schema suite",
        .summary = "Run files in the shape of the JSON Schema test suite: file, group, test and valid, invalid or "
                   "error, with tabs.",
        .arguments = "--draft D FILE.json...",
        .example = "plumbline schema suite --draft 2020-12 --remotes remotes tests/draft2020-12/*.json",
        .options = table,
        .least = 1,
        .most = SIZE_MAX,
    };
    struct option_list files = { 0 };
    struct error err = { 0 };

    switch (options_parse(&usage, argc, argv, &files)) {
    case OPTIONS_HELP:
        return EXIT_FINE;
    case OPTIONS_BAD:
        return EXIT_CONFIG;
    case OPTIONS_OK:
        break;
    }
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
    return command_dispatch("plumbline schema", commands, sizeof(commands) / sizeof(commands[0]), argc, argv);
}
