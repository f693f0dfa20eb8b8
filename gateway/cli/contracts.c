#include "cli/contracts.h"

#include <stdio.h>

#include "cli/contract_url.h"
#include "traffic/redacted.h"

static void
on_defect(void *arg, const struct contract_defect *d)
{
    const char *command = arg;

    if (d->level != LEVEL_INFO)
        fprintf(stderr, "plumbline %s: %.*s:%u:%u: %.*s\n", command, TEXT_PRINT(d->file), d->line, d->column,
                TEXT_PRINT(d->what));
}

struct ruleset *
contracts_load(const char *command, const char *file, const struct option_list *contracts, struct error *err)
{
    struct settings *settings;

    if (file != NULL) {
        settings = settings_load(file, NULL, err);
    } else {
        /* nobody is asked for an answer: any upstream does */
        settings = settings_proxy(contracts->items, contracts->count, "http://127.0.0.1", false, NULL, err);
        if (settings != NULL && contract_url_fetch(settings, err) < 0) {
            settings_free(settings);
            return NULL;
        }
    }
    return settings != NULL ? ruleset_new(settings, on_defect, (void *)(uintptr_t)command, err) : NULL;
}

static void
set_policy(struct route *route)
{
    route->policy = route->match.operation != NULL ? &route->service->policies[operation_index(route->match.operation)]
                                                   : &route->service->settings->policy;
}

/* What is left of a redacted path may lead elsewhere: the operation is the one that was found live. */
static bool
route_as_recorded(const struct ruleset *r, const struct exchange *x, struct route *route)
{
    const struct service *service = ruleset_service_named(r, x->service);
    const struct operation *operation =
        service != NULL ? contract_operation_named(service->contract, x->operation) : NULL;

    if (operation == NULL || !redacted_path(x))
        return false;
    *route = (struct route){ .service = service, .path = x->request.path };
    route->match = (struct contract_match){ .operation = operation, .path_known = true };
    set_policy(route);
    return true;
}

void
contracts_take(const struct service *service, const struct exchange *x, struct arena *arena, struct route *route)
{
    route->service = service;
    contract_find(service->contract, x->request.method, x->request.path, true, arena, &route->match);
    set_policy(route);
}

void
contracts_route(const struct ruleset *r, const struct exchange *x, struct arena *arena, struct route *route)
{
    const struct message *m = &x->request;
    const struct service *service;

    if (route_as_recorded(r, x, route))
        return;
    ruleset_route(r, m->authority, m->method, m->path, arena, route);
    if (route->service != NULL)
        return;
    service = ruleset_service_named(r, x->service);
    if (service != NULL)
        contracts_take(service, x, arena, route);
}
