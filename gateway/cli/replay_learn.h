/* replay_learn.h -- what a replay knows beforehand: bindings and noise, learned from recordings. Main thread. */
#ifndef CLI_REPLAY_LEARN_H
#define CLI_REPLAY_LEARN_H

#include "cli/replay_input.h"
#include "replay/bind.h"
#include "replay/noise.h"

/* Read the recordings and add what is learned to the bindings. 0, or -1 with err. */
int replay_learn_bindings(struct bindings *b, const struct replay_input_options *options, struct error *err);

/* `again` is another recording of the same traffic: of each operation, the first exchange there is held against the
 * first one here, and so on; where answers with the same status differ, values are noise. At most LIMIT_REPLAY_BYTES of
 * answers wait for their counterparts. *pairs: how many there were. 0, or -1 with err. */
int replay_learn_noise(struct noise *n, const struct replay_input_options *options, const char *again, uint64_t *pairs,
                       struct error *err);

/* A bindings file of both, whole or not at all. 0, or -1 with err. */
int replay_learn_write(const char *path, const struct bindings *b, const struct noise *n, struct error *err);

#endif
