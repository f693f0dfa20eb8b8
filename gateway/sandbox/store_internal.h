/* store_internal.h -- between store.c (transactions, records) and store_notes.c (the rest); nobody else includes it. */
#ifndef SANDBOX_STORE_INTERNAL_H
#define SANDBOX_STORE_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/buffer.h"
#include "sandbox/sql.h"
#include "sandbox/store.h"

struct store {
    atomic_uint references;
    pthread_mutex_t lock; /* held by the transaction; all below is its own */
    struct sql *sql;
    bool begun;
    pthread_t owner;
    struct error failure; /* the first of this transaction: nothing of it will be kept */
};

/* Begin the use of a statement within the transaction. 0, or -1 with err: an earlier one has failed. */
int store_use(struct store *s, enum sql_statement statement, struct sql_use *use, struct error *err);

/* A row (1), no more of them (0), or -1 with err: the transaction has failed. */
int store_step(struct store *s, struct sql_use *use, struct error *err);

/* Step once and end. */
int store_run(struct store *s, struct sql_use *use, struct error *err);

/* Step once, the first column of the row is *number (may be NULL), end. */
int store_run_number(struct store *s, struct sql_use *use, int64_t *number, struct error *err);

/* Append to a buffer; false: it has failed, which is told. */
bool store_give(struct buffer *out, struct text t, struct error *err);

/* false with err: longer than LIMIT_STORE_RECORD. */
bool store_fits(struct text json, const char *what, struct error *err);

#endif
