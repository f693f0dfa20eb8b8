#include "sandbox/sandbox.h"

#include <stdlib.h>

#include "base/limits.h"
#include "http/problem.h"
#include "sandbox/answer.h"
#include "sandbox/engine.h"
#include "sandbox/prefer.h"

struct sandbox {
    struct ruleset *ruleset;
    struct simulated *services;
    uint32_t count;
    struct schema_scratch *scratch; /* of the server's thread */
    struct service_server *server;
    struct engine *engine; /* NULL: no service has a script */
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
answer_problem(struct service_answer *answer, uint16_t status, struct text detail)
{
    struct problem problem = { .status = status, .detail = detail };

    answer->status = status;
    service_answer_header(answer, TEXT("Content-Type"), TEXT("application/problem+json"));
    problem_write(&answer->body, &problem);
}

/* Is it for the script? What the client wants of the contract by Prefer comes from the contract. */
static bool
is_scripted(const struct sandbox *s, const struct simulated *service, const struct message *request)
{
    struct prefer prefer;

    if (s->engine == NULL || service->script == NULL)
        return false;
    prefer_read(&prefer, request);
    return prefer.code == 0 && prefer.example.length == 0 && !prefer.dynamic;
}

static void
on_sandbox_request(void *arg, const struct service_request *request, struct service_answer *answer)
{
    const struct sandbox *s = arg;
    struct text rest;
    const struct simulated *service = find_service(s, request->message.path, &rest);

    if (service == NULL) {
        answer_problem(answer, 404, TEXT("there is no such service in the sandbox"));
    } else if (is_scripted(s, service, &request->message)) {
        if (!engine_ask(s->engine, service, request, rest, answer))
            answer_problem(answer, 503, TEXT("the sandbox has too much to do, or stops: try again"));
    } else {
        answer_make(&(struct answer_maker){ .contract = service->contract,
                                            .scratch = s->scratch,
                                            .seed = ruleset_settings(s->ruleset)->seed },
                    &request->message, rest, request->arena, answer);
    }
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

        if (service->settings->upstream.kind == UPSTREAM_SANDBOX &&
            simulated_load(&s->services[s->count++], s->ruleset, service, err) < 0)
            return -1;
    }
    return 0;
}

static bool
has_script(const struct sandbox *s)
{
    for (uint32_t i = 0; i < s->count; i++)
        if (s->services[i].script != NULL)
            return true;
    return false;
}

static int
run_scripts(struct sandbox *s, struct sandbox_state **state, struct error *err)
{
    struct engine_options options = {
        .ruleset = s->ruleset, .services = s->services, .service_count = s->count, .port = service_port(s->server)
    };

    if (*state == NULL)
        *state = sandbox_state_new(s->ruleset, err);
    if (*state == NULL)
        return -1;
    options.state = *state;
    s->engine = engine_new(&options, err);
    return s->engine != NULL ? 0 : -1;
}

static int
serve(struct sandbox *s, struct sandbox_state **state, struct error *err)
{
    struct service_options options = {
        .address = "127.0.0.1:0",
        .max_body = LIMIT_SANDBOX_BODY,
        .connections = LIMIT_SANDBOX_CONNECTIONS,
        .later = LIMIT_SANDBOX_LATER,
        .handler = on_sandbox_request,
        .arg = s,
    };

    s->scratch = schema_scratch_new();
    if (s->scratch == NULL)
        return error_memory(err);
    s->server = service_start(&options, err);
    if (s->server == NULL)
        return -1;
    return state != NULL && has_script(s) ? run_scripts(s, state, err) : 0;
}

int
sandbox_start(struct sandbox **sandbox, struct ruleset *ruleset, struct sandbox_state **state, struct error *err)
{
    struct sandbox *s = calloc(1, sizeof(*s));

    *sandbox = NULL;
    if (s == NULL)
        return error_memory(err);
    s->ruleset = ruleset_hold(ruleset);
    if (collect(s, err) < 0 || (s->count > 0 && serve(s, state, err) < 0)) {
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
    return s != NULL && s->server != NULL ? service_port(s->server) : 0;
}

void
sandbox_set_gateway(struct sandbox *s, const char *url)
{
    if (s != NULL && s->engine != NULL)
        engine_set_gateway(s->engine, url);
}

bool
sandbox_service(const struct sandbox *s, uint32_t index, struct text *name, uint32_t *handlers)
{
    if (s == NULL || index >= s->count)
        return false;
    *name = s->services[index].name;
    *handlers = s->services[index].handlers;
    return true;
}

/* The engine first: the server waits for the answers that it owes. */
void
sandbox_stop(struct sandbox *s)
{
    if (s == NULL)
        return;
    engine_stop(s->engine);
    service_stop(s->server);
    for (uint32_t i = 0; s->services != NULL && i < s->count; i++)
        simulated_release(&s->services[i]);
    free(s->services);
    schema_scratch_free(s->scratch);
    ruleset_drop(s->ruleset);
    free(s);
}
