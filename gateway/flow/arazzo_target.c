/* arazzo_target.c -- what steps and actions lead to: operations of contracts, workflows, other steps. */
#include "flow/arazzo_internal.h"

#include "http/query.h"

static const struct text reference = { "$sourceDescriptions.", 20 };

bool
flow_is_reference(struct text text)
{
    return text_starts(text, reference);
}

/* ---- workflows ---- */

static void
add_workflows(struct flow_reader *r, const struct flow *flow, struct flow_names *names)
{
    for (uint32_t i = 0; i < flow->workflow_count; i++)
        flow_names_add(r, names, flow->workflows[i].id);
}

const struct workflow *
flow_find_workflow(struct flow_reader *r, const struct value *id, const struct flow_source **source)
{
    struct text name = value_text(id);
    const struct flow *flow = r->flow;
    struct flow_names names = { .count = 0 };
    const struct workflow *w;

    *source = NULL;
    if (flow_is_reference(name)) {
        *source = flow_source_of(r, id, &name);
        if (*source == NULL)
            return NULL;
        flow = (*source)->flow;
        if (flow == NULL) {
            if ((*source)->contract != NULL)
                flow_error(r, id, "the source '%.*s' is no document of Arazzo and has no workflows",
                           TEXT_PRINT((*source)->name));
            return NULL;
        }
    }
    w = flow_workflow(flow, name);
    if (w != NULL)
        return w;
    add_workflows(r, flow, &names);
    flow_error(r, id, "there is no workflow '%.*s'%s", TEXT_PRINT(name), flow_hint(r, &names, name));
    return NULL;
}

uint32_t
flow_find_step(struct flow_reader *r, const struct workflow *w, const struct value *id)
{
    struct flow_names names = { .count = 0 };

    for (uint32_t i = 0; i < w->step_count; i++) {
        if (text_equal(w->steps[i].id, value_text(id)))
            return i;
        flow_names_add(r, &names, w->steps[i].id);
    }
    flow_error(r, id, "the workflow '%.*s' has no step '%.*s'%s", TEXT_PRINT(w->id), TEXT_PRINT(value_text(id)),
               flow_hint(r, &names, value_text(id)));
    return UINT32_MAX;
}

/* ---- operations by name ---- */

/* operationIds only: contract_operation_named takes "GET /path" as well. */
static const struct operation *
operation_with_id(const struct contract *c, struct text id)
{
    return text_find(id, ' ') == id.length ? contract_operation_named(c, id) : NULL;
}

static void
add_operations(struct flow_reader *r, const struct contract *c, struct flow_names *names)
{
    for (uint32_t i = 0; i < contract_operation_count(c); i++) {
        struct text id = operation_id(contract_operation(c, i));

        if (text_find(id, ' ') == id.length)
            flow_names_add(r, names, id);
    }
}

static int
find_in_source(struct flow_reader *r, const struct value *id, struct step *step)
{
    struct text name;
    const struct flow_source *source = flow_source_of(r, id, &name);
    struct flow_names names = { .count = 0 };

    if (source == NULL)
        return -1;
    if (source->contract == NULL) {
        if (source->flow != NULL)
            flow_error(r, id, "the source '%.*s' is a document of Arazzo and has no operations; write workflowId",
                       TEXT_PRINT(source->name));
        return -1;
    }
    step->source = source;
    step->operation = operation_with_id(source->contract, name);
    if (step->operation != NULL)
        return 0;
    add_operations(r, source->contract, &names);
    flow_error(r, id, "the source '%.*s' has no operation '%.*s'%s", TEXT_PRINT(source->name), TEXT_PRINT(name),
               flow_hint(r, &names, name));
    return -1;
}

/* A bare operationId may be of one source only. */
static int
find_anywhere(struct flow_reader *r, const struct value *id, struct step *step)
{
    struct text name = value_text(id), first;
    struct flow_names names = { .count = 0 };
    bool unread = false;

    for (uint32_t i = 0; i < r->flow->source_count; i++) {
        const struct flow_source *source = &r->sources[i];
        const struct operation *o;

        unread |= source->contract == NULL && source->flow == NULL;
        if (source->contract == NULL)
            continue;
        add_operations(r, source->contract, &names);
        o = operation_with_id(source->contract, name);
        if (o == NULL || o == step->operation)
            continue;
        if (step->operation != NULL) {
            first = step->source->name;
            flow_error(r, id,
                       "'%.*s' is an operation of the sources '%.*s' and '%.*s'; write "
                       "$sourceDescriptions.%.*s.%.*s",
                       TEXT_PRINT(name), TEXT_PRINT(first), TEXT_PRINT(source->name), TEXT_PRINT(first),
                       TEXT_PRINT(name));
            return -1;
        }
        step->operation = o;
        step->source = source;
    }
    if (step->operation != NULL)
        return 0;
    /* An echo of a source that could not be read is no news. */
    if (!unread)
        flow_error(r, id, "no source has an operation '%.*s'%s", TEXT_PRINT(name), flow_hint(r, &names, name));
    return -1;
}

/* ---- operations by path ---- */

static const char path_form[] = "{$sourceDescriptions.NAME.url}#/paths/~1orders~1{id}/get";

