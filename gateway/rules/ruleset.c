#include "rules/ruleset.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/limits.h"
#include "rules/fault.h"
#include "rules/routes.h"
#include "rules/severity.h"
#include "rules/watch.h"

struct ruleset {
    atomic_uint references;
    struct arena *arena;
    struct settings *settings;
    struct service *services;
    uint32_t service_count;
    uint32_t operation_count;
    struct routes *routes;
    struct redaction *redaction;
    const struct severities *severities; /* NULL: as the table has it */
    struct watch_rules *watch;
    struct faults *faults;
};

static void
ruleset_free(struct ruleset *r)
{
    faults_free(r->faults);
    watch_rules_free(r->watch);
    for (uint32_t i = 0; i < r->service_count; i++)
        contract_free(r->services[i].contract);
    redaction_free(r->redaction);
    settings_free(r->settings);
    arena_free(r->arena);
    free(r);
}

struct ruleset *
ruleset_hold(struct ruleset *r)
{
    atomic_fetch_add_explicit(&r->references, 1, memory_order_relaxed);
    return r;
}

void
ruleset_drop(struct ruleset *r)
{
    if (r != NULL && atomic_fetch_sub_explicit(&r->references, 1, memory_order_acq_rel) == 1)
        ruleset_free(r);
}

/* The nearest operation for a name that the contract does not have. */
static const char *
nearest_operation(const struct contract *c, struct text name, struct arena *arena)
{
    uint32_t count = contract_operation_count(c);
    const char **names = ARENA_ARRAY(arena, const char *, count);

    if (names == NULL)
        return NULL;
    for (uint32_t i = 0; i < count; i++)
        names[i] = arena_text(arena, operation_id(contract_operation(c, i))).data;
    return text_nearest(name, names, count);
}

/* One policy per operation: the service's, or what `operations` says. */
static int
build_policies(struct ruleset *r, struct service *service, struct error *err)
{
    const struct service_settings *s = service->settings;
    uint32_t count = contract_operation_count(service->contract);
    struct policy *policies = ARENA_ARRAY(r->arena, struct policy, count);

    if (policies == NULL)
        return error_memory(err);
    for (uint32_t i = 0; i < count; i++)
        policies[i] = s->policy;
    for (uint32_t i = 0; i < s->operation_count; i++) {
        const struct operation *o = contract_operation_named(service->contract, s->operations[i].name);

        if (o == NULL) {
            const char *near = nearest_operation(service->contract, s->operations[i].name, r->arena);

            return error_set(err, ERROR_CONFIG, s->operations[i].where.data,
                             "the contract has no operation '%.*s'%s%s%s", TEXT_PRINT(s->operations[i].name),
                             near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
                             near != NULL ? "'?" : "");
        }
        policies[operation_index(o)] = s->operations[i].policy;
    }
    service->policies = policies;
    return 0;
}

static int
refuse_equal_names(const struct ruleset *r, const struct service *service, struct error *err)
{
    for (uint32_t i = 0; i < r->service_count; i++)
        if (&r->services[i] != service && text_equal(r->services[i].settings->name, service->settings->name))
            return error_set(err, ERROR_CONFIG, service->settings->where.data,
                             "there is a service '%.*s' already; rename one of the two contract files",
                             TEXT_PRINT(service->settings->name));
    return 0;
}

static int
build_service(struct ruleset *r, struct service_settings *s, const struct contract_options *options, struct error *err)
{
    struct service *service = &r->services[r->service_count];

    service->contract = s->contract_text.data != NULL
                            ? contract_load_text(s->contract_text, s->contract.data, options, err)
                            : contract_load(s->contract.data, options, err);
    if (service->contract == NULL) /* a contract that cannot be opened was asked for by the service */
        return err != NULL && strcmp(err->where, s->contract.data) == 0 && strcmp(err->where, s->where.data) != 0
                   ? error_at(err, s->where.data)
                   : -1;
    service->settings = s;
    service->index = r->service_count++;
    service->first_operation = r->operation_count;
    r->operation_count += contract_operation_count(service->contract);
    if (s->name.length == 0)
        s->name = contract_name(service->contract);
    if (refuse_equal_names(r, service, err) < 0)
        return -1;
    return build_policies(r, service, err);
}

static int
build(struct ruleset *r, const struct contract_options *options, struct error *err)
{
    r->arena = arena_new(0, 64 * LIMIT_MIB);
    if (r->arena == NULL || (r->services = ARENA_ARRAY(r->arena, struct service, r->settings->service_count)) == NULL)
        return error_memory(err);
    for (uint32_t i = 0; i < r->settings->service_count; i++)
        if (build_service(r, &r->settings->services[i], options, err) < 0)
            return -1;
    r->routes = routes_new(r->services, r->service_count, r->settings->catch_all, r->arena, err);
    if (r->routes == NULL)
        return -1;
    r->redaction = redaction_new(r->settings->redaction_document, r->settings->redaction, err);
    if (r->redaction == NULL)
        return -1;
    if (severities_read(&r->severities, r->settings, r->arena, err) < 0)
        return -1;
    if (watch_rules_read(&r->watch, r->settings, r->services, r->service_count, err) < 0)
        return -1;
    return faults_read(&r->faults, r->settings, r->services, r->service_count, err);
}

struct ruleset *
ruleset_new(struct settings *settings_take, contract_defect_fn *defect, void *arg, struct error *err)
{
    struct contract_options options = { .defect = defect, .arg = arg };
    struct ruleset *r = calloc(1, sizeof(*r));

    if (r == NULL) {
        settings_free(settings_take);
        error_memory(err);
        return NULL;
    }
    r->settings = settings_take;
    atomic_init(&r->references, 1);
    if (build(r, &options, err) < 0) {
        ruleset_free(r);
        return NULL;
    }
    return r;
}

const struct settings *
ruleset_settings(const struct ruleset *r)
{
    return r->settings;
}

uint32_t
ruleset_service_count(const struct ruleset *r)
{
    return r->service_count;
}

const struct service *
ruleset_service(const struct ruleset *r, uint32_t index)
{
    return &r->services[index];
}

const struct service *
ruleset_service_named(const struct ruleset *r, struct text name)
{
    for (uint32_t i = 0; i < r->service_count; i++)
        if (text_equal(r->services[i].settings->name, name))
            return &r->services[i];
    return NULL;
}

uint32_t
ruleset_operation_count(const struct ruleset *r)
{
    return r->operation_count;
}

const struct redaction *
ruleset_redaction(const struct ruleset *r)
{
    return r->redaction;
}

const struct severities *
ruleset_severities(const struct ruleset *r)
{
    return r->severities;
}

const struct watch_rules *
ruleset_watch(const struct ruleset *r)
{
    return r->watch;
}

const struct faults *
ruleset_faults(const struct ruleset *r)
{
    return r->faults;
}

void
ruleset_route(const struct ruleset *r, struct text host, struct text method, struct text path, struct arena *arena,
              struct route *route)
{
    routes_find(r->routes, host, method, path, arena, route);
}
