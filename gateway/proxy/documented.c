/* documented.c -- making the bodies, and finding them. */
#include "proxy/documented.h"

#include "base/limits.h"
#include "schema/schema.h"

/* What REFUSALS, PARSE_FAULTS, CALL_FAILURES and judge.h refuse with. */
static const uint16_t statuses[] = { 400, 401, 404, 405, 408, 413, 414, 415, 417, 429, 431, 501, 502, 503, 504, 505 };
#define STATUSES (sizeof statuses / sizeof statuses[0])

struct documented {
    struct arena *arena;
    struct documented_body *bodies; /* STATUSES for each operation of the whole ruleset */
};

/* ---- all of them ---- */

static bool
is_wanted(const struct ruleset *ruleset)
{
    for (uint32_t i = 0; i < ruleset_service_count(ruleset); i++) {
        const struct service *s = ruleset_service(ruleset, i);

        for (uint32_t j = 0; j < contract_operation_count(s->contract); j++) {
            if (s->policies[j].refuse_contract)
                return true;
        }
    }
    return false;
}

static void
make_service(struct documented *d, struct documented_making *k, const struct service *s)
{
    for (uint32_t i = 0; i < contract_operation_count(s->contract); i++) {
        if (!s->policies[i].refuse_contract)
            continue;
        k->operation = contract_operation(s->contract, i);
        for (size_t j = 0; j < STATUSES; j++) {
            k->status = statuses[j];
            documented_make(k, &d->bodies[(size_t)(s->first_operation + i) * STATUSES + j]);
        }
    }
}

int
documented_new(const struct ruleset *ruleset, struct documented **result, struct error *err)
{
    struct documented_making k = { .keep = NULL };
    struct documented *d;

    *result = NULL;
    if (!is_wanted(ruleset))
        return 0;
    k.keep = arena_new(0, LIMIT_CONTRACT_BYTES);
    d = k.keep != NULL ? ARENA_NEW(k.keep, struct documented) : NULL;
    if (d == NULL)
        goto fail;
    d->arena = k.keep;
    d->bodies = ARENA_ARRAY(k.keep, struct documented_body, (size_t)ruleset_operation_count(ruleset) * STATUSES);
    k.scratch = schema_scratch_new();
    k.arena = arena_new(0, LIMIT_EXCHANGE_ARENA);
    if (d->bodies == NULL || k.scratch == NULL || k.arena == NULL)
        goto fail;
    for (uint32_t i = 0; i < ruleset_service_count(ruleset); i++)
        make_service(d, &k, ruleset_service(ruleset, i));
    schema_scratch_free(k.scratch);
    arena_free(k.arena);
    *result = d;
    return 0;

fail:
    schema_scratch_free(k.scratch);
    arena_free(k.arena);
    arena_free(k.keep);
    return error_memory(err);
}

void
documented_free(struct documented *d)
{
    if (d != NULL)
        arena_free(d->arena);
}

const struct documented_body *
documented_find(const struct documented *d, const struct service *service, const struct operation *operation,
                uint16_t status)
{
    if (d == NULL || service == NULL || operation == NULL)
        return NULL;
    for (size_t i = 0; i < STATUSES; i++) {
        const struct documented_body *b =
            &d->bodies[(size_t)(service->first_operation + operation_index(operation)) * STATUSES + i];

        if (statuses[i] == status)
            return b->body.length > 0 ? b : NULL;
    }
    return NULL;
}
