/* flow_mermaid.c -- a box per step, a frame per workflow. Nodes are called w0s1 (the second step of the first
 * workflow), w0 begins it and w0end ends it: ids of the document may be words that mean something to Mermaid ("end").
 */
#include "cli/flow_mermaid.h"

#include "flow/criterion.h"

#define LABEL_BYTES 60

/* Inside of "…": quotes, brackets and the like as entities; long ones are cut. */
static void
add_label(struct buffer *out, struct text t)
{
    size_t end = t.length > LABEL_BYTES ? LABEL_BYTES : t.length;

    while (end < t.length && end > 0 && ((unsigned char)t.data[end] & 0xc0) == 0x80)
        end--;
    for (size_t i = 0; i < end; i++) {
        unsigned char c = (unsigned char)t.data[i];

        if (c < 0x20 || c == 0x7f)
            buffer_byte(out, ' ');
        else if (c < 0x80 && strchr("\"#&<>[]{}()|\\`;*_~%$", c) != NULL)
            buffer_print(out, "#%u;", c);
        else
            buffer_byte(out, (char)c);
    }
    if (end < t.length)
        buffer_add(out, TEXT("…"));
}

static void
add_node(struct buffer *out, const struct workflow *w, const struct step *s)
{
    buffer_print(out, "    w%us%u[\"", w->index, s->index);
    add_label(out, s->id);
    if (s->operation != NULL) {
        buffer_add(out, TEXT("<br/>"));
        add_label(out, operation_method(s->operation));
        buffer_byte(out, ' ');
        add_label(out, operation_path(s->operation));
    } else if (s->workflow != NULL) {
        buffer_add(out, TEXT("<br/>workflow "));
        add_label(out, s->workflow->id);
    }
    if (s->each != NULL) {
        buffer_add(out, TEXT("<br/>for each of "));
        buffer_print(out, s->parallel > 1 ? "a list, %u at a time" : "a list", s->parallel);
    }
    buffer_add(out, TEXT("\"]\n"));
}

/* The label of an edge: what must hold for it. */
static void
add_condition(struct buffer *out, const char *what, const struct flow_action *a)
{
    buffer_add(out, TEXT("|\""));
    buffer_print(out, "%s", what);
    if (a->kind == FLOW_RETRY)
        buffer_print(out, " retry, at most %u", a->retry_limit);
    if (a->criterion_count > 0) {
        buffer_add(out, TEXT(": "));
        add_label(out, criterion_text(a->criteria[0]));
        if (a->criterion_count > 1)
            buffer_print(out, " and %u more", a->criterion_count - 1);
    }
    buffer_add(out, TEXT("\"| "));
}

static void
add_action(struct buffer *out, const struct workflow *w, const struct step *s, const char *what,
           const struct flow_action *a)
{
    buffer_print(out, "    w%us%u %s", w->index, s->index, a->kind == FLOW_RETRY ? "-.->" : "-->");
    add_condition(out, what, a);
    if (a->workflow != NULL && a->workflow->flow == w->flow)
        buffer_print(out, "w%u\n", a->workflow->index);
    else if (a->step != UINT32_MAX && a->kind != FLOW_END)
        buffer_print(out, "w%us%u\n", w->index, a->step);
    else if (a->kind == FLOW_RETRY)
        buffer_print(out, "w%us%u\n", w->index, s->index);
    else
        buffer_print(out, "w%uend\n", w->index);
}

static void
add_next(struct buffer *out, const struct workflow *w, const struct step *s)
{
    buffer_print(out, "    w%us%u --> ", w->index, s->index);
    if (s->index + 1 < w->step_count)
        buffer_print(out, "w%us%u\n", w->index, s->index + 1);
    else
        buffer_print(out, "w%uend\n", w->index);
}

static void
add_edges(struct buffer *out, const struct workflow *w, const struct step *s)
{
    bool always = false; /* an action without a criterion leaves no other way */

    for (uint32_t i = 0; i < s->on_success_count; i++) {
        add_action(out, w, s, "fine", &s->on_success[i]);
        always = always || s->on_success[i].criterion_count == 0;
    }
    for (uint32_t i = 0; i < s->on_failure_count; i++)
        add_action(out, w, s, "failed", &s->on_failure[i]);
    if (!always)
        add_next(out, w, s);
    if (s->workflow != NULL && s->workflow->flow == w->flow)
        buffer_print(out, "    w%us%u -.->|runs| w%u\n", w->index, s->index, s->workflow->index);
}

static void
add_workflow(struct buffer *out, const struct workflow *w)
{
    buffer_print(out, "  subgraph frame%u[\"", w->index);
    add_label(out, w->id);
    buffer_print(out, "\"]\n    w%u([\"", w->index);
    add_label(out, w->summary.length > 0 ? w->summary : w->id);
    buffer_print(out, "\"])\n    w%uend([\"done\"])\n", w->index);
    for (uint32_t i = 0; i < w->step_count; i++)
        add_node(out, w, &w->steps[i]);
    if (w->step_count > 0)
        buffer_print(out, "    w%u --> w%us0\n", w->index, w->index);
    for (uint32_t i = 0; i < w->step_count; i++)
        add_edges(out, w, &w->steps[i]);
    buffer_add(out, TEXT("  end\n"));
}

void
flow_mermaid(struct buffer *out, const struct flow *flow)
{
    buffer_add(out, TEXT("flowchart TD\n"));
    for (uint32_t i = 0; i < flow->workflow_count; i++)
        add_workflow(out, &flow->workflows[i]);
    for (uint32_t i = 0; i < flow->workflow_count; i++) {
        const struct workflow *w = &flow->workflows[i];

        for (uint32_t k = 0; k < w->depends_count; k++)
            if (w->depends_on[k]->flow == flow)
                buffer_print(out, "  w%uend --> w%u\n", w->depends_on[k]->index, w->index);
    }
}
