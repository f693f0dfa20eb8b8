#include "drift/tally.h"

#include <stdlib.h>

#include "base/limits.h"
#include "drift/tally_headers.h"
#include "drift/tally_internal.h"
#include "http/media_type.h"
#include "http/query.h"
#include "json/pointer.h"
#include "json/write.h"

static const char *const names[] = {
    [TALLY_OPERATION] = "operations", [TALLY_ANSWER] = "answers",         [TALLY_PARAMETER] = "parameters",
    [TALLY_MEMBER] = "members",       [TALLY_ENUM_VALUE] = "enum values", [TALLY_BRANCH] = "branches",
};

const char *
tally_name(enum tally_kind kind)
{
    return names[kind];
}

struct tally *
tally_new(const struct ruleset *ruleset)
{
    struct tally *t = calloc(1, sizeof *t);

    if (t == NULL)
        return NULL;
    t->ruleset = ruleset;
    t->arena = arena_new(0, LIMIT_TALLY_BYTES);
    t->operations = calloc(ruleset_operation_count(ruleset) + 1, sizeof t->operations[0]);
    if (t->arena == NULL || t->operations == NULL) {
        tally_free(t);
        return NULL;
    }
    return t;
}

void
tally_free(struct tally *t)
{
    if (t == NULL)
        return;
    arena_free(t->arena);
    free(t->operations);
    free(t);
}

bool
tally_is_whole(const struct tally *t)
{
    return !t->full;
}

static struct tally_operation *
operation_of(const struct tally *t, const struct service *service, const struct operation *o)
{
    return &t->operations[service->first_operation + operation_index(o)];
}

static uint32_t
parameter_count(const struct operation *o)
{
    struct operation_parameter p;
    uint32_t n = 0;

    while (operation_parameter(o, n, &p))
        n++;
    return n;
}

static uint32_t
answer_count(const struct operation *o)
{
    struct operation_answer a;
    uint32_t n = 0;

    while (operation_answer(o, n, &a))
        n++;
    return n;
}

/* ---- parameters ---- */

/* A key as it stands in the query, also the parts of an object: "filter[colour]" of the parameter filter. */
static bool
query_has(const struct message *m, struct text name, struct arena *arena)
{
    struct text rest = m->query, key;
    struct query_pair pair;

    while (query_next(&rest, &pair)) {
        if (!percent_decode(pair.name, true, arena, &key))
            continue;
        if (text_equal(key, name) ||
            (key.length > name.length && text_starts(key, name) && key.data[name.length] == '['))
            return true;
    }
    return false;
}

/* RFC 6265 4.2.1. */
static bool
cookie_has(const struct message *m, struct text name)
{
    for (uint32_t i = 0; i < m->header_count; i++) {
        struct text rest = m->headers[i].value;

        while (m->headers[i].id == HEADER_COOKIE && rest.length > 0) {
            size_t end = text_find(rest, ';');
            struct text pair = text_trim(text_slice(rest, 0, end));

            if (text_equal(text_slice(pair, 0, text_find(pair, '=')), name))
                return true;
            rest = end < rest.length ? text_from(rest, end + 1) : text_make(NULL, 0);
        }
    }
    return false;
}

static bool
parameter_is_there(const struct exchange *x, const struct operation_parameter *p)
{
    const struct message *m = &x->request;

    if (text_equal(p->in, TEXT("path")))
        return true;
    if (text_equal(p->in, TEXT("query")))
        return query_has(m, p->name, x->arena);
    if (text_equal(p->in, TEXT("header")))
        return message_header_named(m, p->name) != NULL;
    if (text_equal(p->in, TEXT("cookie")))
        return cookie_has(m, p->name);
    return m->query.length > 0;
}

static void
count_parameters(struct tally_operation *to, const struct operation *o, const struct exchange *x)
{
    struct operation_parameter p;

    for (uint32_t i = 0; operation_parameter(o, i, &p); i++)
        to->parameters[i] += parameter_is_there(x, &p);
}

/* ---- answers ---- */

static void
tell_header(const struct tally_exchange *x, const struct header *h)
{
    const struct exchange *e = x->exchange;
    struct finding f = {
        .rule = TEXT("header-undocumented"),
        .level = LEVEL_INFO,
        .service = e->service,
        .operation = e->operation,
        .side = SIDE_RESPONSE,
        .message = TEXT("the contract does not name this response header"),
        .count = 1,
        .first = e->started,
        .last = e->started,
    };
    char *lower = arena_alloc(e->arena, h->name.length + 1);

    for (size_t i = 0; lower != NULL && i < h->name.length; i++) /* names are equal without case, fingerprints too */
        lower[i] = h->name.data[i] >= 'A' && h->name.data[i] <= 'Z' ? (char)(h->name.data[i] + 32) : h->name.data[i];
    f.instance = arena_print(e->arena, "header %.*s", (int)h->name.length, lower != NULL ? lower : "");
    if (e->id[0] != '\0')
        f.examples[f.example_count++] = text_of(e->id);
    finding_seal(&f, e->arena);
    x->found(x->arg, &f);
}

