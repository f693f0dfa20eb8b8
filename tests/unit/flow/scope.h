/* scope.h -- what a running flow has seen, from a case's data: `scope: { status, headers, body, inputs, steps }`. */
#ifndef UNIT_FLOW_SCOPE_H
#define UNIT_FLOW_SCOPE_H

#include "unit.h"

#include "base/limits.h"
#include "flow/expression.h"
#include "json/document.h"

struct scope {
    struct flow_scope scope;
    struct message request, response;
    const struct value *steps;
};

static const struct value *
scope_step(void *arg, struct text id)
{
    return value_member(((struct scope *)arg)->steps, id);
}

/* A file of cases below tests/cases/flow, read into the arena. */
__attribute__((unused)) static const struct document *
cases_of(const char *path, struct arena *arena)
{
    struct document *document = ARENA_NEW(arena, struct document);
    struct error err = { .kind = ERROR_NONE };

    check_that(document_read(document, path, arena, &err) == 0, "%s: %s", err.where, err.what);
    return document;
}

__attribute__((unused)) static const char *
name_of(const struct value *test, struct arena *arena)
{
    return arena_text(arena, value_text(VALUE_MEMBER(test, "name"))).data;
}

static void
scope_read(struct scope *s, const struct value *data, struct arena *arena)
{
    const struct value *headers = VALUE_MEMBER(data, "headers"), *status = VALUE_MEMBER(data, "status");
    uint64_t number = 0;

    *s = (struct scope){ .request = { .is_request = true, .method = TEXT("GET") },
                         .steps = VALUE_MEMBER(data, "steps") };
    if (status != NULL && text_to_u64(value_text(status), &number))
        s->response.status = (uint16_t)number;
    s->response.headers = ARENA_ARRAY(arena, struct header, headers != NULL ? headers->count : 0);
    if (value_is(headers, VALUE_OBJECT))
        for (VALUE_EACH_MEMBER(key, headers))
            s->response.headers[s->response.header_count++] =
                (struct header){ .name = value_text(key),
                                 .value = value_text(value_next(key)),
                                 .id = (uint8_t)header_id_of(value_text(key)) };
    s->scope = (struct flow_scope){ .request = &s->request,
                                    .response = status != NULL ? &s->response : NULL,
                                    .response_body = VALUE_MEMBER(data, "body"),
                                    .inputs = VALUE_MEMBER(data, "inputs"),
                                    .step = scope_step,
                                    .arg = s };
}

#endif
