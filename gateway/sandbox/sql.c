/* sql.c -- one SQLite connection, its statements, and its failures in words.
 *
 * A file is locked for as long as it is open (locking_mode EXCLUSIVE): SQLite then keeps the index of its log in memory
 * and asks the system for no locks between two transactions. */
#include "sandbox/sql.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/random.h"
#include "json/number.h"
#include "sandbox/match.h"

#define APPLICATION_ID 0x506c756d /* "Plum": what `file` and we know a state by */
#define STATE_VERSION  1
#define PAGE_BYTES     4096
#define QUERY_MEMORY   ((size_t)256 << 20) /* for the tape of one record */
#define OPEN_TRIES     10                  /* two that start at once get in each other's way; one must win */

struct sql {
    sqlite3 *db;
    sqlite3_stmt *statements[SQL_STATEMENT_COUNT];
    struct arena *arena; /* the tape of the record that is being looked at */
    char *path;          /* for messages; NULL: in memory */
    uint64_t most;
};

#define STATEMENT(name, text) text,
static const char *const statements[] = { SQL_STATEMENTS(STATEMENT) };

/* ---- failures ---- */

static int
sql_error(const struct sql *sql, int code, struct error *err)
{
    const char *where = sql->path != NULL ? sql->path : "sandbox state in memory";
    int cause = sql->db != NULL ? sqlite3_system_errno(sql->db) : 0;

    switch (code & 0xff) {
    case SQLITE_NOMEM:
        return error_memory(err);
    case SQLITE_BUSY:
        return error_set(err, ERROR_ENVIRONMENT, where, "another plumbline has it open; stop it or name another file");
    case SQLITE_NOTADB:
        return error_set(err, ERROR_CONFIG, where,
                         "is no sandbox state of this version; delete it or name another file");
    case SQLITE_CORRUPT:
        return error_set(err, ERROR_CONFIG, where, "the sandbox state is damaged; delete it or name another file");
    case SQLITE_FULL:
        return error_set(err, ERROR_ENVIRONMENT, where,
                         "no room for more: the disk is full, or the sandbox remembers %llu MiB; reset it",
                         (unsigned long long)(sql->most >> 20));
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_IOERR:
        if (cause != 0)
            return error_system(err, cause, where, "cannot read or write the sandbox state");
        break;
    default:
        break;
    }
    return error_set(err, ERROR_ENVIRONMENT, where, "cannot read or write the sandbox state: %s", sqlite3_errstr(code));
}

/* ---- functions for queries: what SQLite's own JSON functions cannot do with odd names and exact numbers ---- */

/* The record on a tape, until the next one; NULL, with the result set, when it cannot be read. */
static const struct value *
read_record(sqlite3_context *context, sqlite3_value *json)
{
    struct sql *sql = sqlite3_user_data(context);
    struct text source = { (const char *)sqlite3_value_text(json), (size_t)sqlite3_value_bytes(json) };
    struct document_error error = { .what = NULL };
    struct document document;

    arena_reset(sql->arena);
    if (document_parse(&document, source, NULL, sql->arena, &error) == 0)
        return document.root;
    if (error.too_large)
        sqlite3_result_error_nomem(context);
    return NULL;
}

/* matches(json, where) */
static void
sql_matches(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    const struct value *where = sqlite3_value_pointer(arguments[1], "where"), *record;

    (void)count;
    if (where == NULL)
        sqlite3_result_int(context, 1);
    else if ((record = read_record(context, arguments[0])) != NULL)
        sqlite3_result_int(context, match_record(record, where));
}

/* member(json, name): what to sort by. */
static void
sql_member(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    struct text name = { (const char *)sqlite3_value_text(arguments[1]), (size_t)sqlite3_value_bytes(arguments[1]) };
    const struct value *record = read_record(context, arguments[0]);
    const struct value *v = record != NULL ? match_member(record, name) : NULL;
    struct decimal decimal;
    int64_t integer;

    (void)count;
    if (value_is(v, VALUE_STRING)) {
        sqlite3_result_text(context, v->data != NULL ? v->data : "", (int)v->count, SQLITE_TRANSIENT);
    } else if (value_is_boolean(v)) {
        sqlite3_result_int(context, v->type == VALUE_TRUE);
    } else if (value_is(v, VALUE_NUMBER)) {
        decimal_read(&decimal, value_text(v));
        if (decimal_to_i64(&decimal, &integer))
            sqlite3_result_int64(context, integer);
        else
            sqlite3_result_double(context, decimal_to_double(&decimal));
    } /* else NULL, the first of all */
}

/* ---- opening ---- */

