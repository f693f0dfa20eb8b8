/* invariant_values.c -- what one exchange has under the names that expressions know.
 *
 * Bodies are documents already. Status, query, path and header fields become small documents of texts here, and only
 * those that an expression names. */
#include "http/query.h"
#include "json/number.h"
#include "json/pointer.h"
#include "rules/invariant_internal.h"
#include "traffic/redacted.h"

#define MEMBERS 64 /* of a query or a header that is looked at as a whole */

static bool
is_wanted(const struct wanted *w, struct text member)
{
    for (uint32_t i = 0; i < w->count; i++)
        if (text_equal(w->members[i], member))
            return true;
    return w->whole;
}

/* ---- objects of texts ---- */

struct builder {
    struct value *object; /* NULL: no memory */
    uint32_t members;     /* for which there is room */
    const struct exchange *x;
    enum side side;
    const char *place; /* "header", "query", "path" */
};

static void
begin(struct builder *b, uint32_t members, const struct exchange *x, enum side side, const char *place,
      struct arena *arena)
{
    *b = (struct builder){ .object = ARENA_ARRAY(arena, struct value, 1 + 2 * (size_t)members),
                           .members = members,
                           .x = x,
                           .side = side,
                           .place = place };
    if (b->object != NULL)
        b->object[0] = (struct value){ .type = VALUE_OBJECT, .span = 1 };
}

/* Was it taken out before the exchange was recorded? */
static bool
is_redacted(const struct builder *b, struct text name)
{
    for (uint32_t i = 0; i < b->x->redacted_count; i++) {
        struct text rest, place = text_of(b->place);

        if (!redacted_place(b->x->redacted[i], b->side, &rest) || !text_starts(rest, place))
            continue;
        if (rest.length == place.length || text_equal_nocase(text_from(rest, place.length + 1), name))
            return true;
    }
    return false;
}

/* Of repeated names, the first. */
static void
add(struct builder *b, struct text name, struct text value)
{
    struct value *object = b->object, *at;

    if (object == NULL || object->count == b->members || value_member(object, name) != NULL)
        return;
    at = object + object->span;
    at[0] = (struct value){
        .type = VALUE_STRING, .depth = 1, .span = 1, .count = (uint32_t)name.length, .data = name.data
    };
    at[1] = (struct value){ .type = VALUE_STRING,
                            .flags = is_redacted(b, name) ? VALUE_REDACTED : 0,
                            .depth = 1,
                            .span = 1,
                            .count = (uint32_t)value.length,
                            .data = value.data != NULL ? value.data : "" };
    object->span += 2;
    object->count++;
}

static struct text
lower(struct text name, struct arena *arena)
{
    struct text copy = arena_text(arena, name);
    char *p = (char *)(uintptr_t)copy.data;

    for (size_t i = 0; i < copy.length; i++)
        if (p[i] >= 'A' && p[i] <= 'Z')
            p[i] = (char)(p[i] | 0x20);
    return copy;
}

static const struct value *
headers_value(const struct wanted *w, const struct exchange *x, enum side side, struct arena *arena)
{
    const struct message *m = side == SIDE_REQUEST ? &x->request : &x->response;
    struct builder b;

    begin(&b, w->whole ? MEMBERS : w->count, x, side, "header", arena);
    if (!w->whole) { /* by name, so that the fields need not be written in lower case one by one */
        for (uint32_t i = 0; i < w->count; i++) {
            const struct header *h = message_header_named(m, w->members[i]);

            if (h != NULL)
                add(&b, w->members[i], h->value);
        }
        return b.object;
    }
    for (uint32_t i = 0; i < m->header_count; i++)
        add(&b, lower(m->headers[i].name, arena), m->headers[i].value);
    return b.object;
}

static struct text
decoded(struct text raw, bool plus, struct arena *arena)
{
    struct text plain;

    return percent_decode(raw, plus, arena, &plain) ? plain : raw;
}

static const struct value *
query_value(const struct wanted *w, const struct exchange *x, struct arena *arena)
{
    struct text rest = x->request.query;
    struct query_pair pair;
    struct builder b;

    begin(&b, w->whole ? MEMBERS : w->count, x, SIDE_REQUEST, "query", arena);
    while (query_next(&rest, &pair)) {
        struct text name = decoded(pair.name, true, arena);

        if (is_wanted(w, name))
            add(&b, name, decoded(pair.value, true, arena));
    }
    return b.object;
}

static const struct value *
path_value(const struct observation *o, struct arena *arena)
{
    struct builder b;

    begin(&b, MATCH_PARAMETERS, o->exchange, SIDE_REQUEST, "path", arena);
    for (uint32_t i = 0; o->match != NULL && i < o->match->parameter_count; i++)
        add(&b, o->match->parameters[i].name, decoded(o->match->parameters[i].value, false, arena));
    return b.object;
}

static const struct value *
status_value(const struct exchange *x, struct arena *arena)
{
    struct value *v = ARENA_NEW(arena, struct value);
    struct text digits = arena_print(arena, "%u", x->response.status);

    if (v != NULL)
        *v = (struct value){ .type = VALUE_NUMBER,
                             .flags = VALUE_INTEGER,
                             .span = 1,
                             .count = (uint32_t)digits.length,
                             .data = digits.data };
    return digits.data != NULL ? v : NULL;
}

void
invariant_values_build(struct values *values, const struct invariant_part *part, const struct observation *o,
                       enum side body, struct arena *arena)
{
    const struct exchange *x = o->exchange;

