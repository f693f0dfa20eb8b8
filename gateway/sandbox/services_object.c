/* services_object.c -- `services` as scripts see it: the other services, webhooks, jobs, alerts. */
#include <string.h>

#include "base/clock.h"
#include "base/ip.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/time_text.h"
#include "json/write.h"
#include "sandbox/call_target.h"
#include "sandbox/globals_internal.h"

static struct text
written(struct run *r, const struct value *value)
{
    struct json_writer w;
    struct buffer json;
    struct text copy;

    buffer_init(&json, LIMIT_SANDBOX_BODY);
    json_begin(&w, &json, 0);
    json_value(&w, value);
    copy = arena_text(r->arena, buffer_text(&json));
    buffer_release(&json);
    return copy;
}

/* ---- header fields ---- */

struct field_list {
    struct header *list;
    uint32_t count, capacity;
};

static void
add_field(struct field_list *fields, struct text name, struct text value)
{
    if (fields->count < fields->capacity)
        fields->list[fields->count++] = (struct header){ .name = name, .value = value };
}

static bool
has_field(const struct field_list *fields, struct text name)
{
    for (uint32_t i = 0; i < fields->count; i++)
        if (text_equal_nocase(fields->list[i].name, name))
            return true;
    return false;
}

/* The members of a table, and room for a few more. */
static bool
fields_of(struct run *r, const struct value *table, struct field_list *fields)
{
    uint32_t given = value_is(table, VALUE_OBJECT) ? table->count : 0;

    *fields = (struct field_list){ .capacity = given + 4 };
    fields->list = ARENA_ARRAY(r->arena, struct header, fields->capacity);
    if (fields->list == NULL)
        return false;
    if (given > 0)
        for (VALUE_EACH_MEMBER(key, table)) {
            const struct value *value = value_next(key);

            add_field(fields, value_text(key), value->type == VALUE_STRING ? value_text(value) : written(r, value));
        }
    return true;
}

/* What the caller was sent goes along where nothing else is said: who asks, and the trace that it belongs to. */
static void
pass_on(const struct run *r, struct field_list *fields)
{
    static const enum header_id passed[] = { HEADER_AUTHORIZATION, HEADER_TRACEPARENT };

    for (size_t i = 0; r->request != NULL && i < sizeof passed / sizeof passed[0]; i++) {
        const struct header *h = message_header(r->request, passed[i]);

        if (h != NULL && !has_field(fields, h->name))
            add_field(fields, h->name, h->value);
    }
}

/* ---- services:call ---- */

static const struct value *
option(const struct value *options, const char *name)
{
    return value_member(options, text_of(name));
}

static int64_t
timeout_of(const struct value *options)
{
    const struct value *v = option(options, "timeout");
    uint64_t milliseconds = RUN_CALL_TIMEOUT;

    if (value_is(v, VALUE_NUMBER))
        (void)text_to_u64(value_text(v), &milliseconds);
    if (milliseconds < 1 || milliseconds > RUN_CALL_LONGEST)
        milliseconds = RUN_CALL_LONGEST;
    return (int64_t)milliseconds * CLOCK_MILLI;
}

static bool
prepare_call(struct run *r, const struct call_target *target, const struct value *options)
{
    const struct value *body = option(options, "body");
    struct field_list fields;

    if (!fields_of(r, option(options, "header"), &fields))
        return false;
    pass_on(r, &fields);
    if (body != NULL && !has_field(&fields, TEXT("Content-Type")))
        add_field(&fields, TEXT("Content-Type"), TEXT("application/json"));
    if (target->host.length > 0)
        add_field(&fields, TEXT("Host"), target->host);
    r->call = (struct fetch_request){ .method = target->method,
                                      .url = target->url,
                                      .target = target->target,
                                      .headers = fields.list,
                                      .header_count = fields.count,
                                      .timeout = timeout_of(options),
                                      .max_body = LIMIT_SANDBOX_BODY,
                                      .unverified = true };
    if (body != NULL) {
        r->call.body = written(r, body);
        r->call.has_body = true;
    }
    return true;
}

