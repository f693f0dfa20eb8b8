/* invariant_case.h -- exchanges as the cases of invariants write them: services of
 * tests/cases/rules/invariant/services, and observations made of YAML. */
#ifndef UNIT_RULES_INVARIANT_CASE_H
#define UNIT_RULES_INVARIANT_CASE_H

#include "unit.h"

#include "contract/contract.h"
#include "json/write.h"
#include "rules/invariant.h"

#define INVARIANT_CASES "tests/cases/rules/invariant/"
#define MS              INT64_C(1000000)

static const char *const service_names[] = { "shop", "billing", "view" };
#define SERVICES (sizeof service_names / sizeof service_names[0])
static struct contract *service_contracts[SERVICES];

static int
load_services(void **state)
{
    (void)state;
    for (size_t i = 0; i < SERVICES; i++) {
        struct error err = { .kind = ERROR_NONE };
        char path[200];

        (void)snprintf(path, sizeof path, INVARIANT_CASES "services/%s.yaml", service_names[i]);
        service_contracts[i] = contract_load(path, NULL, &err);
        check_that(service_contracts[i] != NULL, "%s: %s", err.where, err.what);
    }
    return 0;
}

static int
free_services(void **state)
{
    (void)state;
    for (size_t i = 0; i < SERVICES; i++)
        contract_free(service_contracts[i]);
    return 0;
}

static const struct contract *
find_service(void *arg, struct text name)
{
    (void)arg;
    for (size_t i = 0; i < SERVICES; i++)
        if (text_equal(name, text_of(service_names[i])))
            return service_contracts[i];
    return NULL;
}

static bool
name_service(void *arg, uint32_t index, struct text *name)
{
    (void)arg;
    if (index < SERVICES)
        *name = text_of(service_names[index]);
    return index < SERVICES;
}

static const struct invariant_services services = { find_service, name_service, NULL };

/* ---- exchanges ---- */

struct told {
    struct exchange exchange;
    struct contract_match match;
    struct observation o;
};

static struct text
member_text(const struct value *v, const char *key)
{
    const struct value *member = value_member(v, text_of(key));

    return member != NULL && member->data != NULL ? value_text(member) : text_make(NULL, 0);
}

static int64_t
number_of(const struct value *v)
{
    uint64_t number = 0;

    assert_true(v != NULL && text_to_u64(value_text(v), &number));
    return (int64_t)number;
}

static void
tell_headers(struct message *m, const struct value *list, struct arena *arena)
{
    if (list == NULL)
        return;
    m->headers = ARENA_ARRAY(arena, struct header, list->count);
    for (VALUE_EACH_MEMBER(key, list))
        m->headers[m->header_count++] = (struct header){ .name = value_text(key),
                                                         .value = value_text(value_next(key)),
                                                         .id = (uint8_t)header_id_of(value_text(key)) };
}

/* A body of its own, as traffic is read; `pad` puts a long text in place of a member. */
static const struct value *
tell_body(const struct value *body, struct text pad, struct arena *arena)
{
    struct document document;
    struct json_writer w;
    struct buffer json;

    if (body == NULL)
        return NULL;
    buffer_init(&json, LIMIT_MIB);
    json_begin(&w, &json, 0);
    if (pad.length == 0) {
        json_value(&w, body);
    } else {
        char *long_text = arena_alloc(arena, 70000);

        memset(long_text, 'x', 70000);
        json_object(&w);
        for (VALUE_EACH_MEMBER(key, body)) {
            json_key(&w, value_text(key));
            if (text_equal(value_text(key), pad))
                json_string(&w, text_make(long_text, 70000));
            else
                json_value(&w, value_next(key));
        }
        json_end_object(&w);
    }
    assert_int_equal(document_parse(&document, arena_text(arena, buffer_text(&json)), NULL, arena, NULL), 0);
    buffer_release(&json);
    return document.root;
}

static void
tell_redacted(struct told *t, const struct value *list, struct arena *arena)
{
    if (list == NULL)
        return;
    t->exchange.redacted = ARENA_ARRAY(arena, struct text, list->count);
    for (VALUE_EACH_ITEM(item, list))
        t->exchange.redacted[t->exchange.redacted_count++] = value_text(item);
    for (struct value *v = (struct value *)(uintptr_t)t->o.response; v < t->o.response + t->o.response->span; v++)
        if (v->type == VALUE_STRING && text_equal(value_text(v), TEXT("***")))
            v->flags |= VALUE_REDACTED;
}

static struct told *
tell_exchange(const struct value *v, struct arena *arena)
{
    struct told *t = ARENA_NEW(arena, struct told);
    struct exchange *x = &t->exchange;
    struct text call = member_text(v, "call"), id = member_text(v, "id");
    size_t space = text_find(call, ' ');
    const struct value *at = VALUE_MEMBER(v, "at"), *path = VALUE_MEMBER(v, "path");

    memcpy(x->id, id.data, id.length);
    x->arena = arena;
    x->service = text_slice(call, 0, space);
    x->operation = text_from(call, space + 1);
    x->request.query = member_text(v, "query");
    tell_headers(&x->request, VALUE_MEMBER(v, "headers"), arena);
    tell_headers(&x->response, VALUE_MEMBER(v, "fields"), arena);
    t->o.exchange = x;
    t->o.operation = contract_operation_named(find_service(NULL, x->service), x->operation);
    check_that(t->o.operation != NULL, "no operation %.*s", TEXT_PRINT(call));
    t->o.match = &t->match;
    if (path != NULL)
        for (VALUE_EACH_MEMBER(key, path))
            t->match.parameters[t->match.parameter_count++] =
                (struct operation_parameter_value){ value_text(key), value_text(value_next(key)) };
    t->o.request = tell_body(VALUE_MEMBER(v, "request"), text_make(NULL, 0), arena);
    t->o.response = tell_body(VALUE_MEMBER(v, "response"), member_text(v, "pad"), arena);
    x->request.body_state = t->o.request != NULL ? BODY_WHOLE : BODY_NONE;
    x->response.body_state =
        t->o.response != NULL || value_is(VALUE_MEMBER(v, "kept"), VALUE_FALSE) ? BODY_WHOLE : BODY_NONE;
    if (VALUE_MEMBER(v, "status") != NULL) {
        x->has_response = true;
        x->response.status = (uint16_t)number_of(VALUE_MEMBER(v, "status"));
    }
    t->o.answered = x->has_response && !value_is(VALUE_MEMBER(v, "answered"), VALUE_FALSE);
    if (at != NULL) {
        t->o.begin = number_of(value_item(at, 0)) * MS;
        t->o.end = number_of(value_item(at, 1)) * MS;
    }
    tell_redacted(t, VALUE_MEMBER(v, "redacted"), arena);
    return t;
}

/* ---- what is under way ---- */

/* As a gateway would say when the exchange at this index of `all`, which are sorted by their end, is fed. */
static int64_t
settled_at(struct told *const *all, uint32_t count, uint32_t index)
{
    int64_t settled = all[index]->o.end;

    for (uint32_t i = index + 1; i < count; i++)
        if (all[i]->o.begin < settled)
            settled = all[i]->o.begin;
    return settled;
}

#endif
