/* flow_inputs.h -- the inputs of a run: files laid over each other, then single ones from the command line, read as
 * their schemas say. Main thread. */
#ifndef CLI_FLOW_INPUTS_H
#define CLI_FLOW_INPUTS_H

#include "cli/flow_config.h"

/* One object, in the plan's arena. `given`: values of --input, NAME=VALUE. NULL with err: a name that no workflow has,
 * a value of another type. */
const struct value *
flow_inputs_read(struct flow_plan *plan, const struct flow *flow, const struct option_list *given, struct error *err);

/* Every value of an input that is a password (its schema says `format: password`): what was given, and the default. */
typedef void flow_secret_fn(void *arg, struct text secret);
void flow_inputs_secrets(const struct flow *flow, const struct value *inputs, flow_secret_fn *secret, void *arg);

#endif
