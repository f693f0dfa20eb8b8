/* log_where.h -- which exchanges are meant: conditions such as "status=4xx". Main thread. */
#ifndef CLI_LOG_WHERE_H
#define CLI_LOG_WHERE_H

#include "cli/command.h"
#include "traffic/exchange.h"
#include "traffic/index.h"

#define LOG_WHERE_HELP "service=|operation=|method=|status=|verdict=VALUE; all must hold"

/* Is each condition one that can be asked? 0, or -1 with err. */
int log_where_judge(const struct option_list *conditions, struct error *err);

/* Do all of them hold for x? */
bool log_where_holds(const struct option_list *conditions, const struct exchange *x);

/* Could they hold for this line of a recording's index? */
bool log_where_may_hold(const struct option_list *conditions, const struct index *index, const struct index_line *line);

#endif
