/* runner_internal.h -- the inside of a run, for runner*.c alone.
 *
 *     runner ── run ── frame ── step_run ── trial
 *
 * A run is one repetition: the planned workflows, one after another. A frame is one workflow that is being run, with
 * what its steps gave. A step_run is a step at its turn; where it has x-for-each, with several trials side by side. A
 * trial is one element of it (or the step itself), tried until it is over: by a request, or by a frame below it.
 *
 * Whatever ends tells the one above by its `done`, and is freed by it. Nobody goes on at once: what comes next is put
 * off to the loop (`go`), so that nothing nests deeper than the workflows do. All of it belongs to the thread of
 * runner_run; of the fetcher's thread is trial_answered alone. */
#ifndef FLOW_RUNNER_INTERNAL_H
#define FLOW_RUNNER_INTERNAL_H

#include <pthread.h>

#include "base/buffer.h"
#include "contract/check.h"
#include "flow/criterion.h"
#include "flow/runner.h"
#include "json/write.h"
#include "net/loop.h"

struct flow_run;
struct watched;
struct frame;
struct step_run;
struct trial;

/* ---- runner_kept.c: JSON that outlives what it was made of ---- */

struct kept {
    struct arena *arena; /* NULL: nothing is there */
    const struct value *value;
};

/* Copies. False: no memory, or it is no JSON. What was there is freed. */
bool kept_read(struct kept *k, struct text json);
void kept_free(struct kept *k);

/* ---- runner_plan.c ---- */

/* A workflow that every run runs once. */
struct planned {
    const struct workflow *workflow;
    struct kept kept;
    const struct value *inputs; /* with defaults; NULL: too large */
    enum flow_failure failure;
    struct text why;
};

struct runner {
    const struct runner_options *options;
    struct loop *loop;
    struct fetcher *fetcher; /* NULL: no more requests */
    struct arena *arena;     /* the plan */
    struct planned *plan;
    uint32_t plan_count, plan_room;
    struct schema_scratch *schemas;
    struct criterion_scratch *criteria;
    struct buffer scratch; /* JSON that is being written; nobody keeps it while calling others */
    struct runner_rules *rules;
    uint64_t id_seed, id_count;
    int64_t offset; /* of the wall clock from the monotonic one: times must not jump while flows run */

    uint64_t begun; /* runs */
    uint32_t active;
    bool stopping, no_memory;
    struct trial *waiting;                /* for the time of a retry */
    uint32_t asking, most_asking;         /* trials whose turn it is: runner_turn.c */
    struct trial *turn_first, *turn_last; /* that wait for theirs */

    pthread_mutex_t lock;
    struct trial *answered; /* under the lock; newest first */
};

/* Which workflows are run, in which order, with which inputs. 0, or -1 with err: a server is not known. */
int plan_make(struct runner *r, struct error *err);

/* ---- runner_inputs.c ---- */

/* An object of what is given (may be NULL), and of the defaults of the workflow's inputs schema; checked. */
struct inputs_result {
    enum flow_failure failure;
    struct text why; /* in the arena */
    struct kept inputs;
};
void inputs_make(struct runner *r, const struct workflow *w, const struct value *given, struct arena *arena,
                 struct inputs_result *result);

/* The properties that the schema of a workflow's inputs names, or NULL. */
const struct value *inputs_properties(const struct workflow *w);

/* Of a workflow that a step runs: its parameters are the inputs. */
void inputs_of_step(struct trial *t, struct inputs_result *result);

/* Of one that an action leads to: its parameters; where there are none, what the workflow at hand has of that name. */
void inputs_of_action(struct frame *f, const struct flow_action *a, const struct flow_scope *scope, struct arena *arena,
                      struct inputs_result *result);

/* The inputs with one member more (or another value of it). */
bool inputs_with(struct runner *r, const struct value *inputs, struct text name, const struct value *value,
                 struct kept *result);

/* ---- runner_run.c ---- */

/* What a workflow left: { "inputs": …, "outputs": … }. */
struct left {
    struct kept kept;
    bool over, failed;
};

struct flow_run {
    struct runner *runner;
    uint64_t number;
    uint32_t at; /* in the plan */
    uint32_t steps, elements;
    uint32_t frames;   /* begun */
    struct left *left; /* by place in the plan */
    struct deferred go;
};

