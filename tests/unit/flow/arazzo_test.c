/* arazzo.h: tests/cases/flow/arazzo says what must be told of documents, right and wrong; here is what the right ones
 * become. */
#include "unit.h"

#include "base/buffer.h"
#include "base/file.h"
#include "base/limits.h"
#include "flow/arazzo.h"
#include "flow/expression.h"

#define FOLDER "tests/cases/flow/arazzo"

/* ---- cases ---- */

struct telling {
    const char *path;
    struct arena *arena;
    struct buffer told;
    struct text first; /* the first error */
};

/* As the comments say it: "# error 7:4: message". */
static void
on_defect(void *arg, const struct flow_defect *defect)
{
    struct telling *t = arg;
    struct text where = document_where(defect->place.document, defect->place.value, t->arena), own = where;

    if (text_starts(where, text_of(t->path)))
        own = text_from(where, strlen(t->path) + 1);
    buffer_print(&t->told, "# %s %.*s: %.*s\n", defect->level == LEVEL_ERROR ? "error" : "warn", TEXT_PRINT(own),
                 TEXT_PRINT(defect->what));
    if (defect->level == LEVEL_ERROR && t->first.length == 0)
        t->first = arena_print(t->arena, "%.*s: %.*s", TEXT_PRINT(where), TEXT_PRINT(defect->what));
}

/* The comments of the file that expect something. */
static struct text
expectation(const char *path, struct arena *arena)
{
    struct text content, line, all = TEXT("");
    struct text_split split;

    assert_int_equal(file_read(&content, path, arena, NULL), 0);
    split = text_split_start(content);
    while (text_split_next(&split, '\n', &line) && text_starts(line, TEXT("#")))
        if (text_starts(line, TEXT("# error ")) || text_starts(line, TEXT("# warn ")))
            all = arena_print(arena, "%.*s%.*s\n", TEXT_PRINT(all), TEXT_PRINT(line));
    return all;
}

static bool
case_holds(const char *path, struct arena *arena)
{
    struct telling t = { .path = path, .arena = arena };
    struct flow_options options = { .defect = on_defect, .arg = &t };
    struct error err = { .kind = ERROR_NONE };
    struct text expected = expectation(path, arena);
    bool wrong = text_search(expected, TEXT("# error ")) < expected.length, holds;
    struct flow *flow;

    buffer_init(&t.told, LIMIT_MIB);
    flow = flow_load(path, &options, &err);
    holds = text_equal(buffer_text(&t.told), expected) && (flow == NULL) == wrong && (err.kind != ERROR_NONE) == wrong;
    if (wrong)
        holds = holds && text_equal(t.first, arena_print(arena, "%s: %s", err.where, err.what));
    if (!holds)
        print_error("%s\n--- expected\n%.*s--- found\n%.*s--- error %s: %s\n", path, TEXT_PRINT(expected),
                    TEXT_PRINT(buffer_text(&t.told)), err.where, err.what);
    flow_free(flow);
    buffer_release(&t.told);
    return holds;
}

static void
documents_load_or_every_mistake_is_told_at_its_place(void **state)
{
    struct arena *arena = arena_new(0, SIZE_MAX);
    const char **names;
    size_t count, failed = 0, cases = 0;

    (void)state;
    assert_int_equal(file_list(FOLDER, arena, &names, &count, NULL), 0);
    for (size_t i = 0; i < count; i++) {
        if (!text_ends(text_of(names[i]), TEXT(".arazzo.yaml")))
            continue;
        failed += !case_holds(arena_print(arena, FOLDER "/%s", names[i]).data, arena);
        cases++;
    }
    assert_int_equal(failed, 0);
    assert_true(cases >= 35);
    arena_free(arena);
}

/* ---- what a document becomes ---- */

static struct flow *
loaded(const char *name)
{
    struct error err = { .kind = ERROR_NONE };
    char path[200];
    struct flow *flow;

    (void)snprintf(path, sizeof path, FOLDER "/%s.arazzo.yaml", name);
    flow = flow_load(path, NULL, &err);
    check_that(flow != NULL, "%s: %s", err.where, err.what);
    return flow;
}

static const struct workflow *
workflow_of(const struct flow *flow, const char *id)
{
    const struct workflow *w = flow_workflow(flow, text_of(id));

    check_that(w != NULL, "workflow %s", id);
    return w;
}

