/* answer.c -- status, media type, body and headers of an answer, out of the contract's Response Objects. */
#include "sandbox/answer.h"

#include <stdio.h>

#include "http/media_type.h"
#include "http/problem.h"
#include "json/number.h"
#include "json/write.h"
#include "sandbox/prefer.h"
#include "sandbox/sample.h"

/* A value of the contract, and the document that it stands in: references in it are relative to that. */
struct source {
    const struct document *document;
    const struct value *value;
};

struct answering {
    const struct answer_maker *maker;
    const struct message *request;
    const struct operation *operation;
    struct prefer prefer;
    struct arena *arena;
    struct service_answer *answer;
};

static void
answer_problem(struct answering *a, uint16_t status, struct text detail)
{
    struct problem problem = { .status = status, .detail = detail };

    a->answer->status = status;
    buffer_clear(&a->answer->body);
    problem_write(&a->answer->body, &problem);
    service_answer_header(a->answer, TEXT("Content-Type"), TEXT("application/problem+json"));
}

/* Through one $ref, if the value is one. */
static struct source
follow(const struct answering *a, struct source s)
{
    const struct value *reference = VALUE_MEMBER(s.value, "$ref");
    const struct value *target;
    const struct document *document = s.document;

    if (!value_is(reference, VALUE_STRING))
        return s;
    target = schema_follow(contract_schemas(a->maker->contract), s.document, value_text(reference), &document);
    return (struct source){ document, target };
}

static struct source
member(const struct answering *a, struct source s, struct text key)
{
    return follow(a, (struct source){ s.document, value_member(s.value, key) });
}

/* "200" is 200, "4XX" 400, "default" 200; 0 for other keys. */
static uint16_t
status_of_key(struct text key)
{
    uint64_t status;

    if (text_equal(key, TEXT("default")))
        return 200;
    if (key.length == 3 && text_equal_nocase(text_from(key, 1), TEXT("XX")) && key.data[0] >= '1' && key.data[0] <= '5')
        return (uint16_t)((key.data[0] - '0') * 100);
    return text_to_u64(key, &status) && status >= 100 && status <= 599 ? (uint16_t)status : 0;
}

/* The status to answer with: the first 2xx that is documented, else the first of all. */
static uint16_t
usual_status(const struct operation *operation)
{
    const struct value *responses = VALUE_MEMBER(operation_source(operation), "responses");
    uint16_t first = 0;

    if (!value_is(responses, VALUE_OBJECT))
        return 200;
    for (VALUE_EACH_MEMBER(key, responses)) {
        uint16_t status = status_of_key(value_text(key));

        if (status >= 200 && status <= 299)
            return status;
        if (first == 0)
            first = status;
    }
    return first != 0 ? first : 200;
}

/* The media type to answer with: the first that the client accepts, else the first. NULL: no content. */
static const struct value *
choose_media(const struct answering *a, const struct value *content)
{
    struct text accept = message_header_named(a->request, TEXT("Accept")) != NULL
                             ? message_header_named(a->request, TEXT("Accept"))->value
                             : text_make(NULL, 0);
    struct media_type offered, wanted;
    struct text rest, one;

    if (!value_is(content, VALUE_OBJECT) || content->count == 0)
        return NULL;
    for (VALUE_EACH_MEMBER(key, content)) {
        rest = accept;
        while (media_type_parse(value_text(key), &offered) && header_list_next(&rest, &one))
            if (media_type_parse(one, &wanted) && media_type_fit(&wanted, &offered) > 0)
                return key;
    }
    return value_first(content);
}

/* ---- examples ---- */

/* The value of `examples`: the one that is asked for, or the first. */
static struct source
named_example(const struct answering *a, struct source examples)
{
    struct source none = { NULL, NULL };

    if (!value_is(examples.value, VALUE_OBJECT))
        return none;
    for (VALUE_EACH_MEMBER(key, examples.value)) {
        struct source example = follow(a, (struct source){ examples.document, value_next(key) });
        const struct value *value = VALUE_MEMBER(example.value, "value");

        if (value != NULL && (a->prefer.example.length == 0 || text_equal(value_text(key), a->prefer.example)))
            return (struct source){ example.document, value };
    }
    return none;
}

/* The example of a Media Type, Parameter or Header Object, else of its schema. */
static struct source
find_example(const struct answering *a, struct source object)
{
    struct source found = named_example(a, member(a, object, TEXT("examples")));
    struct source schema = member(a, object, TEXT("schema"));
    const struct value *examples;

    if (found.value != NULL || a->prefer.example.length > 0)
        return found;
    if (VALUE_MEMBER(object.value, "example") != NULL)
        return (struct source){ object.document, VALUE_MEMBER(object.value, "example") };
    if (VALUE_MEMBER(schema.value, "example") != NULL)
        return (struct source){ schema.document, VALUE_MEMBER(schema.value, "example") };
    examples = VALUE_MEMBER(schema.value, "examples");
    if (value_is(examples, VALUE_ARRAY) && examples->count > 0)
        return (struct source){ schema.document, value_first(examples) };
    return (struct source){ NULL, NULL };
}

