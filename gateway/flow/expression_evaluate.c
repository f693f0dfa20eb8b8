/* expression_evaluate.c -- what an expression gives, seen from a scope. Values keep their types (Arazzo 1.0.1 4.7);
 * what is no JSON, such as a header field or a text body, is a string. */
#include "contract/contract.h"
#include "flow/arazzo.h"
#include "flow/expression.h"
#include "http/query.h"
#include "json/pointer.h"

static const char no_memory[] = "there is no memory for it";

struct look {
    const struct flow_scope *scope;
    struct arena *arena;
    const char **why;
    struct expression_view view;
};

static const struct value *
nothing(const struct look *l, const char *why)
{
    *l->why = why;
    return NULL;
}

static const struct value *
scalar(const struct look *l, enum value_type type, struct text text)
{
    struct value *v = text.length < UINT32_MAX ? ARENA_NEW(l->arena, struct value) : NULL;

    if (v == NULL)
        return nothing(l, no_memory);
    *v = (struct value){ .type = (uint8_t)type, .span = 1, .count = (uint32_t)text.length, .data = text.data };
    if (type == VALUE_NUMBER)
        v->flags = VALUE_INTEGER;
    return v;
}

static const struct value *
string(const struct look *l, struct text text)
{
    return scalar(l, VALUE_STRING, text);
}

/* ---- names that go on as paths ---- */

/* ".amount" and "[0]" of v, one after the other; NULL when it is not there. */
static const struct value *
follow(const struct value *v, struct text path)
{
    while (v != NULL && path.length > 0) {
        size_t end = 1;
        uint64_t index;
        struct text part;

        while (end < path.length && path.data[end] != '.' && path.data[end] != '[')
            end++;
        part = text_slice(path, 1, end - 1);
        if (path.data[0] == '.')
            v = value_member(v, part);
        else if (text_ends(part, TEXT("]")) && text_to_u64(text_slice(part, 0, part.length - 1), &index) &&
                 value_is(v, VALUE_ARRAY) && index < v->count)
            v = value_item(v, (uint32_t)index);
        else
            v = NULL;
        path = text_from(path, end);
    }
    return v;
}

const struct value *
expression_member(const struct value *object, struct text name)
{
    const struct value *v = value_member(object, name);

    /* The longest name wins: names of outputs may have dots of their own. */
    for (size_t end = name.length; v == NULL && end > 0; end--)
        if (name.data[end - 1] == '.' || name.data[end - 1] == '[')
            v = follow(value_member(object, text_slice(name, 0, end - 1)), text_from(name, end - 1));
    return v;
}

/* ---- messages ---- */

static const struct value *
header_of(const struct look *l, const struct message *m)
{
    const struct header *header = message_header_named(m, l->view.names[1]);

    return header != NULL ? string(l, header->value) : nothing(l, "there is no such header field");
}

static const struct value *
body_of(const struct look *l, const struct message *m, const struct value *json)
{
    if (json != NULL)
        return json;
    if (m->body_state == BODY_NONE || m->body.length == 0)
        return nothing(l, "there is no body");
    if (l->view.has_pointer)
        return nothing(l, "the body is no JSON");
    if (m->body_state != BODY_WHOLE)
        return nothing(l, "the body did not arrive whole, or is too large");
    if (!text_is_utf8(m->body))
        return nothing(l, "the body is neither JSON nor text");
    return string(l, m->body);
}

static const struct value *
query_of(const struct look *l)
{
    struct text rest = l->scope->request->query, name, value;
    struct query_pair pair;

    while (query_next(&rest, &pair)) {
        if (percent_decode(pair.name, true, l->arena, &name) && text_equal(name, l->view.names[1])) {
            (void)percent_decode(pair.value, true, l->arena, &value);
            return string(l, value);
        }
    }
    return nothing(l, "the request has no such query parameter");
}

static const struct value *
path_of(const struct look *l)
{
    const struct contract_match *match = l->scope->match;
    struct text value;

    for (uint32_t i = 0; match != NULL && i < match->parameter_count; i++) {
        if (!text_equal(match->parameters[i].name, l->view.names[1]))
            continue;
        (void)percent_decode(match->parameters[i].value, false, l->arena, &value);
        return string(l, value);
    }
    return nothing(l, "the request has no such path parameter");
}

static const struct value *
request_of(const struct look *l)
{
    if (l->scope->request == NULL)
        return nothing(l, "no request was sent yet");
    if (text_equal(l->view.names[0], TEXT("header")))
        return header_of(l, l->scope->request);
    if (text_equal(l->view.names[0], TEXT("query")))
        return query_of(l);
    if (text_equal(l->view.names[0], TEXT("path")))
        return path_of(l);
    return body_of(l, l->scope->request, l->scope->request_body);
}

