#include "cli/flow_choice.h"

/* "; did you mean 'x'?", or what there is. */
static int
no_such(const char *where, const char *what, struct text name, const char *const *names, size_t count,
        const struct flow *flow, struct error *err)
{
    const char *near = text_nearest(name, names, count);

    return error_set(err, ERROR_USAGE, where, "%.*s has no %s '%.*s'; %s%s%s", TEXT_PRINT(flow->file), what,
                     TEXT_PRINT(name), near != NULL ? "did you mean '" : "'plumbline flow show' lists them",
                     near != NULL ? near : "", near != NULL ? "'?" : "");
}

static bool
action_calls(const struct flow_action *list, uint32_t count, const struct workflow *w)
{
    for (uint32_t i = 0; i < count; i++)
        if (list[i].workflow == w)
            return true;
    return false;
}

/* Does a step, an action or a dependsOn of `from` run it? */
static bool
calls(const struct workflow *from, const struct workflow *w)
{
    if (from == w)
        return false;
    for (uint32_t i = 0; i < from->depends_count; i++)
        if (from->depends_on[i] == w)
            return true;
    for (uint32_t i = 0; i < from->step_count; i++) {
        const struct step *s = &from->steps[i];

        if (s->workflow == w || action_calls(s->on_success, s->on_success_count, w) ||
            action_calls(s->on_failure, s->on_failure_count, w))
            return true;
    }
    return false;
}

static bool
is_called(const struct flow *flow, const struct workflow *w)
{
    for (uint32_t i = 0; i < flow->workflow_count; i++)
        if (calls(&flow->workflows[i], w))
            return true;
    return false;
}

static int
choose_named(const struct flow_plan *plan, const struct flow *flow, const struct workflow **chosen, uint32_t *count,
             struct error *err)
{
    for (uint32_t i = 0; i < plan->workflow_count; i++) {
        const char *names[FLOW_PLAN_NAMES];
        size_t known = 0;
        const struct workflow *w = flow_workflow(flow, text_of(plan->workflows[i]));

        for (uint32_t k = 0; w == NULL && k < flow->workflow_count && known < FLOW_PLAN_NAMES; k++)
            names[known++] = arena_text(plan->arena, flow->workflows[k].id).data;
        if (w == NULL)
            return no_such("--workflow", "workflow", text_of(plan->workflows[i]), names, known, flow, err);
        chosen[(*count)++] = w;
    }
    return 0;
}

int
flow_choose(struct flow_plan *plan, const struct flow *flow, const struct workflow *const **list, uint32_t *count,
            struct error *err)
{
    const struct workflow **chosen =
        ARENA_ARRAY(plan->arena, const struct workflow *, plan->workflow_count + flow->workflow_count);

    if (chosen == NULL)
        return error_memory(err);
    *count = 0;
    *list = chosen;
    if (choose_named(plan, flow, chosen, count, err) < 0)
        return -1;
    for (uint32_t i = 0; plan->workflow_count == 0 && i < flow->workflow_count; i++)
        if (!is_called(flow, &flow->workflows[i]))
            chosen[(*count)++] = &flow->workflows[i];
    for (uint32_t i = 0; *count == 0 && i < flow->workflow_count; i++) /* they call each other */
        chosen[i] = &flow->workflows[i];
    if (*count == 0)
        *count = flow->workflow_count;
    return 0;
}

int
flow_judge_servers(const struct flow_plan *plan, const struct flow *flow, struct error *err)
{
    const char *names[FLOW_PLAN_NAMES];
    size_t known = 0;

    for (uint32_t i = 0; i < flow->source_count && known < FLOW_PLAN_NAMES; i++)
        names[known++] = arena_text(plan->arena, flow->sources[i].name).data;
    for (uint32_t i = 0; i < plan->server_count; i++) {
        struct text name = plan->servers[i].name;
        bool found = name.length == 0;

        for (uint32_t k = 0; k < flow->source_count && !found; k++)
            found = text_equal(flow->sources[k].name, name);
        if (!found)
            return no_such("--server", "source description", name, names, known, flow, err);
    }
    return 0;
}
