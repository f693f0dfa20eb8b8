/* fault_concern.c -- what rules want of an operation's exchanges, found out once. */
#include "rules/fault_internal.h"

unsigned
fault_wants(const struct fault_full *full)
{
    const struct fault_rule *rule = &full->rule;
    const struct wanted *names = full->when.names.wanted;
    bool own_body = names[NAME_BODY].used || rule->effect == FAULT_MUTATE;
    unsigned bits = rule->side == SIDE_REQUEST ? FAULT_ON_REQUEST : FAULT_ON_RESPONSE;

    if (own_body)
        bits |= rule->side == SIDE_REQUEST ? FAULT_REQUEST_BODY : FAULT_RESPONSE_BODY;
    if (names[NAME_REQUEST_BODY].used || (full->when.per_text.length > 0 && full->when.per.kind == KEY_REQUEST) ||
        rule->effect == FAULT_DUPLICATE || rule->effect == FAULT_STALE)
        bits |= FAULT_REQUEST_BODY;
    if (rule->effect == FAULT_STALE)
        bits |= FAULT_KEEP;
    if (names[NAME_RESPONSE_BODY].used)
        bits |= FAULT_RESPONSE_BODY;
    return bits;
}

static bool
has_method(const struct fault_when *when, const struct operation *operation)
{
    struct text method = operation_method(operation);

    for (uint32_t i = 0; i < when->method_count; i++)
        if (text_equal(when->methods[i], method) ||
            (text_equal(when->methods[i], TEXT("HEAD")) && text_equal(method, TEXT("GET"))))
            return true;
    return when->method_count == 0;
}

bool
fault_is_about(const struct fault_full *full, const struct service *service, const struct operation *operation)
{
    const struct fault_when *when = &full->when;
    bool about = when->service_count == 0;

    for (uint32_t i = 0; i < when->service_count && !about; i++)
        about = when->services[i] == service;
    if (!about || when->operation_count == 0)
        return about && (operation == NULL || has_method(when, operation));
    for (uint32_t i = 0; i < when->operation_count; i++)
        if (when->operations[i] == operation)
            return has_method(when, operation);
    return false;
}

static uint8_t
bits_of(const struct faults *f, const struct service *s, const struct operation *o)
{
    unsigned bits = s->settings->inject ? FAULT_ASKED : 0;

    for (uint32_t i = 0; i < f->count; i++)
        if (f->rules[i].rule.enabled && fault_is_about(&f->rules[i], s, o))
            bits |= fault_wants(&f->rules[i]);
    return (uint8_t)bits;
}

int
fault_note_concerns(struct faults *f, struct error *err)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < f->service_count; i++)
        count += contract_operation_count(f->services[i].contract);
    f->by_operation = ARENA_ARRAY(f->arena, uint8_t, count);
    f->by_service = ARENA_ARRAY(f->arena, uint8_t, f->service_count);
    if (f->by_operation == NULL || f->by_service == NULL)
        return error_memory(err);
    for (uint32_t i = 0; i < f->service_count; i++) {
        const struct service *s = &f->services[i];

        f->by_service[s->index] = bits_of(f, s, NULL);
        for (uint32_t o = 0; o < contract_operation_count(s->contract); o++)
            f->by_operation[s->first_operation + o] = bits_of(f, s, contract_operation(s->contract, o));
    }
    return 0;
}

unsigned
fault_concern(const struct faults *f, const struct service *service, const struct operation *operation)
{
    if (f == NULL || service == NULL)
        return 0;
    return operation != NULL ? f->by_operation[service->first_operation + operation_index(operation)]
                             : f->by_service[service->index];
}

struct script *
faults_script(const struct faults *f, struct error *err)
{
    struct script *script;

    if (f == NULL || !f->expressions)
        return NULL;
    script = script_new(NULL, err);
    for (uint32_t i = 0; script != NULL && i < f->preset_count + f->count; i++) {
        const struct fault_full *full = i < f->preset_count ? &f->presets[i] : &f->rules[i - f->preset_count];

        if (full->when.where.source.length > 0 && fault_compile(full, script, err) != full->when.where.number) {
            script_free(script);
            return NULL;
        }
    }
    return script;
}