static const struct value *
response_of(const struct look *l)
{
    if (l->scope->response == NULL)
        return nothing(l, "there is no answer");
    if (text_equal(l->view.names[0], TEXT("header")))
        return header_of(l, l->scope->response);
    return body_of(l, l->scope->response, l->scope->response_body);
}

static const struct value *
status_of(const struct look *l)
{
    if (l->scope->response == NULL)
        return nothing(l, "there is no answer");
    return scalar(l, VALUE_NUMBER, arena_print(l->arena, "%u", (unsigned)l->scope->response->status));
}

/* ---- what the flow knows ---- */

static const struct value *
member_of(const struct look *l, const struct value *object, struct text name, const char *why)
{
    const struct value *v = expression_member(object, name);

    return v != NULL ? v : nothing(l, why);
}

static const struct value *
step_of(const struct look *l)
{
    const struct flow_scope *s = l->scope;
    const struct value *step = s->step != NULL ? s->step(s->arg, l->view.names[0]) : NULL;

    if (step == NULL)
        return nothing(l, "this step has not run");
    if (l->view.name_count < 3)
        return nothing(l, "an output of a step is $steps.STEP.outputs.NAME");
    return member_of(l, VALUE_MEMBER(step, "outputs"), l->view.names[2], "the step gave no such output");
}

static const struct value *
workflow_of(const struct look *l)
{
    const struct flow_scope *s = l->scope;
    const struct value *workflow = s->workflow != NULL ? s->workflow(s->arg, l->view.names[0]) : NULL;

    if (workflow == NULL)
        return nothing(l, "this workflow has not run");
    return member_of(l, value_member(workflow, l->view.names[1]), l->view.names[2], "the workflow has no such value");
}

/* A field of a Source Description Object: url and type, and names of operations are what they are (1.1). */
static const struct value *
source_of(const struct look *l)
{
    const struct flow *flow = l->scope->flow;

    for (uint32_t i = 0; flow != NULL && i < flow->source_count; i++) {
        const struct flow_source *source = &flow->sources[i];
        const struct value *field = value_member(source->place.value, l->view.names[1]);

        if (!text_equal(source->name, l->view.names[0]))
            continue;
        if (source->contract != NULL && contract_operation_named(source->contract, l->view.names[1]) != NULL)
            return string(l, l->view.names[1]);
        return field != NULL ? field : nothing(l, "the source description has no such field");
    }
    return nothing(l, "there is no such source description");
}

static const struct value *
component_of(const struct look *l)
{
    const struct flow *flow = l->scope->flow;
    const struct value *all = flow != NULL ? VALUE_MEMBER(flow->document->root, "components") : NULL;

    return member_of(l, value_member(all, l->view.names[0]), l->view.names[1], "there is no such component");
}

static const struct value *
self_of(const struct look *l)
{
    const struct flow *flow = l->scope->flow;
    const struct value *self = flow != NULL ? VALUE_MEMBER(flow->document->root, "$self") : NULL;

    return self != NULL ? self : nothing(l, "the document has no $self");
}

static const struct value *
url_of(const struct look *l)
{
    return l->scope->url.length > 0 ? string(l, l->scope->url) : nothing(l, "no request was sent yet");
}

static const struct value *
method_of(const struct look *l)
{
    return l->scope->request != NULL ? string(l, l->scope->request->method) : nothing(l, "no request was sent yet");
}

static const struct value *
input_of(const struct look *l)
{
    return member_of(l, l->scope->inputs, l->view.names[0], "there is no such input");
}

static const struct value *
own_output_of(const struct look *l)
{
    return member_of(l, l->scope->outputs, l->view.names[0], "there is no such output (yet)");
}

static const struct value *(*const givers[])(const struct look *l) = {
    [EXPRESSION_URL] = url_of,
    [EXPRESSION_METHOD] = method_of,
    [EXPRESSION_STATUS] = status_of,
    [EXPRESSION_REQUEST] = request_of,
    [EXPRESSION_RESPONSE] = response_of,
    [EXPRESSION_INPUTS] = input_of,
    [EXPRESSION_OUTPUTS] = own_output_of,
    [EXPRESSION_STEPS] = step_of,
    [EXPRESSION_WORKFLOWS] = workflow_of,
    [EXPRESSION_SOURCES] = source_of,
    [EXPRESSION_COMPONENTS] = component_of,
    [EXPRESSION_SELF] = self_of,
};

const struct value *
expression_evaluate(const struct expression *e, const struct flow_scope *scope, struct arena *arena, const char **why)
{
    const char *unused = NULL;
    struct look l = { .scope = scope, .arena = arena, .why = why != NULL ? why : &unused };
    const struct value *v;

    expression_view(e, &l.view);
    v = givers[l.view.root](&l);
    if (v == NULL || !l.view.has_pointer)
        return v;
    v = pointer_find(v, l.view.pointer);
    return v != NULL ? v : nothing(&l, "nothing is there where the JSON Pointer leads");
}
