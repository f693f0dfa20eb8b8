/* bind_internal.h -- the inside of bindings and binder. For bind*.c.
 *
 * A `place` is where a value may be: operation, place, part. A `pair` is a rule: from this place of an answer to that
 * place of a request. A `known` value is one that was seen in the window, an `issue` one place of one answer that had
 * it, and a `trace` an exchange of the window: its issues, and what its request took from earlier ones. */
#ifndef REPLAY_BIND_INTERNAL_H
#define REPLAY_BIND_INTERNAL_H

#include "replay/bind.h"
#include "replay/bind_shape.h"
#include "replay/bind_walk.h"

/* ---- rules ---- */

#define PAIR_VALUES   16   /* different values that a pair counts one by one */
#define PAIR_ENOUGH   20.0 /* bits: a pair with so many is used */
#define PAIR_ALIKE    8.0  /* bits that places with one name have */
#define PAIR_ID       4.0  /* bits: and the names say that it is an id */
#define PAIR_FOLLOWS  12.0 /* bits: a segment of the path behind that of the request that was answered with it */
#define PAIR_LINK     20.0 /* bits: the path as far as here stood in the answer */
#define PAIR_MANY     8    /* different values and not a miss: used, however short they are */
#define PAIR_FEW      4    /* the same, where the places have one name */
#define PAIR_CONSTANT 8    /* answers about different things that have one value: it is nobody's id */
#define PAIR_UNIQUE   30.0 /* bits: but for values like this one */
#define PAIRS_OF_ONE  64   /* places of answers that one place of requests may have */
#define NAME_MOST     48   /* of a place's name, folded */

struct pair;

struct place {
    struct place *next; /* in the table */
    uint64_t hash, operation_hash;
    struct text operation, place;
    struct text name;     /* folded */
    uint32_t index;       /* in the order in which they came */
    bool source;          /* some pair begins here */
    bool used;            /* and is used, or was once */
    bool varies;          /* answers about different things had different values there */
    uint64_t value, path; /* hashes of the first one, and of the path that was asked */
    uint32_t same;        /* answers about other things that had it as well */
    struct pair *to;      /* pairs that end here */
};

struct pair {
    struct pair *next; /* of the same end */
    struct place *from, *to;
    uint64_t seen, missed;
    uint64_t values[PAIR_VALUES];
    uint32_t value_count; /* different ones; PAIR_VALUES: at least */
    double bits;
    struct shape shape; /* of the least telling value */
    enum binding_use use;
    bool said;       /* `use` is a person's: yes or no */
    bool alike;      /* the places have one name */
    bool weak;       /* all its values are */
    struct text why; /* as the file says */
};

/* What rules want of an operation's messages: the others need not be read. */
struct operation_use {
    struct operation_use *next;
    uint64_t hash;
    bool in_request_body, in_answer, in_answer_body, in_parts;
};
#define OPERATION_BUCKETS 256

struct bindings {
    struct operation_use *operations[OPERATION_BUCKETS];
    struct arena *arena;
    struct place **table;
    uint32_t buckets, place_count;
    struct pair **pairs;
    uint32_t pair_count, pair_room;
    uint64_t full;        /* places and pairs that were not learned: there are too many */
    struct binding *view; /* what bindings_at gives; made when asked for */
    struct arena *view_arena;
    uint32_t view_count;
    bool stale;
    struct text *renew; /* names of fields */
    uint32_t renew_count;
    bool renew_said;    /* the file has a list, maybe an empty one */
    struct text others; /* what else the file says, as it is written again */
};

uint64_t bindings_operation_hash(struct text operation);

/* The place, or NULL: there is none, or (add) no memory or too many. name and owner as in struct leaf; used when it is
 * added. */
struct place *bindings_find(const struct bindings *b, uint64_t operation_hash, struct text place);
struct place *bindings_place(struct bindings *b, struct text operation, uint64_t operation_hash, struct text place,
                             struct text name, struct text owner);

/* Never NULL: wants nothing where no rule has the operation. */
const struct operation_use *bindings_use_of(const struct bindings *b, uint64_t operation_hash);

struct pair *bindings_pair(const struct place *from, const struct place *to);
struct pair *bindings_add(struct bindings *b, struct place *from, struct place *to);

/* The value was at both ends; `bits`: what its shape and where it was say. Decides anew what the pair is good for. */
void bindings_hit(struct bindings *b, struct pair *p, struct text value, struct shape shape, double bits);
void bindings_miss(struct bindings *b, struct pair *p);

/* May values go this way? */
bool bindings_usable(const struct pair *p, bool take_ambiguous);

/* Is it worth telling? A weak one that is not alike and was seen once is not. */
bool bindings_is_told(const struct pair *p);

