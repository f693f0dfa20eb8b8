/* api.c -- the table of pages, and the short ones. */
#include "admin/api.h"

#include "admin/process.h"
#include "admin/write.h"
#include "base/version.h"
#include "http/problem.h"
#include "http/query.h"
#include "proxy/reload.h"
#include "proxy/server.h"

/* ---- answers ---- */

void
api_content_type(struct api_call *call, struct text type)
{
    service_answer_header(call->answer, TEXT("Content-Type"), type);
}

static void
write_problem(struct api_call *call, const struct problem *problem)
{
    call->answer->status = problem->status;
    api_content_type(call, TEXT("application/problem+json"));
    problem_write(&call->answer->body, problem);
}

void
api_problem(struct api_call *call, uint16_t status, struct text detail)
{
    write_problem(call, &(struct problem){ .status = status, .detail = detail });
}

void
api_problem_at(struct api_call *call, uint16_t status, struct text place, struct text detail)
{
    const struct problem_item item = { .place = place, .detail = detail };

    write_problem(call, &(struct problem){ .status = status, .detail = detail, .items = &item, .item_count = 1 });
}

void
api_not_found(struct api_call *call)
{
    struct problem problem = { .status = 404, .detail = TEXT("there is no such page; there are these") };
    struct problem_item *items = ARENA_ARRAY(call->request->arena, struct problem_item, api_page_count);

    for (size_t i = 0; items != NULL && i < api_page_count; i++) {
        items[i].place = arena_print(call->request->arena, "%s %s", api_pages[i].method, api_pages[i].path);
        items[i].detail = text_of(api_pages[i].summary);
    }
    problem.items = items;
    problem.item_count = items != NULL ? api_page_count : 0;
    write_problem(call, &problem);
}

/* ---- requests ---- */

bool
api_query(struct api_call *call, struct text name, struct text *value)
{
    struct text rest = call->request->message.query;
    struct query_pair pair;

    while (query_next(&rest, &pair))
        if (text_equal(pair.name, name))
            return percent_decode(pair.value, true, call->request->arena, value);
    return false;
}

bool
api_accepts(const struct api_call *call, struct text type)
{
    const struct header *accept = message_header_named(&call->request->message, TEXT("Accept"));

    return accept != NULL && text_search(accept->value, type) < accept->value.length;
}

/* ---- the short pages ---- */

static void
answer_index(struct api_call *call)
{
    struct json_writer w;

    write_begin(&w, call);
    json_object(&w);
    write_text(&w, "plumbline", TEXT(PLUMBLINE_VERSION));
    write_key(&w, "pages");
    json_array(&w);
    for (size_t i = 0; i < api_page_count; i++) {
        json_object(&w);
        write_text(&w, "method", text_of(api_pages[i].method));
        write_text(&w, "path", text_of(api_pages[i].path));
        write_text(&w, "summary", text_of(api_pages[i].summary));
        json_end_object(&w);
    }
    json_end_array(&w);
    json_end_object(&w);
}

static void
answer_health(struct api_call *call)
{
    api_content_type(call, TEXT("application/json"));
    buffer_add(&call->answer->body, TEXT("{\"status\":\"alive\"}"));
}

/* A recording that cannot be written is told in any case; traffic is only turned away where the operator said
 * `on_error: refuse`. */
static void
answer_ready(struct api_call *call)
{
    struct api *api = call->api;
    struct ruleset *ruleset = proxy_ruleset(api->proxy);
    bool draining = atomic_load(&api->draining), refuses = ruleset_settings(ruleset)->record.on_error_refuse;
    const char *trouble = NULL;
    bool ready = proxy_ready(api->proxy, &trouble) || !refuses;
    struct json_writer w;

    ruleset_drop(ruleset);
    if (draining)
        trouble = "stopping: what is inside is finished, nothing new is taken";
    call->answer->status = ready && !draining ? 200 : 503;
    write_begin(&w, call);
    json_object(&w);
    write_text(&w, "status", call->answer->status == 200 ? TEXT("ready") : TEXT("not ready"));
    if (trouble != NULL)
        write_text(&w, "trouble", text_of(trouble));
    json_end_object(&w);
}

static void
answer_metrics(struct api_call *call)
{
    struct buffer *out = &call->answer->body;

    api_content_type(call, TEXT("text/plain; version=0.0.4; charset=utf-8"));
    proxy_metrics(call->api->proxy, out);
    reload_metrics(call->api->reload, out);
    process_metrics(out, call->api->started);
}

/* ---- the table ---- */

