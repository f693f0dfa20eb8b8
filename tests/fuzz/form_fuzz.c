/* form_fuzz.c -- any bytes as a path, a query, cookies, a form or a multipart body, against form_fuzz.openapi.yaml,
 * which has every style of parameter and every way to encode a part.
 *
 * Input: a line each for the target, the content type and the cookies, then the body. What the check says must not
 * depend on what was checked before. */
#include <stdint.h>
#include <stdlib.h>

#include "base/limits.h"
#include "contract/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CONTRACT "tests/fuzz/form_fuzz.openapi.yaml"

static struct text
line(struct text *rest)
{
    size_t end = text_find(*rest, '\n');
    struct text got = text_slice(*rest, 0, end);

    *rest = text_from(*rest, end + 1);
    return got;
}

/* Everything that was found, in one number. */
static uint64_t
check_once(const struct contract *c, struct schema_scratch *scratch, const struct message *q)
{
    struct arena *arena = arena_new(0, 64 * LIMIT_MIB);
    struct check check = {
        .arena = arena, .scratch = scratch, .policy = &check_policy_default, .request_budget = 200000
    };
    struct verdict verdict = { 0 };
    struct contract_match match;
    uint64_t sum = 0;

    if (arena == NULL)
        return 0;
    contract_find(c, q->method, q->path, true, arena, &match);
    check_request_head(&check, &match, q, &verdict);
    check_request_body(&check, &match, q, &verdict);
    for (uint32_t i = 0; i < verdict.count; i++) {
        struct text said = violation_line(&verdict.list[i], arena);

        for (size_t at = 0; at < said.length; at++)
            sum = sum * 31 + (unsigned char)said.data[at];
    }
    sum = sum * 31 + verdict.unchecked_count;
    arena_free(arena);
    return sum;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct contract *contract;
    static struct schema_scratch *scratch;
    struct text rest = text_make((const char *)data, size), target = line(&rest);
    struct header headers[] = {
        { TEXT("Content-Type"), line(&rest), HEADER_CONTENT_TYPE, false },
        { TEXT("Cookie"), line(&rest), (uint8_t)header_id_of(TEXT("Cookie")), false },
    };
    size_t question = text_find(target, '?');
    const struct message q = { .is_request = true,
                               .method = TEXT("POST"),
                               .target = target,
                               .path = text_slice(target, 0, question),
                               .query = text_from(target, question + 1),
                               .has_query = question < target.length,
                               .headers = headers,
                               .header_count = 2,
                               .framing = FRAMING_LENGTH,
                               .length = rest.length,
                               .body_bytes = rest.length,
                               .body_state = BODY_WHOLE,
                               .body = rest };

    if (contract == NULL)
        contract = contract_load(CONTRACT, NULL, NULL);
    if (scratch == NULL)
        scratch = schema_scratch_new();
    if (contract == NULL || scratch == NULL)
        abort();
    if (check_once(contract, scratch, &q) != check_once(contract, scratch, &q))
        abort();
    return 0;
}