static int
pragma_number(sqlite3 *db, const char *question, int64_t *answer)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(db, question, -1, &statement, NULL);

    if (code == SQLITE_OK && (code = sqlite3_step(statement)) == SQLITE_ROW) {
        *answer = sqlite3_column_int64(statement, 0);
        code = SQLITE_OK;
    }
    sqlite3_finalize(statement);
    return code;
}

/* Is it ours, of this version (*fresh: not yet anybody's)? Nothing has been written when this is asked. */
static int
check_identity(sqlite3 *db, bool *fresh)
{
    int64_t application = 0, version = 0, objects = 0;
    int code;

    if ((code = pragma_number(db, "PRAGMA application_id", &application)) != SQLITE_OK ||
        (code = pragma_number(db, "PRAGMA user_version", &version)) != SQLITE_OK ||
        (code = pragma_number(db, "SELECT count(*) FROM sqlite_schema", &objects)) != SQLITE_OK)
        return code;
    *fresh = application == 0 && version == 0 && objects == 0;
    return *fresh || (application == APPLICATION_ID && version == STATE_VERSION) ? SQLITE_OK : SQLITE_NOTADB;
}

static int
create_tables(sqlite3 *db)
{
    char sql[128];

    sqlite3_snprintf((int)sizeof sql, sql, "PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT",
                     APPLICATION_ID, STATE_VERSION);
    return sqlite3_exec(db, "BEGIN IMMEDIATE;" SQL_SCHEMA, NULL, NULL, NULL) == SQLITE_OK
               ? sqlite3_exec(db, sql, NULL, NULL, NULL)
               : sqlite3_errcode(db);
}

/* One row that says "ok", or what is wrong. */
static int
check_pages(sqlite3 *db)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(db, "PRAGMA quick_check(1)", -1, &statement, NULL);

    if (code == SQLITE_OK && (code = sqlite3_step(statement)) == SQLITE_ROW)
        code = strcmp((const char *)sqlite3_column_text(statement, 0), "ok") == 0 ? SQLITE_OK : SQLITE_CORRUPT;
    sqlite3_finalize(statement);
    return code;
}

static int
prepare_all(struct sql *sql)
{
    const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY;
    int code;

    if ((code = sqlite3_create_function(sql->db, "matches", 2, flags, sql, sql_matches, NULL, NULL)) != SQLITE_OK ||
        (code = sqlite3_create_function(sql->db, "member", 2, flags, sql, sql_member, NULL, NULL)) != SQLITE_OK)
        return code;
    for (unsigned i = 0; i < SQL_STATEMENT_COUNT; i++) {
        code = sqlite3_prepare_v3(sql->db, statements[i], -1, SQLITE_PREPARE_PERSISTENT, &sql->statements[i], NULL);
        if (code != SQLITE_OK) /* of a file that is ours: a table is gone or another */
            return code == SQLITE_ERROR ? SQLITE_CORRUPT : code;
    }
    return SQLITE_OK;
}

static int
connect_to(struct sql *sql, const char *name)
{
    char most[64];
    bool fresh;
    int code = sqlite3_open_v2(name, &sql->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);

    if (code != SQLITE_OK)
        return code;
    if (sqlite3_db_readonly(sql->db, "main") == 1)
        return SQLITE_READONLY;
    sqlite3_snprintf((int)sizeof most, most, "PRAGMA max_page_count = %llu", (sqlite3_uint64)(sql->most / PAGE_BYTES));
    if ((code = sqlite3_exec(sql->db, "PRAGMA locking_mode = EXCLUSIVE", NULL, NULL, NULL)) != SQLITE_OK ||
        (code = check_identity(sql->db, &fresh)) != SQLITE_OK ||
        (code = sqlite3_exec(sql->db,
                             "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY; PRAGMA "
                             "secure_delete = OFF;"
                             "PRAGMA journal_size_limit = 16777216",
                             NULL, NULL, NULL)) != SQLITE_OK ||
        (code = fresh ? create_tables(sql->db) : check_pages(sql->db)) != SQLITE_OK ||
        (code = sqlite3_exec(sql->db, most, NULL, NULL, NULL)) != SQLITE_OK)
        return code;
    return prepare_all(sql);
}

static void
disconnect(struct sql *sql)
{
    for (unsigned i = 0; i < SQL_STATEMENT_COUNT; i++) {
        sqlite3_finalize(sql->statements[i]);
        sql->statements[i] = NULL;
    }
    (void)sqlite3_close(sql->db);
    sql->db = NULL;
}

