/* fault.h -- what is broken on purpose: rules read from `faults`, and which of them act on an exchange.
 *
 * A rule says when (service, operation, method, path, headers, an expression, the ordinal of an entity, a share, a time
 * window) and one effect. What may act on an operation is known once the rules are read: fault_concern is one look, and
 * 0 for an operation that no rule names, so faults that are not there cost nothing.
 *
 * Decisions are a hash of seed, rule, entity key and the entity's ordinal, never of a worker's own sequence: the same
 * seed and traffic give the same faults whatever the number of workers. Ordinals are counted outside (fault_count_fn),
 * since a rule knows no lock. The rules never change once read: any thread. No I/O, no clock. */
#ifndef RULES_FAULT_H
#define RULES_FAULT_H

#include <stdbool.h>
#include <stdint.h>

#include "contract/contract.h"
#include "json/document.h"
#include "rules/mutate.h"
#include "traffic/exchange.h"

struct faults;
struct script;
struct service;
struct settings;

/* E(NAME, key in a rule, what it does) */
#define FAULT_EFFECTS(E)                                                                                               \
    E(DELAY, "delay", "wait before going on")                                                                          \
    E(STATUS, "status", "answer with this status instead of asking the service")                                       \
    E(RESET, "reset", "end the connection by a TCP reset")                                                             \
    E(HANG, "hang", "never answer")                                                                                    \
    E(EMPTY, "empty", "close the connection without an answer")                                                        \
    E(TRUNCATE, "truncate", "close the connection after so many bytes of the body")                                    \
    E(THROTTLE, "throttle", "send no more than so many bytes per second")                                              \
    E(MALFORM, "malform", "break the HTTP of the message")                                                             \
    E(MUTATE, "mutate", "change the message so that it breaks its contract in one place, or hardly keeps to it")       \
    E(DUPLICATE, "duplicate", "send the request twice")                                                                \
    E(STALE, "stale", "answer with an earlier answer to an equal request")

enum fault_effect {
#define E(name, key, what) FAULT_##name,
    FAULT_EFFECTS(E)
#undef E
        FAULT_EFFECTS_COUNT
};

enum fault_distribution {
    FAULT_FIXED,
    FAULT_UNIFORM,   /* from a to b */
    FAULT_NORMAL,    /* mean a, standard deviation b */
    FAULT_LOGNORMAL, /* median a, shape b / 1000 (sigma in thousandths) */
};

enum fault_malform {
    FAULT_GARBAGE, /* bytes that are no HTTP, instead of the answer */
    FAULT_CHUNK,   /* a chunk whose size line is none, in the middle of the body */
};

/* A rule as it is carried out. Texts live as long as the rules. */
struct fault_rule {
    struct text name;  /* unique; what recordings and Plumbline-Fault say */
    struct text where; /* file:line:column; "admin" for one from the admin listener */
    uint32_t index;
    enum side side; /* of the message that it is done to */
    enum fault_effect effect;
    enum fault_distribution distribution; /* DELAY; ns */
    int64_t a, b;
    uint16_t status; /* STATUS */
    uint64_t bytes;  /* TRUNCATE: of the body that still pass; THROTTLE: per second */
    enum fault_malform malform;
    enum mutation mutation; /* MUTATE */
    bool last;              /* no later rule is looked at when this one fires */
    bool enabled;           /* false: it never fires, but when asked for by name */
};

/* `index` of a rule that the client made up (Plumbline-Inject: status=503): behind those of the file, so that counters
 * by index have one place more than there are rules. */
#define FAULT_ASKED_INDEX(faults) fault_count(faults)

/* The settings' `faults` and `seed`; *faults is NULL where there are none, and no service lets clients ask for one. 0,
 * or -1 with err (file:line:column). The settings and the services are borrowed. */
int faults_read(struct faults **faults, const struct settings *settings, const struct service *services,
                uint32_t service_count, struct error *err);
void faults_free(struct faults *faults); /* accepts NULL */

uint32_t fault_count(const struct faults *faults);
const struct fault_rule *fault_at(const struct faults *faults, uint32_t index); /* in their order */
const struct fault_rule *fault_named(const struct faults *faults, struct text name);

/* What rules want of an operation's exchanges (operation NULL: of the service's that no operation was found for), as
 * bits; 0: nothing. Accepts NULL faults. */
