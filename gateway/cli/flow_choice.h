/* flow_choice.h -- names of the command line that a flow must have: workflows, source descriptions. Main thread. */
#ifndef CLI_FLOW_CHOICE_H
#define CLI_FLOW_CHOICE_H

#include "cli/flow_config.h"

/* The workflows that the plan names; without any, all that no other one of the document calls: those run when they are
 * called. In the plan's arena. 0, or -1 with err: there is none of that name. */
int flow_choose(struct flow_plan *plan, const struct flow *flow, const struct workflow *const **list, uint32_t *count,
                struct error *err);

/* Does every server belong to a source description? 0, or -1 with err. */
int flow_judge_servers(const struct flow_plan *plan, const struct flow *flow, struct error *err);

#endif
