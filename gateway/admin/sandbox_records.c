/* sandbox_records.c -- lists of notes and collections of records, a page at a time. */
#include "admin/sandbox_page.h"
#include "base/limits.h"

#define ANSWER_MOST (8 * LIMIT_MIB) /* then the rest is another page's */

/* Lists that a service may write to without saying so anywhere: they are there also while they are empty. */
static const char *const usual_lists[] = { "outbox", "events", "audit", "alerts", "webhooks" };
#define USUAL_LISTS (sizeof(usual_lists) / sizeof(usual_lists[0]))

/* ---- notes ---- */

/* A page of something that may go on: at most so many, and not more bytes than ANSWER_MOST. */
struct rows {
    struct json_writer *w;
    struct arena *arena;
    uint64_t left, last;
    bool more;
};

static bool
has_room(struct rows *rows)
{
    rows->more = rows->left == 0 || buffer_length(rows->w->out) > ANSWER_MOST;
    if (!rows->more)
        rows->left--;
    return !rows->more;
}

static bool
is_ours(struct text name)
{
    return text_equal(name, TEXT("number")) || text_equal(name, TEXT("service")) || text_equal(name, TEXT("at"));
}

/* Its own members are behind ours, which win. */
static bool
write_note(void *arg, uint64_t number, struct text service, struct text at, struct text json)
{
    struct rows *rows = arg;
    struct arena_mark mark = arena_mark(rows->arena);
    struct document document;

    if (!has_room(rows))
        return false;
    json_object(rows->w);
    write_number(rows->w, "number", number);
    write_text(rows->w, "service", service);
    write_text(rows->w, "at", at);
    if (document_parse(&document, json, NULL, rows->arena, NULL) == 0 && document.root->type == VALUE_OBJECT)
        for (VALUE_EACH_MEMBER(name, document.root))
            if (!is_ours(value_text(name))) {
                json_key(rows->w, value_text(name));
                json_value(rows->w, value_next(name));
            }
    json_end_object(rows->w);
    arena_rewind(rows->arena, mark);
    rows->last = number;
    return true;
}

static bool
is_usual(struct text list)
{
    for (size_t i = 0; i < USUAL_LISTS; i++)
        if (text_equal(list, text_of(usual_lists[i])))
            return true;
    return false;
}

struct search {
    struct text wanted, previous; /* lists of one name come one after the other, by service */
    bool found;
    struct sandbox_names names;
    struct arena *arena;
};

static bool
on_list(void *arg, struct text service, struct text name, uint64_t count)
{
    struct search *search = arg;

    search->found = text_equal(name, search->wanted);
    if (!is_usual(name) && !text_equal(name, search->previous))
        (void)sandbox_names_add(&search->names, service, name, count);
    search->previous = arena_text(search->arena, name);
    return !search->found;
}

/* Is there such a list? Some are always there. */
static enum sandbox_written
find_list(struct sandbox_page *page, struct error *err)
{
    struct search search = { .wanted = page->call->name, .arena = page->call->request->arena };
    int result;

    if (is_usual(search.wanted))
        return SANDBOX_WRITTEN;
    sandbox_names_begin(&search.names, false);
    for (size_t i = 0; i < USUAL_LISTS; i++)
        (void)sandbox_names_add(&search.names, TEXT("any"), text_of(usual_lists[i]), 0);
    result = store_note_lists(page->store, on_list, &search, err);
    if (result == 0 && !search.found)
        return sandbox_page_names(page, 404, "path list", "there is no list of this name", &search.names);
    sandbox_names_end(&search.names);
    return result < 0 ? SANDBOX_FAILED : SANDBOX_WRITTEN;
}

