/* answer.c -- which of the contract's responses is the answer; its parts are made in body.c and fields.c. */
#include "base/hash.h"
#include "base/limits.h"
#include "contract/check.h"
#include "http/media_type.h"
#include "http/problem.h"
#include "sandbox/answering.h"

static void
answer_problem(struct answering *a, uint16_t status, struct text detail)
{
    const struct problem problem = { .status = status, .detail = detail };

    a->answer->status = status;
    buffer_clear(&a->answer->body);
    problem_write(&a->answer->body, &problem);
    service_answer_header(a->answer, TEXT("Content-Type"), TEXT("application/problem+json"));
}

/* ---- the status ---- */

/* "200" is 200, "4XX" 400, "default" 200; 0 for other keys, and for interim responses, which cannot be the answer. */
static uint16_t
status_of_key(struct text key)
{
    uint64_t status;

    if (text_equal(key, TEXT("default")))
        return 200;
    if (key.length == 3 && text_equal_nocase(text_from(key, 1), TEXT("XX")) && key.data[0] >= '2' && key.data[0] <= '5')
        return (uint16_t)((key.data[0] - '0') * 100);
    return text_to_u64(key, &status) && status >= 200 && status <= 599 ? (uint16_t)status : 0;
}

/* The first 2xx that is documented, else the first of all. */
static uint16_t
usual_status(const struct value *responses)
{
    uint16_t first = 0;

    if (value_is(responses, VALUE_OBJECT) && responses->count > 0)
        for (VALUE_EACH_MEMBER(key, responses)) {
            uint16_t status = status_of_key(value_text(key));

            if (status >= 200 && status <= 299)
                return status;
            if (first == 0)
                first = status;
        }
    return first;
}

static bool
has_example(const struct answering *a, struct source response, struct text name)
{
    struct source content = source_member(a, response, TEXT("content"));

    if (value_is(content.value, VALUE_OBJECT) && content.value->count > 0)
        for (VALUE_EACH_MEMBER(type, content.value)) {
            struct source media = source_follow(a, (struct source){ content.document, value_next(type) });

            if (example_named(a, media, name).value != NULL)
                return true;
        }
    return false;
}

/* Where only an example is asked for, its response is meant. */
static uint16_t
status_with_example(const struct answering *a, struct source responses, struct text name)
{
    if (name.length > 0 && value_is(responses.value, VALUE_OBJECT) && responses.value->count > 0)
        for (VALUE_EACH_MEMBER(key, responses.value)) {
            struct source response = source_follow(a, (struct source){ responses.document, value_next(key) });

            if (status_of_key(value_text(key)) != 0 && has_example(a, response, name))
                return status_of_key(value_text(key));
        }
    return 0;
}

/* What was asked for is honoured where the contract has it, and named then; otherwise it is ignored (RFC 7240 2, 3). */
static struct source
choose_response(const struct answering *a, const struct operation *operation, uint16_t *status)
{
    const struct source responses = { operation_document(operation),
                                      VALUE_MEMBER(operation_source(operation), "responses") };
    struct source response = { NULL, NULL };

    *status = a->prefer.code;
    if (*status != 0) {
        response.value = operation_response(operation, *status, &response.document);
        if (response.value != NULL)
            service_answer_header(a->answer, TEXT("Preference-Applied"),
                                  arena_print(a->arena, "code=%u", (unsigned)*status));
    }
    if (response.value == NULL) {
        *status = status_with_example(a, responses, a->prefer.example);
        if (*status == 0)
            *status = usual_status(responses.value);
        if (*status != 0)
            response.value = operation_response(operation, *status, &response.document);
    }
    return response;
}

/* ---- the rest ---- */

static void
answer_from(struct answering *a, struct source response, uint16_t status)
{
    struct source content = source_member(a, response, TEXT("content")), object;
    const struct value *media = body_choose(a, content.value);
    struct text type;

    a->answer->status = status;
    fields_write(a, response);
    if (media == NULL || status == 204 || status == 205 || status == 304)
        return;
    type = body_type(value_text(media));
    object = source_follow(a, (struct source){ content.document, value_next(media) });
    if (body_write(a, object, type))
        service_answer_header(a->answer, TEXT("Content-Type"), type);
    else
        answer_problem(a, 500,
                       arena_print(a->arena, "no value for the schema of status %u, %.*s, could be made", status,
                                   TEXT_PRINT(type)));
}