/* Why an ambiguous one is that. In the arena. */
struct text bindings_why(const struct pair *p, struct arena *arena);

/* ---- a run ---- */

struct issue;

struct known {
    struct known *next; /* in the table */
    uint64_t hash;
    struct issue *newest, *oldest;
    uint32_t refs; /* issues and requests in the window */
    uint32_t length;
    uint64_t sent; /* number of the last exchange whose request had it */
    struct shape shape;
    bool own; /* a request had it first */
    char data[];
};

struct live;

struct issue {
    struct known *value;
    struct place *place;
    struct trace *trace;
    struct issue *newer, *older;             /* of the value */
    struct issue *newer_there, *older_there; /* of the place */
    uint64_t at, reach;                      /* hashes of where in the message; of the path, for links */
    uint32_t reach_length;                   /* 0: it is no segment of a link, or the first one */
    struct live *live;                       /* in the table of live values, or NULL */
    uint32_t now, now_length;                /* what the new answer has there: in the trace's text; */
    bool answered;                           /* only if it has */
    bool echo;                               /* its request had the value */
    bool indexed;                            /* in a list */
    bool part;
};

/* What a request takes from an earlier answer. */
struct taken {
    uint32_t leaf;           /* of the request, from 0 */
    uint32_t offset, length; /* in its value */
    struct pair *pair;
    uint64_t number; /* of the exchange that it is from */
    uint32_t issue;  /* of its trace */
    bool needed;     /* it was good enough when it was read */
};

struct trace {
    uint64_t number; /* 0: there is none */
    struct issue *issues;
    uint32_t issue_count;
    struct taken *taken;
    uint32_t taken_count;
    struct known **refs;             /* values of the request, counted */
    uint32_t ref_count, bound_count; /* the first of them were bound: they say which entity it is about */
    char *now;                       /* texts of the new answer */
    char *path;                      /* of the request, without a '/' at the end */
    uint32_t path_length;
    uint64_t operation, client; /* hashes; client 0: unknown */
    int64_t started, answered;  /* 0: unknown */
    size_t bytes;
    uint16_t status;
    bool changes; /* the method is not safe */
    bool done, failed;
};

struct live {
    struct live *next;
    uint64_t hash;
    struct issue *issue;
};

struct binder {
    struct bindings *rules;
    bool own_rules, learn, take_ambiguous;
    uint32_t window;
    struct trace *traces; /* by number, modulo window */
    uint64_t first, last; /* numbers in the window; last 0: none */
    struct known **table;
    uint32_t buckets, known_count;
    struct live **live;
    uint32_t live_buckets, live_count;
    struct issue **newest; /* by the place's index */
    uint32_t newest_room;
    size_t bytes;
    struct arena *scratch;
    struct binder_counts counts;
};

struct known *binder_find(const struct binder *b, struct text value);

/* The value, counted once more; a new one where it is unknown. NULL: no memory. */
struct known *binder_know(struct binder *b, struct text value, struct shape shape, bool own);
void binder_forget(struct binder *b, struct known *v);

/* What is remembered of a short number that the client sent under this name by itself: name and value as one text. The
 * empty text: it does not fit. */
#define OWN_KEY 128
struct text binder_own_key(struct text name, struct text value, char key[OWN_KEY]);

/* The trace with this number, or NULL. */
struct trace *binder_trace(const struct binder *b, uint64_t number);

/* Make room for one more, and begin it. NULL: no memory. */
struct trace *binder_begin(struct binder *b, uint64_t number);

/* Put the issue at the front of its lists. -1: no memory. */
int binder_link(struct binder *b, struct issue *i);

/* The live value stands for the recorded one, from now on. */
int binder_live(struct binder *b, struct issue *i);
struct issue *binder_live_find(const struct binder *b, struct text now);
struct text binder_now(const struct issue *i);

static inline struct text
known_text(const struct known *v)
{
    return (struct text){ v->data, v->length };
}

/* ---- choosing (bind_choose.c) ---- */

struct asking {
    struct binder *binder;
    const struct trace *trace; /* of the request */
    const struct place *to;
    const struct leaf *leaf;
    bool whole; /* the value is all of the leaf */
};

/* The issue that the value comes from, or NULL. *bits: what speaks for it. */
struct issue *choose_issue(const struct asking *a, struct known *v, double *bits);

/* What the pair would have foretold, or NULL: for pairs of weak values. */
struct issue *choose_foretold(const struct binder *b, const struct trace *t, const struct place *from);

/* ---- spans (bind_span.c) ---- */

/* Where in a text a known value may stand: runs of atoms, longest first. */
typedef bool span_fn(void *arg, size_t offset, size_t length); /* true: it is one; go on behind it */
void span_each(struct text value, span_fn *fn, void *arg);

#endif
