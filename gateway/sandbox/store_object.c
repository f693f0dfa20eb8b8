/* store_object.c -- `store` as scripts see it: the service's own part, in the transaction of the run. */
#include "base/limits.h"
#include "base/time_text.h"
#include "json/write.h"
#include "sandbox/run.h"

/* ---- arguments and results ---- */

static struct store *
store_of(const struct run *r)
{
    return sandbox_state_store(engine_state(r->engine));
}

static int
store_failed(struct script_call *call, const struct error *err)
{
    return script_raise(call, "the store: %s", err->what);
}

/* Collection and id. */
static bool
key_args(struct script_call *call, const struct run *r, struct store_key *key)
{
    key->service = r->service->name;
    return script_arg_text(call, 0, &key->collection) && script_arg_text(call, 1, &key->id) &&
           key->collection.length > 0 && key->id.length > 0;
}

/* Argument `index` as JSON; its ceiling is that of a record. */
static bool
json_arg(struct script_call *call, uint32_t index, struct buffer *json, const char **why)
{
    *why = "it is larger than a record may be";
    buffer_init(json, LIMIT_STORE_RECORD);
    return script_arg_json(call, index, json, why);
}

static const struct value *
parse(struct run *r, struct text json)
{
    struct document document;

    return document_parse(&document, arena_text(r->arena, json), NULL, r->arena, NULL) == 0 ? document.root : NULL;
}

static int
return_record(struct script_call *call, struct run *r, struct text json)
{
    const struct value *value = parse(r, json);

    return value != NULL ? script_return_value(call, value) : script_raise(call, "no memory");
}

/* ---- If-Match (RFC 9110 13.1.1) ---- */

/* Is the version among the entity tags? Weak ones never match (8.8.3.2). */
static bool
matches(struct text condition, bool exists, uint64_t version, struct arena *arena)
{
    struct text tag = arena_print(arena, "\"%llu\"", (unsigned long long)version), rest = condition, one;

    if (text_equal(text_trim(condition), TEXT("*")))
        return exists;
    while (exists && header_list_next(&rest, &one))
        if (text_equal(text_trim(one), tag))
            return true;
    return false;
}

/* Does the condition in argument `index` hold? A nil one does. False: *result is what the function gives. */
static bool
condition_holds(struct script_call *call, struct run *r, uint32_t index, const struct store_key *key, int *result)
{
    struct error err = { .kind = ERROR_NONE };
    struct text condition;
    uint64_t version = 0;
    int found;

    if (script_arg_is_nil(call, index))
        return true;
    if (!script_arg_text(call, index, &condition)) {
        *result = script_raise(call, "if_match is the value of If-Match, a text");
        return false;
    }
    found = store_get(store_of(r), key, NULL, &version, &err);
    if (found < 0) {
        *result = store_failed(call, &err);
        return false;
    }
    if (matches(condition, found == 1, version, r->arena))
        return true;
    *result = script_raise_value(
        call, parse(r, TEXT("{\"refuse\":{\"status\":412,\"detail\":\"It has changed since: read it again.\"}}")));
    return false;
}

/* ---- records ---- */

static int
on_get(struct script_call *call, void *arg)
{
    struct run *r = arg;
    struct error err = { .kind = ERROR_NONE };
    struct store_key key;
    struct buffer json;
    uint64_t version;
    int found, results;

    if (!key_args(call, r, &key))
        return script_raise(call, "store:get(collection, id) wants two texts");
    buffer_init(&json, LIMIT_STORE_RECORD);
    found = store_get(store_of(r), &key, &json, &version, &err);
    if (found < 0) {
        results = store_failed(call, &err);
    } else if (found == 0) {
        results = script_return_nil(call);
    } else {
        results = return_record(call, r, buffer_text(&json));
        if (results >= 0)
            results = script_return_integer(call, (int64_t)version);
    }
    buffer_release(&json);
    return results;
}

static int
on_put(struct script_call *call, void *arg)
{
    struct run *r = arg;
    struct error err = { .kind = ERROR_NONE };
    struct store_key key;
    struct buffer json;
    uint64_t version;
    const char *why;
    int results;

    if (!key_args(call, r, &key))
        return script_raise(call, "store:put(collection, id, record, if_match) wants a collection and an id that are "
                                  "texts");
    if (!condition_holds(call, r, 3, &key, &results))
        return results;
    if (!json_arg(call, 2, &json, &why))
        results = script_raise(call, "store:put: the record cannot be kept: %s", why);
    else if (!text_starts(buffer_text(&json), TEXT("{")))
        results = script_raise(call, "store:put: a record is an object");
    else if (store_put(store_of(r), &key, buffer_text(&json), &version, &err) < 0)
        results = store_failed(call, &err);
    else
        results = script_return_integer(call, (int64_t)version);
    buffer_release(&json);
    return results;
}

