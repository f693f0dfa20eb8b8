/* documented.c -- making the bodies, and finding them. */
#include "proxy/documented.h"

#include "base/limits.h"
#include "contract/check.h"
#include "http/problem.h"
#include "json/write.h"
#include "sandbox/answer.h"
#include "schema/schema.h"

/* What REFUSALS, PARSE_FAULTS, CALL_FAILURES and judge.h refuse with. */
static const uint16_t statuses[] = { 400, 401, 404, 405, 408, 413, 414, 415, 417, 429, 431, 501, 502, 503, 504, 505 };
#define STATUSES (sizeof statuses / sizeof statuses[0])

struct documented {
    struct arena *arena;
    struct documented_body *bodies; /* STATUSES for each operation of the whole ruleset */
};

/* What building needs. */
struct making {
    struct documented *documented;
    struct schema_scratch *scratch;
    struct arena *arena; /* emptied for each body */
    const struct service *service;
    const struct operation *operation;
    uint16_t status;
};

/* ---- what happened, in words ---- */

static bool
is_message(struct text name)
{
    static const char *const names[] = { "message", "detail", "error", "title", "description" };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (text_equal_nocase(name, text_of(names[i])))
            return true;
    }
    return false;
}

static void
write_told(struct json_writer *w, const struct value *object, uint16_t status)
{
    json_object(w);
    if (object->count > 0)
        for (VALUE_EACH_MEMBER(key, object)) {
            const struct value *value = value_next(key);

            json_key(w, value_text(key));
            if (value->type == VALUE_OBJECT)
                write_told(w, value, status);
            else if (value->type == VALUE_STRING && is_message(value_text(key)))
                json_string(w, status_reason(status));
            else if (value->type == VALUE_NUMBER && text_equal(value_text(key), TEXT("status")))
                json_integer(w, status);
            else
                json_value(w, value);
        }
    json_end_object(w);
}

/* ---- one body ---- */

static bool
is_valid(const struct making *k, struct text type, struct text body)
{
    struct check check = { .arena = k->arena,
                           .scratch = k->scratch,
                           .policy = &check_policy_default,
                           .request_budget = LIMIT_CHECK_BUDGET,
                           .response_budget = LIMIT_CHECK_BUDGET };
    struct header field = { .name = TEXT("Content-Type"), .value = type, .id = HEADER_CONTENT_TYPE };
    const struct message request = { .is_request = true, .method = operation_method(k->operation) };
    const struct message response = { .status = k->status,
                                      .headers = &field,
                                      .header_count = 1,
                                      .framing = FRAMING_LENGTH,
                                      .length = body.length,
                                      .body_state = BODY_WHOLE,
                                      .body = body,
                                      .body_bytes = body.length };
    const struct contract_match match = { .operation = k->operation, .path_known = true };
    struct verdict verdict = { .checked = false };

    check_response_body(&check, &match, &request, &response, &verdict);
    return verdict.count == 0 && verdict.dropped == 0 && verdict.unchecked_count == 0;
}

static void
keep(struct documented *d, struct documented_body *result, struct text type, struct text body)
{
    result->type = arena_text(d->arena, type);
    result->body = arena_text(d->arena, body);
}

static void
make_body(const struct making *k, struct documented_body *result)
{
    const struct answer_maker maker = { .contract = k->service->contract, .scratch = k->scratch, .seed = 1 };
    struct buffer made, told;
    struct document document;
    struct json_writer w;
    struct text type;

    buffer_init(&made, LIMIT_MIB);
    buffer_init(&told, LIMIT_MIB);
    if (answer_documented(&maker, k->operation, k->status, k->arena, &made, &type)) {
        if (document_parse(&document, buffer_text(&made), NULL, k->arena, NULL) == 0 &&
            document.root->type == VALUE_OBJECT) {
            json_begin(&w, &told, 0);
            write_told(&w, document.root, k->status);
        }
        if (buffer_length(&told) > 0 && !buffer_failed(&told) && is_valid(k, type, buffer_text(&told)))
            keep(k->documented, result, type, buffer_text(&told));
        else if (is_valid(k, type, buffer_text(&made)))
            keep(k->documented, result, type, buffer_text(&made));
    }
    buffer_release(&told);
    buffer_release(&made);
    arena_reset(k->arena);
}

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
make_service(struct making *k)
{
    const struct service *s = k->service;

    for (uint32_t i = 0; i < contract_operation_count(s->contract); i++) {
        if (!s->policies[i].refuse_contract)
            continue;
        k->operation = contract_operation(s->contract, i);
        for (size_t j = 0; j < STATUSES; j++) {
            k->status = statuses[j];
            make_body(k, &k->documented->bodies[(size_t)(s->first_operation + i) * STATUSES + j]);
        }
    }
}

int
documented_new(const struct ruleset *ruleset, struct documented **result, struct error *err)
{
    struct arena *arena;
    struct making k = { .arena = NULL };

    *result = NULL;
    if (!is_wanted(ruleset))
        return 0;
    arena = arena_new(0, LIMIT_CONTRACT_BYTES);
    k.documented = arena != NULL ? ARENA_NEW(arena, struct documented) : NULL;
    if (k.documented == NULL)
        goto fail;
    k.documented->arena = arena;
    k.documented->bodies =
        ARENA_ARRAY(arena, struct documented_body, (size_t)ruleset_operation_count(ruleset) * STATUSES);
    k.scratch = schema_scratch_new();
    k.arena = arena_new(0, LIMIT_EXCHANGE_ARENA);
    if (k.documented->bodies == NULL || k.scratch == NULL || k.arena == NULL)
        goto fail;
    for (uint32_t i = 0; i < ruleset_service_count(ruleset); i++) {
        k.service = ruleset_service(ruleset, i);
        make_service(&k);
    }
    schema_scratch_free(k.scratch);
    arena_free(k.arena);
    *result = k.documented;
    return 0;

fail:
    schema_scratch_free(k.scratch);
    arena_free(k.arena);
    arena_free(arena);
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
