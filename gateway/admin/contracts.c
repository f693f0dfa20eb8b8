/* contracts.c -- /api/v1/contracts: what the traffic is judged by. */
#include "admin/write.h"
#include "proxy/server.h"

static void
write_operation(struct json_writer *w, const struct operation *o, const struct policy *policy)
{
    const struct value *source = operation_source(o);
    uint32_t line = 0, column = 0;

    document_position(operation_document(o), source->place, &line, &column);
    json_object(w);
    write_text(w, "id", operation_id(o));
    write_text(w, "method", operation_method(o));
    write_text(w, "path", operation_path(o));
    write_text_or_null(w, "summary", operation_summary(o));
    write_bool(w, "deprecated", operation_deprecated(o));
    write_text(w, "request", write_mode(policy->request));
    write_text(w, "response", write_mode(policy->response));
    write_bool(w, "recorded", policy->record);
    write_text(w, "file", text_of(operation_document(o)->name));
    write_number(w, "line", line);
    json_end_object(w);
}

static void
write_head(struct json_writer *w, const struct service *service)
{
    const struct contract *c = service->contract;

    write_text(w, "service", service->settings->name);
    write_text(w, "file", contract_file(c));
    write_text(w, "title", contract_title(c));
    write_text(w, "version", contract_version(c));
    write_text(w, "openapi", contract_dialect(c));
    write_number(w, "defects", contract_defects(c));
}

static void
write_contract(struct json_writer *w, const struct service *service)
{
    json_object(w);
    write_head(w, service);
    write_key(w, "operations");
    json_array(w);
    for (uint32_t i = 0; i < contract_operation_count(service->contract); i++)
        write_operation(w, contract_operation(service->contract, i), &service->policies[i]);
    json_end_array(w);
    json_end_object(w);
}

void
api_contracts(struct api_call *call)
{
    struct ruleset *ruleset = proxy_ruleset(call->api->proxy);
    struct json_writer w;

    write_begin(&w, call);
    json_object(&w);
    write_key(&w, "contracts");
    json_array(&w);
    for (uint32_t i = 0; i < ruleset_service_count(ruleset); i++)
        write_contract(&w, ruleset_service(ruleset, i));
    json_end_array(&w);
    json_end_object(&w);
    ruleset_drop(ruleset);
}

/* ---- one of them ---- */

/* Line n of the file is item n - 1. */
static void
write_lines(struct json_writer *w, const struct document *d)
{
    struct text rest = d->source;

    write_key(w, "lines");
    json_array(w);
    while (rest.length > 0) {
        size_t end = text_find(rest, '\n');
        struct text line = text_slice(rest, 0, end);

        rest = text_from(rest, end + 1);
        if (line.length > 0 && line.data[line.length - 1] == '\r')
            line.length--;
        json_string(w, line);
    }
    json_end_array(w);
}

static void
write_files(struct json_writer *w, const struct contract *c)
{
    const struct document *d;
    uint32_t place = 0;

    write_key(w, "files");
    json_array(w);
    while ((d = contract_document_next(c, &place)) != NULL)
        json_string(w, text_of(d->name));
    json_end_array(w);
}

static void
write_text_of_contract(struct api_call *call, const struct service *service, const struct document *d)
{
    struct json_writer w;

    write_begin(&w, call);
    json_object(&w);
    write_head(&w, service);
    write_files(&w, service->contract);
    write_text(&w, "shown", text_of(d->name));
    write_lines(&w, d);
    json_end_object(&w);
}

void
api_contract(struct api_call *call)
{
    struct ruleset *ruleset = proxy_ruleset(call->api->proxy);
    const struct service *service = ruleset_service_named(ruleset, call->name);
    const struct document *d = service != NULL ? contract_document(service->contract) : NULL;
    struct text file;

    if (service == NULL) {
        api_problem(call, 404, TEXT("no service has this name"));
    } else {
        if (api_query(call, TEXT("file"), &file))
            d = contract_document_named(service->contract, file);
        if (d != NULL)
            write_text_of_contract(call, service, d);
        else
            api_problem_at(call, 404, TEXT("query file"), TEXT("the contract has no file of this name"));
    }
    ruleset_drop(ruleset);
}
