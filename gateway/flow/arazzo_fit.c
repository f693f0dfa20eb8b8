/* arazzo_fit.c -- do the parameters and the body of a step fit what it calls?
 *
 * What a step says itself must be there; what the workflow says for all its steps is passed where it has a place. A
 * header may still come from a token of the command line, so one that is missing is a warning. */
#include "flow/arazzo_internal.h"

#include "flow/expression.h"

static const char *const locations[] = {
    [FLOW_IN_NONE] = "",         [FLOW_IN_PATH] = "path",     [FLOW_IN_QUERY] = "query",
    [FLOW_IN_HEADER] = "header", [FLOW_IN_COOKIE] = "cookie", [FLOW_IN_QUERYSTRING] = "querystring",
};

/* ---- operations ---- */

/* OpenAPI lets these be sent, and has no parameters of these names (OAS 3.1 4.8.12.1). */
static bool
is_always_taken(struct text name)
{
    return text_equal_nocase(name, TEXT("Accept")) || text_equal_nocase(name, TEXT("Content-Type")) ||
           text_equal_nocase(name, TEXT("Authorization")) || text_equal_nocase(name, TEXT("Cookie"));
}

static bool
is_documented(struct flow_reader *r, const struct operation *o, const struct flow_parameter *p,
              struct flow_names *names)
{
    struct text in = text_of(locations[p->in]), near;
    struct operation_parameter known;

    if (p->in == FLOW_IN_HEADER && is_always_taken(p->name))
        return true;
    if (p->in == FLOW_IN_PATH && operation_has_parameter(o, in, p->name, r->arena, &near))
        return true;
    for (uint32_t i = 0; operation_parameter(o, i, &known); i++) {
        if (!text_equal(known.in, in))
            continue;
        if (p->in == FLOW_IN_HEADER ? text_equal_nocase(known.name, p->name) : text_equal(known.name, p->name))
            return true;
        flow_names_add(r, names, known.name);
    }
    return operation_takes_credential(o, in, p->name);
}

static void
check_documented(struct flow_reader *r, const struct operation *o, const struct flow_parameter *p)
{
    struct flow_names names = { .count = 0 };
    const struct value *at = VALUE_MEMBER(p->place.value, "name");

    if (is_documented(r, o, p, &names))
        return;
    flow_error(r, at != NULL ? at : p->place.value, "the operation '%.*s' has no %s parameter '%.*s'%s",
               TEXT_PRINT(operation_id(o)), locations[p->in], TEXT_PRINT(p->name), flow_hint(r, &names, p->name));
}

static bool
is_given(const struct step *step, const struct operation_parameter *known)
{
    for (uint32_t i = 0; i < step->parameter_count; i++) {
        const struct flow_parameter *p = &step->parameters[i];

        if (text_equal(known->in, TEXT("query")) && p->in == FLOW_IN_QUERYSTRING)
            return true;
        if (!text_equal(text_of(locations[p->in]), known->in))
            continue;
        if (p->in == FLOW_IN_HEADER ? text_equal_nocase(p->name, known->name) : text_equal(p->name, known->name))
            return true;
    }
    return false;
}

static void
check_required(struct flow_reader *r, const struct step *step, const struct value *object)
{
    const struct value *at = VALUE_MEMBER(object, "parameters");
    struct operation_parameter known;

    if (at == NULL)
        at = object;
    for (uint32_t i = 0; operation_parameter(step->operation, i, &known); i++) {
        struct text id = operation_id(step->operation);

        if (!known.required || is_given(step, &known) ||
            operation_takes_credential(step->operation, known.in, known.name))
            continue;
        if (text_equal(known.in, TEXT("header")))
            flow_warn(r, at, "the operation '%.*s' needs the header '%.*s'; give it as a parameter or a token",
                      TEXT_PRINT(id), TEXT_PRINT(known.name));
        else
            flow_error(r, at,
                       "the operation '%.*s' needs the %.*s parameter '%.*s'; add { name: %.*s, in: %.*s, value: … }",
                       TEXT_PRINT(id), TEXT_PRINT(known.in), TEXT_PRINT(known.name), TEXT_PRINT(known.name),
                       TEXT_PRINT(known.in));
    }
}

static void
check_body(struct flow_reader *r, const struct step *step, const struct value *object)
{
    const struct value *body = VALUE_MEMBER(object, "requestBody");

    if (body == NULL && operation_needs_body(step->operation))
        flow_error(r, object, "the operation '%.*s' needs a body; add a requestBody with a payload",
                   TEXT_PRINT(operation_id(step->operation)));
    if (body != NULL && !operation_has_body(step->operation))
        flow_warn(r, body, "the operation '%.*s' documents no body", TEXT_PRINT(operation_id(step->operation)));
}

void
flow_check_operation(struct flow_reader *r, const struct step *step, const struct value *object,
                     const struct value *own)
{
    for (uint32_t i = 0; i < step->parameter_count; i++) {
        const struct flow_parameter *p = &step->parameters[i];

        if (own == NULL || p->place.value < own || p->place.value >= value_next(own))
            continue; /* the workflow's */
        if (p->in == FLOW_IN_NONE)
            flow_error(r, p->place.value,
                       "the parameter '%.*s' says no 'in': path, query, header or cookie of the operation",
                       TEXT_PRINT(p->name));
        else
            check_documented(r, step->operation, p);
    }
    check_required(r, step, object);
    check_body(r, step, object);
}

/* ---- workflows ---- */

static void
check_required_inputs(struct flow_reader *r, const struct workflow *w, const struct flow_parameter *list,
                      uint32_t count, const struct value *at)
{
    const struct value *schema = flow_input_schema(w), *required = VALUE_MEMBER(schema, "required");

    if (!value_is(required, VALUE_ARRAY))
        return;
    for (VALUE_EACH_ITEM(name, required)) {
        const struct value *property = value_member(VALUE_MEMBER(schema, "properties"), value_text(name));
        bool given = VALUE_MEMBER(property, "default") != NULL;

        for (uint32_t i = 0; i < count && !given; i++)
            given = text_equal(list[i].name, value_text(name));
        if (!given)
            flow_error(r, at, "the workflow '%.*s' needs the input '%.*s'; add { name: %.*s, value: … }",
                       TEXT_PRINT(w->id), TEXT_PRINT(value_text(name)), TEXT_PRINT(value_text(name)));
    }
}

void
flow_check_call(struct flow_reader *r, const struct workflow *target, const struct flow_parameter *list, uint32_t count,
                const struct value *at)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct flow_parameter *p = &list[i];
        enum flow_input known = flow_input_known(target, p->name);
        struct flow_names names = { .count = 0 };

        if (p->in != FLOW_IN_NONE)
            flow_error(r, p->place.value, "'in' is for operations; '%.*s' is an input of the workflow '%.*s'",
                       TEXT_PRINT(p->name), TEXT_PRINT(target->id));
        if (known == FLOW_INPUT_KNOWN)
            continue;
        flow_input_names(r, target, &names);
        (known == FLOW_INPUT_REFUSED ? flow_error : flow_warn)(r, p->place.value,
                                                               "the workflow '%.*s' has no input "
                                                               "'%.*s'%s",
                                                               TEXT_PRINT(target->id), TEXT_PRINT(p->name),
                                                               flow_hint(r, &names, p->name));
    }
    check_required_inputs(r, target, list, count, at);
}
