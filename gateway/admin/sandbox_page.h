/* sandbox_page.h -- how the pages of the sandbox are answered: each is one transaction of the store, so that it sees
 * whole requests. Between sandbox.c and sandbox_records.c. */
#ifndef ADMIN_SANDBOX_PAGE_H
#define ADMIN_SANDBOX_PAGE_H

#include "admin/sandbox_query.h"
#include "admin/write.h"
#include "base/error.h"
#include "sandbox/state.h"

#define SANDBOX_NAME 256 /* of a service */

/* What a page sees and writes to. */
struct sandbox_page {
    struct api_call *call;
    struct sandbox_state *state;
    struct store *store; /* within a transaction */
    const struct sandbox_query *query;
    struct json_writer *w;
};

enum sandbox_written {
    SANDBOX_WRITTEN,
    SANDBOX_ANSWERED, /* otherwise: 404, 400 */
    SANDBOX_FAILED,   /* with err */
};
typedef enum sandbox_written sandbox_page_fn(struct sandbox_page *page, struct error *err);

/* Answer with what the page writes, in a transaction that changes nothing. 404 where nothing is simulated. */
void sandbox_page_answer(struct api_call *call, sandbox_page_fn *write, const struct sandbox_query *query);

/* What is simulated has no script: 404. */
void sandbox_page_none(struct api_call *call);

/* The problem document for an error: what was sent is too large (413), or it is the machine (503). */
void sandbox_page_error(struct api_call *call, const struct error *err);

/* Names with commas between them, for "there are …". */
struct sandbox_names {
    struct buffer text;
    bool with_service;
};
void sandbox_names_begin(struct sandbox_names *names, bool with_service);
void sandbox_names_end(struct sandbox_names *names);

/* One more (arg: the names); for store_collections and its like, too. What the sandbox keeps for itself has no service,
 * and is left out.
 */
bool sandbox_names_add(void *arg, struct text service, struct text name, uint64_t count);

/* "WHAT; there are a, b, c" is the answer, about a place of the request. Ends the names. */
enum sandbox_written sandbox_page_names(struct sandbox_page *page, uint16_t status, const char *place, const char *what,
                                        struct sandbox_names *names);

#endif
