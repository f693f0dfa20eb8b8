/* a_flow.h -- what the tests of flow reports share: a flow of two steps, and tries of them as a runner would tell. */
#ifndef A_FLOW_H
#define A_FLOW_H

#include "unit.h"

#include "base/limits.h"
#include "flow/criterion.h"
#include "report/flow_report.h"

#define BEGINNING INT64_C(1795237923000000000) /* 2026-11-21T05:12:03Z */
#define MILLI     INT64_C(1000000)

struct a_flow {
    struct arena *arena;
    struct contract *contract;
    struct flow flow;
    struct workflow workflow;
    struct step steps[2];
    const struct criterion *criteria[3];
    struct flow_report *report;
};

static struct a_flow a;
static int64_t a_now;

static int64_t
a_clock(void)
{
    return a_now;
}

static const struct criterion *
a_criterion(const char *condition)
{
    struct document *document = ARENA_NEW(a.arena, struct document);
    struct text source = arena_print(a.arena, "{\"condition\":\"%s\"}", condition);
    const struct criterion *c;
    struct error err = { .kind = ERROR_NONE };

    assert_int_equal(document_parse(document, source, NULL, a.arena, NULL), 0);
    c = criterion_compile(document, document->root, a.arena, &err);
    check_that(c != NULL, "%s", err.what);
    return c;
}

static int
a_flow_begin(void **state)
{
    struct error err = { .kind = ERROR_NONE };

    (void)state;
    memset(&a, 0, sizeof(a));
    a.arena = arena_new(0, SIZE_MAX);
    a.contract = contract_load("tests/cases/report/shop.openapi.yaml", NULL, &err);
    check_that(a.contract != NULL, "%s: %s", err.where, err.what);
    a.criteria[0] = a_criterion("$statusCode == 200");
    a.criteria[1] = a_criterion("$response.body#/status == 'ok'");
    a.criteria[2] = a_criterion("$response.body#/total > 10");
    a.flow = (struct flow){ .file = TEXT("flows/order.arazzo.yaml"),
                            .title = TEXT("Order to ERP"),
                            .version = TEXT("1.0.0"),
                            .workflows = &a.workflow,
                            .workflow_count = 1 };
    a.steps[0] =
        (struct step){ .id = TEXT("create"), .operation = contract_operation_named(a.contract, TEXT("createOrder")) };
    a.steps[1] = (struct step){ .id = TEXT("poll"),
                                .index = 1,
                                .operation = contract_operation_named(a.contract, TEXT("getOrder")),
                                .criteria = a.criteria,
                                .criterion_count = 3 };
    a.workflow = (struct workflow){ .flow = &a.flow,
                                    .id = TEXT("order-to-erp"),
                                    .summary = TEXT("From basket to bill"),
                                    .steps = a.steps,
                                    .step_count = 2 };
    a_now = BEGINNING;
    return 0;
}

static void
a_report(struct flow_report_options options)
{
    struct error err = { .kind = ERROR_NONE };

    options.clock = a_clock;
    a.report = flow_report_new(&a.flow, &options, &err);
    check_that(a.report != NULL, "%s", err.what);
}

static int
a_flow_end(void **state)
{
    (void)state;
    flow_report_free(a.report);
    contract_free(a.contract);
    arena_free(a.arena);
    return 0;
}

static struct header *
a_type(const char *type)
{
    struct header *h = ARENA_ARRAY(a.arena, struct header, 2);

    h[0] = (struct header){ .name = TEXT("Content-Type"), .value = text_of(type), .id = HEADER_CONTENT_TYPE };
    h[1] = (struct header){ .name = TEXT("Authorization"),
                            .value = TEXT("Bearer token-of-the-test"),
                            .id = HEADER_AUTHORIZATION };
    return h;
}

/* POST /orders and its answer; bodies may be NULL. */
static struct exchange *
an_exchange(const char *id, const char *sent, uint16_t status, const char *answer)
{
    struct exchange *x = ARENA_NEW(a.arena, struct exchange);

    x->arena = a.arena;
    (void)snprintf(x->id, sizeof(x->id), "%s", id);
    x->started = a_now;
    x->service = TEXT("shop");
    x->operation = TEXT("getOrder");
    x->has_response = true;
    x->times = (struct exchange_times){ -1, -1, -1, -1, -1, -1, 4 * MILLI };
    x->request = (struct message){ .is_request = true,
                                   .minor = 1,
                                   .method = TEXT("POST"),
                                   .target = TEXT("/orders?tenant=7"),
                                   .authority = TEXT("shop.example") };
    x->request.headers = a_type("application/json");
    x->request.header_count = 2;
    x->response = (struct message){ .minor = 1, .status = status, .reason = TEXT("OK") };
    x->response.headers = a_type("application/json");
    x->response.header_count = 1;
    if (sent != NULL) {
        x->request.body = text_of(sent);
        x->request.body_state = BODY_WHOLE;
    }
    if (answer != NULL) {
        x->response.body = text_of(answer);
        x->response.body_state = BODY_WHOLE;
    }
    return x;
}