static int
on_delete(struct script_call *call, void *arg)
{
    struct run *r = arg;
    struct error err = { .kind = ERROR_NONE };
    struct store_key key;
    int result;

    if (!key_args(call, r, &key))
        return script_raise(call, "store:delete(collection, id, if_match) wants two texts");
    if (!condition_holds(call, r, 2, &key, &result))
        return result;
    result = store_delete(store_of(r), &key, &err);
    return result < 0 ? store_failed(call, &err) : script_return_boolean(call, result == 1);
}

/* ---- lists ---- */

struct gathering {
    struct json_writer w;
    struct buffer json;
};

static void
gathering_begin(struct gathering *g)
{
    buffer_init(&g->json, LIMIT_SANDBOX_BODY);
    json_begin(&g->w, &g->json, 0);
    json_array(&g->w);
}

/* The list as a result. */
static int
gathering_end(struct gathering *g, struct script_call *call, struct run *r)
{
    int results;

    json_end_array(&g->w);
    results = buffer_failed(&g->json) ? script_raise(call, "the list is too large: ask for fewer with limit")
                                      : return_record(call, r, buffer_text(&g->json));
    return results;
}

static bool
on_record(void *arg, struct text id, struct text json, uint64_t version)
{
    struct gathering *g = arg;

    (void)id;
    (void)version;
    json_raw(&g->w, json);
    return !buffer_failed(&g->json);
}

/* A whole number of the options; `otherwise` where there is none. */
static uint64_t
number_option(const struct value *options, struct text name, uint64_t otherwise)
{
    const struct value *v = value_member(options, name);
    uint64_t number;

    return value_is(v, VALUE_NUMBER) && text_to_u64(value_text(v), &number) ? number : otherwise;
}

/* The table of argument `index`; NULL: there is none. False: *result is what the function gives. */
static bool
table_arg(struct script_call *call, struct run *r, uint32_t index, const struct value **table, int *result)
{
    struct buffer json;
    const char *why;

    *table = NULL;
    if (script_arg_is_nil(call, index))
        return true;
    if (json_arg(call, index, &json, &why))
        *table = parse(r, buffer_text(&json));
    buffer_release(&json);
    if (value_is(*table, VALUE_OBJECT))
        return true;
    *result = script_raise(call, "a table with names is wanted here");
    return false;
}

static int
on_list(struct script_call *call, void *arg)
{
    struct run *r = arg;
    struct store_query query = { .service = r->service->name };
    struct error err = { .kind = ERROR_NONE };
    const struct value *options;
    struct gathering g;
    uint64_t total;
    int results;

    if (!script_arg_text(call, 0, &query.collection))
        return script_raise(call, "store:list(collection, { where, order, offset, limit }) wants a collection");
    if (!table_arg(call, r, 1, &options, &results))
        return results;
    query.where = VALUE_MEMBER(options, "where");
    query.offset = number_option(options, TEXT("offset"), 0);
    query.limit = number_option(options, TEXT("limit"), 0);
    if (value_is(VALUE_MEMBER(options, "order"), VALUE_STRING))
        query.order = value_text(VALUE_MEMBER(options, "order"));
    gathering_begin(&g);
    if (store_list(store_of(r), &query, on_record, &g, &total, &err) < 0) {
        results = store_failed(call, &err);
    } else {
        results = gathering_end(&g, call, r);
        if (results >= 0)
            results = script_return_integer(call, (int64_t)total);
    }
    buffer_release(&g.json);
    return results;
}

static bool
on_none(void *arg, struct text id, struct text json, uint64_t version)
{
    (void)arg;
    (void)id;
    (void)json;
    (void)version;
    return false;
}

static int
on_count(struct script_call *call, void *arg)
{
    struct run *r = arg;
    struct store_query query = { .service = r->service->name, .limit = 1 };
    struct error err = { .kind = ERROR_NONE };
    uint64_t total;
    int results;

    if (!script_arg_text(call, 0, &query.collection))
        return script_raise(call, "store:count(collection, where) wants a collection");
    if (!table_arg(call, r, 1, &query.where, &results))
        return results;
    if (store_list(store_of(r), &query, on_none, NULL, &total, &err) < 0)
        return store_failed(call, &err);
    return script_return_integer(call, (int64_t)total);
}