/* The source of "{$sourceDescriptions.NAME.url}#POINTER", the braces left out or not; *pointer is what follows '#'. */
static const struct flow_source *
source_of_path(struct flow_reader *r, const struct value *at, struct text *pointer)
{
    struct text text = value_text(at), head = text_slice(text, 0, text_find(text, '#'));

    *pointer = text_from(text, head.length + 1);
    if (text_starts(head, TEXT("{")) && text_ends(head, TEXT("}")))
        head = text_slice(head, 1, head.length - 2);
    if (flow_is_reference(head)) {
        head = text_from(head, reference.length);
        if (text_ends(head, TEXT(".url")))
            head.length -= 4;
        for (uint32_t i = 0; i < r->flow->source_count; i++)
            if (text_equal(r->sources[i].name, head))
                return &r->sources[i];
        flow_error(r, at, "there is no source '%.*s'", TEXT_PRINT(head));
        return NULL;
    }
    flow_error(r, at, "an operationPath is written %s", path_form);
    return NULL;
}

/* The token of a JSON Pointer that begins the text, with its escapes undone. */
static struct text
take_token(struct flow_reader *r, struct text *pointer)
{
    struct text token = text_slice(*pointer, 1, text_find(text_from(*pointer, 1), '/'));
    char *out = arena_alloc(r->arena, token.length + 1);
    size_t length = 0;

    *pointer = text_from(*pointer, token.length + 1);
    for (size_t i = 0; out != NULL && i < token.length; i++) {
        bool escaped = token.data[i] == '~' && i + 1 < token.length;

        out[length++] = escaped ? (token.data[++i] == '1' ? '/' : '~') : token.data[i];
    }
    return text_make(out, out != NULL ? length : 0);
}

/* Path Items write methods in lower case. */
static const struct operation *
operation_at(struct flow_reader *r, const struct contract *c, struct text path, struct text method)
{
    char *upper = arena_alloc(r->arena, method.length + 1);
    struct text name;

    if (upper == NULL)
        return NULL;
    for (size_t i = 0; i < method.length; i++)
        upper[i] = method.data[i] >= 'a' && method.data[i] <= 'z' ? (char)(method.data[i] - 'a' + 'A') : method.data[i];
    name = arena_print(r->arena, "%.*s %.*s", (int)method.length, upper, TEXT_PRINT(path));
    return name.data != NULL ? contract_operation_named(c, name) : NULL;
}

/* Arazzo 1.0.0 has examples without a method; where the path has one operation alone, that is meant. */
static const struct operation *
only_operation(const struct contract *c, struct text path)
{
    const struct operation *found = NULL;

    for (uint32_t i = 0; i < contract_operation_count(c); i++) {
        const struct operation *o = contract_operation(c, i);

        if (!text_equal(operation_path(o), path))
            continue;
        if (found != NULL)
            return NULL;
        found = o;
    }
    return found;
}

/* The methods of the path where it is one, else paths. */
static const char *
hint_of_path(struct flow_reader *r, const struct contract *c, struct text path, struct text method)
{
    struct flow_names methods = { .count = 0 }, paths = { .count = 0 };

    for (uint32_t i = 0; i < contract_operation_count(c); i++) {
        const struct operation *o = contract_operation(c, i);

        if (text_equal(operation_path(o), path))
            flow_names_add(r, &methods, operation_method(o));
        flow_names_add(r, &paths, operation_path(o));
    }
    return methods.count > 0 ? flow_hint(r, &methods, method) : flow_hint(r, &paths, path);
}

static int
find_by_path(struct flow_reader *r, const struct value *at, struct step *step)
{
    struct text pointer, decoded, path, method;
    const struct flow_source *source = source_of_path(r, at, &pointer);

    if (source == NULL || source->contract == NULL)
        return -1;
    step->source = source;
    if (!percent_decode(pointer, false, r->arena, &decoded) || !text_starts(decoded, TEXT("/paths/"))) {
        flow_error(r, at, "an operationPath is written %s", path_form);
        return -1;
    }
    pointer = text_from(decoded, 6);
    path = take_token(r, &pointer);
    if (pointer.length == 0) {
        step->operation = only_operation(source->contract, path);
        if (step->operation == NULL)
            flow_error(r, at, "which operation of '%.*s'? end the operationPath with a method, such as /get",
                       TEXT_PRINT(path));
        else
            flow_warn(r, at, "the operationPath names no method; the only operation of '%.*s' is taken",
                      TEXT_PRINT(path));
        return step->operation != NULL ? 0 : -1;
    }
    method = take_token(r, &pointer);
    step->operation = pointer.length == 0 ? operation_at(r, source->contract, path, method) : NULL;
    if (step->operation != NULL)
        return 0;
    flow_error(r, at, "the source '%.*s' has no operation '%.*s' of '%.*s'%s", TEXT_PRINT(source->name),
               TEXT_PRINT(method), TEXT_PRINT(path), hint_of_path(r, source->contract, path, method));
    return -1;
}

int
flow_find_operation(struct flow_reader *r, const struct value *object, struct step *step)
{
    const struct value *id = VALUE_MEMBER(object, "operationId"), *path = VALUE_MEMBER(object, "operationPath");

    if (path != NULL)
        return find_by_path(r, path, step);
    return flow_is_reference(value_text(id)) ? find_in_source(r, id, step) : find_anywhere(r, id, step);
}
