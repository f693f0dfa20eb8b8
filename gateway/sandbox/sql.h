/* sql.h -- SQLite, as far as the store needs it: the door to that library, and the only place with SQL. Private to
 * store.c and its parts.
 *
 * One connection, used by one thread at a time. Every statement is a row of the table below, prepared when the file is
 * opened. A statement is used in one way: sql_use, values in the order of their question marks, sql_step until it gives
 * no more rows, sql_end. */
#ifndef SANDBOX_SQL_H
#define SANDBOX_SQL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"
#include "json/document.h"

/* A deleted record stays as a row without JSON, for its version. What comes back gets a new place in the order. */
#define SQL_SCHEMA                                                                                                     \
    "CREATE TABLE record (place INTEGER PRIMARY KEY, service TEXT, collection TEXT, id TEXT, version INTEGER, "        \
    "json TEXT, UNIQUE (service, collection, id));"                                                                    \
    "CREATE INDEX record_order ON record (service, collection, place) WHERE json IS NOT NULL;"                         \
    "CREATE TABLE counter (service TEXT, name TEXT, number INTEGER, PRIMARY KEY (service, name)) WITHOUT ROWID;"       \
    "CREATE TABLE note (number INTEGER PRIMARY KEY, service TEXT, list TEXT, at TEXT, json TEXT);"                     \
    "CREATE INDEX note_list ON note (list, number);"                                                                   \
    "CREATE TABLE job (number INTEGER PRIMARY KEY, due INTEGER, service TEXT, name TEXT, json TEXT);"                  \
    "CREATE INDEX job_due ON job (due, number);"                                                                       \
    "CREATE TABLE meta (name TEXT PRIMARY KEY, text TEXT) WITHOUT ROWID;"

#define SQL_RECORDS_OF                                                                                                 \
    "SELECT id, json, version FROM record WHERE service = ? AND collection = ? AND json IS NOT NULL AND "              \
    "matches(json, ?)"
#define SQL_NOTES_OF                                                                                                   \
    "SELECT number, service, at, json FROM note WHERE list = ?1 AND number > ?2 AND (?3 = '' OR service = ?3)"         \
    " AND matches(json, ?4) ORDER BY number"

#define SQL_STATEMENTS(S)                                                                                              \
    S(BEGIN, "BEGIN IMMEDIATE")                                                                                        \
    S(COMMIT, "COMMIT")                                                                                                \
    S(ROLLBACK, "ROLLBACK")                                                                                            \
    S(RECORD_GET, "SELECT json, version FROM record"                                                                   \
                  " WHERE service = ? AND collection = ? AND id = ? AND json IS NOT NULL")                             \
    S(RECORD_CHANGE, "UPDATE record SET json = ?4, version = version + 1"                                              \
                     " WHERE service = ?1 AND collection = ?2 AND id = ?3 AND json IS NOT NULL RETURNING version")     \
    S(RECORD_ADD, "INSERT INTO record (service, collection, id, json, version) VALUES (?, ?, ?, ?, 1)"                 \
                  " ON CONFLICT (service, collection, id) DO UPDATE SET version = version + 1, json = excluded.json,"  \
                  " place = (SELECT max(place) + 1 FROM record) RETURNING version")                                    \
    S(RECORD_DELETE, "UPDATE record SET json = NULL, version = version + 1"                                            \
                     " WHERE service = ? AND collection = ? AND id = ? AND json IS NOT NULL RETURNING version")        \
    S(RECORD_LIST, SQL_RECORDS_OF " ORDER BY place")                                                                   \
    S(RECORD_LIST_UP, SQL_RECORDS_OF " ORDER BY member(json, ?), place")                                               \
    S(RECORD_LIST_DOWN, SQL_RECORDS_OF " ORDER BY member(json, ?) DESC, place")                                        \
    S(RECORD_COUNTS, "SELECT service, collection, count(*) FROM record WHERE json IS NOT NULL"                         \
                     " GROUP BY service, collection ORDER BY service, collection")                                     \
    S(COUNTER_NEXT, "INSERT INTO counter VALUES (?, ?, 1)"                                                             \
                    " ON CONFLICT DO UPDATE SET number = number + 1 RETURNING number")                                 \
    S(NOTE_ADD, "INSERT INTO note (service, list, at, json) VALUES (?, ?, ?, ?) RETURNING number")                     \
    S(NOTE_CHANGE, "UPDATE note SET json = ? WHERE number = ? RETURNING number")                                       \
    S(NOTE_LIST, SQL_NOTES_OF)                                                                                         \
    S(NOTE_LIST_NEWEST, SQL_NOTES_OF " DESC")                                                                          \
    S(NOTE_COUNTS, "SELECT service, list, count(*) FROM note GROUP BY list, service ORDER BY list, service")           \
    S(JOB_ADD, "INSERT INTO job (due, service, name, json) VALUES (?, ?, ?, ?)")                                       \
    S(JOB_EARLIEST, "SELECT due, number, service, name, json FROM job ORDER BY due, number LIMIT 1")                   \
    S(JOB_REMOVE, "DELETE FROM job WHERE number = ?")                                                                  \
    S(META_GET, "SELECT text FROM meta WHERE name = ?")                                                                \
    S(META_PUT, "INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET text = excluded.text")                       \
    S(ANYTHING, "SELECT 1 WHERE EXISTS (SELECT 1 FROM record) OR EXISTS (SELECT 1 FROM counter)"                       \
                " OR EXISTS (SELECT 1 FROM note) OR EXISTS (SELECT 1 FROM job)")                                       \
    S(CLEAR_RECORDS, "DELETE FROM record")                                                                             \
    S(CLEAR_COUNTERS, "DELETE FROM counter")                                                                           \
    S(CLEAR_NOTES, "DELETE FROM note")                                                                                 \
    S(CLEAR_JOBS, "DELETE FROM job")                                                                                   \
    S(CLEAR_META, "DELETE FROM meta")

#define SQL_NAME(name, text) SQL_##name,
enum sql_statement { SQL_STATEMENTS(SQL_NAME) SQL_STATEMENT_COUNT };
#undef SQL_NAME

struct sql;

/* path NULL: in memory. At most so many bytes. The file is ours alone until it is closed. NULL with err. */
struct sql *sql_open(const char *path, uint64_t most, struct error *err);
void sql_close(struct sql *sql); /* accepts NULL */

/* Is a transaction begun? SQLite ends it by itself after some failures. */
bool sql_in_transaction(const struct sql *sql);

/* ---- one use of a statement ---- */

struct sql_use {
    struct sql *sql;
    void *statement;
    int bound;  /* question marks that have their value */
    int failed; /* what SQLite said to the first that it did not take */
};

struct sql_use sql_use(struct sql *sql, enum sql_statement statement);

/* Values are borrowed until sql_end. */
void sql_text(struct sql_use *use, struct text t);
void sql_number(struct sql_use *use, int64_t number);
void sql_where(struct sql_use *use, const struct value *where); /* for matches(); NULL: all */

/* 1: a row, 0: no more of them, -1 with err. */
int sql_step(struct sql_use *use, struct error *err);

/* A column of the row, counted from 0. Borrowed until the next step. */
struct text sql_column_text(const struct sql_use *use, int column);
int64_t sql_column_number(const struct sql_use *use, int column);

/* Always, once, also after a failure. */
void sql_end(struct sql_use *use);

#endif
