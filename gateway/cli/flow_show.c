/* flow_show.c -- plumbline flow show: what a flow does, as a tree for a terminal, or as a flowchart. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/limits.h"
#include "cli/command.h"
#include "cli/flow_commands.h"
#include "cli/flow_mermaid.h"
#include "flow/criterion.h"
#include "report/exchange_text.h"

struct showing {
    struct buffer out;
    size_t width; /* of the names of steps */
};

static void
add(struct showing *s, struct text t)
{
    exchange_text_visible(&s->out, t, false);
}

static void
add_duration(struct showing *s, int64_t ns)
{
    buffer_print(&s->out, ns % 1000000000 == 0 ? "%.0f s" : "%.3g s", (double)ns / 1e9);
}

/* ---- a step ---- */

/* "│      expects   " in front of what follows. */
static void
begin_line(struct showing *s, bool last, const char *label)
{
    buffer_print(&s->out, "  %s     %-9s ", last ? " " : "│", label);
}

static void
add_criteria(struct showing *s, const struct criterion *const *list, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        buffer_add(&s->out, i > 0 ? TEXT(" and ") : text_make(NULL, 0));
        add(s, criterion_text(list[i]));
    }
}

static void
add_target(struct showing *s, const struct workflow *w, const struct flow_action *a)
{
    if (a->workflow != NULL) {
        buffer_add(&s->out, TEXT(" workflow "));
        add(s, a->workflow->id);
    } else if (a->step != UINT32_MAX) {
        buffer_byte(&s->out, ' ');
        add(s, w->steps[a->step].id);
    }
}

static void
add_action(struct showing *s, const struct workflow *w, bool last, const char *label, const struct flow_action *a)
{
    begin_line(s, last, label);
    if (a->kind == FLOW_RETRY) {
        buffer_print(&s->out, "retry at most %u time%s", a->retry_limit, a->retry_limit == 1 ? "" : "s");
        if (a->retry_after > 0) {
            buffer_add(&s->out, TEXT(", after "));
            add_duration(s, a->retry_after);
        }
        if (a->workflow != NULL || a->step != UINT32_MAX)
            buffer_add(&s->out, TEXT(", by way of"));
        add_target(s, w, a);
    } else if (a->kind == FLOW_GOTO) {
        buffer_add(&s->out, TEXT("goto"));
        add_target(s, w, a);
    } else {
        buffer_add(&s->out, TEXT("end"));
    }
    if (a->criterion_count > 0) {
        buffer_add(&s->out, TEXT(" when "));
        add_criteria(s, a->criteria, a->criterion_count);
    }
    buffer_byte(&s->out, '\n');
}

static void
add_names(struct showing *s, const struct flow_output *list, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        buffer_add(&s->out, i > 0 ? TEXT(", ") : text_make(NULL, 0));
        add(s, list[i].name);
    }
    buffer_byte(&s->out, '\n');
}

static void
add_request(struct showing *s, const struct step *step)
{
    if (step->operation != NULL) {
        buffer_print(&s->out, "%-6.*s ", TEXT_PRINT(operation_method(step->operation)));
        add(s, operation_path(step->operation));
        if (step->source != NULL) {
            buffer_add(&s->out, TEXT("  ("));
            add(s, step->source->name);
            buffer_byte(&s->out, ' ');
            add(s, operation_id(step->operation));
            buffer_byte(&s->out, ')');
        }
    } else if (step->workflow != NULL) {
        buffer_add(&s->out, TEXT("workflow "));
        add(s, step->workflow->id);
        if (step->source != NULL) {
            buffer_add(&s->out, TEXT(" of "));
            add(s, step->source->name);
        }
    }
    buffer_byte(&s->out, '\n');
}