static int
on_call(struct script_call *call, void *arg)
{
    struct run *r = arg;
    struct call_target target;
    const struct value *options;
    const char *why;
    struct text service, operation;

    if (!script_arg_text(call, 0, &service) || !script_arg_text(call, 1, &operation))
        return script_raise(call, "services:call(service, operationId, { path, query, header, body, timeout }) wants "
                                  "the names of a service and of its operation");
    options = globals_arg(call, 2, r->arena, &why);
    if (why != NULL)
        return script_raise(call, "services:call: the options cannot be written: %s", why);
    why = call_target_find(r, service, operation, options, &target);
    if (why != NULL)
        return script_raise(call, "services:call: %s", why);
    if (!prepare_call(r, &target, options))
        return script_raise(call, "no memory");
    return script_pause(call);
}

/* ---- what came of it ---- */

static void
write_response(struct json_writer *w, const struct message *m, struct arena *arena)
{
    json_object(w);
    JSON_KEY(w, "status");
    json_integer(w, m->status);
    JSON_KEY(w, "header");
    json_object(w);
    for (uint32_t i = 0; i < m->header_count; i++) {
        if (message_header_named(m, m->headers[i].name) != &m->headers[i])
            continue;
        json_key(w, run_lower_case(m->headers[i].name, arena));
        json_string(w, m->headers[i].value);
    }
    json_end_object(w);
    if (m->body.length > 0) {
        JSON_KEY(w, "body");
        if (document_is_json(m->body))
            json_raw(w, m->body);
        else
            json_string(w, m->body);
    }
    json_end_object(w);
}

void
run_call_done(void *run, const struct fetch_result *result)
{
    struct run *r = run;
    struct json_writer w;
    struct buffer json;

    buffer_init(&json, 2 * LIMIT_SANDBOX_BODY);
    json_begin(&w, &json, 0);
    r->call_failed = result->failure != FETCH_OK;
    if (r->call_failed)
        json_string(&w, text_of(fetch_failure_name(result->failure)));
    else
        write_response(&w, &result->response, r->arena);
    r->call_result = arena_text(r->arena, buffer_text(&json));
    buffer_release(&json);
}

/* ---- services:webhook ---- */

/* The host of an http(s) URL, without port; empty: it is none. */
static struct text
host_of(struct text url)
{
    size_t scheme = text_search(url, TEXT("://"));
    struct text rest = text_from(url, scheme + 3);

    if (!text_starts(url, TEXT("http://")) && !text_starts(url, TEXT("https://")))
        return text_make(NULL, 0);
    for (size_t i = 0; i < rest.length; i++)
        if (strchr("/?#", rest.data[i]) != NULL)
            rest = text_slice(rest, 0, i);
    if (text_find(rest, '@') < rest.length)
        return text_make(NULL, 0);
    return authority_host(rest);
}

/* Nothing leaves this machine that nobody allowed. */
static bool
is_allowed(const struct run *r, struct text host)
{
    const struct sandbox_settings *s = &ruleset_settings(engine_ruleset(r->engine))->sandbox;

    if (text_equal_nocase(host, TEXT("localhost")) || text_starts(host, TEXT("127.")) ||
        text_equal(host, TEXT("::1")) || text_equal(host, TEXT("[::1]")))
        return true;
    for (uint32_t i = 0; i < s->host_count; i++)
        if (text_equal_nocase(host, s->hosts[i]))
            return true;
    return false;
}

static struct text
webhook_note(struct run *r, struct text url, const struct value *body)
{
    struct json_writer w;
    struct buffer json;
    struct text note;

    buffer_init(&json, LIMIT_STORE_RECORD);
    json_begin(&w, &json, 0);
    json_object(&w);
    JSON_KEY(&w, "url");
    json_string(&w, url);
    JSON_KEY(&w, "body");
    if (body != NULL)
        json_value(&w, body);
    else
        json_null(&w);
    json_end_object(&w);
    note = arena_text(r->arena, buffer_text(&json));
    buffer_release(&json);
    return note;
}

