/* match_compare.c -- in what two requests differ. */
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "json/compare.h"
#include "json/pointer.h"
#include "json/write.h"
#include "replay/match_internal.h"

#define SHOWN 200 /* bytes of one value */

struct comparing {
    const struct match_rules *rules;
    const struct match_request *recorded, *live;
    struct arena *arena;
    struct match_differences *out;
    struct buffer pointer; /* where the walk through the bodies is */
};

static struct match_difference *
add(struct comparing *c, enum match_place kind, struct text place, struct text recorded, struct text live, bool id)
{
    struct match_differences *out = c->out;
    struct match_difference *d = &out->list[out->count];

    out->only_ids = id && (out->count == 0 || out->only_ids) && out->count < MATCH_DIFFERENCES;
    if (out->count++ >= MATCH_DIFFERENCES)
        return NULL;
    *d = (struct match_difference){ .kind = kind, .place = place, .recorded = recorded, .live = live, .id = id };
    return d;
}

/* ---- path, query, headers ---- */

/* The name of the parameter that this segment is, counted from the end: base paths stand in front. Empty: it is none.
 * *known: there is a template that says so. */
static struct text
parameter_of(const struct operation *operation, uint32_t from_end, bool *known)
{
    struct text path = operation != NULL ? operation_path(operation) : text_make(NULL, 0);
    size_t end = path.length;

    *known = path.length > 0;
    for (;; from_end--) {
        size_t begin = end;

        while (begin > 0 && path.data[begin - 1] != '/')
            begin--;
        if (from_end == 0) {
            struct text segment = text_slice(path, begin, end - begin);

            return segment.length > 2 && segment.data[0] == '{' && segment.data[segment.length - 1] == '}'
                       ? text_slice(segment, 1, segment.length - 2)
                       : text_make(NULL, 0);
        }
        if (begin == 0)
            return text_make(NULL, 0);
        end = begin - 1;
    }
}

static void
compare_paths(struct comparing *c, const struct operation *operation)
{
    const struct match_request *r = c->recorded, *l = c->live;

    if (r->segment_count != l->segment_count) {
        add(c, MATCH_PATH, TEXT("path"), r->path, l->path, false);
        return;
    }
    for (uint32_t i = 0; i < r->segment_count && (r->loose & MATCH_LOOSE_PATH) == 0; i++) {
        bool known;
        struct text name;

        if (text_equal(r->segments[i], l->segments[i]))
            continue;
        name = parameter_of(operation, r->segment_count - 1 - i, &known);
        if (name.length > 0)
            add(c, MATCH_PATH, arena_print(c->arena, "path:%.*s", TEXT_PRINT(name)), r->segments[i], l->segments[i],
                true);
        else
            add(c, MATCH_PATH, arena_print(c->arena, "path segment %u", (unsigned)i + 1), r->segments[i],
                l->segments[i], !known && match_is_id(name, r->segments[i]) && match_is_id(name, l->segments[i]));
    }
}

static void
compare_queries(struct comparing *c)
{
    const struct match_request *r = c->recorded, *l = c->live;
    static const struct match_pair none;
    uint32_t i = 0, j = 0;

    while (i < r->pair_count || j < l->pair_count) {
        const struct match_pair *a = i < r->pair_count ? &r->pairs[i] : &none;
        const struct match_pair *b = j < l->pair_count ? &l->pairs[j] : &none;
        int order = a == &none ? 1 : b == &none ? -1 : text_compare(a->name, b->name);
        struct text name = order <= 0 ? a->name : b->name;
        bool hidden = order == 0 && a->value.data == NULL && (r->loose & MATCH_LOOSE_QUERY) != 0;

        i += order <= 0 ? 1 : 0;
        j += order >= 0 ? 1 : 0;
        if (order != 0 || (!hidden && !text_equal(a->value, b->value)))
            add(c, MATCH_QUERY, arena_print(c->arena, "query:%.*s", TEXT_PRINT(name)),
                order <= 0 ? a->value : text_make(NULL, 0), order >= 0 ? b->value : text_make(NULL, 0),
                order == 0 && match_is_id(name, a->value) && match_is_id(name, b->value));
    }
}

static void
compare_headers(struct comparing *c)
{
    for (uint32_t i = 0; i < c->rules->header_count; i++)
        if (!c->recorded->headers_hidden[i] && !text_equal(c->recorded->headers[i], c->live->headers[i]))
            add(c, MATCH_HEADER, arena_print(c->arena, "header:%.*s", TEXT_PRINT(c->rules->headers[i])),
                c->recorded->headers[i], c->live->headers[i], false);
}

/* ---- bodies ---- */