static void
operations_workflows_and_sources_are_resolved(void **state)
{
    struct flow *flow = loaded("fine-whole");
    const struct workflow *w = workflow_of(flow, "order");
    const struct step *steps = w->steps;

    (void)state;
    check_text(flow->title, "everything");
    check_text(flow->version, "2");
    check_text(flow->arazzo, "1.0.0");
    check_text(flow->file, FOLDER "/fine-whole.arazzo.yaml");
    assert_int_equal(flow->source_count, 3);
    assert_int_equal(flow->workflow_count, 2);
    assert_null(flow_workflow(flow, TEXT("gone")));
    check_text(contract_title(flow->sources[0].contract), "Shop");
    check_text(flow->sources[2].flow->title, "case");
    assert_int_equal(w->step_count, 4);
    check_text(operation_id(steps[0].operation), "placeOrder");
    check_text(operation_id(steps[1].operation), "getOrder");
    assert_ptr_equal(steps[1].source, &flow->sources[0]);
    assert_ptr_equal(steps[2].workflow, workflow_of(flow->sources[2].flow, "called"));
    assert_ptr_equal(steps[2].source, &flow->sources[2]);
    assert_int_equal(w->depends_count, 2);
    assert_ptr_equal(w->depends_on[0], workflow_of(flow, "prepare"));
    assert_ptr_equal(w->depends_on[1], steps[2].workflow);
    flow_free(flow);
}

static void
a_contract_is_loaded_once_however_often_it_is_named(void **state)
{
    struct flow *flow = loaded("fine-whole");
    const struct flow *other = flow->sources[2].flow;

    (void)state;
    assert_ptr_equal(flow->sources[0].contract, other->sources[0].contract);
    flow_free(flow);
}

static const struct flow_parameter *
parameter_of(const struct step *step, const char *name)
{
    for (uint32_t i = 0; i < step->parameter_count; i++)
        if (text_equal(step->parameters[i].name, text_of(name)))
            return &step->parameters[i];
    return NULL;
}

static void
parameters_of_the_workflow_lie_under_those_of_the_step(void **state)
{
    struct flow *flow = loaded("fine-whole");
    const struct step *steps = workflow_of(flow, "order")->steps;

    (void)state;
    assert_int_equal(steps[0].parameter_count, 2); /* Authorization and X-Trace: the path has no id */
    check_text(value_text(parameter_of(&steps[0], "X-Trace")->value.value), "$inputs.id");
    assert_int_equal(steps[1].parameter_count, 3);
    check_text(value_text(parameter_of(&steps[1], "id")->value.value), "$steps.place.outputs.id");
    assert_false(parameter_of(&steps[1], "id")->value.constant);
    assert_int_equal(parameter_of(&steps[1], "id")->in, FLOW_IN_PATH);
    assert_int_equal(steps[2].parameter_count, 1); /* the workflow that is called has no quantity */
    assert_int_equal(parameter_of(&steps[2], "sku")->in, FLOW_IN_NONE);
    check_text(value_text(parameter_of(&steps[3], "limit")->value.value), "7"); /* not the 1 of the component */
    assert_true(parameter_of(&steps[3], "limit")->value.constant);
    flow_free(flow);
}

static void
actions_of_the_step_come_first_and_replace_those_of_the_same_name(void **state)
{
    struct flow *flow = loaded("fine-whole");
    const struct workflow *w = workflow_of(flow, "order");
    const struct step *place = &w->steps[0], *read = &w->steps[1];

    (void)state;
    assert_int_equal(place->on_success_count, 3);
    assert_int_equal(place->on_success[0].kind, FLOW_GOTO);
    assert_int_equal(place->on_success[0].step, 1);
    assert_int_equal(place->on_success[0].criterion_count, 1);
    assert_ptr_equal(place->on_success[1].workflow, workflow_of(flow, "prepare"));
    assert_int_equal(place->on_success[1].step, UINT32_MAX);
    check_text(place->on_success[2].name, "stop");
    assert_int_equal(place->on_failure_count, 2);
    assert_int_equal(place->on_failure[0].kind, FLOW_RETRY);
    assert_int_equal(place->on_failure[0].retry_after, INT64_C(1000000000));
    assert_int_equal(place->on_failure[0].retry_limit, 1);
    assert_int_equal(place->on_failure[0].step, 1);
    assert_int_equal(place->on_failure[1].kind, FLOW_END);
    assert_int_equal(read->on_failure_count, 1);
    assert_int_equal(read->on_failure[0].retry_after, INT64_C(500000000));
    assert_int_equal(read->on_failure[0].retry_limit, 4);
    flow_free(flow);
}