static int
on_webhook(struct script_call *call, void *arg)
{
    struct run *r = arg;
    struct sandbox_state *state = engine_state(r->engine);
    struct error err = { .kind = ERROR_NONE };
    const struct value *body, *headers;
    struct run_webhook *hook = ARENA_NEW(r->arena, struct run_webhook), **last = &r->webhooks;
    struct field_list fields;
    const char *why;
    struct text url, host;

    if (hook == NULL || !script_arg_text(call, 0, &url))
        return script_raise(call, "services:webhook(url, body, headers) wants a URL");
    host = host_of(url);
    if (host.length == 0)
        return script_raise(call, "services:webhook: '%.*s' is no http(s) URL", TEXT_PRINT(url));
    if (!is_allowed(r, host))
        return script_raise(call, "services:webhook: '%.*s' is not allowed; name it in sandbox.webhook_hosts",
                            TEXT_PRINT(host));
    body = globals_arg(call, 1, r->arena, &why);
    headers = why == NULL ? globals_arg(call, 2, r->arena, &why) : NULL;
    if (why != NULL || !fields_of(r, headers, &fields))
        return script_raise(call, "services:webhook: this cannot be sent: %s", why != NULL ? why : "no memory");
    if (body != NULL && !has_field(&fields, TEXT("Content-Type")))
        add_field(&fields, TEXT("Content-Type"), TEXT("application/json"));
    *hook = (struct run_webhook){ .url = arena_text(r->arena, url),
                                  .body = body != NULL ? written(r, body) : text_make(NULL, 0),
                                  .headers = fields.list,
                                  .header_count = fields.count,
                                  .noted = webhook_note(r, url, body) };
    if (store_note(sandbox_state_store(state), r->service->name, TEXT("webhooks"),
                   time_text_rfc3339(sandbox_state_now(state), 0), hook->noted, &hook->note, &err) < 0)
        return script_raise(call, "the store: %s", err.what);
    while (*last != NULL)
        last = &(*last)->next;
    *last = hook;
    return script_return_nothing(call);
}

/* ---- services:later, services:alert ---- */

static int
on_later(struct script_call *call, void *arg)
{
    struct run *r = arg;
    struct sandbox_state *state = engine_state(r->engine);
    struct error err = { .kind = ERROR_NONE };
    struct store_job job = { .service = r->service->name };
    struct text function;
    const struct value *argument;
    const char *why;
    int64_t milliseconds;

    if (!script_arg_integer(call, 0, &milliseconds) || milliseconds < 0 || milliseconds > INT64_C(31536000000) ||
        !script_arg_text(call, 1, &job.name))
        return script_raise(call, "services:later(milliseconds, name, argument) wants whole milliseconds, at most a "
                                  "year, and a name");
    function = arena_print(r->arena, "later:%.*s", TEXT_PRINT(job.name));
    if (!script_has(r->service->script, function))
        return script_raise(call, "services:later: there is no function '%.*s'", TEXT_PRINT(function));
    argument = globals_arg(call, 2, r->arena, &why);
    if (why != NULL)
        return script_raise(call, "services:later: the argument cannot be kept: %s", why);
    job.argument = argument != NULL ? written(r, argument) : TEXT("null");
    job.due = sandbox_state_now(state) + milliseconds * CLOCK_MILLI;
    if (store_job_add(sandbox_state_store(state), &job, &err) < 0)
        return script_raise(call, "the store: %s", err.what);
    engine_job_added(r->engine, job.due);
    return script_return_nothing(call);
}

static int
on_alert(struct script_call *call, void *arg)
{
    struct run *r = arg;
    struct run_alert *alert = ARENA_NEW(r->arena, struct run_alert), **last = &r->alerts;
    const struct value *details;
    struct json_writer w;
    struct buffer json;
    const char *why;
    struct text text;

    if (alert == NULL || !script_arg_text(call, 0, &text))
        return script_raise(call, "services:alert(text, details) wants a text");
    details = globals_arg(call, 1, r->arena, &why);
    if (why != NULL)
        return script_raise(call, "services:alert: the details cannot be kept: %s", why);
    buffer_init(&json, LIMIT_STORE_RECORD);
    json_begin(&w, &json, 0);
    json_object(&w);
    JSON_KEY(&w, "text");
    json_string(&w, text);
    if (details != NULL) {
        JSON_KEY(&w, "details");
        json_value(&w, details);
    }
    json_end_object(&w);
    alert->json = arena_text(r->arena, buffer_text(&json));
    buffer_release(&json);
    while (*last != NULL)
        last = &(*last)->next;
    *last = alert;
    log_line(LOG_WARN, "sandbox: %.*s: %.*s", TEXT_PRINT(r->service->name), TEXT_PRINT(text));
    return script_return_nothing(call);
}

const struct script_method services_methods[] = {
    { "call", on_call }, { "webhook", on_webhook }, { "later", on_later }, { "alert", on_alert }, { NULL, NULL },
};