/* What can be told in better words than SQLite's. A new file is for our eyes only; its log gets the same mode. */
static int
check_place(const char *path, struct error *err)
{
    struct stat status;
    int fd;

    if (path[0] == '\0')
        return error_set(err, ERROR_CONFIG, NULL, "the sandbox state has an empty name; name a file");
    if (stat(path, &status) == 0) {
        if (S_ISDIR(status.st_mode))
            return error_set(err, ERROR_CONFIG, path, "the sandbox state cannot be a folder; name a file");
        if (!S_ISREG(status.st_mode))
            return error_set(err, ERROR_CONFIG, path, "the sandbox state must be a regular file; name another");
        if (access(path, W_OK) < 0)
            return error_system(err, errno, path, "cannot write the sandbox state");
        return 0;
    }
    fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 && errno != EEXIST)
        return error_system(err, errno, path, "cannot make the sandbox state");
    if (fd >= 0)
        (void)close(fd);
    return 0;
}

/* As SQLite takes it: ":memory:" and "file:…" would not be names of files. */
static char *
file_name_for(const char *path)
{
    char *name = sqlite3_mprintf("%s%s", path[0] == '/' ? "" : "./", path);

    return name;
}

static void
wait_a_moment(void)
{
    struct timespec pause = { .tv_nsec = 20000000 + (long)(random_system() % 40000000) };

    (void)nanosleep(&pause, NULL);
}

struct sql *
sql_open(const char *path, uint64_t most, struct error *err)
{
    struct sql *sql = calloc(1, sizeof *sql);
    char *name = path != NULL ? file_name_for(path) : sqlite3_mprintf(":memory:");
    int code;

    if (sql == NULL || name == NULL || (sql->arena = arena_new(0, QUERY_MEMORY)) == NULL ||
        (path != NULL && (sql->path = strdup(path)) == NULL)) {
        error_memory(err);
        goto fail;
    }
    sql->most = most;
    if (path != NULL && check_place(path, err) < 0)
        goto fail;
    code = connect_to(sql, name);
    for (int tries = 1; (code & 0xff) == SQLITE_BUSY && tries < OPEN_TRIES; tries++) {
        disconnect(sql);
        wait_a_moment();
        code = connect_to(sql, name);
    }
    if (code != SQLITE_OK) {
        sql_error(sql, code, err);
        goto fail;
    }
    sqlite3_free(name);
    return sql;

fail:
    sqlite3_free(name);
    sql_close(sql);
    return NULL;
}

void
sql_close(struct sql *sql)
{
    if (sql == NULL)
        return;
    disconnect(sql);
    arena_free(sql->arena);
    free(sql->path);
    free(sql);
}

bool
sql_in_transaction(const struct sql *sql)
{
    return sqlite3_get_autocommit(sql->db) == 0;
}

/* ---- one use of a statement ---- */

struct sql_use
sql_use(struct sql *sql, enum sql_statement statement)
{
    return (struct sql_use){ .sql = sql, .statement = sql->statements[statement], .failed = SQLITE_OK };
}

static void
bound(struct sql_use *use, int code)
{
    if (code != SQLITE_OK && use->failed == SQLITE_OK)
        use->failed = code;
}

void
sql_text(struct sql_use *use, struct text t)
{
    bound(use, sqlite3_bind_text64(use->statement, ++use->bound, t.data != NULL ? t.data : "", t.length, SQLITE_STATIC,
                                   SQLITE_UTF8));
}

void
sql_number(struct sql_use *use, int64_t number)
{
    bound(use, sqlite3_bind_int64(use->statement, ++use->bound, number));
}

void
sql_where(struct sql_use *use, const struct value *where)
{
    bound(use, sqlite3_bind_pointer(use->statement, ++use->bound, (void *)(uintptr_t)where, "where", NULL));
}

int
sql_step(struct sql_use *use, struct error *err)
{
    int code = use->failed != SQLITE_OK ? use->failed : sqlite3_step(use->statement);

    if (code == SQLITE_ROW)
        return 1;
    return code == SQLITE_DONE ? 0 : sql_error(use->sql, code, err);
}

struct text
sql_column_text(const struct sql_use *use, int column)
{
    const char *data = (const char *)sqlite3_column_text(use->statement, column);

    return text_make(data, (size_t)sqlite3_column_bytes(use->statement, column));
}

int64_t
sql_column_number(const struct sql_use *use, int column)
{
    return sqlite3_column_int64(use->statement, column);
}

void
sql_end(struct sql_use *use)
{
    (void)sqlite3_reset(use->statement);
    (void)sqlite3_clear_bindings(use->statement);
}
