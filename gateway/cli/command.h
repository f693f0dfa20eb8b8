/* command.h -- subcommands and their options, from tables.
 *
 * Each subcommand is one file cli/cmd_NAME.c with one row in the table of command.c. Its options are a table, too: the
 * same rows parse the command line and print --help. Main thread only. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* Exit codes of the program. */
enum exit_code {
    EXIT_FINE = 0,
    EXIT_FINDINGS = 1,
    EXIT_CONFIG = 2, /* usage or configuration */
    EXIT_ENVIRONMENT = 3,
};

enum option_kind {
    OPTION_FLAG,   /* --dry-run: *(bool *)value = true */
    OPTION_TEXT,   /* --to URL: *(const char **)value, borrowed from argv; the last one wins */
    OPTION_LIST,   /* may be repeated: *(struct option_list *)value */
    OPTION_NUMBER, /* *(long *)value; whole, not negative */
    OPTION_CHOICE, /* one of the words in `choices`, separated by '|': *(const char **)value */
};

#define OPTION_LIST_MAX 256

struct option_list {
    const char *items[OPTION_LIST_MAX];
    size_t count;
};

struct option {
    const char *name; /* "--listen"; a row with name NULL ends the table */
    char letter;      /* 'c' for -c, or 0 */
    enum option_kind kind;
    const char *argument; /* "URL", for --help; NULL for a flag */
    const char *choices;  /* "text|json" */
    const char *help;     /* one line, with the default: "address to listen on (127.0.0.1:8080)" */
    void *value;
};

struct usage {
    const char *name;             /* "check", "log show" */
    const char *summary;          /* one sentence */
    const char *arguments;        /* "RECORDING|HAR... --contract C..." */
    const char *example;          /* one real command line */
    const struct option *options; /* may be NULL */
    size_t least, most;           /* how many arguments; most SIZE_MAX: any number */
    const char *more;             /* a last paragraph for --help, or NULL */
};

enum options_result {
    OPTIONS_OK,
    OPTIONS_HELP, /* --help was asked for and printed: exit 0 */
    OPTIONS_BAD,  /* one line was printed: exit 2 */
};

/* Parse argv[1..] (argv[0] is the subcommand's name). What is no option comes back in *arguments. "--" ends the
 * options; "--name=value" and "--name value" are the same. A mistyped option gets the nearest right one. */
enum options_result options_parse(const struct usage *usage, int argc, char **argv, struct option_list *arguments);

/* The same for a command: true to go on, else false with the exit code in *code. */
bool options_read(const struct usage *usage, int argc, char **argv, struct option_list *arguments, int *code);

/* One line on standard error: "plumbline check: WHERE: WHAT". Returns the exit code for the error's kind. */
int command_fail(const char *command, const struct error *err);

/* Find the subcommand of argv[1] and run it; what main does. */
int command_run(int argc, char **argv);

/* One row of the table. A command with subcommands (contract lint) dispatches by command_dispatch. */
struct command {
    const char *name;
    const char *summary;
    int (*run)(int argc, char **argv);
};

/* A command that has commands; the program itself is one. */
struct command_group {
    const char *name;    /* "plumbline log" */
    const char *summary; /* one sentence */
    const char *example; /* one real command line */
    const struct command *commands;
    size_t count;
};

/* Run the row that argv[1] names; prints the list for --help and for nothing, the nearest name for a mistyped one. */
int command_dispatch(const struct command_group *group, int argc, char **argv);

int cmd_serve(int argc, char **argv);
int cmd_proxy(int argc, char **argv);
int cmd_sandbox(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_contract(int argc, char **argv);
int cmd_schema(int argc, char **argv);
int cmd_flow(int argc, char **argv);
int cmd_fault(int argc, char **argv);
int cmd_log(int argc, char **argv);
int cmd_replay(int argc, char **argv);

#endif
