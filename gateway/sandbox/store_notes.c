/* store_notes.c -- what the store keeps besides records: counters, notes, jobs, and the sandbox's own few texts. */
#include "base/limits.h"
#include "sandbox/store_internal.h"

int
store_next(struct store *s, struct text service, struct text name, uint64_t *number, struct error *err)
{
    int64_t next = 0;
    struct sql_use use;

    if (store_use(s, SQL_COUNTER_NEXT, &use, err) < 0)
        return -1;
    sql_text(&use, service);
    sql_text(&use, name);
    if (store_run_number(s, &use, &next, err) < 0)
        return -1;
    *number = (uint64_t)next;
    return 0;
}

/* ---- notes ---- */

int
store_note(struct store *s, struct text service, struct text list, struct text at, struct text json, uint64_t *number,
           struct error *err)
{
    int64_t given = 0;
    struct sql_use use;

    if (!store_fits(json, "note", err) || store_use(s, SQL_NOTE_ADD, &use, err) < 0)
        return -1;
    sql_text(&use, service);
    sql_text(&use, list);
    sql_text(&use, at);
    sql_text(&use, json);
    if (store_run_number(s, &use, &given, err) < 0)
        return -1;
    if (number != NULL)
        *number = (uint64_t)given;
    return 0;
}

int
store_renote(struct store *s, uint64_t number, struct text json, struct error *err)
{
    struct sql_use use;

    if (!store_fits(json, "note", err) || store_use(s, SQL_NOTE_CHANGE, &use, err) < 0)
        return -1;
    sql_text(&use, json);
    sql_number(&use, (int64_t)number);
    return store_run(s, &use, err);
}

int
store_notes(struct store *s, const struct store_notes_query *query, store_note_fn *found, void *arg, struct error *err)
{
    uint64_t left = query->limit > 0 && query->limit < LIMIT_STORE_LIST ? query->limit : LIMIT_STORE_LIST;
    struct sql_use use;
    int result = 0;

    if (store_use(s, query->newest ? SQL_NOTE_LIST_NEWEST : SQL_NOTE_LIST, &use, err) < 0)
        return -1;
    sql_text(&use, query->list);
    sql_number(&use, query->after < INT64_MAX ? (int64_t)query->after : INT64_MAX);
    sql_text(&use, query->service);
    sql_where(&use, query->where);
    while (left-- > 0 && (result = store_step(s, &use, err)) > 0)
        if (!found(arg, (uint64_t)sql_column_number(&use, 0), sql_column_text(&use, 1), sql_column_text(&use, 2),
                   sql_column_text(&use, 3)))
            break;
    sql_end(&use);
    return result < 0 ? -1 : 0;
}

/* ---- jobs ---- */

int
store_job_add(struct store *s, const struct store_job *job, struct error *err)
{
    struct sql_use use;

    if (!store_fits(job->argument, "job", err) || store_use(s, SQL_JOB_ADD, &use, err) < 0)
        return -1;
    sql_number(&use, job->due);
    sql_text(&use, job->service);
    sql_text(&use, job->name);
    sql_text(&use, job->argument);
    return store_run(s, &use, err);
}

/* From the row of SQL_JOB_EARLIEST. */
static int
copy_job(const struct sql_use *use, struct store_job *job, struct arena *arena, struct error *err)
{
    *job = (struct store_job){
        .due = sql_column_number(use, 0),
        .service = arena_text(arena, sql_column_text(use, 2)),
        .name = arena_text(arena, sql_column_text(use, 3)),
        .argument = arena_text(arena, sql_column_text(use, 4)),
    };
    return job->service.data != NULL && job->name.data != NULL && job->argument.data != NULL ? 0 : error_memory(err);
}

int
store_job_next(struct store *s, int64_t now, struct store_job *job, struct arena *arena, struct error *err)
{
    int64_t number = 0;
    struct sql_use use;
    int result;

    if (store_use(s, SQL_JOB_EARLIEST, &use, err) < 0)
        return -1;
    result = store_step(s, &use, err);
    if (result > 0 && sql_column_number(&use, 0) > now)
        result = 0;
    if (result > 0) {
        number = sql_column_number(&use, 1);
        if (copy_job(&use, job, arena, err) < 0)
            result = -1;
    }
    sql_end(&use);
    if (result <= 0)
        return result;
    if (store_use(s, SQL_JOB_REMOVE, &use, err) < 0)
        return -1;
    sql_number(&use, number);
    return store_run(s, &use, err) < 0 ? -1 : 1;
}

int
store_job_earliest(struct store *s, int64_t *due, struct error *err)
{
    struct sql_use use;

    if (store_use(s, SQL_JOB_EARLIEST, &use, err) < 0)
        return -1;
    return store_run_number(s, &use, due, err);
}

/* ---- the sandbox's own ---- */

int
store_meta_get(struct store *s, struct text name, struct buffer *text, struct error *err)
{
    struct sql_use use;
    int result;

    if (store_use(s, SQL_META_GET, &use, err) < 0)
        return -1;
    sql_text(&use, name);
    result = store_step(s, &use, err);
    if (result > 0 && !store_give(text, sql_column_text(&use, 0), err))
        result = -1;
    sql_end(&use);
    return result;
}

int
store_meta_put(struct store *s, struct text name, struct text text, struct error *err)
{
    struct sql_use use;

    if (!store_fits(text, "text", err) || store_use(s, SQL_META_PUT, &use, err) < 0)
        return -1;
    sql_text(&use, name);
    sql_text(&use, text);
    return store_run(s, &use, err);
}
