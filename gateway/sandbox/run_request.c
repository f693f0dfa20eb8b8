/* run_request.c -- a request on its way into a script: judged by its contract, then made a table. */
#include "base/limits.h"
#include "http/coding.h"
#include "http/media_type.h"
#include "http/query.h"
#include "json/write.h"
#include "sandbox/refusal.h"
#include "sandbox/run.h"

/* ---- judged ---- */

static struct text
told(const struct verdict *verdict, struct arena *arena)
{
    for (uint32_t i = 0; i < verdict->count; i++)
        if (violation_level(verdict->list[i].id) == LEVEL_ERROR)
            return violation_line(&verdict->list[i], arena);
    return text_make(NULL, 0);
}

/* Some contracts answer 403 where credentials are missing, and know no 401. */
static uint16_t
unauthorized(const struct operation *operation)
{
    const struct document *document;

    return operation_response(operation, 401, &document) == NULL &&
                   operation_response(operation, 403, &document) != NULL
               ? 403
               : 401;
}

static uint16_t
status_for(const struct operation *operation, const struct verdict *verdict)
{
    for (uint32_t i = 0; i < verdict->count; i++) {
        if (verdict->list[i].id == VIOLATION_SECURITY_MISSING)
            return unauthorized(operation);
        if (verdict->list[i].id == VIOLATION_CONTENT_TYPE_UNKNOWN)
            return 415;
    }
    return 400;
}

bool
run_request_refused(struct run *r)
{
    struct check check = { .arena = r->arena,
                           .scratch = engine_scratch(r->engine),
                           .policy = &check_policy_default,
                           .request_budget = LIMIT_CHECK_BUDGET,
                           .response_budget = LIMIT_CHECK_BUDGET };
    struct refusing refusing = { r->match.operation, check.scratch, r->arena };
    struct verdict verdict = { .checked = false };
    struct text line;

    if (r->match.operation == NULL)
        return false; /* the contract's own answer is 404 or 405 */
    check_request_head(&check, &r->match, r->request, &verdict);
    check_request_body(&check, &r->match, r->request, &verdict);
    line = told(&verdict, r->arena);
    if (line.length == 0)
        return false;
    refusal_answer(&refusing, status_for(r->match.operation, &verdict), line, NULL, r->answer);
    service_answer_header(r->answer, TEXT("Plumbline-Sandbox"), TEXT("script"));
    return true;
}

/* ---- as a table ---- */

static void
write_path(struct json_writer *w, const struct run *r)
{
    JSON_KEY(w, "path");
    json_object(w);
    for (uint32_t i = 0; i < r->match.parameter_count; i++) {
        const struct operation_parameter_value *p = &r->match.parameters[i];
        struct text value;

        json_key(w, p->name);
        json_string(w, percent_decode(p->value, false, r->arena, &value) ? value : p->value);
    }
    json_end_object(w);
}

/* Has the query this name before the place that `before` points to? */
static bool
seen_before(struct text query, const char *before, struct text name)
{
    struct query_pair pair;

    while (query_next(&query, &pair) && pair.name.data != before)
        if (text_equal(pair.name, name))
            return true;
    return false;
}

static struct text
decoded(const struct run *r, struct text raw)
{
    struct text value;

    return percent_decode(raw, true, r->arena, &value) ? value : raw;
}

/* Every name once: with its first value, or with all of them. */
static void
write_query(struct json_writer *w, const struct run *r, bool all)
{
    struct text rest = r->request->query, others;
    struct query_pair pair, other;

    json_object(w);
    while (query_next(&rest, &pair)) {
        if (seen_before(r->request->query, pair.name.data, pair.name))
            continue;
        json_key(w, decoded(r, pair.name));
        if (!all) {
            json_string(w, decoded(r, pair.value));
            continue;
        }
        json_array(w);
        others = r->request->query;
        while (query_next(&others, &other))
            if (text_equal(other.name, pair.name))
                json_string(w, decoded(r, other.value));
        json_end_array(w);
    }
    json_end_object(w);
}

