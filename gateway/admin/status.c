/* status.c -- /api/v1/status: what runs, and how it goes. */
#include "admin/write.h"
#include "base/clock.h"
#include "base/version.h"
#include "net/address.h"
#include "proxy/reload.h"
#include "proxy/server.h"

static void
write_service(struct json_writer *w, struct proxy *proxy, const struct service *service)
{
    const struct service_settings *s = service->settings;
    struct proxy_health health = proxy_health(proxy, service->index);

    json_object(w);
    write_text(w, "name", s->name);
    write_text(w, "contract", s->contract);
    write_text(w, "title", contract_title(service->contract));
    write_text(w, "version", contract_version(service->contract));
    write_number(w, "operations", contract_operation_count(service->contract));
    write_number(w, "defects", contract_defects(service->contract));
    write_text(w, "upstream", s->upstream.text);
    write_time(w, "answered", health.answered);
    write_time(w, "failed", health.failed);
    write_text_or_null(w, "failure", text_of(health.why));
    write_text(w, "request", write_mode(s->policy.request));
    write_text(w, "response", write_mode(s->policy.response));
    write_text(w, "undocumented", write_mode(s->policy.undocumented));
    JSON_KEY(w, "recorded");
    json_bool(w, s->policy.record);
    json_end_object(w);
}

static void
write_listeners(struct json_writer *w, struct proxy *proxy)
{
    char url[ADDRESS_TEXT + 16];

    JSON_KEY(w, "listen");
    json_array(w);
    for (uint32_t i = 0; proxy_url(proxy, i, url, sizeof(url)); i++)
        json_string(w, text_of(url));
    json_end_array(w);
}

static void
write_counters(struct json_writer *w, struct proxy *proxy)
{
    struct metrics_totals sum = proxy_totals(proxy);

    JSON_KEY(w, "counters");
    json_object(w);
    write_number(w, "exchanges", sum.exchanges);
    write_number(w, "in_flight", sum.in_flight);
    write_number(w, "refused", sum.refused);
    write_number(w, "violations", sum.violations);
    write_number(w, "client_gone", sum.client_gone);
    write_number(w, "connections", sum.connections);
    write_number(w, "connections_accepted", sum.accepted);
    json_end_object(w);
}

/* null where nothing is recorded. */
static void
write_recording(struct json_writer *w, const struct api *api, const struct record_settings *settings)
{
    struct recorder_totals r = proxy_recorded(api->proxy);

    JSON_KEY(w, "recording");
    if (settings->to.length == 0) {
        json_null(w);
        return;
    }
    json_object(w);
    write_text(w, "folder", settings->to);
    write_text(w, "on_error", settings->on_error_refuse ? TEXT("refuse") : TEXT("pass"));
    write_number(w, "lines", r.written);
    write_number(w, "bytes", r.bytes);
    write_number(w, "dropped", r.dropped);
    write_number(w, "failed", r.failed);
    write_number(w, "unrecorded", proxy_totals(api->proxy).unrecorded);
    write_number(w, "waits", r.waits);
    JSON_KEY(w, "failing");
    json_bool(w, r.failing);
    JSON_KEY(w, "last_error");
    if (r.trouble[0] != '\0')
        json_string(w, text_of(r.trouble));
    else
        json_null(w);
    json_end_object(w);
}

/* null where nothing can be reloaded. */
static void
write_reload(struct json_writer *w, struct reload *reload, struct proxy *proxy)
{
    struct reload_status s = reload_status(reload);

    JSON_KEY(w, "reload");
    if (reload == NULL) {
        json_null(w);
        return;
    }
    json_object(w);
    write_number(w, "generation", s.generation);
    write_time(w, "took_effect", s.took_effect);
    write_number(w, "succeeded", s.succeeded);
    write_number(w, "failed", s.failed);
    JSON_KEY(w, "successful");
    json_bool(w, s.successful);
    JSON_KEY(w, "watching");
    json_bool(w, s.watching);
    write_number(w, "rules_held", proxy_rules_held(proxy));
    JSON_KEY(w, "last_error");
    if (s.why[0] != '\0')
        json_string(w, text_of(s.why));
    else
        json_null(w);
    json_end_object(w);
}

void
api_status(struct api_call *call)
{
    struct api *api = call->api;
    struct ruleset *ruleset = proxy_ruleset(api->proxy);
    int64_t up = clock_wall() - api->started;
    struct json_writer w;

    write_begin(&w, call);
    json_object(&w);
    write_text(&w, "plumbline", TEXT(PLUMBLINE_VERSION));
    write_time(&w, "started", api->started);
    write_number(&w, "uptime_seconds", up > 0 ? (uint64_t)(up / CLOCK_SECOND) : 0);
    JSON_KEY(&w, "draining");
    json_bool(&w, atomic_load(&api->draining));
    write_text(&w, "settings", ruleset_settings(ruleset)->file);
    write_number(&w, "workers", proxy_workers(api->proxy));
    write_listeners(&w, api->proxy);
    JSON_KEY(&w, "services");
    json_array(&w);
    for (uint32_t i = 0; i < ruleset_service_count(ruleset); i++)
        write_service(&w, api->proxy, ruleset_service(ruleset, i));
    json_end_array(&w);
    write_counters(&w, api->proxy);
    write_recording(&w, api, &ruleset_settings(ruleset)->record);
    write_reload(&w, api->reload, api->proxy);
    json_end_object(&w);
    ruleset_drop(ruleset);
}
