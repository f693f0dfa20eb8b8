/* store.c -- transactions and records. The lock is the transaction: taken when it begins, given back when it ends. */
#include "sandbox/store.h"

#include <assert.h>
#include <stdlib.h>

#include "base/limits.h"
#include "sandbox/store_internal.h"

struct store *
store_open(const char *path, struct error *err)
{
    struct store *s = calloc(1, sizeof *s);

    if (s == NULL || pthread_mutex_init(&s->lock, NULL) != 0) {
        free(s);
        error_memory(err);
        return NULL;
    }
    atomic_init(&s->references, 1);
    s->sql = sql_open(path, LIMIT_STORE_BYTES, err);
    if (s->sql == NULL) {
        store_drop(s);
        return NULL;
    }
    return s;
}

struct store *
store_hold(struct store *s)
{
    atomic_fetch_add_explicit(&s->references, 1, memory_order_relaxed);
    return s;
}

void
store_drop(struct store *s)
{
    if (s == NULL || atomic_fetch_sub_explicit(&s->references, 1, memory_order_acq_rel) > 1)
        return;
    assert(!s->begun);
    sql_close(s->sql);
    (void)pthread_mutex_destroy(&s->lock);
    free(s);
}

/* ---- statements within a transaction ---- */

int
store_use(struct store *s, enum sql_statement statement, struct sql_use *use, struct error *err)
{
    assert(s->begun && pthread_equal(s->owner, pthread_self()));
    if (s->failure.kind != ERROR_NONE) {
        if (err != NULL && err->kind == ERROR_NONE)
            *err = s->failure;
        return -1;
    }
    *use = sql_use(s->sql, statement);
    return 0;
}

int
store_step(struct store *s, struct sql_use *use, struct error *err)
{
    int result = sql_step(use, &s->failure);

    if (result < 0 && err != NULL && err->kind == ERROR_NONE)
        *err = s->failure;
    return result;
}

int
store_run(struct store *s, struct sql_use *use, struct error *err)
{
    int result = store_step(s, use, err);

    sql_end(use);
    return result;
}

int
store_run_number(struct store *s, struct sql_use *use, int64_t *number, struct error *err)
{
    int result = store_step(s, use, err);

    if (result > 0 && number != NULL)
        *number = sql_column_number(use, 0);
    sql_end(use);
    return result;
}

bool
store_give(struct buffer *out, struct text t, struct error *err)
{
    buffer_add(out, t);
    if (!buffer_failed(out))
        return true;
    error_set(err, ERROR_ENVIRONMENT, NULL, "no room for the %zu bytes of a record", t.length);
    return false;
}

bool
store_fits(struct text json, const char *what, struct error *err)
{
    if (json.length <= LIMIT_STORE_RECORD)
        return true;
    error_set(err, ERROR_INPUT, NULL, "a %s of %zu bytes is too large for the sandbox: at most %zu MiB", what,
              json.length, LIMIT_STORE_RECORD / LIMIT_MIB);
    return false;
}

/* ---- transactions ---- */

/* COMMIT or ROLLBACK, and the lock goes. */
static void
end(struct store *s)
{
    s->begun = false;
    error_clear(&s->failure);
    (void)pthread_mutex_unlock(&s->lock);
}

int
store_begin(struct store *s, struct error *err)
{
    struct sql_use use;

    (void)pthread_mutex_lock(&s->lock);
    s->begun = true;
    s->owner = pthread_self();
    if (store_use(s, SQL_BEGIN, &use, err) == 0 && store_run(s, &use, err) == 0)
        return 0;
    store_rollback(s);
    return -1;
}

int
store_commit(struct store *s, struct error *err)
{
    struct sql_use use;

    if (store_use(s, SQL_COMMIT, &use, err) == 0 && store_run(s, &use, err) == 0) {
        end(s);
        return 0;
    }
    store_rollback(s);
    return -1;
}

void
store_rollback(struct store *s)
{
    struct sql_use use = sql_use(s->sql, SQL_ROLLBACK);

    assert(s->begun && pthread_equal(s->owner, pthread_self()));
    if (sql_in_transaction(s->sql)) {
        (void)sql_step(&use, NULL);
        sql_end(&use);
    }
    end(s);
}

/* ---- records ---- */

static void
bind_key(struct sql_use *use, const struct store_key *key)
{
    sql_text(use, key->service);
    sql_text(use, key->collection);
    sql_text(use, key->id);
}

int
store_get(struct store *s, const struct store_key *key, struct buffer *json, uint64_t *version, struct error *err)
{
    struct sql_use use;
    int result;

    if (store_use(s, SQL_RECORD_GET, &use, err) < 0)
        return -1;
    bind_key(&use, key);
    result = store_step(s, &use, err);
    if (result > 0 && json != NULL && !store_give(json, sql_column_text(&use, 0), err))
        result = -1;
    if (result > 0 && version != NULL)
        *version = (uint64_t)sql_column_number(&use, 1);
    sql_end(&use);
    return result;
}

