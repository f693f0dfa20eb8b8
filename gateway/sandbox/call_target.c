#include "sandbox/call_target.h"

#include "base/limits.h"
#include "http/query.h"
#include "json/write.h"
#include "sandbox/run.h"

/* A parameter as it stands in a URL. */
static void
add_encoded(struct buffer *out, const struct value *value)
{
    struct json_writer w;
    struct buffer bare;

    if (value->type == VALUE_STRING) {
        percent_encode(out, value_text(value));
        return;
    }
    buffer_init(&bare, LIMIT_REQUEST_LINE);
    json_begin(&w, &bare, 0);
    json_value(&w, value);
    percent_encode(out, buffer_text(&bare));
    buffer_release(&bare);
}

/* "/orders/{id}" with its variables replaced; what is missing is told. */
static const char *
add_path(struct run *r, struct buffer *out, struct text template, const struct value *parameters)
{
    while (template.length > 0) {
        size_t open = text_find(template, '{'), close = text_find(template, '}');
        const struct value *value;
        struct text name;

        if (open == template.length || close < open || close == template.length) {
            buffer_add(out, template);
            return NULL;
        }
        name = text_slice(template, open + 1, close - open - 1);
        value = value_member(parameters, name);
        if (value == NULL || value->type >= VALUE_ARRAY)
            return arena_print(r->arena, "the path needs { path = { %.*s = … } }", TEXT_PRINT(name)).data;
        buffer_add(out, text_slice(template, 0, open));
        add_encoded(out, value);
        template = text_from(template, close + 1);
    }
    return NULL;
}

/* A list is one name several times (style form, explode). */
static void
add_query(struct buffer *out, const struct value *query)
{
    char separator = '?';

    if (!value_is(query, VALUE_OBJECT) || query->count == 0)
        return;
    for (VALUE_EACH_MEMBER(key, query)) {
        const struct value *value = value_next(key), *first = value, *end = value + 1;

        if (value->type == VALUE_ARRAY) {
            first = value + 1;
            end = value + value->span;
        }
        for (; first < end; first += first->span) {
            buffer_byte(out, separator);
            percent_encode(out, value_text(key));
            buffer_byte(out, '=');
            add_encoded(out, first);
            separator = '&';
        }
    }
}

/* What stands before the contract's path for the gateway to find the service: the path that it takes off, or the base
 * path of the contract's servers. */
static struct text
prefix_of(const struct service *service)
{
    const struct service_settings *s = service->settings;

    if (s->strip && s->path_count > 0)
        return s->paths[0];
    return contract_base_count(service->contract) > 0 ? contract_base(service->contract, 0) : text_make(NULL, 0);
}

static const char *
find_base(struct run *r, const struct service *service, struct call_target *target, struct buffer *path)
{
    struct text gateway = engine_gateway(r->engine, r->arena);

    if (gateway.length > 0) {
        if (service->settings->host_count > 0)
            target->host = service->settings->hosts[0];
        target->url = gateway;
        buffer_add(path, prefix_of(service));
        return NULL;
    }
    if (service->settings->upstream.kind != UPSTREAM_SANDBOX)
        return "there is no gateway through which this service could be reached";
    target->url = arena_print(r->arena, "http://127.0.0.1:%u", (unsigned)engine_port(r->engine));
    buffer_byte(path, '/');
    buffer_add(path, service->settings->name);
    return NULL;
}

const char *
call_target_find(struct run *r, struct text service_name, struct text operation_name, const struct value *options,
                 struct call_target *target)
{
    const struct service *service = ruleset_service_named(engine_ruleset(r->engine), service_name);
    const struct operation *operation =
        service != NULL ? contract_operation_named(service->contract, operation_name) : NULL;
    struct buffer path;
    const char *why;

    *target = (struct call_target){ .host = { NULL, 0 } };
    if (service == NULL)
        return arena_print(r->arena, "there is no service '%.*s'", TEXT_PRINT(service_name)).data;
    if (operation == NULL)
        return arena_print(r->arena, "%.*s has no operation '%.*s'", TEXT_PRINT(service_name),
                           TEXT_PRINT(operation_name))
            .data;
    buffer_init(&path, LIMIT_REQUEST_LINE);
    why = find_base(r, service, target, &path);
    if (why == NULL)
        why = add_path(r, &path, operation_path(operation), VALUE_MEMBER(options, "path"));
    add_query(&path, VALUE_MEMBER(options, "query"));
    if (why == NULL && buffer_failed(&path))
        why = "the path and query are too long";
    target->method = operation_method(operation);
    target->target = arena_text(r->arena, buffer_text(&path));
    buffer_release(&path);
    return why;
}
