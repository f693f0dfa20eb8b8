/* api.c -- the table of pages, and the short ones. */
#include "admin/api.h"

#include "base/clock.h"
#include "base/version.h"
#include "http/problem.h"
#include "json/write.h"
#include "proxy/server.h"

static void
content_type(struct service_answer *answer, struct text type)
{
    service_answer_header(answer, TEXT("Content-Type"), type);
}

void
api_problem(struct service_answer *answer, uint16_t status, struct text detail)
{
    const struct problem problem = { .status = status, .detail = detail };

    answer->status = status;
    content_type(answer, TEXT("application/problem+json"));
    problem_write(&answer->body, &problem);
}

static void
answer_health(struct api *api, const struct service_request *request, struct service_answer *answer)
{
    (void)api;
    (void)request;
    content_type(answer, TEXT("application/json"));
    buffer_add(&answer->body, TEXT("{\"status\":\"alive\"}"));
}

/* A recording that cannot be written is told in any case; traffic is only turned away where the operator said
 * `on_error: refuse`. */
static void
answer_ready(struct api *api, const struct service_request *request, struct service_answer *answer)
{
    bool draining = atomic_load(&api->draining), refuses = ruleset_settings(api->ruleset)->record.on_error_refuse;
    const char *trouble = NULL;
    bool ready = proxy_ready(api->proxy, &trouble) || !refuses;
    struct json_writer w;

    (void)request;
    if (draining)
        trouble = "stopping: what is inside is finished, nothing new is taken";
    answer->status = ready && !draining ? 200 : 503;
    content_type(answer, TEXT("application/json"));
    json_begin(&w, &answer->body, 0);
    json_object(&w);
    JSON_KEY(&w, "status");
    json_string(&w, answer->status == 200 ? TEXT("ready") : TEXT("not ready"));
    if (trouble != NULL) {
        JSON_KEY(&w, "trouble");
        json_string(&w, text_of(trouble));
    }
    json_end_object(&w);
}

static void
answer_metrics(struct api *api, const struct service_request *request, struct service_answer *answer)
{
    (void)request;
    content_type(answer, TEXT("text/plain; version=0.0.4; charset=utf-8"));
    proxy_metrics(api->proxy, &answer->body);
    buffer_print(&answer->body,
                 "# HELP plumbline_info The version that runs.\n# TYPE plumbline_info gauge\n"
                 "plumbline_info{version=\"%s\"} 1\n"
                 "# HELP plumbline_start_time_seconds When it was started, since 1970.\n"
                 "# TYPE plumbline_start_time_seconds gauge\nplumbline_start_time_seconds %.3f\n",
                 PLUMBLINE_VERSION, (double)api->started / (double)CLOCK_SECOND);
}

const struct api_page api_pages[] = {
    { "/healthz", "the process answers", true, answer_health },
    { "/readyz", "clients are served; 503 while it stops", true, answer_ready },
    { "/metrics", "counters, for Prometheus", false, answer_metrics },
    { "/api/v1/status", "version, services, counters and recording", false, api_status },
};
const size_t api_page_count = sizeof(api_pages) / sizeof(api_pages[0]);

const struct api_page *
api_find(struct text path)
{
    for (size_t i = 0; i < api_page_count; i++)
        if (text_equal(path, text_of(api_pages[i].path)))
            return &api_pages[i];
    return NULL;
}

void
api_not_found(const struct service_request *request, struct service_answer *answer)
{
    struct problem problem = { .status = 404, .detail = TEXT("there is no such page; there are these") };
    struct problem_item *items = ARENA_ARRAY(request->arena, struct problem_item, api_page_count);

    for (size_t i = 0; items != NULL && i < api_page_count; i++) {
        items[i].place = text_of(api_pages[i].path);
        items[i].detail = text_of(api_pages[i].summary);
    }
    problem.items = items;
    problem.item_count = items != NULL ? api_page_count : 0;
    answer->status = 404;
    content_type(answer, TEXT("application/problem+json"));
    problem_write(&answer->body, &problem);
}