static void
a_violation(struct exchange *x, const char *instance, const char *expected, const char *found)
{
    struct violation *v = verdict_add(&x->response_verdict, a.arena, VIOLATION_BODY_SCHEMA, SIDE_RESPONSE);

    v->instance = text_of(instance);
    v->expected = text_of(expected);
    v->found = text_of(found);
    v->keyword = TEXT("minimum");
    v->file = TEXT("shop.openapi.yaml");
    v->line = 22;
    v->column = 58;
    v->pointer = TEXT("/paths/~1orders~1{id}/get");
    x->response_verdict.checked = true;
}

static struct flow_try
a_try(uint64_t run, uint32_t step, const struct exchange *x)
{
    static const uint32_t path[] = { 1 };

    return (struct flow_try){ .workflow = &a.workflow,
                              .step = &a.steps[step],
                              .run = run,
                              .path = path,
                              .element = -1,
                              .attempt = 1,
                              .exchange = x,
                              .took = 4 * MILLI,
                              .then = "" };
}

static void
a_tried(const struct flow_try *t)
{
    a_now += t->took;
    flow_report_tried(a.report, t);
    a_now += t->next;
}

static void
a_run_ends(uint64_t run, enum flow_failure failure, const char *why)
{
    const struct flow_result result = { .workflow = &a.workflow,
                                        .run = run,
                                        .failure = failure,
                                        .why = text_of(why),
                                        .step = failure != FLOW_FINE ? &a.steps[1] : NULL,
                                        .took = a_now - BEGINNING };

    flow_report_end(a.report, &result, 0);
}

/* A run: the order is created, then polled three times, and never gets through. */
static void
a_failing_run(uint64_t run)
{
    struct exchange *x;
    struct flow_try t;

    flow_report_begin(a.report, &a.workflow, run, 0);
    t = a_try(run, 0, an_exchange("0CREATE", "{\"items\":[{\"sku\":\"A1\",\"price\":19.99}]}", 201, "{\"id\":7}"));
    a_tried(&t);
    for (uint32_t attempt = 1; attempt <= 3; attempt++) {
        x = an_exchange(attempt == 1   ? "0POLLA"
                        : attempt == 2 ? "0POLLB"
                                       : "0POLLC",
                        NULL, 200,
                        "{\"status\":\"new\",\"total\":-1,\"note\":\"</script><img src=x onerror=alert(1)>\"}");
        a_violation(x, "/total", "number >= 0", "-1 (number)");
        t = a_try(run, 1, x);
        t.attempt = attempt;
        t.limit = 2;
        t.next = attempt < 3 ? 20 * MILLI : 0;
        t.then = attempt < 3 ? "retry" : "";
        t.failure = attempt < 3 ? FLOW_CRITERION : FLOW_EXHAUSTED;
        t.why = TEXT("the criterion is not met");
        t.criterion = a.criteria[1];
        t.criterion_told = TEXT("$response.body#/status is 'new', wanted 'ok'");
        a_tried(&t);
    }
    a_run_ends(run, FLOW_EXHAUSTED, "3 tries, and the criterion is not met");
}

/* A run in which all is well. */
static void
a_fine_run(uint64_t run)
{
    struct flow_try t;

    flow_report_begin(a.report, &a.workflow, run, 0);
    t = a_try(run, 0, an_exchange("0FINE", "{\"card_number\":\"4111111111111111\"}", 201, "{\"id\":7}"));
    a_tried(&t);
    t = a_try(run, 1, an_exchange("0FINEB", NULL, 200, "{\"status\":\"ok\",\"total\":12}"));
    a_tried(&t);
    a_run_ends(run, FLOW_FINE, "");
}

/* The report in one format; in the arena. */
static struct text
a_told(void (*tell)(struct buffer *out, struct flow_report *r))
{
    struct buffer out;
    struct text told;

    buffer_init(&out, LIMIT_FILE_BYTES);
    tell(&out, a.report);
    assert_false(buffer_failed(&out));
    told = arena_text(a.arena, buffer_text(&out));
    buffer_release(&out);
    return told;
}

static bool
has(struct text t, const char *part)
{
    return text_search(t, text_of(part)) < t.length;
}

#endif