void
tally_look_at_headers(const struct tally_exchange *x)
{
    const struct operation *o = x->match->operation;
    const struct message *m = &x->exchange->response;
    uint32_t answer = x->exchange->has_response ? operation_answer_of(o, m->status) : UINT32_MAX;

    for (uint32_t i = 0; x->found != NULL && answer != UINT32_MAX && i < m->header_count; i++) {
        const struct header *h = &m->headers[i];

        if (h->id == HEADER_OTHER && !tally_header_is_usual(h->name) &&
            !operation_answer_has_header(o, answer, h->name))
            tell_header(x, h);
    }
}

/* ---- bodies ---- */

/* The root for this kind of body; NULL where nothing is documented (*failed false) or there is no memory. */
static struct tally_node *
root_of(struct tally *t, const struct tally_exchange *x, enum side side, uint32_t answer, bool *failed)
{
    const struct message *m = side == SIDE_REQUEST ? &x->exchange->request : &x->exchange->response;
    struct text whole = message_value(m, HEADER_CONTENT_TYPE),
                type = text_trim(text_slice(whole, 0, text_find(whole, ';')));
    struct tally_operation *to = operation_of(t, x->service, x->match->operation);
    const struct schema *schema;
    struct tally_body *b;

    for (b = to->bodies; b != NULL; b = b->next)
        if (b->answer == answer && text_equal_nocase(b->type, type))
            return b->root;
    schema = operation_body_schema(x->match->operation, side, m->status, type);
    if (schema == NULL)
        return NULL;
    b = ARENA_NEW(t->arena, struct tally_body);
    if (b == NULL || (b->root = tally_node_new(t)) == NULL ||
        tally_node_add(t, b->root, (struct schema_part){ schema_document(schema), schema_source(schema) }) < 0) {
        *failed = !t->full;
        return NULL;
    }
    b->type = arena_text(t->arena, type);
    b->answer = answer;
    b->next = to->bodies;
    to->bodies = b;
    return b->root;
}

static int
count_body(struct tally *t, const struct tally_exchange *x, enum side side, uint32_t answer)
{
    struct tally_walk walk = {
        .tally = t, .x = x, .side = side, .set = contract_schemas(operation_contract(x->match->operation))
    };
    struct tally_node *root;
    bool failed = false;

    if (x->bodies[side] == NULL)
        return 0;
    root = root_of(t, x, side, answer, &failed);
    if (root != NULL)
        tally_walk(&walk, root, x->bodies[side]);
    return failed || walk.failed ? -1 : 0;
}

int
tally_look_at_body(struct tally *t, const struct tally_exchange *x, enum side side)
{
    uint32_t answer = UINT32_MAX;

    if (side == SIDE_RESPONSE) {
        answer = operation_answer_of(x->match->operation, x->exchange->response.status);
        if (answer == UINT32_MAX)
            return 0;
    }
    return count_body(t, x, side, answer);
}

int
tally_add(struct tally *t, const struct tally_exchange *x)
{
    const struct operation *o = x->match->operation;
    struct tally_operation *to = operation_of(t, x->service, o);
    uint32_t answer = x->exchange->has_response ? operation_answer_of(o, x->exchange->response.status) : UINT32_MAX;

    if (to->answers == NULL) {
        to->answers = ARENA_ARRAY(t->arena, uint64_t, answer_count(o) + 1);
        to->parameters = ARENA_ARRAY(t->arena, uint64_t, parameter_count(o) + 1);
        if (to->answers == NULL || to->parameters == NULL) {
            to->answers = NULL;
            return -1;
        }
    }
    to->exchanges++;
    count_parameters(to, o, x->exchange);
    if (count_body(t, x, SIDE_REQUEST, UINT32_MAX) < 0)
        return -1;
    if (answer == UINT32_MAX)
        return 0;
    to->answers[answer]++;
    tally_look_at_headers(x);
    return count_body(t, x, SIDE_RESPONSE, answer);
}

/* ---- what was reached ---- */

struct listing {
    tally_item_fn *each;
    void *arg;
    struct tally_item item;
    struct buffer place, detail;
};

static void
give(struct listing *l, enum tally_kind kind, uint64_t seen, struct schema_part where)
{
    l->item.kind = kind;
    l->item.place = buffer_text(&l->place);
    l->item.seen = seen;
    l->item.document = where.document;
    l->item.source = where.schema;
    l->each(l->arg, &l->item);
    l->item.detail = text_make(NULL, 0);
    l->item.required = false;
}