/* One more run. False: no memory. */
bool runner_begin(struct runner *r);

/* The workflow's among the planned ones; NULL: it is none, or not over. */
const struct left *run_left(const struct flow_run *run, const struct workflow *w);
const struct left *run_left_named(const struct flow_run *run, const struct flow *flow, struct text id);

/* ---- how something ended, and what comes next ---- */

enum next {
    NEXT_ON, /* the step behind it */
    NEXT_END,
    NEXT_STEP, /* a goto */
    NEXT_WORKFLOW,
    NEXT_FAILED, /* the workflow fails */
};

struct ending {
    enum next next;
    const struct flow_action *action;
    enum flow_failure failure;
    struct text why; /* in the frame's arena where next is NEXT_FAILED */
};

/* ---- runner_frame.c ---- */

struct slot {
    struct kept outputs; /* { "outputs": … } of the step's latest success */
    bool over;           /* it succeeded at least once */
};

struct retired {
    struct kept kept;
    struct retired *next;
};

typedef void frame_done_fn(void *arg, struct frame *frame);

struct frame {
    struct flow_run *run;
    struct runner *runner;
    const struct workflow *workflow;
    uint32_t depth;
    const uint32_t *path; /* the numbers of those that it is called in, and its own: depth + 1 */
    struct arena *arena;
    struct kept inputs_kept; /* or borrowed from the plan */
    const struct value *inputs;
    struct kept self;     /* { "inputs": … }, once somebody asks */
    struct kept outputs;  /* when it has ended */
    struct slot *slots;   /* by step */
    uint32_t *order;      /* of the steps: what others depend on comes first */
    uint32_t at;          /* in the order */
    uint32_t batch_count; /* steps side by side from there on */
    struct step_run **batch;
    uint32_t running;
    struct retired *retired; /* outputs that were replaced while others may look at them */
    int64_t started, deadline;
    uint32_t steps, tries;
    struct ending ending;
    const struct step *failed_at;
    bool no_memory; /* for a step */
    bool jumped;    /* what `outputs` has is of the workflow that a goto led to */
    frame_done_fn *done;
    void *arg;
    struct deferred go;
};

struct frame_start {
    struct flow_run *run;
    const struct workflow *workflow;
    uint32_t depth;
    const struct frame *within; /* NULL: none */
    const struct value *inputs; /* borrowed, or NULL: */
    struct kept inputs_take;
    int64_t deadline;
    frame_done_fn *done;
    void *arg;
};

/* New, on its way; NULL: no memory. Takes inputs_take. */
struct frame *frame_begin(const struct frame_start *start);

/* The ceiling on nesting, and what the workflow depends on. False: *why it cannot be run. */
bool frame_may_begin(const struct flow_run *run, const struct workflow *w, uint32_t depth, enum flow_failure *failure,
                     struct text *why);
void frame_free(struct frame *f); /* accepts NULL */

/* The step's outputs are these from now on. Takes. */
void frame_keep(struct frame *f, const struct step *step, struct kept outputs_take);

/* ---- runner_step.c ---- */

typedef void step_done_fn(void *arg, struct step_run *s);

struct step_run {
    struct frame *frame;
    const struct step *step;
    const struct value *list; /* of x-for-each; NULL: once */
    struct kept list_kept;
    uint32_t count, next, running, parallel;
    const struct value *upcoming; /* the element at next */
    struct kept *outputs;         /* by element */
    struct ending ending;         /* of the first element that does not just go on */
    uint32_t ended_by;
    bool helping; /* run for a retry of another step: its actions are not followed */
    step_done_fn *done;
    void *arg;
    struct deferred go;
};

struct step_run *step_begin(struct frame *f, const struct step *step, bool helping, step_done_fn *done, void *arg);
void step_free(struct step_run *s); /* accepts NULL */
void step_trial_over(struct step_run *s, struct trial *t);

/* ---- runner_trial.c ---- */

/* One try: gone when the next one begins. */
struct attempt {
    struct arena *arena; /* NULL: there is none */
    int64_t began;
    struct flow_request request;
    struct exchange *exchange; /* NULL: nothing is sent */
    const struct value *bodies[2];
    struct message decoded;      /* the answer as expressions see it, content codings undone */
    struct kept nested;          /* { "inputs", "outputs" } of the workflow that the step runs */
    uint32_t called;             /* that workflow's frame; 0: none */
    struct watched *watched;     /* by rules; NULL: it is not */
    const struct policy *policy; /* of the ruleset's service; NULL: it has none */

