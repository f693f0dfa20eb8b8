/* criterion.h -- success and failure criteria of Arazzo: simple conditions (the whole operator grammar), regular
 * expressions, JSONPath (RFC 9535). Compiled when a flow is loaded, judged against a scope. No state, no I/O. */
#ifndef FLOW_CRITERION_H
#define FLOW_CRITERION_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "flow/arazzo.h"
#include "flow/expression.h"

enum criterion_kind {
    CRITERION_SIMPLE,   /* $statusCode == 200 && $response.body#/status == 'ok' */
    CRITERION_REGEX,    /* of the context's text, ECMAScript's reading */
    CRITERION_JSONPATH, /* holds when it selects anything */
    CRITERION_XPATH,    /* known, and refused by name when the flow is loaded */
};

struct criterion; /* lives in the arena it was compiled in */

/* A Criterion Object. NULL with err ("file:line:column"). */
const struct criterion *
criterion_compile(const struct document *document, const struct value *object, struct arena *arena, struct error *err);

struct text criterion_text(const struct criterion *c); /* the condition, as written */
enum criterion_kind criterion_kind(const struct criterion *c);
struct flow_place criterion_place(const struct criterion *c);

/* Every expression in it (context and condition), for who checks names. NULL behind the last one. */
const struct expression *criterion_expression(const struct criterion *c, uint32_t index);

/* What a worker owns of patterns. */
struct criterion_scratch;
struct criterion_scratch *criterion_scratch_new(void);
void criterion_scratch_free(struct criterion_scratch *s);

enum criterion_verdict {
    CRITERION_HOLDS,
    CRITERION_FAILS,  /* also where what it looks at is not (yet) there */
    CRITERION_BROKEN, /* it could not be judged: a comparison of what cannot be compared, a ceiling, no memory */
};

/* *told, in the arena: "$statusCode is 404, wanted 200": the values on both sides, for messages; also for BROKEN. */
enum criterion_verdict criterion_judge(const struct criterion *c, const struct flow_scope *scope,
                                       struct criterion_scratch *scratch, struct arena *arena, struct text *told);

#endif