/* Change the record that is there, or add one: 1 with its version, 0: there is none to change, -1. */
static int
put_by(struct store *s, enum sql_statement statement, const struct store_key *key, struct text json, int64_t *version,
       struct error *err)
{
    struct sql_use use;

    if (store_use(s, statement, &use, err) < 0)
        return -1;
    bind_key(&use, key);
    sql_text(&use, json);
    return store_run_number(s, &use, version, err);
}

int
store_put(struct store *s, const struct store_key *key, struct text json, uint64_t *version, struct error *err)
{
    int64_t number = 0;
    int result;

    if (!store_fits(json, "record", err))
        return -1;
    result = put_by(s, SQL_RECORD_CHANGE, key, json, &number, err);
    if (result == 0)
        result = put_by(s, SQL_RECORD_ADD, key, json, &number, err);
    if (result > 0 && version != NULL)
        *version = (uint64_t)number;
    return result < 0 ? -1 : 0;
}

int
store_delete(struct store *s, const struct store_key *key, struct error *err)
{
    struct sql_use use;

    if (store_use(s, SQL_RECORD_DELETE, &use, err) < 0)
        return -1;
    bind_key(&use, key);
    return store_run(s, &use, err);
}

/* The statement for this order, its name of a member bound. */
static int
use_list(struct store *s, const struct store_query *query, struct sql_use *use, struct error *err)
{
    bool down = text_starts(query->order, TEXT("-"));
    enum sql_statement statement = query->order.length == 0 ? SQL_RECORD_LIST
                                   : down                   ? SQL_RECORD_LIST_DOWN
                                                            : SQL_RECORD_LIST_UP;

    if (store_use(s, statement, use, err) < 0)
        return -1;
    sql_text(use, query->service);
    sql_text(use, query->collection);
    sql_where(use, query->where);
    if (query->order.length > 0)
        sql_text(use, text_from(query->order, down ? 1 : 0));
    return 0;
}

int
store_list(struct store *s, const struct store_query *query, store_found_fn *found, void *arg, uint64_t *total,
           struct error *err)
{
    uint64_t limit = query->limit > 0 && query->limit < LIMIT_STORE_LIST ? query->limit : LIMIT_STORE_LIST;
    uint64_t matched = 0, given = 0;
    bool enough = false;
    struct sql_use use;
    int result;

    if (use_list(s, query, &use, err) < 0)
        return -1;
    while ((!enough || total != NULL) && (result = store_step(s, &use, err)) > 0) { /* one pass gives the total, too */
        if (matched++ < query->offset || enough)
            continue;
        enough = !found(arg, sql_column_text(&use, 0), sql_column_text(&use, 1), (uint64_t)sql_column_number(&use, 2));
        enough = ++given == limit || enough;
    }
    sql_end(&use);
    if (total != NULL)
        *total = matched;
    return result < 0 ? -1 : 0;
}

/* Names with how many there are of each. */
static int
tell_counts(struct store *s, enum sql_statement statement, store_name_fn *found, void *arg, struct error *err)
{
    struct sql_use use;
    int result;

    if (store_use(s, statement, &use, err) < 0)
        return -1;
    while ((result = store_step(s, &use, err)) > 0)
        if (!found(arg, sql_column_text(&use, 0), sql_column_text(&use, 1), (uint64_t)sql_column_number(&use, 2)))
            break;
    sql_end(&use);
    return result < 0 ? -1 : 0;
}

int
store_collections(struct store *s, store_name_fn *found, void *arg, struct error *err)
{
    return tell_counts(s, SQL_RECORD_COUNTS, found, arg, err);
}

int
store_note_lists(struct store *s, store_name_fn *found, void *arg, struct error *err)
{
    return tell_counts(s, SQL_NOTE_COUNTS, found, arg, err);
}

/* ---- all of it ---- */

int
store_clear(struct store *s, struct error *err)
{
    static const enum sql_statement all[] = { SQL_CLEAR_RECORDS, SQL_CLEAR_COUNTERS, SQL_CLEAR_NOTES, SQL_CLEAR_JOBS,
                                              SQL_CLEAR_META };

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        struct sql_use use;

        if (store_use(s, all[i], &use, err) < 0 || store_run(s, &use, err) < 0)
            return -1;
    }
    return 0;
}

bool
store_is_empty(struct store *s)
{
    struct sql_use use;

    return store_use(s, SQL_ANYTHING, &use, NULL) == 0 && store_run(s, &use, NULL) == 0;
}
