/* bound_traffic.h -- recorded exchanges and new answers, written as text: for the tests of bindings.
 *
 *     struct told t = { .request = "POST /orders\n\n{\"n\":2}", .answer = "201\nLocation: /orders/17\n\n{}" };
 */
#ifndef BOUND_TRAFFIC_H
#define BOUND_TRAFFIC_H

#include "unit.h"

#include "base/arena.h"
#include "contract/contract.h"
#include "replay/bind.h"
#include "traffic/exchange.h"

struct traffic {
    struct arena *arena;
    struct binder *binder;
    struct bindings *rules;
    struct contract *contract; /* NULL: none */
    uint64_t number;
    struct exchange exchanges[512]; /* by number */
    struct contract_match matches[512];
    uint64_t *needs;
    uint32_t need_count;
    struct bound_request request; /* of the last send() */
};

static const char TRAFFIC_CONTRACT[] =
    "openapi: 3.1.0\n"
    "info: { title: t, version: '1' }\n"
    "paths:\n"
    "  /api/orders: { post: { responses: { default: { description: d } } }, get: { responses: { default: { "
    "description: d } } } }\n"
    "  /api/orders/{order_id}:\n"
    "    get: { responses: { default: { description: d } } }\n"
    "    put: { responses: { default: { description: d } } }\n"
    "    patch: { responses: { default: { description: d } } }\n"
    "  /api/orders/{order_id}/lines/{line}: { get: { responses: { default: { description: d } } } }\n"
    "  /carts: { post: { responses: { default: { description: d } } } }\n"
    "  /carts/{cartId}: { get: { responses: { default: { description: d } } }, patch: { responses: { default: { "
    "description: d } } } }\n";

__attribute__((unused)) static struct traffic *
traffic_new(const struct binder_options *options, bool contract)
{
    struct traffic *t = calloc(1, sizeof *t);
    struct binder_options own = options != NULL ? *options : (struct binder_options){ .learn = true };

    t->arena = arena_new(0, (size_t)1 << 28);
    t->rules = own.rules;
    if (own.rules == NULL)
        own.rules = t->rules = bindings_new();
    t->binder = binder_new(&own);
    assert_non_null(t->binder);
    if (contract) {
        t->contract = contract_load_text(text_of(TRAFFIC_CONTRACT), "t.yaml", NULL, NULL);
        assert_non_null(t->contract);
    }
    return t;
}

__attribute__((unused)) static void
traffic_free(struct traffic *t)
{
    binder_free(t->binder);
    bindings_free(t->rules);
    contract_free(t->contract);
    arena_free(t->arena);
    free(t);
}

static void
traffic_message(struct traffic *t, struct message *m, const char *text)
{
    struct text whole = arena_text(t->arena, text_of(text)), line;
    size_t blank = text_search(whole, TEXT("\n\n"));
    struct text_split lines = text_split_start(text_slice(whole, 0, blank));
    struct text first;

    memset(m, 0, sizeof *m);
    m->headers = ARENA_ARRAY(t->arena, struct header, 32);
    (void)text_split_next(&lines, '\n', &first);
    if (first.data[0] >= '0' && first.data[0] <= '9') {
        m->status = (uint16_t)atoi(first.data);
    } else {
        m->is_request = true;
        m->method = text_slice(first, 0, text_find(first, ' '));
        m->target = text_from(first, m->method.length + 1);
        m->path = text_slice(m->target, 0, text_find(m->target, '?'));
        m->has_query = m->path.length < m->target.length;
        m->query = text_from(m->target, m->path.length + 1);
    }
    while (text_split_next(&lines, '\n', &line)) {
        struct header *h = &m->headers[m->header_count++];

        h->name = text_slice(line, 0, text_find(line, ':'));
        h->value = text_trim(text_from(line, h->name.length + 1));
        h->id = (uint8_t)header_id_of(h->name);
    }
    m->body = text_from(whole, blank + 2);
    m->body_state = m->body.length > 0 ? BODY_WHOLE : BODY_NONE;
}

/* One more recorded exchange, read. Gives its number. */
__attribute__((unused)) static uint64_t
traffic_read(struct traffic *t, const char *request, const char *answer)
{
    uint64_t number = ++t->number;
    struct exchange *x = &t->exchanges[number];
    struct contract_match *match = &t->matches[number];

    assert_true(number < 512);
    x->arena = t->arena;
    traffic_message(t, &x->request, request);
    x->has_response = answer != NULL;
    if (answer != NULL)
        traffic_message(t, &x->response, answer);
    if (t->contract != NULL)
        contract_find(t->contract, x->request.method, x->request.path, true, t->arena, match);
    assert_int_equal(binder_read(t->binder, number, x, match, t->arena, &t->needs, &t->need_count), 0);
    return number;
}

/* The new run answers so to the exchange with this number. */
__attribute__((unused)) static void
traffic_answer(struct traffic *t, uint64_t number, const char *answer)
{
    struct message m;

    traffic_message(t, &m, answer);
    binder_answer(t->binder, number, &t->exchanges[number], &m);
}

/* The request of the new run: "METHOD target", fields, body. */
__attribute__((unused)) static struct text
traffic_send(struct traffic *t, uint64_t number)
{
    const struct exchange *x = &t->exchanges[number];
    struct buffer out;
    struct text result;

    assert_int_equal(binder_request(t->binder, number, x, &t->matches[number], t->arena, &t->request), 0);
    buffer_init(&out, (size_t)1 << 26);
    buffer_print(&out, "%.*s %.*s\n", TEXT_PRINT(x->request.method), TEXT_PRINT(t->request.target));
    for (uint32_t i = 0; i < t->request.header_count; i++)
        buffer_print(&out, "%.*s: %.*s\n", TEXT_PRINT(t->request.headers[i].name),
                     TEXT_PRINT(t->request.headers[i].value));
    buffer_byte(&out, '\n');
    buffer_add(&out, t->request.body);
    result = arena_text(t->arena, buffer_text(&out));
    buffer_release(&out);
    return result;
}

/* The rules as text. */
__attribute__((unused)) static struct text
traffic_rules(struct traffic *t)
{
    struct buffer out;
    struct text result;

    buffer_init(&out, (size_t)1 << 26);
    bindings_write(t->rules, &out);
    result = arena_text(t->arena, buffer_text(&out));
    buffer_release(&out);
    return result;
}

#endif