/* A value of the schema, made up. */
static bool
write_sample(const struct answering *a, struct source object, struct buffer *out)
{
    const struct value *place = VALUE_MEMBER(object.value, "schema");
    const struct schema *schema =
        place != NULL ? schema_compiled(contract_schemas(a->maker->contract), object.document, place) : NULL;
    struct sample_options options = {
        .schemas = contract_schemas(a->maker->contract),
        .scratch = a->maker->scratch,
        .side = SCHEMA_RESPONSE,
        .seed = a->maker->seed,
        .made_up = a->prefer.dynamic,
    };

    return schema != NULL && sample_write(out, schema, &options);
}

/* ---- the parts of an answer ---- */

static bool
write_body(const struct answering *a, struct source media, struct text type)
{
    struct media_type parsed;
    bool json = media_type_parse(type, &parsed) && media_type_kind(&parsed) == MEDIA_JSON;
    struct source example = a->prefer.dynamic ? (struct source){ NULL, NULL } : find_example(a, media);
    struct json_writer w;

    if (example.value == NULL)
        return a->prefer.example.length == 0 && write_sample(a, media, &a->answer->body);
    if (!json && example.value->type == VALUE_STRING) {
        buffer_add(&a->answer->body, value_text(example.value)); /* text and the like: the example is the body */
        return true;
    }
    json_begin(&w, &a->answer->body, 0);
    json_value(&w, example.value);
    return true;
}

/* The text of a header value out of JSON: a string without its quotes, a number as written. */
static struct text
header_text(const struct answering *a, struct source header)
{
    struct source example = find_example(a, header);
    struct buffer made;
    struct text text = { NULL, 0 };

    if (example.value != NULL && (example.value->type == VALUE_STRING || example.value->type == VALUE_NUMBER))
        return value_text(example.value);
    buffer_init(&made, 4096);
    if (write_sample(a, header, &made))
        text = arena_text(a->arena, buffer_text(&made));
    buffer_release(&made);
    if (text.length >= 2 && text.data[0] == '"')
        text = text_slice(text, 1, text.length - 2);
    return text;
}

/* The headers that the contract promises, and those that it gives an example for. */
static void
write_headers(const struct answering *a, struct source response)
{
    const struct value *headers = VALUE_MEMBER(response.value, "headers");

    if (!value_is(headers, VALUE_OBJECT))
        return;
    for (VALUE_EACH_MEMBER(key, headers)) {
        struct source header = follow(a, (struct source){ response.document, value_next(key) });
        bool required = value_is(VALUE_MEMBER(header.value, "required"), VALUE_TRUE);

        if (text_equal_nocase(value_text(key), TEXT("Content-Type")))
            continue; /* OAS 3.1 4.8.17: says nothing here */
        if (required || VALUE_MEMBER(header.value, "example") != NULL || VALUE_MEMBER(header.value, "examples") != NULL)
            service_answer_header(a->answer, value_text(key), header_text(a, header));
    }
}

static void
answer_from(struct answering *a, struct source response, uint16_t status)
{
    const struct value *media = choose_media(a, VALUE_MEMBER(response.value, "content"));
    struct source object;

    a->answer->status = status;
    write_headers(a, response);
    if (media == NULL)
        return;
    object = follow(a, (struct source){ response.document, value_next(media) });
    if (write_body(a, object, value_text(media))) {
        service_answer_header(a->answer, TEXT("Content-Type"),
                              text_find(value_text(media), '*') < value_text(media).length ? TEXT("application/json")
                                                                                           : value_text(media));
        return;
    }
    answer_problem(a, 500,
                   a->prefer.example.length > 0
                       ? arena_print(a->arena, "the contract has no example '%.*s' for status %u",
                                     TEXT_PRINT(a->prefer.example), status)
                       : TEXT("no value could be made from the schema of this answer"));
}

void
answer_make(const struct answer_maker *maker, const struct message *request, struct text path, struct arena *arena,
            struct service_answer *answer)
{
    struct answering a = { .maker = maker, .request = request, .arena = arena, .answer = answer };
    struct contract_match match;
    struct source response = { NULL, NULL };
    uint16_t status;

    service_answer_header(answer, TEXT("Plumbline-Sandbox"), TEXT("contract"));
    contract_find(maker->contract, request->method, path, true, arena, &match);
    if (match.operation == NULL) {
        if (match.path_known)
            service_answer_header(answer, TEXT("Allow"), match.allow);
        answer_problem(&a, match.path_known ? 405 : 404, TEXT("the contract of this sandbox has no such operation"));
        return;
    }
    a.operation = match.operation;
    prefer_read(&a.prefer, request);
    status = a.prefer.code != 0 ? a.prefer.code : usual_status(match.operation);
    response.value = operation_response(match.operation, status, &response.document);
    if (response.value == NULL) {
        answer_problem(&a, 500,
                       arena_print(arena, "the contract has no response %u for %.*s", status,
                                   TEXT_PRINT(operation_id(match.operation))));
        return;
    }
    answer_from(&a, response, status);
}
