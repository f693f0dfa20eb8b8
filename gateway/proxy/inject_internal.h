/* inject_internal.h -- between the files of inject; nobody else includes it. */
#ifndef PROXY_INJECT_INTERNAL_H
#define PROXY_INJECT_INTERNAL_H

#include "proxy/inject.h"
#include "proxy/pace.h"
#include "proxy/steps.h"
#include "rules/fault.h"

/* How an exchange ends that a fault ends. */
enum inject_end {
    INJECT_NO_END,
    INJECT_STATUS,
    INJECT_STALE,
    INJECT_RESET,
    INJECT_EMPTY,
    INJECT_HANG,
    INJECT_GARBAGE,
    INJECT_CUT, /* in the middle of the body */
};

/* A body on its way, shaped. */
struct inject_flow {
    struct transit *t;
    bool on;
    bool truncates;
    bool breaks; /* its chunks */
    bool paced;
    bool ended;         /* its last byte is in the queue */
    bool full;          /* who gets it is to take what there is first */
    bool source_paused; /* enough is waiting */
    uint64_t left;      /* bytes that still pass */
    struct pace pace;
    struct buffer queue; /* paced: what waits */
    struct timer timer;
};

struct injection {
    struct fault_firing firings[2][FAULT_MOST]; /* by side */
    struct message altered[2];
    struct message stale; /* status 0: there is none */
    struct inject_flow flows[2];
    struct timer timer;  /* delay */
    struct text asked;   /* Plumbline-Inject */
    struct text ignored; /* why that was of no effect; empty: it was of some, or not there */
    const struct value *bodies[2];
    const struct fault_rule *ender;   /* what ends it */
    const struct call_events *events; /* of the second request */
    uint32_t counts[2];
    unsigned concern; /* FAULT_… */
    enum side waits_for;
    enum inject_end end;
    enum side end_side;
    uint16_t first_status; /* of a request that is sent twice */
    bool chosen;           /* what is done to the response */
    bool waiting;
    bool paused;     /* meanwhile, who sends */
    bool swallowing; /* the rest of the response is read, then it ends */
    bool hanging;
};

/* ---- inject_choose.c ---- */

/* The body as JSON, or NULL. */
const struct value *inject_body(struct transit *t, enum side side);

/* The whole body as it came, codings and all; data NULL: it is not there. */
struct text inject_body_text(const struct transit *t, enum side side);

void inject_choose(struct transit *t, enum side side);

/* The one that fires with this effect, or NULL; the one that ends the exchange. */
const struct fault_firing *inject_firing(const struct injection *inj, enum side side, enum fault_effect effect);
const struct fault_firing *inject_ender(const struct injection *inj, enum side side);

/* It was done: say so. `more` may be empty. */
void inject_note(struct transit *t, const struct fault_rule *rule, enum side side, struct text more);

/* The request that the service gets is not the one that came. */
void inject_alters(struct transit *t);

/* ---- inject_end.c ---- */

/* End the exchange by this rule; on the response's side once what is left of the response was read. */
enum step inject_end(struct transit *t, enum side side, enum inject_end end, const struct fault_firing *firing);
enum step inject_end_now(struct transit *t);

/* The service has the beginning of the request, and will not get the rest: its connection ends. */
enum step inject_cut_request(struct transit *t);

/* May this message be kept whole? */
bool inject_can_hold(const struct transit *t, const struct message *m);

/* ---- inject_message.c ---- */

void inject_mutate(struct transit *t, enum side side);

/* The message as it is to go on, with chunks. */
bool inject_rechunk(struct transit *t, enum side side);

/* Bytes that are no HTTP, the same for the same number; in the arena. */
struct text inject_garbage(struct transit *t, uint64_t random);

/* ---- inject_flow.c ---- */

void inject_flow_stop(struct transit *t, enum side side);

#endif