static void
add_how_often(struct showing *s, const struct step *step, bool last)
{
    if (step->each != NULL) {
        begin_line(s, last, "for each");
        buffer_add(&s->out, TEXT("element of a list, as $inputs."));
        add(s, step->each->as);
        if (step->parallel > 1)
            buffer_print(&s->out, ", %u at a time", step->parallel);
        buffer_byte(&s->out, '\n');
    }
    if (step->group != 0) {
        begin_line(s, last, "parallel");
        buffer_print(&s->out, "with the other steps of group %u\n", step->group);
    }
    if (step->timeout > 0) {
        begin_line(s, last, "timeout");
        add_duration(s, step->timeout);
        buffer_byte(&s->out, '\n');
    }
}

static void
add_expected(struct showing *s, const struct step *step, bool last)
{
    for (uint32_t i = 0; i < step->criterion_count; i++) {
        begin_line(s, last, i == 0 ? "expects" : "");
        add(s, criterion_text(step->criteria[i]));
        buffer_byte(&s->out, '\n');
    }
    if (step->criterion_count == 0) {
        begin_line(s, last, "expects");
        buffer_print(&s->out, "%s\n", step->operation != NULL ? "a status 2xx" : "that it ends well");
    }
}

static void
add_step(struct showing *s, const struct workflow *w, const struct step *step)
{
    bool last = step->index + 1 == w->step_count;
    size_t from;

    buffer_print(&s->out, "  %s ", last ? "└─" : "├─");
    from = buffer_length(&s->out);
    add(s, step->id);
    from = text_code_points(text_from(buffer_text(&s->out), from));
    buffer_print(&s->out, "%*s  ", from < s->width ? (int)(s->width - from) : 0, "");
    add_request(s, step);
    add_how_often(s, step, last);
    add_expected(s, step, last);
    for (uint32_t i = 0; i < step->on_success_count; i++)
        add_action(s, w, last, "then", &step->on_success[i]);
    for (uint32_t i = 0; i < step->on_failure_count; i++)
        add_action(s, w, last, "else", &step->on_failure[i]);
    if (step->output_count > 0) {
        begin_line(s, last, "gives");
        add_names(s, step->outputs, step->output_count);
    }
}

/* ---- the document ---- */

static void
add_inputs(struct showing *s, const struct workflow *w)
{
    const struct value *properties = w->inputs != NULL ? VALUE_MEMBER(schema_source(w->inputs), "properties") : NULL;
    const struct value *required = w->inputs != NULL ? VALUE_MEMBER(schema_source(w->inputs), "required") : NULL;
    const char *between = "";

    if (properties == NULL || properties->count == 0)
        return;
    buffer_add(&s->out, TEXT("  takes "));
    for (VALUE_EACH_MEMBER(name, properties)) {
        const struct value *type = VALUE_MEMBER(value_next(name), "type");
        bool must = false;

        if (value_is(required, VALUE_ARRAY)) {
            for (VALUE_EACH_ITEM(one, required))
                must = must || text_equal(value_text(one), value_text(name));
        }
        buffer_print(&s->out, "%s", between);
        add(s, value_text(name));
        if (value_is(type, VALUE_STRING))
            buffer_print(&s->out, " (%.*s%s)", TEXT_PRINT(value_text(type)), must ? ", required" : "");
        between = ", ";
    }
    buffer_byte(&s->out, '\n');
}

static void
add_workflow(struct showing *s, const struct workflow *w)
{
    buffer_byte(&s->out, '\n');
    add(s, w->id);
    if (w->summary.length > 0) {
        buffer_add(&s->out, TEXT("  "));
        add(s, w->summary);
    }
    buffer_byte(&s->out, '\n');
    for (uint32_t i = 0; i < w->depends_count; i++) {
        buffer_add(&s->out, i == 0 ? TEXT("  after ") : TEXT(", "));
        add(s, w->depends_on[i]->id);
        if (i + 1 == w->depends_count)
            buffer_byte(&s->out, '\n');
    }
    add_inputs(s, w);
    for (uint32_t i = 0; i < w->step_count; i++)
        add_step(s, w, &w->steps[i]);
    if (w->output_count > 0) {
        buffer_add(&s->out, TEXT("  gives "));
        add_names(s, w->outputs, w->output_count);
    }
}

