/* status.c -- /api/v1/status: what runs, and how it goes. */
#include "admin/api.h"
#include "base/clock.h"
#include "base/time_text.h"
#include "base/version.h"
#include "json/write.h"
#include "proxy/server.h"

static void
string(struct json_writer *w, struct text key, struct text value)
{
    json_key(w, key);
    json_string(w, value);
}

static void
integer(struct json_writer *w, struct text key, uint64_t value)
{
    json_key(w, key);
    json_integer(w, value > INT64_MAX ? INT64_MAX : (int64_t)value);
}

static struct text
mode_text(enum mode mode)
{
    return mode == MODE_OFF ? TEXT("off") : mode == MODE_OBSERVE ? TEXT("observe") : TEXT("enforce");
}

static void
write_service(struct json_writer *w, const struct service *service)
{
    const struct service_settings *s = service->settings;

    json_object(w);
    string(w, TEXT("name"), s->name);
    string(w, TEXT("contract"), s->contract);
    string(w, TEXT("title"), contract_title(service->contract));
    string(w, TEXT("version"), contract_version(service->contract));
    integer(w, TEXT("operations"), contract_operation_count(service->contract));
    integer(w, TEXT("defects"), contract_defects(service->contract));
    string(w, TEXT("upstream"), s->upstream.text);
    string(w, TEXT("request"), mode_text(s->policy.request));
    string(w, TEXT("response"), mode_text(s->policy.response));
    string(w, TEXT("undocumented"), mode_text(s->policy.undocumented));
    JSON_KEY(w, "recorded");
    json_bool(w, s->policy.record);
    json_end_object(w);
}

static void
write_listeners(struct json_writer *w, const struct proxy *proxy)
{
    const char *url;

    JSON_KEY(w, "listen");
    json_array(w);
    for (uint32_t i = 0; (url = proxy_url(proxy, i)) != NULL; i++)
        json_string(w, text_of(url));
    json_end_array(w);
}

static void
write_counters(struct json_writer *w, const struct proxy *proxy)
{
    struct metrics_totals sum = proxy_totals(proxy);

    JSON_KEY(w, "counters");
    json_object(w);
    integer(w, TEXT("exchanges"), sum.exchanges);
    integer(w, TEXT("in_flight"), sum.in_flight);
    integer(w, TEXT("refused"), sum.refused);
    integer(w, TEXT("violations"), sum.violations);
    integer(w, TEXT("client_gone"), sum.client_gone);
    integer(w, TEXT("connections"), sum.connections);
    integer(w, TEXT("connections_accepted"), sum.accepted);
    json_end_object(w);
}

/* null where nothing is recorded. */
static void
write_recording(struct json_writer *w, const struct api *api)
{
    const struct record_settings *settings = &ruleset_settings(api->ruleset)->record;
    struct recorder_totals r = proxy_recorded(api->proxy);

    JSON_KEY(w, "recording");
    if (settings->to.length == 0) {
        json_null(w);
        return;
    }
    json_object(w);
    string(w, TEXT("folder"), settings->to);
    string(w, TEXT("on_error"), settings->on_error_refuse ? TEXT("refuse") : TEXT("pass"));
    integer(w, TEXT("lines"), r.written);
    integer(w, TEXT("bytes"), r.bytes);
    integer(w, TEXT("dropped"), r.dropped);
    integer(w, TEXT("failed"), r.failed);
    integer(w, TEXT("unrecorded"), proxy_totals(api->proxy).unrecorded);
    integer(w, TEXT("waits"), r.waits);
    JSON_KEY(w, "failing");
    json_bool(w, r.failing);
    JSON_KEY(w, "last_error");
    if (r.trouble[0] != '\0')
        json_string(w, text_of(r.trouble));
    else
        json_null(w);
    json_end_object(w);
}

void
api_status(struct api *api, const struct service_request *request, struct service_answer *answer)
{
    int64_t up = clock_wall() - api->started;
    struct json_writer w;

    (void)request;
    service_answer_header(answer, TEXT("Content-Type"), TEXT("application/json"));
    json_begin(&w, &answer->body, 0);
    json_object(&w);
    string(&w, TEXT("plumbline"), TEXT(PLUMBLINE_VERSION));
    string(&w, TEXT("started"), time_text_rfc3339(api->started, 3));
    integer(&w, TEXT("uptime_seconds"), up > 0 ? (uint64_t)(up / CLOCK_SECOND) : 0);
    JSON_KEY(&w, "draining");
    json_bool(&w, atomic_load(&api->draining));
    string(&w, TEXT("settings"), ruleset_settings(api->ruleset)->file);
    integer(&w, TEXT("workers"), proxy_workers(api->proxy));
    write_listeners(&w, api->proxy);
    JSON_KEY(&w, "services");
    json_array(&w);
    for (uint32_t i = 0; i < ruleset_service_count(api->ruleset); i++)
        write_service(&w, ruleset_service(api->ruleset, i));
    json_end_array(&w);
    write_counters(&w, api->proxy);
    write_recording(&w, api);
    json_end_object(&w);
}
