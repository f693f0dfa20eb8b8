/* expression.h -- Arazzo runtime expressions: $url, $method, $statusCode, $request.…, $response.…, $message.…,
 * $inputs.…, $outputs.…, $steps.…, $workflows.…, $sourceDescriptions.…, $components.…, $self (Arazzo 1.0.1 4.7, the
 * ABNF there; 1.1).
 *
 * Parsed once when a flow is loaded; evaluated against a scope. No state, no I/O. */
#ifndef FLOW_EXPRESSION_H
#define FLOW_EXPRESSION_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "http/message.h"
#include "json/document.h"

struct contract_match;
struct expression;
struct flow;
struct flow_output;

/* Parse a whole expression ("$response.body#/id"); lives in the arena. NULL with err (where is left to the caller). */
const struct expression *expression_parse(struct text text, struct arena *arena, struct error *err);

/* What its first part is, and the names behind it: for who checks that they exist. */
enum expression_root {
    EXPRESSION_URL,
    EXPRESSION_METHOD,
    EXPRESSION_STATUS,
    EXPRESSION_REQUEST,  /* names[0]: "header", "query", "path", "body" */
    EXPRESSION_RESPONSE, /* "header", "body" … */
    EXPRESSION_INPUTS,
    EXPRESSION_OUTPUTS,
    EXPRESSION_STEPS,     /* names: step, "outputs", name */
    EXPRESSION_WORKFLOWS, /* names: workflow, "inputs" or "outputs", name */
    EXPRESSION_SOURCES,
    EXPRESSION_COMPONENTS,
    EXPRESSION_SELF,
};
#define EXPRESSION_NAMES 6
struct expression_view {
    enum expression_root root;
    struct text names[EXPRESSION_NAMES];
    uint32_t name_count;
    struct text pointer; /* behind '#'; empty: none */
    bool has_pointer;
};
void expression_view(const struct expression *e, struct expression_view *view);
struct text expression_text(const struct expression *e); /* as written */

/* Does the text begin as an expression? Does it hold some ("{$…}")? */
bool expression_is(struct text text);
bool expression_is_within(struct text text);

/* Cut the next expression within braces off the front of *rest, with what stands before it; the expression comes
 * without its braces. False: there is none left, and *before is all that was left. */
bool expression_next(struct text *rest, struct text *before, struct text *expression);

/* What expressions can see. Whoever runs a flow fills it in; NULL and empty: not there (yet). */
struct flow_scope {
    const struct message *request; /* as it was sent; url is its absolute form */
    const struct message *response;
    struct text url;
    const struct contract_match *match; /* path parameters of the request, raw */
    const struct value *request_body;   /* JSON, else NULL */
    const struct value *response_body;
    const struct value *inputs;  /* an object */
    const struct value *outputs; /* of the workflow, an object: in `outputs` of workflows and after their end */
    /* { "outputs": { … } } of a step; NULL: it has not run. */
    const struct value *(*step)(void *arg, struct text id);
    /* { "inputs": { … }, "outputs": { … } } of a workflow; NULL: it has not run. */
    const struct value *(*workflow)(void *arg, struct text id);
    void *arg;
    const struct flow *flow; /* for $sourceDescriptions, $components, $self */
};

/* The value. NULL: there is none (a member that is missing, a step that has not run): *why is one literal sentence. */
const struct value *
expression_evaluate(const struct expression *e, const struct flow_scope *scope, struct arena *arena, const char **why);

/* A member of this name; where there is none, the name is read as a path: "total.amount", "lines[0].id", for what
 * follows a name in the simple conditions of Arazzo 1.0.1 4.6.11. NULL: there is none. */
const struct value *expression_member(const struct value *object, struct text name);

/* A Selector Object (1.1): what stands in it, borrowed. False: the value is none. */
struct expression_selector {
    struct text context, selector, type; /* "jsonpath", "jsonpointer", "xpath" */
};
bool expression_selector(const struct value *v, struct expression_selector *selector);

/* What an output gives: its expression, and of that what its selector selects (a JSONPath that can give several values
 * gives an array of them). NULL: nothing, *why says why; in the arena. */
const struct value *expression_output(const struct flow_output *output, const struct flow_scope *scope,
                                      struct arena *arena, const char **why);

/* A value with all expressions in it replaced: a string that is one expression becomes what it gives, with its type;
 * expressions within strings become text. NULL with err: which one gave nothing, and why. The result is a tape in the
 * arena. */
const struct value *
expression_fill(const struct value *value, const struct flow_scope *scope, struct arena *arena, struct error *err);

#endif
