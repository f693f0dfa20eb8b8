/* contract_fuzz.c -- any bytes as a contract, then a request and a response against it.
 *
 * Input: the contract, then after a NUL byte a request ("POST /path?query", header lines, an empty line, the body),
 * then after another NUL the response ("200", header lines, an empty line, the body). What is missing is made up, so
 * that a plain contract is an input, too: then every operation is called by its template. */
#include <stdint.h>
#include <stdlib.h>

#include "base/limits.h"
#include "contract/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HEADERS 32

struct sample {
    struct message message;
    struct header headers[HEADERS];
};

static void
on_defect(void *arg, const struct contract_defect *defect)
{
    uint64_t *seen = arg;

    *seen += defect->line + defect->what.length + defect->pointer.length;
}

static struct text
cut(struct text *rest, char byte)
{
    size_t at = text_find(*rest, byte);
    struct text part = text_slice(*rest, 0, at);

    *rest = text_from(*rest, at + 1);
    return part;
}

static void
read_sample(struct sample *s, struct text text)
{
    struct text line, first = cut(&text, '\n');
    struct message *m = &s->message;
    uint64_t status = 200;
    size_t question;

    *m = (struct message){ .headers = s->headers, .framing = FRAMING_LENGTH, .body_state = BODY_WHOLE };
    m->method = cut(&first, ' ');
    (void)text_to_u64(m->method, &status);
    m->status = (uint16_t)status;
    m->target = first;
    question = text_find(first, '?');
    m->path = text_slice(first, 0, question);
    m->has_query = question < first.length;
    m->query = text_from(first, question + 1);
    while ((line = cut(&text, '\n')).length > 0 && m->header_count < HEADERS) {
        struct text name = cut(&line, ':');

        s->headers[m->header_count++] = (struct header){ name, text_trim(line), (uint8_t)header_id_of(name), false };
    }
    m->body = text;
    m->length = m->body_bytes = text.length;
}

/* The items of a stream must not depend on how its bytes come in. */
static void
feed_items(struct check *check, const struct contract_match *match, const struct message *q, const struct message *a)
{
    struct verdict whole = { 0 }, bytes = { 0 };
    struct check_items *one = check_items_new(check, match, q, a, &whole);
    struct check_items *other = check_items_new(check, match, q, a, &bytes);

    if (one == NULL || other == NULL)
        return;
    check_items_feed(one, a->body);
    check_items_end(one);
    for (size_t i = 0; i < a->body.length; i++)
        check_items_feed(other, text_slice(a->body, i, 1));
    check_items_end(other);
    if (whole.count != bytes.count || whole.unchecked_count != bytes.unchecked_count)
        abort();
}

static void
exchange(const struct contract *c, const struct message *q, const struct message *a, struct schema_scratch *scratch)
{
    struct check_policy policy = check_policy_default;
    struct arena *arena = arena_new(0, 64 * LIMIT_MIB);
    struct check check = { arena, scratch, &policy, 200000, 200000 };
    struct verdict request = { 0 }, response = { 0 };
    struct contract_match match;

    if (arena == NULL)
        return;
    contract_find(c, q->method, q->path, true, arena, &match);
    check_request_head(&check, &match, q, &request);
    if (check_request_needs_body(&match, q))
        check_request_body(&check, &match, q, &request);
    check_response_head(&check, &match, q, a, &response);
    if (check_response_needs_body(&match, q, a))
        check_response_body(&check, &match, q, a, &response);
    for (uint32_t i = 0; i < request.count; i++)
        (void)violation_line(&request.list[i], arena);
    for (uint32_t i = 0; i < response.count; i++)
        (void)violation_line(&response.list[i], arena);
    feed_items(&check, &match, q, a);
    if (match.operation != NULL) {
        (void)operation_challenge(match.operation, arena);
        (void)operation_security(match.operation, arena);
        (void)operation_statuses(match.operation, arena);
        (void)operation_request_types(match.operation, arena);
    }
    arena_free(arena);
}

/* A call of every operation by its own template, for inputs that are only a contract. */
static void
call_all(const struct contract *c, const struct message *a, struct schema_scratch *scratch)
{
    static struct header json = { { "Content-Type", 12 }, { "application/json", 16 }, HEADER_CONTENT_TYPE, false };

    for (uint32_t i = 0; i < contract_operation_count(c) && i < 32; i++) {
        const struct operation *o = contract_operation(c, i);
        const struct message q = { .is_request = true,
                                   .method = operation_method(o),
                                   .path = operation_path(o),
                                   .query = TEXT("a=1&b[c]=2&d=x,y"),
                                   .has_query = true,
                                   .headers = &json,
                                   .header_count = 1,
                                   .framing = FRAMING_LENGTH,
                                   .length = 20,
                                   .body_state = BODY_WHOLE,
                                   .body = TEXT("{\"a\":[1,\"x\",null],\"id\":1}") };

        exchange(c, &q, a, scratch);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct schema_scratch *scratch;
    struct text rest = text_make((const char *)data, size);
    struct text document = cut(&rest, '\0'), request = cut(&rest, '\0');
    uint64_t seen = 0;
    const struct contract_options options = { .defect = on_defect, .arg = &seen, .examples = size % 2 == 0 };
    struct contract *c = contract_load_text(document, "memory://contract", &options, NULL);
    struct sample q, a;

    if (scratch == NULL && (scratch = schema_scratch_new()) == NULL)
        return 0;
    if (c == NULL)
        return 0;
    read_sample(&q, request);
    read_sample(&a, rest.length > 0 ? rest : TEXT("200\nContent-Type: application/json\n\n{\"id\":\"x\"}"));
    if (request.length > 0)
        exchange(c, &q.message, &a.message, scratch);
    else
        call_all(c, &a.message, scratch);
    contract_free(c);
    return 0;
}
