/* infer_operation.c -- what requests to one operation, and the answers to them, had. */
#include <string.h>

#include "base/limits.h"
#include "contract/form_fields.h"
#include "drift/infer_internal.h"
#include "http/coding.h"
#include "http/media_type.h"
#include "http/query.h"
#include "traffic/redacted.h"

/* ---- fields ---- */

static struct infer_field *
field_of(struct infer *infer, struct infer_field **list, struct text name, bool any_case)
{
    for (; *list != NULL; list = &(*list)->next)
        if (any_case ? text_equal_nocase((*list)->name, name) : text_equal((*list)->name, name))
            return *list;
    *list = ARENA_NEW(infer->arena, struct infer_field);
    if (*list == NULL || ((*list)->shape = infer_shape_new(infer->arena)) == NULL)
        return *list = NULL;
    (*list)->name = arena_text(infer->arena, name);
    return *list;
}

/* Fields that say something of the API: its own ones, and a few of HTTP that clients and services agree on. */
static bool
is_telling(struct text name, bool request)
{
    static const char *const of_requests[] = { "Idempotency-Key", "If-Match", "If-None-Match", "Prefer" };
    static const char *const of_answers[] = { "Location", "ETag", "Retry-After", "Link" };
    static const char *const never[] = { "X-Forwarded-", "X-Real-IP", "X-Request-Start", "X-Powered-By" };

    for (size_t i = 0; i < 4; i++) {
        if (text_equal_nocase(name, text_of(request ? of_requests[i] : of_answers[i])))
            return true;
        if (text_equal_nocase(text_slice(name, 0, strlen(never[i])), text_of(never[i])))
            return false;
    }
    return text_equal_nocase(text_slice(name, 0, 2), TEXT("X-"));
}

static void
add_headers(struct infer *infer, struct infer_field **list, const struct message *m)
{
    for (uint32_t i = 0; i < m->header_count; i++) {
        struct infer_field *field = NULL;

        if (is_telling(m->headers[i].name, m->is_request))
            field = field_of(infer, list, m->headers[i].name, true);
        if (field != NULL)
            infer_shape_add_text(field->shape, m->headers[i].value, infer->arena);
    }
}

/* A parameter that comes several times in one request is counted once. */
static void
add_query(struct infer *infer, struct infer_operation *o, struct text query, struct arena *scratch)
{
    struct query_pair pair;

    while (query_next(&query, &pair)) {
        struct infer_field *field;
        struct text name, value;

        if (!percent_decode(pair.name, true, scratch, &name) || !percent_decode(pair.value, true, scratch, &value) ||
            name.length == 0)
            continue;
        field = field_of(infer, &o->query, name, false);
        if (field == NULL)
            continue;
        field->repeats = field->repeats || field->last == o->accepted;
        if (field->last != o->accepted)
            infer_shape_add_text(field->shape, value, infer->arena);
        field->last = o->accepted;
    }
}

/* ---- bodies ---- */

static struct infer_content *
content_of(struct infer *infer, struct infer_content **list, const struct media_type *type)
{
    struct text name = arena_print(infer->arena, "%.*s/%.*s", TEXT_PRINT(type->type), TEXT_PRINT(type->subtype));

    for (; *list != NULL; list = &(*list)->next)
        if (text_equal_nocase((*list)->type, name))
            return *list;
    *list = ARENA_NEW(infer->arena, struct infer_content);
    if (*list == NULL || ((*list)->shape = infer_shape_new(infer->arena)) == NULL)
        return *list = NULL;
    (*list)->type = name;
    (*list)->kind = media_type_kind(type);
    if (form_fields_has(type))
        (*list)->form = infer_form_new(infer->arena);
    return *list;
}

static void
add_json(struct infer *infer, struct infer_content *content, const struct exchange *x, enum side side, struct text body)
{
    const struct document_options options = { .duplicates = true };
    struct document document;

    if (document_parse(&document, body, &options, x->arena, NULL) < 0 || document.duplicate_keys > 0)
        return; /* what is no JSON, or says a thing twice, is no evidence */
    redacted_mark(x, side, document.root);
    infer_shape_add(content->shape, document.root, infer->arena);
}

