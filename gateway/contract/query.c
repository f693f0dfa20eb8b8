/* query.c -- pairs of the query, each claimed by the parameter it belongs to.
 *
 * Most parameters own the pairs with their name. A deepObject owns "name[…]", an exploded object the pairs with the
 * names of its properties; what nobody owns is unknown. */
#include "contract/query.h"

#include "base/limits.h"
#include "contract/form.h"
#include "http/query.h"

#define PAIRS_ON_STACK 32

struct pair {
    struct text name;  /* decoded */
    struct text value; /* raw */
    bool claimed;
};

struct pairs {
    struct pair *items;
    uint32_t count;
    struct text *values; /* room for as many, for those of one parameter */
};

/* Cut and decode names. A name that cannot be decoded stays raw: nobody claims it. */
static void
read_pairs(struct pairs *pairs, struct text query, uint32_t capacity, struct arena *arena)
{
    struct query_pair pair;

    while (pairs->count < capacity && query_next(&query, &pair)) {
        struct pair *p = &pairs->items[pairs->count++];

        *p = (struct pair){ .name = pair.name, .value = pair.value };
        if (!percent_decode(pair.name, true, arena, &p->name))
            p->name = pair.name;
    }
}

static uint32_t
claim(struct pairs *pairs, struct text name)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < pairs->count; i++) {
        if (!text_equal(pairs->items[i].name, name))
            continue;
        pairs->items[i].claimed = true;
        pairs->values[count++] = pairs->items[i].value;
    }
    return count;
}

static void
check_object(const struct checking *c, const struct parameter *p, struct part *object, const struct parameter_ids *ids)
{
    const struct value *v;

    if (!part_is_valid(c, &p->shape, object, p->label, &v))
        report_schema(c, ids->schema, &p->shape, v, p->label);
}

/* name[a]=1&name[b][c]=2. False: no such pair. */
static bool
check_deep(const struct checking *c, const struct parameter *p, struct pairs *pairs, const struct parameter_ids *ids)
{
    struct style_reader r = { .arena = c->check->arena, .name = p->name, .decoding = DECODE_QUERY };
    enum part_kind kind = (p->shape.types & SCHEMA_TYPE_OBJECT) ? PART_OBJECT : PART_ARRAY;
    struct part *object = NULL;
    struct index members = { 0 };
    bool broken = false;

    for (uint32_t i = 0; i < pairs->count; i++) {
        struct pair *pair = &pairs->items[i];

        if (pair->name.length <= p->name.length || !text_starts(pair->name, p->name) ||
            pair->name.data[p->name.length] != '[')
            continue;
        pair->claimed = true;
        if (object == NULL && (object = part_new(c->check->arena, kind, TEXT(""))) == NULL)
            return true;
        if (style_deep(&r, object, text_from(pair->name, p->name.length), pair->value, &members))
            continue;
        report_found(c, ids->syntax, p->label, p->place, r.wrong != NULL ? r.wrong : "fewer keys", pair->name);
        broken = true;
    }
    if (object != NULL && !broken && p->shape.schema != NULL)
        check_object(c, p, object, ids);
    return object != NULL;
}

/* ?a=1&b=2 for an object with the properties a and b. False: none of them is there. */
static bool
check_exploded(const struct checking *c, const struct parameter *p, struct pairs *pairs,
               const struct parameter_ids *ids)
{
    struct form_reader form = form_begin(c, p->shape.schema, NULL);
    struct part *object;

    for (uint32_t i = 0; i < pairs->count; i++) {
        struct pair *pair = &pairs->items[i];

        if (pair->claimed || (!p->takes_rest && schema_property(p->shape.schema, pair->name) == NULL))
            continue;
        pair->claimed = true;
        if (!form_add(&form, pair->name, pair->value))
            report_found(c, ids->syntax, p->label, p->place, form.wrong, pair->value);
    }
    if (form.object == NULL || form.object->count == 0)
        return false;
    object = form_end(&form);
    if (object != NULL)
        check_object(c, p, object, ids);
    else if (form.wrong != NULL)
        report_found(c, ids->syntax, p->label, p->place, form.wrong, form.found);
    return true;
}

static bool
is_exploded_object(const struct parameter *p)
{
    return p->style == STYLE_FORM && p->explode && p->shape.schema != NULL && (p->shape.types & SCHEMA_TYPE_OBJECT) &&
           p->shape.types != SCHEMA_TYPE_ANY;
}

static bool
check_one(const struct checking *c, const struct parameter *p, struct pairs *pairs, const struct parameter_ids *ids)
{
    struct sent sent = { pairs->values, claim(pairs, p->name), DECODE_QUERY };

    if (sent.count > 0) {
        check_parameter(c, p, &sent, ids);
        return true;
    }
    return p->style == STYLE_DEEP && check_deep(c, p, pairs, ids);
}

