/* store.h -- what the simulated services remember: records, counters and notes, in SQLite. The one door to it.
 *
 * One store for all services of a sandbox; each sees its own part. Records are JSON objects with a version (1 when new,
 * one more with each change), found by service, collection and id. Notes are lists that only grow (outbox, events,
 * audit …). Everything happens in a transaction, which holds the store's lock: any thread may begin one, and waits for
 * the others. With a file, what was committed survives the end of the process, and of the machine (WAL, synchronous
 * FULL). Reference-counted. Calls outside of a transaction are mistakes of the caller (assert). */
#ifndef SANDBOX_STORE_H
#define SANDBOX_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/text.h"
#include "json/document.h"

struct store;

/* path NULL: in memory. A file of another kind or version is refused, and so is one that another process has open. New,
 * with one reference, or NULL with err. */
struct store *store_open(const char *path, struct error *err);
struct store *store_hold(struct store *s);
void store_drop(struct store *s); /* accepts NULL */

/* 0, or -1 with err (disk full: ERROR_ENVIRONMENT); then there is no transaction. Of a transaction in which SQLite
 * could not do something, nothing is kept: the later calls and the commit fail with the same error. Begun and ended by
 * one thread. */
int store_begin(struct store *s, struct error *err);
int store_commit(struct store *s, struct error *err);
void store_rollback(struct store *s);

/* ---- records ---- */

struct store_key {
    struct text service, collection, id;
};

/* 1 with the JSON appended, 0: there is none, -1 with err. json and version may be NULL. */
int store_get(struct store *s, const struct store_key *key, struct buffer *json, uint64_t *version, struct error *err);

/* New or changed; *version (may be NULL) is the new one. 0, or -1 with err. Too large: LIMIT_STORE_RECORD. */
int store_put(struct store *s, const struct store_key *key, struct text json, uint64_t *version, struct error *err);

/* 1, 0: there was none, or -1. A record that comes back under the same id goes on counting its versions. */
int store_delete(struct store *s, const struct store_key *key, struct error *err);

/* Records of a collection whose members have these values: { "status": "confirmed", "/address/city": "York" }; a name
 * that begins with '/' is a pointer. A value that is an array means any of them. null matches null and missing; the
 * others as JSON Schema compares them, so numbers by value. Sorted: null, missing, arrays and objects first, then
 * numbers, then texts by their bytes; equal ones in the order in which they came. */
struct store_query {
    struct text service, collection;
    const struct value *where; /* an object, or NULL: all */
    struct text order;         /* a member to sort by, "-member" downwards; empty: in the order in which they came */
    uint64_t offset;
    uint64_t limit; /* 0: all; at most LIMIT_STORE_LIST */
};

/* What it is given is valid until it returns; it makes no calls of the store. false: enough. */
typedef bool store_found_fn(void *arg, struct text id, struct text json, uint64_t version);

/* 0 or -1 with err. *total (may be NULL): how many match without offset and limit. */
int store_list(struct store *s, const struct store_query *query, store_found_fn *found, void *arg, uint64_t *total,
               struct error *err);

/* ---- counters: 1, 2, 3 … for each service and name; rolled back with the transaction ---- */
int store_next(struct store *s, struct text service, struct text name, uint64_t *number, struct error *err);

/* ---- notes ---- */

/* Append an object to a list; `at` is RFC 3339. *number (may be NULL) counts from 1 over all lists. */
int store_note(struct store *s, struct text service, struct text list, struct text at, struct text json,
               uint64_t *number, struct error *err);

struct store_notes_query {
    struct text list;
    struct text service; /* empty: of all */
    const struct value *where;
    uint64_t after; /* numbers above this one */
    uint64_t limit; /* 0: LIMIT_STORE_LIST */
    bool newest;    /* newest first */
};
typedef bool store_note_fn(void *arg, uint64_t number, struct text service, struct text at, struct text json);
int
store_notes(struct store *s, const struct store_notes_query *query, store_note_fn *found, void *arg, struct error *err);

/* Change a note that was written (what became of a webhook): its JSON is replaced. 1, 0: there is none, or -1. */
int store_renote(struct store *s, uint64_t number, struct text json, struct error *err);

/* The lists and collections that there are: name, service, how many. */
typedef bool store_name_fn(void *arg, struct text service, struct text name, uint64_t count);
int store_note_lists(struct store *s, store_name_fn *found, void *arg, struct error *err);
int store_collections(struct store *s, store_name_fn *found, void *arg, struct error *err);

/* ---- what is to be done later ---- */

struct store_job {
    struct text service, name;
    struct text argument; /* JSON */
    int64_t due;          /* ns of the sandbox's clock */
};
int store_job_add(struct store *s, const struct store_job *job, struct error *err);

/* Take the earliest job out that is due now; of equal ones the first that was added. Its texts are put in the arena.
 * 1, 0: none is due, or -1. */
int store_job_next(struct store *s, int64_t now, struct store_job *job, struct arena *arena, struct error *err);

/* When the earliest one is due. 1, 0: there is none, or -1. */
int store_job_earliest(struct store *s, int64_t *due, struct error *err);

/* ---- what the sandbox itself must not forget: its clock, its seed ---- */

/* 1 with the text appended, 0: there is none, or -1. */
int store_meta_get(struct store *s, struct text name, struct buffer *text, struct error *err);
int store_meta_put(struct store *s, struct text name, struct text text, struct error *err);

/* ---- all of it ---- */

/* Forget everything, store_meta too; counters, numbers and versions begin again. Within a transaction. */
int store_clear(struct store *s, struct error *err);

/* Are there no records, notes, counters and jobs? Within a transaction. */
bool store_is_empty(struct store *s);

#endif