static void
add_body(struct infer *infer, struct infer_content **list, const struct exchange *x, enum side side)
{
    const struct message *m = side == SIDE_REQUEST ? &x->request : &x->response;
    struct infer_content *content;
    struct media_type type;
    struct text body = m->body;

    if (m->body_bytes == 0 && body.length == 0)
        return;
    if (!media_type_parse(message_value(m, HEADER_CONTENT_TYPE), &type) ||
        (content = content_of(infer, list, &type)) == NULL)
        return;
    content->seen++;
    if ((content->kind != MEDIA_JSON && content->form == NULL) || m->body_state != BODY_WHOLE || m->body_cut ||
        body.length == 0)
        return;
    if (!m->body_plain && coding_decode(m, LIMIT_SANDBOX_BODY, x->arena, &body) != CODING_OK)
        return;
    if (content->form != NULL)
        infer_form_add(content->form, x, side, body, infer->arena);
    else
        add_json(infer, content, x, side, body);
}

/* ---- */

static void
add_credentials(struct infer_operation *o, const struct message *request)
{
    struct text value = message_value(request, HEADER_AUTHORIZATION);
    struct text scheme = text_slice(value, 0, text_find(value, ' '));

    o->bearer += text_equal_nocase(scheme, TEXT("Bearer"));
    o->basic += text_equal_nocase(scheme, TEXT("Basic"));
}

static struct infer_response *
response_of(struct infer *infer, struct infer_operation *o, uint16_t status)
{
    struct infer_response **at = &o->responses, *next;

    while (*at != NULL && (*at)->status < status)
        at = &(*at)->next;
    if (*at != NULL && (*at)->status == status)
        return *at;
    next = *at;
    *at = ARENA_NEW(infer->arena, struct infer_response);
    if (*at == NULL)
        return *at = next, NULL;
    (*at)->status = status;
    (*at)->next = next;
    return *at;
}

/* Refused as wrong: what was sent is not what the service takes. */
static bool
was_refused(const struct exchange *x)
{
    uint16_t status = x->response.status;

    return !x->has_response || status == 400 || status == 401 || status == 403 || status == 405 || status == 406 ||
           status == 415 || status == 422 || status == 413 || status == 414;
}

void
infer_operation_add(struct infer *infer, struct infer_operation *o, const struct exchange *x)
{
    struct infer_response *r;

    o->seen++;
    if (!was_refused(x)) {
        o->accepted++;
        o->with_body += x->request.body_bytes > 0 || x->request.body.length > 0;
        add_credentials(o, &x->request);
        add_query(infer, o, x->request.query, x->arena);
        add_headers(infer, &o->headers, &x->request);
        add_body(infer, &o->content, x, SIDE_REQUEST);
    }
    if (!x->has_response || (r = response_of(infer, o, x->response.status)) == NULL)
        return;
    r->seen++;
    add_headers(infer, &r->headers, &x->response);
    if (!text_equal(x->request.method, TEXT("HEAD")))
        add_body(infer, &r->content, x, SIDE_RESPONSE);
}

/* ---- two operations that turn out to be one ---- */

static void
merge_fields(struct infer *infer, struct infer_field **into, const struct infer_field *from, bool any_case)
{
    for (; from != NULL; from = from->next) {
        struct infer_field *own = field_of(infer, into, from->name, any_case);

        if (own == NULL)
            continue;
        own->repeats = own->repeats || from->repeats;
        infer_shape_merge(own->shape, from->shape, infer->arena);
    }
}

static void
merge_content(struct infer *infer, struct infer_content **into, const struct infer_content *from)
{
    for (; from != NULL; from = from->next) {
        struct infer_content *own = NULL;
        struct media_type type;

        if (media_type_parse(from->type, &type))
            own = content_of(infer, into, &type);
        if (own == NULL)
            continue;
        own->seen += from->seen;
        infer_shape_merge(own->shape, from->shape, infer->arena);
        if (own->form != NULL && from->form != NULL)
            infer_form_merge(own->form, from->form, infer->arena);
    }
}

void
infer_operation_merge(struct infer *infer, struct infer_operation *into, const struct infer_operation *from)
{
    into->seen += from->seen;
    into->accepted += from->accepted;
    into->with_body += from->with_body;
    into->bearer += from->bearer;
    into->basic += from->basic;
    merge_fields(infer, &into->query, from->query, false);
    merge_fields(infer, &into->headers, from->headers, true);
    merge_content(infer, &into->content, from->content);
    for (const struct infer_response *r = from->responses; r != NULL; r = r->next) {
        struct infer_response *own = response_of(infer, into, r->status);

        if (own == NULL)
            continue;
        own->seen += r->seen;
        merge_fields(infer, &own->headers, r->headers, true);
        merge_content(infer, &own->content, r->content);
    }
}
