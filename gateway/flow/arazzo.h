/* arazzo.h -- a flow: an Arazzo 1.0 document (1.1 as far as it concerns HTTP), loaded, resolved, ready to run.
 *
 * Everything that can be known before a request is sent is found here, with file:line:column: the document satisfies
 * its published schema (docs/schema/arazzo/…); every source, operation, workflow, step, component and parameter that it
 * names exists; expressions, criteria, regular expressions and JSONPath queries parse; gotos lead somewhere; dependsOn
 * has no circle. What Plumbline does not do (AsyncAPI) is refused by name. Sources are files, seen from the document's
 * folder, or URLs for which the command line gave files or whose last segment is a file beside the document; nothing is
 * fetched. Contracts are loaded once however often they are named.
 *
 * A flow never changes once loaded: any thread. Structs are open, because runner, lint, show and reports read them; all
 * of it lives in the flow's arena. Texts are borrowed from the documents. */
#ifndef FLOW_ARAZZO_H
#define FLOW_ARAZZO_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "contract/contract.h"
#include "json/document.h"
#include "schema/schema.h"

struct criterion;  /* criterion.h */
struct expression; /* expression.h */
struct flow;
struct flow_library;
struct path; /* json/path.h */
struct workflow;

/* file:line:column of something, for messages; and the value itself. */
struct flow_place {
    const struct document *document;
    const struct value *value;
};

struct flow_source {
    struct text name;
    struct text url;           /* as written */
    struct contract *contract; /* an OpenAPI document, or NULL */
    struct flow *flow;         /* an Arazzo document, or NULL */
    struct flow_place place;
};

/* "Any or expression": JSON whose strings may be expressions ("$inputs.id") or hold some ("id {$inputs.id}"). */
struct flow_value {
    const struct value *value;
    const struct document *document;
    bool constant; /* no expression in it */
};

enum flow_in {
    FLOW_IN_NONE, /* of a workflow: an input */
    FLOW_IN_PATH,
    FLOW_IN_QUERY,
    FLOW_IN_QUERYSTRING, /* 1.1 / OAS 3.2: the whole of it */
    FLOW_IN_HEADER,
    FLOW_IN_COOKIE,
};

struct flow_parameter {
    struct text name;
    enum flow_in in;
    struct flow_value value;
    struct flow_place place;
};

struct flow_replacement {
    struct text target; /* JSON Pointer in the payload */
    const struct path
        *path; /* 1.1, targetSelectorType jsonpath: every place that it selects; NULL: target is a pointer */
    struct flow_value value;
    struct flow_place place;
};

struct flow_body {
    struct text content_type; /* empty: the first that the operation documents */
    struct flow_value payload;
    const struct flow_replacement *replacements;
    uint32_t replacement_count;
    struct flow_place place;
};

enum flow_action_kind {
    FLOW_END,
    FLOW_GOTO,
    FLOW_RETRY,
};

struct flow_action {
    struct text name;
    enum flow_action_kind kind;
    const struct workflow *workflow;         /* goto, retry: another workflow; NULL: none */
    uint32_t step;                           /* goto, retry: a step of this workflow; UINT32_MAX: none */
    int64_t retry_after;                     /* nanoseconds; 0 unless said */
    uint32_t retry_limit;                    /* retries after the first try; 1 unless said */
    const struct flow_parameter *parameters; /* 1.1: inputs of that workflow */
    uint32_t parameter_count;
    const struct criterion *const *criteria;
    uint32_t criterion_count;
    struct flow_place place;
};

/* An output: an expression, or in 1.1 a selector (an expression and a JSONPath or pointer in what it gives). */
struct flow_output {
    struct text name;
    const struct expression *expression;
    const struct path *path; /* NULL: none */
    struct text pointer;     /* empty: none */
    struct flow_place place;
};

/* x-for-each: { in: $inputs.lines, as: line }: the step once per element of the array that the expression gives, its
 * outputs collected in arrays, in order. */
struct flow_list {
    const struct expression *in;
    struct text as; /* "item" unless said: seen as $inputs.NAME in the step */
};

struct step {
    struct text id;
    uint32_t index; /* in its workflow */
    struct text description;
    const struct operation *operation; /* one of the two */
    const struct workflow *workflow;
    const struct flow_source *source;        /* where that is; NULL: a workflow of this document */
    const struct flow_parameter *parameters; /* the workflow's laid under the step's */
    uint32_t parameter_count;
    const struct flow_body *body;
    const struct criterion *const *criteria;
    uint32_t criterion_count;             /* 0: an answer 2xx is a success (Arazzo 1.0 has none; documented) */
    const struct flow_action *on_success; /* the step's, then the workflow's */
    uint32_t on_success_count;
    const struct flow_action *on_failure;
    uint32_t on_failure_count;
    const struct flow_output *outputs;
    uint32_t output_count;
    int64_t timeout;            /* nanoseconds; 0: none said (1.1) */
    const uint32_t *depends_on; /* steps of this workflow (1.1) */
    uint32_t depends_count;
    const struct flow_list *each; /* x-for-each; NULL: once */
    uint32_t parallel;            /* x-parallel: 4: of the elements of each, how many at a time; 1 unless said */
    uint32_t group; /* x-parallel: { group: prices }: neighbouring steps with the same name run side by side; a number
                       per name, from 1; 0: none */
    struct flow_place place;
};

struct workflow {
    const struct flow *flow;
    struct text id, summary, description;
    uint32_t index;                 /* in its flow */
    const struct schema *inputs;    /* NULL: none documented */
    struct flow_place inputs_place; /* for defaults */
    const struct workflow *const *depends_on;
    uint32_t depends_count;
    const struct step *steps;
    uint32_t step_count;
    const struct flow_output *outputs;
    uint32_t output_count;
    struct flow_place place;
};

struct flow {
    struct arena *arena;
    struct text file, title, summary, version, arazzo; /* arazzo: "1.0.1" */
    const struct document *document;
    const struct flow_source *sources;
    uint32_t source_count;
    const struct workflow *workflows;
    uint32_t workflow_count;
    struct flow_library *library; /* private to arazzo.c */
};

/* Something wrong, or questionable, with a document. */
struct flow_defect {
    enum level level; /* error: it is refused; warn */
    struct flow_place place;
    struct text what; /* one sentence, with what to do */
};
typedef void flow_defect_fn(void *arg, const struct flow_defect *defect);

struct flow_options {
    flow_defect_fn *defect; /* called for each; may be NULL */
    void *arg;
    /* Files instead of the URLs of sources: "NAME=FILE"; NULL-terminated, or NULL. */
    const char *const *files;
};

/* New, or NULL with err: the first error. All errors and warnings go to `defect`. */
struct flow *flow_load(const char *path, const struct flow_options *options, struct error *err);
void flow_free(struct flow *f); /* accepts NULL */

/* By workflowId; NULL: there is none. */
const struct workflow *flow_workflow(const struct flow *f, struct text id);

#endif
