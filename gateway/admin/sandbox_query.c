#include "admin/sandbox_query.h"

#include "base/limits.h"
#include "http/query.h"
#include "json/write.h"

/* ---- the names that have a meaning ---- */

static bool
read_text(struct text *to, struct text value)
{
    *to = value;
    return value.length > 0;
}

static bool
read_service(struct sandbox_query *q, struct text value)
{
    return read_text(&q->service, value);
}

static bool
read_collection(struct sandbox_query *q, struct text value)
{
    return read_text(&q->collection, value);
}

static bool
read_id(struct sandbox_query *q, struct text value)
{
    return read_text(&q->id, value);
}

static bool
read_order(struct sandbox_query *q, struct text value)
{
    return read_text(&q->order, value);
}

static bool
read_after(struct sandbox_query *q, struct text value)
{
    return text_to_u64(value, &q->after);
}

static bool
read_offset(struct sandbox_query *q, struct text value)
{
    return text_to_u64(value, &q->offset);
}

static bool
read_limit(struct sandbox_query *q, struct text value)
{
    return text_to_u64(value, &q->limit) && q->limit >= 1 && q->limit <= SANDBOX_LIMIT_MOST;
}

static bool
read_newest(struct sandbox_query *q, struct text value)
{
    q->newest = text_equal(value, TEXT("true"));
    return q->newest || text_equal(value, TEXT("false"));
}

enum scope {
    OF_BOTH,
    OF_NOTES,
    OF_RECORDS,
};

static const struct {
    const char *name;
    const char *wanted;
    bool (*read)(struct sandbox_query *q, struct text value);
    enum scope scope;
} keys[] = {
    { "service", "the name of a service", read_service, OF_BOTH },
    { "limit", "a number from 1 to 1000", read_limit, OF_BOTH },
    { "after", "the number of a note", read_after, OF_NOTES },
    { "newest", "true or false", read_newest, OF_NOTES },
    { "collection", "the name of a collection", read_collection, OF_RECORDS },
    { "id", "the id of a record", read_id, OF_RECORDS },
    { "order", "a member to sort by, -member for downwards", read_order, OF_RECORDS },
    { "offset", "a number", read_offset, OF_RECORDS },
};
#define KEYS (sizeof(keys) / sizeof(keys[0]))

/* ---- the others: members ---- */

struct reader {
    struct sandbox_query *q;
    struct api_call *call;
    bool records;
    struct query_pair *members; /* decoded */
    size_t member_count;
};

static bool
refuse(struct api_call *call, struct text name, const char *detail)
{
    api_problem_at(call, 400, arena_print(call->request->arena, "query %.*s", TEXT_PRINT(name)), text_of(detail));
    return false;
}

static bool
read_pair(struct reader *r, const struct query_pair *pair)
{
    struct arena *arena = r->call->request->arena;
    enum scope scope = r->records ? OF_RECORDS : OF_NOTES;
    struct text name, value;

    if (!percent_decode(pair->name, true, arena, &name) || !percent_decode(pair->value, true, arena, &value))
        return refuse(r->call, pair->name, "this is not percent-encoded UTF-8");
    for (size_t i = 0; i < KEYS; i++) {
        if ((keys[i].scope != OF_BOTH && keys[i].scope != scope) || !text_equal(name, text_of(keys[i].name)))
            continue;
        return keys[i].read(r->q, value) ||
               refuse(r->call, name, arena_print(arena, "expected %s", keys[i].wanted).data);
    }
    r->members[r->member_count++] = (struct query_pair){ .name = name, .value = value };
    return true;
}

/* The text itself, and what it is as JSON: 5 is "5" and 5. */
static void
write_wanted(struct json_writer *w, struct text value, struct arena *arena)
{
    struct document document;

    json_string(w, value);
    if (document_parse(&document, value, NULL, arena, NULL) == 0 && document.root->type < VALUE_ARRAY)
        json_value(w, document.root);
}

/* { name: [every value that was given for it] }; a name that comes twice means any of its values. */
static bool
write_where(struct reader *r, struct buffer *json)
{
    struct json_writer w;

    json_begin(&w, json, 0);
    json_object(&w);
    for (size_t i = 0; i < r->member_count; i++) {
        struct text name = r->members[i].name;
        size_t first = 0;

        while (!text_equal(r->members[first].name, name))
            first++;
        if (first < i)
            continue;
        json_key(&w, name);
        json_array(&w);
        for (size_t j = i; j < r->member_count; j++)
            if (text_equal(r->members[j].name, name))
                write_wanted(&w, r->members[j].value, r->call->request->arena);
        json_end_array(&w);
    }
    json_end_object(&w);
    return !buffer_failed(json);
}

static bool
make_where(struct reader *r)
{
    struct arena *arena = r->call->request->arena;
    struct document document;
    struct buffer json;
    struct text copy;
    bool made;

    if (r->member_count == 0)
        return true;
    buffer_init(&json, 16 * LIMIT_REQUEST_LINE);
    copy = write_where(r, &json) ? arena_text(arena, buffer_text(&json)) : text_make(NULL, 0);
    buffer_release(&json);
    made = copy.data != NULL && document_parse(&document, copy, NULL, arena, NULL) == 0;
    if (made)
        r->q->where = document.root;
    else
        api_problem(r->call, 503, TEXT("no memory"));
    return made;
}

bool
sandbox_query_read(struct sandbox_query *q, struct api_call *call, bool records)
{
    struct text rest = call->request->message.query;
    struct reader r = { .q = q, .call = call, .records = records };
    struct query_pair pair;

    *q = (struct sandbox_query){ .limit = SANDBOX_LIMIT };
    r.members = ARENA_ARRAY(call->request->arena, struct query_pair, rest.length + 1); /* a pair takes up a byte */
    if (r.members == NULL) {
        api_problem(call, 503, TEXT("no memory"));
        return false;
    }
    while (query_next(&rest, &pair))
        if (!read_pair(&r, &pair))
            return false;
    return make_where(&r);
}