const struct api_page api_pages[] = {
    { "GET", "/", "what there is", false, false, answer_index },
    { "GET", "/ui/{file}", "web pages: /ui/faults.html; they ask for the token themselves", true, false, api_ui },
    { "GET", "/healthz", "the process answers", true, false, answer_health },
    { "GET", "/readyz", "clients are served; 503 while it stops", true, false, answer_ready },
    { "GET", "/metrics", "counters, for Prometheus", false, false, answer_metrics },
    { "GET", "/api/v1/status", "version, services, counters and recording", false, false, api_status },
    { "GET", "/api/v1/exchanges", "the last exchanges, newest first", false, false, api_exchanges },
    { "GET", "/api/v1/exchanges/stream", "exchanges as they end, as server-sent events", false, false,
      api_exchange_stream },
    { "GET", "/api/v1/exchanges/{id}", "one exchange, whole", false, false, api_exchange },
    { "GET", "/api/v1/findings", "what the traffic got wrong, each thing once", false, false, api_findings },
    { "DELETE", "/api/v1/findings", "begin to count findings anew", false, false, api_findings_reset },
    { "GET", "/api/v1/contracts", "the contracts and their operations", false, false, api_contracts },
    { "GET", "/api/v1/contracts/{service}", "a contract's own text, line by line", false, false, api_contract },
    { "GET", "/api/v1/recordings", "the segments of the recording", false, true, api_recordings },
    { "GET", "/api/v1/recordings/{segment}", "one segment, as it is or as HAR", false, true, api_recording },
    { "POST", "/api/v1/reload", "read the settings and contracts anew", false, true, api_reload },
    { "GET", "/api/v1/replay", "what was answered from recordings", false, false, api_replay },
    { "POST", "/api/v1/replay/reset", "begin anew with every recorded sequence, forget bound ids", false, false,
      api_replay_reset },
    { "GET", "/api/v1/faults", "what is broken on purpose, and how often it was", false, false, api_faults },
    { "PUT", "/api/v1/faults", "other rules instead of the files'", false, true, api_faults_put },
    { "DELETE", "/api/v1/faults", "the files' rules again, as they are written", false, true, api_faults_reset },
    { "PUT", "/api/v1/faults/{name}", "one rule on or off", false, true, api_fault_switch },
    { "GET", "/api/v1/sandbox", "what the simulated services remember", false, true, api_sandbox },
    { "GET", "/api/v1/sandbox/records", "records of a service", false, true, api_sandbox_records },
    { "GET", "/api/v1/sandbox/settings/{service}", "what its script sees as settings", false, true,
      api_sandbox_settings },
    { "PUT", "/api/v1/sandbox/settings/{service}", "lay a change over them", false, true, api_sandbox_change },
    { "POST", "/api/v1/sandbox/reset", "forget everything, begin with the seed file", false, true, api_sandbox_reset },
    { "GET", "/api/v1/sandbox/{list}", "a list of notes: outbox, events, audit, alerts, webhooks", false, true,
      api_sandbox_notes },
};
const size_t api_page_count = sizeof(api_pages) / sizeof(api_pages[0]);

/* Does the path fit the template? A variable stands for its last segment. */
static bool
path_fits(const char *template, struct text path, struct text *name)
{
    struct text t = text_of(template);
    size_t variable = text_find(t, '{');

    *name = (struct text){ NULL, 0 };
    if (variable == t.length)
        return text_equal(path, t);
    if (!text_starts(path, text_slice(t, 0, variable)))
        return false;
    *name = text_from(path, variable);
    return name->length > 0 && text_find(*name, '/') == name->length;
}

static bool
method_fits(const char *method, struct text asked)
{
    return text_equal(asked, text_of(method)) || (strcmp(method, "GET") == 0 && text_equal(asked, TEXT("HEAD")));
}

static struct text
with_method(struct text allow, const char *method, struct arena *arena)
{
    const char *head = strcmp(method, "GET") == 0 ? ", HEAD" : "";

    return arena_print(arena, "%.*s%s%s%s", TEXT_PRINT(allow), allow.length > 0 ? ", " : "", method, head);
}

/* A path without a variable beats one with: /exchanges/stream is no exchange. */
const struct api_page *
api_find(struct api_call *call, struct text *allow)
{
    const struct message *m = &call->request->message;
    struct arena *arena = call->request->arena;
    const char *path = NULL;
    struct text name;

    *allow = (struct text){ NULL, 0 };
    for (size_t i = 0; i < api_page_count; i++) {
        const struct api_page *page = &api_pages[i];

        if (!path_fits(page->path, m->path, &name) || (path != NULL && strcmp(path, page->path) != 0))
            continue;
        path = page->path;
        if (name.length > 0 && !percent_decode(name, false, arena, &call->name))
            continue;
        if (method_fits(page->method, m->method))
            return page;
        *allow = with_method(*allow, page->method, arena);
    }
    return NULL;
}