/* OPTIONS where the contract has none says what there is; other unknown methods are refused. */
static void
answer_unknown(struct answering *a, const struct contract_match *match)
{
    if (match->path_known)
        service_answer_header(a->answer, TEXT("Allow"), match->allow);
    if (match->path_known && text_equal(a->request->method, TEXT("OPTIONS")))
        a->answer->status = 204;
    else
        answer_problem(a, match->path_known ? 405 : 404, TEXT("the contract of this sandbox has no such operation"));
}

void
answer_make(const struct answer_maker *maker, const struct message *request, struct text path, struct arena *arena,
            struct service_answer *answer)
{
    struct answering a = { .maker = maker, .request = request, .arena = arena, .answer = answer };
    struct contract_match match;
    struct source response;
    uint16_t status;

    service_answer_header(answer, TEXT("Plumbline-Sandbox"), TEXT("contract"));
    contract_find(maker->contract, request->method, path, true, arena, &match);
    if (match.operation == NULL) {
        answer_unknown(&a, &match);
        return;
    }
    a.seed = maker->seed ^ hash_stable(path, 0); /* another order, other values */
    prefer_read(&a.prefer, request);
    response = choose_response(&a, match.operation, &status);
    if (response.value != NULL)
        answer_from(&a, response, status);
    else
        answer_problem(&a, 500,
                       arena_print(arena, "the contract has no response for %.*s that could be given",
                                   TEXT_PRINT(operation_id(match.operation))));
}

bool
answer_documented(const struct answer_maker *maker, const struct operation *operation, uint16_t status,
                  struct arena *arena, struct buffer *body, struct text *type, struct header *fields,
                  uint32_t *field_count)
{
    const struct message anybody = { .is_request = true };
    struct service_answer answer = { .status = status };
    struct answering a = {
        .maker = maker, .request = &anybody, .arena = arena, .answer = &answer, .seed = maker->seed
    };
    struct source response = { NULL, NULL }, content;
    struct media_type parsed;
    const struct value *media;
    bool made;

    response.value = operation_response(operation, status, &response.document);
    response = source_follow(&a, response);
    *field_count = response.value != NULL ? fields_stated(&a, response, fields, ANSWER_FIELDS) : 0;
    content = source_member(&a, response, TEXT("content"));
    media = response.value != NULL ? body_choose(&a, content.value) : NULL;
    if (media == NULL)
        return false;
    *type = body_type(value_text(media));
    if (!media_type_parse(*type, &parsed) || media_type_kind(&parsed) != MEDIA_JSON)
        return false;
    buffer_init(&answer.body, LIMIT_MIB);
    made = body_write(&a, source_follow(&a, (struct source){ content.document, value_next(media) }), *type);
    if (made)
        buffer_add(body, buffer_text(&answer.body));
    made = made && !buffer_failed(&answer.body) && !buffer_failed(body);
    buffer_release(&answer.body);
    return made;
}

struct text
answer_media_type(const struct answer_maker *maker, const struct message *request, const struct operation *operation,
                  uint16_t status, struct arena *arena)
{
    const struct answering a = { .maker = maker, .request = request, .arena = arena };
    struct source response = { NULL, NULL };
    const struct value *media;

    response.value = operation_response(operation, status, &response.document);
    media = body_choose(&a, source_member(&a, source_follow(&a, response), TEXT("content")).value);
    return media != NULL ? body_type(value_text(media)) : TEXT("application/json");
}

bool
answer_fits(const struct answer_maker *maker, const struct operation *operation, uint16_t status, struct text json,
            struct arena *arena)
{
    const struct message anybody = { .is_request = true, .method = operation_method(operation) };
    struct check check = { .arena = arena,
                           .scratch = maker->scratch,
                           .policy = &check_policy_default,
                           .request_budget = LIMIT_CHECK_BUDGET,
                           .response_budget = LIMIT_CHECK_BUDGET };
    struct header field = { .name = TEXT("Content-Type"), .id = HEADER_CONTENT_TYPE };
    const struct contract_match match = { .operation = operation, .path_known = true };
    struct message response = { .status = status,
                                .headers = &field,
                                .header_count = 1,
                                .framing = FRAMING_LENGTH,
                                .length = json.length,
                                .body_state = BODY_WHOLE,
                                .body = json,
                                .body_bytes = json.length };
    struct verdict verdict = { .checked = false };

    field.value = answer_media_type(maker, &anybody, operation, status, arena);
    check_response_body(&check, &match, &anybody, &response, &verdict);
    return verdict.count == 0 && verdict.dropped == 0 && verdict.unchecked_count == 0;
}
