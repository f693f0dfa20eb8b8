/* mutate_internal.h -- the inside of mutate.h.
 *
 * A *plan* is the list of schema objects that hold for one value, found from the root down: references followed, allOf
 * opened, of oneOf and anyOf the branches that the value satisfies. A *place* is a value with its plan. Each mutation
 * offers *edits* at the places where it may be possible; the edits are written into a copy of the body, and the
 * contract's checker decides whether they do what they should. */
#ifndef RULES_MUTATE_INTERNAL_H
#define RULES_MUTATE_INTERNAL_H

#include "base/buffer.h"
#include "base/random.h"
#include "contract/check.h"
#include "rules/mutate.h"
#include "schema/parts.h"

#define MUTATE_PARTS  32u               /* schemas that say something about one value; up to SCHEMA_PARTS */
#define MUTATE_DEPTH  64u               /* below it nothing is changed */
#define MUTATE_VALUES 20000u            /* values that are looked at, from the beginning of the body */
#define MUTATE_EDITS  2048u             /* places that are remembered */
#define MUTATE_TRIES  64u               /* bodies that are checked for one mutation */
#define MUTATE_TRIED  (16 * LIMIT_MIB)  /* and how much they are together */
#define MUTATE_TEXT   (64 * LIMIT_KIB)  /* the longest string that is made */
#define MUTATE_MADE   (4 * LIMIT_MIB)   /* all that is made for the edits of one mutation */
#define MUTATE_ARENA  (256 * LIMIT_MIB) /* for one message */

struct mutate_place {
    const struct value *value;
    const struct value *key; /* of a member; NULL: an item, or the root */
    const struct schema_parts *plan;
};

enum edit_kind {
    EDIT_REPLACE, /* the value becomes `json` */
    EDIT_DROP,    /* the member of this key is left out */
    EDIT_ADD,     /* the object has one more member, `json` */
    EDIT_TURN,    /* the object's members come in the opposite order */
};

struct edit {
    const struct value *target; /* a value; EDIT_DROP: a key */
    enum edit_kind kind;
    bool on;
    struct text json;
};

struct mutating {
    const struct mutate_input *in;
    enum mutation mutation;
    struct arena *work;   /* plans' texts, edits */
    struct arena *checks; /* reset before every check */
    struct random random;
    struct edit *edits;
    uint32_t edit_count;
    uint32_t visited; /* values, counted when their parent is */
    uint32_t budget;  /* for asking which branches hold */
    uint32_t tries;
    size_t tried;        /* bytes */
    size_t made;         /* bytes */
    struct buffer trial; /* the body as it would be */
    bool old_references; /* 3.0: what stands beside a $ref is ignored */
};

/* ---- mutate_plan.c ---- */

/* The plan of the root. False: the contract has no schema for this content. */
bool mutate_plan_root(struct mutating *m, struct schema_parts *plan);

/* Call mutate_offer for every place of the body. */
void mutate_walk(struct mutating *m);

/* Does one of the parts have the keyword? */
bool mutate_has(const struct schema_parts *plan, struct text keyword);

/* Does one of the parts require the member? */
bool mutate_requires(const struct schema_parts *plan, struct text name);

/* ---- mutate_break.c, mutate_nasty.c: the edits that m->mutation has for one place ---- */

void mutate_offer(struct mutating *m, const struct mutate_place *place);
void mutate_offer_nasty(struct mutating *m, const struct mutate_place *place);

/* The keywords that the checker may name for it; NULL-terminated. */
bool mutate_breaks(enum mutation mutation, struct text keyword);

/* ---- mutate_edit.c ---- */

void mutate_edit(struct mutating *m, enum edit_kind kind, const struct value *target, struct text json);

/* JSON of a string, in the arena of the work; empty where it would be too much. */
struct text mutate_quote(struct mutating *m, struct text text);

/* m->trial: the body with those edits that are on. */
void mutate_write(struct mutating *m);

/* ---- mutate_number.c: exact ---- */

/* The next number above (or below) the bound: by the step where there is one, else by one in the bound's last digit.
 * Empty where that takes more than 36 digits. */
struct text mutate_past(struct mutating *m, struct text bound, struct text step, bool above);

/* The largest number that the plan allows; empty where it is not to be found. */
struct text mutate_largest(struct mutating *m, const struct schema_parts *plan, bool whole);

/* ---- mutate_check.c ---- */

/* What the checker says of the body as this media type; in m->checks until the next check. */
struct verdict mutate_check_body(struct mutating *m, struct text body);

/* What it says of the head with this status and media type, of those that it says not without the change. */
struct verdict mutate_check_head(struct mutating *m, uint16_t status, struct text content_type);

#endif
