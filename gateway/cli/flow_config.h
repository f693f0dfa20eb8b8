/* flow_config.h -- what a run of a flow needs beside its document: from the file of --config, then the command line.
 *
 * One YAML or JSON file with servers, tokens, data and settings, for one environment or several; its schema is
 * docs/schema/flow-config.schema.json. The chosen environment beats the keys outside, the command line beats both;
 * servers, tokens and inputs are merged by name. Main thread. */
#ifndef CLI_FLOW_CONFIG_H
#define CLI_FLOW_CONFIG_H

#include "cli/command.h"
#include "flow/runner.h"

#define FLOW_PLAN_NAMES 64

/* An object with inputs; what comes later lies over what came before. */
struct flow_layer {
    const struct document *document;
    const struct value *inputs;
};

struct flow_plan {
    struct arena *arena; /* all of it lives here; a text ends with NUL */
    const char *workflows[FLOW_PLAN_NAMES];
    uint32_t workflow_count;
    struct flow_server servers[FLOW_PLAN_NAMES];
    uint32_t server_count;
    struct flow_token tokens[FLOW_PLAN_NAMES]; /* secrets */
    uint32_t token_count;
    const char *sources[FLOW_PLAN_NAMES + 1]; /* "NAME=FILE" */
    uint32_t source_count;
    struct flow_layer layers[FLOW_PLAN_NAMES];
    uint32_t layer_count;
    struct option_list reports;
    const char *rules, *record, *log_file; /* NULL: none */
    int64_t timeout;                       /* nanoseconds; 0: none said */
    uint32_t repeat, concurrency;
    bool fail_fast, unchecked;
};

/* 0, or -1: no memory. */
int flow_plan_begin(struct flow_plan *plan);
void flow_plan_end(struct flow_plan *plan);

/* Read the file; `environment` NULL: the one that it names, or its only one. 0, or -1 with err ("file:line:column"). */
int flow_config_read(struct flow_plan *plan, const char *path, const char *environment, struct error *err);

/* NAME=URL, or a URL for all; NAME=VALUE, NAME=env:VARIABLE, NAME=file:PATH; as the command line has them. */
int flow_plan_server(struct flow_plan *plan, const char *option, struct error *err);
int flow_plan_token(struct flow_plan *plan, const char *option, struct error *err);

/* A file with inputs, laid over what is there. */
int flow_plan_data(struct flow_plan *plan, const char *path, struct error *err);

#endif