static void
list_choices(struct listing *l, const struct tally_node *node)
{
    for (uint32_t i = 0; i < node->choice_count; i++) {
        struct json_writer w;

        buffer_clear(&l->detail);
        json_begin(&w, &l->detail, 0);
        json_value(&w, node->choices[i].value);
        l->item.detail = buffer_text(&l->detail);
        give(l, TALLY_ENUM_VALUE, node->choices[i].seen,
             (struct schema_part){ node->choices[i].where.document, node->choices[i].value });
    }
}

static void
list_node(struct listing *l, const struct tally_node *node)
{
    size_t length = buffer_length(&l->place);

    if (!node->expanded)
        return;
    list_choices(l, node);
    for (uint32_t i = 0; i < node->member_count; i++) {
        const struct tally_member *m = &node->members[i];

        pointer_add(&l->place, m->name);
        l->item.required = m->required;
        give(l, TALLY_MEMBER, m->seen, m->where);
        if (m->seen > 0)
            list_node(l, m->node);
        buffer_truncate(&l->place, length);
    }
    if (node->items != NULL && node->items->expanded) {
        buffer_add(&l->place, TEXT("/*"));
        list_node(l, node->items);
        buffer_truncate(&l->place, length);
    }
    for (uint32_t i = 0; i < node->branch_count; i++) {
        l->item.detail = node->branches[i].name;
        give(l, TALLY_BRANCH, node->branches[i].seen, node->branches[i].where);
        if (node->branches[i].seen > 0)
            list_node(l, node->branches[i].node);
    }
}

static void
list_parameters(struct listing *l, const struct tally_operation *to, const struct operation *o)
{
    const struct schema_part where = { operation_document(o), operation_source(o) };
    struct operation_parameter p;

    l->item.side = SIDE_REQUEST;
    l->item.answer = text_make(NULL, 0);
    for (uint32_t i = 0; operation_parameter(o, i, &p); i++) {
        buffer_clear(&l->place);
        buffer_print(&l->place, "%.*s %.*s", TEXT_PRINT(p.in), TEXT_PRINT(p.name));
        l->item.required = p.required;
        give(l, TALLY_PARAMETER, to->parameters[i], where);
    }
    buffer_clear(&l->place);
}

static void
list_bodies(struct listing *l, const struct tally_operation *to, uint32_t answer)
{
    for (const struct tally_body *b = to->bodies; b != NULL; b = b->next)
        if (b->answer == answer)
            list_node(l, b->root);
}

static void
list_operation(struct listing *l, const struct tally *t, const struct service *service, const struct operation *o)
{
    const struct tally_operation *to = operation_of(t, service, o);
    struct operation_answer a;

    l->item.service = service;
    l->item.operation = o;
    l->item.side = SIDE_REQUEST;
    l->item.answer = text_make(NULL, 0);
    buffer_clear(&l->place);
    give(l, TALLY_OPERATION, to->exchanges, (struct schema_part){ operation_document(o), operation_source(o) });
    if (to->exchanges > 0) {
        list_parameters(l, to, o);
        list_bodies(l, to, UINT32_MAX);
    }
    l->item.side = SIDE_RESPONSE;
    for (uint32_t i = 0; operation_answer(o, i, &a); i++) {
        l->item.answer = a.key;
        give(l, TALLY_ANSWER, to->answers != NULL ? to->answers[i] : 0, (struct schema_part){ a.document, a.source });
        list_bodies(l, to, i);
    }
}

int
tally_each(const struct tally *t, tally_item_fn *each, void *arg)
{
    struct listing l = { .each = each, .arg = arg };
    bool failed;

    buffer_init(&l.place, LIMIT_POINTER_BYTES);
    buffer_init(&l.detail, LIMIT_MIB);
    for (uint32_t s = 0; s < ruleset_service_count(t->ruleset); s++) {
        const struct service *service = ruleset_service(t->ruleset, s);

        for (uint32_t i = 0; i < contract_operation_count(service->contract); i++)
            list_operation(&l, t, service, contract_operation(service->contract, i));
    }
    failed = buffer_failed(&l.place) || buffer_failed(&l.detail);
    buffer_release(&l.place);
    buffer_release(&l.detail);
    return failed ? -1 : 0;
}

static void
add_to_totals(void *arg, const struct tally_item *item)
{
    struct tally_total *totals = arg;

    totals[item->kind].documented++;
    totals[item->kind].seen += item->seen > 0;
}

int
tally_totals(const struct tally *t, struct tally_total totals[TALLY_KINDS])
{
    memset(totals, 0, TALLY_KINDS * sizeof totals[0]);
    return tally_each(t, add_to_totals, totals);
}
