/* fault_fuzz.c -- any bytes as Plumbline-Inject, and as a path, a header and a body that rules look at, against the
 * rules of tests/cases/rules/faults.
 *
 * Input: a line each for the field, the path and the header, then the body. What is chosen must not depend on what was
 * chosen before, and must be what was said to be wanted. */
#include <stdint.h>
#include <stdlib.h>

#include "base/limits.h"
#include "rules/fault.h"
#include "rules/ruleset.h"
#include "rules/script.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct ruleset *ruleset;
static struct script *script;

static void
must(bool holds)
{
    if (!holds)
        abort();
}

static struct text
line(struct text *rest)
{
    size_t end = text_find(*rest, '\n');
    struct text got = text_slice(*rest, 0, end);

    *rest = text_from(*rest, end + 1);
    return got;
}

static uint64_t
count_none(void *arg, uint64_t key)
{
    (void)arg;
    return key % 5;
}

/* Everything that was chosen, in one number. */
static uint64_t
choose(struct text input)
{
    struct arena *arena = arena_new(0, 64 * LIMIT_MIB);
    struct text rest = input, asked = line(&rest), path = line(&rest), value = line(&rest), why;
    struct header headers[] = { { .name = TEXT("X-Case"), .value = value } };
    struct exchange x = { .arena = arena, .has_response = true };
    const struct service *service = ruleset_service_named(ruleset, TEXT("orders"));
    const struct faults *faults = ruleset_faults(ruleset);
    struct fault_firing firings[FAULT_MOST];
    struct contract_match match;
    struct document body;
    struct fault_look look = { .exchange = &x,
                               .service = service,
                               .match = &match,
                               .now = (int64_t)input.length * INT64_C(1000000000),
                               .asked = asked,
                               .count = count_none,
                               .script = script,
                               .arena = arena };
    uint64_t sum = 0;
    unsigned bits;

    must(arena != NULL && service != NULL);
    x.request.method = TEXT("GET");
    x.request.path = path;
    x.request.headers = headers;
    x.request.header_count = 1;
    x.response.status = 500;
    contract_find(service->contract, x.request.method, path, true, arena, &match);
    if (document_parse(&body, rest, NULL, arena, NULL) == 0)
        look.request = look.response = body.root;
    bits = fault_asked_concern(faults, service, asked, arena, &why);
    must((bits == 0) == (why.length > 0));
    for (int side = SIDE_REQUEST; side <= SIDE_RESPONSE; side++) {
        uint32_t count = faults_choose(faults, &look, (enum side)side, firings);

        must(count <= FAULT_MOST);
        for (uint32_t i = 0; i < count; i++) {
            must(firings[i].rule->side == (enum side)side);
            must(i + 1 == count || !fault_ends(firings[i].rule->effect));
            must(firings[i].rule->index <= fault_count(faults));
            if (firings[i].rule->effect == FAULT_DELAY)
                must(fault_delay(firings[i].rule, firings[i].random) <= LIMIT_FAULT_DELAY);
            sum = sum * 31 + (uint64_t)firings[i].rule->effect * 7 + firings[i].random;
        }
    }
    arena_free(arena);
    return sum;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text input = text_make((const char *)data, size);

    if (ruleset == NULL) {
        struct settings *settings = settings_load("tests/cases/rules/faults/gateway.yaml", NULL, NULL);

        must(settings != NULL && (ruleset = ruleset_new(settings, NULL, NULL, NULL)) != NULL);
        script = faults_script(ruleset_faults(ruleset), NULL);
    }
    must(choose(input) == choose(input));
    return 0;
}
