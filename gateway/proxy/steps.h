/* steps.h -- the steps of the pipeline, for the files that hold them (pipeline.c has the table).
 *
 * A step does its work and says which comes next; STEP_WAIT leaves the exchange to the events of its client and
 * its call, which go on with a step when something has happened. On the thread of the worker that has the exchange. */
#ifndef PROXY_STEPS_H
#define PROXY_STEPS_H

#include "proxy/refusal.h"
#include "proxy/transit.h"

enum step {
    STEP_ROUTE,
    STEP_CHECK_REQUEST,
    STEP_CHECK_REQUEST_BODY,
    STEP_INJECT,
    STEP_ANSWER,
    STEP_CHECK_RESPONSE,
    STEP_CHECK_RESPONSE_BODY,
    STEP_INJECT_RESPONSE,
    STEP_DELIVER,
    STEP_REFUSE,
    STEP_FINISH,
    STEP_WAIT,
};

/* pipeline.c */
void pipeline_go(struct transit *t, enum step step);
enum step step_route(struct transit *t);
enum step step_refuse(struct transit *t);
enum step step_finish(struct transit *t);
/* The step that refuses, for this reason. Texts are literals or live in the arena. */
enum step refuse_because(struct transit *t, uint16_t status, enum side side, const char *reason, const char *detail);
/* The same for a reason of our own. */
enum step refuse_own(struct transit *t, enum side side, enum refusal_id id);

/* checking.c */
enum step step_check_request(struct transit *t);
enum step step_check_request_body(struct transit *t);
enum step step_check_response(struct transit *t);
enum step step_check_response_body(struct transit *t);
/* Judge the body by what came of it, unless that was done. */
void check_request_body_now(struct transit *t);
void check_response_body_now(struct transit *t);
/* Judge the items that end in a piece of a response, before the piece goes on. False: one must not pass (enforce),
 * t->refusal says why. */
bool check_items_pass(struct transit *t, struct text piece);
/* The same for what the end of the response ends. */
bool check_items_pass_end(struct transit *t);
/* Wait for the request's body. */
enum step hold_request(struct transit *t);
/* A held body outgrew max_body: pass it on as it comes (the step to go on with), or refuse. */
enum step outgrown(struct transit *t, enum side side);

/* inject.c */
enum step step_inject(struct transit *t);
enum step step_inject_response(struct transit *t);

/* answer.c */
enum step step_answer(struct transit *t);
/* From now on policy.total_timeout runs, unless it does. */
void answer_watch_total(struct transit *t);
/* A piece of a request body that goes on at once, and its end. */
void answer_send(struct transit *t, struct text piece);
void answer_send_end(struct transit *t);
/* The same past whatever shapes it. */
void answer_send_now(struct transit *t, struct text piece);
/* What was read from the client at once is used up: send what was put together. */
void answer_flush(struct transit *t);

/* deliver.c */
enum step step_deliver(struct transit *t);
void deliver_piece(struct transit *t, struct text piece);
void deliver_now(struct transit *t, struct text piece); /* past whatever shapes it */
/* The last piece was there. */
void deliver_end(struct transit *t);
/* The last byte is handed over: finish once it is written and the request is read. */
void deliver_settle(struct transit *t);
/* Must the client's connection end with this response? */
void deliver_decide_close(struct transit *t);
/* The response cannot be completed: the client must see that it is not whole. */
enum step deliver_broken_off(struct transit *t, const char *reason, const char *detail);

#endif
