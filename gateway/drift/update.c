/* update.c -- which change each violation asks for. */
#include "drift/update.h"

#include <stdlib.h>

#include "base/limits.h"
#include "contract/check.h"
#include "contract/form_fields.h"
#include "drift/update_internal.h"
#include "http/coding.h"
#include "http/query.h"
#include "json/pointer.h"
#include "schema/schema.h"
#include "traffic/recheck.h"

#define UPDATE_BYTES (256 * LIMIT_MIB)

struct update *
update_new(const struct contract *contract)
{
    struct update *u = calloc(1, sizeof(*u));

    if (u == NULL)
        return NULL;
    u->contract = contract;
    u->arena = arena_new(0, UPDATE_BYTES);
    u->scratch = schema_scratch_new();
    u->infer = infer_new();
    u->repairs = u->arena != NULL ? ARENA_ARRAY(u->arena, struct repair, UPDATE_REPAIRS) : NULL;
    if (u->scratch != NULL && u->infer != NULL && u->repairs != NULL) {
        u->infer->contract = contract;
        u->infer->old = text_starts(contract_dialect(contract), TEXT("3.0"));
        return u;
    }
    update_free(u);
    return NULL;
}

void
update_free(struct update *u)
{
    if (u == NULL)
        return;
    infer_free(u->infer);
    schema_scratch_free(u->scratch);
    arena_free(u->arena);
    free(u->ops);
    free(u);
}

struct repair *
update_repair(struct update *u, enum repair_kind kind, struct text pointer, struct text name)
{
    struct repair *r = u->repairs;

    for (; r < u->repairs + u->repair_count; r++)
        if (r->kind == kind && text_equal(r->pointer, pointer) && text_equal(r->name, name)) {
            r->seen++;
            return r;
        }
    if (u->repair_count == UPDATE_REPAIRS)
        return NULL;
    *r = (struct repair){ .kind = kind,
                          .pointer = arena_text(u->arena, pointer),
                          .name = arena_text(u->arena, name),
                          .seen = 1,
                          .shape = infer_shape_new(u->arena) };
    if (r->shape == NULL)
        return NULL;
    u->repair_count++;
    return r;
}

/* ---- the values that were wrong ---- */

struct looking {
    struct update *update;
    struct exchange *x;
    const struct contract_match *match;
    const struct value *bodies[2]; /* by side; NULL: none, or not read yet */
    bool read[2];
};

static const struct message *
message_of(const struct looking *l, enum side side)
{
    return side == SIDE_REQUEST ? &l->x->request : &l->x->response;
}

static const struct value *
body_of(struct looking *l, enum side side)
{
    const struct message *m = message_of(l, side);
    struct text body = m->body;
    struct document document;

    if (l->read[side])
        return l->bodies[side];
    l->read[side] = true;
    if (!m->body_plain && coding_decode(m, LIMIT_SANDBOX_BODY, l->x->arena, &body) != CODING_OK)
        return NULL;
    if (document_parse(&document, body, NULL, l->x->arena, NULL) == 0)
        l->bodies[side] = document.root;
    return l->bodies[side];
}

