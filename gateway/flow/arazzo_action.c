/* arazzo_action.c -- success and failure actions, and criteria. An action of a step replaces the workflow's of the same
 * name (Arazzo 1.0.1 4.6.4.1). */
#include "flow/arazzo_internal.h"

#include <stdlib.h>

#include "base/limits.h"
#include "flow/criterion.h"

#define SECONDS_MAX 1e9 /* some thirty years */

/* ---- criteria ---- */

/* The member at which the compiler of criteria found its mistake; the object where it is none of them. */
static const struct value *
blamed(const struct flow_reader *r, const struct value *object, const char *where)
{
    for (VALUE_EACH_MEMBER(key, object))
        if (text_equal(document_where(r->document, value_next(key), r->arena), text_of(where)))
            return value_next(key);
    return object;
}

const struct criterion *const *
flow_read_criteria(struct flow_reader *r, const struct value *list, uint32_t *count)
{
    const struct criterion **criteria = FLOW_ARRAY(r, const struct criterion *, flow_count(list));

    *count = 0;
    if (list == NULL || criteria == NULL)
        return criteria;
    for (VALUE_EACH_ITEM(item, list)) {
        struct error err = { .kind = ERROR_NONE };

        criteria[*count] = criterion_compile(r->document, item, r->arena, &err);
        if (criteria[*count] != NULL)
            ++*count;
        else
            flow_error(r, blamed(r, item, err.where), "%s", err.what);
    }
    return criteria;
}

/* ---- actions ---- */

static double
number_of(struct flow_reader *r, const struct value *v, double otherwise)
{
    const char *text = v != NULL ? arena_text(r->arena, value_text(v)).data : NULL;

    return text != NULL ? strtod(text, NULL) : otherwise;
}

static void
read_retry(struct flow_reader *r, const struct value *object, struct flow_action *action)
{
    double after = number_of(r, VALUE_MEMBER(object, "retryAfter"), 0);
    double limit = number_of(r, VALUE_MEMBER(object, "retryLimit"), 1);

    action->retry_after = (int64_t)((after < SECONDS_MAX ? after : SECONDS_MAX) * 1e9);
    action->retry_limit = limit < UINT32_MAX ? (uint32_t)limit : UINT32_MAX;
}

/* Members that say nothing for this kind of action are no mistake, but somebody thinks that they do. */
static void
warn_idle(struct flow_reader *r, const struct value *object, const struct flow_action *action)
{
    static const char *const targets[] = { "stepId", "workflowId" }, *const retries[] = { "retryAfter", "retryLimit" };

    for (size_t i = 0; i < 2; i++) {
        const struct value *target = value_member(object, text_of(targets[i]));
        const struct value *retry = value_member(object, text_of(retries[i]));

        if (target != NULL && action->kind == FLOW_END)
            flow_warn(r, target, "'%s' says nothing in an action 'end'; a 'goto' leads there", targets[i]);
        if (retry != NULL && action->kind != FLOW_RETRY)
            flow_warn(r, retry, "'%s' says nothing here; it belongs to 'retry'", retries[i]);
    }
}

static void
read_parameters(struct flow_reader *r, const struct value *object, struct flow_action *action)
{
    const struct value *list = VALUE_MEMBER(object, "parameters"), *at = VALUE_MEMBER(object, "workflowId");
    const struct flow_parameters none = { .count = 0 };
    struct flow_parameters all = flow_read_parameters(r, list, &none);

    action->parameters = all.list;
    action->parameter_count = all.count;
    if (action->workflow != NULL)
        flow_check_call(r, action->workflow, all.list, all.count, at);
    else if (list != NULL && at == NULL)
        flow_warn(r, list, "parameters of an action are inputs of a workflow; this one names none");
}

static void
read_action(struct flow_reader *r, const struct workflow *w, const struct value *object, struct flow_action *action)
{
    const struct value *workflow = VALUE_MEMBER(object, "workflowId"), *step = VALUE_MEMBER(object, "stepId");
    struct text type = FLOW_TEXT(object, "type");
    const struct flow_source *source;

    action->name = FLOW_TEXT(object, "name");
    action->kind = text_equal(type, TEXT("goto")) ? FLOW_GOTO : text_equal(type, TEXT("retry")) ? FLOW_RETRY : FLOW_END;
    action->step = UINT32_MAX;
    if (action->kind != FLOW_END && workflow != NULL)
        action->workflow = flow_find_workflow(r, workflow, &source);
    if (action->kind != FLOW_END && step != NULL)
        action->step = flow_find_step(r, w, step);
    if (action->kind == FLOW_RETRY)
        read_retry(r, object, action);
    read_parameters(r, object, action);
    warn_idle(r, object, action);
    action->criteria = flow_read_criteria(r, VALUE_MEMBER(object, "criteria"), &action->criterion_count);
}

static bool
has_action(const struct flow_actions *actions, struct text name)
{
    for (uint32_t i = 0; i < actions->count; i++)
        if (text_equal(actions->list[i].name, name))
            return true;
    return false;
}

struct flow_actions
flow_read_actions(struct flow_reader *r, const struct workflow *w, const struct value *list, const char *kind,
                  const struct flow_actions *after)
{
    struct flow_actions all = { .list = FLOW_ARRAY(r, struct flow_action, flow_count(list) + after->count) };

    if (all.list == NULL)
        return all;
    for (const struct value *item = list != NULL ? list + 1 : NULL; item != NULL && item < value_next(list);
         item = value_next(item)) {
        const struct value *override, *object = flow_resolve(r, item, kind, &override);

        if (object == NULL)
            continue;
        if (has_action(&all, FLOW_TEXT(object, "name")))
            flow_error(r, item, "two actions of the list have the name '%.*s'", TEXT_PRINT(FLOW_TEXT(object, "name")));
        all.list[all.count].place = flow_place(r, item);
        read_action(r, w, object, &all.list[all.count++]);
    }
    for (uint32_t i = 0, own = all.count; i < after->count; i++) {
        struct flow_actions mine = { all.list, own };

        if (!has_action(&mine, after->list[i].name))
            all.list[all.count++] = after->list[i];
    }
    return all;
}
