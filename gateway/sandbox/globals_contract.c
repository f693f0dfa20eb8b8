/* globals_contract.c -- the contract as scripts see it: for those that serve any. */
#include "base/limits.h"
#include "json/write.h"
#include "sandbox/answer.h"
#include "sandbox/globals_internal.h"

/* ---- the contract ---- */

static const struct operation *
operation_arg(struct script_call *call, const struct simulated *s)
{
    struct text name;

    return script_arg_text(call, 0, &name) ? contract_operation_named(s->contract, name) : NULL;
}

/* contract.example(operationId, status): a value of the documented JSON body, or nil */
int
global_example(struct script_call *call, void *arg)
{
    const struct simulated *s = arg;
    const struct operation *operation = operation_arg(call, s);
    struct run *r = globals_caller(s);
    struct answer_maker maker;
    struct header fields[ANSWER_FIELDS];
    struct buffer body;
    struct text type;
    uint32_t count;
    int64_t status;
    int results;

    if (r == NULL)
        return globals_too_early(call);
    if (operation == NULL || !script_arg_integer(call, 1, &status) || status < 100 || status > 599)
        return script_raise(call, "contract.example(operationId, status) wants an operation of the contract");
    maker =
        (struct answer_maker){ s->contract, engine_scratch(s->engine), sandbox_state_seed(engine_state(s->engine)) };
    buffer_init(&body, LIMIT_SANDBOX_BODY);
    results = answer_documented(&maker, operation, (uint16_t)status, r->arena, &body, &type, fields, &count)
                  ? globals_return_json(call, buffer_text(&body), r->arena)
                  : script_return_nil(call);
    buffer_release(&body);
    return results;
}

/* contract.fits(operationId, status, value): does it satisfy the schema of that answer? */
int
global_fits(struct script_call *call, void *arg)
{
    const struct simulated *s = arg;
    const struct operation *operation = operation_arg(call, s);
    struct run *r = globals_caller(s);
    struct answer_maker maker;
    const char *why = NULL;
    struct buffer json;
    int64_t status;
    bool fits;

    if (r == NULL)
        return globals_too_early(call);
    if (operation == NULL || !script_arg_integer(call, 1, &status) || status < 100 || status > 599)
        return script_raise(call, "contract.fits(operationId, status, value) wants an operation of the contract");
    maker = (struct answer_maker){ s->contract, engine_scratch(s->engine), 0 };
    buffer_init(&json, LIMIT_SANDBOX_BODY);
    fits = script_arg_json(call, 2, &json, &why) &&
           answer_fits(&maker, operation, (uint16_t)status, buffer_text(&json), r->arena);
    buffer_release(&json);
    return script_return_boolean(call, fits);
}

static void
write_statuses(struct json_writer *w, const struct operation *operation)
{
    const struct value *responses = VALUE_MEMBER(operation_source(operation), "responses");
    uint64_t status;

    json_array(w);
    if (value_is(responses, VALUE_OBJECT) && responses->count > 0)
        for (VALUE_EACH_MEMBER(key, responses))
            if (text_to_u64(value_text(key), &status))
                json_integer(w, (int64_t)status);
    json_end_array(w);
}

/* contract.operations() -> { { id, method, path, statuses }, … } */
int
global_operations(struct script_call *call, void *arg)
{
    const struct simulated *s = arg;
    struct run *r = globals_caller(s);
    struct json_writer w;
    struct buffer json;
    int results;

    if (r == NULL)
        return globals_too_early(call);
    buffer_init(&json, LIMIT_SANDBOX_BODY);
    json_begin(&w, &json, 0);
    json_array(&w);
    for (uint32_t i = 0; i < contract_operation_count(s->contract); i++) {
        const struct operation *o = contract_operation(s->contract, i);

        json_object(&w);
        JSON_KEY(&w, "id");
        json_string(&w, operation_id(o));
        JSON_KEY(&w, "method");
        json_string(&w, operation_method(o));
        JSON_KEY(&w, "path");
        json_string(&w, operation_path(o));
        JSON_KEY(&w, "statuses");
        write_statuses(&w, o);
        json_end_object(&w);
    }
    json_end_array(&w);
    results = globals_return_json(call, buffer_text(&json), r->arena);
    buffer_release(&json);
    return results;
}