static struct text
shown(struct comparing *c, const struct value *v)
{
    struct json_writer w;
    struct buffer out;
    struct text text;

    if (v == NULL)
        return text_make(NULL, 0);
    if (v->type == VALUE_STRING || v->type == VALUE_NUMBER)
        return arena_text(c->arena, value_text(v));
    buffer_init(&out, LIMIT_SANDBOX_BODY);
    json_begin(&w, &out, 0);
    json_value(&w, v);
    text = arena_text(c->arena, text_slice(buffer_text(&out), 0, SHOWN));
    buffer_release(&out);
    return text;
}

static void
add_value(struct comparing *c, const struct value *recorded, const struct value *live)
{
    struct text pointer = buffer_text(&c->pointer), name = pointer;
    struct text a = shown(c, recorded), b = shown(c, live);
    bool scalars = recorded != NULL && live != NULL && recorded->type == live->type &&
                   (recorded->type == VALUE_STRING || recorded->type == VALUE_NUMBER);

    while (name.length > 0 && text_find(name, '/') < name.length)
        name = text_from(name, text_find(name, '/') + 1);
    add(c, MATCH_BODY, arena_print(c->arena, "body:%.*s", TEXT_PRINT(pointer)), a, b,
        scalars && match_is_id(name, a) && match_is_id(name, b));
}

static void
compare_values(struct comparing *c, const struct value *a, const struct value *b, uint64_t fits, uint32_t depth);

/* One member or item; either may be missing. */
static void
compare_part(struct comparing *c, struct text token, const struct value *a, const struct value *b, uint64_t fits,
             uint32_t depth)
{
    size_t length = buffer_length(&c->pointer);
    bool ignored;
    uint64_t left = match_step(c->rules, fits, depth, token, &ignored);

    if (ignored)
        return;
    pointer_add(&c->pointer, token);
    if (a == NULL || b == NULL)
        add_value(c, a, b);
    else
        compare_values(c, a, b, left, depth + 1);
    buffer_truncate(&c->pointer, length);
}

static void
compare_objects(struct comparing *c, const struct value *a, const struct value *b, uint64_t fits, uint32_t depth)
{
    bool gone = (a->flags & VALUE_REDACTED) != 0; /* a member may have been left out */

    for (VALUE_EACH_MEMBER(key, a))
        compare_part(c, value_text(key), value_next(key), value_member(b, value_text(key)), fits, depth);
    for (VALUE_EACH_MEMBER(other, b))
        if (!gone && value_member(a, value_text(other)) == NULL)
            compare_part(c, value_text(other), NULL, value_next(other), fits, depth);
}

static void
compare_arrays(struct comparing *c, const struct value *a, const struct value *b, uint64_t fits, uint32_t depth)
{
    uint32_t count = a->count > b->count ? a->count : b->count;
    const struct value *x = a + 1, *y = b + 1;

    for (uint32_t i = 0; i < count && c->out->count <= MATCH_DIFFERENCES; i++) {
        char number[16];

        (void)snprintf(number, sizeof number, "%u", (unsigned)i);
        compare_part(c, text_of(number), i < a->count ? x : NULL, i < b->count ? y : NULL, fits, depth);
        x = i < a->count ? value_next(x) : x;
        y = i < b->count ? value_next(y) : y;
    }
}

static void
compare_values(struct comparing *c, const struct value *a, const struct value *b, uint64_t fits, uint32_t depth)
{
    if (a->type == VALUE_OBJECT && b->type == VALUE_OBJECT)
        compare_objects(c, a, b, fits, depth);
    else if (a->type == VALUE_ARRAY && b->type == VALUE_ARRAY)
        compare_arrays(c, a, b, fits, depth);
    else if ((a->flags & VALUE_REDACTED) == 0 && value_equal(a, b, NULL) != 1)
        add_value(c, a, b);
}

static void
compare_bodies(struct comparing *c)
{
    const struct match_request *r = c->recorded, *l = c->live;
    uint64_t all = c->rules->pointer_count >= 64 ? UINT64_MAX : (UINT64_C(1) << c->rules->pointer_count) - 1;

    if (r->body_unknown)
        return;
    if (r->json != NULL && l->json != NULL)
        compare_values(c, r->json, l->json, all, 0);
    else if (!text_equal(r->body, l->body))
        add(c, MATCH_BODY, TEXT("body"), text_slice(r->body, 0, SHOWN), text_slice(l->body, 0, SHOWN), false);
}

void
match_compare(const struct match_request *recorded, const struct match_request *live, const struct match_rules *rules,
              const struct operation *operation, struct arena *arena, struct match_differences *differences)
{
    struct comparing c = { .rules = rules, .recorded = recorded, .live = live, .arena = arena, .out = differences };

    *differences = (struct match_differences){ .count = 0 };
    buffer_init(&c.pointer, LIMIT_SANDBOX_BODY);
    if (!text_equal(recorded->method, live->method))
        add(&c, MATCH_METHOD, TEXT("method"), recorded->method, live->method, false);
    compare_paths(&c, operation);
    compare_queries(&c);
    compare_headers(&c);
    compare_bodies(&c);
    buffer_release(&c.pointer);
}