/* A key of the contract's own credentials is known, though no parameter. */
static bool
is_credential(const struct operation *o, struct text name)
{
    for (uint32_t i = 0; i < o->security_count; i++)
        for (uint32_t s = 0; s < o->security[i].count; s++) {
            const struct security_scheme *scheme = o->security[i].schemes[s];

            if (scheme->kind == SCHEME_KEY && scheme->in == IN_QUERY && text_equal(scheme->parameter, name))
                return true;
        }
    return false;
}

static void
report_unknown(const struct checking *c, const struct operation *o, const struct pairs *pairs)
{
    for (uint32_t i = 0; i < pairs->count; i++) {
        const struct pair *pair = &pairs->items[i];
        const char *names[64], *near;
        size_t count = 0;
        struct violation *v;

        if (pair->claimed || is_credential(o, pair->name))
            continue;
        v = report_add(c, VIOLATION_PARAMETER_UNKNOWN,
                       arena_print(c->check->arena, "query %.*s", TEXT_PRINT(pair->name)), o->place);
        if (v == NULL)
            continue;
        v->expected = o->parameter_count[IN_QUERY] > 0 ? TEXT("a query parameter of the contract") : TEXT("no query");
        v->found = report_quote(pair->name, c->check->arena);
        for (uint32_t p = 0; p < o->parameter_count[IN_QUERY] && count < 64; p++) {
            names[count] = arena_text(c->check->arena, o->parameters[IN_QUERY][p].name).data;
            count += names[count] != NULL;
        }
        near = text_nearest(pair->name, names, count);
        if (near != NULL)
            v->hint = arena_print(c->check->arena, "did you mean '%s'?", near);
    }
}

static void
check_pairs(const struct checking *c, const struct operation *o, struct pairs *pairs, const struct parameter_ids *ids)
{
    uint32_t count = o->parameter_count[IN_QUERY];

    /* exploded objects last: they take what has no other owner */
    for (int pass = 0; pass < 2; pass++) {
        for (uint32_t i = 0; i < count; i++) {
            const struct parameter *p = &o->parameters[IN_QUERY][i];
            bool last = is_exploded_object(p), sent;

            if (last != (pass == 1))
                continue;
            sent = last ? check_exploded(c, p, pairs, ids) ||
                              ((p->shape.types & SCHEMA_TYPE_STRING) && check_one(c, p, pairs, ids))
                        : check_one(c, p, pairs, ids);
            if (!sent && p->required)
                report_missing(c, p, ids->missing);
        }
    }
    if (c->check->policy->unknown_query && o->parameter_count[IN_QUERYSTRING] == 0)
        report_unknown(c, o, pairs);
}

/* 3.2: the whole query is one value of a media type. */
static void
check_querystring(const struct checking *c, const struct parameter *p, const struct message *request,
                  const struct parameter_ids *ids)
{
    struct text text;

    if (!request->has_query || request->query.length == 0) {
        if (p->required)
            report_missing(c, p, ids->missing);
        return;
    }
    if (p->content == NULL)
        return;
    if (p->content->kind == MEDIA_FORM)
        check_form_text(c, p->content, request->query, p->label, ids);
    else if (!percent_decode(request->query, false, c->check->arena, &text))
        report_found(c, ids->syntax, p->label, p->place, "percent-encoded UTF-8", request->query);
    else
        check_content_text(c, p->content, text, p->label, ids);
}

void
check_query(const struct checking *c, const struct operation *o, const struct message *request,
            const struct parameter_ids *ids)
{
    struct pair items[PAIRS_ON_STACK];
    struct text values[PAIRS_ON_STACK];
    struct pairs pairs = { items, 0, values };
    uint32_t capacity = 1;

    for (uint32_t i = 0; i < o->parameter_count[IN_QUERYSTRING]; i++)
        check_querystring(c, &o->parameters[IN_QUERYSTRING][i], request, ids);
    if (o->parameter_count[IN_QUERY] == 0 && request->query.length == 0)
        return;
    for (size_t i = 0; i < request->query.length; i++)
        capacity += request->query.data[i] == '&';
    if (capacity > PAIRS_ON_STACK) {
        pairs.items = ARENA_ARRAY(c->check->arena, struct pair, capacity);
        pairs.values = ARENA_ARRAY(c->check->arena, struct text, capacity);
        if (pairs.items == NULL || pairs.values == NULL) {
            report_unchecked(c, UNCHECKED_BUDGET, TEXT("query"));
            return;
        }
    }
    read_pairs(&pairs, request->query, capacity, c->check->arena);
    check_pairs(c, o, &pairs, ids);
}
