/* runner_plan.c -- what every run does: the workflows that were asked for, behind those that they depend on, and what
 * the workflows inside of them depend on. Each once. */
#include "flow/runner_internal.h"

#include "base/limits.h"

struct planning {
    struct runner *runner;
    const struct workflow **seen;
    uint32_t seen_count, seen_room;
    struct error *err;
};

/* 1: new; 0: seen before; -1: no memory. */
static int
see(struct planning *p, const struct workflow *w)
{
    for (uint32_t i = 0; i < p->seen_count; i++)
        if (p->seen[i] == w)
            return 0;
    if (p->seen_count == p->seen_room) {
        uint32_t room = p->seen_room > 0 ? p->seen_room * 2 : 16;

        p->seen =
            arena_grow(p->runner->arena, (void *)p->seen, p->seen_room * sizeof p->seen[0], room * sizeof p->seen[0]);
        if (p->seen == NULL)
            return error_memory(p->err);
        p->seen_room = room;
    }
    p->seen[p->seen_count++] = w;
    return 1;
}

static int
add(struct planning *p, const struct workflow *w)
{
    struct runner *r = p->runner;

    for (uint32_t i = 0; i < r->plan_count; i++)
        if (r->plan[i].workflow == w)
            return 0;
    if (r->plan_count == r->plan_room) {
        uint32_t room = r->plan_room > 0 ? r->plan_room * 2 : 8;

        r->plan = arena_grow(r->arena, r->plan, r->plan_room * sizeof r->plan[0], room * sizeof r->plan[0]);
        if (r->plan == NULL)
            return error_memory(p->err);
        r->plan_room = room;
    }
    r->plan[r->plan_count++] = (struct planned){ .workflow = w };
    return 0;
}

/* That a server is known is asked before anything is sent. */
static int
check_server(struct planning *p, const struct step *step)
{
    const struct runner_options *o = p->runner->options;
    struct text url;

    if (step->operation == NULL)
        return 0;
    url = flow_request_server(step->source, step->operation, o->servers, o->server_count, p->runner->arena, p->err);
    return url.data != NULL ? 0 : -1;
}

static int visit(struct planning *p, const struct workflow *w, uint32_t depth);

static int
visit_actions(struct planning *p, const struct flow_action *actions, uint32_t count, uint32_t depth)
{
    for (uint32_t i = 0; i < count; i++)
        if (actions[i].workflow != NULL && visit(p, actions[i].workflow, depth) < 0)
            return -1;
    return 0;
}

/* What is deeper than workflows may nest is never run. */
static int
visit(struct planning *p, const struct workflow *w, uint32_t depth)
{
    int is_new = depth <= LIMIT_FLOW_NESTING ? see(p, w) : 0;

    if (is_new <= 0)
        return is_new;
    for (uint32_t i = 0; i < w->depends_count; i++)
        if (visit(p, w->depends_on[i], depth + 1) < 0 || add(p, w->depends_on[i]) < 0)
            return -1;
    for (uint32_t i = 0; i < w->step_count; i++) {
        const struct step *s = &w->steps[i];

        if (check_server(p, s) < 0 || (s->workflow != NULL && visit(p, s->workflow, depth + 1) < 0) ||
            visit_actions(p, s->on_success, s->on_success_count, depth + 1) < 0 ||
            visit_actions(p, s->on_failure, s->on_failure_count, depth + 1) < 0)
            return -1;
    }
    return 0;
}

/* ---- inputs ---- */

static bool
is_of_another(const struct runner *r, const struct workflow *w, struct text name)
{
    for (uint32_t i = 0; i < r->plan_count; i++)
        if (r->plan[i].workflow != w && value_member(inputs_properties(r->plan[i].workflow), name) != NULL)
            return true;
    return false;
}

/* Of inputs that are given to several workflows at once, each has its own, and those that nobody knows. */
static bool
choose(struct runner *r, const struct workflow *w, struct kept *chosen)
{
    const struct value *given = r->options->inputs, *own = inputs_properties(w);
    struct json_writer json;

    buffer_clear(&r->scratch);
    json_begin(&json, &r->scratch, 0);
    json_object(&json);
    for (VALUE_EACH_MEMBER(key, given)) {
        if (own != NULL && value_member(own, value_text(key)) == NULL && is_of_another(r, w, value_text(key)))
            continue;
        json_key(&json, value_text(key));
        json_value(&json, value_next(key));
    }
    json_end_object(&json);
    return !buffer_failed(&r->scratch) && kept_read(chosen, buffer_text(&r->scratch));
}

static int
prepare(struct runner *r, struct planned *p, struct error *err)
{
    struct kept chosen = { .arena = NULL };
    struct inputs_result result;

    if (value_is(r->options->inputs, VALUE_OBJECT) && !choose(r, p->workflow, &chosen))
        return error_set(err, ERROR_INPUT, NULL, "the inputs are too large");
    inputs_make(r, p->workflow, chosen.value, r->arena, &result);
    kept_free(&chosen);
    p->kept = result.inputs;
    p->inputs = result.inputs.value;
    p->failure = result.failure;
    p->why = result.why;
    return 0;
}

/* ---- which ---- */

static bool
leads_to(const struct flow_action *actions, uint32_t count, const struct workflow *w)
{
    for (uint32_t i = 0; i < count; i++)
        if (actions[i].workflow == w)
            return true;
    return false;
}

/* A part of another workflow of the document, which gives it its inputs: it is not run alone unless it is asked for. */
static bool
is_part(const struct flow *flow, const struct workflow *w)
{
    for (uint32_t i = 0; i < flow->workflow_count; i++) {
        const struct workflow *other = &flow->workflows[i];

        for (uint32_t s = 0; other != w && s < other->step_count; s++) {
            const struct step *step = &other->steps[s];

            if (step->workflow == w || leads_to(step->on_success, step->on_success_count, w) ||
                leads_to(step->on_failure, step->on_failure_count, w))
                return true;
        }
    }
    return false;
}

/* Where each is a part of another, all of them are run. */
static int
add_all(struct planning *p, const struct flow *flow, bool parts)
{
    for (uint32_t i = 0; i < flow->workflow_count; i++) {
        const struct workflow *w = &flow->workflows[i];

        if (!parts && is_part(flow, w))
            continue;
        if (visit(p, w, 0) < 0 || add(p, w) < 0)
            return -1;
    }
    return p->runner->plan_count > 0 || parts ? 0 : add_all(p, flow, true);
}

int
plan_make(struct runner *r, struct error *err)
{
    const struct runner_options *o = r->options;
    struct planning planning = { .runner = r, .err = err };

    if (o->workflows == NULL && add_all(&planning, o->flow, false) < 0)
        return -1;
    for (uint32_t i = 0; o->workflows != NULL && i < o->workflow_count; i++)
        if (visit(&planning, o->workflows[i], 0) < 0 || add(&planning, o->workflows[i]) < 0)
            return -1;
    for (uint32_t i = 0; i < r->plan_count; i++)
        if (prepare(r, &r->plan[i], err) < 0)
            return -1;
    return 0;
}
