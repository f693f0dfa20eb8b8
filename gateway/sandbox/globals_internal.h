/* globals_internal.h -- between the files that are the functions of globals.h: one per kind. */
#ifndef SANDBOX_GLOBALS_INTERNAL_H
#define SANDBOX_GLOBALS_INTERNAL_H

#include "rules/script.h"
#include "sandbox/run.h"

/* The run that calls; NULL while the file is loaded: then globals_too_early is what to give. */
struct run *globals_caller(const struct simulated *s);
int globals_too_early(struct script_call *call);

/* Argument `index` as a tape in the arena; NULL: nil, or no JSON (then *why is set). */
const struct value *globals_arg(struct script_call *call, uint32_t index, struct arena *arena, const char **why);

/* JSON text as a result. */
int globals_return_json(struct script_call *call, struct text json, struct arena *arena);

/* arg is the simulated service. */
/* globals_refusal.c */
int global_problem(struct script_call *call, void *arg);
int global_refuse(struct script_call *call, void *arg);
int global_allows(struct script_call *call, void *arg);
int global_move(struct script_call *call, void *arg);

/* globals_contract.c */
int global_example(struct script_call *call, void *arg);
int global_fits(struct script_call *call, void *arg);
int global_operations(struct script_call *call, void *arg);

#endif