struct text
run_lower_case(struct text name, struct arena *arena)
{
    char *out = arena_alloc(arena, name.length + 1);

    for (size_t i = 0; out != NULL && i < name.length; i++)
        out[i] = (char)(name.data[i] >= 'A' && name.data[i] <= 'Z' ? name.data[i] + 32 : name.data[i]);
    return out != NULL ? text_make(out, name.length) : name;
}

/* Fields of one name are one list (RFC 9110 5.3). */
static void
write_header(struct json_writer *w, const struct run *r)
{
    const struct message *m = r->request;

    JSON_KEY(w, "header");
    json_object(w);
    for (uint32_t i = 0; i < m->header_count; i++) {
        struct text value = m->headers[i].value;

        if (message_header_named(m, m->headers[i].name) != &m->headers[i])
            continue;
        for (uint32_t j = i + 1; j < m->header_count; j++)
            if (text_equal_nocase(m->headers[j].name, m->headers[i].name))
                value = arena_print(r->arena, "%.*s, %.*s", TEXT_PRINT(value), TEXT_PRINT(m->headers[j].value));
        json_key(w, run_lower_case(m->headers[i].name, r->arena));
        json_string(w, value);
    }
    json_end_object(w);
}

static void
write_form(struct json_writer *w, const struct run *r, struct text form)
{
    struct query_pair pair;

    json_object(w);
    while (query_next(&form, &pair)) {
        json_key(w, decoded(r, pair.name));
        json_string(w, decoded(r, pair.value));
    }
    json_end_object(w);
}

static void
write_body(struct json_writer *w, const struct run *r)
{
    struct text type = message_value(r->request, HEADER_CONTENT_TYPE), body;
    enum media_kind kind = MEDIA_OTHER;
    struct media_type parsed;

    if (coding_decode(r->request, LIMIT_SANDBOX_BODY, r->arena, &body) != CODING_OK || body.length == 0)
        return;
    if (media_type_parse(type, &parsed))
        kind = media_type_kind(&parsed);
    JSON_KEY(w, "body");
    if (kind == MEDIA_JSON && document_is_json(body))
        json_raw(w, body);
    else if (kind == MEDIA_FORM)
        write_form(w, r, body);
    else
        json_string(w, body);
}

/* The token of a Bearer scheme, else the whole value (RFC 6750 2.1). */
static void
write_token(struct json_writer *w, const struct run *r)
{
    struct text value = message_value(r->request, HEADER_AUTHORIZATION);

    if (value.length == 0)
        return;
    if (value.length > 7 && text_equal_nocase(text_slice(value, 0, 7), TEXT("Bearer ")))
        value = text_trim(text_from(value, 7));
    JSON_KEY(w, "token");
    json_string(w, value);
}

const struct value *
run_request_value(struct run *r)
{
    const struct value *value = NULL;
    struct document document;
    struct json_writer w;
    struct buffer json;

    buffer_init(&json, 2 * LIMIT_SANDBOX_BODY);
    json_begin(&w, &json, 0);
    json_object(&w);
    JSON_KEY(&w, "operation");
    json_string(&w, operation_id(r->match.operation));
    JSON_KEY(&w, "method");
    json_string(&w, r->request->method);
    JSON_KEY(&w, "target");
    json_string(&w, r->request->target);
    write_path(&w, r);
    JSON_KEY(&w, "query");
    write_query(&w, r, false);
    JSON_KEY(&w, "query_all");
    write_query(&w, r, true);
    write_header(&w, r);
    write_token(&w, r);
    write_body(&w, r);
    json_end_object(&w);
    if (!buffer_failed(&json) &&
        document_parse(&document, arena_text(r->arena, buffer_text(&json)), NULL, r->arena, NULL) == 0)
        value = document.root;
    buffer_release(&json);
    return value;
}