static void
add_source(struct showing *s, const struct flow_source *source)
{
    buffer_add(&s->out, TEXT("  "));
    add(s, source->name);
    buffer_add(&s->out, TEXT("  "));
    add(s, source->url);
    if (source->contract != NULL)
        buffer_print(&s->out, "  (OpenAPI %.*s, %u operations)", TEXT_PRINT(contract_dialect(source->contract)),
                     contract_operation_count(source->contract));
    else if (source->flow != NULL)
        buffer_print(&s->out, "  (Arazzo %.*s, %u workflows)", TEXT_PRINT(source->flow->arazzo),
                     source->flow->workflow_count);
    buffer_byte(&s->out, '\n');
}

static void
show_tree(struct showing *s, const struct flow *flow)
{
    add(s, flow->title);
    buffer_byte(&s->out, ' ');
    add(s, flow->version);
    buffer_print(&s->out, "  (Arazzo %.*s, %.*s)\n", TEXT_PRINT(flow->arazzo), TEXT_PRINT(flow->file));
    for (uint32_t i = 0; i < flow->source_count; i++)
        add_source(s, &flow->sources[i]);
    for (uint32_t i = 0; i < flow->workflow_count; i++)
        for (uint32_t k = 0; k < flow->workflows[i].step_count; k++) {
            size_t width = text_code_points(flow->workflows[i].steps[k].id);

            s->width = width > s->width ? width : s->width;
        }
    for (uint32_t i = 0; i < flow->workflow_count; i++)
        add_workflow(s, &flow->workflows[i]);
}

static int
show(const char *path, const char *const *sources, bool mermaid)
{
    const struct flow_options options = { .files = sources };
    struct showing s = { .width = 0 };
    struct error err = { .kind = ERROR_NONE };
    struct flow *flow = flow_load(path, &options, &err);

    if (flow == NULL)
        return command_fail("flow show", &err);
    buffer_init(&s.out, LIMIT_FILE_BYTES);
    if (mermaid)
        flow_mermaid(&s.out, flow);
    else
        show_tree(&s, flow);
    if (buffer_failed(&s.out))
        error_memory(&err);
    else if (fwrite(buffer_text(&s.out).data, 1, buffer_length(&s.out), stdout) != buffer_length(&s.out))
        error_system(&err, errno, "standard output", "cannot write");
    buffer_release(&s.out);
    flow_free(flow);
    return err.kind != ERROR_NONE ? command_fail("flow show", &err) : EXIT_FINE;
}

int
flow_show(int argc, char **argv)
{
    struct option_list files, sources = { .count = 0 };
    bool mermaid = false;
    int code;
    const struct option options[] = {
        { "--mermaid", 0, OPTION_FLAG, NULL, NULL, "as a Mermaid flowchart", &mermaid },
        { "--source", 0, OPTION_LIST, "NAME=FILE", NULL, "a file instead of a source description's URL", &sources },
        { .name = NULL },
    };
    const struct usage usage = {
        .name = "flow show",
        .summary = "Show the steps of an Arazzo document: requests, criteria, retries, gotos.",
        .arguments = "FILE [--mermaid] [--source NAME=FILE]...",
        .example = "plumbline flow show rules/flows/orderflow.arazzo.yaml --mermaid",
        .options = options,
        .least = 1,
        .most = 1,
        .more = "Exit: 0 fine, 2 the document cannot be used, 3 environment.",
    };

    if (!options_read(&usage, argc, argv, &files, &code))
        return code;
    sources.items[sources.count < OPTION_LIST_MAX ? sources.count : OPTION_LIST_MAX - 1] = NULL;
    return show(files.items[0], sources.items, mermaid);
}
