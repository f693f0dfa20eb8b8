/* fault_internal.h -- between the files of faults; nobody else includes it. */
#ifndef RULES_FAULT_INTERNAL_H
#define RULES_FAULT_INTERNAL_H

#include "base/limits.h"
#include "rules/fault.h"
#include "rules/invariant_internal.h" /* names in expressions, places of keys: the same words */
#include "rules/ruleset.h"
#include "rules/script.h"
#include "schema/pattern.h"

enum header_test {
    HEADER_IS_THERE,
    HEADER_IS_ABSENT,
    HEADER_IS_EQUAL,
    HEADER_MATCHES,
};

struct fault_header {
    struct text name;
    struct text value; /* EQUAL; MATCHES: the expression as written */
    enum header_test test;
    struct pattern *pattern;
};

struct fault_statuses {
    uint16_t from, to; /* both included */
};

/* All of it must hold; a count of 0 is: any. */
struct fault_when {
    const struct service **services;
    const struct operation **operations;
    struct text *methods, *paths;
    struct fault_header *headers;
    struct fault_statuses *statuses;
    uint32_t service_count, operation_count, method_count, path_count, header_count, status_count;
    struct expression where;
    struct invariant_part names; /* that `where` wants */

    int64_t from, to;    /* ns; of a day, and from may be behind to, where it is `daily` */
    int64_t burst_every; /* 0: no bursts */
    int64_t burst_for;   /* 0: burst_first exchanges instead */
    uint64_t burst_first;

    uint64_t skip, first, every; /* 0: not said */
    double percent;
    struct key_place per;
    struct text per_text;         /* as written; empty: all are one */
    bool windowed, daily, shared; /* from and to are said; they are times of day; percent is said */
};

struct fault_full {
    struct fault_rule rule; /* first: what others know */
    struct fault_when when;
    const struct document *document; /* where it is from */
    const struct value *source;
    bool counted;      /* its exchanges have ordinals */
    uint64_t chance;   /* of the name: decisions; not of what it says, so that they stay when something else changes */
    uint64_t identity; /* of all that it says: keys of counters */
};

struct faults {
    struct arena *arena;
    uint64_t seed;
    const struct service *services;
    uint32_t service_count;
    struct fault_full *rules;
    uint32_t count;
    struct fault_full *presets;
    uint32_t preset_count;
    uint8_t *by_operation; /* FAULT_…, by the number of the operation in the whole ruleset */
    uint8_t *by_service;   /* of requests that no operation was found for */
    bool expressions;      /* some rule has `where` */
};

static inline const struct fault_full *
fault_full(const struct fault_rule *rule)
{
    return (const struct fault_full *)(const void *)rule;
}

/* ---- fault_read.c: reading ---- */

/* One rule that is being read: what it says, and below it what its preset does. */
struct fault_reader {
    struct faults *faults;
    const struct settings *settings;
    struct script *compiler;
    struct error *err;
    const struct document *own, *other; /* of rule and preset */
    const struct value *rule, *preset;  /* preset may be NULL */
    const struct document *document;    /* of the value that fault_member gave last */
};

/* The value of a key (of `when`: fault_condition) in the rule, else in its preset; NULL: neither. */
const struct value *fault_member(struct fault_reader *r, const char *key);
const struct value *fault_condition(struct fault_reader *r, const char *key);

/* The error at the value's place, in the document of what was looked up last. Returns -1. */
int fault_fail(const struct fault_reader *r, const struct value *v, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* "; did you mean 'x'?", or nothing. */
struct text fault_hint(struct arena *arena, struct text word, const char *const *names, uint32_t count);

/* `when`; the rule's effect and side are known. 0 or -1. */
int fault_read_when(struct fault_reader *r, struct fault_full *full);

/* The one effect, and the side. 0 or -1. */
int fault_read_effect(struct fault_reader *r, struct fault_full *full);

/* Its `where` in this script, which has compiled those of the rules before. Its number, or -1. */
int fault_compile(const struct fault_full *full, struct script *script, struct error *err);

/* One effect as a client or a person writes it in one word: ("status", "503"). False: *why says it, in the arena. */
bool
fault_effect_text(struct fault_rule *rule, struct text key, struct text value, struct arena *arena, struct text *why);

/* The side that an effect has where nothing is said. */
enum side fault_effect_side(enum fault_effect effect);
bool fault_effect_side_allowed(enum fault_effect effect, enum side side);

/* Are its exchanges numbered: by what `when` says, or because the effect leaves something open? */
bool fault_is_counted(const struct fault_full *full);

/* ---- fault_presets.c ---- */

struct fault_builtin {
    const char *name;
    const char *json;
};
extern const struct fault_builtin fault_builtins[];
extern const uint32_t fault_builtin_count;

/* ---- fault_concern.c ---- */

/* What the rule wants of exchanges that it acts on; FAULT_…. */
unsigned fault_wants(const struct fault_full *full);

/* May it act on this operation's exchanges (NULL: on those that none was found for)? */
bool fault_is_about(const struct fault_full *full, const struct service *service, const struct operation *operation);

int fault_note_concerns(struct faults *faults, struct error *err);

/* ---- fault_consider.c: one rule and one exchange ---- */

enum fault_reason {
    FAULT_FIRES,
    FAULT_IS_OFF,
    FAULT_SERVICE,
    FAULT_OPERATION,
    FAULT_METHOD,
    FAULT_PATH,
    FAULT_HEADER,
    FAULT_STATUS_OTHER,
    FAULT_WINDOW,
    FAULT_BURST,
    FAULT_WHERE,
    FAULT_WHERE_UNKNOWN,
    FAULT_NO_KEY,
    FAULT_NOT_COUNTED,
    FAULT_SKIPPED,
    FAULT_PAST_FIRST,
    FAULT_NOT_THIS_ONE,
    FAULT_CHANCE,
};

struct fault_considered {
    enum fault_reason reason;
    struct text key; /* of the entity */
    uint64_t ordinal, random;
    double roll; /* FAULT_CHANCE: from 0 to 100 */
    const struct fault_header *header;
    struct error why; /* FAULT_WHERE_UNKNOWN */
};

/* `asked`: the client wants it here and now: only how often counts. */
bool fault_consider(const struct faults *faults, const struct fault_full *full, const struct fault_look *look,
                    bool asked, struct fault_considered *c);

/* ---- fault_asked.c ---- */

/* The rules that the client asks for, at most FAULT_MOST; 0, with *why, where something is wrong with it. */
uint32_t fault_asked(const struct faults *faults, const struct service *service, struct text asked, struct arena *arena,
                     const struct fault_full *list[FAULT_MOST], struct text *why);

/* ---- fault_choose.c ---- */

/* The walk over what may fire, for choosing and for explaining. */
typedef void fault_met_fn(void *arg, const struct fault_full *full, const struct fault_considered *c,
                          const struct fault_rule *instead);
uint32_t fault_walk(const struct faults *faults, const struct fault_look *look, enum side side,
                    struct fault_firing firings[FAULT_MOST], fault_met_fn *met, void *arg);

#endif
