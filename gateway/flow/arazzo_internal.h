/* arazzo_internal.h -- what the files that load a flow share. Only for arazzo*.c.
 *
 * Reading goes on behind a mistake, so that all of them are told; what could not be read is left empty, and the flow is
 * refused at the end. One thread, from the beginning to the end of flow_load. */
#ifndef FLOW_ARAZZO_INTERNAL_H
#define FLOW_ARAZZO_INTERNAL_H

#include "flow/arazzo.h"

/* A file that a source names, read once. */
struct flow_file {
    const char *real; /* its path without links */
    struct contract *contract;
    struct flow *flow;
    struct flow_file *next;
};

/* All that a flow and the flows among its sources are made of; lives in their arena. */
struct flow_library {
    struct arena *arena;
    struct schema_set *set;     /* of inputs */
    struct flow_reader *reader; /* whose inputs are compiled */
    struct flow_file *files;
    const struct flow_options *options;
    struct error *err; /* the first error */
    uint32_t errors;
    uint32_t flows; /* documents of Arazzo */
};

/* One document while it is read. */
struct flow_reader {
    struct flow_library *library;
    struct arena *arena;
    struct flow *flow;
    const struct document *document;
    const char *real;                /* its path without links */
    struct flow_source *sources;     /* flow->sources */
    struct workflow *workflows;      /* flow->workflows */
    struct step **steps;             /* the steps of each workflow */
    bool named;                      /* workflows and steps have their names, each once */
    const struct flow_reader *outer; /* of the document that has this one as a source */
};

/* ---- arazzo.c ---- */

/* Something is wrong, or questionable, at v. */
void
flow_error(struct flow_reader *r, const struct value *v, const char *format, ...) __attribute__((format(printf, 3, 4)));
void
flow_warn(struct flow_reader *r, const struct value *v, const char *format, ...) __attribute__((format(printf, 3, 4)));
void flow_no_memory(struct flow_reader *r);

/* Cleared memory for so many; NULL with flow_no_memory. */
void *flow_array(struct flow_reader *r, size_t count, size_t size);
#define FLOW_ARRAY(r, type, count) ((type *)flow_array((r), (count), sizeof(type)))

struct flow_place flow_place(const struct flow_reader *r, const struct value *v);

/* The text of a member that is a string; else empty. */
struct text flow_text(const struct value *object, struct text key);
#define FLOW_TEXT(object, key) flow_text((object), TEXT(key))

/* How many items; 0 for NULL. */
uint32_t flow_count(const struct value *array);

/* Read a document of Arazzo that `outer` has as a source (NULL: it is the one that is loaded). NULL with errors. */
struct flow *
flow_read(struct flow_library *library, const char *path, const struct flow_reader *outer, struct error *err);

/* ---- arazzo_names.c: what a name was meant to be ---- */

#define FLOW_NAMES 256
struct flow_names {
    const char *list[FLOW_NAMES];
    uint32_t count;
};
void flow_names_add(struct flow_reader *r, struct flow_names *names, struct text name);

/* "; did you mean 'b'?", "; there is 'a', 'b'", or empty. In the arena, ends in NUL. */
const char *flow_hint(struct flow_reader *r, const struct flow_names *names, struct text word);

/* ---- arazzo_source.c ---- */

void flow_read_sources(struct flow_reader *r, const struct value *list);

/* The source that "$sourceDescriptions.NAME.REST" names, and what stands behind it. NULL: none, an error is told. */
const struct flow_source *flow_source_of(struct flow_reader *r, const struct value *v, struct text *rest);

/* ---- arazzo_target.c: what steps and actions lead to ---- */

bool flow_is_reference(struct text text); /* "$sourceDescriptions.…" */

/* "id" or "$sourceDescriptions.NAME.ID" (*source is set then, else NULL); NULL with an error told. */
const struct workflow *
flow_find_workflow(struct flow_reader *r, const struct value *id, const struct flow_source **source);

/* operationId or operationPath of the step; 0, or -1 with an error told. */
int flow_find_operation(struct flow_reader *r, const struct value *object, struct step *step);

/* A step of the workflow; UINT32_MAX with an error told. */
uint32_t flow_find_step(struct flow_reader *r, const struct workflow *w, const struct value *id);

/* ---- arazzo_component.c ---- */

/* A Reusable Object leads to what it names in components; anything else stays what it is. *override is the reusable's
 * value, or NULL. NULL with an error told. */
const struct value *
flow_resolve(struct flow_reader *r, const struct value *v, const char *kind, const struct value **override);

/* ---- arazzo_parameter.c ---- */

struct flow_value flow_value_of(const struct flow_reader *r, const struct value *v);

/* Parameters of a list, laid over `under` (which may be empty). */
struct flow_parameters {
    struct flow_parameter *list;
    uint32_t count;
};
struct flow_parameters
flow_read_parameters(struct flow_reader *r, const struct value *list, const struct flow_parameters *under);

/* The parameters, body and target of a step fit together. */
void flow_check_operation(struct flow_reader *r, const struct step *step, const struct value *object,
                          const struct value *own);
void flow_check_call(struct flow_reader *r, const struct workflow *target, const struct flow_parameter *list,
                     uint32_t count, const struct value *at);

/* ---- arazzo_action.c ---- */

struct flow_actions {
    struct flow_action *list;
    uint32_t count;
};

/* Actions of a list, then those of `after` whose names are not there; kind: "successActions" or "failureActions". */
struct flow_actions flow_read_actions(struct flow_reader *r, const struct workflow *w, const struct value *list,
                                      const char *kind, const struct flow_actions *after);
const struct criterion *const *flow_read_criteria(struct flow_reader *r, const struct value *list, uint32_t *count);

/* ---- arazzo_step.c, arazzo_workflow.c, arazzo_output.c ---- */

void flow_read_workflows(struct flow_reader *r, const struct value *list);
void flow_read_step(struct flow_reader *r, const struct workflow *w, struct step *step,
                    const struct flow_parameters *parameters, const struct flow_actions *on_success,
                    const struct flow_actions *on_failure);
const struct flow_output *flow_read_outputs(struct flow_reader *r, const struct value *object, uint32_t *count);

/* jsonpath, xpath or jsonpointer of a selector: 0 with the path, or neither; -1 with an error told. */
int flow_read_selector(struct flow_reader *r, const struct value *selector, const struct value *type,
                       const struct path **path);
bool flow_is_11(const struct flow_reader *r);

/* ---- arazzo_input.c: the schema of inputs ---- */

void flow_read_inputs(struct flow_reader *r, struct workflow *w, const struct value *schema);

enum flow_input {
    FLOW_INPUT_KNOWN,
    FLOW_INPUT_EXTRA,   /* not named, but let through */
    FLOW_INPUT_REFUSED, /* not named, and nothing else is let through */
};
enum flow_input flow_input_known(const struct workflow *w, struct text name);
const struct value *flow_input_schema(const struct workflow *w); /* references followed; NULL: none */
void flow_input_names(struct flow_reader *r, const struct workflow *w, struct flow_names *names);

/* ---- arazzo_check.c, arazzo_order.c: when all is read ---- */

void flow_check_names(struct flow_reader *r);
void flow_check_order(struct flow_reader *r);

#endif
