#include "sandbox/sandbox.h"

#include <stdlib.h>

#include "base/limits.h"
#include "http/problem.h"
#include "sandbox/answer.h"

struct simulated {
    struct text name;
    const struct contract *contract;
    struct contract *own; /* the same, when it was loaded for the sandbox alone */
};

struct sandbox {
    struct ruleset *ruleset;
    struct simulated *services;
    uint32_t count;
    struct schema_scratch *scratch; /* of the server's thread */
    struct service_server *server;
};

/* "/NAME/rest" is the service NAME and "/rest". */
static const struct simulated *
find_service(const struct sandbox *s, struct text path, struct text *rest)
{
    struct text name = path.length > 0 ? text_from(path, 1) : path;

    name = text_slice(name, 0, text_find(name, '/'));
    *rest = text_from(path, name.length + 1);
    if (rest->length == 0)
        *rest = TEXT("/");
    for (uint32_t i = 0; i < s->count; i++)
        if (text_equal(s->services[i].name, name))
            return &s->services[i];
    return NULL;
}

static void
on_sandbox_request(void *arg, const struct service_request *request, struct service_answer *answer)
{
    const struct sandbox *s = arg;
    struct text rest;
    const struct simulated *service = find_service(s, request->message.path, &rest);

    if (service == NULL) {
        struct problem problem = { .status = 404, .detail = TEXT("there is no such service in the sandbox") };

        answer->status = 404;
        service_answer_header(answer, TEXT("Content-Type"), TEXT("application/problem+json"));
        problem_write(&answer->body, &problem);
        return;
    }
    answer_make(&(struct answer_maker){ .contract = service->contract,
                                        .scratch = s->scratch,
                                        .seed = ruleset_settings(s->ruleset)->seed },
                &request->message, rest, request->arena, answer);
}

/* The services that the sandbox answers for. */
static int
collect(struct sandbox *s, struct error *err)
{
    uint32_t total = ruleset_service_count(s->ruleset);

    s->services = calloc(total > 0 ? total : 1, sizeof(s->services[0]));
    if (s->services == NULL)
        return error_memory(err);
    for (uint32_t i = 0; i < total; i++) {
        const struct service *service = ruleset_service(s->ruleset, i);
        struct simulated *simulated = &s->services[s->count];

        if (service->settings->upstream.kind != UPSTREAM_SANDBOX)
            continue;
        simulated->name = service->settings->name;
        simulated->contract = service->contract;
        s->count++;
        if (service->settings->upstream.sandbox.length == 0)
            continue;
        simulated->own = contract_load(service->settings->upstream.sandbox.data, NULL, err);
        if (simulated->own == NULL)
            return -1;
        simulated->contract = simulated->own;
    }
    return 0;
}

static int
serve(struct sandbox *s, struct error *err)
{
    struct service_options options = {
        .address = "127.0.0.1:0",
        .max_body = 16 * LIMIT_MIB,
        .handler = on_sandbox_request,
        .arg = s,
    };

    s->scratch = schema_scratch_new();
    if (s->scratch == NULL)
        return error_memory(err);
    s->server = service_start(&options, err);
    return s->server != NULL ? 0 : -1;
}

int
sandbox_start(struct sandbox **sandbox, struct ruleset *ruleset, struct error *err)
{
    struct sandbox *s = calloc(1, sizeof(*s));

    *sandbox = NULL;
    if (s == NULL)
        return error_memory(err);
    s->ruleset = ruleset_hold(ruleset);
    if (collect(s, err) < 0 || (s->count > 0 && serve(s, err) < 0)) {
        sandbox_stop(s);
        return -1;
    }
    if (s->count == 0)
        sandbox_stop(s);
    else
        *sandbox = s;
    return 0;
}

uint16_t
sandbox_port(const struct sandbox *s)
{
    return s != NULL ? service_port(s->server) : 0;
}

void
sandbox_stop(struct sandbox *s)
{
    if (s == NULL)
        return;
    service_stop(s->server);
    for (uint32_t i = 0; i < s->count; i++)
        contract_free(s->services[i].own);
    free(s->services);
    schema_scratch_free(s->scratch);
    ruleset_drop(s->ruleset);
    free(s);
}