static void
bodies_criteria_and_outputs_are_read(void **state)
{
    struct flow *flow = loaded("fine-whole");
    const struct workflow *w = workflow_of(flow, "order");
    const struct step *place = &w->steps[0];

    (void)state;
    check_text(place->body->content_type, "application/json");
    assert_false(place->body->payload.constant);
    assert_int_equal(place->body->replacement_count, 1);
    check_text(place->body->replacements[0].target, "/lines/0/sku");
    assert_null(place->body->replacements[0].path);
    assert_int_equal(place->criterion_count, 3);
    assert_int_equal(w->steps[1].criterion_count, 0);
    assert_null(w->steps[1].body);
    assert_int_equal(place->output_count, 3);
    check_text(place->outputs[1].name, "dotted.name");
    check_text(expression_text(place->outputs[1].expression), "$response.body#/lines/0");
    assert_int_equal(w->output_count, 2);
    assert_non_null(w->inputs);
    assert_null(workflow_of(flow, "prepare")->inputs);
    flow_free(flow);
}

static void
what_1_1_adds_is_read(void **state)
{
    struct flow *flow = loaded("fine-1.1");
    const struct step *read = &workflow_of(flow, "order")->steps[0], *place = read + 1;

    (void)state;
    assert_int_equal(read->timeout, INT64_C(1500000000));
    assert_int_equal(read->depends_count, 1);
    assert_int_equal(read->depends_on[0], 1);
    assert_int_equal(read->on_failure[0].parameter_count, 1);
    assert_false(read->parameters[0].value.constant);
    assert_non_null(read->outputs[0].path);
    assert_null(read->outputs[1].path);
    check_text(read->outputs[1].pointer, "/lines/0");
    assert_non_null(place->body->replacements[0].path);
    assert_null(place->body->replacements[1].path);
    flow_free(flow);
}

static void
extensions_say_how_often_and_how_many_at_a_time(void **state)
{
    struct flow *flow = loaded("fine-extensions");
    const struct step *steps = workflow_of(flow, "w")->steps;

    (void)state;
    check_text(steps[0].each->as, "line");
    check_text(expression_text(steps[0].each->in), "$inputs.lines");
    assert_int_equal(steps[0].parallel, 8);
    assert_int_equal(steps[0].group, 0);
    assert_null(steps[1].each);
    assert_int_equal(steps[1].parallel, 1);
    assert_int_equal(steps[1].group, 1);
    assert_int_equal(steps[2].group, 1);
    assert_int_equal(steps[3].group, 2);
    check_text(steps[4].each->as, "item");
    flow_free(flow);
}

static void
a_file_stands_for_the_url_of_a_source(void **state)
{
    static const char *const files[] = { "far=" FOLDER "/stock.openapi.yaml", "shop=" FOLDER "/shop.openapi.yaml",
                                         NULL };
    struct flow_options options = { .files = files };
    struct error err = { .kind = ERROR_NONE };
    struct flow *flow = flow_load(FOLDER "/fine-url.arazzo.yaml", &options, &err);

    (void)state;
    check_that(flow != NULL, "%s: %s", err.where, err.what);
    check_text(contract_title(flow->sources[0].contract), "Shop");
    flow_free(flow);
}

static void
a_document_that_is_not_there_is_an_error(void **state)
{
    struct error err = { .kind = ERROR_NONE };

    (void)state;
    assert_null(flow_load(FOLDER "/gone.yaml", NULL, &err));
    assert_string_equal(err.where, FOLDER "/gone.yaml");
    assert_null(flow_load(FOLDER, NULL, NULL));
    flow_free(NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_load_or_every_mistake_is_told_at_its_place),
        cmocka_unit_test(operations_workflows_and_sources_are_resolved),
        cmocka_unit_test(a_contract_is_loaded_once_however_often_it_is_named),
        cmocka_unit_test(parameters_of_the_workflow_lie_under_those_of_the_step),
        cmocka_unit_test(actions_of_the_step_come_first_and_replace_those_of_the_same_name),
        cmocka_unit_test(bodies_criteria_and_outputs_are_read),
        cmocka_unit_test(what_1_1_adds_is_read),
        cmocka_unit_test(extensions_say_how_often_and_how_many_at_a_time),
        cmocka_unit_test(a_file_stands_for_the_url_of_a_source),
        cmocka_unit_test(a_document_that_is_not_there_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
