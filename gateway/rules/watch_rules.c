/* watch_rules.c -- the files of lifecycles and invariants as one set of rules. */
#include "rules/watch_internal.h"

#include <stdlib.h>

#include "rules/ruleset.h"

static const struct contract *
contract_of(void *arg, struct text name)
{
    const struct watch_rules *rules = arg;

    for (uint32_t i = 0; i < rules->service_count; i++)
        if (text_equal(rules->services[i].settings->name, name))
            return rules->services[i].contract;
    return NULL;
}

static bool
name_of(void *arg, uint32_t index, struct text *name)
{
    const struct watch_rules *rules = arg;

    if (index >= rules->service_count)
        return false;
    *name = rules->services[index].settings->name;
    return true;
}

static uint32_t
count_sources(const struct rule_source *source)
{
    uint32_t count = 0;

    for (; source != NULL; source = source->next)
        count++;
    return count;
}

/* A name that another file has already. */
static int
refuse_repeated(const struct watch_rules *rules, const struct rule_source *source, struct arena *arena,
                struct error *err)
{
    for (VALUE_EACH_MEMBER(key, source->value))
        if (watch_rules_lifecycle(rules, value_text(key)) != NULL)
            return error_set(err, ERROR_CONFIG, document_where(source->document, key, arena).data,
                             "there is a lifecycle '%.*s' already, in another file; rename one of the two",
                             TEXT_PRINT(value_text(key)));
    return 0;
}

static int
read_lifecycles(struct watch_rules *rules, const struct settings *s, struct error *err)
{
    const struct lifecycle_services services = { .contract = contract_of, .name = name_of, .arg = rules };

    rules->lifecycles = calloc(count_sources(s->lifecycles) + 1, sizeof rules->lifecycles[0]);
    if (rules->lifecycles == NULL)
        return error_memory(err);
    for (const struct rule_source *source = s->lifecycles; source != NULL; source = source->next) {
        struct lifecycles *one;

        if (refuse_repeated(rules, source, s->arena, err) < 0)
            return -1;
        one = lifecycles_read(source->document, source->value, &services, err);
        if (one == NULL)
            return -1;
        rules->lifecycles[rules->lifecycle_count++] = one;
    }
    return 0;
}

static int
read_invariants(struct watch_rules *rules, const struct settings *s, struct error *err)
{
    const struct invariant_services services = { .contract = contract_of, .name = name_of, .arg = rules };
    struct script *compiler; /* only finds mistakes: those who check have their own */

    if (s->invariants == NULL)
        return 0;
    rules->invariants = calloc(count_sources(s->invariants), sizeof rules->invariants[0]);
    if (rules->invariants == NULL)
        return error_memory(err);
    compiler = script_new(NULL, err);
    for (const struct rule_source *source = s->invariants; source != NULL && compiler != NULL; source = source->next) {
        struct invariants *one = invariants_read(source->document, source->value, &services, compiler, err);

        if (one == NULL)
            break;
        rules->invariants[rules->invariant_count++] = one;
    }
    script_free(compiler);
    return rules->invariant_count == count_sources(s->invariants) ? 0 : -1;
}

static unsigned
concern(const struct watch_rules *rules, const struct operation *o)
{
    unsigned bits = 0;

    for (uint32_t i = 0; i < rules->lifecycle_count; i++)
        bits |= lifecycles_concern(rules->lifecycles[i], o) ? WATCH_MEMORIES : 0;
    for (uint32_t i = 0; i < rules->invariant_count; i++) {
        bits |= invariants_join(rules->invariants[i], o) ? WATCH_MEMORIES : 0;
        bits |= invariants_concern_side(rules->invariants[i], o, SIDE_REQUEST) ||
                        invariants_concern_side(rules->invariants[i], o, SIDE_RESPONSE)
                    ? WATCH_AT_ONCE
                    : 0;
    }
    return bits;
}

static int
note_concerns(struct watch_rules *rules, struct error *err)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < rules->service_count; i++)
        count += contract_operation_count(rules->services[i].contract);
    rules->concern = calloc(count + 1, 1);
    if (rules->concern == NULL)
        return error_memory(err);
    for (uint32_t i = 0; i < rules->service_count; i++) {
        const struct service *s = &rules->services[i];

        for (uint32_t o = 0; o < contract_operation_count(s->contract); o++)
            rules->concern[s->first_operation + o] = (uint8_t)concern(rules, contract_operation(s->contract, o));
    }
    return 0;
}

int
watch_rules_read(struct watch_rules **made, const struct settings *settings, const struct service *services,
                 uint32_t service_count, struct error *err)
{
    struct watch_rules *rules;

    if (settings->lifecycles == NULL && settings->invariants == NULL)
        return 0;
    rules = calloc(1, sizeof *rules);
    if (rules == NULL)
        return error_memory(err);
    rules->services = services;
    rules->service_count = service_count;
    if (read_lifecycles(rules, settings, err) < 0 || read_invariants(rules, settings, err) < 0 ||
        note_concerns(rules, err) < 0) {
        watch_rules_free(rules);
        return -1;
    }
    *made = rules;
    return 0;
}

void
watch_rules_free(struct watch_rules *rules)
{
    if (rules == NULL)
        return;
    for (uint32_t i = 0; i < rules->lifecycle_count; i++)
        lifecycles_free(rules->lifecycles[i]);
    for (uint32_t i = 0; i < rules->invariant_count; i++)
        invariants_free(rules->invariants[i]);
    free(rules->lifecycles);
    free(rules->invariants);
    free(rules->concern);
    free(rules);
}

unsigned
watch_rules_concern(const struct watch_rules *rules, const struct service *service, const struct operation *operation)
{
    return rules != NULL ? rules->concern[service->first_operation + operation_index(operation)] : 0;
}

const struct lifecycles *
watch_rules_lifecycle(const struct watch_rules *rules, struct text name)
{
    for (uint32_t i = 0; rules != NULL && i < rules->lifecycle_count; i++)
        if (lifecycles_have(rules->lifecycles[i], name))
            return rules->lifecycles[i];
    return NULL;
}