/* Texts have no types: what a number is, or should have been one, the broken keyword tells. */
static bool
is_about_numbers(const struct update *u, const struct violation *v)
{
    static const char *const keywords[] = { "type", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum" };
    const struct value *there = pointer_find(contract_document(u->contract)->root, v->pointer);

    for (size_t i = 0; i < sizeof keywords / sizeof keywords[0]; i++)
        if (text_equal(v->keyword, text_of(keywords[i])))
            return true;
    if (value_is(there, VALUE_ARRAY) && text_equal(v->keyword, TEXT("enum")))
        there = value_item(there, 0);
    return there != NULL && there->type < VALUE_STRING &&
           (text_equal(v->keyword, TEXT("enum")) || text_equal(v->keyword, TEXT("const")));
}

/* The body as an object, when it is a form; else NULL. */
static const struct value *
form_of(const struct looking *l, const struct violation *v)
{
    const struct message *m = message_of(l, v->side);
    struct text type = message_value(m, HEADER_CONTENT_TYPE), body = m->body;
    struct form_fields fields;
    struct media_type parsed;

    if (!media_type_parse(type, &parsed) || !form_fields_has(&parsed))
        return NULL;
    if (!m->body_plain && coding_decode(m, LIMIT_SANDBOX_BODY, l->x->arena, &body) != CODING_OK)
        return NULL;
    if (!form_fields_read(&fields, type, body, l->x->arena))
        return NULL;
    return form_fields_value(&fields, l->x->arena, is_about_numbers(l->update, v));
}

/* The text of "query NAME", "header NAME", "path NAME". */
static bool
text_of_parameter(const struct looking *l, const struct violation *v, struct text *value)
{
    const struct message *m = message_of(l, v->side);
    size_t space = text_find(v->instance, ' ');
    struct text in = text_slice(v->instance, 0, space), name = text_from(v->instance, space + 1), query = m->query;
    const struct header *header;
    struct query_pair pair;

    if (text_equal(in, TEXT("header")) && (header = message_header_named(m, name)) != NULL) {
        *value = header->value;
        return true;
    }
    while (text_equal(in, TEXT("query")) && query_next(&query, &pair)) {
        struct text decoded;

        if (percent_decode(pair.name, true, l->x->arena, &decoded) && text_equal(decoded, name))
            return percent_decode(pair.value, true, l->x->arena, value);
    }
    for (uint32_t i = 0; text_equal(in, TEXT("path")) && i < l->match->parameter_count; i++)
        if (text_equal(l->match->parameters[i].name, name))
            return percent_decode(l->match->parameters[i].value, false, l->x->arena, value);
    return false;
}

/* ---- violations that are not about a schema ---- */

static bool
repair_with_tally(struct looking *l, enum repair_kind kind, const struct violation *v, struct text pointer,
                  struct text name)
{
    struct repair *r = update_repair(l->update, kind, pointer, name);

    if (r == NULL)
        return false;
    r->side = v->side;
    r->status = l->x->response.status;
    if (r->tally == NULL)
        r->tally = ARENA_NEW(l->update->infer->arena, struct infer_operation);
    if (r->tally != NULL)
        infer_operation_add(l->update->infer, r->tally, l->x);
    return r->tally != NULL;
}

static bool
repair_query(struct looking *l, const struct violation *v)
{
    struct repair *r = update_repair(l->update, REPAIR_QUERY, v->pointer, text_from(v->instance, 6));
    struct text value;

    if (r == NULL || !text_of_parameter(l, v, &value))
        return false;
    infer_shape_add_text(r->shape, value, l->update->infer->arena);
    return true;
}

static struct text
media_type_of(struct looking *l, enum side side)
{
    const struct message *m = message_of(l, side);
    struct text type = message_value(m, HEADER_CONTENT_TYPE);

    return text_trim(text_slice(type, 0, text_find(type, ';')));
}

static bool
repair_content(struct looking *l, const struct violation *v)
{
    struct text name = media_type_of(l, v->side);

    return name.length > 0 && repair_with_tally(l, REPAIR_CONTENT, v, v->pointer, name);
}

/* A method that the path has not: its template is the one that another method has. */
static bool
repair_method(struct looking *l, const struct violation *v)
{
    struct contract_match other = *l->match;
    struct text_split split = text_split_start(l->match->allow);
    struct buffer pointer;
    struct text method;
    bool done;

    while (text_split_next(&split, ',', &method)) {
        contract_find(l->update->contract, text_trim(method), l->x->request.path, true, l->x->arena, &other);
        if (other.operation == NULL)
            continue;
        buffer_init(&pointer, LIMIT_POINTER_BYTES);
        buffer_add(&pointer, TEXT("/paths"));
        pointer_add(&pointer, operation_path(other.operation));
        done = repair_with_tally(l, REPAIR_METHOD, v, buffer_text(&pointer), l->x->request.method);
        buffer_release(&pointer);
        return done;
    }
    return false;
}

static bool
repair_schema(struct looking *l, const struct violation *v)
{
    const struct value *root, *value = NULL;
    struct text text;
    struct value scalar;

    if (v->id == VIOLATION_BODY_SCHEMA || v->id == VIOLATION_BODY_EXTRA) {
        if ((root = form_of(l, v)) == NULL)
            root = body_of(l, v->side);
        value = root != NULL ? pointer_find(root, v->instance) : NULL;
    } else if (text_of_parameter(l, v, &text)) {
        scalar = (struct value){ .type = VALUE_STRING, .span = 1, .count = (uint32_t)text.length, .data = text.data };
        value = &scalar;
    }
    return value != NULL && v->keyword.length > 0 && update_keyword(l->update, v, value);
}

static bool
repair(struct looking *l, const struct violation *v)
{
    struct text status;

    switch (v->id) {
    case VIOLATION_BODY_SCHEMA:
    case VIOLATION_BODY_EXTRA:
    case VIOLATION_PARAMETER_SCHEMA:
    case VIOLATION_HEADER_SCHEMA:
        return repair_schema(l, v);
    case VIOLATION_PARAMETER_MISSING:
    case VIOLATION_HEADER_MISSING:
        return update_repair(l->update, REPAIR_OPTIONAL, v->pointer, TEXT("")) != NULL;
    case VIOLATION_BODY_MISSING:
        return v->side == SIDE_REQUEST && update_repair(l->update, REPAIR_OPTIONAL, v->pointer, TEXT("")) != NULL;
    case VIOLATION_PARAMETER_UNKNOWN:
        return repair_query(l, v);
    case VIOLATION_CONTENT_TYPE_UNKNOWN:
    case VIOLATION_BODY_UNEXPECTED:
        return repair_content(l, v);
    case VIOLATION_STATUS_UNKNOWN:
        status = arena_print(l->x->arena, "%u", l->x->response.status);
        return repair_with_tally(l, REPAIR_STATUS, v, v->pointer, status);
    case VIOLATION_METHOD_UNKNOWN:
        return repair_method(l, v);
    default:
        return false;
    }
}

/* ---- one exchange ---- */

static void
leave(struct update *u, const struct exchange *x, const struct violation *v)
{
    struct text line = violation_line(v, x->arena);

    for (uint32_t i = 0; i < u->left_count; i++)
        if (text_equal(u->left[i].line, line)) {
            u->left[i].seen++;
            return;
        }
    if (u->left_count < UPDATE_LEFT)
        u->left[u->left_count++] = (struct update_left){ arena_text(u->arena, line), 1 };
}

static bool
is_own(const struct update *u, const struct violation *v)
{
    return v->file.length == 0 || text_equal(v->file, contract_file(u->contract));
}

static void
look_at(struct looking *l, const struct verdict *verdict, bool evidence)
{
    for (uint32_t i = 0; i < verdict->count; i++) {
        const struct violation *v = &verdict->list[i];

        if (!evidence || v->id == VIOLATION_OPERATION_DEPRECATED)
            continue;
        if (!is_own(l->update, v) || !repair(l, v))
            leave(l->update, l->x, v);
    }
}

/* Below the first base path of the contract. */
static void
add_unknown(struct update *u, struct exchange *x)
{
    struct exchange below = *x;

    for (uint32_t i = 0; i < contract_base_count(u->contract); i++) {
        struct text base = contract_base(u->contract, i);

        if (base.length > 0 && text_starts(x->request.path, base) && x->request.path.length > base.length &&
            x->request.path.data[base.length] == '/') {
            below.request.path = text_from(x->request.path, base.length);
            break;
        }
    }
    infer_add(u->infer, &below);
}

/* Answers that say that the request was wrong: then it says nothing of what the service takes. */
static bool
takes_request(const struct exchange *x)
{
    uint16_t status = x->response.status;

    return x->has_response && (status < 400 || status == 404 || status == 409 || status == 410 || status == 412 ||
                               status == 429 || status >= 500);
}

void
update_add(struct update *u, struct exchange *x)
{
    struct contract_match match;
    struct looking l = { .update = u, .x = x, .match = &match };
    struct check check = { .arena = x->arena,
                           .scratch = u->scratch,
                           .policy = &check_policy_default,
                           .request_budget = LIMIT_CHECK_BUDGET,
                           .response_budget = LIMIT_CHECK_BUDGET };

    if (x->amends != 0 || x->outcome != OUTCOME_DELIVERED || x->refusal.status != 0 || x->fault_count > 0 ||
        x->request.method.length == 0)
        return;
    u->seen++;
    contract_find(u->contract, x->request.method, x->request.path, true, x->arena, &match);
    if (match.operation == NULL && !match.path_known) {
        if (takes_request(x))
            add_unknown(u, x);
        return;
    }
    recheck_exchange(&check, &match, NULL, x);
    look_at(&l, &x->request_verdict, takes_request(x));
    look_at(&l, &x->response_verdict, true);
}

uint32_t
update_finish(struct update *u, const struct update_op **ops)
{
    update_make_ops(u);
    *ops = u->ops;
    return u->op_count;
}

uint32_t
update_left(const struct update *u, const struct update_left **left)
{
    *left = u->left;
    return u->left_count;
}

uint64_t
update_seen(const struct update *u)
{
    return u->seen;
}
