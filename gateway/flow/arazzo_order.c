/* arazzo_order.c -- dependsOn must have an end: of workflows, and of steps (1.1). */
#include "flow/arazzo_internal.h"

enum mark {
    UNSEEN,
    OPEN, /* what it depends on is being looked at */
    DONE,
};

struct search {
    struct flow_reader *r;
    uint8_t *marks;
    struct text circle;
};

/* Workflows and steps are told apart by what the nodes are. */
struct node {
    const struct workflow *workflow;
    uint32_t step; /* UINT32_MAX: the workflow itself */
};

static struct text
name_of(const struct node *n)
{
    return n->step == UINT32_MAX ? n->workflow->id : n->workflow->steps[n->step].id;
}

static uint32_t
successors(const struct node *n)
{
    return n->step == UINT32_MAX ? n->workflow->depends_count : n->workflow->steps[n->step].depends_count;
}

/* NULL in *next: it is of another document, which cannot lead back. */
static struct node
successor(const struct search *s, const struct node *n, uint32_t i)
{
    const struct workflow *other;

    if (n->step != UINT32_MAX)
        return (struct node){ n->workflow, n->workflow->steps[n->step].depends_on[i] };
    other = n->workflow->depends_on[i];
    return (struct node){ other->flow == s->r->flow ? other : NULL, UINT32_MAX };
}

/* As deep as there are workflows or steps: LIMIT_FLOW_STEPS. True: a circle begins here. */
static bool
search(struct search *s, struct node n)
{
    uint32_t index = n.step == UINT32_MAX ? n.workflow->index : n.step;

    if (s->marks[index] == DONE)
        return false;
    if (s->marks[index] == OPEN) {
        s->circle = arena_print(s->r->arena, "'%.*s'", TEXT_PRINT(name_of(&n)));
        return true;
    }
    s->marks[index] = OPEN;
    for (uint32_t i = 0; i < successors(&n); i++) {
        struct node next = successor(s, &n, i);

        if (next.workflow != NULL && search(s, next)) {
            if (s->circle.length < 300)
                s->circle = arena_print(s->r->arena, "'%.*s' → %.*s", TEXT_PRINT(name_of(&n)), TEXT_PRINT(s->circle));
            return true;
        }
    }
    s->marks[index] = DONE;
    return false;
}

static void
check_from(struct search *s, struct node n, const struct value *object)
{
    if (s->circle.length == 0 && search(s, n))
        flow_error(s->r, VALUE_MEMBER(object, "dependsOn"),
                   "dependsOn goes in a circle: %.*s; none of them could begin", TEXT_PRINT(s->circle));
}

void
flow_check_order(struct flow_reader *r)
{
    struct search of_workflows = { .r = r, .marks = FLOW_ARRAY(r, uint8_t, r->flow->workflow_count) };

    for (uint32_t i = 0; of_workflows.marks != NULL && i < r->flow->workflow_count; i++) {
        const struct workflow *w = &r->workflows[i];
        struct search of_steps = { .r = r, .marks = FLOW_ARRAY(r, uint8_t, w->step_count) };

        check_from(&of_workflows, (struct node){ w, UINT32_MAX }, w->place.value);
        for (uint32_t k = 0; of_steps.marks != NULL && k < w->step_count; k++)
            check_from(&of_steps, (struct node){ w, k }, w->steps[k].place.value);
    }
}