/* ---- counters ---- */

/* The number in the place of the one %d of the format, as "ORD%05d"; there is no other conversion. */
static bool
print_number(struct buffer *out, struct text format, uint64_t number)
{
    size_t percent = text_find(format, '%'), at = percent + 1;
    uint64_t width = 0;
    struct text digits;

    if (percent == format.length)
        return false;
    while (at < format.length && format.data[at] >= '0' && format.data[at] <= '9')
        at++;
    digits = text_slice(format, percent + 1, at - percent - 1);
    if (at >= format.length || format.data[at] != 'd' || (digits.length > 0 && !text_to_u64(digits, &width)) ||
        width > 64 || text_find(text_from(format, at + 1), '%') < format.length - at - 1)
        return false;
    buffer_add(out, text_slice(format, 0, percent));
    buffer_print(out, digits.length > 0 && digits.data[0] == '0' ? "%0*llu" : "%*llu", (int)width,
                 (unsigned long long)number);
    buffer_add(out, text_from(format, at + 1));
    return true;
}

static int
on_next_id(struct script_call *call, void *arg)
{
    struct run *r = arg;
    struct error err = { .kind = ERROR_NONE };
    struct text name, format;
    struct buffer id;
    uint64_t number;
    int results;

    if (!script_arg_text(call, 0, &name))
        return script_raise(call, "store:next_id(name, format) wants a name");
    if (store_next(store_of(r), r->service->name, name, &number, &err) < 0)
        return store_failed(call, &err);
    if (!script_arg_text(call, 1, &format))
        return script_return_integer(call, (int64_t)number);
    buffer_init(&id, LIMIT_KIB);
    results = print_number(&id, format, number)
                  ? script_return_text(call, arena_text(r->arena, buffer_text(&id)))
                  : script_raise(call, "store:next_id: a format has one %%d in it, as in \"ORD%%05d\"");
    buffer_release(&id);
    return results;
}

/* ---- notes ---- */

static int
on_note(struct script_call *call, void *arg)
{
    struct run *r = arg;
    struct text at = time_text_rfc3339(sandbox_state_now(engine_state(r->engine)), 0), list;
    struct error err = { .kind = ERROR_NONE };
    struct buffer json;
    const char *why;
    uint64_t number;
    int results;

    if (!script_arg_text(call, 0, &list) || list.length == 0)
        return script_raise(call, "store:note(list, object) wants the name of a list");
    if (!json_arg(call, 1, &json, &why))
        results = script_raise(call, "store:note: this cannot be kept: %s", why);
    else if (!text_starts(buffer_text(&json), TEXT("{")))
        results = script_raise(call, "store:note: a note is an object");
    else if (store_note(store_of(r), r->service->name, list, at, buffer_text(&json), &number, &err) < 0)
        results = store_failed(call, &err);
    else
        results = script_return_integer(call, (int64_t)number);
    buffer_release(&json);
    return results;
}

static bool
on_noted(void *arg, uint64_t number, struct text service, struct text at, struct text json)
{
    struct gathering *g = arg;

    (void)number;
    (void)service;
    (void)at;
    json_raw(&g->w, json);
    return !buffer_failed(&g->json);
}

static int
on_notes(struct script_call *call, void *arg)
{
    struct run *r = arg;
    struct store_notes_query query = { .service = r->service->name };
    struct error err = { .kind = ERROR_NONE };
    struct gathering g;
    int results;

    if (!script_arg_text(call, 0, &query.list))
        return script_raise(call, "store:notes(list, where) wants the name of a list");
    if (!table_arg(call, r, 1, &query.where, &results))
        return results;
    gathering_begin(&g);
    results = store_notes(store_of(r), &query, on_noted, &g, &err) < 0 ? store_failed(call, &err)
                                                                       : gathering_end(&g, call, r);
    buffer_release(&g.json);
    return results;
}

const struct script_method store_methods[] = {
    { "get", on_get },         { "put", on_put },   { "delete", on_delete }, { "list", on_list }, { "count", on_count },
    { "next_id", on_next_id }, { "note", on_note }, { "notes", on_notes },   { NULL, NULL },
};
