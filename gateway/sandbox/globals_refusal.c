/* globals_refusal.c -- how a script says no: problem, refuse, and the moves that lifecycles forbid. */
#include "base/limits.h"
#include "json/write.h"
#include "rules/lifecycle.h"
#include "rules/watch.h"
#include "sandbox/globals_internal.h"
#include "sandbox/refusal.h"

/* ---- refusals ---- */

static bool
refusal_args(struct script_call *call, struct run *r, int64_t *status, struct text *detail, const struct value **more,
             const char **why)
{
    *detail = text_make(NULL, 0);
    if (!script_arg_integer(call, 0, status) || *status < 200 || *status > 599) {
        *why = "the status is from 200 to 599";
        return false;
    }
    if (!script_arg_is_nil(call, 1) && !script_arg_text(call, 1, detail)) {
        *why = "the detail is a text";
        return false;
    }
    *more = globals_arg(call, 2, r->arena, why);
    return *why == NULL;
}

/* problem(status, detail, more) -> status, body */
int
global_problem(struct script_call *call, void *arg)
{
    struct run *r = globals_caller(arg);
    const struct value *more;
    struct refusing refusing;
    struct header *fields;
    const char *why;
    struct text detail, type;
    struct buffer body;
    uint32_t count;
    int64_t status;
    int results;

    if (r == NULL)
        return globals_too_early(call);
    if (!refusal_args(call, r, &status, &detail, &more, &why))
        return script_raise(call, "problem(status, detail, more): %s", why);
    refusing = (struct refusing){ r->match.operation, engine_scratch(r->engine), r->arena };
    buffer_init(&body, LIMIT_SANDBOX_BODY);
    refusal_body(&refusing, (uint16_t)status, detail, more, &body, &type, &fields, &count);
    (void)script_return_integer(call, status);
    results = globals_return_json(call, buffer_text(&body), r->arena);
    buffer_release(&body);
    return results;
}

/* What run_answer_failed makes the answer of. */
static int
raise_refusal(struct script_call *call, struct run *r, int64_t status, struct text detail, const struct value *more,
              const struct value *headers)
{
    struct document document;
    struct json_writer w;
    struct buffer json;
    struct text copy;

    buffer_init(&json, LIMIT_SANDBOX_BODY);
    json_begin(&w, &json, 0);
    json_object(&w);
    JSON_KEY(&w, "refuse");
    json_object(&w);
    JSON_KEY(&w, "status");
    json_integer(&w, status);
    JSON_KEY(&w, "detail");
    json_string(&w, detail);
    if (more != NULL) {
        JSON_KEY(&w, "more");
        json_value(&w, more);
    }
    if (headers != NULL) {
        JSON_KEY(&w, "headers");
        json_value(&w, headers);
    }
    json_end_object(&w);
    json_end_object(&w);
    copy = arena_text(r->arena, buffer_text(&json));
    buffer_release(&json);
    if (document_parse(&document, copy, NULL, r->arena, NULL) < 0)
        return script_raise(call, "no memory");
    return script_raise_value(call, document.root);
}

/* refuse(status, detail, more, headers): the same, raised. */
int
global_refuse(struct script_call *call, void *arg)
{
    struct run *r = globals_caller(arg);
    const struct value *more, *headers;
    struct text detail;
    const char *why;
    int64_t status;

    if (r == NULL)
        return globals_too_early(call);
    if (!refusal_args(call, r, &status, &detail, &more, &why))
        return script_raise(call, "refuse(status, detail, more, headers): %s", why);
    headers = globals_arg(call, 3, r->arena, &why);
    return raise_refusal(call, r, status, detail, more, headers);
}

/* ---- lifecycles: the same rules as in the checker (rules/lifecycles.yaml) ---- */

struct move {
    struct text name, from, to;
    const struct lifecycles *lifecycles;
};

/* The three names, and the lifecycle of the first. False: *result is what the function gives. */
static bool
move_args(struct script_call *call, struct run *r, const char *function, struct move *m, int *result)
{
    if (!script_arg_text(call, 0, &m->name) || !script_arg_text(call, 2, &m->to) ||
        (!script_arg_is_nil(call, 1) && !script_arg_text(call, 1, &m->from))) {
        *result =
            script_raise(call, "lifecycle.%s(name, from, to) wants the names of a lifecycle and two states", function);
        return false;
    }
    m->lifecycles = watch_rules_lifecycle(ruleset_watch(engine_ruleset(r->engine)), m->name);
    if (m->lifecycles != NULL)
        return true;
    *result = script_raise(call, "lifecycle.%s: there is no lifecycle '%.*s' in the configuration", function,
                           TEXT_PRINT(m->name));
    return false;
}

int
global_allows(struct script_call *call, void *arg)
{
    struct run *r = globals_caller(arg);
    struct move m = { .from = { NULL, 0 } };
    int result;

    if (r == NULL)
        return globals_too_early(call);
    if (!move_args(call, r, "allows", &m, &result))
        return result;
    return script_return_boolean(call, lifecycle_allows(m.lifecycles, m.name, m.from, m.to));
}

/* Refuses with 409 where the move is not allowed. */
int
global_move(struct script_call *call, void *arg)
{
    struct run *r = globals_caller(arg);
    struct move m = { .from = { NULL, 0 } };
    int result;

    if (r == NULL)
        return globals_too_early(call);
    if (!move_args(call, r, "move", &m, &result))
        return result;
    if (lifecycle_allows(m.lifecycles, m.name, m.from, m.to))
        return script_return_nothing(call);
    return raise_refusal(
        call, r, 409,
        arena_print(r->arena, "It is %.*s, and cannot become %.*s.", TEXT_PRINT(m.from), TEXT_PRINT(m.to)), NULL, NULL);
}