    enum flow_failure failure;
    struct text why;
    const struct criterion *criterion;
    struct text told;
};

struct trial {
    struct step_run *of;
    struct runner *runner;
    uint32_t element;
    struct kept inputs_kept;    /* with the element */
    const struct value *inputs; /* what expressions see */
    struct flow_scope scope;
    struct attempt now;
    uint32_t attempts, limit;
    uint32_t *retries; /* by failure action; NULL: none yet */
    bool exhausted;
    struct kept outputs;
    struct ending ending;
    const struct flow_action *retry;               /* whose time is waited for */
    struct trial *waiting_before, *waiting_behind; /* in runner.waiting */
    bool asks;                                     /* it is its turn */
    struct trial *turn_next;
    struct timer timer;
    struct deferred go;

    /* of the fetcher's thread, from asking until the runner has taken it from `answered` */
    struct trial *answered_next;
    enum fetch_failure fetch_failure;
    char fetch_why[160];
    int64_t answered_at;
};

/* item: the element, or NULL. New; NULL: no memory. */
struct trial *trial_begin(struct step_run *s, uint32_t element, const struct value *item);
void trial_free(struct trial *t); /* accepts NULL */

/* Everything that was answered since the last time. */
void trial_take_answered(struct runner *r);

/* Whoever waits for a retry goes on at once: the runner stops. */
void trial_wait_no_more(struct runner *r);

/* It is the trial's turn: it tries, at the end of this one of the loop's. */
void trial_again(struct trial *t);

/* ---- runner_turn.c ---- */

/* False: not now; trial_again comes. */
bool turn_take(struct trial *t);
void turn_give(struct trial *t);  /* also where it was not its turn */
void turn_next(struct runner *r); /* the runner stops: nobody waits any more */

/* ---- runner_scope.c: what expressions see, and what outputs become ---- */

void scope_of_frame(struct flow_scope *scope, struct frame *f);
void scope_of_trial(struct flow_scope *scope, struct trial *t);

/* { "outputs": { … } }. One that gives nothing is left out. False: too large, or no memory. */
bool outputs_evaluate(struct runner *r, const struct flow_output *list, uint32_t count, const struct flow_scope *scope,
                      struct arena *arena, struct kept *result);

/* The same of all elements: each output is an array in the order of the elements. */
bool outputs_collect(struct runner *r, const struct step_run *s, struct kept *result);

/* { "inputs": …, "outputs": … }; either may be NULL. */
bool outputs_leave(const struct value *inputs, const struct value *outputs, struct kept *result);

/* ---- runner_judge.c ---- */

/* Criteria of the step: fills in failure, why, criterion, told. */
void judge_criteria(struct trial *t);

/* What is to be done: the first action whose criteria hold. */
struct decision {
    const struct flow_action *action; /* NULL: none */
    int64_t delay;                    /* of a retry */
};
struct decision judge_action(struct trial *t);

/* ---- runner_exchange.c ---- */

/* The exchange of the request that was built. False: no memory. */
bool exchange_begin(struct trial *t);

/* Fetcher's thread: copy the answer into the try's arena. */
void exchange_copy_answer(struct trial *t, const struct fetch_result *result);

/* Times, verdicts, bodies; fills in failure and why. */
void exchange_judge(struct trial *t);

/* Wall clock of a monotonic time. */
static inline int64_t
exchange_wall(const struct runner *r, int64_t monotonic)
{
    return monotonic + r->offset;
}

/* ---- runner_rules.c ---- */

int rules_new(struct runner *r, struct error *err);
void rules_free(struct runner *r);
void rules_enter(struct trial *t); /* about to be sent: service, policy, interval */
void rules_check(struct trial *t); /* rules within one exchange: verdicts */
void rules_leave(struct trial *t); /* it is over: lifecycles and invariants are fed */
void rules_end(struct runner *r);  /* nothing comes any more */

/* ---- runner.c ---- */

void runner_begin_runs(struct runner *r); /* as many as may be at a time; the loop ends with the last one */
void runner_end(struct runner *r);        /* what is under way is broken off, nothing new begins */

#endif