#define FAULT_ON_REQUEST    1u /* some rule may fire when the request is complete */
#define FAULT_ON_RESPONSE   2u /* … when the response is */
#define FAULT_REQUEST_BODY  4u /* a rule looks at or changes the request's body: hold it */
#define FAULT_RESPONSE_BODY 8u
#define FAULT_KEEP          32u /* a rule answers with earlier answers: keep them */
#define FAULT_ASKED         16u /* clients may ask by Plumbline-Inject */
unsigned fault_concern(const struct faults *faults, const struct service *service, const struct operation *operation);

/* What a client asks for by Plumbline-Inject: the name of a rule or preset, or EFFECT, or EFFECT=VALUE (status=503,
 * delay=200ms, mutate=drop-required, reset), several with commas; each with "; side=response" where it is not to be the
 * effect's own side; "; token=…" once, where the service wants it. The bits of fault_concern that it needs, without
 * FAULT_ASKED; 0: nothing can be done, and *why says it ("there is no fault 'statsu'"), in the arena. */
unsigned fault_asked_concern(const struct faults *faults, const struct service *service, struct text asked,
                             struct arena *arena, struct text *why);

/* Counts one more exchange of this key; gives its ordinal, from 1; 0: it cannot be counted, and what depends on it does
 * not fire. Whoever has the counters locks them. A key is equal as long as its rule says the same, so counters may
 * outlive the rules. */
typedef uint64_t fault_count_fn(void *arg, uint64_t key);

/* An exchange as rules see it. */
struct fault_look {
    const struct exchange *exchange; /* response as far as it is there */
    const struct service *service;
    const struct contract_match *match;
    const struct value *request; /* the JSON body, or NULL */
    const struct value *response;
    int64_t now;       /* ns since 1970, of the exchange's beginning: time windows and bursts */
    struct text asked; /* value of Plumbline-Inject, empty: none */
    fault_count_fn *count;
    void *count_arg;
    struct script *script; /* the thread's, for expressions: faults_script; NULL: rules with `where` do not fire */
    struct arena *arena;
};

/* The state in which a thread evaluates the rules' expressions. New, or NULL with err; NULL without err set where no
 * rule has one. Free by script_free. */
struct script *faults_script(const struct faults *faults, struct error *err);

#define FAULT_MOST 8 /* that act on one exchange's side */

struct fault_firing {
    const struct fault_rule *rule;
    uint64_t ordinal; /* of the entity, from 1; 0: nothing was counted */
    uint64_t random;  /* decides what the effect leaves open: delay within its distribution, place of a mutation */
};

/* The rules of this side that fire: first what the client asked for, then the file's in their order. Of each effect the
 * first one counts, but delays add up and mutations are done one after the other; the first one that ends the exchange
 * (status, reset, hang, empty, stale), or has `last`, is the last: later ones are not looked at, and count nothing.
 * Gives how many. */
uint32_t
faults_choose(const struct faults *faults, const struct fault_look *look, enum side side, struct fault_firing *firings);

/* Does it end the exchange? */
bool fault_ends(enum fault_effect effect);

const char *fault_effect_key(enum fault_effect effect);  /* "status" */
const char *fault_effect_what(enum fault_effect effect); /* one sentence */

/* What a rule does, as it was written: "status: 503", "delay: 50ms to 2s"; and when, in one line ("erp createOrder; the
 * first 2 per body:/order_id"; empty: always). In the arena. */
struct text fault_does_text(const struct fault_rule *rule, struct arena *arena);
struct text fault_when_text(const struct faults *faults, const struct fault_rule *rule, struct arena *arena);

/* Presets, by index: those of the settings first, then the ones that every program has; NULL behind the last. Their
 * `index` is FAULT_ASKED_INDEX; `where` of a built-in one begins with "preset ". */
const struct fault_rule *fault_preset_at(const struct faults *faults, uint32_t index);

/* Nanoseconds that a DELAY waits. */
int64_t fault_delay(const struct fault_rule *rule, uint64_t random);

/* Why each rule did or did not fire, one after the other, in their order; the counters are not moved
 * (`peek` gives the ordinal that the exchange had). For `plumbline fault explain`. */
typedef void fault_explain_fn(void *arg, const struct fault_rule *rule, bool fires, struct text why);
void faults_explain(const struct faults *faults, const struct fault_look *look, enum side side,
                    fault_explain_fn *explain, void *arg);

#endif