static enum sandbox_written
write_notes(struct sandbox_page *page, struct error *err)
{
    const struct sandbox_query *q = page->query;
    struct rows rows = { .w = page->w, .arena = page->call->request->arena, .left = q->limit };
    struct store_notes_query query = {
        .list = page->call->name, .service = q->service, .where = q->where, .after = q->after, .newest = q->newest
    };
    enum sandbox_written found = find_list(page, err);

    if (found != SANDBOX_WRITTEN)
        return found;
    json_object(page->w);
    write_text(page->w, "list", query.list);
    write_key(page->w, "notes");
    json_array(page->w);
    if (store_notes(page->store, &query, write_note, &rows, err) < 0)
        return SANDBOX_FAILED;
    json_end_array(page->w);
    write_key(page->w, "next");
    if (rows.more && !q->newest)
        json_integer(page->w, (int64_t)rows.last);
    else
        json_null(page->w);
    json_end_object(page->w);
    return SANDBOX_WRITTEN;
}

void
api_sandbox_notes(struct api_call *call)
{
    struct sandbox_query query;

    if (sandbox_query_read(&query, call, false))
        sandbox_page_answer(call, write_notes, &query);
}

/* ---- records ---- */

static bool
write_record(void *arg, struct text id, struct text json, uint64_t version)
{
    struct rows *rows = arg;

    if (!has_room(rows))
        return false;
    json_object(rows->w);
    write_text(rows->w, "id", id);
    write_number(rows->w, "version", version);
    write_key(rows->w, "record");
    json_raw(rows->w, json);
    json_end_object(rows->w);
    rows->last++;
    return true;
}

/* The one that is named; nothing when there is none. */
static int
write_one_record(struct sandbox_page *page, struct rows *rows, uint64_t *total, struct error *err)
{
    const struct store_key key = { page->query->service, page->query->collection, page->query->id };
    struct buffer json;
    uint64_t version;
    int found;

    buffer_init(&json, LIMIT_STORE_RECORD);
    found = store_get(page->store, &key, &json, &version, err);
    if (found > 0)
        (void)write_record(rows, key.id, buffer_text(&json), version);
    *total = found > 0;
    buffer_release(&json);
    return found < 0 ? -1 : 0;
}

static int
write_some_records(struct sandbox_page *page, struct rows *rows, uint64_t *total, struct error *err)
{
    const struct sandbox_query *q = page->query;
    const struct store_query query = {
        .service = q->service, .collection = q->collection, .where = q->where, .order = q->order, .offset = q->offset
    };

    return store_list(page->store, &query, write_record, rows, total, err);
}

static enum sandbox_written
tell_collections(struct sandbox_page *page, struct error *err)
{
    struct sandbox_names names;

    sandbox_names_begin(&names, true);
    if (store_collections(page->store, sandbox_names_add, &names, err) < 0) {
        sandbox_names_end(&names);
        return SANDBOX_FAILED;
    }
    return sandbox_page_names(page, 400, page->query->service.length == 0 ? "query service" : "query collection",
                              "name a service and a collection of it", &names);
}

static enum sandbox_written
write_records(struct sandbox_page *page, struct error *err)
{
    const struct sandbox_query *q = page->query;
    struct rows rows = { .w = page->w, .left = q->limit };
    uint64_t total = 0;

    if (q->service.length == 0 || q->collection.length == 0)
        return tell_collections(page, err);
    json_object(page->w);
    write_text(page->w, "service", q->service);
    write_text(page->w, "collection", q->collection);
    write_key(page->w, "records");
    json_array(page->w);
    if ((q->id.length > 0 ? write_one_record : write_some_records)(page, &rows, &total, err) < 0)
        return SANDBOX_FAILED;
    json_end_array(page->w);
    write_number(page->w, "total", total);
    write_key(page->w, "next");
    if (rows.more)
        json_integer(page->w, (int64_t)(q->offset + rows.last));
    else
        json_null(page->w);
    json_end_object(page->w);
    return SANDBOX_WRITTEN;
}

void
api_sandbox_records(struct api_call *call)
{
    struct sandbox_query query;

    if (sandbox_query_read(&query, call, true))
        sandbox_page_answer(call, write_records, &query);
}
