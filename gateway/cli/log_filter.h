/* log_filter.h -- which exchanges of a recording are meant: the options that `log show`, `log export` and `log import`
 * share. Main thread. */
#ifndef CLI_LOG_FILTER_H
#define CLI_LOG_FILTER_H

#include <stdint.h>

#include "cli/command.h"
#include "cli/log_where.h"
#include "traffic/exchange.h"
#include "traffic/segment.h"

#define LOG_FILTER_WORDS 3

struct log_filter {
    struct option_list where; /* --where, and what the shorter options stand for */
    const char *since, *until;
    const char *service, *operation, *status;
    struct text id;   /* of log_filter_choose */
    int64_t from, to; /* ns since 1970; INT64_MIN and INT64_MAX: any */
    char words[LOG_FILTER_WORDS][512];
};

/* Rows of an option table. */
#define LOG_FILTER_OPTIONS(f)                                                                                          \
    { "--where", 0, OPTION_LIST, "KEY=VALUE", NULL, LOG_WHERE_HELP, &(f)->where },                                     \
        { "--service", 0, OPTION_TEXT, "NAME", NULL, "the same as --where service=NAME", &(f)->service },              \
        { "--operation", 0, OPTION_TEXT, "NAME", NULL, "the same as --where operation=NAME", &(f)->operation },        \
        { "--status", 0, OPTION_TEXT, "STATUS", NULL, "the same as --where status=STATUS", &(f)->status },             \
        { "--since", 0, OPTION_TEXT, "TIME", NULL, "those that began then or later", &(f)->since },                    \
    {                                                                                                                  \
        "--until", 0, OPTION_TEXT, "TIME", NULL, "those that began before", &(f)->until                                \
    }

#define LOG_FILTER_MORE                                                                                                \
    "A status is a number or a class (404, 4xx); a verdict is violations, unchecked, refused or ok.\n"                 \
    "A TIME is 2026-11-21, 2026-11-21T06:47:04Z, or how long ago: 30s, 15m, 2h, 7d.\n"

/* Is all of it something that can be asked? 0, or -1 with err. */
int log_filter_judge(struct log_filter *f, struct error *err);

bool log_filter_holds(const struct log_filter *f, const struct exchange *x);

/* Read with this reader only what may hold (segment_reader_choose); ask log_filter_holds all the same. `id`: how the
 * exchange's id begins, or NULL. The filter must stay. */
void log_filter_choose(struct log_filter *f, const char *id, struct segment_reader *reader);

#endif