    *values = (struct values){ .of = { NULL } };
    for (unsigned i = 0; i < NAME_COUNT; i++) {
        const struct wanted *w = &part->wanted[i];
        const struct value **v = &values->of[i];

        if (!w->used)
            continue;
        switch ((enum invariant_name)i) {
        case NAME_STATUS:
        case NAME_RESPONSE_STATUS:
            *v = x->has_response ? status_value(x, arena) : NULL;
            break;
        case NAME_BODY:
            *v = body == SIDE_REQUEST ? o->request : o->response;
            break;
        case NAME_REQUEST_BODY:
            *v = o->request;
            break;
        case NAME_RESPONSE_BODY:
            *v = o->response;
            break;
        case NAME_REQUEST_QUERY:
            *v = query_value(w, x, arena);
            break;
        case NAME_REQUEST_PATH:
            *v = path_value(o, arena);
            break;
        case NAME_REQUEST_HEADER:
            *v = headers_value(w, x, SIDE_REQUEST, arena);
            break;
        case NAME_RESPONSE_HEADER:
            *v = x->has_response ? headers_value(w, x, SIDE_RESPONSE, arena) : NULL;
            break;
        case NAME_ITEM: /* there are several: whoever goes through them */
        case NAME_COUNT:
            break;
        }
    }
}

uint32_t
invariant_values_variables(const struct values *values, struct script_variable variables[NAME_COUNT])
{
    uint32_t count = 0;

    for (unsigned i = 0; i < NAME_COUNT; i++)
        if (values->of[i] != NULL)
            variables[count++] = (struct script_variable){ invariant_name_text((enum invariant_name)i), values->of[i] };
    return count;
}

/* ---- what is missing ---- */

/* An object of which something was taken out is marked, so what is missing in it may have been there. */
static bool
may_have_been_there(const struct value *root, struct text pointer)
{
    const struct value *v = NULL;

    while (v == NULL && pointer.length > 0) {
        while (pointer.length > 0 && pointer.data[pointer.length - 1] != '/')
            pointer.length--;
        if (pointer.length > 0)
            pointer.length--;
        v = pointer_find(root, pointer);
    }
    return v != NULL && (v->flags & VALUE_REDACTED) != 0;
}

bool
invariant_value_lacks(const struct value *root, struct text pointer, bool *redacted)
{
    const struct value *v = pointer_find(root, pointer);

    if (redacted == NULL)
        return v == NULL;
    if (v == NULL) {
        *redacted = *redacted || may_have_been_there(root, pointer);
        return true;
    }
    for (const struct value *inside = v; inside < v + v->span; inside++)
        if (inside->flags & VALUE_REDACTED)
            *redacted = true;
    return *redacted;
}

/* Is there no body to look at though one was sent? */
static bool
was_not_kept(enum invariant_name name, const struct observation *o, enum side body)
{
    const struct exchange *x = o->exchange;
    bool of_request = name == NAME_REQUEST_BODY || (name == NAME_BODY && body == SIDE_REQUEST);

    if (name != NAME_REQUEST_BODY && name != NAME_RESPONSE_BODY && name != NAME_BODY)
        return false;
    return of_request ? o->request == NULL && x->request.body_state != BODY_NONE
                      : o->response == NULL && x->response.body_state != BODY_NONE;
}

bool
invariant_values_missing(const struct values *values, const struct expression *expression, const struct observation *o,
                         enum side body, bool *unknown)
{
    bool *redacted = o->exchange->redacted_count > 0 ? unknown : NULL, missing = false;

    *unknown = false;
    for (uint32_t i = 0; i < expression->named_count; i++) {
        const struct named *n = &expression->named[i];

        if (was_not_kept(n->name, o, body))
            *unknown = missing = true;
        else if (invariant_value_lacks(values->of[n->name], n->pointer, redacted))
            missing = true;
    }
    return missing;
}

/* ---- keys ---- */

/* Texts and numbers; 7, 7.0 and "7" are one key. */
static struct text
key_text(const struct value *v, struct arena *arena)
{
    struct decimal number;
    int64_t integer;

    if (v == NULL || v->flags & VALUE_REDACTED || (v->type != VALUE_STRING && v->type != VALUE_NUMBER))
        return text_make(NULL, 0);
    if (v->type == VALUE_STRING)
        return value_text(v);
    decimal_read(&number, value_text(v));
    if (decimal_to_i64(&number, &integer))
        return arena_print(arena, "%lld", (long long)integer);
    return value_text(v);
}

struct text
invariant_key_find(const struct key_place *place, const struct observation *o, const struct value *item,
                   struct arena *arena)
{
    struct text member = place->text;
    struct wanted one = { .used = true, .members = &member, .count = 1 };
    const struct value *v = NULL;

    switch (place->kind) {
    case KEY_REQUEST:
        v = pointer_find(o->request, place->text);
        break;
    case KEY_RESPONSE:
        v = o->answered ? pointer_find(o->response, place->text) : NULL;
        break;
    case KEY_ITEM:
        v = pointer_find(item, place->text);
        break;
    case KEY_PATH:
        v = value_member(path_value(o, arena), place->text);
        break;
    case KEY_QUERY:
        v = value_member(query_value(&one, o->exchange, arena), place->text);
        break;
    case KEY_HEADER:
        v = value_member(headers_value(&one, o->exchange, SIDE_REQUEST, arena), place->text);
        break;
    }
    return key_text(v, arena);
}
