#include "sandbox/refusal.h"

#include "base/limits.h"
#include "http/media_type.h"
#include "http/problem.h"
#include "sandbox/documented_body.h"
#include "sandbox/merge.h"

#define PROBLEM TEXT("application/problem+json")

static bool
is_problem(struct text type)
{
    struct media_type m;

    return type.length == 0 || (media_type_parse(type, &m) && text_equal_nocase(m.subtype, TEXT("problem+json")));
}

/* Some members of what was written are the caller's. */
static void
lay_over(const struct refusing *r, const struct value *more, struct buffer *written, struct buffer *body)
{
    struct document document;

    if (more != NULL && document_parse(&document, buffer_text(written), NULL, r->arena, NULL) == 0)
        merge_patch(body, document.root, more);
    else
        buffer_add(body, buffer_text(written));
}

void
refusal_body(const struct refusing *r, uint16_t status, struct text detail, const struct value *more,
             struct buffer *body, struct text *type, struct header **fields, uint32_t *field_count)
{
    /* the type may be left out (RFC 9457 4.2.1), but contracts like to ask for it */
    const struct problem problem = { .status = status, .type = TEXT("about:blank"), .detail = detail };
    struct documented_body documented = { .slot = 0 };
    struct documented_making making = {
        .operation = r->operation, .status = status, .scratch = r->scratch, .keep = r->arena
    };
    struct buffer written;

    if (r->operation != NULL && (making.arena = arena_new(0, LIMIT_EXCHANGE_ARENA)) != NULL) {
        documented_make(&making, &documented);
        arena_free(making.arena);
    }
    buffer_init(&written, LIMIT_MIB);
    if (is_problem(documented.type))
        problem_write(&written, &problem);
    else
        documented_write(&documented, detail.length > 0 ? detail : status_reason(status), &written);
    lay_over(r, more, &written, body);
    buffer_release(&written);
    *type = documented.type.length > 0 ? documented.type : PROBLEM;
    *fields = documented.fields;
    *field_count = documented.field_count;
}

void
refusal_answer(const struct refusing *r, uint16_t status, struct text detail, const struct value *more,
               struct service_answer *answer)
{
    struct header *fields;
    struct text type, challenge;
    uint32_t count;

    answer->status = status;
    answer->header_count = 0;
    buffer_clear(&answer->body);
    refusal_body(r, status, detail, more, &answer->body, &type, &fields, &count);
    service_answer_header(answer, TEXT("Content-Type"), type);
    for (uint32_t i = 0; i < count; i++)
        service_answer_header(answer, fields[i].name, fields[i].value);
    challenge =
        status == 401 && r->operation != NULL ? operation_challenge(r->operation, r->arena) : text_make(NULL, 0);
    if (challenge.length > 0)
        service_answer_header(answer, TEXT("WWW-Authenticate"), challenge);
}
