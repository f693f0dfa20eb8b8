/* globals.h -- what every script of the sandbox can call beside the closed language: clock, chance, refusals, settings,
 * its contract. */
#ifndef SANDBOX_GLOBALS_H
#define SANDBOX_GLOBALS_H

#include "sandbox/simulated.h"

/* Before its file is loaded. 0 or -1 with err. */
int globals_define(struct simulated *s, struct error *err);

#endif
