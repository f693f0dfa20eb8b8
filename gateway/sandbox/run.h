/* run.h -- one request, or one job, on its way through the engine: what its files share. All of it belongs to the
 * engine's thread, but while `item` is in the queue or a call is out. */
#ifndef SANDBOX_RUN_H
#define SANDBOX_RUN_H

#include "base/random.h"
#include "contract/check.h"
#include "net/fetcher.h"
#include "sandbox/engine.h"

struct run;

/* What the engine's thread has to do next. */
struct engine_item {
    struct engine_item *next;
    void (*work)(struct engine_item *item);
};

/* A webhook that goes out when the transaction has committed. */
struct run_webhook {
    struct run_webhook *next;
    uint64_t note; /* its number in the store */
    struct text service, url, body;
    struct header *headers;
    uint32_t header_count;
    struct text noted; /* the note's JSON */
};

/* An alert, which stays when the transaction does not. */
struct run_alert {
    struct run_alert *next;
    struct text json;
};

struct run {
    struct engine_item item;
    struct engine *engine;
    struct simulated *service;
    struct arena *arena; /* the request's, or a job's own */

    /* a request; NULL and empty for a job */
    struct service_later *later;
    const struct message *request;
    struct service_answer *answer;
    struct text path;
    struct contract_match match;

    struct text function; /* that runs */
    struct script_run *script;
    uint64_t number; /* of the request in the store's life */
    struct random random;
    struct text settings; /* of the service, as JSON, read at most once; empty: not yet */
    struct run_webhook *webhooks;
    struct run_alert *alerts;

    /* services:call */
    struct fetch_request call;
    struct text call_error;  /* why it cannot be tried; empty: it can */
    struct text call_result; /* JSON: what came of it */
    bool call_failed;        /* then call_result is the reason, as a JSON string */
};

/* ---- run.c ---- */

/* A request was handed over. */
void run_begin(struct engine_item *item);

/* A job of this service: the function later:NAME with its argument (JSON). */
void run_job(struct engine *e, struct simulated *service, struct text name, struct text argument);

/* ---- run_request.c ---- */

/* What the script sees of the request, as a tape in the arena. NULL: no memory. */
const struct value *run_request_value(struct run *r);

/* Hold the request against its contract. True: it was answered (400, 401, 404, 405, 415), in the documented shape. */
bool run_request_refused(struct run *r);

/* The name of a field as scripts see it, in the arena. */
struct text run_lower_case(struct text name, struct arena *arena);

/* ---- run_answer.c ---- */

/* Make the answer of what the script gave. False: it gave nothing that can be an answer; err says what. */
bool run_answer(struct run *r, struct error *err);

/* The contract's own answer, as without a script. */
void run_answer_contract(struct run *r);

/* Refuse with what was raised ({"refuse": …}), or say 500. */
void run_answer_failed(struct run *r, struct text raised, const struct error *err);

/* ---- store_object.c, services_object.c: what scripts call; the object is the run ---- */

extern const struct script_method store_methods[];
extern const struct script_method services_methods[];

/* The name and body of what pauses a run, in the arena: set by services:call. */
void run_call_done(void *run, const struct fetch_result *result);

/* Send the webhooks, which are noted already. */
void run_send_webhooks(struct run *r);

/* ---- engine.c ---- */

struct sandbox_state *engine_state(struct engine *e);
struct ruleset *engine_ruleset(struct engine *e);
struct schema_scratch *engine_scratch(struct engine *e);
struct fetcher *engine_fetcher(struct engine *e); /* NULL: it could not be started */
const struct simulated *engine_service(struct engine *e, struct text name);
struct text engine_gateway(struct engine *e, struct arena *arena); /* empty: not told */
uint16_t engine_port(const struct engine *e);

/* Any thread: have the engine do this. */
void engine_push(struct engine *e, struct engine_item *item);

/* What script functions are called for; NULL while a file is loaded. */
struct run *engine_current(struct engine *e);
void engine_set_current(struct engine *e, struct run *r);

void engine_run_started(struct engine *e);
void engine_run_ended(struct engine *e);
void engine_job_added(struct engine *e, int64_t due);

/* Milliseconds of a fetch that is sent on behalf of a script. */
#define RUN_CALL_TIMEOUT    INT64_C(5000)
#define RUN_CALL_LONGEST    INT64_C(60000)
#define RUN_WEBHOOK_TIMEOUT INT64_C(5000)

#endif
